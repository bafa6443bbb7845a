// Homes made from profiles: each slot of each file of a tool, with each way of writing a key, an address and a model
// that its profile names, in a state that a test asks for. A new profile is covered without a line here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scanner/agents/home_layout.h"
#include "scanner/agents/profile.h"
#include "scanner/rulebook/rulebook.h"
#include "tests/agents/settings_writer.h"

namespace kimiguard::test {

// The files of one home before they are written. Tools that share a file share its tree.
class HomeFiles {
 public:
  void put(const std::string& path, const agents::FileSpec& spec, const Steps& steps, const Tree& value);
  const Tree& tree(const std::string& path) const;
  // A variable of the login shell.
  void export_variable(const std::string& name, const std::string& value) { exported_[name] = value; }
  // Writes everything below `home`, files with 0600.
  void write(const std::string& home) const;
  const std::map<std::string, std::string>& exported() const { return exported_; }

 private:
  struct File {
    const agents::FileSpec* spec = nullptr;
    Tree tree;
  };
  std::map<std::string, File> files_;
  std::map<std::string, std::string> exported_;
};

// Where a home of one layout has a file of a profile: every pattern and alternative, * as x. `{project}` is
// `project`. Files of the whole system are left out.
std::vector<std::string> places_of(const agents::Profile& profile, const agents::FileSpec& spec,
                                   const agents::HomeLayout& layout, const std::string& project);
std::string format_of(const agents::FileSpec& spec, const std::string& path);

// A value and where it was written.
struct Spot {
  std::string file;  // "" = nowhere
  std::string text;  // what stands in the file for it
  bool database = false;
  bool written() const { return !file.empty(); }
};

// Where requests of a way go when the right key is used.
enum class Product { platform, kimi_code };

// One way to write one connection of a tool.
struct Way {
  const agents::Profile* profile = nullptr;
  const agents::FileSpec* file = nullptr;
  const agents::SlotSpec* slot = nullptr;
  std::string provider;                              // id, "" where the slot has none
  const agents::ProviderSpec* known = nullptr;
  const agents::ProviderSpec* row = nullptr;  // `known` where its own settings stand in this file
  std::string protocol;
  Product product = Product::platform;
  std::size_t key = 0;      // of the ways to write a key
  std::size_t second = 0;   // the next way in the same file, or `key`
  std::size_t url = 0;      // of the ways to write an address, the default last
  std::size_t place = 0;    // of the file's places
  std::string title() const;
};

struct Values {
  std::string key;
  std::string second_key;             // in the same file; "" = none
  std::optional<std::string> url;     // nothing: the product's own
  std::optional<std::string> model;   // nothing: the product's own
};

struct Planted {
  Way way;
  Spot key, second_key, url, model;
  std::string file;      // that holds the slot
  Steps slot;            // in it
  std::string host_url;  // where it goes
};

class StateWriter {
 public:
  StateWriter(const Rulebook& book, const agents::HomeLayout& layout, std::string project)
      : book_(book), layout_(layout), project_(std::move(project)) {}

  // Every way of a profile on this layout: each way to write a key, each to write an address, and at least `places` of
  // each file's places.
  std::vector<Way> ways(const agents::Profile& profile, std::size_t places = 1) const;
  // Nothing where the way has no place for a value that is asked for.
  std::optional<Planted> plant(HomeFiles& files, const Way& way, const Values& values) const;
  // Address of the way's product for its protocol; "" where there is none.
  std::string base(const Way& way, const std::string& region = "global") const;
  // Whether the address is written, not the tool's default or a word for a region.
  bool url_is_written(const Way& way) const;
  bool url_is_default(const Way& way) const;
  std::vector<std::string> places(const agents::Profile& profile, const agents::FileSpec& spec) const {
    return places_of(profile, spec, layout_, project_);
  }

 private:
  struct Root {  // a subtree of one file
    const agents::FileSpec* spec = nullptr;
    std::string path;
    Steps steps;
  };
  struct Carrier {
    enum class Kind { value, header, variable, region, nothing } kind = Kind::value;
    Root root;
    Steps steps;
    std::string variable;
  };
  struct Place {
    Root slot;
    std::string entry;
    std::vector<std::pair<const agents::Join*, Root>> joins;
  };
  std::optional<Place> place_of(const Way& way) const;
  std::vector<Carrier> key_carriers(const Way& way, const Place& place) const;
  std::vector<Carrier> url_carriers(const Way& way, const Place& place) const;
  std::vector<std::string> providers_of(const agents::Profile& profile, const agents::SlotSpec& slot) const;
  std::string owner(const std::string& url) const;  // realm's product, "" = not Kimi's

  const Rulebook& book_;
  const agents::HomeLayout& layout_;
  std::string project_;
};

}  // namespace kimiguard::test

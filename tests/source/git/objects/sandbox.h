// Folders, git commands and oracles for the tests of the object store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/source/git/objects/object_walk.h"

namespace kimiguard::git::testing {

// A folder that goes when the test ends.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  std::string path(const std::string& below = "") const;
  // Runs a shell command in the folder, git untouched by the user's configuration. Fails the test if
  // the command does.
  void run(const std::string& command) const;
  std::string output(const std::string& command) const;

 private:
  std::filesystem::path root_;
};

void write_file(const std::string& path, std::string_view bytes);
std::string read_file(const std::string& path);

// A deterministic source of numbers.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(next() % limit); }
  std::string text(std::size_t length, std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz \n");

 private:
  std::uint64_t state_;
};

// A work tree with history that deltas well: `commits` commits on some files, a tag with a message, a
// merge, binary content. `init` are further arguments of git init.
void make_history(const Sandbox& sandbox, const std::string& folder, int commits,
                  const std::string& init = "");

// What an object is, by name: type and bytes.
using Objects = std::map<std::string, std::pair<std::string, std::string>>;
// Every object git itself lists.
Objects objects_by_git(const Sandbox& sandbox, const std::string& folder);
// Every object libgit2 lists.
Objects objects_by_libgit2(const std::string& objects_dir);

struct Walked {
  Objects objects;
  std::size_t repeated = 0;  // deliveries of a name that was there already
  WalkReport report;
};
Walked walk_all(const std::string& objects_dir, HashKind kind = HashKind::sha1, unsigned threads = 2,
                WalkOptions options = {}, const StoreOptions& store_options = {});

bool has_gap(const std::vector<Gap>& gaps, std::string_view code);

}  // namespace kimiguard::git::testing

// One thread's collecting of matches: files, what lies inside them, and texts from anywhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/cli/config_text.h"
#include "scanner/cli/marker_reader.h"
#include "scanner/core/coverage.h"
#include "scanner/core/document.h"
#include "scanner/core/match.h"
#include "scanner/detect/detector.h"
#include "scanner/source/files/file_walk.h"
#include "scanner/text/position.h"

namespace kimiguard::cli {

struct CollectOptions {
  bool open_containers = true;
  int root = 0;
  MarkerOptions markers;      // of the scanned text itself
  bool keep_configs = false;  // whole files that may hold settings are kept for the judge
};

class MatchCollector final : public files::Visitor {
 public:
  MatchCollector(std::shared_ptr<detect::Detection> detection, CollectOptions options);
  ~MatchCollector() override;

  // A document from a source that gives whole ones (git, an archive, a database).
  void document(const Document& document);
  // The same, with what is inside it (an archive in a git blob).
  void document_and_inside(const Document& document, std::string_view name);

  bool piece(const files::OpenFile& file, const files::Piece& piece) override;
  void long_name(std::string_view path, std::string_view text, bool link_target) override;
  void repository(std::string_view path, bool bare) override;
  Coverage coverage() override;

  std::vector<Match>& matches() { return matches_; }
  struct Nested {
    std::string path;
    bool bare;
  };
  std::vector<Nested>& repositories() { return repositories_; }
  std::vector<KeptConfig>& configs() { return configs_; }
  // What is wrong with markers that were met.
  std::vector<suppress::Problem>& problems() { return problems_; }
  detect::Detector& detector() { return detector_; }
  // Set by the walk's owner when a shared list shall outlive this visitor.
  struct Collected {
    std::vector<Match> matches;
    std::vector<Nested> repositories;
    std::vector<KeptConfig> configs;
    std::vector<suppress::Problem> problems;
  };
  void hand_over(Collected& to);

 private:
  std::shared_ptr<const Origin> origin_of(const files::OpenFile& file) const;
  void take(const Document& document, std::vector<Match> found);
  // The whole of a file that came in pieces, if it is small enough to be held; false if it is not.
  bool whole_file(const files::OpenFile& file, const files::Piece& piece);
  void keep_config(const files::OpenFile& file, std::string_view bytes);
  void inside_of(const files::OpenFile& file);
  static text::TextForm form_of_file(const files::OpenFile& file);
  Position begin_of(const files::OpenFile& file, std::uint64_t offset);
  void drop_raw_twins(std::size_t first, const std::shared_ptr<const Origin>& outer);

  CollectOptions options_;
  std::shared_ptr<detect::Detection> detection_;
  detect::Detector detector_;
  std::vector<detect::Window> windows_;
  std::vector<Match> matches_;
  std::vector<Nested> repositories_;
  std::vector<KeptConfig> configs_;
  std::vector<suppress::Problem> problems_;
  Coverage coverage_;
  // Of the file that is being read in pieces.
  std::shared_ptr<const Origin> current_;
  // A place up to which lines were counted.
  std::uint64_t counted_offset_ = 0;
  Position counted_;
  std::size_t first_match_ = 0;
  bool container_ = false;
  bool bundle_ = false;  // a git bundle
  // What came of a container that cannot be opened by its path: of standard input, whose name may be another file's.
  std::string stream_;
};

// Absolute form of a path, "." and ".." resolved by name only, without asking the disk.
std::string absolute_path(std::string_view path);

}  // namespace kimiguard::cli

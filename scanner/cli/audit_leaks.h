// The leak scan of an audit: every file that profiles and generic places name, histories of repositories in tools'
// folders, every file below the PATHs, the present environment, the user's own processes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "scanner/agents/audit.h"
#include "scanner/cli/audit_places.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/own_processes.h"
#include "scanner/cli/progress.h"
#include "scanner/core/coverage.h"
#include "scanner/core/match.h"
#include "scanner/detect/detector.h"
#include "scanner/judge/sighting.h"
#include "scanner/source/files/file_walk.h"
#include "scanner/source/git/repository/file_status.h"

namespace kimiguard::cli {

struct LeakOptions {
  unsigned threads = 1;
  bool open_containers = true;
  bool judge_modes = true;  // false: modes of this file system say nothing
  bool markers = false;     // those in files below the PATHs allow what they stand beside
};

class AuditLeaks {
 public:
  // `places` and `progress` must outlive it.
  AuditLeaks(std::shared_ptr<detect::Detection> detection, LeakOptions options, const AuditPlaces& places,
             Progress& progress);

  // What the audit named in the home, sorted by path; what lies below a PATH is left to `below`.
  void files(const std::vector<agents::SeenFile>& files, const std::vector<agents::SeenTree>& trees);
  // Every file below a PATH, as `scan --only files` reads it. `path` as the user gave it.
  void below(const std::string& path);
  void environment(const std::string& text);
  void process(const OwnProcess& process);

  // Everything seen so far. Kept matches, for what the run knows of a key.
  const std::vector<Match>& matches() const { return matches_; }
  // The same with what is known of each place. Once.
  std::vector<judge::Sighting> sightings();
  const Coverage& coverage() const { return coverage_; }
  // What is wrong with markers that were met.
  const std::vector<suppress::Problem>& problems() const { return problems_; }
  std::vector<Gap> repository_gaps() const { return status_.gaps(); }
  // What git says of an absolute path.
  git::FileStatusFinder& status() { return status_; }

 private:
  CollectOptions options_at(int root) const;
  void walk(const std::string& folder, const files::WalkOptions& options, int root);
  files::WalkOptions walk_options();
  void histories();
  PlaceKind place_of(const std::string& path) const;
  // The same for a key in a file: a table of chats is no store.
  PlaceKind place_of(const std::string& path, const Origin& origin) const;
  // A folder of which everything is read, or every file whose name fits.
  struct Tree {
    std::string path;
    std::string name;  // "": all
    PlaceKind place = PlaceKind::ordinary;
  };
  void take_trees(const std::vector<agents::SeenTree>& seen);
  std::span<const Tree> trees_at(std::string_view folder) const;
  bool is_whole(std::string_view folder) const;
  bool is_inside_tree(std::string_view path) const;
  const Tree* tree_over(std::string_view path) const;
  void walk_tree(const std::string& root);
  void text(const std::string& path, const std::string& bytes, Origin::Kind kind);

  std::shared_ptr<detect::Detection> detection_;
  LeakOptions options_;
  const AuditPlaces& places_;
  Progress& progress_;
  std::vector<Match> matches_;
  Coverage coverage_;
  std::vector<suppress::Problem> problems_;
  git::FileStatusFinder status_;
  std::vector<std::string> shadows_;  // repositories met in tools' folders
  std::vector<judge::Sighting> shadow_sightings_;
  struct Known {
    PlaceKind place = PlaceKind::ordinary;
    bool project = false;
    std::vector<std::string> store_tables;  // SeenFile's
  };
  std::vector<std::pair<std::string, Known>> known_;  // files, sorted by path
  std::vector<Tree> trees_;  // sorted by path and name
};

}  // namespace kimiguard::cli

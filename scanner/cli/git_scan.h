// The git side of a scan: object databases, git's own texts, the index, ranges. Gives sightings with provenance.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/cli/config_text.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/places.h"
#include "scanner/cli/progress.h"
#include "scanner/core/coverage.h"
#include "scanner/core/finding.h"
#include "scanner/core/result.h"
#include "scanner/detect/detector.h"
#include "scanner/judge/sighting.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::cli {

struct GitScanOptions {
  unsigned threads = 1;
  bool open_containers = true;
  std::string index_file;  // GIT_INDEX_FILE
  bool changes_only = false;  // staged: where the index equals HEAD nothing is read
  MarkerOptions markers;
  bool keep_configs = false;  // of what is staged, and of what a range leaves at its end
};

struct GitScanned {
  std::vector<judge::Sighting> sightings;
  Coverage coverage;
  std::vector<ConfigText> configs;
  std::vector<suppress::Problem> problems;  // of markers
  std::vector<std::string> notes;
  // What the markers of this tree may be read from when only a base revision's count: full hex, "" = none.
  std::string base;
  // What a range or the index has of keys that were at their place before it: not among the sightings.
  std::uint64_t held_before = 0;
  // --staged where the index equals HEAD: the caller reads files instead.
  bool equals_head = false;
};

class GitScan {
 public:
  GitScan(std::shared_ptr<detect::Detection> detection, GitScanOptions options, PlaceNamer& namer, Progress& progress)
      : detection_(std::move(detection)), options_(std::move(options)), namer_(namer), progress_(progress) {}

  // Every object, every text of git's own.
  GitScanned everything(const git::Repository& repository);

  // What a range of commits brought in.
  enum class RangeKind { range, since, branch };
  Result<GitScanned> range(const git::Repository& repository, RangeKind kind, const std::string& text);

  // A push, from the lines that git gives a hook. `receiving`: pre-receive, with git's quarantine.
  Result<GitScanned> push(const git::Repository& repository, bool receiving, const std::string& lines, const std::string& remote);

  // The index against HEAD. `named` (paths from the work tree's root; empty: all) limit what is read where the
  // index equals HEAD.
  Result<GitScanned> staged(const git::Repository& repository, const std::vector<std::string>& named);

 private:
  std::shared_ptr<detect::Detection> detection_;
  GitScanOptions options_;
  PlaceNamer& namer_;
  Progress& progress_;
};

// The folder that a repository's paths are below: its work tree; of a store by itself, or a bare repository, its own
// folder, or that of the work tree around `.git`.
std::string work_folder(const git::Repository& repository);

// What a report says of a repository: remote without credentials, revision, branch.
Repository describe(const git::Repository& repository, PlaceNamer& namer);

}  // namespace kimiguard::cli

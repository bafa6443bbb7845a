// What git says of a file in a work tree: which repository holds it, and whether it is tracked or
// ignored.
//
// Made for many files of few repositories: each repository's index becomes a hash set once, each folder
// is asked for a `.git` once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/exposure.h"
#include "scanner/source/git/repository/ignore_rules.h"
#include "scanner/source/git/repository/repository.h"
#include "scanner/source/git/repository/work_tree_index.h"

namespace kimiguard::git {

struct FileStatus {
  bool in_repository = false;
  bool tracked = false;   // in the index, with an intent to add too
  bool staged = false;    // tracked, and among the paths given to set_staged()
  bool ignored = false;   // not tracked, and ignored
  std::string git_dir;    // of the repository that holds it
  std::string work_tree;  // its work tree, absolute
  std::string path;       // relative to the work tree
};

struct FileStatusOptions {
  std::string
      index_file;  // instead of <git_dir>/index, as GIT_INDEX_FILE names it; empty: the usual one
  std::string user_ignore_file;  // the user's core.excludesFile; empty: not asked for
};

// The files of one repository's work tree. Not thread-safe (ignore files are read as they are needed).
class RepositoryFiles {
 public:
  explicit RepositoryFiles(Repository repository, const FileStatusOptions& options = {});

  // `path` relative to the work tree.
  FileStatus status(std::string_view path, bool folder = false);

  // Paths whose index entry differs from HEAD (history/staged.h finds them).
  void set_staged(std::vector<std::string> paths);

  const Repository& repository() const { return repository_; }
  // Null where there is no index or it cannot be read.
  const WorkTreeIndex* index() const { return index_.get(); }
  const std::vector<Gap>& gaps() const { return gaps_; }

 private:
  Repository repository_;
  std::unique_ptr<WorkTreeIndex> index_;
  std::unordered_set<std::string_view> tracked_;
  std::unordered_set<std::string> staged_;
  IgnoreRules ignore_;
  std::vector<Gap> gaps_;
};

// Finds the repository of each path itself. Not thread-safe: give each thread its own.
class FileStatusFinder {
 public:
  explicit FileStatusFinder(FileStatusOptions options = {}) : options_(std::move(options)) {}

  // `path` absolute; a link is not followed in its last part.
  FileStatus status(const std::string& path, bool folder = false);
  // The same as severity asks for it (in_repository, tracked, staged, ignored); the rest keeps its
  // default.
  Exposure exposure_of(const std::string& path);

  // The repository that holds `path`, or null. Lives as long as the finder.
  RepositoryFiles* repository_of(const std::string& path);
  // What the repositories met so far could not tell.
  std::vector<Gap> gaps() const;

 private:
  RepositoryFiles* of_folder(const std::string& folder);

  FileStatusOptions options_;
  std::unordered_map<std::string, RepositoryFiles*> folders_;
  std::unordered_map<std::string, std::unique_ptr<RepositoryFiles>> repositories_;  // by work tree
  std::vector<Gap> gaps_;
};

// Submodules the index names whose content this clone does not have: neither a checkout nor a store.
// Each becomes a gap `submodule`.
std::vector<Gap> missing_submodules(const Repository& repository, const WorkTreeIndex& index);

}  // namespace kimiguard::git

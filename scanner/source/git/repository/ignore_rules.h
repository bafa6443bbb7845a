// Which paths of a work tree git ignores: every .gitignore, info/exclude and, where asked for, the
// user's own.
//
// Semantics: gitignore(5). The files are those of the work tree, read as they are needed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/source/git/repository/ignore_pattern.h"

namespace kimiguard::git {

struct IgnoreOptions {
  std::string exclude_file;  // <common>/info/exclude; empty: none
  std::string user_file;     // core.excludesFile of the user, or its default; empty: not asked for
};

// The pattern that decided about a path.
struct IgnoreMatch {
  std::string source;  // file it stands in
  std::uint64_t line = 0;
  std::string pattern;
  bool negated = false;  // the path is taken back in
};

// Not thread-safe: it loads and remembers files as it goes. Give each thread its own.
class IgnoreRules {
 public:
  // `work_tree` is absolute.
  explicit IgnoreRules(std::string work_tree, IgnoreOptions options = {});

  // Whether git ignores a path that is not tracked: a folder above it is ignored, or the last pattern
  // that matches says so. `path` is relative to the work tree, parts joined by "/".
  bool ignored(std::string_view path, bool folder);
  // The pattern that decides, as `git check-ignore -v --no-index` shows it; none where none matches.
  std::optional<IgnoreMatch> decide(std::string_view path, bool folder);

  // Ignore files that could not be read, or were cut.
  const std::vector<Gap>& gaps() const { return gaps_; }

 private:
  struct Line {
    IgnorePattern pattern;
    std::uint64_t number;
  };
  struct File {
    std::string source;
    std::vector<Line> lines;
  };
  struct Folder {
    std::shared_ptr<const File> file;  // its own .gitignore, may be null
    const Folder* parent = nullptr;    // null at the root
    std::size_t base = 0;              // length of its path with the "/" after it
    bool excluded = false;             // it, or a folder above, is ignored
    std::optional<IgnoreMatch> why;
  };

  std::shared_ptr<const File> load(const std::string& path, bool follow_links);
  const Folder& folder_of(std::string_view path);
  // The last pattern for `path` in `folder`'s file, those above it, and the shared ones.
  std::optional<IgnoreMatch> last_match(const Folder& folder, std::string_view path,
                                        bool is_folder) const;

  std::string work_tree_;
  std::shared_ptr<const File> exclude_;
  std::shared_ptr<const File> user_;
  std::unordered_map<std::string, std::unique_ptr<Folder>> folders_;  // by path; "" is the root
  std::vector<Gap> gaps_;
};

}  // namespace kimiguard::git

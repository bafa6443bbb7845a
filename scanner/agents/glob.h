// Paths with * (within a name), ** (any number of folders) and {a,b}, as profiles write them.
//
// Expansion visits only what the pattern names: a literal part costs one look, * one listing, ** the
// tree below its own folder. Folders that are links are entered only if they stay inside `bound`; **
// enters none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/disk.h"
#include "scanner/core/coverage.h"

namespace kimiguard::agents {

// {a,b}c to ac, bc; `\` takes the meaning from what follows it. At most 256.
std::vector<std::string> alternatives(std::string_view pattern);

// Whether `path` ends with what the pattern says, from a "/" or the start on: "{project}/.a/*.json"
// without its {project} part. `pattern` begins with "/".
bool ends_with_pattern(std::string_view path, std::string_view pattern);

// Whether one name matches one part of a pattern.
bool name_matches(std::string_view pattern, std::string_view name);

struct GlobLimits {
  std::size_t entries = 2'000'000;  // looked at, all patterns together
  std::size_t depth = 24;           // folders below a **
};

class Glob {
 public:
  // `bound` is the folder that links may not lead out of; "" = none.
  Glob(const Disk& disk, std::string bound, GlobLimits limits = {});

  // Regular files that match, in order of name. What could not be listed is in `coverage`.
  std::vector<std::string> files(const std::string& pattern, Coverage& coverage);
  // Folders that match, in order of name.
  std::vector<std::string> folders(const std::string& pattern, Coverage& coverage);

 private:
  std::vector<std::string> matches(const std::string& pattern, Coverage& coverage);
  void walk(const std::string& folder, const std::vector<std::string>& parts, std::size_t at,
            std::size_t depth, std::vector<std::string>& found, Coverage& coverage);
  void add(const std::string& path, bool link, std::vector<std::string>& found, Coverage& coverage);
  bool inside(const std::string& path) const;
  void gap(Coverage& coverage, GapKind kind, const std::string& code, const std::string& place,
           const std::string& reason) const;

  const Disk& disk_;
  std::string bound_;
  GlobLimits limits_;
  std::size_t looked_ = 0;
  bool full_ = false;
  bool folders_ = false;  // folders are looked for
};

}  // namespace kimiguard::agents

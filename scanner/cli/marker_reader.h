// Markers in a text that say that a key in it was looked at (docs/suppression.md), read where a match stands.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scanner/core/match.h"
#include "scanner/suppress/problem.h"

namespace kimiguard::cli {

struct MarkerOptions {
  bool read = false;     // whether a text's own markers count at all
  bool foreign = false;  // those of other scanners too
};

// Notes at each match by which marker of `bytes` it is allowed. `first_line` is the line of the outer file that
// `bytes` begin on; `path` is for problems. Costs a search for a word; nothing where there are no matches.
void read_markers(std::string_view bytes, std::uint64_t first_line, std::string_view path, const MarkerOptions& options,
                  std::span<Match> matches, std::vector<suppress::Problem>& problems);

}  // namespace kimiguard::cli

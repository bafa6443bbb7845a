// Compiles expressions into one Hyperscan (or Vectorscan) database and serializes it.
//
// The database is made for an explicit generic platform (no CPU features, generic tuning), so that a
// file made on one machine loads on every other of its architecture (design §6, Match).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/rulebook/rule.h"

namespace kimiguard {

struct Pattern {
  std::string expression;
  unsigned id = 0;  // what the matcher reports
  bool dot_all = true;  // "." is every byte, line ends too
};

// How long a match can be, in bytes.
struct PatternWidth {
  std::uint32_t least = 0;
  std::optional<std::uint32_t> most;  // nothing: no bound
};

// Nothing if the matcher refuses the expression. Cheaper than a compile.
std::optional<PatternWidth> width_of(const Pattern& pattern);

// hs_serialize_database of a block-mode database without start of match. The error's message is one
// clause, "Hyperscan says: … (pattern 3)"; its code "expression" or "serialize".
// `failed`: where to put the index of the pattern at fault, if one is.
Result<std::string> compile_patterns(const std::vector<Pattern>& patterns, int* failed = nullptr);

// The leak rules' expressions, ids being indexes into `rules`.
std::vector<Pattern> patterns_of(const std::vector<Rule>& rules);

}  // namespace kimiguard

// Compiles expressions into one Hyperscan (or Vectorscan) database and serializes it.
//
// The database is made for an explicit generic platform (no CPU features, generic tuning), so that a
// file made on one machine loads on every other of its architecture (design §6, Match).
#pragma once

#include <string>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/rulebook/rule.h"

namespace kimiguard {

struct Pattern {
  std::string expression;
  unsigned id = 0;  // what the matcher reports
};

// hs_serialize_database of a block-mode database without start of match. The error's message is one
// clause, "Hyperscan says: … (pattern 3)"; its code "expression" or "serialize".
Result<std::string> compile_patterns(const std::vector<Pattern>& patterns);

// The leak rules' expressions, ids being indexes into `rules`.
std::vector<Pattern> patterns_of(const std::vector<Rule>& rules);

}  // namespace kimiguard

// betterleaks' filters (Expr, https://expr-lang.org) as excuses.
//
// Read are the forms that nearly all of its rules use: || && ! and parentheses over
//   entropy(finding["secret"]) <= 3.5     matchesAny(finding["line"], [`…`, "…"])
//   containsAny(…, […])    len(…) == 40    matchesAny(get(attributes, "path", ""), […])
// each also as filter.x(…). Nothing is run. What is not understood is left out where that only keeps more
// findings (one part of an ||), else the whole filter is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/rulebook/foreign_rule.h"

namespace kimiguard::rulebook {

struct ReadFilter {
  std::vector<Excuse> excuses;
  bool whole = true;  // false: a part was not understood and does not count
};

ReadFilter read_filter(std::string_view text);

}  // namespace kimiguard::rulebook

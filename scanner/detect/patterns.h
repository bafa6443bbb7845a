// Which expressions go into the matcher's database, and what its ids mean.
#pragma once

#include <cstdint>
#include <vector>

#include "scanner/rulebook/pattern_database.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::detect {

// What a pattern's hit asks for.
enum class Form { plain, encoded };

struct PatternMeaning {
  std::size_t rule = 0;  // index into Rulebook::rules
  Form form = Form::plain;
};

// Each leak rule's own expression, and for rules with a prefix and a body every encoded and broken
// form of it. The id holds the meaning, so a serialized database needs no table beside it.
std::vector<Pattern> patterns_for(const std::vector<Rule>& rules);
PatternMeaning meaning_of(unsigned id);

}  // namespace kimiguard::detect

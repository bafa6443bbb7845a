// Which expressions go into the matcher's database, and what its ids mean.
#pragma once

#include <cstdint>
#include <string>
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

// A key behind its own length, as MessagePack, CBOR, protocol buffers, pickles and class files write strings: capture 1. The
// length of 51 is the digit 3, of 72 the letter H, and the next field may begin with a letter, so that a boundary is
// seen on neither side. "" for a rule without a prefix and a body, or with a length that no byte holds.
std::string counted_expression(const Rule& rule);

// A key among values that touch each other, without any boundary: capture 1. "" for a rule without a prefix and a body.
std::string joined_expression(const Rule& rule);

}  // namespace kimiguard::detect

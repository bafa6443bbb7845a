#include "scanner/text/token.h"

#include <algorithm>
#include <array>
#include <utility>

#include "scanner/text/char_class.h"

namespace kimiguard::text {

namespace {

constexpr std::uint64_t kNarrowest = 20;  // digits of a line that may be wrapped

bool is_digit_of(char c, Digits digits) {
  return digits == Digits::base64 ? base64_value(c) >= 0 : hex_value(c) >= 0;
}

// Where the run of digits that ends at `end` begins. The letter of an escape in front of it (\n, \r, \t)
// is not part of it.
std::uint64_t run_begin(std::string_view bytes, std::uint64_t end, std::uint64_t lowest, Digits digits) {
  std::uint64_t begin = end;
  while (begin > lowest && is_digit_of(bytes[begin - 1], digits)) --begin;
  if (begin > 0 && begin < end && bytes[begin - 1] == '\\' &&
      (bytes[begin] == 'n' || bytes[begin] == 'r' || bytes[begin] == 't')) {
    ++begin;
  }
  return begin;
}

std::uint64_t run_end(std::string_view bytes, std::uint64_t begin, std::uint64_t highest,
                      Digits digits) {
  std::uint64_t end = begin;
  while (end < highest && is_digit_of(bytes[end], digits)) ++end;
  return end;
}

bool in_line_mark(char c) { return is_blank(c) || std::string_view(">|#*;:%!/+-").find(c) != std::string_view::npos; }

// What stands before the digits that begin at `begin` on their line, where it only marks the line: signs of a quotation,
// a comment, a table or a change, with blanks. "" otherwise.
std::string_view line_mark(std::string_view bytes, std::uint64_t begin) {
  constexpr std::uint64_t kLongest = 32;
  std::uint64_t at = begin;
  bool sign = false;
  while (at > 0 && bytes[at - 1] != '\n' && bytes[at - 1] != '\r') {
    const char c = bytes[at - 1];
    if (begin - at >= kLongest || !in_line_mark(c)) return {};
    sign = sign || !is_blank(c);
    --at;
  }
  return sign ? bytes.substr(at, begin - at) : std::string_view();
}

// "+" and "-" of a diff are digits of base64 as well: at the start of a line that has one digit too many for its encoding,
// as has a line beside it that starts with the same sign.
bool is_change_mark(std::string_view bytes, std::uint64_t begin, std::uint64_t size) {
  if (size % 4 != 1 || size <= kNarrowest || (bytes[begin] != '+' && bytes[begin] != '-')) return false;
  return begin == 0 || bytes[begin - 1] == '\n' || bytes[begin - 1] == '\r';
}

// Past the line end that begins at `at`, indentation and the mark of the token's lines included; `at` if there is none.
std::uint64_t past_break(std::string_view bytes, std::uint64_t at, std::string_view mark = {}) {
  std::uint64_t end = at;
  bool broken = false;
  while (end < bytes.size()) {
    if (bytes[end] == '\r' || bytes[end] == '\n') {
      if (broken && bytes[end] == '\n' && bytes[end - 1] == '\n') return at;  // an empty line ends it
      ++end;
      broken = true;
      if (!mark.empty() && bytes[end - 1] == '\n' && bytes.substr(end).starts_with(mark)) return end + mark.size();
    } else if (bytes[end] == '\\') {
      std::uint64_t letter = end;
      while (letter < bytes.size() && bytes[letter] == '\\') ++letter;
      if (letter >= bytes.size() || (bytes[letter] != 'n' && bytes[letter] != 'r') || letter - end > 16)
        break;
      end = letter + 1;
      broken = true;
    } else if (broken && is_blank(bytes[end]) && end - at < 256) {
      ++end;
    } else {
      break;
    }
  }
  return broken ? end : at;
}

// The place where the line above ends, for a line that begins at `at` (behind its mark); `at` if there is no line end.
std::uint64_t before_break(std::string_view bytes, std::uint64_t at, std::uint64_t lowest, std::string_view mark = {}) {
  std::uint64_t begin = at - mark.size();
  bool broken = false;
  while (begin > lowest) {
    const char c = bytes[begin - 1];
    if (c == '\n' || c == '\r') {
      if (broken && c == '\n' && bytes[begin] == '\n') return at;
      --begin;
      broken = true;
    } else if ((c == 'n' || c == 'r') && begin >= lowest + 2 && bytes[begin - 2] == '\\') {
      begin -= 2;
      while (begin > lowest && bytes[begin - 1] == '\\') --begin;
      broken = true;
    } else if (!broken && is_blank(c) && at - begin < 256) {
      --begin;
    } else {
      break;
    }
  }
  return broken ? begin : at;
}

// Whether a line of a wrapped token may end at `end`. What follows it is the line's end, padding or what closes the
// text; a name that stands below a token (MOONSHOT_BASE_URL: …) is made of the same digits and ends otherwise.
bool line_may_end(std::string_view bytes, std::uint64_t end) {
  const std::uint64_t digits_end = end;
  while (end < bytes.size() && end - digits_end < 2 && bytes[end] == '=') ++end;
  while (end < bytes.size() && is_blank(bytes[end])) ++end;
  if (end >= bytes.size()) return true;
  const std::uint64_t escape = bytes.find_first_not_of('\\', end);
  if (escape != end && escape != std::string_view::npos)
    return bytes[escape] == 'n' || bytes[escape] == 'r' || bytes[escape] == '"';
  static constexpr std::string_view kClosing = "\r\n\"'`<>)]},.#";
  return kClosing.find(bytes[end]) != std::string_view::npos || static_cast<unsigned char>(bytes[end]) < 0x20;
}

bool wide_enough(std::uint64_t width) { return width >= kNarrowest && width % 4 == 0; }

// Adds the lines below while they are wrapped; `width` is that of a full line, 0 if unknown.
void grow_down(std::string_view bytes, Token& token, std::uint64_t width, std::uint64_t highest,
               Digits digits) {
  const std::string_view mark = line_mark(bytes, token.runs.front().begin);
  for (;;) {
    const Span last = token.runs.back();
    if (width == 0 ? !wide_enough(last.size()) : last.size() != width) return;
    const std::uint64_t next = past_break(bytes, last.end, mark);
    if (next == last.end || next >= highest) return;
    const std::uint64_t end = run_end(bytes, next, highest, digits);
    if (end == next || end - next > last.size() || !line_may_end(bytes, end)) return;
    width = last.size();
    token.runs.push_back({next, end});
  }
}

}  // namespace

std::uint64_t Token::digits() const {
  std::uint64_t sum = 0;
  for (const Span run : runs) sum += run.size();
  return sum;
}

std::optional<Token> token_around(std::string_view bytes, Span around, Digits digits) {
  around.end = std::min<std::uint64_t>(around.end, bytes.size());
  // An expression for wrapped tokens may begin with the line end, and the mark of a line behind it.
  if (const std::uint64_t begin = past_break(bytes, around.begin); begin != around.begin) {
    around.begin = begin;
    while (around.begin < around.end && !is_digit_of(bytes[around.begin], digits) && in_line_mark(bytes[around.begin])) ++around.begin;
  }
  if (around.begin >= around.end) return std::nullopt;
  const std::uint64_t lowest = around.begin > kLongestToken ? around.begin - kLongestToken : 0;
  const std::uint64_t highest = std::min<std::uint64_t>(bytes.size(), around.end + kLongestToken);
  if (!is_digit_of(bytes[around.begin], digits)) return std::nullopt;

  Token token;
  std::uint64_t begin = run_begin(bytes, around.begin + 1, lowest, digits);
  begin = std::min(begin, around.begin);
  const std::uint64_t first_end = run_end(bytes, around.begin, highest, digits);
  std::string_view mark;
  if (digits == Digits::base64) {
    // A line above knows better where this one is the last.
    const std::uint64_t above_end = before_break(bytes, begin, lowest);
    const std::uint64_t above_begin = above_end == begin ? begin : run_begin(bytes, above_end, lowest, digits);
    const bool marked = is_change_mark(bytes, begin, first_end - begin) ||
                        (above_end != begin && bytes[above_begin] == bytes[begin] && is_change_mark(bytes, above_begin, above_end - above_begin));
    if (marked) mark = bytes.substr(begin++, 1);
    around.begin = std::max(around.begin, begin);
  }
  token.runs.push_back({begin, first_end});
  if (mark.empty()) mark = line_mark(bytes, begin);

  // Upwards: collected in reverse.
  std::vector<Span> above;
  std::uint64_t width = 0;
  for (Span first = token.runs.front();;) {
    const std::uint64_t line_end = before_break(bytes, first.begin, lowest, mark);
    if (line_end == first.begin || line_end + mark.size() == first.begin) break;
    std::uint64_t line_begin = run_begin(bytes, line_end, lowest, digits);
    if (mark == "+" || mark == "-") line_begin += mark.size();
    if (line_begin >= line_end || (!mark.empty() && line_mark(bytes, line_begin) != mark)) break;
    const std::uint64_t size = line_end - line_begin;
    if (width == 0 ? (!wide_enough(size) || size < first.size()) : size != width) break;
    width = size;
    first = {line_begin, line_end};
    above.push_back(first);
  }
  std::reverse(above.begin(), above.end());
  token.runs.insert(token.runs.begin(), above.begin(), above.end());
  grow_down(bytes, token, width, highest, digits);
  if (around.end > token.all().end) {
    // Padding may be part of what was matched; anything else is not this encoding.
    for (std::uint64_t at = token.all().end; at < around.end; ++at) {
      if (bytes[at] != '=' || digits == Digits::hex) return std::nullopt;
    }
  }
  return token;
}

Token token_from(std::string_view bytes, std::uint64_t begin, Digits digits) {
  Token token;
  token.runs.push_back({begin, run_end(bytes, begin, bytes.size(), digits)});
  grow_down(bytes, token, 0, bytes.size(), digits);
  return token;
}

std::vector<Token> tokens_in(std::string_view bytes, Digits digits, std::uint64_t least) {
  std::vector<Token> tokens;
  for (std::uint64_t at = 0; at < bytes.size();) {
    if (!is_digit_of(bytes[at], digits)) {
      ++at;
      continue;
    }
    std::uint64_t end = run_end(bytes, at, bytes.size(), digits);
    std::uint64_t begin = std::min(end, std::max(at, run_begin(bytes, end, at, digits)));
    if (begin == end) {
      at = end;
      continue;
    }
    Token token;
    token.runs.push_back({begin, end});
    grow_down(bytes, token, 0, bytes.size(), digits);
    end = token.all().end;
    if (token.digits() >= least) tokens.push_back(std::move(token));
    at = end;
  }
  return tokens;
}

View decode_token(std::string_view bytes, const Token& token, Digits digits, unsigned skip) {
  const bool url =
      digits == Digits::base64 && std::any_of(token.runs.begin(), token.runs.end(), [&](Span run) {
        return bytes.substr(run.begin, run.size()).find_first_of("-_") != std::string_view::npos;
      });
  ViewBuilder builder(bytes, digits == Digits::hex ? "hex" : url ? "base64url" : "base64", token.all());
  const std::size_t group = digits == Digits::hex ? 2 : 4;
  std::array<std::uint64_t, 4> at{};
  std::array<unsigned, 4> value{};
  std::size_t have = 0;
  const auto flush = [&] {
    if (digits == Digits::hex) {
      if (have == 2) {
        const char byte = static_cast<char>((value[0] << 4) | value[1]);
        const bool together = at[1] == at[0] + 1;
        builder.put({&byte, 1}, {at[0], at[1] + 1}, together ? 2 : 0, together ? 1 : 0);
      }
    } else if (have >= 2) {
      const std::array<char, 3> decoded = {static_cast<char>((value[0] << 2) | (value[1] >> 4)),
                                           static_cast<char>(((value[1] & 15) << 4) | (value[2] >> 2)),
                                           static_cast<char>(((value[2] & 3) << 6) | value[3])};
      if (have == 4 && at[3] == at[0] + 3) {
        builder.put({decoded.data(), 3}, {at[0], at[3] + 1}, 4, 3);
      } else {
        for (std::size_t i = 0; i + 1 < have; ++i) builder.put({&decoded[i], 1}, {at[i], at[i + 1] + 1});
      }
    }
    have = 0;
    value = {};
  };
  std::uint64_t number = 0;
  for (const Span run : token.runs) {
    for (std::uint64_t i = run.begin; i < run.end; ++i, ++number) {
      if (number < skip) continue;
      at[have] = i;
      value[have] =
          static_cast<unsigned>(digits == Digits::hex ? hex_value(bytes[i]) : base64_value(bytes[i]));
      if (++have == group) flush();
    }
  }
  flush();
  return builder.take();
}

}  // namespace kimiguard::text

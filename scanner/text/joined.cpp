#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"
#include "scanner/text/utf8.h"

namespace kimiguard::text {

namespace {

bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

// Past blanks, line ends and backslashes before line ends.
std::uint64_t past_space(std::string_view bytes, std::uint64_t at, std::uint64_t end) {
  while (at < end) {
    if (is_space(bytes[at])) {
      ++at;
    } else if (bytes[at] == '\\' && at + 1 < end && (bytes[at + 1] == '\n' || bytes[at + 1] == '\r')) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

bool holds_join_call(std::string_view text) {
  for (std::size_t at = text.find('('); at != std::string_view::npos; at = text.find('(', at + 1)) {
    std::string word;
    for (std::size_t i = at; i > 0 && at - i < 6 && is_alpha(text[i - 1]); --i)
      word.insert(word.begin(), to_lower(text[i - 1]));
    if (word.ends_with("join") || word == "concat" || word == "implode") return true;
  }
  return false;
}

// The end of the joint that begins with the closing quote at `at`, past the opening quote of the next
// literal; 0 if the literals are not joined.
std::uint64_t joint_end(std::string_view bytes, std::uint64_t at, Span window, bool by_comma) {
  const std::uint64_t first = at + 1;
  std::uint64_t next = past_space(bytes, first, window.end);
  bool operated = false;
  if (next < window.end) {
    const char c = bytes[next];
    const char d = next + 1 < window.end ? bytes[next + 1] : '\0';
    if ((c == '.' && d == '.') || (c == '|' && d == '|') || (c == '<' && d == '>') ||
        (c == '+' && d == '+')) {
      next += 2;
      operated = true;
    } else if (c == '+' || c == '.' || c == '&' || c == '~' || (c == ',' && by_comma)) {
      ++next;
      operated = true;
    }
  }
  if (operated) next = past_space(bytes, next, window.end);
  // One prefix letter of a literal: f"", b'', L"", $"", @"".
  if (next + 1 < window.end && !is_quote(bytes[next]) && is_quote(bytes[next + 1]) &&
      std::string_view("frbuLUFRB@$").find(bytes[next]) != std::string_view::npos) {
    ++next;
  }
  if (next >= window.end || !is_quote(bytes[next])) return 0;
  const std::uint64_t after = next + 1;
  if (after >= window.end || is_quote(bytes[after])) return 0;
  if (!operated) {
    // Neighbours without an operator: only where a word goes on, so that "a" "b" of a list stays two.
    if (at == window.begin || !is_key_char(bytes[at - 1]) || !is_key_char(bytes[after])) return 0;
  }
  return after;
}

// Characters of a broken word that is worth joining.
constexpr std::uint64_t kShortestBroken = 20;

// Columns at which terminals, mailers and editors break lines.
constexpr std::array<std::uint64_t, 22> kWidths = {60, 64, 70,  72,  75,  76,  78,  79,  80,  90,  96,
                                                   98, 99, 100, 110, 119, 120, 128, 132, 140, 160, 200};

// The first of "\r" and "\n" from `at` on, else the end. (string_view::find_first_of asks memchr about each character.)
// A piece at a time: where lines end in "\r" alone the next "\n" may be far.
std::uint64_t line_end(std::string_view bytes, std::uint64_t at) {
  constexpr std::uint64_t kPiece = 256;
  for (; at < bytes.size(); at += kPiece) {
    std::string_view piece = bytes.substr(at, kPiece);
    const std::size_t size = piece.size();
    piece = piece.substr(0, piece.find('\n'));
    piece = piece.substr(0, piece.find('\r'));
    if (piece.size() < size) return at + piece.size();
  }
  return bytes.size();
}

// The key characters of the words that meet over a line end, where the line's text ends at `end` and the next begins at
// `next`.
std::uint64_t broken_word(std::string_view seen, Span window, std::uint64_t end, std::uint64_t next) {
  std::uint64_t left = end;
  while (left > window.begin && is_key_char(seen[left - 1])) --left;
  std::uint64_t right = next;
  while (right < window.end && is_key_char(seen[right])) ++right;
  return (end - left) + (right - next);
}

// Whether a line end near enough to count breaks a word that is worth joining. Nearly always none does, and counting how wide
// the lines around are took 5 % of RooCodeInc/Roo-Code's history.
bool breaks_a_word(std::string_view seen, Span window, Span near) {
  // "\r\n" before it may end the line above.
  const std::uint64_t last = std::min(near.end + 1, window.end);
  std::uint64_t at = std::max(near.begin - std::min<std::uint64_t>(near.begin, 2), window.begin);
  if (at >= last) return false;
  for (at = line_end(seen.substr(0, last), at); at < last; at = line_end(seen.substr(0, last), at + 1)) {
    const std::uint64_t next = at + (seen.substr(at).starts_with("\r\n") ? 2 : 1);
    if (at > window.begin && next < window.end && is_key_char(seen[at - 1]) && is_key_char(seen[next]) &&
        broken_word(seen, window, at, next) >= kShortestBroken)
      return true;
  }
  return false;
}

}  // namespace

std::optional<View> join_literals(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  const std::string_view seen = bytes.substr(0, window.end);
  const bool by_comma = holds_join_call(seen.substr(window.begin));
  ViewBuilder builder(bytes, "concatenation", window);
  std::uint64_t copied = window.begin;
  bool changed = false;
  const auto next_quote = [&](std::uint64_t from) {
    return static_cast<std::uint64_t>(std::find_if(seen.begin() + static_cast<std::ptrdiff_t>(from), seen.end(), is_quote) - seen.begin());
  };
  for (std::uint64_t at = next_quote(window.begin); at < window.end; at = next_quote(at)) {
    const std::uint64_t end = joint_end(bytes, at, window, by_comma);
    if (end == 0) {
      ++at;
      continue;
    }
    builder.copy(copied, at);
    copied = at = end;
    changed = true;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

std::optional<View> join_lines(std::string_view bytes, Span window, Span near) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  const std::string_view seen = bytes.substr(0, window.end);
  if (!breaks_a_word(seen, window, near)) return std::nullopt;
  struct Line {
    Span text;
    std::uint64_t next;  // where the next line begins
    std::uint64_t width;
  };
  std::vector<Line> lines;
  for (std::uint64_t begin = window.begin; begin < window.end;) {
    const std::uint64_t end = line_end(seen, begin);
    std::uint64_t next = end;
    if (next < window.end && bytes[next] == '\r') ++next;
    if (next < window.end && bytes[next] == '\n') ++next;
    // A line that the window cuts has no known width.
    const bool whole =
        begin != window.begin || begin == 0 || bytes[begin - 1] == '\n' || bytes[begin - 1] == '\r';
    lines.push_back(
        {{begin, end}, next, whole ? count_code_points(bytes.substr(begin, end - begin)) : 0});
    begin = next;
  }
  std::uint64_t widest = 0;
  for (const Line& line : lines) widest = std::max(widest, line.width);
  const auto as_wide =
      std::count_if(lines.begin(), lines.end(), [&](const Line& line) { return line.width == widest; });
  const auto usual = [&](std::uint64_t width) {
    if (width < 20) return false;
    if (std::find(kWidths.begin(), kWidths.end(), width) != kWidths.end()) return true;
    // Any other width, where it is the widest and several lines around have exactly it.
    return width == widest && as_wide >= 3;
  };
  ViewBuilder builder(bytes, "line-break", window);
  std::uint64_t copied = window.begin;
  bool changed = false;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    const Line& line = lines[i];
    const Line& below = lines[i + 1];
    if (line.text.size() == 0 || below.text.size() == 0) continue;
    if (line.next < near.begin || line.text.end > near.end) continue;
    if (!is_key_char(bytes[line.text.end - 1]) || !is_key_char(bytes[below.text.begin])) continue;
    if (!usual(line.width)) continue;
    // Two words of prose meet at every line end.
    if (broken_word(seen, window, line.text.end, below.text.begin) < kShortestBroken) continue;
    builder.copy(copied, line.text.end);
    copied = line.next;
    changed = true;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

}  // namespace kimiguard::text

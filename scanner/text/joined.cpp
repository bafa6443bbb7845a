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

}  // namespace

std::optional<View> join_literals(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  const std::string_view seen = bytes.substr(0, window.end);
  const bool by_comma = holds_join_call(seen.substr(window.begin));
  ViewBuilder builder(bytes, "concatenation", window);
  std::uint64_t copied = window.begin;
  bool changed = false;
  for (std::size_t at = seen.find_first_of("\"'`", window.begin); at != std::string_view::npos;
       at = seen.find_first_of("\"'`", at)) {
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
  // Only line ends near it are joined: in a file of one long line there are none.
  const Span about{std::max(near.begin - std::min<std::uint64_t>(near.begin, 2), window.begin), std::min(near.end + 2, window.end)};
  if (about.begin >= about.end || seen.substr(about.begin, about.size()).find_first_of("\r\n") == std::string_view::npos) return std::nullopt;
  struct Line {
    Span text;
    std::uint64_t next;  // where the next line begins
    std::uint64_t width;
  };
  std::vector<Line> lines;
  for (std::uint64_t begin = window.begin; begin < window.end;) {
    std::size_t end = seen.find_first_of("\r\n", begin);
    if (end == std::string_view::npos) end = window.end;
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
    std::uint64_t left = line.text.end;
    while (left > line.text.begin && is_key_char(bytes[left - 1])) --left;
    std::uint64_t right = below.text.begin;
    while (right < below.text.end && is_key_char(bytes[right])) ++right;
    if ((line.text.end - left) + (right - below.text.begin) < kShortestBroken) continue;
    builder.copy(copied, line.text.end);
    copied = line.next;
    changed = true;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

}  // namespace kimiguard::text

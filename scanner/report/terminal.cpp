#include "scanner/report/terminal.h"

#include <algorithm>
#include <array>

#include "scanner/text/mask.h"
#include "scanner/text/utf8.h"

namespace kimiguard::report {
namespace {

struct Range {
  char32_t first, last;
};

constexpr std::array<Range, 24> kWide = {{
    {0x1100, 0x115F}, {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x25FD, 0x25FE},
    {0x2614, 0x2615}, {0x26A1, 0x26A1},   {0x2705, 0x2705},   {0x274C, 0x274C},   {0x2E80, 0x303E},
    {0x3041, 0x33FF}, {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F680, 0x1FAFF}, {0x20000, 0x3FFFD},
}};

constexpr std::array<Range, 16> kZero = {{
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x0610, 0x061A},
    {0x064B, 0x065F},
    {0x0900, 0x0902},
    {0x093A, 0x093A},
    {0x0941, 0x0948},
    {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x200B, 0x200F},
    {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F},
}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t code) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                      [](char32_t c, const Range& range) { return c < range.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

int width_of(char32_t code) {
  if (code < 0x300) return 1;
  if (within(kZero, code)) return 0;
  return within(kWide, code) ? 2 : 1;
}

struct Character {
  std::string_view bytes;
  char32_t code;
  int width;
};

std::vector<Character> characters(std::string_view text) {
  std::vector<Character> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text::utf8_length(text, at);
    if (length == 0) {
      all.push_back({text.substr(at, 1), 0xFFFD, 1});
      ++at;
      continue;
    }
    const char32_t code = text::utf8_code_point(text, at, length);
    all.push_back({text.substr(at, length), code, width_of(code)});
    at += length;
  }
  return all;
}

// No line begins with these (a short form of the rules of Unicode UAX #14, class CL, EX, NS).
bool must_not_begin(char32_t code) {
  static constexpr std::u32string_view kClosing = U"，。、；：！？）》」』】〉〕”’…,.;:!?)";
  return kClosing.find(code) != std::u32string_view::npos;
}

bool must_not_end(char32_t code) {
  static constexpr std::u32string_view kOpening = U"（《「『【〈〔“‘(";
  return kOpening.find(code) != std::u32string_view::npos;
}

// A line may break between these two.
bool may_break(const Character& before, const Character& after) {
  if (before.code == U' ') return true;
  if (after.code == U' ') return false;
  if (must_not_begin(after.code) || must_not_end(before.code)) return false;
  return before.width == 2 || after.width == 2;
}

}  // namespace

int display_width(std::string_view text) {
  int width = 0;
  for (const Character& character : characters(text)) width += character.width;
  return width;
}

std::string printable_line(std::string_view bytes) {
  std::string out;
  const std::string safe = text::printable(bytes);
  // A runner of GitHub Actions takes a line that begins with "::", or "##[" anywhere, for a command, and lines break at blanks.
  const auto is_command = [&](std::size_t at) {
    const std::string_view rest = std::string_view(safe).substr(at);
    return rest.starts_with("##[") || (rest.starts_with("::") && (at == 0 || safe[at - 1] == ' ' || safe[at - 1] == '\t' || safe[at - 1] == '\n'));
  };
  for (std::size_t at = 0; at < safe.size(); ++at) {
    const char c = safe[at];
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if ((c == ':' || c == '#') && is_command(at))
      out += c == ':' ? "\\x3a" : "\\x23";
    else
      out += c;
  }
  return out;
}

std::vector<std::string> wrapped(std::string_view text, int width) {
  width = std::max(width, 10);
  const std::vector<Character> all = characters(text);
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < all.size()) {
    int used = 0;
    std::size_t end = begin;
    std::size_t last_break = begin;
    while (end < all.size() && all[end].code != U'\n') {
      if (end > begin && may_break(all[end - 1], all[end])) last_break = end;
      // A space at the end of a line takes no column of it.
      if (used + all[end].width > width && all[end].code != U' ') break;
      used += all[end].width;
      ++end;
    }
    const bool whole = end == all.size() || all[end].code == U'\n';
    if (!whole && last_break > begin) end = last_break;
    std::string line;
    for (std::size_t i = begin; i < end; ++i) line += all[i].bytes;
    while (line.ends_with(' ')) line.pop_back();
    lines.push_back(std::move(line));
    begin = end;
    if (begin < all.size() && all[begin].code == U'\n')
      ++begin;
    else
      while (begin < all.size() && all[begin].code == U' ') ++begin;
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

std::string shortened(std::string_view text, int width) {
  if (display_width(text) <= width) return std::string(text);
  const std::vector<Character> all = characters(text);
  const int room = std::max(width - 1, 2);
  // A third for the beginning; the end of a path says more.
  const int head_room = room / 3;
  std::string head;
  std::string tail;
  int used = 0;
  for (const Character& character : all) {
    if (used + character.width > head_room) break;
    used += character.width;
    head += character.bytes;
  }
  int tail_used = 0;
  std::size_t from = all.size();
  while (from > 0 && used + tail_used + all[from - 1].width <= room) tail_used += all[--from].width;
  for (std::size_t i = from; i < all.size(); ++i) tail += all[i].bytes;
  return head + "…" + tail;
}

std::string padded(std::string_view text, int width) {
  std::string out(text);
  for (int used = display_width(text); used < width; ++used) out += ' ';
  return out;
}

std::string Paint::operator()(Ink ink, std::string_view text) const {
  if (!on_ || text.empty() || ink == Ink::plain) return std::string(text);
  std::string_view code;
  switch (ink) {
    case Ink::plain:
      break;
    case Ink::bold:
      code = "1";
      break;
    case Ink::dim:
      code = "2";
      break;
    case Ink::critical:
      code = "1;31";
      break;
    case Ink::high:
      code = "31";
      break;
    case Ink::medium:
      code = "33";
      break;
    case Ink::low:
      code = "36";
      break;
    case Ink::good:
      code = "32";
      break;
    case Ink::link:
      code = "36";
      break;
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace kimiguard::report

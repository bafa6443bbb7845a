// Hex dumps. A line is an offset, then as many bytes as to the next line's offset, then perhaps the same bytes as text:
//   xxd:         00000000: 4142 4344 …  ABCD
//   hexdump -C:  00000000  41 42 43 44 …  |ABCD|
//   hexdump:     0000000 4241 4443 …        (words of two bytes, the low one first)
//   od -A x -t x1: 000000 41 42 43 44 …
#include <algorithm>
#include <array>
#include <optional>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"

namespace kimiguard::text {
namespace {

constexpr std::size_t kFewestDigits = 6;  // of an offset
constexpr std::size_t kMostDigits = 16;
constexpr std::uint64_t kNarrowest = 8;  // bytes of a line
constexpr std::uint64_t kWidest = 64;
constexpr std::size_t kLongestLine = 512;  // asked of every text: most end their first lines long before

struct Line {
  std::uint64_t offset = 0;
  std::size_t bytes_at = 0;  // where the first byte may begin
  bool colon = false;
  bool swapped = false;      // words, the low byte first
};

// `line` without its line end.
std::optional<Line> read_line(std::string_view line) {
  Line read;
  std::size_t at = 0;
  while (at < line.size() && hex_value(line[at]) >= 0 && at < kMostDigits) read.offset = read.offset << 4 | static_cast<unsigned>(hex_value(line[at++]));
  if (at < kFewestDigits) return std::nullopt;
  const std::size_t digits = at;
  if (at < line.size() && line[at] == ':') {
    read.colon = true;
    ++at;
  }
  const std::size_t blanks = at;
  while (at < line.size() && is_blank(line[at])) ++at;
  if (at == blanks || at >= line.size() || hex_value(line[at]) < 0) return std::nullopt;
  read.bytes_at = at;
  std::size_t group = 0;
  while (at + group < line.size() && hex_value(line[at + group]) >= 0) ++group;
  if (group % 2 != 0) return std::nullopt;
  read.swapped = !read.colon && group == 4 && digits == 7;
  if (!read.colon && !read.swapped && group != 2) return std::nullopt;
  return read;
}

std::string_view line_at(std::string_view bytes, std::size_t begin) {
  std::string_view line = bytes.substr(begin, bytes.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// How many bytes a line has, by the first two offsets that follow each other; 0 if this is no dump.
std::uint64_t width_of(std::string_view bytes, std::size_t begin) {
  constexpr int kLines = 4;  // the first may be cut, or a command
  std::optional<Line> last;
  for (int n = 0; n < kLines && begin < bytes.size(); ++n) {
    const std::string_view line = line_at(bytes.substr(0, std::min(bytes.size(), begin + kLongestLine)), begin);
    const std::optional<Line> read = read_line(line);
    if (read && last && read->offset > last->offset && read->offset - last->offset >= kNarrowest && read->offset - last->offset <= kWidest)
      return read->offset - last->offset;
    last = read;
    begin += line.size() + 1;
    if (begin < bytes.size() && bytes[begin - 1] == '\r') ++begin;
  }
  return 0;
}

}  // namespace

bool is_dump(std::string_view bytes) { return width_of(bytes, 0) != 0; }

View decode_dump(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  ViewBuilder builder(bytes, "hex-dump", window);
  const std::uint64_t width = width_of(bytes, window.begin);
  std::optional<std::uint64_t> expected;
  for (std::size_t begin = window.begin; begin < window.end && width != 0;) {
    const std::size_t end = std::min<std::size_t>(bytes.find('\n', begin), window.end);
    const std::string_view line = line_at(bytes.substr(0, end), begin);
    if (const std::optional<Line> read = read_line(line)) {
      if (expected && *expected != read->offset) builder.put("\n", {begin, begin});
      expected = read->offset + width;
      std::uint64_t count = 0;
      std::size_t at = read->bytes_at;
      while (count < width && at + 1 < line.size()) {
        if (is_blank(line[at])) {
          // Two blanks stand before the text, but in the middle of hexdump -C.
          const bool gap = at + 1 < line.size() && is_blank(line[at + 1]);
          if (gap && (read->colon || count != width / 2)) break;
          at += gap ? 2 : 1;
          continue;
        }
        if (hex_value(line[at]) < 0 || hex_value(line[at + 1]) < 0) break;
        const auto byte_at = [&](std::size_t i) { return static_cast<char>(hex_value(line[i]) << 4 | hex_value(line[i + 1])); };
        if (read->swapped) {
          if (at + 3 >= line.size() || hex_value(line[at + 2]) < 0 || hex_value(line[at + 3]) < 0) break;
          const std::array<char, 2> word = {byte_at(at + 2), byte_at(at)};
          builder.put({word.data(), 2}, {begin + at, begin + at + 4});
          at += 4;
          count += 2;
          continue;
        }
        const char byte = byte_at(at);
        builder.put({&byte, 1}, {begin + at, begin + at + 2}, 2, 1);
        at += 2;
        ++count;
      }
    }
    begin = end + 1;
  }
  return builder.take();
}

}  // namespace kimiguard::text

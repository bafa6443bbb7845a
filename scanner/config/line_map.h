// Byte offsets to lines and columns and back, in constant time even on one line of many megabytes.
//
// A line ends at "\n" (so also at "\r\n"). A column counts Unicode code points; a byte that is no valid
// UTF-8 counts one (design §4). A byte order mark is a code point and counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scanner/core/match.h"

namespace kimiguard::config {

// Length in bytes of the code point at `text[at]`: 1 to 4; 1 for a byte that is not valid there.
// REQUIRES: at < text.size().
std::size_t code_point_length(std::string_view text, std::size_t at);

// Appends `code` as UTF-8; a surrogate or a number above 10FFFF becomes U+FFFD.
void append_utf8(std::string& out, std::uint32_t code);

class LineMap {
 public:
  // `text` must outlive the map.
  explicit LineMap(std::string_view text);

  // Position of the byte at `offset`, or of the end. REQUIRES: offset <= text.size().
  Position position(std::size_t offset) const;

  // First byte of the code point at `position`; clamped to the end of the line or text.
  std::size_t offset(Position position) const;

  // First byte of the line, 1-based; text.size() beyond the last.
  std::size_t line_begin(std::uint64_t line) const;

 private:
  // A checkpoint each kStep bytes and one at the end: a code point's first byte and how many code points
  // stand before it.
  static constexpr std::size_t kStep = 64;
  struct Mark {
    std::uint32_t offset;
    std::uint32_t code_points;
  };
  std::uint64_t code_points_before(std::size_t offset) const;

  std::string_view text_;
  std::vector<std::uint32_t> lines_;
  std::vector<Mark> marks_;
};

}  // namespace kimiguard::config

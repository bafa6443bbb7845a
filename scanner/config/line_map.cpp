#include "scanner/config/line_map.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace kimiguard::config {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xC0u) == 0x80u;
}

}  // namespace

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t code_point_length(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0xC2 || lead > 0xF4) return 1;
  if (!continuation(text, at + 1)) return 1;
  if (lead < 0xE0) return 2;
  const unsigned second = byte_at(text, at + 1);
  if (lead < 0xF0) {
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 1;
    return continuation(text, at + 2) ? 3 : 1;
  }
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 1;
  return continuation(text, at + 2) && continuation(text, at + 3) ? 4 : 1;
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = 0xFFFD;
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

LineMap::LineMap(std::string_view text) : text_(text) {
  lines_.push_back(0);
  marks_.reserve(text.size() / kStep + 1);
  std::uint32_t count = 0;
  std::size_t next_mark = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    if (at >= next_mark) {
      marks_.push_back({static_cast<std::uint32_t>(at), count});
      next_mark += kStep;
    }
    // Eight ASCII bytes without a line end at a time.
    if (std::uint64_t eight; next_mark - at > 8 && at + 8 <= text.size()) {
      std::memcpy(&eight, text.data() + at, 8);
      const std::uint64_t ends = eight ^ 0x0A0A0A0A0A0A0A0AULL;
      if (((eight | ((ends - 0x0101010101010101ULL) & ~ends)) & 0x8080808080808080ULL) == 0) {
        at += 8;
        count += 7;
        continue;
      }
    }
    if (text[at] == '\n') lines_.push_back(static_cast<std::uint32_t>(at + 1));
    at += byte_at(text, at) < 0x80 ? 1 : code_point_length(text, at);
  }
  marks_.push_back({static_cast<std::uint32_t>(text.size()), count});
}

std::uint64_t LineMap::code_points_before(std::size_t offset) const {
  std::size_t index = std::min(offset / kStep, marks_.size() - 1);
  // A mark may lie up to three bytes after its step, and so after `offset`.
  while (index > 0 && marks_[index].offset > offset) --index;
  std::uint64_t count = marks_[index].code_points;
  // Where every code point is one byte long, as nearly everywhere, there is nothing to walk over.
  if (index + 1 < marks_.size() && marks_[index + 1].code_points - marks_[index].code_points ==
                                       marks_[index + 1].offset - marks_[index].offset)
    return count + (offset - marks_[index].offset);
  for (std::size_t at = marks_[index].offset; at < offset && at < text_.size();) {
    at += code_point_length(text_, at);
    // An offset inside a code point is its position.
    if (at > offset) break;
    ++count;
  }
  return count;
}

Position LineMap::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(lines_.begin(), lines_.end(), offset);
  const std::size_t line = static_cast<std::size_t>(after - lines_.begin());
  const std::size_t begin = lines_[line - 1];
  return {line, code_points_before(offset) - code_points_before(begin) + 1};
}

std::size_t LineMap::line_begin(std::uint64_t line) const {
  if (line == 0) return 0;
  return line <= lines_.size() ? lines_[line - 1] : text_.size();
}

std::size_t LineMap::offset(Position position) const {
  std::size_t at = line_begin(position.line);
  const std::size_t end = line_begin(position.line + 1);
  const std::uint64_t wanted = code_points_before(at) + (position.column > 0 ? position.column - 1 : 0);
  // Start from the last checkpoint that is not beyond the wanted code point.
  const auto mark = std::upper_bound(marks_.begin(), marks_.end(), wanted,
                                     [](std::uint64_t w, const Mark& m) { return w < m.code_points; });
  std::uint64_t count = code_points_before(at);
  if (mark != marks_.begin() && (mark - 1)->offset > at) {
    at = (mark - 1)->offset;
    count = (mark - 1)->code_points;
  }
  for (; at < end && count < wanted; ++count) at += code_point_length(text_, at);
  return std::min(at, end);
}

}  // namespace kimiguard::config

// From byte offsets to lines and columns, as people and GitHub count them: both 1-based, columns in
// Unicode code points, an invalid UTF-8 byte counting one. Lines of text end at \n, \r\n or a lone \r;
// lines of binary data (a NUL among the first 8 KB, and not UTF-16 or UTF-32) at \n only. UTF-16 and
// UTF-32 are counted in the code points of the decoded text. A byte order mark at the start of the
// file takes no column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scanner/core/match.h"
#include "scanner/core/span.h"

namespace kimiguard::text {

// How bytes are to be read as text.
enum class TextForm { utf8, binary, utf16le, utf16be, utf32le, utf32be };

// Looks at the first 8 KB: byte order marks, then NULs. UTF-16 and UTF-32 without a mark are believed
// only where the whole head decodes to characters that occur in text. Legacy single-byte text is
// `utf8` (its high bytes count one each).
TextForm form_of(std::string_view bytes);

// Bytes of one code unit: 1, 2 or 4.
std::size_t unit_size(TextForm form);

// Bytes of the byte order mark at the start, 0 if there is none.
std::size_t mark_size(std::string_view bytes, TextForm form);

// The position of `offset` (clamped to the size) where the first byte stands at `start`. The column
// counts the code points that begin before `offset` on its line. Linear in `offset`.
Position position_at(std::string_view bytes, std::uint64_t offset, Position start = {});
Position position_at(std::string_view bytes, std::uint64_t offset, Position start, TextForm form);

// The same for many look-ups in one document: one pass when made (SSE2 where there is; about 10 GB/s
// over ASCII), then a few hundred nanoseconds a look-up, however long the line. Keeps a view of
// `bytes`, which must outlive it. Safe to read from many threads.
class LineIndex {
 public:
  explicit LineIndex(std::string_view bytes, Position start = {});
  LineIndex(std::string_view bytes, Position start, TextForm form);

  Position at(std::uint64_t offset) const;
  TextForm form() const { return form_; }
  // Number of the last line.
  std::uint64_t last_line() const;

 private:
  // What is known at the start of each block of 4 KB.
  struct Block {
    std::uint64_t lines;       // line ends before it
    std::uint64_t line_begin;  // where the line that holds its first byte begins
    std::uint64_t points;      // code points that begin before it
    std::uint8_t sync;         // bytes of a sequence that began in the block before
    bool ascii;                // UTF-8 and binary: no byte above 0x7F
  };
  void build_bytes();
  void build_units();
  std::uint64_t points_before(std::uint64_t offset) const;

  std::string_view bytes_;
  Position start_;
  TextForm form_;
  std::uint64_t skip_ = 0;  // byte order mark
  std::vector<Block> blocks_;
};

}  // namespace kimiguard::text

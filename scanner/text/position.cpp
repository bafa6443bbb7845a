// Line ends are counted block by block, 16 bytes at a step; only blocks with a byte above 0x7F are
// decoded. Because a line end is never part of a longer sequence, counting code points from the start
// of the document and from the start of the line agree.
#include "scanner/text/position.h"

#include <algorithm>

#include "scanner/text/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kimiguard::text {

namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::size_t kHead = 8192;

std::uint8_t byte(std::string_view bytes, std::uint64_t at) {
  return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

char32_t unit_at(std::string_view bytes, std::uint64_t at, TextForm form) {
  const auto b = [&](std::uint64_t i) { return static_cast<char32_t>(byte(bytes, at + i)); };
  switch (form) {
    case TextForm::utf16le:
      return b(0) | (b(1) << 8);
    case TextForm::utf16be:
      return (b(0) << 8) | b(1);
    case TextForm::utf32le:
      return b(0) | (b(1) << 8) | (b(2) << 16) | (b(3) << 24);
    case TextForm::utf32be:
      return (b(0) << 24) | (b(1) << 16) | (b(2) << 8) | b(3);
    case TextForm::utf8:
    case TextForm::binary:
      break;
  }
  return b(0);
}

bool high_surrogate(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool low_surrogate(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Bytes of the code point at `at`; what is broken counts as one unit.
std::uint64_t point_size(std::string_view bytes, std::uint64_t at, TextForm form) {
  switch (form) {
    case TextForm::utf8:
    case TextForm::binary:
      return std::max<std::size_t>(1, utf8_length(bytes, at));
    case TextForm::utf16le:
    case TextForm::utf16be:
      return high_surrogate(unit_at(bytes, at, form)) && at + 4 <= bytes.size() &&
                     low_surrogate(unit_at(bytes, at + 2, form))
                 ? 4
                 : 2;
    case TextForm::utf32le:
    case TextForm::utf32be:
      return 4;
  }
  return 1;
}

// Whether a line ends with the unit at `at`.
bool ends_line(std::string_view bytes, std::uint64_t at, TextForm form) {
  const char32_t unit = unit_at(bytes, at, form);
  if (unit == '\n') return true;
  if (unit != '\r' || form == TextForm::binary) return false;
  const std::uint64_t next = at + unit_size(form);
  return next >= bytes.size() || unit_at(bytes, next, form) != '\n';
}

struct Counted {
  std::uint64_t line_ends = 0;
  bool ascii = true;
};

// Line ends among bytes [begin, end) of UTF-8 or binary data.
Counted count_line_ends(std::string_view bytes, std::uint64_t begin, std::uint64_t end, bool carriage) {
  Counted counted;
  std::uint64_t at = begin;
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i cr = _mm_set1_epi8('\r');
  __m128i high = _mm_setzero_si128();
  // One byte more than the step is read, to see what follows a \r in the last place.
  while (at + 16 <= end && at + 17 <= bytes.size()) {
    // Counted in bytes that hold up to 255 each, then summed: a popcount is slow without its
    // instruction.
    const std::uint64_t steps =
        std::min<std::uint64_t>({(end - at) / 16, (bytes.size() - at - 1) / 16, 255});
    __m128i counts = _mm_setzero_si128();
    for (std::uint64_t step = 0; step < steps; ++step, at += 16) {
      const char* p = bytes.data() + at;
      const __m128i now = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      high = _mm_or_si128(high, now);
      counts = _mm_sub_epi8(counts, _mm_cmpeq_epi8(now, lf));
      const auto is_cr = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(now, cr)));
      if (is_cr != 0 && carriage) {
        const __m128i next = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 1));
        counts =
            _mm_sub_epi8(counts, _mm_andnot_si128(_mm_cmpeq_epi8(next, lf), _mm_cmpeq_epi8(now, cr)));
      }
    }
    const __m128i sums = _mm_sad_epu8(counts, _mm_setzero_si128());
    counted.line_ends += static_cast<std::uint64_t>(_mm_cvtsi128_si64(sums)) +
                         static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_srli_si128(sums, 8)));
  }
  counted.ascii = _mm_movemask_epi8(high) == 0;
#endif
  for (; at < end; ++at) {
    const std::uint8_t b = byte(bytes, at);
    if (b >= 0x80) counted.ascii = false;
    if (b == '\n' || (b == '\r' && carriage && (at + 1 >= bytes.size() || bytes[at + 1] != '\n'))) {
      ++counted.line_ends;
    }
  }
  return counted;
}

bool occurs_in_text(char32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r' || code == '\f' || code == 0x1B;
  if (code >= 0x7F && code < 0xA0) return code == 0x85;
  if (code >= 0xE000 && code < 0xF900) return false;  // private use
  return code <= 0x10FFFF && (code & 0xFFFE) != 0xFFFE;
}

// Whether the head reads as text in a form of 2 or 4 bytes a unit, with enough NULs for it.
bool reads_as(std::string_view head, TextForm form) {
  const std::size_t unit = unit_size(form);
  head = head.substr(0, head.size() / unit * unit);
  if (head.size() < 4 * unit) return false;
  std::size_t units = 0;
  std::size_t low = 0;
  for (std::uint64_t at = 0; at < head.size();) {
    const std::uint64_t size = point_size(head, at, form);
    const char32_t code = unit_at(head, at, form);
    if (size == unit) {
      if (code >= 0xD800 && code <= 0xDFFF) {
        if (at + unit < head.size() || low_surrogate(code)) return false;  // else cut by the head's end
      } else if (!occurs_in_text(code)) {
        return false;
      }
      if (code < 0x80) ++low;
    }
    ++units;
    at += size;
  }
  return unit == 4 || low * 8 >= units;
}

}  // namespace

std::size_t unit_size(TextForm form) {
  switch (form) {
    case TextForm::utf16le:
    case TextForm::utf16be:
      return 2;
    case TextForm::utf32le:
    case TextForm::utf32be:
      return 4;
    case TextForm::utf8:
    case TextForm::binary:
      break;
  }
  return 1;
}

TextForm form_of(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kHead);
  if (head.starts_with(std::string_view("\xFF\xFE\0\0", 4)) &&
      (head.size() == 4 || (head.size() >= 8 && unit_at(head, 4, TextForm::utf32le) <= 0x10FFFF))) {
    return TextForm::utf32le;
  }
  if (head.starts_with(std::string_view("\0\0\xFE\xFF", 4))) return TextForm::utf32be;
  if (head.starts_with("\xFF\xFE")) return TextForm::utf16le;
  if (head.starts_with("\xFE\xFF")) return TextForm::utf16be;
  if (head.find('\0') == std::string_view::npos) return TextForm::utf8;
  for (const TextForm form :
       {TextForm::utf32le, TextForm::utf32be, TextForm::utf16le, TextForm::utf16be}) {
    if (reads_as(head, form)) return form;
  }
  return TextForm::binary;
}

std::size_t mark_size(std::string_view bytes, TextForm form) {
  switch (form) {
    case TextForm::utf8:
      return bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    case TextForm::utf16le:
      return bytes.starts_with("\xFF\xFE") ? 2 : 0;
    case TextForm::utf16be:
      return bytes.starts_with("\xFE\xFF") ? 2 : 0;
    case TextForm::utf32le:
      return bytes.starts_with(std::string_view("\xFF\xFE\0\0", 4)) ? 4 : 0;
    case TextForm::utf32be:
      return bytes.starts_with(std::string_view("\0\0\xFE\xFF", 4)) ? 4 : 0;
    case TextForm::binary:
      break;
  }
  return 0;
}

Position position_at(std::string_view bytes, std::uint64_t offset, Position start) {
  return position_at(bytes, offset, start, form_of(bytes));
}

Position position_at(std::string_view bytes, std::uint64_t offset, Position start, TextForm form) {
  // One look-up does not pay for an index beyond the offset; one unit more decides about \r\n.
  const std::uint64_t end = std::min<std::uint64_t>(bytes.size(), offset + 4);
  const std::string_view seen = bytes.substr(0, end);
  if (unit_size(form) == 1) {
    // Code points matter on the last line only; the lines before are counted, which is thirty times
    // faster where the text is not ASCII.
    std::uint64_t line = std::min<std::uint64_t>(offset, seen.size());
    while (line > 0 && !ends_line(seen, line - 1, form)) --line;
    if (line > 0) {
      const Counted before = count_line_ends(seen, 0, line, form != TextForm::binary);
      return LineIndex(seen.substr(line), {start.line + before.line_ends, 1}, form).at(offset - line);
    }
  }
  return LineIndex(seen, start, form).at(offset);
}

LineIndex::LineIndex(std::string_view bytes, Position start) : LineIndex(bytes, start, form_of(bytes)) {}

LineIndex::LineIndex(std::string_view bytes, Position start, TextForm form)
    : bytes_(bytes), start_(start), form_(form) {
  if (start == Position{}) skip_ = mark_size(bytes, form);
  blocks_.reserve(bytes.size() / kBlock + 1);
  if (unit_size(form) == 1) {
    build_bytes();
  } else {
    build_units();
  }
}

void LineIndex::build_bytes() {
  const bool carriage = form_ != TextForm::binary;
  Block now{0, 0, 0, 0, true};
  for (std::uint64_t begin = 0;; begin += kBlock) {
    const std::uint64_t end = std::min<std::uint64_t>(begin + kBlock, bytes_.size());
    const Counted counted = count_line_ends(bytes_, begin, end, carriage);
    now.ascii = counted.ascii;
    blocks_.push_back(now);
    if (end < begin + kBlock) break;
    std::uint64_t at = begin + now.sync;
    if (counted.ascii) {
      now.points += end - at;
      now.sync = 0;
    } else {
      for (; at < end; ++now.points) at += point_size(bytes_, at, form_);
      now.sync = static_cast<std::uint8_t>(at - end);
    }
    now.lines += counted.line_ends;
    if (counted.line_ends != 0) {
      std::uint64_t last = end - 1;
      while (!ends_line(bytes_, last, form_)) --last;
      now.line_begin = last + 1;
    }
  }
}

void LineIndex::build_units() {
  const std::uint64_t unit = unit_size(form_);
  Block now{0, 0, 0, 0, false};
  for (std::uint64_t begin = 0;; begin += kBlock) {
    blocks_.push_back(now);
    const std::uint64_t end = begin + kBlock;
    if (end > bytes_.size()) break;
    std::uint64_t at = begin + now.sync;
    for (; at < end; ++now.points) at += point_size(bytes_, at, form_);
    now.sync = static_cast<std::uint8_t>(at - end);
    for (at = begin; at < end; at += unit) {
      if (!ends_line(bytes_, at, form_)) continue;
      ++now.lines;
      now.line_begin = at + unit;
    }
  }
}

std::uint64_t LineIndex::points_before(std::uint64_t offset) const {
  const std::uint64_t number = offset / kBlock;
  const Block& block = blocks_[number];
  std::uint64_t at = number * kBlock + block.sync;
  if (at >= offset) return block.points;
  if (block.ascii) return block.points + (offset - at);
  std::uint64_t points = block.points;
  for (; at < offset; ++points) at += point_size(bytes_, at, form_);
  return points;
}

Position LineIndex::at(std::uint64_t offset) const {
  offset = std::min<std::uint64_t>(offset, bytes_.size());
  const std::uint64_t number = offset / kBlock;
  const Block& block = blocks_[number];
  std::uint64_t lines = block.lines;
  std::uint64_t line_begin = block.line_begin;
  const std::uint64_t unit = unit_size(form_);
  if (unit == 1) {
    const std::uint64_t here =
        count_line_ends(bytes_, number * kBlock, offset, form_ != TextForm::binary).line_ends;
    if (here != 0) {
      lines += here;
      line_begin = offset;
      while (!ends_line(bytes_, line_begin - 1, form_)) --line_begin;
    }
  } else {
    for (std::uint64_t at = number * kBlock; at + unit <= offset; at += unit) {
      if (!ends_line(bytes_, at, form_)) continue;
      ++lines;
      line_begin = at + unit;
    }
  }
  if (line_begin < skip_) line_begin = std::min(skip_, offset);
  const std::uint64_t points = points_before(offset) - points_before(line_begin);
  return {start_.line + lines, points + (lines == 0 ? start_.column : 1)};
}

std::uint64_t LineIndex::last_line() const { return at(bytes_.size()).line; }

}  // namespace kimiguard::text

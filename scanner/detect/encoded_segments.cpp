#include "scanner/detect/encoded_segments.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "scanner/core/digits.h"
#include "scanner/core/processor.h"

#ifdef KIMIGUARD_AVX2
#include <immintrin.h>
#endif

namespace kimiguard::detect {
namespace {

constexpr std::size_t kShortestBase64 = 16;
constexpr std::size_t kShortestHex = 32;
constexpr std::size_t kMostSegments = 20000;

bool printable(unsigned value) { return value > 8 && value < 0x7F; }
bool is_hex(std::string_view text, std::size_t at) { return at < text.size() && hex_value(text[at]) >= 0; }

// U+ and four hexadecimal digits.
constexpr std::size_t kCodePoint = 6;
bool code_point_at(std::string_view text, std::size_t at) {
  return at + kCodePoint <= text.size() && text[at] == 'U' && text[at + 1] == '+' && is_hex(text, at + 2) && is_hex(text, at + 3) &&
         is_hex(text, at + 4) && is_hex(text, at + 5);
}
bool is_white(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool is_letter(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool decodes_hex(std::string_view run) {
  if (run.size() % 2 != 0) return false;
  bool digit = false;
  for (std::size_t i = 0; i < run.size(); i += 2) {
    if (!printable(static_cast<unsigned>(hex_value(run[i]) << 4 | hex_value(run[i + 1])))) return false;
    digit = digit || run[i] <= '9' || run[i + 1] <= '9';
  }
  return digit;
}

bool decodes_base64(std::string_view run, std::size_t padding) {
  bool url = false, standard = false, likely = false;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : run) {
    url = url || c == '-' || c == '_';
    standard = standard || c == '+' || c == '/';
    likely = likely || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '-' || c == '_';
    bits = bits << 6 | static_cast<std::uint32_t>(base64_value(c));
    have += 6;
    if (have >= 8) {
      have -= 8;
      if (!printable(bits >> have & 0xFF)) return false;
    }
  }
  if (!likely || run.size() % 4 == 1) return false;
  if (padding > 0) return !url && (run.size() + padding) % 4 == 0;
  return url ? !standard : run.size() % 4 == 0 || !standard;
}

}  // namespace

std::string_view name(EncodedSegment::Kind kind) {
  switch (kind) {
    case EncodedSegment::Kind::percent: return "percent";
    case EncodedSegment::Kind::unicode: return "escape";
    case EncodedSegment::Kind::hex: return "hex";
    case EncodedSegment::Kind::base64: return "base64";
  }
  return "";
}

namespace {

using Kind = EncodedSegment::Kind;

// What the sweep over a text stops at. Each takes where it stands and gives where to go on.
class Collector {
 public:
  explicit Collector(std::string_view text) : text_(text) {}

  // "%": to the last one of the line; all of it must be printable.
  void percent(std::size_t at) {
    if (at < percent_done_ || !is_hex(text_, at + 1) || !is_hex(text_, at + 2)) return;
    const std::size_t line_end = std::min(text_.find('\n', at), text_.size());
    std::size_t end = at + 3;
    bool good = printable_at(at);
    for (std::size_t i = at + 3; i + 2 < line_end; ++i) {
      if (text_[i] != '%' || !is_hex(text_, i + 1) || !is_hex(text_, i + 2)) continue;
      good = good && printable_at(i);
      end = i + 3;
    }
    if (good) found.push_back({Kind::percent, {at, end}});
    percent_done_ = end;
  }

  // "\\": a row of \uXXXX or \\uXXXX.
  void escape(std::size_t begin) {
    if (begin < escape_done_) return;
    std::size_t end = begin;
    for (;;) {
      std::size_t i = end;
      if (i < text_.size() && text_[i] == '\\') ++i;
      if (i > end && i < text_.size() && text_[i] == '\\') ++i;
      if (i == end || i >= text_.size() || (text_[i] != 'u' && text_[i] != 'U')) break;
      if (!is_hex(text_, i + 1) || !is_hex(text_, i + 2) || !is_hex(text_, i + 3) || !is_hex(text_, i + 4)) break;
      end = i + 5;
    }
    if (end > begin) found.push_back({Kind::unicode, {begin, end}});
    escape_done_ = std::max(end, begin + 1);
  }

  // "+" behind "U": a row of code points, U+0041 U+0042 …, with one character of white space or nothing between them. As
  // gitleaks does, one that stands alone counts if white space or the end follows.
  void code_points(std::size_t begin) {
    if (begin < code_points_done_) return;
    std::size_t end = begin;
    std::size_t row = 0;  // code points that touch
    for (std::size_t i = begin; code_point_at(text_, i);) {
      const std::size_t after = i + kCodePoint;
      const bool space = after < text_.size() && is_white(text_[after]);
      const bool goes_on = code_point_at(text_, after);
      if (!space && !goes_on && after < text_.size() && (row == 0 || is_letter(text_[after]))) break;
      row = goes_on ? row + 1 : 0;
      end = after;
      i = space ? after + 1 : after;
    }
    if (end > begin) found.push_back({Kind::unicode, {begin, end}});
    code_points_done_ = std::max(end, begin + 1);
  }

  // A whole run of letters of either base64 alphabet.
  void run(std::size_t begin, std::size_t end) {
    if (end - begin < kShortestBase64) return;
    std::size_t hex = begin;
    while (hex < end && is_hex(text_, hex)) ++hex;
    if (hex - begin >= kShortestHex) {
      if (decodes_hex(text_.substr(begin, hex - begin))) found.push_back({Kind::hex, {begin, hex}});
      begin = hex;
      if (end - begin < kShortestBase64) return;
    }
    std::size_t padding = 0;
    while (padding < 2 && end + padding < text_.size() && text_[end + padding] == '=') ++padding;
    if (decodes_base64(text_.substr(begin, end - begin), padding)) found.push_back({Kind::base64, {begin, end + padding}});
  }

  bool full() const { return found.size() >= kMostSegments; }
  std::vector<EncodedSegment> found;

 private:
  bool printable_at(std::size_t at) const {
    return printable(static_cast<unsigned>(hex_value(text_[at + 1]) << 4 | hex_value(text_[at + 2])));
  }

  std::string_view text_;
  std::size_t percent_done_ = 0;
  std::size_t escape_done_ = 0;
  std::size_t code_points_done_ = 0;
};

// One byte at a time, from `begin`, where a run may have begun at `open`.
void sweep_plainly(std::string_view text, std::size_t begin, std::size_t open, Collector& to) {
  std::size_t run = open;
  for (std::size_t i = begin; i < text.size() && !to.full(); ++i) {
    if (text[i] == '+' && i > 0 && text[i - 1] == 'U') to.code_points(i - 1);
    if (base64_value(text[i]) >= 0) continue;
    to.run(run, i);
    run = i + 1;
    if (text[i] == '%') to.percent(i);
    if (text[i] == '\\') to.escape(i);
  }
  if (!to.full()) to.run(run, text.size());
}

#ifdef KIMIGUARD_AVX2
// Letters of both alphabets by two nibble look-ups (Mula/Langdale), as in run_finder.cpp.
//   bit 0: 0-9  bit 1: A-O, a-o  bit 2: P-Z, p-z  bit 3: + - /  bit 4: _
__attribute__((target("avx2"))) inline std::uint32_t class_mask(__m256i v) {
  const __m256i low = _mm256_setr_epi8(
      1 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 2 | 4, 2 | 8, 2, 2 | 8, 2, 2 | 8 | 16,
      1 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 2 | 4, 2 | 8, 2, 2 | 8, 2, 2 | 8 | 16);
  const __m256i high = _mm256_setr_epi8(0, 0, 8, 1, 2, 4 | 16, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 1, 2, 4 | 16, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  const __m256i lo = _mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble));
  const __m256i hi = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble));
  const __m256i outside = _mm256_cmpeq_epi8(_mm256_and_si256(lo, hi), _mm256_setzero_si256());
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(outside));
}

__attribute__((target("avx2,bmi,bmi2,lzcnt"))) void sweep_by_avx2(std::string_view text, Collector& to) {
  const __m256i percent = _mm256_set1_epi8('%');
  const __m256i slash = _mm256_set1_epi8('\\');
  const __m256i plus = _mm256_set1_epi8('+');
  const auto mask_of = [](__m256i a, __m256i b) __attribute__((target("avx2"))) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(a))) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(b))) << 32;
  };
  const std::size_t whole = text.size() & ~std::size_t{63};
  std::size_t open = 0;  // letters directly before this block
  std::size_t pos = 0;
  for (; pos < whole && !to.full(); pos += 64) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + pos));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + pos + 32));
    const std::uint64_t in = class_mask(a) | static_cast<std::uint64_t>(class_mask(b)) << 32;
    for (std::uint64_t pluses = mask_of(_mm256_cmpeq_epi8(a, plus), _mm256_cmpeq_epi8(b, plus)); pluses != 0; pluses &= pluses - 1) {
      const std::size_t at = pos + static_cast<std::size_t>(std::countr_zero(pluses));
      if (at > 0 && text[at - 1] == 'U') to.code_points(at - 1);
    }
    if (in == ~std::uint64_t{0}) {
      open += 64;
      continue;
    }
    std::uint64_t signs = mask_of(_mm256_or_si256(_mm256_cmpeq_epi8(a, percent), _mm256_cmpeq_epi8(a, slash)),
                                  _mm256_or_si256(_mm256_cmpeq_epi8(b, percent), _mm256_cmpeq_epi8(b, slash)));
    while (signs != 0) {
      const std::size_t at = pos + static_cast<std::size_t>(std::countr_zero(signs));
      signs &= signs - 1;
      if (text[at] == '%') to.percent(at);
      else if (at + 1 < text.size() && (text[at + 1] == 'u' || text[at + 1] == 'U' || text[at + 1] == '\\')) to.escape(at);
    }
    const auto lead = static_cast<std::size_t>(std::countr_one(in));
    if (open + lead >= kShortestBase64) to.run(pos - open, pos + lead);
    // Runs of 16 or more wholly inside; one that touches the block's end stays open.
    std::uint64_t starts = in & in >> 1;
    starts &= starts >> 2;
    starts &= starts >> 4;
    starts &= starts >> 8;
    if (lead > 0) starts &= ~std::uint64_t{0} << lead;
    while (starts != 0) {
      const auto begin = static_cast<unsigned>(std::countr_zero(starts));
      const unsigned end = begin + static_cast<unsigned>(std::countr_one(in >> begin));
      if (end >= 64) break;
      to.run(pos + begin, pos + end);
      starts &= ~std::uint64_t{0} << end;
    }
    open = static_cast<std::size_t>(std::countl_one(in));
  }
  if (!to.full()) sweep_plainly(text, pos, pos - open, to);
}
#endif

std::vector<EncodedSegment> settled(std::vector<EncodedSegment> found);

}  // namespace

std::vector<EncodedSegment> encoded_segments(std::string_view text) {
#ifdef KIMIGUARD_AVX2
  if (have_avx2()) {
    Collector collector(text);
    sweep_by_avx2(text, collector);
    return settled(std::move(collector.found));
  }
#endif
  return encoded_segments_plainly(text);
}

std::vector<EncodedSegment> encoded_segments_plainly(std::string_view text) {
  Collector collector(text);
  sweep_plainly(text, 0, 0, collector);
  return settled(std::move(collector.found));
}

namespace {

std::vector<EncodedSegment> settled(std::vector<EncodedSegment> found) {
  std::sort(found.begin(), found.end(), [](const EncodedSegment& a, const EncodedSegment& b) { return a.source.begin < b.source.begin; });
  // Of two that overlap the more particular one goes first; the other waits for the next pass.
  std::vector<EncodedSegment> kept;
  for (const EncodedSegment& one : found) {
    if (!kept.empty() && one.source.begin < kept.back().source.end) {
      if (one.kind < kept.back().kind) kept.back() = one;
      continue;
    }
    kept.push_back(one);
  }
  return kept;
}

}  // namespace

DecodedPass decode_segments(std::string_view text, const std::vector<EncodedSegment>& segments) {
  text::ViewBuilder builder(text, "", {0, text.size()});
  DecodedPass pass;
  std::uint64_t done = 0;
  for (const EncodedSegment& segment : segments) {
    builder.copy(done, segment.source.begin);
    const std::uint64_t begin = builder.text().size();
    const std::string_view run = text.substr(segment.source.begin, segment.source.size());
    switch (segment.kind) {
      case Kind::percent:
        for (std::size_t i = 0; i < run.size();) {
          const std::uint64_t at = segment.source.begin + i;
          if (run[i] == '%' && is_hex(run, i + 1) && is_hex(run, i + 2)) {
            const char c = static_cast<char>(hex_value(run[i + 1]) << 4 | hex_value(run[i + 2]));
            builder.put({&c, 1}, {at, at + 3}, 3, 1);
            i += 3;
          } else {
            builder.copy(at, at + 1);
            ++i;
          }
        }
        break;
      case Kind::unicode:
        for (std::size_t i = 0; i < run.size();) {
          if (is_white(run[i])) {  // between code points
            ++i;
            continue;
          }
          const std::size_t start = i;
          while (run[i] == '\\') ++i;
          if (run[i] == 'U' && run[i + 1] == '+') ++i;
          char32_t code = 0;
          for (std::size_t n = 1; n <= 4; ++n) code = code << 4 | static_cast<unsigned>(hex_value(run[i + n]));
          i += 5;
          const auto width = static_cast<std::uint32_t>(i - start);
          builder.put_code_point(code, {segment.source.begin + start, segment.source.begin + i}, width, 1);
        }
        break;
      case Kind::hex: {
        std::string decoded;
        for (std::size_t i = 0; i + 1 < run.size(); i += 2)
          decoded += static_cast<char>(hex_value(run[i]) << 4 | hex_value(run[i + 1]));
        builder.put(decoded, segment.source, 2, 1);
        break;
      }
      case Kind::base64: {
        std::string decoded;
        std::uint32_t bits = 0;
        int have = 0;
        for (const char c : run) {
          if (c == '=') break;
          bits = bits << 6 | static_cast<std::uint32_t>(base64_value(c));
          have += 6;
          if (have >= 8) {
            have -= 8;
            decoded += static_cast<char>(bits >> have & 0xFF);
          }
        }
        builder.put(decoded, segment.source, 4, 3);
        break;
      }
    }
    pass.decoded.push_back({begin, builder.text().size()});
    pass.kinds.push_back(segment.kind);
    done = segment.source.end;
  }
  builder.copy(done, text.size());
  pass.view = builder.take();
  return pass;
}

}  // namespace kimiguard::detect

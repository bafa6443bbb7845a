#include "scanner/detect/run_finder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "scanner/core/processor.h"
#include "scanner/text/codes.h"

#ifdef KIMIGUARD_AVX2
#include <immintrin.h>
#endif

namespace kimiguard::detect {
namespace {

constexpr std::array<bool, 256> make_class(bool with_base64) {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  if (with_base64) table['+'] = table['/'] = true;
  return table;
}
constexpr auto kClass = make_class(true);
constexpr auto kAlnum = make_class(false);

std::uint8_t at(std::string_view bytes, std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); }

// What an "s" in a list of characters has: 115, 0x73, 0X73, 0163, 's', "s".
constexpr auto kCode = [] {
  std::array<bool, 256> table{};
  for (const char c : {'1', 'x', 'X', 's'}) table[static_cast<std::size_t>(c)] = true;
  return table;
}();

bool is_hex(std::uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

constexpr std::array<std::string_view, 8> kIntroducers = {"\x1b", "^[", "\\u001b", "\\u001B", "\\x1b", "\\x1B", "\\033", "\\e"};

bool may_introduce(char c) { return c == '\x1b' || c == '^' || c == '\\'; }

// Whether a terminal's control sequence ends before `end`: ESC [ parameters letter, ESC ( letter, with ESC as a byte,
// as ^[ or as an escape.
bool ends_control(std::string_view bytes, std::size_t end) {
  constexpr std::size_t kParameters = 32;
  if (end < 3) return false;
  std::size_t open = end - 2;
  if (bytes[open] != '(') {
    for (std::size_t n = 0; open > 0 && n < kParameters && bytes[open] >= '0' && bytes[open] <= '?'; ++n) --open;
    if (bytes[open] != '[') return false;
  }
  const std::string_view before = bytes.substr(open > 8 ? open - 8 : 0, std::min<std::size_t>(open, 8));
  return std::any_of(kIntroducers.begin(), kIntroducers.end(), [&](std::string_view one) { return before.ends_with(one); });
}

// "task-" and "disk-" begin no key: before "sk-" stands no letter or digit, but for the end of an escape
// or of a control sequence. The same condition as of the pattern "broken" (text/encoded_forms.cpp); logs are full of such words.
bool begins_a_word(std::string_view bytes, std::size_t dash) {
  if (dash < 3) return true;
  const std::uint8_t before = at(bytes, dash - 3);
  if (!kAlnum[before]) return true;
  if (dash >= 4 && bytes[dash - 4] == '\\' && (before == 'n' || before == 'r' || before == 't')) return true;
  if (dash >= 5 && (bytes[dash - 5] == '%' || bytes[dash - 5] == '=') && is_hex(before) && is_hex(at(bytes, dash - 4)))
    return true;
  return ends_control(bytes, dash - 2);
}

// What stands around a plain "sk-" whose '-' is at `dash`.
bool leads_a_key(std::string_view bytes, std::size_t dash) {
  if (!begins_a_word(bytes, dash)) return false;
  const std::string_view rest = bytes.substr(dash + 1, kBrokenLead);
  if (rest.starts_with("kimi")) return true;
  const auto stop = std::find_if(rest.begin(), rest.end(), [](char c) { return !kAlnum[static_cast<std::uint8_t>(c)]; });
  if (stop == rest.end()) return rest.size() == kBrokenLead;
  // A colour may end after fewer.
  const std::string_view after = bytes.substr(dash + 1 + static_cast<std::size_t>(stop - rest.begin()), 6);
  return std::any_of(kIntroducers.begin(), kIntroducers.end(), [&](std::string_view one) { return after.starts_with(one); });
}

bool wide_prefix_at(std::string_view bytes, std::size_t dash) {
  return dash >= 4 && bytes[dash - 1] == 0 && bytes[dash - 3] == 0 && bytes[dash - 2] == 'k' &&
         bytes[dash - 4] == 's';
}

bool is_hex(std::string_view bytes, std::size_t i) { return i < bytes.size() && is_hex(at(bytes, i)); }

// Whether an escape that can stand for an ASCII character begins at `i`: \x2d, \u002d, \u{2d}, \U0000002d,
// \055, \60, %2D, %u002D, &#45;, &#x2d;, &amp;#45;. Of several backslashes the first one counts.
bool escape_at(std::string_view bytes, std::size_t i) {
  const std::string_view rest = bytes.substr(i, 24);
  if (rest.size() < 3) return false;
  switch (rest[0]) {
    case '%': return (is_hex(rest, 1) && is_hex(rest, 2)) || rest.substr(1).starts_with("u00");
    case '&': return rest[1] == '#' || rest.starts_with("&amp;");
    case '\\': break;
    default: return false;
  }
  if (i > 0 && bytes[i - 1] == '\\') return false;
  std::size_t n = 1;
  while (n < rest.size() && rest[n] == '\\') ++n;
  const std::string_view after = rest.substr(std::min(n, rest.size()));
  if (after.size() < 2) return false;
  switch (after[0]) {  // of all its letters this is asked first: a comparison of strings is a call
    case 'u': return after[1] == '{' || after.starts_with("u00");
    case 'U': return after.starts_with("U000000");
    case 'x': return after[1] == '{' || is_hex(after, 1);
    case '0':
    case '1':
    case '6': return after[1] >= '0' && after[1] <= '7';
    case '7': return after[1] == '0' || after[1] == '1';
    default: return false;
  }
}

struct Row {
  Span span;
  std::size_t escapes = 0;
};

// The row of escapes that the one at `at` belongs to: none is further than kEscapeGap from the next.
Row escape_row(std::string_view bytes, std::size_t at) {
  Row row{{at, at + 1}, 1};
  for (bool more = true; more;) {
    more = false;
    for (std::size_t back = 1; back <= kEscapeGap && back <= row.span.begin; ++back)
      if (escape_at(bytes, row.span.begin - back)) {
        row.span.begin -= back;
        ++row.escapes;
        more = true;
        break;
      }
  }
  std::size_t last = at;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t next = last + 1; next <= last + kEscapeGap && next < bytes.size(); ++next)
      if (escape_at(bytes, next)) {
        last = next;
        ++row.escapes;
        more = true;
        break;
      }
  }
  row.span.end = last + 1;
  return row;
}

// Whether the line end at `at` (real, or written as \n) has kWrappedRun letters behind it; the caller knows
// that it has them before.
bool wrapped_at(std::string_view bytes, std::size_t at) {
  std::size_t i = at;
  const std::size_t most = std::min(bytes.size(), at + 24);
  bool line_end = false;
  while (i < most) {
    const char c = bytes[i];
    if (c == '\n' || c == '\r') {
      line_end = true;
      ++i;
    } else if (c == ' ' || c == '\t') {
      ++i;
    } else if (c == '\\') {
      while (i < most && bytes[i] == '\\') ++i;
      if (i >= most || (bytes[i] != 'n' && bytes[i] != 'r')) return false;
      line_end = true;
      ++i;
    } else {
      break;
    }
  }
  if (!line_end || i + kWrappedRun > bytes.size()) return false;
  const std::string_view run = bytes.substr(i, kWrappedRun);
  return std::all_of(run.begin(), run.end(), [](char c) { return kClass[static_cast<std::uint8_t>(c)]; });
}

// Calls back with the beginnings of keys in lists of characters that have their "s" in [begin, end). False: stop.
template <class Sink>
bool look_for_codes(std::string_view bytes, std::size_t begin, std::size_t end, Sink& sink) {
  for (std::size_t i = begin; i < end; ++i) {
    if (!kCode[at(bytes, i)] || i + 1 >= bytes.size()) continue;
    const char c = bytes[i];
    const char next = bytes[i + 1];
    const bool decimal = c == '1' && next == '1';
    if (!decimal && (i == 0 || !(c == '1' ? next == '6' : c == 's' ? next == bytes[i - 1] || next == '\\' : next == '7'))) continue;
    const std::size_t first = decimal ? i : i - 1;
    if (const auto third = text::key_in_codes(bytes, first); third && !sink(Span{first, *third})) return false;
  }
  return true;
}

bool is_wrap_sign(char c) { return c == '\n' || c == '\r' || c == '\\'; }
bool is_escape_sign(char c) { return c == '\\' || c == '%' || c == '&'; }

// Each finder calls back with candidates and stops when told to.
template <class Sink>
void plainly(std::string_view bytes, std::size_t begin, std::size_t open, std::size_t rows_done, Sink&& sink) {
  std::size_t i = begin;
  std::size_t run = open;
  for (; i < bytes.size(); ++i) {
    const std::uint8_t c = at(bytes, i);
    if (kClass[c]) continue;
    if (i - run >= kRunLength && !sink(Span{run, i})) return;
    if (i - run >= kWrappedRun && is_wrap_sign(bytes[i]) && wrapped_at(bytes, i) &&
        !sink(Span{i - kWrappedRun, i + 1}))
      return;
    run = i + 1;
    if (i >= rows_done && is_escape_sign(bytes[i]) && escape_at(bytes, i)) {
      const Row row = escape_row(bytes, i);
      rows_done = row.span.end;
      if (row.escapes >= kEscapes && !sink(row.span)) return;
    }
    if (c != '-') continue;
    if (i >= 2 && bytes[i - 1] == 'k' && bytes[i - 2] == 's' && leads_a_key(bytes, i)) {
      if (!sink(Span{i - 2, i + 1})) return;
    } else if (wide_prefix_at(bytes, i)) {
      if (!sink(Span{i - 4, i + 1})) return;
    }
  }
  if (i - run >= kRunLength) sink(Span{run, i});
}

// All of a text without vectors.
template <class Sink>
void all_plainly(std::string_view bytes, Sink&& sink) {
  bool more = true;
  plainly(bytes, 0, 0, 0, [&](Span span) { return more = sink(span); });
  if (more) look_for_codes(bytes, 0, bytes.size(), sink);
}

#ifdef KIMIGUARD_AVX2

// What 32 bytes are, by two nibble look-ups (Mula/Langdale): a byte is of a kind when the sets of its high
// and low nibble share the kind's bit.
//   bits 0-3: letters (0x30-0x39 · 0x41-0x4F, 0x61-0x6F · 0x50-0x5A, 0x70-0x7A · 0x2B, 0x2F)
//   bit 4: % and & and comma  bit 5: line ends  bit 6: backslash
//   bit 7: what a backslash of an escape of ASCII stands before: u U x 0 1 6 7 (and 5 8 p q v w P Q V W X)
constexpr char kLetters = 1 | 2 | 4 | 8;
constexpr char kWrapSigns = 32 | 64;
constexpr char kListSigns = 16 | 64;
constexpr char kBackslash = 64;
constexpr char kEscaped = -128;

__attribute__((target("avx2"))) inline __m256i kinds_of(__m256i v) {
  const __m256i low = _mm256_setr_epi8(
      1 | 4 | kEscaped, 1 | 2 | 4 | kEscaped, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4 | 16 | kEscaped, 1 | 2 | 4 | 16 | kEscaped,
      1 | 2 | 4 | kEscaped, 1 | 2 | 4 | kEscaped, 1 | 2 | 4, 2 | 4 | 32, 2 | 8, 2 | 16 | 64, 2 | 32, 2, 2 | 8,  //
      1 | 4 | kEscaped, 1 | 2 | 4 | kEscaped, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4 | 16 | kEscaped, 1 | 2 | 4 | 16 | kEscaped,
      1 | 2 | 4 | kEscaped, 1 | 2 | 4 | kEscaped, 1 | 2 | 4, 2 | 4 | 32, 2 | 8, 2 | 16 | 64, 2 | 32, 2, 2 | 8);
  const __m256i high = _mm256_setr_epi8(
      32, 0, 8 | 16, 1 | kEscaped, 2, 4 | 64 | kEscaped, 2, 4 | kEscaped, 0, 0, 0, 0, 0, 0, 0, 0,  //
      32, 0, 8 | 16, 1 | kEscaped, 2, 4 | 64 | kEscaped, 2, 4 | kEscaped, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble)),
                          _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
}

__attribute__((target("avx2"))) inline std::uint64_t mask_of(__m256i a, __m256i b) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(a)) |
         static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(b))) << 32;
}

// Bytes ahead that are asked for. Mapped files come from memory: without this 1.2 to 4 GB/s, with it 6 to 8;
// 1024 and 4096 were no better.
constexpr std::size_t kPrefetch = 2048;

// Where in 32 bytes a '-' ends "sk-" or, two bytes apart, "s k -" (its first byte is looked at later). Source
// code is full of dashes, and a branch for each costs more than these comparisons.
__attribute__((target("avx2"))) inline std::uint32_t prefix_ends(__m256i v, __m256i one_before, __m256i two_before) {
  const __m256i dash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('-'));
  const __m256i k = _mm256_set1_epi8('k');
  const __m256i narrow = _mm256_and_si256(_mm256_cmpeq_epi8(one_before, k), _mm256_cmpeq_epi8(two_before, _mm256_set1_epi8('s')));
  const __m256i wide = _mm256_and_si256(_mm256_cmpeq_epi8(two_before, k), _mm256_cmpeq_epi8(one_before, _mm256_setzero_si256()));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_and_si256(dash, _mm256_or_si256(narrow, wide))));
}

__attribute__((target("avx2"))) inline __m256i load(const char* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// Whether a block may lie inside a long row of escapes, and is the one that is asked: a row of kEscapes at most
// kEscapeGap apart has at least five of them in a block of odd number, the one of even number between two such blocks
// holding 21 at most; and six signs (backslash, % and &), since those over ten bytes begin with two backslashes.
__attribute__((always_inline)) inline bool may_be_in_row(std::uint64_t signs) {
  static_assert(kEscapes >= 33 && kEscapeGap <= 12);
  return std::popcount(signs) >= 6;
}

// Whether a block is to be asked for rows of escapes or lists of characters. A list as long as a key covers 153 bytes, so
// it has so many commas in a block of odd number, 16 bytes apart at most. One of 12 of git/git's blocks, of Roo-Code's one of 50.
constexpr int kListed = 4;
__attribute__((always_inline)) inline bool may_be_listed(std::size_t pos, std::uint64_t signs) {
  static_assert(kListed * text::kCodeStride <= 64);
  return (pos & 64) != 0 && std::popcount(signs) >= kListed;
}

// Whether so many items of lists end in a block; the comma at its beginning is taken as fit. (One of 300 of git/git's.)
__attribute__((always_inline)) inline bool may_list_characters(std::uint64_t commas, std::uint64_t enders) {
  return std::popcount(commas & (enders << 1 | 1)) >= kListed;
}

// The signs of such a block that may begin escapes; none where fewer than four backslashes stand before what they can
// escape (five begin, and the last backslash of one may lie behind the block). Transcripts are strings in strings,
// full of \\n and \\\" (source code as JSON in JSON: 1.3 GB/s without this question, 5.4 with it).
__attribute__((always_inline)) inline std::uint64_t row_signs(std::uint64_t signs, std::uint64_t backslashes, std::uint64_t escaped) {
  const std::uint64_t others = signs & ~backslashes;
  const std::uint64_t lasts = backslashes & (escaped >> 1 | std::uint64_t{1} << 63);
  return std::popcount(others | lasts) >= 4 ? others | (backslashes & ~(backslashes << 1)) : 0;
}

// Bytes that an item of a list of characters ends with: digits, also hexadecimal, quotes, u and l.
__attribute__((target("avx2"))) inline __m256i enders_of(__m256i v) {
  const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(1 | 8, 1 | 2, 1 | 2 | 4, 1 | 2, 1 | 2, 1 | 2 | 16, 1 | 2, 1 | 4, 1, 1, 0, 0, 2, 0, 0, 0));
  const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 4, 1, 2, 16, 2 | 8, 16, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m256i nibble = _mm256_set1_epi8(0x0F);
  return _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(v, nibble)),
                          _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble)));
}

// What is asked of a block that may_be_listed, by each kind of instructions in its own way.
struct Listed {
  std::uint64_t row_signs;  // see there
  bool characters;          // see may_list_characters
};
__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))) Listed listed_by_avx2(std::string_view bytes, std::size_t pos, std::uint64_t signs) {
  const __m256i a = load(bytes.data() + pos);
  const __m256i b = load(bytes.data() + pos + 32);
  const __m256i comma = _mm256_set1_epi8(',');
  const __m256i zero = _mm256_setzero_si256();
  const std::uint64_t commas = mask_of(_mm256_cmpeq_epi8(a, comma), _mm256_cmpeq_epi8(b, comma));
  Listed listed{0, std::popcount(commas) >= kListed &&
                       may_list_characters(commas, mask_of(_mm256_cmpgt_epi8(enders_of(a), zero), _mm256_cmpgt_epi8(enders_of(b), zero)))};
  signs &= ~commas;
  if (may_be_in_row(signs)) {
    const __m256i kinds_a = kinds_of(a);
    const __m256i kinds_b = kinds_of(b);
    const __m256i backslash = _mm256_set1_epi8(kBackslash);
    listed.row_signs = row_signs(signs,
                                 mask_of(_mm256_cmpeq_epi8(_mm256_and_si256(kinds_a, backslash), backslash),
                                         _mm256_cmpeq_epi8(_mm256_and_si256(kinds_b, backslash), backslash)),
                                 mask_of(kinds_a, kinds_b));
  }
  return listed;
}

// Blocks that want a closer look, put aside without a branch: a call in the loop, or a branch that is taken
// now and then, halved its speed.
template <class Sink, Listed (*kListedIn)(std::string_view, std::size_t, std::uint64_t)>
struct Aside {
  static constexpr std::size_t kMost = 2048;
  std::string_view bytes;
  Sink& sink;
  std::size_t rows_done = 0;   // rows of escapes up to here were looked at
  std::size_t codes_done = 0;  // lists of characters that begin before here too
  std::size_t count = 0;
  struct Block {
    std::size_t pos;
    std::uint64_t wraps;    // signs of a line end with letters before them
    std::uint64_t signs;    // of a block that may_be_listed
  };
  Block blocks[kMost];  // never cleared: 48 KB for each small file or object would cost more than looking at it

  Aside(std::string_view whole, Sink& to) : bytes(whole), sink(to) {}

  // `behind`: wrap signs behind letters; `signs`: of a block that may_be_listed, else 0. False: stop.
  bool put(std::size_t pos, std::uint64_t behind, std::uint64_t signs) {
    blocks[count] = {pos, behind, signs};
    count += std::size_t{(behind | signs) != 0};
    return count < kMost || look();
  }

  // False: stop.
  __attribute__((noinline)) bool look() {
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t pos = blocks[n].pos;
      for (std::uint64_t left = blocks[n].wraps; left != 0; left &= left - 1) {
        const std::size_t i = pos + static_cast<std::size_t>(std::countr_zero(left));
        if (i >= kWrappedRun && letters_before(i) && wrapped_at(bytes, i) && !sink(Span{i - kWrappedRun, i + 1})) return false;
      }
      if (blocks[n].signs == 0) continue;
      const Listed listed = kListedIn(bytes, pos, blocks[n].signs);
      unsigned escapes = 0;
      for (std::uint64_t left = listed.row_signs; left != 0; left &= left - 1) {
        const std::size_t i = pos + static_cast<std::size_t>(std::countr_zero(left));
        // In strings of strings most signs stand before a quote.
        if (i < rows_done || (i + 1 < bytes.size() && bytes[i + 1] == '"')) continue;
        if (!escape_at(bytes, i) || ++escapes < 5) continue;
        const Row row = escape_row(bytes, i);
        if (row.span.begin >= rows_done && row.escapes >= kEscapes && !sink(row.span)) return false;
        rows_done = std::max<std::size_t>(rows_done, row.span.end);
        escapes = 0;
      }
      if (listed.characters) {
        // A list that has a block of odd number begins behind the one before it, or that one was looked at too.
        const std::size_t begin = std::max(codes_done, pos - std::min<std::size_t>(pos, 128));
        if (!look_for_codes(bytes, begin, std::min(bytes.size(), pos + 64), sink)) return false;
        codes_done = pos + 64;
      }
    }
    count = 0;
    return true;
  }
  bool letters_before(std::size_t i) const {
    for (std::size_t n = 1; n <= kWrappedRun; ++n)
      if (!kClass[at(bytes, i - n)]) return false;
    return true;
  }
};

// Where runs of letters that lie wholly in a block begin: shift-and leaves the starts of runs of 2, 4 … 16, then 20.
struct Runs {
  std::uint64_t sixteen;
  std::uint64_t twenty;
  __attribute__((always_inline)) explicit Runs(std::uint64_t letters) {
    std::uint64_t starts = letters & letters >> 1;
    starts &= starts >> 2;
    const std::uint64_t four = starts;
    starts &= starts >> 4;
    sixteen = starts & starts >> 8;
    twenty = sixteen & four >> 16;
  }
};

// Whether nothing can come of a block whose first run has `touching` letters with those before it: so it is with
// nineteen of twenty blocks of source code (git/git by AVX-512 9.3 GB/s without this question, 14.7 with it).
__attribute__((always_inline)) inline bool is_dull(const Runs& runs, std::size_t touching) {
  return runs.twenty == 0 && touching < kWrappedRun;
}

template <class Sink>
__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))) void by_avx2(std::string_view bytes, Sink&& sink) {
  const char* data = bytes.data();
  const std::size_t whole = bytes.size() & ~std::size_t{63};
  // The first block with two bytes before it, for what looks back.
  char first[66] = {1, 1};
  if (whole > 0) std::memcpy(first + 2, data, 64);
  const __m256i zero = _mm256_setzero_si256();
  const __m256i letters = _mm256_set1_epi8(0x0F);
  const __m256i wraps = _mm256_set1_epi8(kWrapSigns);
  const __m256i escapes = _mm256_set1_epi8(kListSigns);
  Aside<std::remove_reference_t<Sink>, listed_by_avx2> aside(bytes, sink);
  std::size_t open = 0;      // class bytes directly before this block, as far as counted
  std::size_t pos = 0;
  for (; pos < whole; pos += 64) {
    _mm_prefetch(data + pos + kPrefetch, _MM_HINT_T0);
    const __m256i a = load(data + pos);
    const __m256i b = load(data + pos + 32);
    const __m256i kinds_a = kinds_of(a);
    const __m256i kinds_b = kinds_of(b);
    const std::uint64_t in =
        ~mask_of(_mm256_cmpeq_epi8(_mm256_and_si256(kinds_a, letters), zero), _mm256_cmpeq_epi8(_mm256_and_si256(kinds_b, letters), zero));
    const char* here = pos > 0 ? data + pos : first + 2;
    std::uint64_t dashes = prefix_ends(a, load(here - 1), load(here - 2)) |
                           static_cast<std::uint64_t>(prefix_ends(b, load(here + 31), load(here + 30))) << 32;
    if (in == ~std::uint64_t{0}) {
      open += 64;
      continue;
    }
    const std::size_t lead = static_cast<std::size_t>(std::countr_one(in));
    const Runs runs(in);
    const std::uint64_t signs = mask_of(_mm256_cmpgt_epi8(_mm256_and_si256(kinds_a, escapes), zero),
                                        _mm256_cmpgt_epi8(_mm256_and_si256(kinds_b, escapes), zero));
    if (may_be_listed(pos, signs) && !aside.put(pos, 0, signs)) return;
    if (dashes == 0 && is_dull(runs, open + lead)) {
      open = static_cast<std::size_t>(std::countl_one(in));
      continue;
    }
    if (open + lead >= kRunLength) {
      if (!sink(Span{pos - open, pos + lead})) return;
    }
    // A run of 48 or more wholly inside. One that touches the block's start was reported above, one that touches
    // its end stays open.
    const std::uint64_t starts = runs.sixteen & runs.sixteen >> 16 & runs.sixteen >> 32;
    if (starts != 0) {
      const auto begin = static_cast<std::size_t>(std::countr_zero(starts));
      const std::size_t end = begin + static_cast<std::size_t>(std::countr_one(in >> begin));
      if (begin != 0 && end < 64 && !sink(Span{pos + begin, pos + end})) return;
    }
    // Behind a run of 20: the line end of a wrapped token, if as many follow.
    const std::uint64_t ends = mask_of(_mm256_cmpgt_epi8(_mm256_and_si256(kinds_a, wraps), zero),
                                       _mm256_cmpgt_epi8(_mm256_and_si256(kinds_b, wraps), zero));
    const std::uint64_t behind = (runs.twenty << 20 | std::uint64_t{open + lead >= kWrappedRun} << lead) & ends;
    if (!aside.put(pos, behind, 0)) return;
    // The class bits of this block say whether letters follow without touching memory, but for the last
    // few positions.
    while (dashes != 0) {
      const auto bit = static_cast<unsigned>(std::countr_zero(dashes));
      dashes &= dashes - 1;
      const std::size_t i = pos + bit;
      if (data[i - 1] == 'k') {
        const std::uint64_t after = bit < 63 ? in >> (bit + 1) : 0;
        const auto letters_after = static_cast<std::size_t>(std::countr_one(after));
        const bool plausible = bit > 55 || letters_after >= kBrokenLead || data[i + 1] == 'k' ||
                               may_introduce(data[i + 1 + letters_after]);
        if (plausible && leads_a_key(bytes, i) && !sink(Span{i - 2, i + 1})) return;
      } else if (wide_prefix_at(bytes, i)) {
        if (!sink(Span{i - 4, i + 1})) return;
      }
    }
    open = static_cast<std::size_t>(std::countl_one(in));
  }
  if (!aside.look()) return;
  plainly(bytes, pos, pos - open, aside.rows_done, sink);
}

// Keeps a mask out of the mask registers, of which there are few and in which a shift takes four cycles.
__attribute__((always_inline)) inline std::uint64_t bits(std::uint64_t mask) {
  asm("" : "+r"(mask));
  return mask;
}

// 64 bytes, or what is left of the text, and of what kind they are.
struct Block512 {
  __m512i bytes;
  __m512i kinds;
};

#define KIMIGUARD_BY_AVX512 target("avx512f,avx512bw,avx2,bmi,bmi2,lzcnt,popcnt")

__attribute__((always_inline, KIMIGUARD_BY_AVX512)) inline Block512 block_at(std::string_view bytes, std::size_t pos) {
  const __m512i low = _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_setr_epi8(
      1 | 4 | kEscaped, 1 | 2 | 4 | kEscaped, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4, 1 | 2 | 4 | 16 | kEscaped, 1 | 2 | 4 | 16 | kEscaped,
      1 | 2 | 4 | kEscaped, 1 | 2 | 4 | kEscaped, 1 | 2 | 4, 2 | 4 | 32, 2 | 8, 2 | 16 | 64, 2 | 32, 2, 2 | 8));
  const __m512i high = _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_setr_epi8(
      32, 0, 8 | 16, 1 | kEscaped, 2, 4 | 64 | kEscaped, 2, 4 | kEscaped, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m512i nibble = _mm512_set1_epi8(0x0F);
  const std::size_t left = bytes.size() - pos;
  const __m512i v = left >= 64 ? _mm512_loadu_si512(bytes.data() + pos)
                               : _mm512_maskz_loadu_epi8((std::uint64_t{1} << left) - 1, bytes.data() + pos);
  return {v, _mm512_and_si512(_mm512_shuffle_epi8(low, _mm512_and_si512(v, nibble)),
                              _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(v, 4), nibble)))};
}

// Which bytes are equal to `c`, and which are of one of `kinds`.
__attribute__((always_inline, KIMIGUARD_BY_AVX512)) inline std::uint64_t equal_to(const Block512& block, char c) {
  return bits(_mm512_cmpeq_epi8_mask(block.bytes, _mm512_set1_epi8(c)));
}
__attribute__((always_inline, KIMIGUARD_BY_AVX512)) inline std::uint64_t of_kinds(const Block512& block, char kinds) {
  return bits(_mm512_test_epi8_mask(block.kinds, _mm512_set1_epi8(kinds)));
}

// As enders_of.
__attribute__((always_inline, KIMIGUARD_BY_AVX512)) inline std::uint64_t enders_in(const Block512& block) {
  const __m512i low = _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_setr_epi8(1 | 8, 1 | 2, 1 | 2 | 4, 1 | 2, 1 | 2, 1 | 2 | 16, 1 | 2, 1 | 4, 1, 1, 0, 0, 2, 0, 0, 0));
  const __m512i high = _mm512_maskz_broadcast_i32x4(0xFFFF, _mm_setr_epi8(0, 0, 4, 1, 2, 16, 2 | 8, 16, 0, 0, 0, 0, 0, 0, 0, 0));
  const __m512i nibble = _mm512_set1_epi8(0x0F);
  return bits(_mm512_test_epi8_mask(_mm512_shuffle_epi8(low, _mm512_and_si512(block.bytes, nibble)),
                                    _mm512_shuffle_epi8(high, _mm512_and_si512(_mm512_srli_epi16(block.bytes, 4), nibble))));
}

__attribute__((KIMIGUARD_BY_AVX512)) inline Listed listed_by_avx512(std::string_view bytes, std::size_t pos, std::uint64_t signs) {
  const Block512 block = block_at(bytes, pos);
  const std::uint64_t commas = equal_to(block, ',');
  const std::uint64_t escapes = signs & ~commas;
  return {may_be_in_row(escapes) ? row_signs(escapes, of_kinds(block, kBackslash), of_kinds(block, kEscaped)) : 0,
          std::popcount(commas) >= kListed && may_list_characters(commas, enders_in(block))};
}

// The first bits of a mask that looks back have their context in the block before: it is taken as fit.
__attribute__((always_inline)) inline std::uint64_t ago(std::uint64_t mask, unsigned n) { return mask << n | ((std::uint64_t{1} << n) - 1); }

// Where in a block leads_a_key or wide_prefix_at may be true, as far as what stands before a "-" tells. Logs and talk
// of tasks and disks have a "-" behind "sk" in each block, and a look at each of them took twice as long as all the rest.
struct Prefixes {
  std::uint64_t narrow;
  std::uint64_t wide;
};
__attribute__((always_inline, KIMIGUARD_BY_AVX512)) inline Prefixes prefixes_in(const Block512& block) {
  const std::uint64_t dash = equal_to(block, '-');
  const std::uint64_t k = equal_to(block, 'k');
  // begins_a_word is false behind two letters (of which the later may be a digit), unless they are digits of %xx or =xx.
  const std::uint64_t inside_word = of_kinds(block, 1 | 2 | 4) << 3 & of_kinds(block, 2 | 4) << 4 &
                                    ~ago(equal_to(block, '=') | of_kinds(block, 16), 5);
  return {dash & ago(k, 1) & ago(equal_to(block, 's'), 2) & ~inside_word,
          dash & ago(k, 2) & ago(bits(_mm512_testn_epi8_mask(block.bytes, block.bytes)), 1)};
}

// The same, as far as what stands behind it tells too: kBrokenLead letters, "k", or an introducer behind fewer letters
// (one is enough for all of the block).
__attribute__((always_inline, KIMIGUARD_BY_AVX512)) inline std::uint64_t may_lead_keys(const Block512& block) {
  const Prefixes prefixes = prefixes_in(block);
  static_assert(kBrokenLead == 8);
  const std::uint64_t in = of_kinds(block, kLetters);
  std::uint64_t eight = in & in >> 1;
  eight &= eight >> 2;
  eight &= eight >> 4;
  const std::uint64_t behind = equal_to(block, '-') << 1;
  const std::uint64_t stops = ((in + (behind & in)) & ~in) | (behind & ~in);  // the sum runs through letters to what ends them
  const std::uint64_t introducers = of_kinds(block, kBackslash) | equal_to(block, '^') | equal_to(block, '\x1b');
  const std::uint64_t introduced = 0 - std::uint64_t{(stops & introducers) != 0};
  const std::uint64_t last = ~std::uint64_t{0} << (64 - kBrokenLead);
  return prefixes.wide | (prefixes.narrow & (eight >> 1 | equal_to(block, 'k') >> 1 | introduced | last));
}

// The same 64 bytes at a time in one register, what is left at the end too (masked). Half the instructions of
// the above: what stood before comes from the masks of the block before, not from memory again.
template <class Sink>
class Avx512 {
 public:
  Avx512(std::string_view bytes, Sink& sink) : bytes_(bytes), sink_(sink), aside_(bytes, sink) {}

  __attribute__((KIMIGUARD_BY_AVX512)) void find() {
    const char* data = bytes_.data();
    const std::size_t size = bytes_.size();
    std::size_t open = 0;           // class bytes directly before this block
    std::uint64_t letters = 0;      // of the block before
    std::uint64_t ks = 0;           // of the block before
    // One block more than there is: it closes a run that ends with the text.
    for (std::size_t pos = 0; pos <= size; pos += 64) {
      _mm_prefetch(data + pos + kPrefetch, _MM_HINT_T0);
      const Block512 block = block_at(bytes_, pos);
      const std::uint64_t in = of_kinds(block, kLetters);
      const std::uint64_t k = equal_to(block, 'k');
      const std::uint64_t before = letters;
      const std::uint64_t k_before = ks;
      letters = in;
      ks = k;
      if (in == ~std::uint64_t{0}) {
        open += 64;
        continue;
      }
      const auto ago = [](std::uint64_t now, std::uint64_t then, unsigned n) { return now << n | then >> (64 - n); };
      const std::uint64_t dashes = equal_to(block, '-') & (ago(k, k_before, 1) | ago(k, k_before, 2));
      closer_[closer_count_] = pos;
      closer_count_ += std::size_t{dashes != 0} | std::size_t{may_be_listed(pos, of_kinds(block, kListSigns))};
      if (closer_count_ == kMostCloser && !look_closer()) return;
      const std::size_t lead = static_cast<std::size_t>(std::countr_one(in));
      if (is_dull(Runs(in), open + lead)) {
        open = static_cast<std::size_t>(std::countl_one(in));
        continue;
      }
      if (open + lead >= kRunLength && !sink_(Span{pos - open, pos + lead})) return;
      // A run of 48 or more with an end on either side in this block holds its middle 32 bytes.
      static_assert(kRunLength == 48);
      constexpr std::uint64_t kMiddle = 0x0000FFFFFFFF0000;
      if ((in & kMiddle) == kMiddle) {
        const std::size_t begin = 16 - static_cast<std::size_t>(std::countl_one(static_cast<std::uint16_t>(in)));
        const std::size_t end = 48 + static_cast<std::size_t>(std::countr_one(static_cast<std::uint16_t>(in >> 48)));
        if (begin != 0 && end != 64 && end - begin >= kRunLength && !sink_(Span{pos + begin, pos + end})) return;
      }
      // Of the 20 letters before a line end three are asked here; Aside asks all.
      const std::uint64_t behind = of_kinds(block, kWrapSigns) & ago(in, before, 1) & ago(in, before, 11) & ago(in, before, 20);
      static_assert(kWrappedRun == 20);
      if (!aside_.put(pos, behind, 0)) return;
      open = static_cast<std::size_t>(std::countl_one(in));
    }
    if (look_closer()) aside_.look();
  }

 private:
  // As Aside: a block is passed on without a branch to what costs more. False: stop.
  __attribute__((noinline, KIMIGUARD_BY_AVX512)) bool look_closer() {
    std::size_t rows[kMostCloser];
    std::size_t row_count = 0;
    std::size_t prefix_count = 0;
    for (std::size_t n = 0; n < closer_count_; ++n) {
      const std::size_t pos = closer_[n];
      const Block512 block = block_at(bytes_, pos);
      const Prefixes prefixes = prefixes_in(block);
      closer_[prefix_count] = pos;
      prefix_count += std::size_t{(prefixes.narrow | prefixes.wide) != 0};
      rows[row_count] = pos;
      row_count += std::size_t{may_be_listed(pos, of_kinds(block, kListSigns))};
    }
    closer_count_ = 0;
    for (std::size_t n = 0; n < prefix_count; ++n) {
      const std::size_t pos = closer_[n];
      for (std::uint64_t dashes = may_lead_keys(block_at(bytes_, pos)); dashes != 0; dashes &= dashes - 1) {
        const std::size_t i = pos + static_cast<std::size_t>(std::countr_zero(dashes));
        if (i >= 2 && bytes_[i - 1] == 'k' && bytes_[i - 2] == 's') {
          if (leads_a_key(bytes_, i) && !sink_(Span{i - 2, i + 1})) return false;
        } else if (wide_prefix_at(bytes_, i)) {
          if (!sink_(Span{i - 4, i + 1})) return false;
        }
      }
    }
    for (std::size_t n = 0; n < row_count; ++n) {
      const Block512 block = block_at(bytes_, rows[n]);
      if (!aside_.put(rows[n], 0, of_kinds(block, kListSigns))) return false;
    }
    return true;
  }

  static constexpr std::size_t kMostCloser = 1024;
  std::string_view bytes_;
  Sink& sink_;
  Aside<Sink, listed_by_avx512> aside_;
  std::size_t closer_count_ = 0;
  std::size_t closer_[kMostCloser];
};

template <class Sink>
void by_avx512(std::string_view bytes, Sink&& sink) {
  Avx512<std::remove_reference_t<Sink>>(bytes, sink).find();
}

#endif

template <class Sink>
void find(std::string_view bytes, Sink&& sink) {
#ifdef KIMIGUARD_AVX2
  if (have_avx512()) {
    by_avx512(bytes, sink);
    return;
  }
  if (have_avx2()) {
    by_avx2(bytes, sink);
    return;
  }
#endif
  all_plainly(bytes, sink);
}

}  // namespace

namespace {

// Appends what `finder` calls back with, in order.
template <class Finder>
void collect(std::vector<Span>& found, Finder&& finder) {
  const std::size_t first = found.size();
  finder([&](Span span) {
    found.push_back(span);
    return true;
  });
  if (found.size() - first < 2) return;
  std::sort(found.begin() + static_cast<std::ptrdiff_t>(first), found.end(), [](Span a, Span b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
}

}  // namespace

void find_candidates(std::string_view bytes, std::vector<Span>& found) {
  collect(found, [&](auto&& sink) { find(bytes, sink); });
}

void find_candidates_plainly(std::string_view bytes, std::vector<Span>& found) {
  collect(found, [&](auto&& sink) { all_plainly(bytes, sink); });
}

bool find_candidates_by(Instructions instructions, std::string_view bytes, std::vector<Span>& found) {
#ifdef KIMIGUARD_AVX2
  if (instructions == Instructions::avx512 ? !have_avx512() : !have_avx2()) return false;
  collect(found, [&](auto&& sink) {
    if (instructions == Instructions::avx512)
      by_avx512(bytes, sink);
    else
      by_avx2(bytes, sink);
  });
  return true;
#else
  static_cast<void>(instructions);
  static_cast<void>(bytes);
  static_cast<void>(found);
  return false;
#endif
}

bool has_candidate(std::string_view bytes) {
  bool any = false;
  find(bytes, [&](Span) {
    any = true;
    return false;
  });
  return any;
}

}  // namespace kimiguard::detect

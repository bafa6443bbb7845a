// Each decoder is tried where its own mark stands near the candidate: a backslash, a percent sign, a
// NUL. The windows are chosen so that a view is whole in the sense of its format where that can be seen.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "scanner/core/find_class.h"
#include "scanner/core/processor.h"
#include "scanner/text/char_class.h"
#include "scanner/text/codes.h"
#include "scanner/text/decode.h"
#include "scanner/text/token.h"
#include "scanner/text/utf8.h"
#include "scanner/text/view.h"

#ifdef KIMIGUARD_AVX2
#include <immintrin.h>
#endif

namespace kimiguard::text {

namespace {

constexpr std::uint64_t kLeastBase64 = 16;
constexpr std::uint64_t kLeastHex = 24;
constexpr std::size_t kMostViews = 15;
// Sixteen characters of a key, encoded.
constexpr std::uint64_t kShortestKeyInBase64 = 22;
constexpr std::uint64_t kShortestKeyInHex = 32;
constexpr unsigned kShortestKey = 14;

// Whether bytes are text: no control characters but white space and escape, well-formed or at least
// mostly letters; or UTF-16 of such text. One byte at either edge may be anything: a group can straddle
// it.
bool looks_textual(std::string_view bytes) {
  if (bytes.size() > 4) bytes = bytes.substr(1, bytes.size() - 2);
  if (bytes.empty()) return false;
  std::size_t nul = 0;
  std::size_t odd = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_length(bytes, at);
    const auto byte = static_cast<std::uint8_t>(bytes[at]);
    if (byte == 0) {
      ++nul;
    } else if (length == 0 || byte == 0x7F || (byte < 0x20 && !is_space(bytes[at]) && byte != 0x1B)) {
      ++odd;
    }
    at += length == 0 ? 1 : length;
  }
  if (nul != 0 && (nul * 5 < bytes.size() * 2 || nul * 5 > bytes.size() * 4)) return false;
  return odd * 16 <= bytes.size();
}

// Decoders and what else a view depends on, for ViewsGiven. Tokens have one kind an alignment.
enum Kind : unsigned { kEscapes, kPercent, kHtml, kAnsi, kTerminal, kMail, kLiterals, kInvisible, kMarkup, kCodes, kBase64, kHex = kBase64 + 4, kKinds = kHex + 2 };

bool given_before(ViewsGiven* given, unsigned kind, Span span) { return given != nullptr && given->before(kind, span); }

// The window cut down to whole lines where it has line ends.
Span whole_lines(std::string_view bytes, Span around, Span window) {
  if (window.begin > 0) {
    const std::size_t end = bytes.substr(0, around.begin).find('\n', window.begin);
    if (end != std::string_view::npos) window.begin = end + 1;
  }
  if (window.end < bytes.size() && window.end > around.end) {
    // Not farther back than the window: in a file of one line every candidate would read all of it.
    const auto* const end = static_cast<const char*>(::memrchr(bytes.data() + around.end, '\n', static_cast<std::size_t>(window.end - around.end)));
    if (end != nullptr) window.end = static_cast<std::uint64_t>(end - bytes.data()) + 1;
  }
  return window;
}

// The lines that hold `around`, and `more` above and below.
Span lines_around(std::string_view bytes, Span around, Span window, unsigned more) {
  std::uint64_t begin = around.begin;
  for (unsigned n = 0; n <= more && begin > window.begin; ++n) {
    const auto* const at =
        static_cast<const char*>(::memrchr(bytes.data() + window.begin, '\n', static_cast<std::size_t>(begin - window.begin)));
    begin = at == nullptr ? window.begin : static_cast<std::uint64_t>(at - bytes.data()) + (n == more ? 1 : 0);
  }
  std::uint64_t end = around.end;
  for (unsigned n = 0; n <= more && end < window.end; ++n) {
    const std::size_t next = bytes.substr(end, window.end - end).find('\n');
    end = next == std::string_view::npos ? window.end : end + next + (n == more ? 0 : 1);
  }
  return {begin, end};
}

// lines_around for one candidate and different numbers of lines: where lines are long, each search for their ends reads
// the window.
class LinesAround {
 public:
  LinesAround(std::string_view bytes, Span around, Span window)
      : bytes_(bytes), window_(window), around_(around), first_(around.begin), last_(around.end) {}

  Span with(unsigned more) {
    while (above_.size() <= more && first_ > window_.begin) {
      const auto* const at = static_cast<const char*>(
          ::memrchr(bytes_.data() + window_.begin, '\n', static_cast<std::size_t>(first_ - window_.begin)));
      first_ = at == nullptr ? window_.begin : static_cast<std::uint64_t>(at - bytes_.data());
      if (at != nullptr) above_.push_back(first_);
    }
    while (below_.size() <= more && last_ < window_.end) {
      const std::size_t next = bytes_.substr(last_, window_.end - last_).find('\n');
      if (next != std::string_view::npos) below_.push_back(last_ + next);
      last_ = next == std::string_view::npos ? window_.end : last_ + next + 1;
    }
    return {above_.size() > more ? above_[more] + 1 : std::min(window_.begin, around_.begin),
            below_.size() > more ? below_[more] : std::max(window_.end, around_.end)};
  }

 private:
  std::string_view bytes_;
  Span window_;
  Span around_;
  std::uint64_t first_;  // no line end from here to the candidate is unknown
  std::uint64_t last_;
  std::vector<std::uint64_t> above_;  // where the lines above end, nearest first
  std::vector<std::uint64_t> below_;  // where its last line and those below end
};

bool escaped(std::string_view bytes, std::uint64_t at, std::uint64_t lowest) {
  std::uint64_t backslashes = 0;
  while (at - backslashes > lowest && bytes[at - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

bool cuts_escape(std::string_view bytes, std::uint64_t at) {
  return escaped(bytes, at, at > kWindow ? at - kWindow : 0);
}

// The inside of the double-quoted literal around a candidate, as far as the window shows it. A literal
// does not go over a line end that is not escaped.
struct Literal {
  Span inside;
  bool opened = false;
  bool closed = false;
};
Literal literal_around(std::string_view bytes, Span around, Span window) {
  Literal literal{window, false, false};
  const auto mark = [](auto c, auto all) { return (c == all('\n')) | (c == all('"')); };
  for (std::uint64_t at = around.begin; (at = behind_last_of_class(bytes, window.begin, at, mark)) > window.begin; --at) {
    if (escaped(bytes, at - 1, window.begin)) continue;
    literal.inside.begin = at;
    literal.opened = bytes[at - 1] == '"';
    break;
  }
  for (std::uint64_t at = around.end; (at = first_of_class(bytes, at, window.end, mark)) < window.end; ++at) {
    if (escaped(bytes, at, bytes[at] == '"' ? window.begin : around.begin)) continue;
    literal.inside.end = at;
    literal.closed = bytes[at] == '"';
    break;
  }
  return literal;
}

void add_escapes(std::string_view bytes, Span around, Span window, ViewsGiven* given, std::vector<View>& views) {
  const std::string_view seen = bytes.substr(0, window.end);
  if (seen.find('\\', window.begin) == std::string_view::npos) return;
  const Literal literal = literal_around(bytes, around, window);
  const bool cut = literal.inside.begin == window.begin && window.begin != 0;
  if (literal.opened || (cut && literal.closed)) {
    Span inside = literal.inside;
    // A window must not begin inside an escape.
    if (cut && cuts_escape(bytes, inside.begin)) ++inside.begin;
    const bool any = bytes.substr(0, inside.end).find('\\', inside.begin) != std::string_view::npos;
    if (any && given_before(given, kEscapes, inside)) return;
    if (auto view = decode_escapes(bytes, inside)) {
      views.push_back(std::move(*view));
      return;
    }
  }
  Span lines = whole_lines(bytes, around, window);
  if (lines.begin != 0 && cuts_escape(bytes, lines.begin)) ++lines.begin;
  if (given_before(given, kEscapes, lines)) return;
  if (auto view = decode_escapes(bytes, lines)) views.push_back(std::move(*view));
}

// White space, quotes, brackets of tags, NUL.
constexpr auto kEndsWord = [](auto c, auto all) {
  return (c == all(' ')) | (c == all('\t')) | (c == all('\n')) | (c == all('\r')) | (c == all('"')) | (c == all('\'')) | (c == all('<')) |
         (c == all('>')) | (c == all('`')) | (c == all('\0'));
};

void add_percent(std::string_view bytes, Span around, Span window, ViewsGiven* given, std::vector<View>& views) {
  // Without a percent sign in reach the word is not walked, which in a text of one line is the whole window.
  if (bytes.substr(0, window.end).find('%', window.begin) == std::string_view::npos) return;
  const Span word{behind_last_of_class(bytes, window.begin, around.begin, kEndsWord), first_of_class(bytes, around.end, window.end, kEndsWord)};
  if (bytes.substr(0, word.end).find('%', word.begin) == std::string_view::npos || given_before(given, kPercent, word)) return;
  if (auto view = decode_percent(bytes, word)) views.push_back(std::move(*view));
}

// Whether every "=" of the lines is one that quoted-printable writes, and there is one.
bool reads_as_quoted_printable(std::string_view lines) {
  bool any = false;
  for (std::size_t at = lines.find('='); at != std::string_view::npos; at = lines.find('=', at + 1)) {
    const bool last = at + 1 >= lines.size() || is_space(lines[at + 1]);
    if (!last &&
        (at + 2 >= lines.size() || hex_value(lines[at + 1]) < 0 || hex_value(lines[at + 2]) < 0)) {
      return false;
    }
    any = true;
  }
  return any;
}

// Text in a wide form around the candidate. The candidate begins with a unit, as an expression for that
// form finds it; only where that fails may a unit begin later (text of one byte order is text of the
// other, read one byte further).
// The byte order of UTF-16, where a mark or what stands around tells it.
std::optional<bool> is_little(std::string_view bytes, Span text) {
  if (bytes.starts_with("\xFF\xFE")) return true;
  if (bytes.starts_with("\xFE\xFF")) return false;
  return tells_little_endian(bytes, text);
}

void add_units(std::string_view bytes, Span around, Span window, std::vector<View>& views) {
  if (around.size() < 8) return;
  for (std::uint64_t phase = 0; phase < 4; ++phase) {
    for (const TextForm form :
         {TextForm::utf32le, TextForm::utf32be, TextForm::utf16le, TextForm::utf16be}) {
      const std::uint64_t unit = unit_size(form);
      if (phase >= unit) continue;
      const bool little = form == TextForm::utf16le || form == TextForm::utf32le;
      const auto ascii_at = [&](std::uint64_t at) {
        for (std::uint64_t i = 0; i < unit; ++i) {
          const bool low = i == (little ? 0 : unit - 1);
          const char c = bytes[at + i];
          if (low ? (c < 0x20 && !is_space(c)) || c == 0x7F : c != 0) return false;
        }
        return true;
      };
      const std::uint64_t first = around.begin + phase;
      std::uint64_t good = 0;
      std::uint64_t units = 0;
      for (std::uint64_t at = first; at + unit <= around.end; at += unit, ++units)
        good += ascii_at(at) ? 1 : 0;
      if (units < 4 || good * 16 < units * 15) continue;
      // Grow over whatever decodes to characters of text.
      const auto text_at = [&](std::uint64_t at) {
        std::uint32_t code = 0;
        for (std::uint64_t i = 0; i < unit; ++i) {
          const std::uint64_t place = little ? unit - 1 - i : i;
          code = code << 8 | static_cast<std::uint8_t>(bytes[at + place]);
        }
        if (code < 0x80)
          return (code >= 0x20 && code != 0x7F) || code == 0x1B || is_space(static_cast<char>(code));
        return code <= 0x10FFFF && (code & 0xFFFE) != 0xFFFE;
      };
      Span span{first, first};
      while (span.begin >= window.begin + unit && text_at(span.begin - unit)) span.begin -= unit;
      while (span.end + unit <= window.end && text_at(span.end)) span.end += unit;
      if (unit == 2 && little && span.begin > window.begin && !is_little(bytes, span).value_or(true)) {
        views.push_back(decode_units(bytes, {span.begin - 1, span.end - 1}, TextForm::utf16be));
        return;
      }
      if (unit == 2 && !little && span.end < window.end && is_little(bytes, span).value_or(false)) {
        views.push_back(decode_units(bytes, {span.begin + 1, span.end + 1}, TextForm::utf16le));
        return;
      }
      views.push_back(decode_units(bytes, span, form));
      return;
    }
  }
}

void add_tokens(std::string_view bytes, Span around, Digits digits, ViewsGiven* given, std::vector<View>& views) {
  const auto token = token_around(bytes, around, digits);
  if (!token || token->digits() < (digits == Digits::hex ? kLeastHex : kLeastBase64)) return;
  // The candidate's own digits decide about an alignment; only then is the whole token decoded.
  Token own;
  std::uint64_t before = 0;
  for (const Span run : token->runs) {
    if (run.end <= around.begin) before += run.size();
    const Span part{std::max(run.begin, around.begin), std::min(run.end, around.end)};
    if (part.begin >= part.end) continue;
    if (own.runs.empty()) before += part.begin - run.begin;
    own.runs.push_back(part);
  }
  if (own.runs.empty()) return;
  const unsigned group = digits == Digits::hex ? 2 : 4;
  for (unsigned skip = 0; skip < group; ++skip) {
    const auto into = static_cast<unsigned>((group + skip - before % group) % group);
    if (!looks_textual(decode_token(bytes, own, digits, into).text)) continue;
    if (given_before(given, (digits == Digits::hex ? kHex : kBase64) + skip, token->all())) continue;
    View view = decode_token(bytes, *token, digits, skip);
    if (view.from_source(around).size() >= 3) views.push_back(std::move(view));
  }
}

// Whether a token decodes to a run of printable bytes (or of every second byte, UTF-16) as long as a
// key. A cheap test: three of four alignments of most tokens end here.
bool may_hold_text(std::string_view bytes, const Token& token, Digits digits, unsigned skip) {
  const unsigned bits_each = digits == Digits::hex ? 4 : 6;
  unsigned bits = 0;
  unsigned held = 0;
  unsigned run = 0;
  unsigned nul = 0;
  for (const Span part : token.runs) {
    for (std::uint64_t at = part.begin; at < part.end; ++at) {
      if (skip > 0) {
        --skip;
        continue;
      }
      const int value = digits == Digits::hex ? hex_value(bytes[at]) : base64_value(bytes[at]);
      bits = (bits << bits_each | static_cast<unsigned>(value)) & 0xFFFF;
      held += bits_each;
      if (held < 8) continue;
      held -= 8;
      const unsigned byte = bits >> held & 0xFF;
      if (byte == 0 && nul < 3) {
        ++nul;
      } else if (byte >= 0x20 && byte < 0x7F) {
        nul = 0;
        if (++run >= kShortestKey) return true;
      } else {
        nul = 0;
        run = 0;
      }
    }
  }
  return false;
}

// Characters that a key, or an encoding of one, is made of.
bool in_word(char c) {
  return is_key_char(c) || std::string_view("+/=.\\%&#;").find(c) != std::string_view::npos;
}

// Whether what stands at `at` of a decoded text is part of a long word; a mark of a further encoding
// counts only where it begins one.
bool changes_word(std::string_view text, std::uint64_t at) {
  const char c = text[at];
  if (!in_word(c)) return false;
  const auto next = [&](std::uint64_t i) { return i < text.size() ? text[i] : '\0'; };
  if (c == '\\') {
    std::uint64_t letter = at;
    // Of a long row of them the last ones tell; to go to its end from each took 4 s of 200,000.
    while (next(letter) == '\\' && letter - at < kShortestKey) ++letter;
    if (std::string_view("uUx01234567/_-").find(next(letter)) == std::string_view::npos) return false;
  } else if (c == '%') {
    if (hex_value(next(at + 1)) < 0 && next(at + 1) != 'u') return false;
  } else if (c == '&') {
    if (next(at + 1) != '#' && !is_alpha(next(at + 1))) return false;
  }
  std::uint64_t begin = at;
  while (begin > 0 && at - begin < kShortestKey && in_word(text[begin - 1])) --begin;
  std::uint64_t end = at;
  while (end < text.size() && end - begin < kShortestKey && in_word(text[end])) ++end;
  return end - begin >= kShortestKey;
}

// Whether a view of a whole text shows a word that the text does not.
bool shows_more(const View& view) {
  const auto& pieces = view.layers.back().pieces();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const PieceMap::Piece& piece = pieces[i];
    const std::uint64_t end = piece.decoded + piece.decoded_size;
    if (piece.per != 1 || piece.of != 1) {
      for (std::uint64_t at = piece.decoded; at < end; ++at) {
        if (changes_word(view.text, at)) return true;
      }
    }
    if (i + 1 < pieces.size() && pieces[i + 1].source.begin > piece.source.end &&
        in_word(view.text[end - 1]) && in_word(view.text[end]) && changes_word(view.text, end)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Span window_around(std::string_view bytes, Span around) {
  const std::uint64_t begin = around.begin > kWindow ? around.begin - kWindow : 0;
  return {begin - begin % kWindow,
          std::min<std::uint64_t>(bytes.size(), (around.end + 2 * kWindow - 1) / kWindow * kWindow)};
}

bool ViewsGiven::before(unsigned kind, Span span) {
  constexpr std::size_t kMost = 64;
  for (const Tried& tried : tried_) {
    const Span all = tried.span;
    if (tried.kind != kind || all.begin > span.begin || span.end > all.end ||
        (kind >= kBase64 && (all.begin != span.begin || all.end != span.end)))
      continue;
    leaned_ = leaned_ || tried.asker != asker_;
    return true;
  }
  tried_.push_front({kind, span, asker_});
  if (tried_.size() > kMost) tried_.pop_back();
  return false;
}

void ViewsGiven::next_asker() {
  ++asker_;
  leaned_ = false;
}

std::vector<View> views_at(std::string_view bytes, Span around, ViewsGiven* given) {
  std::vector<View> views;
  around.end = std::min<std::uint64_t>(around.end, bytes.size());
  if (around.begin >= around.end) return views;
  const Span window = window_around(bytes, around);
  const std::string_view seen = bytes.substr(0, window.end);
  const std::string_view near = bytes.substr(around.begin, around.size());

  if (near.find('\0') != std::string_view::npos) add_units(bytes, around, window, views);
  add_tokens(bytes, around, Digits::base64, given, views);
  add_tokens(bytes, around, Digits::hex, given, views);
  add_escapes(bytes, around, window, given, views);
  add_percent(bytes, around, window, given, views);

  const Span whole = whole_lines(bytes, around, window);
  LinesAround around_it(bytes, around, window);
  const Span lines = around_it.with(0);
  const auto line_holds = [&](char c) {
    return bytes.substr(0, lines.end).find(c, lines.begin) != std::string_view::npos;
  };
  if (line_holds('&') && !given_before(given, kHtml, whole)) {
    if (auto view = decode_html(bytes, whole)) views.push_back(std::move(*view));
  }
  if ((line_holds('\x1B') || line_holds('^')) && !given_before(given, kAnsi, whole)) {
    if (auto view = strip_ansi(bytes, whole)) views.push_back(std::move(*view));
  }
  const std::string_view on_line = bytes.substr(lines.begin, lines.size());
  if (goes_back(on_line) && !given_before(given, kTerminal, whole)) {
    if (auto view = decode_terminal(bytes, whole)) views.push_back(std::move(*view));
  }
  if ((line_holds('\xC2') || line_holds('\xE2') || line_holds('\xEF')) && !given_before(given, kInvisible, whole)) {
    if (auto view = strip_invisible(bytes, whole)) views.push_back(std::move(*view));
  }
  // Where the candidate itself ends at a tag, not in every page.
  if (on_line.find('<') != std::string_view::npos && near.find('<') != std::string_view::npos && !given_before(given, kMarkup, whole)) {
    if (auto view = strip_markup(bytes, whole)) views.push_back(std::move(*view));
  }
  const Span block = around_it.with(1);
  if (seen.substr(0, block.end).find('=', block.begin) != std::string_view::npos &&
      reads_as_quoted_printable(bytes.substr(lines.begin, lines.size()))) {
    // As far up and down as lines look the same.
    Span mail = lines;
    for (unsigned n = 0; n < 200 && mail.begin > window.begin; ++n) {
      const Span above = lines_around(bytes, {mail.begin - 1, mail.begin - 1}, window, 0);
      const std::string_view text = bytes.substr(above.begin, above.size());
      if (text.find('=') != std::string_view::npos && !reads_as_quoted_printable(text)) break;
      mail.begin = above.begin;
    }
    for (unsigned n = 0; n < 200 && mail.end < window.end; ++n) {
      const Span below = lines_around(bytes, {mail.end + 1, mail.end + 1}, window, 0);
      if (below.begin > below.end || below.begin >= window.end) break;
      const std::string_view text = bytes.substr(below.begin, below.size());
      if (text.find('=') != std::string_view::npos && !reads_as_quoted_printable(text)) break;
      mail.end = below.end;
    }
    if (!given_before(given, kMail, mail))
      if (auto view = decode_quoted_printable(bytes, mail)) views.push_back(std::move(*view));
  }
  const Span literals = around_it.with(8);
  const std::string_view in_literals = bytes.substr(literals.begin, literals.size());
  if (in_literals.find('"') != std::string_view::npos || in_literals.find('\'') != std::string_view::npos ||
      in_literals.find('`') != std::string_view::npos) {
    if (!given_before(given, kLiterals, literals))
      if (auto view = join_literals(bytes, literals)) views.push_back(std::move(*view));
  }
  if (auto view = join_lines(bytes, literals, around_it.with(2))) views.push_back(std::move(*view));

  if (views.size() > kMostViews) views.resize(kMostViews);
  return views;
}

std::optional<View> codes_at(std::string_view bytes, Span around, ViewsGiven* given) {
  const Span window = window_around(bytes, around);
  if (given_before(given, kCodes, window)) return std::nullopt;
  return decode_codes(bytes, window);
}

namespace {

// Whether `least` of `count` things in a row are such that fits(number). Such a row covers one of every least-th.
template <class Fits>
bool has_row(std::size_t count, std::size_t least, const Fits& fits) {
  for (std::size_t i = least - 1; i < count; i += least) {
    if (!fits(i)) continue;
    std::size_t first = i;
    while (first > 0 && fits(first - 1)) --first;
    std::size_t last = i;
    while (last + 1 < count && fits(last + 1)) ++last;
    if (last - first + 1 >= least) return true;
  }
  return false;
}

// Whether base64 digits, taken in groups of four from `skip` on, may hold a run of kShortestKey ASCII bytes. Each
// byte's top bit is one bit of one digit, so a group of three ASCII bytes has three bits clear; one of eight has by
// chance. A run that long covers kWhole groups one after the other, hence one of every kWhole-th.
bool may_hold_ascii(std::string_view digits, std::size_t skip) {
  constexpr std::size_t kWhole = (kShortestKey - 2) / 3;
  static_assert(kWhole >= 2);
  const std::size_t groups = digits.size() < skip ? 0 : (digits.size() - skip) / 4;
  const auto clear = [&](std::size_t group) {
    const char* at = digits.data() + skip + group * 4;
    return ((base64_value(at[0]) & 32) | (base64_value(at[1]) & 8) | (base64_value(at[2]) & 2)) == 0;
  };
  return has_row(groups, kWhole, clear);
}

constexpr std::size_t kMostDigits = 192;

#ifdef KIMIGUARD_AVX2
// The same for all four alignments at once: a SHA-512's digits in 15 ns, one alignment after the other took 70. Bits of a digit's
// value by its upper four bits; "+", "-", "/" and "_" are 62 and 63, which have all three set.
__attribute__((target("avx2"))) bool may_hold_ascii_by_avx2(std::string_view digits) {
  constexpr unsigned kWhole = (kShortestKey - 2) / 3;
  static_assert(kWhole == 4 && kMostDigits % 32 == 0);
  const __m256i offsets = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
  std::array<std::uint64_t, kMostDigits / 32 + 1> clear{};  // 32 places each: whether a group that begins there is ASCII's
  std::uint32_t before[3] = {0, 0, 0};
  alignas(32) std::array<char, 32> rest{};
  std::size_t blocks = 0;
  for (std::size_t at = 0; at < digits.size() && blocks + 1 < clear.size(); at += 32, ++blocks) {
    const std::size_t size = std::min<std::size_t>(32, digits.size() - at);
    const char* from = digits.data() + at;
    if (size < 32) {
      rest.fill('/');
      std::memcpy(rest.data(), from, size);
      from = rest.data();
    }
    const __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(c, 4), _mm256_set1_epi8(15));
    const __m256i marks = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8('0'), c), _mm256_cmpeq_epi8(c, _mm256_set1_epi8('_')));
    const __m256i value = _mm256_or_si256(_mm256_add_epi8(c, _mm256_shuffle_epi8(offsets, upper)), marks);
    const std::uint32_t here[3] = {~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(value, 2))),
                                   ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(value, 4))),
                                   ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(value, 6)))};
    // Groups that begin in the block before may end in this one.
    const auto joined = [&](unsigned bit) { return std::uint64_t{here[bit]} << 32 | before[bit]; };
    if (blocks > 0) clear[blocks - 1] = (joined(0) & (joined(1) >> 1) & (joined(2) >> 2)) & 0xFFFFFFFFU;
    std::copy(here, here + 3, before);
  }
  if (blocks > 0) clear[blocks - 1] = before[0] & (before[1] >> 1) & (before[2] >> 2);
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::uint64_t groups = clear[i] | clear[i + 1] << 32;
    if ((groups & (groups >> 4) & (groups >> 8) & (groups >> 12) & 0xFFFFFFFFU) != 0) return true;
  }
  return false;
}
#endif

bool may_hold_ascii(std::string_view digits) {
#ifdef KIMIGUARD_AVX2
  if (have_avx2()) return may_hold_ascii_by_avx2(digits);
#endif
  for (unsigned skip = 0; skip < 4; ++skip)
    if (may_hold_ascii(digits, skip)) return true;
  return false;
}

// Whether hexadecimal digits, taken in pairs from `skip` on, may hold kShortestKey bytes of text, NULs between them
// or not: these have one of every kShortestKey-th pair. (A SHA-256 in 63 ns; reading all of its digits took 460.)
bool may_hold_text_in_hex(std::string_view digits, std::size_t skip) {
  const std::size_t pairs = (digits.size() - std::min(digits.size(), skip)) / 2;
  const auto fits = [&](std::size_t pair) {
    const int high = hex_value(digits[skip + pair * 2]);
    const int low = hex_value(digits[skip + pair * 2 + 1]);
    return high >= 0 && low >= 0 && ((high >= 2 && high <= 7) || (high == 0 && low == 0));
  };
  return has_row(pairs, kShortestKey, fits);
}

}  // namespace

bool may_decode_to_text(std::string_view run) {
  run = run.substr(0, kMostDigits);
  Token token;
  const auto holds = [&](Digits digits, unsigned skip) {
    if (token.runs.empty()) token.runs.push_back({0, run.size()});
    return may_hold_text(run, token, digits, skip);
  };
  const auto only = [&](auto value) { return std::all_of(run.begin(), run.end(), [&](char c) { return value(c) >= 0; }); };
  for (unsigned skip = 0; skip < 2; ++skip)
    if (may_hold_text_in_hex(run, skip) && only(hex_value) && holds(Digits::hex, skip)) return true;
  if (!may_hold_ascii(run)) return false;
  for (unsigned skip = 0; skip < 4; ++skip)
    if (may_hold_ascii(run, skip) && only(base64_value) && holds(Digits::base64, skip)) return true;
  return false;
}

std::vector<View> all_views(std::string_view text, std::size_t most) {
  std::vector<View> views;
  const Span all{0, text.size()};
  const auto add = [&](std::optional<View> view) {
    if (view && views.size() < most) views.push_back(std::move(*view));
  };
  const auto add_more = [&](std::optional<View> view) {
    if (view && shows_more(*view)) add(std::move(view));
  };
  add_more(decode_escapes(text, all));
  add_more(decode_percent(text, all));
  add_more(decode_html(text, all));
  if (text.find('=') != std::string_view::npos) add_more(decode_quoted_printable(text, all));
  add_more(strip_ansi(text, all));
  if (goes_back(text)) add(decode_terminal(text, all));
  add_more(join_literals(text, all));
  add_more(join_lines(text, all, all));
  const auto holds = [&](char c) { return text.find(c) != std::string_view::npos; };
  if (holds('\xC2') || holds('\xE2') || holds('\xEF')) add_more(strip_invisible(text, all));
  if (text.find('<') != std::string_view::npos) add_more(strip_markup(text, all));
  if (holds(',')) add(decode_codes(text, all));
  if (text.find('\0') != std::string_view::npos) {
    // Stretches where every second byte, or three of four, is NUL: text in a wide form.
    for (const TextForm form :
         {TextForm::utf16le, TextForm::utf16be, TextForm::utf32le, TextForm::utf32be}) {
      const std::uint64_t unit = unit_size(form);
      const auto ascii_at = [&](std::uint64_t at) {
        for (std::uint64_t i = 0; i < unit; ++i) {
          const bool low =
              (form == TextForm::utf16le || form == TextForm::utf32le) ? i == 0 : i == unit - 1;
          if (low != (text[at + i] != 0)) return false;
        }
        return true;
      };
      for (std::uint64_t at = 0; at + unit <= text.size();) {
        std::uint64_t end = at;
        while (end + unit <= text.size() && ascii_at(end)) end += unit;
        if (end - at >= 8 * unit) {
          add(decode_units(text, {at, end}, form));
          at = end;
        } else {
          ++at;
        }
      }
    }
  }
  for (const Digits digits : {Digits::base64, Digits::hex}) {
    const bool hex = digits == Digits::hex;
    for (const Token& token : tokens_in(text, digits, hex ? kShortestKeyInHex : kShortestKeyInBase64)) {
      for (unsigned skip = 0; skip < (hex ? 2U : 4U); ++skip) {
        if (may_hold_text(text, token, digits, skip)) add(decode_token(text, token, digits, skip));
      }
    }
  }
  return views;
}

}  // namespace kimiguard::text

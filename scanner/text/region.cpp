// The window of text that is masked is larger than what is shown, and never begins or ends inside a
// word: so a key at the edge of what is shown is seen whole, and masked before the cut.
#include "scanner/text/region.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"
#include "scanner/text/mask.h"
#include "scanner/text/utf8.h"
#include "scanner/text/view.h"

namespace kimiguard::text {

namespace {

constexpr std::uint64_t kSnippet = 200;   // code points
constexpr std::uint64_t kContext = 600;   // code points
constexpr std::uint64_t kLineRest = 256;  // code points on either side in line_without_secret
constexpr unsigned kContextLines = 2;
constexpr std::uint64_t kMargin = 1024;        // bytes masked beyond what can be shown
constexpr std::uint64_t kLongWord = 64 << 10;  // bytes of a word that are followed to find its edge
constexpr std::uint64_t kLongSpan = 8 << 10;
constexpr std::string_view kDots = "\xE2\x80\xA6";

bool joins_words(char c) {
  return is_key_char(c) || c == '+' || c == '/' || c == '=' || c == '%' || c == '\\' || c == '.' ||
         c == '&' || c == ';' || c == '#' || c == '\0';
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// How far to look from the span: the lines that may be shown, or kContext characters of them.
std::uint64_t shown_begin(std::string_view bytes, std::uint64_t from, std::uint64_t unit) {
  unsigned lines = 0;
  std::uint64_t points = 0;
  std::uint64_t at = from;
  for (; at > 0 && points < kContext * unit; --at) {
    const char c = bytes[at - 1];
    if (c == '\n' && lines++ == kContextLines) break;
    if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80 || unit > 1) ++points;
    if (from - at > 4 * kContext * unit) break;
  }
  return at;
}

std::uint64_t shown_end(std::string_view bytes, std::uint64_t from, std::uint64_t unit) {
  unsigned lines = 0;
  std::uint64_t points = 0;
  std::uint64_t at = from;
  for (; at < bytes.size() && points < kContext * unit; ++at) {
    const char c = bytes[at];
    if (c == '\n' && lines++ == kContextLines) break;
    if ((static_cast<std::uint8_t>(c) & 0xC0) != 0x80 || unit > 1) ++points;
    if (at - from > 4 * kContext * unit) break;
  }
  return at;
}

struct Window {
  Span span;
  bool begin_cut = false;  // begins inside a word longer than kLongWord
  bool end_cut = false;
};

Window window_of(std::string_view bytes, Span span, std::uint64_t unit) {
  Window window;
  std::uint64_t begin = shown_begin(bytes, span.begin, unit);
  begin = begin > kMargin ? begin - kMargin : 0;
  std::uint64_t word = begin;
  while (word > 0 && begin - word < kLongWord && joins_words(bytes[word - 1])) --word;
  window.begin_cut = begin - word == kLongWord;
  std::uint64_t end = std::min<std::uint64_t>(bytes.size(), shown_end(bytes, span.end, unit) + kMargin);
  std::uint64_t last = end;
  while (last < bytes.size() && last - end < kLongWord && joins_words(bytes[last])) ++last;
  window.end_cut = last - end == kLongWord;
  // A private key that begins above is known only by its first line.
  const std::uint64_t above = word > 8192 ? word - 8192 : 0;
  const std::string_view before = bytes.substr(above, word - above);
  const std::size_t key = before.rfind("-----BEGIN ");
  if (key != std::string_view::npos && before.find("-----END ", key) == std::string_view::npos) {
    word = above + key;
    window.begin_cut = false;
  }
  if (unit > 1) {
    word -= word % unit;
    last = std::min<std::uint64_t>(bytes.size(), last + (unit - last % unit) % unit);
  }
  window.span = {word, last};
  return window;
}

// The masked window: its text, and for each part of it where that part comes from.
struct Segment {
  Span out;
  Span source;    // in the window's decoded text
  bool replaced;  // maps as a whole
};
struct MaskedText {
  std::string text;
  std::vector<Segment> segments;

  void copy(std::string_view from, std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return;
    segments.push_back({{text.size(), text.size() + (end - begin)}, {begin, end}, false});
    text.append(from, begin, end - begin);
  }
  void replace(Span source, std::string_view shown) {
    segments.push_back({{text.size(), text.size() + shown.size()}, source, true});
    text += shown;
  }
  // Where source bytes ended up; a part of something replaced is all of it.
  Span out_of(Span source) const {
    Span out{text.size(), text.size()};
    bool any = false;
    for (const Segment& segment : segments) {
      const bool touches = segment.source.overlaps(source) ||
                           (source.size() == 0 && segment.source.contains(source.begin));
      if (!touches) continue;
      std::uint64_t begin = segment.out.begin;
      std::uint64_t end = segment.out.end;
      if (!segment.replaced) {
        if (source.begin > segment.source.begin) begin += source.begin - segment.source.begin;
        if (source.end < segment.source.end) end -= segment.source.end - source.end;
      }
      if (!any) out.begin = begin;
      out.end = end;
      any = true;
    }
    return out;
  }
  Span source_of(Span out) const {
    Span source{0, 0};
    bool any = false;
    for (const Segment& segment : segments) {
      if (!segment.out.overlaps(out)) continue;
      std::uint64_t begin = segment.source.begin;
      std::uint64_t end = segment.source.end;
      if (!segment.replaced) {
        if (out.begin > segment.out.begin) begin += out.begin - segment.out.begin;
        if (out.end < segment.out.end) end -= segment.out.end - out.end;
      }
      if (!any) source.begin = begin;
      source.end = end;
      any = true;
    }
    return source;
  }
};

std::vector<Masked> keys_of(std::string_view text, const Window& window) {
  std::vector<Masked> found = find_keys(text);
  const auto add_run = [&](std::uint64_t begin, std::uint64_t end) {
    if (end > begin) found.push_back({{begin, end}, std::string(kDots)});
  };
  if (window.begin_cut) {
    std::uint64_t end = 0;
    while (end < text.size() && joins_words(text[end])) ++end;
    add_run(0, end);
  }
  if (window.end_cut) {
    std::uint64_t begin = text.size();
    while (begin > 0 && joins_words(text[begin - 1])) --begin;
    add_run(begin, text.size());
  }
  return found;
}

// Joins what overlaps; `own` (the span's mask) speaks for what it covers exactly.
MaskedText apply(std::string_view text, std::vector<Masked> found) {
  std::stable_sort(found.begin(), found.end(),
                   [](const Masked& a, const Masked& b) { return a.span.begin < b.span.begin; });
  MaskedText masked;
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < found.size();) {
    Span joined = found[i].span;
    std::size_t next = i + 1;
    while (next < found.size() && found[next].span.begin < joined.end) {
      joined.end = std::max(joined.end, found[next].span.end);
      ++next;
    }
    std::string_view shown = kDots;
    for (std::size_t n = i; n < next; ++n) {
      if (found[n].span == joined && found[n].shown != kDots) shown = found[n].shown;
    }
    masked.copy(text, at, joined.begin);
    masked.replace(joined, shown);
    at = joined.end;
    i = next;
  }
  masked.copy(text, at, text.size());
  return masked;
}

bool starts_point(std::string_view text, std::uint64_t at) {
  // Good enough for cutting: never inside a well-formed sequence.
  return at >= text.size() || (static_cast<std::uint8_t>(text[at]) & 0xC0) != 0x80;
}

// A stretch of `limit` code points around [core] within [within].
Span cut_around(std::string_view text, Span core, Span within, std::uint64_t limit) {
  core.begin = std::clamp(core.begin, within.begin, within.end);
  core.end = std::clamp(core.end, core.begin, within.end);
  std::uint64_t used = 0;
  std::uint64_t end = core.begin;
  const auto forward = [&](std::uint64_t to, std::uint64_t most) {
    std::uint64_t taken = 0;
    while (end < to && taken < most) {
      const std::size_t length = utf8_length(text, end);
      end = std::min(to, end + std::max<std::uint64_t>(1, length));
      ++taken;
    }
    return taken;
  };
  used += forward(core.end, limit);
  if (end < core.end) return {core.begin, end};
  std::uint64_t begin = core.begin;
  const auto backward = [&](std::uint64_t most) {
    std::uint64_t taken = 0;
    while (begin > within.begin && taken < most) {
      --begin;
      // A byte of a broken sequence counts one, a sound sequence one as a whole.
      std::uint64_t lead = begin;
      for (int n = 0; n < 3 && lead > within.begin && !starts_point(text, lead); ++n) --lead;
      const std::size_t length = utf8_length(text, lead);
      if (length > 1 && lead + length == begin + 1) begin = lead;
      ++taken;
    }
    return taken;
  };
  const std::uint64_t rest = limit - used;
  const std::uint64_t left = backward(rest / 2);
  const std::uint64_t right = forward(within.end, rest - left);
  if (left == rest / 2) backward(rest - left - right);
  return {begin, end};
}

Span trimmed(std::string_view text, Span span) {
  while (span.begin < span.end && is_space(text[span.begin])) ++span.begin;
  while (span.end > span.begin && is_space(text[span.end - 1])) --span.end;
  return span;
}

std::string without_space(std::string text) {
  const Span span = trimmed(text, {0, text.size()});
  return text.substr(span.begin, span.size());
}

}  // namespace

DocumentIndex::DocumentIndex(const Document& document)
    : DocumentIndex(document.bytes, document.offset, {document.line, document.column}, document.whole, document.form) {}

DocumentIndex::DocumentIndex(std::string_view bytes, std::uint64_t offset, Position start, bool whole,
                             std::optional<TextForm> form)
    : bytes_(bytes),
      offset_(offset),
      whole_(whole),
      lines_(bytes, start, form ? *form : form_of(bytes)) {}

std::string DocumentIndex::line_hash(std::uint64_t line) {
  if (!whole_) return {};
  if (!hashes_) hashes_ = std::make_unique<LineHashes>(bytes_);
  return hashes_->at(line);
}

Region make_region(DocumentIndex& document, Span span, const RegionOptions& options) {
  const std::string_view bytes = document.bytes();
  const LineIndex& lines = document.lines();
  span.end = std::min<std::uint64_t>(span.end, bytes.size());
  span.begin = std::min(span.begin, span.end);

  Region region;
  region.bytes = {span.begin + document.offset(), span.end + document.offset()};
  region.begin = lines.at(span.begin);
  region.end = lines.at(span.end);
  region.binary = lines.form() == TextForm::binary;
  if (options.line_hash) region.line_hash = document.line_hash(region.begin.line);

  const std::uint64_t unit = unit_size(lines.form());
  const Window window = window_of(bytes, span, unit);
  const auto decoded = [&](Span part) {
    if (unit > 1) return decode_units(bytes, part, lines.form());
    ViewBuilder builder(bytes, "", part);
    builder.copy(part.begin, part.end);
    return builder.take();
  };
  const View view = decoded(window.span);
  const std::string_view text = view.text;
  Span own = view.from_source(span);
  if (span.size() == 0) own.end = own.begin;

  std::vector<Masked> found;
  if (options.hide && own.size() > kLongSpan) {
    // The span is hidden whole; only what stands before and after it needs a look.
    Window before = window;
    before.end_cut = false;
    found = keys_of(text.substr(0, own.begin), before);
    Window after = window;
    after.begin_cut = false;
    for (Masked& one : keys_of(text.substr(own.end), after)) {
      found.push_back({{one.span.begin + own.end, one.span.end + own.end}, std::move(one.shown)});
    }
  } else {
    found = keys_of(text, window);
  }
  if (options.others != nullptr)
    for (const Span other : *options.others)
      if (other.overlaps(window.span) && !(other == span)) {
        const Span there = view.from_source({std::max(other.begin, window.span.begin), std::min(other.end, window.span.end)});
        if (there.size() > 0 && !there.overlaps(own)) found.push_back({there, std::string(kDots)});
      }
  if (options.hide && own.size() > 0) {
    std::string shown = options.shown;
    if (shown.empty()) {
      shown = shown_form(text.substr(own.begin, own.size()));
      // Without a prefix that is known the last characters may be those of anything.
      if (shown.starts_with(kDots)) shown = kDots;
    }
    found.push_back({own, std::move(shown)});
  }
  const MaskedText masked = apply(text, std::move(found));
  const std::string_view out = masked.text;
  const Span core = masked.out_of(own);

  // The line or lines of the span, then two more on either side, in the masked text. What is kept for
  // the masks only (kMargin) must not be shown: it may be cut.
  const Span may_show = masked.out_of(view.from_source(
      {shown_begin(bytes, span.begin, unit), std::max(span.end, shown_end(bytes, span.end, unit))}));
  const Span limits{std::min(may_show.begin, core.begin), std::max(may_show.end, core.end)};
  Span line = core;
  const auto ends_line = [&](char c) { return region.binary ? c == '\n' : is_line_end(c); };
  while (line.begin > limits.begin && !ends_line(out[line.begin - 1])) --line.begin;
  while (line.end < limits.end && !ends_line(out[line.end])) ++line.end;

  const auto text_of = [&](Span part) { return mask_keys(out.substr(part.begin, part.size())); };
  region.snippet = text_of(cut_around(out, core, line, kSnippet));

  const Span left = cut_around(out, {core.begin, core.begin}, {line.begin, core.begin}, kLineRest);
  const Span right = cut_around(out, {core.end, core.end}, {core.end, line.end}, kLineRest);
  region.line_without_secret = without_space(text_of(left) + text_of(right));

  if (options.context) {
    Span context = limits;
    while (context.end > core.end && is_line_end(out[context.end - 1])) --context.end;
    context = cut_around(out, core, context, kContext);
    const Span source = view.to_source(masked.source_of(context));
    if (source.begin < span.begin || source.end > span.end) {
      region.context_snippet = text_of(context);
      region.context_begin = lines.at(std::min(source.begin, span.begin));
      region.context_end = lines.at(std::max(source.end, span.end));
    }
  }
  return region;
}

Region make_region(std::string_view document, Span span, const RegionOptions& options) {
  DocumentIndex index(document, 0, {}, true);
  return make_region(index, span, options);
}

}  // namespace kimiguard::text

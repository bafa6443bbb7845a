// A decoded stretch of a document and the way back to the bytes it came from.
//
// A view's text is the concatenation of pieces; each piece says which source bytes it came from and
// how many source bytes stand for how many decoded ones (1:1 copied, 2:1 hex or UTF-16, 4:3 base64,
// 3:1 percent …), or that the piece only maps as a whole (`\n`, `&amp;`, a surrogate pair). Views of
// views keep one such map a layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/core/span.h"

namespace kimiguard::text {

class PieceMap {
 public:
  struct Piece {
    std::uint64_t decoded;  // where it begins in the text
    std::uint64_t decoded_size;
    Span source;
    std::uint32_t per;
    std::uint32_t of;
  };

  // Appends `decoded` bytes that came from `source`. `per` source bytes stand for `of` decoded bytes;
  // per = 0 means that the piece maps only as a whole. Joins with the piece before where it continues.
  void append(std::uint64_t decoded, Span source, std::uint32_t per, std::uint32_t of);

  // The smallest source span whose decoding covers `decoded`; between pieces whatever was left out of
  // the text is included. Clamped to the text. An empty span gives an empty span.
  Span to_source(Span decoded) const;

  // The decoded span that comes from `source`, clamped; empty where nothing of it was decoded.
  Span from_source(Span source) const;

  std::uint64_t decoded_size() const { return size_; }
  bool empty() const { return pieces_.empty(); }
  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::size_t piece_of(std::uint64_t decoded) const;

  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

// Views own their text; offsets are those of the bytes that the decoder was given.
struct View {
  std::string text;
  // Encodings that were undone, outermost first: "utf-16le", "utf-16be", "utf-32le", "utf-32be",
  // "base64", "base64url", "hex", "percent", "json", "escape", "quoted-printable", "html", "ansi",
  // "concatenation", "line-break", "invisible", "markup", "codes", "terminal", "hex-dump", "recording", "gzip", "zlib", "zstd".
  std::vector<std::string> chain;
  Span source;                   // everything the view was decoded from
  std::vector<PieceMap> layers;  // outermost first, one for each of `chain`

  Span to_source(Span decoded) const;
  Span from_source(Span source) const;
  // The encoding undone last; empty for a view of plain text.
  std::string_view encoding() const { return chain.empty() ? std::string_view() : chain.back(); }
};

// `inner` was decoded from outer.text; the result leads from inner's text to outer's source.
View compose(const View& outer, View inner);

// Builds a view of one layer, front to back. Source spans must not go backwards.
class ViewBuilder {
 public:
  ViewBuilder(std::string_view bytes, std::string encoding, Span source);

  // Source bytes [begin, end) as they are.
  void copy(std::uint64_t begin, std::uint64_t end);
  // `decoded` stands for `source`; `per` source bytes for `of` decoded ones, or as a whole (0, 0).
  void put(std::string_view decoded, Span source, std::uint32_t per = 0, std::uint32_t of = 0);
  // One code point, as UTF-8.
  void put_code_point(char32_t code, Span source, std::uint32_t per = 0, std::uint32_t of = 0);

  std::string& text() { return view_.text; }
  View take() { return std::move(view_); }

 private:
  std::string_view bytes_;
  View view_;
};

// Bounds for every decoder: how far a window reaches from the candidate, and how far a token. A megabyte
// of base64 is decoded around the candidate only, or a thousand candidates in it would cost a thousand
// megabytes.
inline constexpr std::uint64_t kWindow = 16 << 10;
inline constexpr std::uint64_t kLongestToken = 64 << 10;

// What is decoded around a candidate: kWindow to each side, rounded outwards so that candidates in one stretch of kWindow
// have one window.
Span window_around(std::string_view bytes, Span around);

// What views_at decoded in one text, for those who ask at many places in it: each of a thousand escapes in a
// row would have the same thirty kilobytes around it decoded.
class ViewsGiven {
 public:
  // Whether the decoder `kind` was already tried on all of `span`; notes it if not.
  bool before(unsigned kind, Span span);

  // From here on someone else asks. leaned(): whether something was left out because an earlier one was given it.
  void next_asker();
  bool leaned() const { return leaned_; }

 private:
  struct Tried {
    unsigned kind;
    Span span;
    std::uint64_t asker;
  };
  std::deque<Tried> tried_;  // the last ones
  std::uint64_t asker_ = 0;
  bool leaned_ = false;
};

// The decoded views that apply around a candidate (`around`: where an expression matched in `bytes`).
// Each view covers `around` and what surrounds it: the whole token for base64 and hex (up to
// kLongestToken), the enclosing string literal for JSON and other escapes (else the window), the word
// for percent, the lines around for the others. The window reaches kWindow to each side and on to the next
// multiple of kWindow, so that neighbours see the same. A view is given only where
// decoding changes something there; base64, hex and UTF-16 only where `around` itself decodes to text.
// With `given`, views that cover nothing but what an earlier call with it and the same `bytes` covered are
// left out. Nesting is the caller's: call again on a view's text with view.from_source(around), compose, up to a
// depth of its choice. Never fails; at most 15 views.
std::vector<View> views_at(std::string_view bytes, Span around, ViewsGiven* given = nullptr);

// The window around a list of characters with all such lists in it decoded (codes.h); nothing where an earlier call with
// `given` had that window.
std::optional<View> codes_at(std::string_view bytes, Span around, ViewsGiven* given);

// Whether a run of base64 or hexadecimal digits decodes, from any digit on, to a stretch of text as long as
// the shortest part of a key (or of its encoding) that counts. Looks at the run's first 192 digits.
bool may_decode_to_text(std::string_view run);

// The views of a whole text in which something may show up that the text itself does not show, for those
// who look for anything encoded anywhere in it (mask): decoding changes a word of at least 14
// characters. Base64 tokens in all four alignments, hex in both. At most `most` views.
std::vector<View> all_views(std::string_view text, std::size_t most);

}  // namespace kimiguard::text

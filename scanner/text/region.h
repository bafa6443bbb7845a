// One span of a document as reports need it: positions, masked snippets, fingerprint parts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/document.h"
#include "scanner/core/match.h"
#include "scanner/core/span.h"
#include "scanner/text/line_hash.h"
#include "scanner/text/position.h"

namespace kimiguard::text {

// Made once a document, for all of its regions. The line index is made with it; the line hashes
// (whole documents only) at the first region that wants one. Keeps a view of the bytes. One thread.
class DocumentIndex {
 public:
  explicit DocumentIndex(const Document& document);
  // `form` of a piece that does not begin the file, if the caller knows it from the first piece.
  DocumentIndex(std::string_view bytes, std::uint64_t offset, Position start, bool whole,
                std::optional<TextForm> form = std::nullopt);

  std::string_view bytes() const { return bytes_; }
  std::uint64_t offset() const { return offset_; }
  const LineIndex& lines() const { return lines_; }
  // Empty for a piece of a larger document.
  std::string line_hash(std::uint64_t line);

 private:
  std::string_view bytes_;
  std::uint64_t offset_;
  bool whole_;
  LineIndex lines_;
  std::unique_ptr<LineHashes> hashes_;
};

struct RegionOptions {
  // What to show in the place of the span. Empty: shown_form of the span's text where it is plain, "…"
  // where it is not.
  std::string shown;
  bool hide = true;  // false for a span that is no secret (a setting): it is shown, keys in it masked
  bool line_hash = true;
  bool context = true;
  // Other secrets of the document, in its bytes: hidden too, whatever they look like. May be null.
  const std::vector<Span>* others = nullptr;
};

// `span` is in bytes of the document (not of the outer file); it is clamped to it. The snippet is made
// of the span's line or lines, at most 200 code points around the span; the context of two lines more
// on either side, at most 600. Keys are masked before anything is cut, so a cut never shows a part of
// one. `line_without_secret` is trimmed and at most 512 code points.
Region make_region(DocumentIndex& document, Span span, const RegionOptions& options = {});

// For a single span of a whole document.
Region make_region(std::string_view document, Span span, const RegionOptions& options = {});

}  // namespace kimiguard::text

// What changes how text looks and not what it says: characters without width, tags of inline markup.
#include <algorithm>
#include <array>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"

namespace kimiguard::text {
namespace {

constexpr std::size_t kLongestTag = 1024;
// Between two runs of a paragraph stand their properties, tag by tag.
constexpr std::array<std::string_view, 31> kInline = {
    "a",   "abbr", "b",      "bdi", "bdo", "big", "code", "del", "em",    "font", "i",   "ins", "kbd", "mark", "nobr", "q",
    "s",   "samp", "small",  "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr", "r", "t", "text:span"};
// Of Office's paragraphs everything is part of a run but these.
constexpr std::array<std::string_view, 12> kOfficeEnds = {"w:p",  "w:br", "w:cr", "w:tab", "w:tc", "w:tr",
                                                          "w:tbl", "a:p", "a:br", "a:tc",  "a:tr", "w:body"};
// A spreadsheet's rich text: properties of a run.
constexpr std::array<std::string_view, 9> kRichText = {"rPr", "sz", "color", "rFont", "family", "charset", "scheme", "vertAlign", "rPh"};

// Bytes of the invisible character at `at`, 0 if there is none.
std::size_t invisible_at(std::string_view bytes, std::size_t at) {
  const std::string_view rest = bytes.substr(at, 3);
  if (rest.starts_with("\xC2\xAD")) return 2;
  if (rest.size() < 3) return 0;
  const auto last = static_cast<unsigned char>(rest[2]);
  if (rest.starts_with("\xE2\x80")) return last >= 0x8B && last <= 0x8F ? 3 : 0;
  if (rest.starts_with("\xE2\x81")) return last >= 0xA0 && last <= 0xA4 ? 3 : 0;
  if (rest.starts_with("\xEF\xB8")) return last >= 0x80 && last <= 0x8F ? 3 : 0;
  return rest == "\xEF\xBB\xBF" ? 3 : 0;
}

// A quotation mark of typography at `at`, and the one that is typed for it.
struct Quote {
  std::size_t size = 0;
  char typed = '\0';
};
Quote quote_at(std::string_view bytes, std::size_t at) {
  const std::string_view rest = bytes.substr(at, 3);
  if (rest.starts_with("\xC2\xAB") || rest.starts_with("\xC2\xBB")) return {2, '"'};
  if (rest.size() < 3) return {};
  const auto last = static_cast<unsigned char>(rest[2]);
  if (rest.starts_with("\xE2\x80") && last >= 0x98 && last <= 0x9F) return {3, last < 0x9C ? '\'' : '"'};
  if (rest.starts_with("\xE3\x80") && last >= 0x8C && last <= 0x8F) return {3, '"'};
  if (rest == "\xEF\xBC\x82") return {3, '"'};
  if (rest == "\xEF\xBC\x87") return {3, '\''};
  return {};
}

// The name in a tag that begins at `at` and ends before `end`.
std::string_view name_of_tag(std::string_view bytes, std::size_t at, std::size_t end) {
  std::size_t begin = at + 1;
  if (begin < end && bytes[begin] == '/') ++begin;
  std::size_t last = begin;
  while (last < end && (is_alnum(bytes[last]) || bytes[last] == ':' || bytes[last] == '-' || bytes[last] == '_')) ++last;
  return bytes.substr(begin, last - begin);
}

bool only_looks(std::string_view name) {
  const auto in = [&](const auto& list) { return std::find(list.begin(), list.end(), name) != list.end(); };
  if (name.starts_with("w:") || name.starts_with("a:")) return !in(kOfficeEnds);
  if (in(kRichText)) return true;
  std::array<char, 16> lower{};
  if (name.empty() || name.size() > lower.size()) return false;
  std::transform(name.begin(), name.end(), lower.begin(), to_lower);
  const std::string_view small(lower.data(), name.size());
  return std::find(kInline.begin(), kInline.end(), small) != kInline.end();
}

}  // namespace

std::optional<View> strip_invisible(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  ViewBuilder builder(bytes, "invisible", window);
  std::uint64_t copied = window.begin;
  const std::string_view seen = bytes.substr(0, window.end);
  // (find_first_of asks memchr about each byte.)
  const auto next = [&](std::size_t from) {
    const auto lead = [](char c) { return c == '\xC2' || c == '\xE2' || c == '\xEF'; };
    return static_cast<std::size_t>(std::find_if(seen.begin() + static_cast<std::ptrdiff_t>(std::min(from, seen.size())), seen.end(), lead) - seen.begin());
  };
  for (std::size_t at = next(window.begin); at < seen.size(); at = next(at)) {
    const std::size_t size = invisible_at(seen, at);
    if (size != 0) {
      builder.copy(copied, at);
      copied = at + size;
    }
    at += std::max<std::size_t>(size, 1);
  }
  if (copied == window.begin) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

std::optional<View> fold_quotes(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  ViewBuilder builder(bytes, "quotes", window);
  std::uint64_t copied = window.begin;
  for (std::size_t at = window.begin; at < window.end; ++at) {
    if (static_cast<unsigned char>(bytes[at]) < 0xC2) continue;
    const Quote quote = quote_at(bytes.substr(0, window.end), at);
    if (quote.size == 0) continue;
    builder.copy(copied, at);
    builder.put({&quote.typed, 1}, {at, at + quote.size});
    copied = at + quote.size;
    at = copied - 1;
  }
  if (copied == window.begin) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

std::optional<View> strip_markup(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  ViewBuilder builder(bytes, "markup", window);
  std::uint64_t copied = window.begin;
  const std::string_view seen = bytes.substr(0, window.end);
  for (std::size_t at = seen.find('<', window.begin); at != std::string_view::npos; at = seen.find('<', at + 1)) {
    const std::size_t close = seen.substr(0, std::min(seen.size(), at + kLongestTag)).find('>', at);
    if (close == std::string_view::npos || !only_looks(name_of_tag(seen, at, close))) continue;
    builder.copy(copied, at);
    copied = close + 1;
    at = close;
  }
  if (copied == window.begin) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

}  // namespace kimiguard::text

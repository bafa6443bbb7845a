#include <algorithm>

#include "scanner/text/decode.h"

namespace kimiguard::text {

namespace {

char32_t unit_at(std::string_view bytes, std::uint64_t at, TextForm form) {
  const auto b = [&](std::uint64_t i) {
    return static_cast<char32_t>(static_cast<std::uint8_t>(bytes[at + i]));
  };
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

const char* name_of(TextForm form) {
  switch (form) {
    case TextForm::utf16le:
      return "utf-16le";
    case TextForm::utf16be:
      return "utf-16be";
    case TextForm::utf32le:
      return "utf-32le";
    case TextForm::utf32be:
      return "utf-32be";
    case TextForm::utf8:
    case TextForm::binary:
      break;
  }
  return "utf-8";
}

}  // namespace

std::optional<bool> tells_little_endian(std::string_view bytes, Span text) {
  constexpr std::uint64_t kFar = 1 << 16;
  // Control characters are no text.
  const auto goes_on = [&](char c, char neighbour) {
    const bool control = (c > '\0' && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    return !control && (c == '\0') != (neighbour == '\0');
  };
  std::uint64_t begin = text.begin;
  while (begin > 0 && text.begin - begin < kFar && goes_on(bytes[begin - 1], bytes[begin])) --begin;
  std::uint64_t end = text.end;
  while (end < bytes.size() && end - text.end < kFar && goes_on(bytes[end], bytes[end - 1])) ++end;
  if ((end - begin) % 2 != 0) return std::nullopt;
  return bytes[begin] != '\0';
}

bool reads_little_endian(std::string_view bytes, Span text) { return tells_little_endian(bytes, text).value_or(true); }

bool reads_little_endian_32(std::string_view bytes, std::uint64_t at) {
  constexpr std::uint64_t kFar = 1 << 16;
  const auto nuls = [&](std::uint64_t begin) { return begin + 3 <= bytes.size() && bytes.substr(begin, 3) == std::string_view("\0\0\0", 3); };
  const auto is_text = [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n' || c == '\r'; };
  std::uint64_t first = at;
  while (first >= 4 && at - first < kFar && is_text(bytes[first - 4]) && nuls(first - 3)) first -= 4;
  std::uint64_t last = at;
  while (last + 4 < bytes.size() && last - at < kFar && nuls(last + 1) && is_text(bytes[last + 4])) last += 4;
  return nuls(last + 1) && !(first >= 3 && nuls(first - 3));
}

View decode_units(std::string_view bytes, Span window, TextForm form) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  ViewBuilder builder(bytes, name_of(form), window);
  std::uint64_t at = window.begin;
  if (at == 0) at = std::min<std::uint64_t>(mark_size(bytes, form), window.end);
  const std::uint64_t unit = unit_size(form);
  if (unit == 1) {
    builder.copy(at, window.end);
    return builder.take();
  }
  builder.text().reserve((window.end - at) / unit);
  const auto per = static_cast<std::uint32_t>(unit);
  for (; at + unit <= window.end; at += unit) {
    const char32_t code = unit_at(bytes, at, form);
    if (unit == 2 && code >= 0xD800 && code <= 0xDBFF && at + 4 <= window.end) {
      const char32_t low = unit_at(bytes, at + 2, form);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        builder.put_code_point(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), {at, at + 4});
        at += 2;
        continue;
      }
    }
    builder.put_code_point(code, {at, at + unit}, per, 1);
  }
  return builder.take();
}

}  // namespace kimiguard::text

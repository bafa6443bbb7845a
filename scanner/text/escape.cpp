#include <algorithm>
#include <array>

#include "scanner/text/char_class.h"
#include "scanner/text/decode.h"

namespace kimiguard::text {

namespace {

Span clamp(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  return window;
}

struct Number {
  char32_t value = 0;
  std::uint64_t digits = 0;
};

Number hex_number(std::string_view bytes, std::uint64_t at, std::uint64_t end, std::uint64_t most) {
  Number number;
  while (number.digits < most && at < end && hex_value(bytes[at]) >= 0) {
    number.value = number.value << 4 | static_cast<char32_t>(hex_value(bytes[at]));
    ++number.digits;
    ++at;
  }
  return number;
}

// A decoded escape: its code point, or a raw byte, and the source bytes it takes.
struct Escape {
  enum class Kind { none, code_point, byte, nothing };
  Kind kind = Kind::none;
  char32_t value = 0;
  std::uint64_t size = 0;
  bool json = false;
};

Escape braced(std::string_view bytes, std::uint64_t at, std::uint64_t end, bool byte) {
  const Number number = hex_number(bytes, at + 3, end, 8);
  const std::uint64_t close = at + 3 + number.digits;
  if (number.digits == 0 || close >= end || bytes[close] != '}') return {};
  return {byte && number.value < 0x100 ? Escape::Kind::byte : Escape::Kind::code_point, number.value,
          number.digits + 4, false};
}

Escape unicode(std::string_view bytes, std::uint64_t at, std::uint64_t end) {
  if (at + 2 < end && bytes[at + 2] == '{') return braced(bytes, at, end, false);
  const Number first = hex_number(bytes, at + 2, end, 4);
  if (first.digits != 4) return {};
  if (first.value >= 0xD800 && first.value <= 0xDBFF && at + 12 <= end && bytes[at + 6] == '\\' &&
      bytes[at + 7] == 'u') {
    const Number second = hex_number(bytes, at + 8, end, 4);
    if (second.digits == 4 && second.value >= 0xDC00 && second.value <= 0xDFFF) {
      return {Escape::Kind::code_point,
              0x10000 + ((first.value - 0xD800) << 10) + (second.value - 0xDC00), 12, true};
    }
  }
  return {Escape::Kind::code_point, first.value, 6, true};
}

// The escape whose backslash stands at `at`. REQUIRES: at + 1 < end.
Escape escape_at(std::string_view bytes, std::uint64_t at, std::uint64_t end) {
  const char c = bytes[at + 1];
  const auto one = [](char32_t value, bool json) {
    return Escape{Escape::Kind::code_point, value, 2, json};
  };
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return one(static_cast<char32_t>(c), true);
    case 'n':
      return one('\n', true);
    case 'r':
      return one('\r', true);
    case 't':
      return one('\t', true);
    case 'b':
      return one('\b', true);
    case 'f':
      return one('\f', true);
    case 'v':
      return one('\v', false);
    case 'a':
      return one('\a', false);
    case 'e':
    case 'E':
      return one(0x1B, false);
    case 'u':
      return unicode(bytes, at, end);
    case 'U': {
      const Number number = hex_number(bytes, at + 2, end, 8);
      if (number.digits != 8) return {};
      return {Escape::Kind::code_point, number.value, 10, false};
    }
    case 'x': {
      if (at + 2 < end && bytes[at + 2] == '{') return braced(bytes, at, end, true);
      const Number number = hex_number(bytes, at + 2, end, 2);
      if (number.digits == 0) return {};
      return {Escape::Kind::byte, number.value, 2 + number.digits, false};
    }
    case '\r':
    case '\n': {
      std::uint64_t next = at + 2;
      if (c == '\r' && next < end && bytes[next] == '\n') ++next;
      while (next < end && is_blank(bytes[next])) ++next;
      return {Escape::Kind::nothing, 0, next - at, false};
    }
    default:
      break;
  }
  if (c >= '0' && c <= '7') {
    std::uint64_t size = 1;
    char32_t value = 0;
    while (size < 4 && at + size < end && bytes[at + size] >= '0' && bytes[at + size] <= '7') {
      value = value * 8 + static_cast<char32_t>(bytes[at + size] - '0');
      ++size;
    }
    return {Escape::Kind::byte, value & 0xFF, size, false};
  }
  if (is_alnum(c) || static_cast<std::uint8_t>(c) >= 0x80) return {};
  return one(static_cast<char32_t>(static_cast<std::uint8_t>(c)), false);
}

}  // namespace

std::optional<View> decode_escapes(std::string_view bytes, Span window) {
  window = clamp(bytes, window);
  std::size_t next = bytes.substr(0, window.end).find('\\', window.begin);
  if (next == std::string_view::npos) return std::nullopt;
  ViewBuilder builder(bytes, "json", window);
  std::uint64_t copied = window.begin;
  bool changed = false;
  bool json = true;
  while (next != std::string_view::npos && next + 1 < window.end) {
    const Escape escape = escape_at(bytes, next, window.end);
    if (escape.kind == Escape::Kind::none) {
      json = false;
      next = bytes.substr(0, window.end).find('\\', next + 1);
      continue;
    }
    changed = true;
    json = json && escape.json;
    builder.copy(copied, next);
    const Span source{next, next + escape.size};
    if (escape.kind == Escape::Kind::code_point) {
      // Equal neighbours share a piece: a string that is escaped all through costs one piece, not many.
      builder.put_code_point(escape.value, source, static_cast<std::uint32_t>(escape.size), 1);
    } else if (escape.kind == Escape::Kind::byte) {
      const char byte = static_cast<char>(escape.value);
      builder.put({&byte, 1}, source, static_cast<std::uint32_t>(escape.size), 1);
    }
    copied = source.end;
    next = bytes.substr(0, window.end).find('\\', copied);
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  View view = builder.take();
  if (!json) view.chain.back() = "escape";
  return view;
}

std::optional<View> decode_percent(std::string_view bytes, Span window) {
  window = clamp(bytes, window);
  ViewBuilder builder(bytes, "percent", window);
  std::uint64_t copied = window.begin;
  bool changed = false;
  for (std::uint64_t at = window.begin; at + 2 < window.end;) {
    const std::size_t found = bytes.substr(0, window.end).find('%', at);
    if (found == std::string_view::npos) break;
    at = found;
    std::uint64_t size = 0;
    Number number;
    if (at + 1 < window.end && (bytes[at + 1] == 'u' || bytes[at + 1] == 'U')) {
      number = hex_number(bytes, at + 2, window.end, 4);
      if (number.digits == 4) size = 6;
    } else {
      number = hex_number(bytes, at + 1, window.end, 2);
      if (number.digits == 2) size = 3;
    }
    if (size == 0) {
      ++at;
      continue;
    }
    builder.copy(copied, at);
    if (size == 3) {
      const char byte = static_cast<char>(number.value);
      builder.put({&byte, 1}, {at, at + 3}, 3, 1);
    } else {
      builder.put_code_point(number.value, {at, at + 6}, 6, 1);
    }
    at += size;
    copied = at;
    changed = true;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

}  // namespace kimiguard::text

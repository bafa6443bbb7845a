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

struct Named {
  std::string_view name;
  char32_t code;
};

// The names of HTML Living Standard §13.5 whose characters can stand in or around a key.
constexpr std::array<Named, 36> kNamed = {{
    {"amp", '&'},    {"lt", '<'},        {"gt", '>'},      {"quot", '"'},   {"apos", '\''},
    {"nbsp", 0xA0},  {"hyphen", 0x2010}, {"dash", 0x2010}, {"lowbar", '_'}, {"UnderBar", '_'},
    {"equals", '='}, {"colon", ':'},     {"semi", ';'},    {"sol", '/'},    {"bsol", '\\'},
    {"period", '.'}, {"comma", ','},     {"plus", '+'},    {"percnt", '%'}, {"num", '#'},
    {"dollar", '$'}, {"excl", '!'},      {"quest", '?'},   {"commat", '@'}, {"lpar", '('},
    {"rpar", ')'},   {"lbrace", '{'},    {"lcub", '{'},    {"rbrace", '}'}, {"rcub", '}'},
    {"lbrack", '['}, {"lsqb", '['},      {"rbrack", ']'},  {"rsqb", ']'},   {"NewLine", '\n'},
    {"Tab", '\t'},
}};

struct Reference {
  char32_t code = 0;
  std::uint64_t size = 0;
};

// The character reference whose "&" stands at `at`; size 0 if there is none.
Reference reference_at(std::string_view bytes, std::uint64_t at, std::uint64_t end) {
  std::uint64_t next = at + 1;
  if (next < end && bytes[next] == '#') {
    ++next;
    const bool hex = next < end && (bytes[next] == 'x' || bytes[next] == 'X');
    if (hex) ++next;
    const std::uint64_t first = next;
    char32_t code = 0;
    while (next < end && next - first < 10 &&
           (hex ? hex_value(bytes[next]) >= 0 : is_digit(bytes[next]))) {
      code = std::min<char32_t>(code * (hex ? 16U : 10U) + static_cast<char32_t>(hex_value(bytes[next])),
                                0x110000);
      ++next;
    }
    if (next == first) return {};
    if (next < end && bytes[next] == ';') ++next;
    return {code, next - at};
  }
  for (const Named& named : kNamed) {
    if (bytes.substr(next, std::min<std::uint64_t>(named.name.size(), end - next)) != named.name)
      continue;
    const std::uint64_t after = next + named.name.size();
    if (after < end && bytes[after] == ';') return {named.code, after + 1 - at};
  }
  return {};
}

}  // namespace

std::optional<View> decode_html(std::string_view bytes, Span window) {
  window = clamp(bytes, window);
  ViewBuilder builder(bytes, "html", window);
  const std::string_view seen = bytes.substr(0, window.end);
  std::uint64_t copied = window.begin;
  bool changed = false;
  for (std::size_t at = seen.find('&', window.begin); at != std::string_view::npos;
       at = seen.find('&', at)) {
    const Reference reference = reference_at(bytes, at, window.end);
    if (reference.size == 0) {
      ++at;
      continue;
    }
    builder.copy(copied, at);
    builder.put_code_point(reference.code, {at, at + reference.size},
                           static_cast<std::uint32_t>(reference.size), 1);
    at += reference.size;
    copied = at;
    changed = true;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

std::optional<View> decode_quoted_printable(std::string_view bytes, Span window) {
  window = clamp(bytes, window);
  ViewBuilder builder(bytes, "quoted-printable", window);
  const std::string_view seen = bytes.substr(0, window.end);
  std::uint64_t copied = window.begin;
  bool changed = false;
  for (std::size_t at = seen.find('=', window.begin); at != std::string_view::npos;
       at = seen.find('=', at)) {
    std::uint64_t end = at + 1;
    // Blanks that a mail server added at the end of the line are not text.
    while (end < window.end && is_blank(bytes[end])) ++end;
    const std::uint64_t before = end;
    if (end < window.end && bytes[end] == '\r') ++end;
    if (end < window.end && bytes[end] == '\n') ++end;
    if (end != before) {
      builder.copy(copied, at);
      copied = at = end;
      changed = true;
      continue;
    }
    if (at + 2 < window.end && hex_value(bytes[at + 1]) >= 0 && hex_value(bytes[at + 2]) >= 0) {
      builder.copy(copied, at);
      const char byte = static_cast<char>(hex_value(bytes[at + 1]) << 4 | hex_value(bytes[at + 2]));
      builder.put({&byte, 1}, {at, at + 3}, 3, 1);
      at += 3;
      copied = at;
      changed = true;
      continue;
    }
    ++at;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

std::optional<View> strip_ansi(std::string_view bytes, Span window) {
  window = clamp(bytes, window);
  ViewBuilder builder(bytes, "ansi", window);
  std::uint64_t copied = window.begin;
  bool changed = false;
  const std::string_view seen = bytes.substr(0, window.end);
  // (string_view::find_first_of asks memchr about each character.)
  const auto next_sign = [&](std::size_t from) {
    return static_cast<std::size_t>(
        std::find_if(seen.begin() + static_cast<std::ptrdiff_t>(from), seen.end(), [](char c) { return c == '\x1B' || c == '^'; }) - seen.begin());
  };
  for (std::size_t at = next_sign(window.begin); at < seen.size(); at = next_sign(at)) {
    std::uint64_t end = at + 1;
    bool sequence = false;
    if (bytes[at] == '^') {
      if (end >= window.end || bytes[end] != '[') {
        ++at;
        continue;
      }
      ++end;
    }
    if (end < window.end && bytes[end] == '[') {
      ++end;
      while (end < window.end && bytes[end] >= 0x20 && bytes[end] <= 0x3F) ++end;
      if (end < window.end && bytes[end] >= 0x40 && bytes[end] <= 0x7E) {
        ++end;
        sequence = true;
      }
    } else if (end < window.end && bytes[end] == ']' && bytes[at] == 0x1B) {
      // Operating system command, up to BEL or ESC \.
      while (end < window.end && bytes[end] != '\a' && bytes[end] != 0x1B && end - at < 4096) ++end;
      if (end < window.end && bytes[end] == '\a') {
        ++end;
        sequence = true;
      } else if (end + 1 < window.end && bytes[end] == 0x1B && bytes[end + 1] == '\\') {
        end += 2;
        sequence = true;
      }
    } else if (end + 1 < window.end && (bytes[end] == '(' || bytes[end] == ')') && bytes[at] == 0x1B) {
      end += 2;
      sequence = true;
    }
    if (!sequence) {
      ++at;
      continue;
    }
    builder.copy(copied, at);
    copied = at = end;
    changed = true;
  }
  if (!changed) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

}  // namespace kimiguard::text

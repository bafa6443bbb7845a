#include "scanner/text/codes.h"

#include <algorithm>
#include <vector>

#include "scanner/text/char_class.h"

namespace kimiguard::text {
namespace {

constexpr std::size_t kLeastItems = 24;

struct Item {
  Span span;
  char value = '\0';
};

char at(std::string_view bytes, std::uint64_t i) { return i < bytes.size() ? bytes[i] : '\0'; }

std::uint64_t past_backslashes(std::string_view bytes, std::uint64_t i) {
  while (at(bytes, i) == '\\') ++i;
  return i;
}

// "(byte)", "(char) "
std::uint64_t past_cast(std::string_view bytes, std::uint64_t i) {
  if (at(bytes, i) != '(') return i;
  std::uint64_t end = i + 1;
  while (end - i < 8 && is_alpha(at(bytes, end))) ++end;
  if (end == i + 1 || at(bytes, end) != ')') return i;
  ++end;
  while (at(bytes, end) == ' ') ++end;
  return end;
}

// "u", "UL", "u8", "_u8"
std::uint64_t past_suffix(std::string_view bytes, std::uint64_t i) {
  const std::uint64_t begin = i;
  if (at(bytes, i) == '_') ++i;
  while (i - begin < 3 && std::string_view("uUlLi").find(at(bytes, i)) != std::string_view::npos && i < bytes.size()) ++i;
  while (i > begin && i - begin < 4 && is_digit(at(bytes, i))) ++i;
  return i > begin && (bytes[i - 1] == '_' || bytes[i - 1] == 'i') ? begin : i;
}

std::optional<Item> number(std::string_view bytes, std::uint64_t begin, std::uint64_t i) {
  unsigned value = 0;
  const std::uint64_t first = i;
  if (bytes[i] == '0' && (at(bytes, i + 1) == 'x' || at(bytes, i + 1) == 'X')) {
    std::uint64_t digit = i + 2;
    while (digit < i + 6 && hex_value(at(bytes, digit)) >= 0) value = value * 16 + static_cast<unsigned>(hex_value(bytes[digit++]));
    if (digit == i + 2) return std::nullopt;
    i = digit;
  } else {
    const unsigned base = bytes[i] == '0' ? 8 : 10;
    while (i < first + 4 && is_digit(at(bytes, i))) value = value * base + static_cast<unsigned>(bytes[i++] - '0');
  }
  i = past_suffix(bytes, i);
  if (value >= 0x80 || is_alnum(at(bytes, i)) || at(bytes, i) == '.' || at(bytes, i) == '_') return std::nullopt;
  return Item{{begin, i}, static_cast<char>(value)};
}

std::optional<Item> literal(std::string_view bytes, std::uint64_t begin, std::uint64_t i) {
  i = past_backslashes(bytes, i);
  const char quote = at(bytes, i);
  if (quote != '\'' && quote != '"' && quote != '`') return std::nullopt;
  const char value = at(bytes, i + 1);
  // A key has none of the characters that are escaped.
  if (value < 0x20 || value == quote || value == '\\') return std::nullopt;
  i = past_backslashes(bytes, i + 2);
  if (at(bytes, i) != quote) return std::nullopt;
  return Item{{begin, i + 1}, value};
}

std::optional<Item> item_at(std::string_view bytes, std::uint64_t begin) {
  const std::uint64_t i = past_cast(bytes, begin);
  const char c = at(bytes, i);
  if (is_digit(c)) return number(bytes, begin, i);
  if (c == '\'' || c == '"' || c == '`' || c == '\\') return literal(bytes, begin, i);
  if (c == 'b' || c == 'L' || c == 'u' || c == 'U') return literal(bytes, begin, i + 1);
  return std::nullopt;
}

// The item that is next in the list.
std::optional<Item> next_item(std::string_view bytes, const Item& item) {
  if (at(bytes, item.span.end) != ',') return std::nullopt;
  const std::uint64_t last = item.span.end + kCodeStride;
  std::uint64_t i = item.span.end + 1;
  for (; i < last && i < bytes.size(); ++i) {
    if (is_space(bytes[i])) continue;
    if (bytes[i] != '\\') break;
    const std::uint64_t letter = past_backslashes(bytes, i);
    const char escaped = at(bytes, letter);
    if (escaped != 'n' && escaped != 'r' && escaped != 't' && escaped != '\n') break;
    i = letter;
  }
  const auto next = item_at(bytes, i);
  return next && next->span.end <= last ? next : std::nullopt;
}

// Of a number or a literal, what may stand before it.
bool begins_item(std::string_view bytes, std::uint64_t i) {
  if (i == 0) return true;
  const char before = bytes[i - 1];
  if (before == 'n' || before == 'r' || before == 't') return i >= 2 && bytes[i - 2] == '\\';
  return !is_alnum(before) && before != '_' && before != '.' && before != '\\';
}

}  // namespace

std::optional<std::uint64_t> key_in_codes(std::string_view bytes, std::uint64_t begin) {
  constexpr std::string_view kPrefix = "sk-";
  if (begin >= bytes.size() || (is_digit(bytes[begin]) && !begins_item(bytes, begin))) return std::nullopt;
  std::uint64_t third = 0;
  std::optional<Item> item = item_at(bytes, begin);
  for (std::size_t n = 0; n < kCodesOfKey; ++n) {
    if (n > 0) item = next_item(bytes, *item);
    if (!item || (n < kPrefix.size() ? item->value != kPrefix[n] : !is_alnum(item->value) && item->value != '-')) return std::nullopt;
    if (n + 1 == kPrefix.size()) third = item->span.end;
  }
  return third;
}

std::optional<View> decode_codes(std::string_view bytes, Span window) {
  window.end = std::min<std::uint64_t>(window.end, bytes.size());
  window.begin = std::min(window.begin, window.end);
  const std::string_view seen = bytes.substr(0, window.end);
  ViewBuilder builder(bytes, "codes", window);
  std::uint64_t copied = window.begin;
  std::vector<Item> items;
  for (std::uint64_t i = window.begin; i < window.end;) {
    items.clear();
    if (begins_item(seen, i))
      for (auto item = item_at(seen, i); item; item = next_item(seen, *item)) items.push_back(*item);
    if (items.size() < kLeastItems) {
      i = items.empty() ? i + 1 : items.back().span.end;
      continue;
    }
    builder.copy(copied, items.front().span.begin);
    for (const Item& item : items) builder.put({&item.value, 1}, item.span, static_cast<std::uint32_t>(item.span.size()), 1);
    i = copied = items.back().span.end;
  }
  if (copied == window.begin) return std::nullopt;
  builder.copy(copied, window.end);
  return builder.take();
}

}  // namespace kimiguard::text

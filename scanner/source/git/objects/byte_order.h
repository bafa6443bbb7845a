// Big-endian numbers as git stores them.
#pragma once

#include <cstdint>
#include <cstring>

namespace kimiguard::git {

inline std::uint32_t load_be32(const void* from) {
  std::uint32_t value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) value = __builtin_bswap32(value);
  return value;
}

inline std::uint64_t load_be64(const void* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) value = __builtin_bswap64(value);
  return value;
}

inline void store_be32(void* to, std::uint32_t value) {
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}

inline void store_be64(void* to, std::uint64_t value) {
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace kimiguard::git

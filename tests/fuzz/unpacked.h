// What every fuzz target of a container shares: limits small enough for a fuzzer, and a sink that reads every byte it
// is given, so that a document which points outside its memory is seen by the sanitizers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::fuzz {

inline container::Limits small_limits() {
  container::Limits limits;
  limits.total_bytes = 16 << 20;
  limits.member_bytes = 4 << 20;
  limits.held_bytes = 8 << 20;
  limits.members = 2000;
  return limits;
}

inline const container::Sink& every_byte() {
  static const container::Sink sink = [](const Document& document) {
    unsigned sum = 0;
    for (const char c : document.bytes) sum += static_cast<unsigned char>(c);
    volatile unsigned read = sum;  // or the compiler leaves the loop out
    static_cast<void>(read);
  };
  return sink;
}

inline container::OriginPtr named(std::string_view path) {
  auto origin = std::make_shared<Origin>();
  origin->path = path;
  return origin;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace kimiguard::fuzz

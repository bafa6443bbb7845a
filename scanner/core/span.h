// Half-open byte ranges.
#pragma once

#include <cstdint>

namespace kimiguard {

struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  bool contains(std::uint64_t offset) const { return begin <= offset && offset < end; }
  bool overlaps(Span other) const { return begin < other.end && other.begin < end; }
  friend bool operator==(Span, Span) = default;
};

}  // namespace kimiguard

// Places whose surroundings were examined before with nothing coming of it.
//
// Versions of a file hold the same samples, placeholders and source maps again and again, and examining a
// place (decoding, attribution) takes tens of microseconds: RooCodeInc/Roo-Code's history took 3.0 times the
// time of inflating it, gitleaks/gitleaks' 20 times. What examining depends on is bounded, so bytes that are
// equal there give the same result.
//
// Bytes are known again by two polynomials over the prime 2^61-1, evaluated at points drawn for the run
// (Carter and Wegman 1979): whoever writes the bytes does not know the points, so a pair of contexts of n
// bytes is confused with a chance below (n / 7 / 2^61)^2.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace kimiguard::detect {

class ContextMemory {
 public:
  // Draws the points. Not for use by two threads at a time.
  ContextMemory();

  struct Key {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };

  // `about`: what else the result depends on.
  Key key(std::string_view context, std::uint64_t about) const;

  bool contains(const Key& key) const { return keys_.contains(key); }
  void add(const Key& key);

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.a); }
  };
  static constexpr std::size_t kMost = std::size_t{1} << 16;  // some 3 MB; then it begins anew

  std::uint64_t points_[2];
  std::uint64_t squares_[2];
  std::unordered_set<Key, Hash> keys_;
};

}  // namespace kimiguard::detect

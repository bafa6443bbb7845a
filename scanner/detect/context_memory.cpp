#include "scanner/detect/context_memory.h"

#include <cstring>
#include <random>

namespace kimiguard::detect {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
constexpr std::size_t kLimb = 7;  // bytes: below the prime

// a * b + c modulo the prime, not fully reduced: below 2^62.
std::uint64_t step(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  const Wide product = static_cast<Wide>(a) * b + c;
  return (static_cast<std::uint64_t>(product) & kPrime) + static_cast<std::uint64_t>(product >> 61);
}

std::uint64_t reduced(std::uint64_t value) {
  value = (value & kPrime) + (value >> 61);
  return value >= kPrime ? value - kPrime : value;
}

std::uint64_t limb_at(const char* at) {
  std::uint64_t limb = 0;
  std::memcpy(&limb, at, sizeof limb);
  return limb & ((std::uint64_t{1} << 56) - 1);
}

}  // namespace

ContextMemory::ContextMemory() {
  std::random_device random;
  for (int i = 0; i < 2; ++i) {
    points_[i] = reduced(std::uint64_t{random()} << 32 | random());
    squares_[i] = reduced(step(points_[i], points_[i], 0));
  }
}

ContextMemory::Key ContextMemory::key(std::string_view context, std::uint64_t about) const {
  // Even and odd limbs apart, so that four products are under way at a time.
  std::uint64_t even[2] = {about >> 32, about >> 32};
  std::uint64_t odd[2] = {about & 0xffffffffU, about & 0xffffffffU};
  const char* at = context.data();
  std::size_t left = context.size();
  for (; left >= 2 * kLimb + 1; at += 2 * kLimb, left -= 2 * kLimb) {
    const std::uint64_t first = limb_at(at);
    const std::uint64_t second = limb_at(at + kLimb);
    for (int i = 0; i < 2; ++i) {
      even[i] = step(even[i], squares_[i], first);
      odd[i] = step(odd[i], squares_[i], second);
    }
  }
  char rest[3 * kLimb + 1] = {};
  std::memcpy(rest, at, left);
  for (int i = 0; i < 2; ++i) {
    even[i] = step(even[i], squares_[i], limb_at(rest));
    odd[i] = step(odd[i], squares_[i], limb_at(rest + kLimb));
    even[i] = step(even[i], squares_[i], limb_at(rest + 2 * kLimb));
    odd[i] = step(odd[i], squares_[i], context.size());
  }
  return {reduced(step(reduced(even[0]), points_[0], odd[0])), reduced(step(reduced(even[1]), points_[1], odd[1]))};
}

void ContextMemory::add(const Key& key) {
  if (keys_.size() >= kMost) keys_.clear();
  keys_.insert(key);
}

}  // namespace kimiguard::detect

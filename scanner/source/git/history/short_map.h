// A hash map from the first 8 bytes of object ids to 32-bit numbers: open addressing, no removal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

inline std::uint64_t short_id(const std::uint8_t* id) {
  std::uint64_t value = 0;
  std::memcpy(&value, id, sizeof value);
  return value;
}
inline std::uint64_t short_id(const ObjectId& id) { return short_id(id.data()); }

class ShortMap {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  explicit ShortMap(std::size_t expected = 16) {
    // Unknown to whoever chose the ids, so that they cannot all be made to collide.
    std::random_device random;
    factor_ = (std::uint64_t{random()} << 32 | random()) | 1;
    std::size_t slots = 64;
    while (slots < expected * 2) slots *= 2;
    resize(slots);
  }

  std::uint32_t find(std::uint64_t key) const {
    for (std::size_t at = place(key);; at = (at + 1) & mask_) {
      if (values_[at] == kNone) return kNone;
      if (keys_[at] == key) return values_[at];
    }
  }
  bool contains(std::uint64_t key) const { return find(key) != kNone; }

  // The value that is there now: `value` if the key was new. REQUIRES: value is not kNone.
  std::uint32_t insert(std::uint64_t key, std::uint32_t value) {
    if ((size_ + 1) * 2 > values_.size()) grow();
    std::size_t at = place(key);
    for (; values_[at] != kNone; at = (at + 1) & mask_)
      if (keys_[at] == key) return values_[at];
    keys_[at] = key;
    values_[at] = value;
    ++size_;
    return value;
  }

 private:
  std::size_t place(std::uint64_t key) const {
    return static_cast<std::size_t>((key * factor_) >> shift_);
  }
  void resize(std::size_t slots) {
    keys_.assign(slots, 0);
    values_.assign(slots, kNone);
    mask_ = slots - 1;
    shift_ = 64;
    for (std::size_t n = slots; n > 1; n /= 2) --shift_;
  }
  void grow() {
    std::vector<std::uint64_t> keys = std::move(keys_);
    std::vector<std::uint32_t> values = std::move(values_);
    resize(values.size() * 2);
    size_ = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i] != kNone) insert(keys[i], values[i]);
  }

  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> values_;
  std::uint64_t factor_ = 1;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
  unsigned shift_ = 58;
};

}  // namespace kimiguard::git

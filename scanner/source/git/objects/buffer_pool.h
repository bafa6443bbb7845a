// Buffers of one thread, kept in classes of powers of two and handed out last in, first out: the one
// given back last is the one still in cache.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "scanner/source/git/objects/raw_buffer.h"

namespace kimiguard::git {

class BufferPool {
 public:
  // Keeps at most `keep_bytes` of unused buffers.
  explicit BufferPool(std::size_t keep_bytes) : keep_bytes_(keep_bytes) {}

  // At least `bytes`, contents unknown.
  RawBuffer take(std::size_t bytes) {
    const std::size_t rank = rank_for(bytes);
    std::vector<RawBuffer>& free = free_[rank];
    RawBuffer buffer;
    if (!free.empty()) {
      buffer = std::move(free.back());
      free.pop_back();
      kept_bytes_ -= buffer.capacity();
      return buffer;
    }
    // Up to 4 MB whole classes, so that a buffer serves every size of its class; above, only what is
    // asked for.
    const std::size_t whole = kSmallest << rank;
    buffer.reserve(whole <= (std::size_t{4} << 20) ? whole : bytes);
    return buffer;
  }

  void give(RawBuffer buffer) {
    const std::size_t capacity = buffer.capacity();
    // One of another size than its class's cannot serve the class.
    if (capacity < kSmallest || !std::has_single_bit(capacity)) return;
    if (kept_bytes_ + capacity > keep_bytes_) return;
    kept_bytes_ += capacity;
    free_[rank_for(capacity)].push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t kSmallest = 4096;
  static std::size_t rank_for(std::size_t bytes) {
    if (bytes <= kSmallest) return 0;
    return static_cast<std::size_t>(std::bit_width((bytes - 1) / kSmallest));
  }

  std::size_t keep_bytes_;
  std::size_t kept_bytes_ = 0;
  std::array<std::vector<RawBuffer>, 56> free_;
};

}  // namespace kimiguard::git

// What the readers of plain zip and tar (plain.h) share: a member that is in memory, and memory for it.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Memory that is kept from member to member and never cleared.
class PlainBuffer {
 public:
  // At least `size` bytes, whose content is whatever was there.
  char* room(std::size_t size) {
    if (size > size_ || bytes_ == nullptr) {
      bytes_.reset();
      bytes_.reset(new char[size + 1]);
      size_ = size;
      populate();
    }
    return bytes_.get();
  }
  std::size_t size() const { return size_; }

 private:
  // All pages of a large buffer at once: a fault for each costs as much as unpacking into it.
  void populate() {
#ifdef MADV_POPULATE_WRITE
    constexpr std::size_t kLarge = 256 << 10;
    constexpr std::uintptr_t kPage = 4096;
    if (size_ < kLarge) return;
    const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(bytes_.get()) + kPage - 1) & ~(kPage - 1);
    const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(bytes_.get()) + size_) & ~(kPage - 1);
    static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_WRITE));  // or they fault
#endif
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

// True if the name is one that every reader of archives takes as it stands.
bool is_plain_name(std::string_view name);

enum class Member {
  taken,
  limit,     // no more members may be taken
  unfitting  // for libarchive: it is a container that is read as a stream, or a limit lies within it
};

// Counts the member and hands it out, opened if it is a container. Nothing was counted if it is unfitting.
Member take_plain_member(container::Unpacking& unpacking, std::string_view bytes,
                         const container::OriginPtr& archive, const container::OriginPtr& member, int depth);

}  // namespace kimiguard::archive

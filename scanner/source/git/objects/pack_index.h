// The index of one pack: object names in order, and where each stands in the pack.
//
// Format: gitformat-pack(5), version 1 and 2, 31- and 64-bit offsets, names of 20 or 32 bytes. It is
// read in place from the mapped file, or was made by reading a pack that has no good index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/source/git/objects/mapped_file.h"
#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

// What a pack read through from its own entries yields (pack_salvage.h).
struct FoundEntry {
  ObjectId id;
  std::uint64_t offset = 0;
  std::uint32_t crc = 0;
};

class PackIndex {
 public:
  // Opens an `.idx`. Checks in constant time that tables fit the file and that the fan-out rises, so
  // that no later access leaves the file. Fails with `damaged` or as MappedFile::open does.
  static Result<PackIndex> open(const std::string& path, HashKind kind);
  // From entries found in the pack itself, in any order.
  static PackIndex from_entries(std::vector<FoundEntry> entries, HashKind kind);

  std::uint32_t size() const { return count_; }
  // REQUIRES: position < size() for these three.
  const std::uint8_t* name(std::uint32_t position) const {
    return names_ + position * static_cast<std::size_t>(name_stride_);
  }
  ObjectId id(std::uint32_t position) const { return ObjectId(name(position), hash_bytes(kind_)); }
  // 0 when the index says nonsense: no object stands there.
  std::uint64_t offset(std::uint32_t position) const;
  bool has_crc() const { return crcs_ != nullptr; }
  // CRC-32 of the entry as stored. REQUIRES: has_crc().
  std::uint32_t crc(std::uint32_t position) const;
  // For prefetching only.
  const void* crc_address(std::uint32_t position) const {
    return crcs_ == nullptr ? names_ : crcs_ + position * std::size_t{4};
  }

  // First position whose name begins with these bytes (1 to hash_bytes), if any.
  std::optional<std::uint32_t> find(const std::uint8_t* id) const;
  // First position whose name is not less than `id`.
  std::uint32_t lower_bound(const std::uint8_t* id) const;

  // The hash of the pack this index was made for; empty for one made from entries.
  std::string_view pack_checksum() const { return pack_checksum_; }
  struct Check {
    bool sound = false;    // the file's own checksum is right and names rise
    bool repeats = false;  // some name stands there twice
  };
  // Linear: hashes the file against its trailer, 31 ms for 850,000 objects. So a walk asks, and open()
  // does not. The answer is kept: provenance walks again. Any thread.
  Check check() const;

 private:
  HashKind kind_ = HashKind::sha1;
  MappedFile file_;
  std::vector<char> made_;  // tables of from_entries
  std::uint32_t count_ = 0;
  const std::uint8_t* fanout_ = nullptr;
  const std::uint8_t* names_ = nullptr;
  std::uint32_t name_stride_ = 20;
  const std::uint8_t* crcs_ = nullptr;
  const std::uint8_t* offsets_ = nullptr;  // 4 bytes each, offset_stride_ apart
  std::uint32_t offset_stride_ = 4;
  bool wide_offsets_ = false;              // version 2: the high bit leads to the 64-bit table
  const std::uint8_t* large_ = nullptr;
  std::uint64_t large_count_ = 0;
  std::string_view pack_checksum_;
  struct Kept {
    std::once_flag once;
    Check check;
  };
  std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
  Check look() const;
};

}  // namespace kimiguard::git

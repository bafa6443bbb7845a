#include "scanner/source/git/objects/pack_index.h"

#include <sha1.h>
#include <sha2.h>

#include <algorithm>
#include <cstring>

#include "scanner/source/git/objects/byte_order.h"

namespace kimiguard::git {
namespace {

constexpr std::size_t kFanout = 256 * 4;

bool digest_matches(HashKind kind, std::string_view bytes, std::string_view expected) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (kind == HashKind::sha1) {
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, raw, bytes.size());
    std::uint8_t digest[SHA1_DIGEST_LENGTH];
    SHA1Final(digest, &context);
    return std::memcmp(digest, expected.data(), sizeof digest) == 0;
  }
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, raw, bytes.size());
  std::uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256Final(digest, &context);
  return std::memcmp(digest, expected.data(), sizeof digest) == 0;
}

}  // namespace

Result<PackIndex> PackIndex::open(const std::string& path, HashKind kind) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file) return file.error();
  PackIndex index;
  index.kind_ = kind;
  index.file_ = std::move(*file);
  const std::string_view bytes = index.file_.bytes();
  const auto* raw = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const Error damaged{"damaged", path + ": not an index of a pack, or cut short"};
  const std::uint64_t hash = hash_bytes(kind);
  std::uint64_t at = 0;
  const bool version2 = bytes.size() >= 8 && std::memcmp(raw, "\377tOc", 4) == 0;
  if (version2) {
    if (load_be32(raw + 4) != 2) return damaged;
    at = 8;
  }
  if (bytes.size() < at + kFanout + 2 * hash) return damaged;
  index.fanout_ = raw + at;
  at += kFanout;
  for (int i = 1; i < 256; ++i)
    if (load_be32(index.fanout_ + 4 * i) < load_be32(index.fanout_ + 4 * (i - 1))) return damaged;
  index.count_ = load_be32(index.fanout_ + 4 * 255);
  const std::uint64_t count = index.count_;
  const std::uint64_t body = bytes.size() - at - 2 * hash;
  if (version2) {
    if (body < count * (hash + 8)) return damaged;
    const std::uint64_t large = body - count * (hash + 8);
    if (large % 8 != 0 || large / 8 > count) return damaged;
    index.names_ = raw + at;
    index.name_stride_ = static_cast<std::uint32_t>(hash);
    index.crcs_ = index.names_ + count * hash;
    index.offsets_ = index.crcs_ + count * 4;
    index.large_ = index.offsets_ + count * 4;
    index.large_count_ = large / 8;
    index.wide_offsets_ = true;
  } else {
    if (body != count * (hash + 4)) return damaged;
    index.offsets_ = raw + at;
    index.names_ = raw + at + 4;
    index.name_stride_ = index.offset_stride_ = static_cast<std::uint32_t>(hash + 4);
  }
  index.pack_checksum_ = bytes.substr(bytes.size() - 2 * hash, hash);
  return index;
}

PackIndex PackIndex::from_entries(std::vector<FoundEntry> entries, HashKind kind) {
  std::sort(entries.begin(), entries.end(), [](const FoundEntry& a, const FoundEntry& b) {
    return a.id == b.id ? a.offset < b.offset : a.id < b.id;
  });
  const std::size_t hash = hash_bytes(kind);
  const std::size_t count = entries.size();
  PackIndex index;
  index.kind_ = kind;
  index.count_ = static_cast<std::uint32_t>(count);
  index.made_.assign(kFanout + count * (hash + 4 + 4 + 8), 0);
  auto* raw = reinterpret_cast<std::uint8_t*>(index.made_.data());
  std::uint8_t* names = raw + kFanout;
  std::uint8_t* crcs = names + count * hash;
  std::uint8_t* offsets = crcs + count * 4;
  std::uint8_t* large = offsets + count * 4;
  std::uint32_t buckets[256] = {};
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(names + i * hash, entries[i].id.data(), hash);
    store_be32(crcs + i * 4, entries[i].crc);
    store_be32(offsets + i * 4, 0x80000000U | static_cast<std::uint32_t>(i));
    store_be64(large + i * 8, entries[i].offset);
    ++buckets[entries[i].id.data()[0]];
  }
  std::uint32_t sum = 0;
  for (int i = 0; i < 256; ++i) store_be32(raw + 4 * i, sum += buckets[i]);
  index.fanout_ = raw;
  index.names_ = names;
  index.name_stride_ = static_cast<std::uint32_t>(hash);
  index.crcs_ = crcs;
  index.offsets_ = offsets;
  index.large_ = large;
  index.large_count_ = count;
  index.wide_offsets_ = true;
  return index;
}

std::uint64_t PackIndex::offset(std::uint32_t position) const {
  const std::uint32_t value = load_be32(offsets_ + position * static_cast<std::size_t>(offset_stride_));
  if (!wide_offsets_ || (value & 0x80000000U) == 0) return value;
  const std::uint64_t row = value & 0x7fffffffU;
  return row < large_count_ ? load_be64(large_ + row * 8) : 0;
}

std::uint32_t PackIndex::crc(std::uint32_t position) const {
  return load_be32(crcs_ + position * std::size_t{4});
}

std::uint32_t PackIndex::lower_bound(const std::uint8_t* id) const {
  std::uint32_t low = id[0] == 0 ? 0 : load_be32(fanout_ + 4 * (id[0] - 1));
  std::uint32_t high = load_be32(fanout_ + 4 * id[0]);
  const std::size_t hash = hash_bytes(kind_);
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (std::memcmp(name(middle), id, hash) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::optional<std::uint32_t> PackIndex::find(const std::uint8_t* id) const {
  const std::uint32_t position = lower_bound(id);
  if (position >= count_ || std::memcmp(name(position), id, hash_bytes(kind_)) != 0) return std::nullopt;
  return position;
}

PackIndex::Check PackIndex::check() const {
  std::call_once(kept_->once, [this] { kept_->check = look(); });
  return kept_->check;
}

PackIndex::Check PackIndex::look() const {
  Check check;
  const std::size_t hash = hash_bytes(kind_);
  if (made_.empty()) {
    const std::string_view bytes = file_.bytes();
    if (!digest_matches(kind_, bytes.substr(0, bytes.size() - hash), bytes.substr(bytes.size() - hash)))
      return check;
  }
  std::uint32_t bucket = 0;
  for (std::uint32_t i = 0; i < count_; ++i) {
    const int order = i == 0 ? -1 : std::memcmp(name(i - 1), name(i), hash);
    if (order > 0) return check;
    check.repeats |= order == 0;
    while (bucket < 256 && load_be32(fanout_ + 4 * bucket) <= i) ++bucket;
    if (name(i)[0] != bucket) return check;
  }
  check.sound = true;
  return check;
}

}  // namespace kimiguard::git

#include "scanner/source/git/objects/pack.h"

#include <unistd.h>

#include <cstring>
#include <utility>

#include "scanner/source/git/objects/byte_order.h"

namespace kimiguard::git {

Result<Pack> Pack::of_bytes(const std::string& name, std::string_view bytes, HashKind kind) {
  Pack pack;
  pack.path_ = name;
  pack.kind_ = kind;
  pack.bytes_ = bytes;
  if (bytes.size() < kHeader) return Error{"damaged", pack.path_ + ": cut short"};
  const std::uint32_t version = load_be32(bytes.data() + 4);
  // Entries speak for themselves: a broken first line is no reason to leave them unread.
  pack.header_damaged_ = std::memcmp(bytes.data(), "PACK", 4) != 0 || (version != 2 && version != 3);
  pack.claimed_count_ = load_be32(bytes.data() + 8);
  const std::size_t hash = hash_bytes(kind);
  pack.entries_end_ = bytes.size() < kHeader + hash ? bytes.size() : bytes.size() - hash;
  pack.index_error_ = Error{"missing", name + ": a pack in a bundle has no index"};
  // The trailer is known to be there, unless the pack is cut short: then its last bytes may be an entry's.
  return pack;
}

Result<Pack> Pack::open(const std::string& stem, HashKind kind) {
  Result<MappedFile> mapped = MappedFile::open(stem + ".pack");
  if (!mapped) return mapped.error();
  const auto file = std::make_shared<const MappedFile>(std::move(*mapped));
  Result<Pack> opened = of_bytes(stem + ".pack", file->bytes(), kind);
  if (!opened) return opened;
  Pack pack = std::move(*opened);
  pack.file_ = file;
  const std::string_view bytes = pack.bytes_;
  const auto beside = [&](const char* suffix) { return ::access((stem + suffix).c_str(), F_OK) == 0; };
  pack.promisor_ = beside(".promisor");
  pack.cruft_ = beside(".mtimes");
  Result<PackIndex> index = PackIndex::open(stem + ".idx", kind);
  if (!index)
    pack.index_error_ = index.error();
  else if (index->pack_checksum() != bytes.substr(pack.entries_end_))
    pack.index_error_ = Error{"damaged", stem + ".idx: made for another pack, or the pack is cut short"};
  else
    pack.set_index(std::move(*index));
  // Without an index that knows the trailer, the last bytes may be an entry's.
  if (!pack.index_) pack.entries_end_ = bytes.size();
  return pack;
}

std::optional<EntryHead> Pack::head(std::uint64_t offset) const {
  if (offset < kHeader || offset >= entries_end_) return std::nullopt;
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(bytes().data());
  const std::uint8_t* at = begin + offset;
  const std::uint8_t* const end = begin + entries_end_;
  EntryHead head;
  std::uint8_t byte = *at++;
  const unsigned type = (byte >> 4) & 7U;
  if (type == 0 || type == 5) return std::nullopt;
  head.kind = static_cast<EntryHead::Kind>(type);
  head.size = byte & 15U;
  for (int shift = 4; (byte & 0x80U) != 0; shift += 7) {
    if (at == end || shift > 56) return std::nullopt;
    byte = *at++;
    head.size |= std::uint64_t{byte & 0x7fU} << shift;
  }
  if (head.kind == EntryHead::offset_delta) {
    if (at == end) return std::nullopt;
    byte = *at++;
    std::uint64_t distance = byte & 0x7fU;
    while ((byte & 0x80U) != 0) {
      if (at == end || distance >= (std::uint64_t{1} << 56)) return std::nullopt;
      byte = *at++;
      distance = ((distance + 1) << 7) | (byte & 0x7fU);
    }
    if (distance == 0 || distance > offset - kHeader) return std::nullopt;
    head.base_offset = offset - distance;
  } else if (head.kind == EntryHead::ref_delta) {
    const std::size_t hash = hash_bytes(kind_);
    if (static_cast<std::size_t>(end - at) < hash) return std::nullopt;
    head.base_id = at;
    at += hash;
  }
  head.data = static_cast<std::uint64_t>(at - begin);
  return head;
}

}  // namespace kimiguard::git

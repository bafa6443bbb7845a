#include "scanner/source/archive/plain_zip.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/archive/plain_member.h"

namespace kimiguard::archive {
namespace {

using container::Bytes;
using container::inside;
using container::OriginPtr;
using container::Unpacking;

constexpr std::size_t kEnd = 22;       // end of central directory record, without its comment
constexpr std::size_t kCentral = 46;   // header in the central directory, without name and extra fields
constexpr std::size_t kLocal = 30;     // header before the data, the same
constexpr std::size_t kTail = 16384;   // libarchive looks for the end record in so many last bytes
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;

enum Flag : unsigned { kEncrypted = 1, kLevel = 6, kDescriptor = 8, kUtf8 = 0x800 };

std::uint32_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1]) << 8);
}
std::uint32_t u32(std::string_view bytes, std::size_t at) { return u16(bytes, at) | u16(bytes, at + 2) << 16; }

enum class Type { file, other };

struct Entry {
  std::uint64_t offset = 0;  // of the local header
  std::uint64_t end = 0;     // where the next one begins
  std::uint32_t flags = 0;
  std::uint32_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed = 0;
  std::uint32_t unpacked = 0;
  Type type = Type::file;
  std::string_view name;
};

// Whether no extra field changes what the header says: Zip64, Unicode path, AES and libarchive's own do.
bool plain_extra(std::string_view extra) {
  while (!extra.empty()) {
    if (extra.size() < 4) return false;
    const std::uint32_t id = u16(extra, 0);
    const std::uint32_t size = u16(extra, 2);
    if (size > extra.size() - 4) return false;
    if (id == 0x0001 || id == 0x7075 || id == 0x9901 || id == 0x6C78) return false;
    if (id == 0x5455 && size == 0) return false;
    extra.remove_prefix(4 + size);
  }
  return true;
}

std::optional<Type> type_of(std::string_view header, std::string_view name) {
  if (name.back() == '/') return Type::other;
  const std::uint32_t attributes = u32(header, 38);
  switch (static_cast<unsigned char>(header[5])) {
    case 0:  // DOS
      return (attributes & 0x10) != 0 ? Type::other : Type::file;
    case 3:  // Unix
      switch (attributes >> 16 & 0170000) {
        case 0:
        case 0100000: return Type::file;
        case 0040000:
        case 0120000: return Type::other;
        default: return std::nullopt;
      }
    default: return Type::file;
  }
}

// In the order of their bytes; views into `directory`. Nothing if one is not plain.
std::optional<std::vector<Entry>> entries_of(std::string_view directory, std::size_t count, std::uint64_t directory_at) {
  std::vector<Entry> entries;
  for (; count > 0; --count) {
    if (directory.size() < kCentral || directory.substr(0, 4) != "PK\x01\x02") return std::nullopt;
    Entry entry;
    entry.flags = u16(directory, 8);
    entry.method = u16(directory, 10);
    entry.crc = u32(directory, 16);
    entry.packed = u32(directory, 20);
    entry.unpacked = u32(directory, 24);
    entry.offset = u32(directory, 42);
    const std::size_t name = u16(directory, 28);
    const std::size_t extra = u16(directory, 30);
    const std::size_t all = kCentral + name + extra + u16(directory, 32);
    if (all > directory.size()) return std::nullopt;
    entry.name = directory.substr(kCentral, name);
    const bool encrypted = (entry.flags & kEncrypted) != 0;
    const bool stored = entry.method == 0;
    if ((entry.flags & ~(kEncrypted | kLevel | kDescriptor | kUtf8)) != 0 || (!stored && entry.method != 8) ||
        entry.packed == kIn64 || entry.unpacked == kIn64 || entry.offset == kIn64 || u16(directory, 34) != 0 ||
        (stored && !encrypted && (entry.packed != entry.unpacked || (entry.flags & kDescriptor) != 0)) ||
        !is_plain_name(entry.name) || entry.name.substr(0, 9) == "__MACOSX/" ||
        !plain_extra(directory.substr(kCentral + name, extra))) {
      return std::nullopt;
    }
    const std::optional<Type> type = type_of(directory, entry.name);
    if (!type) return std::nullopt;
    entry.type = *type;
    // libarchive reads a link's target while it reads the header.
    if (entry.type == Type::other && (encrypted || !stored) && entry.packed > 2) return std::nullopt;
    entries.push_back(entry);
    directory.remove_prefix(all);
  }
  if (!directory.empty()) return std::nullopt;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Entry& entry = entries[i];
    entry.end = i + 1 < entries.size() ? entries[i + 1].offset : directory_at;
    if (entry.end < entry.offset || entry.end - entry.offset < kLocal + entry.name.size() + entry.packed) return std::nullopt;
  }
  return entries;
}

// The packed bytes of a member, whose local header, data and descriptor are `bytes`. Nothing if they do not say what
// the central directory says.
std::optional<std::string_view> data_of(const Entry& entry, std::string_view bytes) {
  if (bytes.substr(0, 4) != "PK\x03\x04") return std::nullopt;
  const std::size_t extra = u16(bytes, 28);
  const std::size_t head = kLocal + entry.name.size() + extra;
  if (u16(bytes, 6) != entry.flags || u16(bytes, 8) != entry.method || u16(bytes, 26) != entry.name.size() ||
      bytes.size() < head + entry.packed || bytes.substr(kLocal, entry.name.size()) != entry.name ||
      !plain_extra(bytes.substr(kLocal + entry.name.size(), extra))) {
    return std::nullopt;
  }
  const auto same = [&](std::string_view from, std::size_t at) {
    return u32(from, at) == entry.crc && u32(from, at + 4) == entry.packed && u32(from, at + 8) == entry.unpacked;
  };
  const bool described = (entry.flags & kDescriptor) != 0;
  const bool zeros = bytes.substr(14, 12).find_first_not_of('\0') == std::string_view::npos;
  if (!same(bytes, 14) && !(described && zeros)) return std::nullopt;
  const std::string_view data = bytes.substr(head, entry.packed);
  if (described && (entry.flags & kEncrypted) == 0) {
    const std::string_view behind = bytes.substr(head + entry.packed);
    if (behind.size() < 16 || behind.substr(0, 4) != "PK\x07\x08" || !same(behind, 4)) return std::nullopt;
  }
  return data;
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

class ZipReader {
 public:
  ZipReader(Unpacking& unpacking, const Bytes& bytes, OriginPtr origin, int depth)
      : unpacking_(unpacking), bytes_(bytes), origin_(std::move(origin)), depth_(depth), hold_(unpacking) {}

  PlainRead read() {
    PlainRead done;
    const std::optional<std::vector<Entry>> entries = directory();
    if (!entries) return done;
    for (const Entry& entry : *entries) {
      if (unpacking_.exhausted()) break;
      const Member member = read_member(entry);
      if (member == Member::unfitting) return done;
      ++done.members;
      if (member == Member::limit) break;
    }
    done.ended = true;
    return done;
  }

 private:
  std::optional<std::vector<Entry>> directory() {
    if (bytes_.size < kEnd) return std::nullopt;
    std::string tail(std::min<std::uint64_t>(bytes_.size, kTail), '\0');
    const std::uint64_t tail_at = bytes_.size - tail.size();
    if (!bytes_.read(tail_at, tail.data(), tail.size())) return std::nullopt;
    const std::size_t found = tail.rfind("PK\x05\x06", tail.size() - kEnd);
    if (found == std::string::npos) return std::nullopt;
    const std::string_view end = std::string_view(tail).substr(found);
    const std::uint64_t end_at = tail_at + found;
    const std::uint32_t count = u16(end, 10);
    const std::uint32_t size = u32(end, 12);
    const std::uint32_t offset = u32(end, 16);
    if (end.size() != kEnd + u16(end, 20) || u32(end, 4) != 0 || u16(end, 8) != count || count == 0xFFFF ||
        std::uint64_t{offset} + size != end_at || size > kPlainMember ||
        (found >= 20 && tail.compare(found - 20, 4, "PK\x06\x07") == 0) || !hold_.grow_to(size)) {
      return std::nullopt;
    }
    directory_.resize(size);
    if (!bytes_.read(offset, directory_.data(), size)) return std::nullopt;
    return entries_of(directory_, count, offset);
  }

  Member read_member(const Entry& entry) {
    const std::uint64_t size = entry.end - entry.offset;
    if (size > kPlainMember || entry.unpacked > kPlainMember ||
        !hold_.grow_to(directory_.size() + std::max<std::uint64_t>(size, packed_.size()) +
                       std::max<std::uint64_t>(entry.unpacked, unpacked_.size()))) {
      return Member::unfitting;
    }
    char* packed = packed_.room(size);
    if (!bytes_.read(entry.offset, packed, size)) return Member::unfitting;
    const std::optional<std::string_view> data = data_of(entry, {packed, size});
    if (!data) return Member::unfitting;
    if (entry.type == Type::other) return unpacking_.take_member(*origin_) ? Member::taken : Member::limit;
    const OriginPtr member = inside(*origin_, {Inside::Kind::archive_member, std::string(entry.name), "", ""});
    if ((entry.flags & kEncrypted) != 0) {
      if (!unpacking_.take_member(*origin_)) return Member::limit;
      unpacking_.gap(GapKind::set_aside, "encrypted", *member, "the member is encrypted");
      return Member::taken;
    }
    std::string_view content = *data;
    if (entry.method != 0) {
      if (!inflate(*data, entry.unpacked)) return Member::unfitting;
      content = {unpacked_.room(entry.unpacked), entry.unpacked};
    }
    if (libdeflate_crc32(0, content.data(), content.size()) != entry.crc) return Member::unfitting;
    return take_plain_member(unpacking_, content, origin_, member, depth_);
  }

  bool inflate(std::string_view data, std::size_t size) {
    if (!decompressor_) decompressor_.reset(libdeflate_alloc_decompressor());
    std::size_t used = 0;
    std::size_t written = 0;
    return decompressor_ &&
           libdeflate_deflate_decompress_ex(decompressor_.get(), data.data(), data.size(), unpacked_.room(size), size, &used,
                                            &written) == LIBDEFLATE_SUCCESS &&
           used == data.size() && written == size;
  }

  Unpacking& unpacking_;
  const Bytes& bytes_;
  OriginPtr origin_;
  int depth_;
  Unpacking::Hold hold_;
  std::string directory_;
  PlainBuffer packed_;
  PlainBuffer unpacked_;
  std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor_;
};

}  // namespace

PlainRead read_plain_zip(Unpacking& unpacking, const Bytes& bytes, const OriginPtr& origin, int depth) {
  return ZipReader(unpacking, bytes, origin, depth).read();
}

}  // namespace kimiguard::archive

#include "scanner/source/store/leveldb.h"

#include <snappy.h>

#include <algorithm>
#include <string>

#include "scanner/source/container/inflate.h"
#include "scanner/source/store/value.h"

namespace kimiguard::store {
namespace {

using container::inside;
using container::OriginPtr;
using container::Unpacking;

constexpr std::string_view kTableMagic("\x57\xFB\x80\x8B\x24\x75\x47\xDB", 8);
constexpr std::size_t kBlockTrailer = 5;     // type, CRC
constexpr std::size_t kSequenceAndType = 8;  // at the end of an internal key
constexpr std::size_t kLongKey = 40;         // from here on a key may hold a secret itself
constexpr std::size_t kNameSize = 200;
constexpr std::size_t kLogBlock = 32768;
constexpr std::size_t kLogHeader = 7;

// LevelDB's varint: 7 bits a byte, small end first. 0 if it does not end in `in`.
std::size_t varint(std::string_view in, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < 10 && i < in.size(); ++i) {
    const auto byte = static_cast<unsigned char>(in[i]);
    value |= std::uint64_t{byte & 0x7Fu} << (7 * i);
    if (byte < 0x80) return i + 1;
  }
  return 0;
}

// Takes a varint off the front; false at the end.
bool take(std::string_view& in, std::uint64_t& value) {
  const std::size_t used = varint(in, value);
  in.remove_prefix(used);
  return used != 0;
}

std::uint32_t le32(std::string_view in) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(in[i]);
  return value;
}

std::string readable(std::string_view key) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string name;
  for (const char c : key) {
    if (name.size() >= kNameSize) {
      name += "...";
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '\\') {
      name += c;
    } else {
      name += "\\x";
      name += kHex[byte >> 4];
      name += kHex[byte & 15];
    }
  }
  return name;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6), put(0x80 | (point & 63));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
  } else {
    put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 63)), put(0x80 | (point >> 6 & 63)),
        put(0x80 | (point & 63));
  }
}

// The UTF-8 of the stretches of UTF-16LE in `bytes`, one a line; empty if there are none. A stretch is
// known by an ASCII character with a zero byte after it, sixteen times in a row or more (a key is);
// it then goes on as long as what follows is no control character.
std::string utf16_stretches(std::string_view bytes) {
  std::string out;
  const auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]) |
                                      static_cast<unsigned char>(bytes[at + 1]) << 8);
  };
  const auto is_text = [](std::uint32_t u) { return u >= 0x20 || u == '\t' || u == '\n' || u == '\r'; };
  std::size_t at = 0;
  while (at + 1 < bytes.size()) {
    std::size_t end = at;
    while (end + 1 < bytes.size() && unit(end) < 0x7F && is_text(unit(end))) end += 2;
    if (end - at < 32) {
      ++at;
      continue;
    }
    // Back over text of other scripts before it is not tried: the run that holds a key is ASCII.
    while (end + 1 < bytes.size() && is_text(unit(end)) && unit(end) != 0xFFFF) end += 2;
    for (std::size_t i = at; i < end; i += 2) {
      std::uint32_t point = unit(i);
      if (point >= 0xD800 && point < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 &&
          unit(i + 2) < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
        i += 2;
      } else if (point >= 0xD800 && point < 0xE000) {
        point = 0xFFFD;
      }
      append_utf8(out, point);
    }
    out += '\n';
    at = end;
  }
  return out;
}

void deliver_entry(Unpacking& unpacking, std::string_view key, std::string_view value, bool deleted,
                   const OriginPtr& origin, int depth) {
  const std::string plain_key = utf16_stretches(key);
  const std::string name =
      readable(plain_key.empty() ? key : std::string_view(plain_key).substr(0, plain_key.size() - 1));
  const OriginPtr place =
      inside(*origin, {Inside::Kind::key_value, deleted ? name + " (deleted)" : name, "", ""});
  const auto with_utf16 = [&](std::string_view bytes) {
    const std::string text = utf16_stretches(bytes);
    if (text.empty()) return;
    const OriginPtr deeper = inside(*place, {Inside::Kind::key_value, "utf-16", "", ""});
    unpacking.deliver(text, deeper, name);
  };
  if (key.size() >= kLongKey) {
    unpacking.deliver(key, place);
    with_utf16(key);
  }
  if (value.empty()) return;
  deliver_value(unpacking, value, place, depth + 1, name);
  with_utf16(value);
  // Snappy inside a value: IndexedDB wraps large ones so (version tag 0xFF 0x11 0x02 …).
  const std::size_t tag = value.find(std::string_view("\xFF\x11\x02", 3));
  if (tag == std::string_view::npos || tag > 16) return;
  const std::string_view packed = value.substr(tag + 3);
  std::size_t size = 0;
  Unpacking::Hold hold(unpacking);
  std::string plain;
  if (!snappy::GetUncompressedLength(packed.data(), packed.size(), &size) || !hold.grow_to(size) ||
      !unpacking.take_bytes(size, *place) || !snappy::Uncompress(packed.data(), packed.size(), &plain)) {
    return;
  }
  const OriginPtr deeper = inside(*place, {Inside::Kind::archive_member, "snappy", "", ""});
  unpacking.deliver(plain, deeper, name);
  with_utf16(plain);
}

// A block without its trailer: entries with shared key prefixes, then restart offsets and their
// count. Calls entry(key, value) for each; false if the block is not as the format says.
template <class Entry>
bool read_block(std::string_view block, Entry entry) {
  if (block.size() < 4) return false;
  const std::uint64_t restarts = le32(block.substr(block.size() - 4));
  const bool sane = restarts <= (block.size() - 4) / 4;
  // With a broken count the entries are still read from the front.
  std::string_view rest = sane ? block.substr(0, block.size() - 4 - 4 * restarts) : block;
  std::string key;
  while (!rest.empty()) {
    std::uint64_t shared = 0;
    std::uint64_t fresh = 0;
    std::uint64_t size = 0;
    if (!take(rest, shared) || !take(rest, fresh) || !take(rest, size)) return false;
    if (shared > key.size() || fresh > rest.size() || size > rest.size() - fresh) return false;
    key.resize(shared);
    key += rest.substr(0, fresh);
    const std::string_view value = rest.substr(fresh, size);
    rest.remove_prefix(fresh + size);
    if (!entry(std::string_view(key), value)) return true;
  }
  return sane;
}

struct Handle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

bool take_handle(std::string_view& in, Handle& handle) {
  return take(in, handle.offset) && take(in, handle.size);
}

// A block's bytes after decompression; `store` keeps them if they had to be unpacked.
bool load_block(Unpacking& unpacking, std::string_view file, Handle handle, std::string& store,
                std::string_view& block, const OriginPtr& origin, Unpacking::Hold& hold) {
  if (handle.offset > file.size() || handle.size > file.size() - handle.offset ||
      file.size() - handle.offset - handle.size < kBlockTrailer) {
    return false;
  }
  const std::string_view packed = file.substr(handle.offset, handle.size);
  const auto type = static_cast<unsigned char>(file[handle.offset + handle.size]);
  if (type == 0) {
    block = packed;
    return true;
  }
  std::uint64_t size = 0;
  if (type == 1) {
    std::size_t length = 0;
    if (!snappy::GetUncompressedLength(packed.data(), packed.size(), &length)) return false;
    if (!hold.grow_to(length)) {
      unpacking.limit(*origin, "memory for a block");
      return false;
    }
    if (!snappy::Uncompress(packed.data(), packed.size(), &store)) return false;
    size = length;
  } else if (type == 2) {
    const container::Inflated inflated =
        container::inflate(packed, container::Compression::zstd, unpacking.may_hold() / 2);
    if (inflated.outcome != container::Inflated::Outcome::whole) return false;
    store = inflated.bytes;
    size = store.size();
  } else {
    return false;
  }
  block = store;
  return unpacking.take_bytes(size, *origin);
}

void damaged(Unpacking& unpacking, const OriginPtr& origin, std::string reason) {
  unpacking.gap(GapKind::unreadable, "damaged", *origin, std::move(reason));
}

// Internal keys end in a sequence number and a type, 0 = deleted.
void deliver_internal(Unpacking& unpacking, std::string_view key, std::string_view value,
                      const OriginPtr& origin, int depth) {
  if (key.size() >= kSequenceAndType) {
    const bool gone = key[key.size() - kSequenceAndType] == 0;
    deliver_entry(unpacking, key.substr(0, key.size() - kSequenceAndType), value, gone, origin, depth);
  } else {
    deliver_entry(unpacking, key, value, false, origin, depth);
  }
}

// A write batch: sequence (8), count (4), then records of a type byte and length-prefixed key and
// value. False at the first byte that does not fit.
bool read_batch(Unpacking& unpacking, std::string_view batch, const OriginPtr& origin, int depth) {
  if (batch.size() < 12) return false;
  batch.remove_prefix(12);
  while (!batch.empty() && !unpacking.exhausted()) {
    const char type = batch[0];
    batch.remove_prefix(1);
    if (type != 0 && type != 1) return false;
    std::uint64_t size = 0;
    if (!take(batch, size) || size > batch.size()) return false;
    const std::string_view key = batch.substr(0, size);
    batch.remove_prefix(size);
    std::string_view value;
    if (type == 1) {
      if (!take(batch, size) || size > batch.size()) return false;
      value = batch.substr(0, size);
      batch.remove_prefix(size);
    }
    deliver_entry(unpacking, key, value, type == 0, origin, depth);
  }
  return true;
}

}  // namespace

bool is_leveldb_table(std::string_view last_bytes) {
  return last_bytes.size() >= kTableFooter && last_bytes.substr(last_bytes.size() - 8) == kTableMagic;
}

bool may_be_leveldb_log(std::string_view first_bytes) {
  if (first_bytes.size() < kLogHeader) return false;
  const auto type = static_cast<unsigned char>(first_bytes[6]);
  const std::size_t length = static_cast<unsigned char>(first_bytes[4]) |
                             static_cast<std::size_t>(static_cast<unsigned char>(first_bytes[5])) << 8;
  return (type == 1 || type == 2) && length > 0 && length <= kLogBlock - kLogHeader &&
         (type == 1 || length == kLogBlock - kLogHeader);
}

void read_leveldb_table(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin,
                        int depth) {
  ++unpacking.coverage().databases;
  if (!is_leveldb_table(bytes)) return damaged(unpacking, origin, "a LevelDB table without its footer");
  std::string_view footer = bytes.substr(bytes.size() - kTableFooter);
  Handle meta;
  Handle index;
  std::string index_store;
  std::string_view index_block;
  Unpacking::Hold index_hold(unpacking);
  if (!take_handle(footer, meta) || !take_handle(footer, index) ||
      !load_block(unpacking, bytes, index, index_store, index_block, origin, index_hold)) {
    return damaged(unpacking, origin, "the index of a LevelDB table cannot be read");
  }
  std::uint64_t bad = 0;
  // A hostile index names one block many times; what is unpacked is counted in load_block, plain
  // blocks here.
  std::uint64_t plain_left = bytes.size();
  Unpacking::Hold hold(unpacking);
  std::string store;
  const bool whole = read_block(index_block, [&](std::string_view, std::string_view value) {
    Handle handle;
    std::string_view block;
    if (unpacking.exhausted()) return false;
    if (!take_handle(value, handle) ||
        !load_block(unpacking, bytes, handle, store, block, origin, hold)) {
      ++bad;
      return true;
    }
    if (block.data() != store.data()) {
      if (block.size() > plain_left) return false;
      plain_left -= block.size();
    }
    const bool good = read_block(block, [&](std::string_view key, std::string_view entry) {
      deliver_internal(unpacking, key, entry, origin, depth);
      return !unpacking.exhausted();
    });
    if (!good) ++bad;
    return true;
  });
  if (bad > 0 || !whole) damaged(unpacking, origin, "blocks of a LevelDB table cannot be read");
}

void read_leveldb_log(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  ++unpacking.coverage().databases;
  const std::string_view name =
      origin->inside.empty() ? std::string_view(origin->path) : origin->inside.back().name;
  const bool manifest = name.substr(name.rfind('/') + 1).substr(0, 9) == "MANIFEST-";
  std::string record;
  bool in_record = false;
  bool broken = false;
  const auto deliver_record = [&](std::string_view whole) {
    // A manifest's records are no batches, but hold the first and last key of every table.
    if (manifest) {
      unpacking.deliver(whole, inside(*origin, {Inside::Kind::key_value, "(manifest)", "", ""}));
    } else if (!read_batch(unpacking, whole, origin, depth)) {
      broken = true;
      // In the file's raw bytes a record over two blocks has a header in its midst.
      unpacking.deliver(whole, inside(*origin, {Inside::Kind::key_value, "(record)", "", ""}));
    }
  };
  for (std::size_t block = 0; block < bytes.size() && !unpacking.exhausted(); block += kLogBlock) {
    std::string_view rest = bytes.substr(block, kLogBlock);
    while (rest.size() > kLogHeader && !unpacking.exhausted()) {
      const std::size_t length = static_cast<unsigned char>(rest[4]) |
                                 static_cast<std::size_t>(static_cast<unsigned char>(rest[5])) << 8;
      const auto type = static_cast<unsigned char>(rest[6]);
      if (type == 0 && length == 0) break;  // space that was set aside and never written
      if (type < 1 || type > 4 || length > rest.size() - kLogHeader) {
        // The last record of a log in use may be half written; that is no damage worth a note, but
        // its bytes are a batch's beginning.
        if (block + kLogBlock >= bytes.size() && type >= 1 && type <= 4) {
          record.append(rest.substr(kLogHeader));
          if (record.size() >= 12) read_batch(unpacking, record, origin, depth);
          return;
        }
        broken = true;
        break;
      }
      const std::string_view part = rest.substr(kLogHeader, length);
      rest.remove_prefix(kLogHeader + length);
      if (type == 1) {
        deliver_record(part);
        in_record = false;
        record.clear();
      } else if (type == 2) {
        record = part;
        in_record = true;
      } else {
        // Without its beginning a middle part is still text.
        if (!in_record) {
          broken = true;
          unpacking.deliver(part, inside(*origin, {Inside::Kind::key_value, "(fragment)", "", ""}));
          continue;
        }
        record += part;
        if (type == 4) {
          deliver_record(record);
          in_record = false;
          record.clear();
        }
      }
    }
  }
  if (in_record && record.size() >= 12) read_batch(unpacking, record, origin, depth);
  if (broken) damaged(unpacking, origin, "records of a LevelDB log cannot be read");
}

}  // namespace kimiguard::store

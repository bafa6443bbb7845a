#include "scanner/source/store/sqlite_pages.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "scanner/source/store/sqlite_freed.h"
#include "scanner/source/store/sqlite_record.h"

namespace kimiguard::store {
namespace {

using container::inside;
using container::OriginPtr;
using container::PieceWriter;
using container::Unpacking;

constexpr std::uint64_t kLargestRecord = 16ULL << 20;
constexpr std::size_t kLargestSchema = 100;  // bytes of the database header

std::uint32_t be32(const char* p) { return big_endian_32(p); }
std::uint32_t be16(const char* p) { return big_endian_16(p); }

struct Geometry {
  std::uint32_t page_size = 0;
  std::uint32_t usable = 0;
  std::uint32_t pages = 0;
};

bool plausible_page_size(std::uint32_t size) {
  return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

bool read_geometry(const Bytes& database, Geometry& geometry) {
  char header[kLargestSchema];
  if (!database.read(0, header, sizeof header)) return false;
  geometry.page_size = be16(header + 16) == 1 ? 65536 : be16(header + 16);
  const auto reserved = static_cast<unsigned char>(header[20]);
  if (!plausible_page_size(geometry.page_size)) return false;
  geometry.usable = geometry.page_size - reserved;
  geometry.pages = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(database.size / geometry.page_size, 0xFFFFFFFEu));
  return geometry.usable >= 480 && geometry.pages > 0;
}

// Where a page's bytes are found: in the log's newest frame so far, else in the database.
class PageReader {
 public:
  PageReader(const Bytes& database, Geometry geometry) : database_(database), geometry_(geometry) {}
  const Geometry& geometry() const { return geometry_; }
  void put_over(const Bytes* wal, std::uint32_t page, std::uint64_t offset) {
    wal_ = wal;
    over_[page] = offset;
  }
  bool read(std::uint32_t page, std::string& into) const {
    if (page == 0) return false;
    into.resize(geometry_.page_size);
    if (const auto frame = over_.find(page); wal_ && frame != over_.end()) {
      return wal_->read(frame->second, into.data(), into.size());
    }
    return page <= geometry_.pages &&
           database_.read(std::uint64_t{page - 1} * geometry_.page_size, into.data(), into.size());
  }

 private:
  const Bytes& database_;
  Geometry geometry_;
  const Bytes* wal_ = nullptr;
  std::unordered_map<std::uint32_t, std::uint64_t> over_;
};

// Four bytes, or 0 behind the end: no page has that number.
std::uint32_t be32_at(std::string_view page, std::size_t at) {
  return at + 4 <= page.size() ? be32(page.data() + at) : 0;
}

// A record too large to be taken apart in memory: its bytes one after the other, columns and all.
void stream_record(const PageReader& pages, std::string_view start, std::uint64_t payload,
                   std::uint32_t next, Unpacking& unpacking, const OriginPtr& origin) {
  PieceWriter writer(unpacking, origin);
  writer.append(start);
  std::string page;
  std::uint64_t left = payload - std::min<std::uint64_t>(payload, start.size());
  while (next != 0 && left > 0 && pages.read(next, page)) {
    const std::uint64_t part = std::min<std::uint64_t>(left, pages.geometry().usable - 4);
    if (!unpacking.take_bytes(part, *origin)) break;
    writer.append(std::string_view(page).substr(4, part));
    left -= part;
    next = be32(page.data());
  }
  writer.finish();
}

// Every record of a b-tree page that holds any. Pages of other kinds are left alone.
void read_leaf(const PageReader& pages, std::uint32_t number, std::string_view page,
               Unpacking& unpacking, const OriginPtr& origin, std::string_view label,
               const Value& value) {
  const Geometry& geometry = pages.geometry();
  const std::size_t start = number == 1 ? kLargestSchema : 0;
  if (page.size() < start + 12) return;
  const auto type = static_cast<unsigned char>(page[start]);
  const bool table_leaf = type == 0x0D;
  const bool index_leaf = type == 0x0A;
  const bool index_interior = type == 0x02;
  if (!table_leaf && !index_leaf && !index_interior) return;
  const std::size_t pointers = start + (index_interior ? 12 : 8);
  const std::size_t cells = be16(page.data() + start + 3);
  const std::uint64_t usable = geometry.usable;
  const std::uint64_t most = table_leaf ? usable - 35 : (usable - 12) * 64 / 255 - 23;
  const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
  const std::string name = "(" + std::string(label) + " " + std::to_string(number) + ")";
  std::string record;
  std::string overflow;
  for (std::size_t i = 0; i < cells && pointers + 2 * i + 2 <= page.size() && !unpacking.exhausted();
       ++i) {
    std::size_t at = be16(page.data() + pointers + 2 * i);
    if (at >= usable || at < pointers) continue;
    if (index_interior) at += 4;
    if (at >= usable) continue;
    std::uint64_t payload = 0;
    std::uint64_t rowid = 0;
    std::size_t used = varint(page.substr(at, usable - at), payload);
    if (used == 0 || payload == 0) continue;
    at += used;
    if (table_leaf) {
      used = varint(
          page.substr(std::min<std::size_t>(at, usable), usable - std::min<std::size_t>(at, usable)),
          rowid);
      if (used == 0) continue;
      at += used;
    }
    std::uint64_t local = payload;
    if (payload > most) {
      const std::uint64_t wanted = least + (payload - least) % (usable - 4);
      local = wanted <= most ? wanted : least;
    }
    if (at >= usable) continue;
    record.assign(page.substr(at, std::min<std::uint64_t>(local, usable - at)));
    if (payload > kLargestRecord) {
      stream_record(
          pages, record, payload, be32_at(page, at + local), unpacking,
          inside(*origin, {Inside::Kind::table_cell, name, std::to_string(rowid), "(record)"}));
      continue;
    }
    if (payload > local && at + local + 4 <= usable) {
      std::uint32_t next = be32(page.data() + at + local);
      while (next != 0 && record.size() < payload && pages.read(next, overflow)) {
        const std::uint64_t part = std::min<std::uint64_t>(payload - record.size(), usable - 4);
        record.append(overflow, 4, part);
        next = be32(overflow.data());
      }
      // A hostile page makes many cells share one long chain: what is gathered counts as unpacked.
      if (!unpacking.take_bytes(record.size(), *origin)) return;
    }
    deliver_columns(columns_of(record), unpacking, origin, name,
                    table_leaf ? std::to_string(static_cast<std::int64_t>(rowid)) : std::string(), value);
  }
}

}  // namespace

void salvage_pages(Unpacking& unpacking, const Bytes& database, const OriginPtr& origin,
                   const Value& value) {
  Geometry geometry;
  if (!read_geometry(database, geometry)) return;
  const PageReader pages(database, geometry);
  std::string page;
  for (std::uint32_t number = 1; number <= geometry.pages && !unpacking.exhausted(); ++number) {
    if (!pages.read(number, page)) return;
    read_leaf(pages, number, page, unpacking, origin, "page", value);
  }
}

void salvage_wal(Unpacking& unpacking, const Bytes& wal, const Bytes& database, const OriginPtr& origin,
                 const Value& value) {
  constexpr std::uint64_t kHeader = 32;
  constexpr std::uint64_t kFrameHeader = 24;
  char header[kHeader];
  if (!wal.read(0, header, sizeof header) || (be32(header) & 0xFFFFFFFEu) != 0x377F0682u) return;
  Geometry geometry;
  geometry.page_size = be32(header + 8);
  if (!plausible_page_size(geometry.page_size)) return;
  geometry.usable = geometry.page_size;
  if (Geometry own; read_geometry(database, own) && own.page_size == geometry.page_size) geometry = own;
  PageReader pages(database, geometry);
  struct Frame {
    std::uint32_t page;
    std::uint64_t offset;
  };
  std::vector<Frame> transaction;
  std::string page;
  const auto read_transaction = [&] {
    for (const Frame& frame : transaction) {
      page.resize(geometry.page_size);
      if (unpacking.exhausted() || !wal.read(frame.offset, page.data(), page.size())) break;
      read_leaf(pages, frame.page, page, unpacking, origin, "log page", value);
      read_free_space(unpacking, page, frame.page, geometry.usable, PageUse::b_tree, origin, "log page", value);
    }
    transaction.clear();
  };
  // Salts and checksums are not asked: frames of earlier rounds lie behind the valid ones and hold
  // what was overwritten since. A record's overflow pages are looked up among its transaction's
  // frames first.
  for (std::uint64_t at = kHeader;
       at + kFrameHeader + geometry.page_size <= wal.size && !unpacking.exhausted();
       at += kFrameHeader + geometry.page_size) {
    char frame[kFrameHeader];
    if (!wal.read(at, frame, sizeof frame)) break;
    const std::uint32_t number = be32(frame);
    if (number == 0) continue;
    pages.put_over(&wal, number, at + kFrameHeader);
    transaction.push_back({number, at + kFrameHeader});
    if (be32(frame + 4) != 0 || transaction.size() >= 65536) read_transaction();
  }
  read_transaction();
}

namespace {

constexpr std::uint64_t kRecordRest = 8;  // page number before, checksum behind
constexpr std::uint32_t kMostPages = 1u << 26;  // of a database whose journal is believed without a header

// Where the records of a journal begin, and how large its pages are.
struct JournalShape {
  std::uint64_t sector = 512;
  std::uint32_t page_size = 0;
};

// Whether a page image stands at `at` of a journal: its number, then the beginning of a b-tree page or of the database.
bool page_record_at(const Bytes& journal, std::uint64_t at) {
  char start[24];
  if (!journal.read(at, start, sizeof start)) return false;
  const std::uint32_t number = be32(start);
  const auto type = static_cast<unsigned char>(start[4]);
  return number != 0 && number < 0x7FFFFFFF && (type == 0x0D || type == 0x0A || type == 0x05 || type == 0x02 || (number == 1 && type == 'S'));
}

// As the header tells, if it is still there, else as the database does, else as the records lie.
JournalShape shape_of(const Bytes& journal, const Geometry& database) {
  JournalShape shape;
  char header[28];
  if (!journal.read(0, header, sizeof header)) return shape;
  if (header[0] != '\0') {
    const std::uint32_t sector = be32(header + 20);
    if (sector >= 32 && sector <= 65536) shape.sector = sector;
    if (plausible_page_size(be32(header + 24))) shape.page_size = be32(header + 24);
  }
  if (shape.page_size == 0) shape.page_size = database.page_size;
  if (header[0] == '\0' && shape.page_size != 0 && !page_record_at(journal, shape.sector)) shape.sector = 4096;
  if (shape.page_size != 0) return shape;
  for (const std::uint64_t sector : {512u, 4096u}) {
    if (!page_record_at(journal, sector)) continue;
    for (std::uint32_t size = 512; size <= 65536; size *= 2) {
      if (journal.size < sector + size + kRecordRest || (journal.size - sector) % (size + kRecordRest) != 0) continue;
      bool all = true;
      for (std::uint64_t at = sector; all && at < journal.size; at += size + kRecordRest) {
        char number[4];
        all = journal.read(at, number, sizeof number) && be32(number) != 0 && be32(number) < kMostPages;
      }
      if (all) return {sector, size};
    }
  }
  return shape;
}

}  // namespace

void salvage_journal(Unpacking& unpacking, const Bytes& journal, const Bytes& database, const OriginPtr& origin, const Value& value) {
  Geometry geometry;
  const bool known = read_geometry(database, geometry);
  const JournalShape shape = shape_of(journal, geometry);
  if (shape.page_size == 0) return;
  if (!known || geometry.page_size != shape.page_size) geometry = {shape.page_size, shape.page_size, 0};
  PageReader pages(database, geometry);
  struct Image {
    std::uint32_t page;
    std::uint64_t offset;
  };
  std::vector<Image> images;
  for (std::uint64_t at = shape.sector; at + kRecordRest + shape.page_size <= journal.size && images.size() < (1u << 20);) {
    char number[8];
    if (!journal.read(at, number, sizeof number)) break;
    // The header of a further part, at the beginning of a sector.
    if (at % shape.sector == 0 && std::string_view(number, sizeof number) == std::string_view("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8)) {
      at += shape.sector;
      continue;
    }
    // Behind the last record of a part the next one waits for a new sector.
    if (be32(number) == 0 || be32(number) >= 0x7FFFFFFF) {
      at += shape.sector - at % shape.sector;
      continue;
    }
    images.push_back({be32(number), at + 4});
    at += kRecordRest + shape.page_size;
  }
  for (const Image& image : images) pages.put_over(&journal, image.page, image.offset);
  std::string page;
  for (const Image& image : images) {
    page.resize(shape.page_size);
    if (unpacking.exhausted() || !journal.read(image.offset, page.data(), page.size())) return;
    read_leaf(pages, image.page, page, unpacking, origin, "journal page", value);
    read_free_space(unpacking, page, image.page, geometry.usable, PageUse::b_tree, origin, "journal page", value);
  }
}

void read_free_pages(Unpacking& unpacking, const Bytes& database, const OriginPtr& origin, const Value& value) {
  Geometry geometry;
  if (!read_geometry(database, geometry)) return;
  const PageReader pages(database, geometry);
  char header[kLargestSchema];
  if (!database.read(0, header, sizeof header)) return;

  // One byte a page: not free, trunk of the free list, leaf of it.
  enum : char { in_use, trunk, leaf };
  std::vector<char> state(std::size_t{geometry.pages} + 1, in_use);
  std::string page;
  std::uint32_t free_pages = 0;
  for (std::uint32_t at = be32(header + 32); at != 0 && at <= geometry.pages && state[at] == in_use;) {
    state[at] = trunk;
    ++free_pages;
    if (!pages.read(at, page)) break;
    const std::uint32_t leaves = std::min(be32(page.data() + 4), geometry.usable / 4 - 2);
    for (std::uint32_t i = 0; i < leaves; ++i) {
      const std::uint32_t number = be32(page.data() + 8 + 4 * std::size_t{i});
      if (number == 0 || number > geometry.pages || state[number] != in_use) continue;
      state[number] = leaf;
      ++free_pages;
    }
    at = be32(page.data());
  }

  for (std::uint32_t number = 1; number <= geometry.pages && !unpacking.exhausted(); ++number) {
    if (!pages.read(number, page)) break;
    const PageUse use = state[number] == in_use ? PageUse::b_tree : PageUse::free;
    read_free_space(unpacking, page, number, geometry.usable, use, origin, "page", value);
  }
  if (free_pages == 0) return;

  // A page that was one of a value's overflow pages still begins with the number of the next one. A
  // trunk's link is overwritten; pages of one value mostly follow each other, so the next is tried.
  std::vector<std::uint32_t> next(state.size(), 0);
  std::vector<char> has_previous(state.size(), 0);
  for (std::uint32_t number = 1; number <= geometry.pages; ++number) {
    if (state[number] == in_use) continue;
    if (!pages.read(number, page)) break;
    std::uint32_t follower = state[number] == leaf ? be32(page.data()) : number + 1;
    if (follower == 0 || follower > geometry.pages || state[follower] == in_use ||
        has_previous[follower])
      continue;
    next[number] = follower;
    has_previous[follower] = 1;
  }

  // What stood before a chain's first page: the rest of its cell, somewhere in the free space of a
  // page in use (or of another free page that was a leaf), ending in the chain's page number.
  constexpr std::size_t kBefore = 4096;
  struct Spot {
    std::uint32_t page = 0;
    std::uint32_t end = 0;
  };
  std::vector<Spot> before(state.size());
  for (std::uint32_t number = 1; number <= geometry.pages && free_pages > 0; ++number) {
    if (!pages.read(number, page)) break;
    const auto type = static_cast<unsigned char>(page[number == 1 ? kLargestSchema : 0]);
    if (type != 0x0D && type != 0x0A && type != 0x02) continue;
    for (std::size_t i = 8; i + 4 <= geometry.usable; ++i) {
      const std::uint32_t target = be32(page.data() + i);
      if (target == 0 || target > geometry.pages || state[target] == in_use || has_previous[target])
        continue;
      if (before[target].page == 0) before[target] = {number, static_cast<std::uint32_t>(i)};
    }
  }

  for (std::uint32_t number = 1; number <= geometry.pages && !unpacking.exhausted(); ++number) {
    if (state[number] == in_use || has_previous[number]) continue;
    const Spot ahead = before[number];
    if (ahead.page == 0 && next[number] == 0) continue;  // one page: the raw bytes show it
    PieceWriter writer(unpacking, inside(*origin, {Inside::Kind::table_cell, "(free pages)",
                                                   "page " + std::to_string(number), ""}));
    if (ahead.page != 0 && pages.read(ahead.page, page)) {
      const std::size_t part = std::min<std::size_t>(ahead.end, kBefore);
      writer.append(std::string_view(page).substr(ahead.end - part, part));
    }
    for (std::uint32_t at = number; at != 0 && !unpacking.exhausted();) {
      if (!pages.read(at, page) || !unpacking.take_bytes(geometry.usable, *origin)) break;
      writer.append(std::string_view(page).substr(4, geometry.usable - 4));
      at = next[at];
    }
    writer.finish();
  }
}

}  // namespace kimiguard::store

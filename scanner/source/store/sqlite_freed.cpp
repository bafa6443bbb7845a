#include "scanner/source/store/sqlite_freed.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "scanner/core/span.h"
#include "scanner/source/store/sqlite_record.h"

namespace kimiguard::store {
namespace {

using container::inside;
using container::OriginPtr;
using container::Unpacking;

constexpr std::size_t kSchema = 100;      // bytes of the database header, on page 1
constexpr std::size_t kShortest = 40;     // a run of letters and digits that may be a key
constexpr std::size_t kMark = 4;          // bytes that a free block begins with
// Bounds against pages that lie: bytes of a record's header (tables have few columns), of a row that is looked for in one
// page, and cells that a joined block is tried to end at.
constexpr std::size_t kMostHeader = 256;
constexpr std::uint64_t kLargestRow = 1 << 20;
constexpr std::ptrdiff_t kMostEnds = 8;

bool is_letter(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; }

// Most free space is zeros or rows of numbers: only a long word is worth more questions. In UTF-16 every second byte.
bool holds_long_word(std::string_view bytes) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}}) {
    const std::size_t reach = kShortest * step;
    for (std::size_t first = 0; first < step; ++first) {
      for (std::size_t at = first + (kShortest - 1) * step; at < bytes.size(); at += reach) {
        if (!is_letter(bytes[at])) continue;
        std::size_t begin = at;
        while (begin >= first + step && is_letter(bytes[begin - step])) begin -= step;
        std::size_t end = at + step;
        while (end < bytes.size() && is_letter(bytes[end])) end += step;
        if ((end - begin) / step >= kShortest) return true;
      }
    }
  }
  return false;
}

// Stretches of a page that no cell in use has. A lying header gives other stretches, never bytes outside the page.
std::vector<Span> free_stretches(std::string_view page, std::size_t start, std::uint32_t usable) {
  std::vector<Span> free;
  const auto type = static_cast<unsigned char>(page[start]);
  const bool interior = type == 0x05 || type == 0x02;
  if (!interior && type != 0x0D && type != 0x0A) return free;
  const std::size_t cells = big_endian_16(page.data() + start + 3);
  std::size_t content = big_endian_16(page.data() + start + 5);
  if (content == 0) content = 65536;
  const std::size_t pointers_end = start + (interior ? 12 : 8) + 2 * cells;
  if (pointers_end < content) free.push_back({pointers_end, std::min<std::size_t>(content, usable)});
  std::size_t block = big_endian_16(page.data() + start + 1);
  for (std::size_t last = 0; block > last && block + 4 <= usable;) {
    const std::size_t size = big_endian_16(page.data() + block + 2);
    free.push_back({block, std::min<std::size_t>(usable, block + std::max<std::size_t>(size, 4))});
    last = block;
    block = big_endian_16(page.data() + block);
  }
  return free;
}

// The columns that `header` describes from `types` on; their values begin where it ends. Nothing where it is no header, or
// none of its columns can hold a key.
struct Row {
  std::string rowid;
  std::vector<Column> columns;
  std::size_t end = 0;  // of the last value; may lie behind the free space
};

std::optional<Row> row_of(std::string_view bytes, std::size_t types, std::size_t values, std::string rowid = {}) {
  Row row;
  row.rowid = std::move(rowid);
  bool long_one = false;
  std::uint64_t end = values;
  std::size_t number = 0;
  for (std::size_t at = types; at < values; ++number) {
    std::uint64_t type = 0;
    const std::size_t used = varint(bytes.substr(at, values - at), type);
    if (used == 0 || type == 10 || type == 11) return std::nullopt;
    at += used;
    const std::uint64_t size = size_of_type(type);
    if (size > kLargestRow) return std::nullopt;
    if (holds_bytes(type) && end < bytes.size() && size > 0) row.columns.push_back({number, bytes.substr(end, size)});
    long_one = long_one || (holds_bytes(type) && size >= kShortest);
    end += size;
  }
  if (!long_one || end - values > kLargestRow) return std::nullopt;
  row.end = end;
  return row;
}

// A whole cell: payload length, rowid (of a table, not of an index), and a record as long as the payload.
std::optional<Row> whole_cell(std::string_view bytes, std::size_t at, bool table) {
  std::uint64_t payload = 0, rowid = 0, header = 0;
  std::size_t used = varint(bytes.substr(at), payload);
  if (used == 0 || payload < 2 || payload > kLargestRow) return std::nullopt;
  at += used;
  if (table) {
    used = varint(bytes.substr(at), rowid);
    if (used == 0) return std::nullopt;
    at += used;
  }
  used = varint(bytes.substr(at), header);
  if (used == 0 || header <= used || header > kMostHeader || header >= payload || at + header > bytes.size()) return std::nullopt;
  auto row = row_of(bytes, at + used, at + header, table ? std::to_string(static_cast<std::int64_t>(rowid)) : std::string());
  return row && row->end == at + payload ? row : std::nullopt;
}

// What is left behind the four bytes at `at`, where the cell ends at `end`: types, or the header's length and types.
std::optional<Row> beheaded_cell(std::string_view bytes, std::size_t at, std::size_t end) {
  const std::size_t left = at + kMark;
  std::uint64_t header = 0;
  if (const std::size_t used = varint(bytes.substr(left), header); used != 0 && header > used && header <= kMostHeader && left + header < end)
    if (auto row = row_of(bytes, left + used, left + header); row && row->end == end) return row;
  for (std::size_t values = left + 1; values < end && values - left <= kMostHeader; ++values) {
    if ((static_cast<unsigned char>(bytes[values - 1]) & 0x80) != 0) continue;  // a number goes on
    auto row = row_of(bytes, left, values);
    if (row && row->end == end) return row;
  }
  return std::nullopt;
}

// From right to left: cells end where others begin.
class FreeSpace {
 public:
  explicit FreeSpace(std::string_view bytes) : bytes_(bytes), ends_{bytes.size()} {
    std::vector<bool> is_end(bytes.size() + 1);
    is_end[bytes.size()] = true;
    for (std::size_t at = bytes.size(); at-- > 0;) {
      std::optional<Row> row = whole_cell(bytes, at, true);
      if (!row) row = whole_cell(bytes, at, false);
      if (!row && at + kMark + kShortest < bytes.size()) {
        const std::size_t block = at + big_endian_16(bytes.data() + at + 2);
        if (block <= at + kMark || block > bytes.size() || !is_end[block]) continue;
        // Of joined blocks the nearest end that fits is this cell's.
        for (auto end = ends_.rbegin(); !row && end != ends_.rend() && *end <= block && ends_.rend() - end < kMostEnds; ++end)
          row = beheaded_cell(bytes, at, *end);
        if (row || block < bytes.size()) note_end(at, is_end);
      } else if (row) {
        note_end(at, is_end);
      }
      if (row) rows_.push_back({at, std::move(*row)});
    }
    std::reverse(rows_.begin(), rows_.end());
  }

  const std::vector<std::pair<std::size_t, Row>>& rows() const { return rows_; }

  // What no row has.
  std::vector<std::string_view> rest() const {
    std::vector<std::string_view> rest;
    std::size_t done = 0;
    for (const auto& [begin, row] : rows_) {
      if (begin > done && done <= bytes_.size()) rest.push_back(bytes_.substr(done, begin - done));
      done = std::max(done, std::min(row.end, bytes_.size()));
    }
    rest.push_back(bytes_.substr(done));
    return rest;
  }

 private:
  void note_end(std::size_t at, std::vector<bool>& is_end) {
    is_end[at] = true;
    ends_.push_back(at);
  }

  std::string_view bytes_;
  std::vector<std::size_t> ends_;  // falling
  std::vector<std::pair<std::size_t, Row>> rows_;
};

}  // namespace

void read_free_space(Unpacking& unpacking, std::string_view page, std::uint32_t number, std::uint32_t usable, PageUse use,
                     const OriginPtr& origin, const std::string& label, const Value& value) {
  const std::size_t start = number == 1 ? kSchema : 0;
  if (usable > page.size() || page.size() < start + 12) return;
  std::string name = "(free space of ";
  name.append(label).append(" ").append(std::to_string(number)).append(")");
  const std::vector<Span> stretches = use == PageUse::free ? std::vector<Span>{{0, usable}} : free_stretches(page, start, usable);
  for (const Span stretch : stretches) {
    if (stretch.begin >= stretch.end || stretch.end > page.size()) continue;  // the page lies about its free space
    const std::string_view bytes = page.substr(stretch.begin, stretch.size());
    if (unpacking.exhausted()) return;
    if (!holds_long_word(bytes)) continue;
    const FreeSpace space(bytes);
    for (const auto& [begin, row] : space.rows()) {
      // What many lying cells share of one page counts as unpacked.
      if (!unpacking.take_bytes(std::min(row.end, bytes.size()) - begin, *origin)) return;
      deliver_columns(row.columns, unpacking, origin, name, row.rowid, value);
    }
    for (const std::string_view values : space.rest()) {
      if (!holds_long_word(values) || unpacking.exhausted()) continue;
      unpacking.deliver_joined(values, inside(*origin, {Inside::Kind::table_cell, name, "", ""}));
    }
  }
}

}  // namespace kimiguard::store

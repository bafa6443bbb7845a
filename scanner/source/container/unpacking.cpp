#include "scanner/source/container/unpacking.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kimiguard::container {
namespace {

// Bytes of ASCII that `bytes` begin with, as far as whole sixty-fours go: a member without line ends is one long line.
std::size_t ascii_start(std::string_view bytes) {
  std::size_t done = 0;
  for (; done + 64 <= bytes.size(); done += 64) {
    std::uint64_t words[8];
    std::memcpy(words, bytes.data() + done, sizeof words);
    std::uint64_t all = 0;
    for (const std::uint64_t word : words) all |= word;
    if ((all & 0x8080808080808080u) != 0) break;
  }
  return done;
}

// Moves a position over `bytes`: lines end at \n, a column is a code point, an invalid byte counts
// one (design §4).
void advance(std::string_view bytes, std::uint64_t& line, std::uint64_t& column) {
  if (bytes.empty()) return;
  // string_view::rfind goes byte by byte.
  if (const void* newline = ::memrchr(bytes.data(), '\n', bytes.size()); newline != nullptr) {
    const auto after_newline = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
    line += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    column = 1;
    bytes.remove_prefix(after_newline + 1);
  }
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (const std::size_t ascii = ascii_start(bytes.substr(i)); ascii > 0) {
      i += ascii;
      column += ascii;
      continue;
    }
    const auto lead = static_cast<unsigned char>(bytes[i]);
    std::size_t length = lead < 0x80                   ? 1
                         : lead >= 0xF0 && lead < 0xF5 ? 4
                         : lead >= 0xE0                ? 3
                         : lead >= 0xC2                ? 2
                                                       : 1;
    if (lead >= 0xF5) length = 1;
    std::size_t good = 1;
    while (good < length && i + good < bytes.size() &&
           (static_cast<unsigned char>(bytes[i + good]) & 0xC0) == 0x80) {
      ++good;
    }
    i += good == length ? length : 1;
    ++column;
  }
}

}  // namespace

OriginPtr inside(const Origin& outer, Inside level) {
  auto origin = std::make_shared<Origin>(outer);
  origin->inside.push_back(std::move(level));
  return origin;
}

std::string place_of(const Origin& origin) {
  std::string place = origin.path;
  for (const Inside& level : origin.inside) {
    place += "!/";
    place += level.name;
    if (level.kind == Inside::Kind::table_cell) {
      if (!level.row.empty()) place += "[" + level.row + "]";
      if (!level.column.empty()) place += "." + level.column;
    }
  }
  return place;
}

Unpacking::Unpacking(const Limits& limits, const Sink& sink, Opener opener, Prober prober)
    : limits_(limits), sink_(sink), opener_(std::move(opener)), prober_(std::move(prober)) {}

void Unpacking::gap(GapKind kind, std::string code, const Origin& origin, std::string reason) {
  ++gap_count_;
  if (coverage_.gaps.size() < limits_.gaps) {
    coverage_.gaps.push_back({kind, std::move(code), place_of(origin), std::move(reason), 1});
    return;
  }
  const std::string key = std::string(name(kind)) + ' ' + code;
  auto [entry, fresh] = overflowing_.try_emplace(key, coverage_.gaps.size());
  if (fresh) {
    coverage_.gaps.push_back({kind, std::move(code), origin.path, "further places inside it", 1});
  } else {
    ++coverage_.gaps[entry->second].count;
  }
}

void Unpacking::limit(const Origin& origin, std::string_view limit_name) {
  gap(GapKind::unreadable, "limit", origin, "the limit for " + std::string(limit_name) + " was reached");
}

bool Unpacking::take_member(const Origin& origin) {
  if (exhausted_) return false;
  if (++members_ <= limits_.members) return true;
  exhausted_ = true;
  limit(origin, "the number of members");
  return false;
}

bool Unpacking::take_bytes(std::uint64_t bytes, const Origin& origin) {
  if (exhausted_) return false;
  total_ += bytes;
  const bool bomb = is_bomb(total_);
  if (total_ <= limits_.total_bytes && !bomb) return true;
  exhausted_ = true;
  limit(origin, bomb ? "unpacked bytes for each packed byte" : "all unpacked bytes");
  return false;
}

void Unpacking::deliver_piece(const Document& document, std::size_t again) {
  coverage_.bytes += document.bytes.size() - std::min<std::uint64_t>(again, document.bytes.size());
  sink_(document);
}

void Unpacking::deliver(std::string_view bytes, const OriginPtr& origin, std::string_view context) {
  if (bytes.size() <= limits_.piece_bytes) {
    Document document;
    document.bytes = bytes;
    document.origin = origin;
    document.context = context;
    deliver_piece(document, 0);
    return;
  }
  std::uint64_t line = 1;
  std::uint64_t column = 1;
  std::size_t begin = 0;
  std::size_t seen = 0;
  while (true) {
    const std::size_t end = std::min<std::size_t>(bytes.size(), begin + limits_.piece_bytes);
    Document document;
    document.bytes = bytes.substr(begin, end - begin);
    document.origin = origin;
    document.offset = begin;
    document.line = line;
    document.column = column;
    document.seen = seen - seen / 2;
    document.whole = false;
    document.context = context;
    const std::size_t next = end == bytes.size() ? end : end - std::min<std::size_t>(limits_.overlap_bytes, (end - begin) / 2);
    document.later = (end - next) / 2;
    deliver_piece(document, seen);
    if (end == bytes.size()) return;
    advance(bytes.substr(begin, next - begin), line, column);
    seen = end - next;
    begin = next;
  }
}

void Unpacking::deliver_joined(std::string_view bytes, const OriginPtr& origin) {
  Document document;
  document.bytes = bytes;
  document.origin = origin;
  document.joined = true;
  deliver_piece(document, 0);
}

void Unpacking::deliver_and_open(std::string_view bytes, const OriginPtr& origin, int depth,
                                 std::string_view context) {
  const std::string_view name =
      origin->inside.empty() ? std::string_view(origin->path) : origin->inside.back().name;
  Opened opened = Opened::no;
  if (opener_ && !exhausted_ && looks_nested(bytes.substr(0, 4096), name)) {
    if (depth >= limits_.depth) {
      limit(*origin, "containers inside containers");
    } else {
      opened = opener_(*this, bytes, origin, depth);
    }
  }
  if (opened != Opened::complete) deliver(bytes, origin, context);
}

bool Unpacking::looks_nested(std::string_view first_bytes, std::string_view name) const {
  return prober_ && prober_(first_bytes, name);
}

bool Unpacking::Hold::grow_to(std::uint64_t bytes) {
  if (bytes <= bytes_) return true;
  if (bytes - bytes_ > unpacking_.may_hold()) return false;
  unpacking_.held_ += bytes - bytes_;
  bytes_ = bytes;
  return true;
}

PieceWriter::PieceWriter(Unpacking& unpacking, OriginPtr origin, std::string_view context)
    : unpacking_(unpacking), origin_(std::move(origin)), context_(context) {}

void PieceWriter::append(std::string_view bytes) {
  const std::size_t piece = std::max<std::size_t>(unpacking_.limits().piece_bytes, 16);
  written_ += bytes.size();
  if (buffer_.capacity() < piece && buffer_.size() + bytes.size() > piece / 16) buffer_.reserve(piece);
  while (!bytes.empty()) {
    if (buffer_.size() >= piece) flush(false);
    const std::size_t part = std::min(bytes.size(), piece - buffer_.size());
    buffer_.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
  }
}

void PieceWriter::flush(bool last) {
  Document document;
  document.bytes = buffer_;
  document.origin = origin_;
  document.offset = offset_;
  document.line = line_;
  document.column = column_;
  document.seen = seen_ - seen_ / 2;
  document.whole = last && !cut_;
  document.context = context_;
  const std::size_t keep = last ? 0 : std::min<std::size_t>(unpacking_.limits().overlap_bytes, buffer_.size() / 2);
  document.later = keep / 2;
  unpacking_.deliver_piece(document, seen_);
  if (last) return;
  cut_ = true;
  const std::size_t drop = buffer_.size() - keep;
  advance(std::string_view(buffer_).substr(0, drop), line_, column_);
  offset_ += drop;
  seen_ = keep;
  buffer_.erase(0, drop);
}

void PieceWriter::finish() {
  if (written_ == 0) return;
  flush(true);
  buffer_.clear();
}

}  // namespace kimiguard::container

#include "scanner/source/store/sqlite_record.h"

#include <algorithm>
#include <utility>

namespace kimiguard::store {
namespace {

// Shorter values hold no key; longer ones beside them tell nothing.
constexpr std::size_t kWorthContext = 40;
constexpr std::size_t kContextCell = 1024;
constexpr std::size_t kContextRow = 4096;

std::string context_of(const std::vector<Column>& columns, const Column& but) {
  std::string context;
  for (const Column& column : columns) {
    if (&column == &but || column.bytes.size() > kContextCell || context.size() > kContextRow) continue;
    context.append("(").append(std::to_string(column.number)).append(")=").append(column.bytes).append("\n");
  }
  return context;
}

}  // namespace

std::uint32_t big_endian_32(const char* p) {
  const auto* u = reinterpret_cast<const unsigned char*>(p);
  return std::uint32_t{u[0]} << 24 | std::uint32_t{u[1]} << 16 | std::uint32_t{u[2]} << 8 |
         std::uint32_t{u[3]};
}

std::uint32_t big_endian_16(const char* p) {
  const auto* u = reinterpret_cast<const unsigned char*>(p);
  return std::uint32_t{u[0]} << 8 | std::uint32_t{u[1]};
}

std::size_t varint(std::string_view in, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < 9 && i < in.size(); ++i) {
    const auto byte = static_cast<unsigned char>(in[i]);
    if (i == 8) {
      value = value << 8 | byte;
      return 9;
    }
    value = value << 7 | (byte & 0x7Fu);
    if (byte < 0x80) return i + 1;
  }
  return 0;
}

std::uint64_t size_of_type(std::uint64_t type) {
  static constexpr std::uint8_t kFixed[12] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return type < 12 ? kFixed[type] : (type - 12) / 2;
}

std::vector<Column> columns_of(std::string_view record) {
  std::vector<Column> columns;
  std::uint64_t header_size = 0;
  std::size_t at = varint(record, header_size);
  if (at == 0 || header_size < at || header_size > record.size()) return columns;
  std::uint64_t body = header_size;
  for (std::size_t number = 0; at < header_size && body < record.size(); ++number) {
    std::uint64_t type = 0;
    const std::size_t used = varint(record.substr(at, header_size - at), type);
    if (used == 0) break;
    at += used;
    const std::uint64_t size = size_of_type(type);
    const std::uint64_t there = std::min<std::uint64_t>(size, record.size() - body);
    if (holds_bytes(type) && there > 0) columns.push_back({number, record.substr(body, there)});
    body += there;
    if (there < size) break;
  }
  return columns;
}

void deliver_columns(const std::vector<Column>& columns, container::Unpacking& unpacking,
                     const container::OriginPtr& outer, const std::string& name, const std::string& row,
                     const Value& value) {
  for (const Column& column : columns) {
    if (unpacking.exhausted()) return;
    std::string context;
    if (column.bytes.size() >= kWorthContext) context = context_of(columns, column);
    std::string number = "(";
    number.append(std::to_string(column.number)).append(")");
    value(column.bytes, container::inside(*outer, {Inside::Kind::table_cell, name, row, std::move(number)}), context);
  }
}

}  // namespace kimiguard::store

// One record of SQLite's format, and numbers as they stand in it. Format source:
// https://www.sqlite.org/fileformat2.html §2.1: the header's length, a serial type for each column, the values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/store/sqlite_pages.h"

namespace kimiguard::store {

std::uint32_t big_endian_32(const char* bytes);
std::uint32_t big_endian_16(const char* bytes);

// SQLite's variable-length integer: 7 bits a byte, big end first, the ninth byte whole. Returns its
// length, 0 if it runs out of `in`.
std::size_t varint(std::string_view in, std::uint64_t& value);

// Bytes of a value of serial type `type`; types 10 and 11 are not in files and have none.
std::uint64_t size_of_type(std::uint64_t type);
// Texts and blobs.
inline bool holds_bytes(std::uint64_t type) { return type >= 12; }

// A text or blob of a record, from 0. Views the record; what the record lacks of it is cut.
struct Column {
  std::size_t number = 0;
  std::string_view bytes;
};
std::vector<Column> columns_of(std::string_view record);

// Hands each column on with the small ones beside it as its context, named (I) in `name`[`row`].
void deliver_columns(const std::vector<Column>& columns, container::Unpacking& unpacking,
                     const container::OriginPtr& outer, const std::string& name, const std::string& row,
                     const Value& value);

}  // namespace kimiguard::store

// LevelDB's files, read without LevelDB and without its LOCK: tables (`.ldb`, `.sst`) and write-ahead
// logs (`.log`, `MANIFEST-*`). Format source: google/leveldb doc/table_format.md, doc/log_format.md
// and db/write_batch.cc. The comparator does not matter, because nothing is looked up: every entry of
// every block is delivered, deleted and overwritten ones too as long as they are in a file.
//
// Names: Inside::key_value with the key as readable text (bytes that are no printable ASCII as \xNN).
// Chromium's Local Storage stores keys and values with a first byte 0 (UTF-16LE) or 1 (Latin-1);
// IndexedDB stores V8-serialized strings. Values are delivered as bytes; where UTF-16LE text is in
// them, its UTF-8 is a second document one level deeper, named "utf-16". A long key is a document too.
// Checksums are not asked.
#pragma once

#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::store {

// Size in bytes of a table's footer; its last eight bytes are the magic number.
inline constexpr std::size_t kTableFooter = 48;
bool is_leveldb_table(std::string_view last_bytes);
// The first block begins with a record whose type and length are possible.
bool may_be_leveldb_log(std::string_view first_bytes);

// `bytes` are a whole file. Gaps: "damaged" for what is not as the format says; the rest is read.
void read_leveldb_table(container::Unpacking& unpacking, std::string_view bytes,
                        const container::OriginPtr& origin, int depth);
void read_leveldb_log(container::Unpacking& unpacking, std::string_view bytes,
                      const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::store

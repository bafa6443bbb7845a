// Databases that hold keys: which file is one, and its cells as documents.
//
// In: a path or bytes, with the Origin of the outer file. Out: one Document for each text or blob
// value, with Origin::inside extended, and the Coverage of what could not be read. `source/unpack` is
// the front door that also opens archives inside cells; the functions here open none.
#pragma once

#include <string>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::store {

enum class Kind { none, sqlite, sqlite_log, sqlite_journal, leveldb_table, leveldb_log };

// By content, and for LevelDB (whose files have no magic number at their start) by name as well:
// x-journal (whose mark may be struck out), NNNNNN.ldb, NNNNNN.sst, NNNNNN.log, MANIFEST-NNNNNN. `first_bytes`: 64 or more, fewer if the file is
// shorter.
Kind kind_of(std::string_view path, std::string_view first_bytes);

// True for `x-wal`, `x-shm` and `x-journal`. They are reported as their database (design §4), whose
// path this gives back; empty for other names. Reading `x` reads its log and journal, too, so a
// walker gives such a file to read() only when its database is not there.
std::string database_of_side_file(std::string_view path);

// Reads the database file at `path`. Documents go to `sink` in a stable order.
Coverage read(const std::string& path, const container::OriginPtr& origin,
              const container::Limits& limits, const container::Sink& sink);
// The same for a database in memory, such as a git blob. Its `path` is taken from `origin`.
Coverage read_bytes(std::string_view bytes, const container::OriginPtr& origin,
                    const container::Limits& limits, const container::Sink& sink);

// The same inside an unpacking; false if it is no database. `depth` is the level of the database.
bool read_file(container::Unpacking& unpacking, const std::string& path,
               const container::OriginPtr& origin);
bool read_nested(container::Unpacking& unpacking, std::string_view bytes,
                 const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::store

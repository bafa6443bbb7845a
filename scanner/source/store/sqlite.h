// SQLite databases: every text and blob cell of every table, through SQLite itself, on a private copy.
//
// How a file is read, by its size and by whether a `-wal` or `-journal` with content stands beside it:
// * neither, at most 32 MiB: into memory, sqlite3_deserialize.
// * neither, larger: the original, read-only with immutable=1: no lock, no write, no copy.
// * either, all together up to Limits::copy_bytes: a private copy (private_copy.h); SQLite replays the
//   log or rolls the half-written journal back there. A super-journal's name is struck out of the
//   copied journal first, because SQLite would open, and could delete, the file it names.
// * either, larger (or no room for a copy): the original with immutable=1, and the log's frames page by
//   page (sqlite_pages.h); a journal that was not rolled back is named as a gap.
// Beside that, always: frames of the log page by page (rows that were overwritten since), and chains
// of free pages (deleted rows that ran over a page's end), and the free space of every page
// (sqlite_freed.h). After damage, or with a journal, also every leaf page, since then no tree can be
// trusted.
//
// Duplicates. The caller scans the raw bytes of `x.db` and `x.db-wal` as well, so one secret is often
// seen up to four times in one file. They are told apart by Origin::inside: empty = raw bytes; a
// table name in parentheses = page level ("(page 7)", "(log page 7)", "(free pages)"); any other name
// = a live cell. Of the same secret in the same file keep live cells if there are any, else page
// level, else raw. A secret that is seen without a live cell was deleted or overwritten.
//
// Values in gzip, zlib or zstd are inflated, and the result is a document of its own one level
// deeper (archive_member named after the compression). Views are not evaluated, virtual tables not
// opened (their shadow tables are read as what they are, ordinary tables), triggers do not fire,
// generated columns are not computed. Numbers are not delivered; they can hold no key.
#pragma once

#include <string>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::store {

// Reads the database at `path` (a `-wal` without its database is read too). `origin` describes the
// outer file. Gaps: "permission"/"unreadable", "damaged", "limit", "encrypted" never (an encrypted
// database has no SQLite header and is not recognised). Threads: any, one Unpacking each.
void read_sqlite(container::Unpacking& unpacking, const std::string& path,
                 const container::OriginPtr& origin);

// Reads a database (or a log alone) in memory; `bytes` are left as they are. `depth` is its level,
// 0 for an outer file such as a git blob.
void read_sqlite(container::Unpacking& unpacking, std::string_view bytes,
                 const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::store

// SQLite files read page by page, without SQLite: for what SQL does not show. Format source:
// https://www.sqlite.org/fileformat2.html (b-tree pages §1.6, records §2, free list §1.5, WAL §4).
//
// Passes, each bounded by Limits and by the file's own size:
// * salvage_pages: the records of every b-tree leaf, where the schema or a tree is damaged.
// * salvage_wal:   the records of every leaf frame in a write-ahead log, superseded ones too, and the
//   free space of each (sqlite_freed.h).
// * salvage_journal: the same of a rollback journal (file format §3).
// * read_free_pages: the free space of all pages, and chains of free pages joined without their 4-byte
//   links, for values that run over a page's end.
//
// Names: Inside::table_cell with name "(page N)", "(log page N)", "(journal page N)", "(free space of page N)" or "(free
// pages)", the row's rowid or the first page of the chain, and "(I)" for the I-th column, from 0. A name in parentheses thus
// marks a reading that may repeat what a table of SQL or the raw bytes showed.
#pragma once

#include <functional>
#include <string_view>

#include "scanner/source/container/random_access.h"
#include "scanner/source/container/unpacking.h"

namespace kimiguard::store {

using container::Bytes;

// What a value found here goes through: delivered, inflated, opened. `context`: Document::context.
using Value = std::function<void(std::string_view value, const container::OriginPtr& origin, std::string_view context)>;

void salvage_pages(container::Unpacking& unpacking, const Bytes& database,
                   const container::OriginPtr& origin, const Value& value);
// `database` may be empty (size 0): a log without its database.
void salvage_wal(container::Unpacking& unpacking, const Bytes& wal, const Bytes& database,
                 const container::OriginPtr& origin, const Value& value);
// The records and the free space of every page that a rollback journal keeps of before its transaction, also of one that was
// committed (journal_mode=PERSIST, a journal left behind). `database` may be empty.
void salvage_journal(container::Unpacking& unpacking, const Bytes& journal, const Bytes& database,
                     const container::OriginPtr& origin, const Value& value);
void read_free_pages(container::Unpacking& unpacking, const Bytes& database,
                     const container::OriginPtr& origin, const Value& value);

}  // namespace kimiguard::store

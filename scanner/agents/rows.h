// Rows of databases as settings, for the few tables that a profile names.
//
// source/store delivers every cell of every table for the search of leaks. A connection needs something
// else: few tables, whole rows, numbers too (`is_current`, `type`), the row named by one of its columns.
#pragma once

#include <string>
#include <vector>

#include "scanner/agents/profile.h"
#include "scanner/config/reader.h"

namespace kimiguard::agents {

// Rows of a SQLite database: settings table.row.column; a value that is JSON has its own settings below,
// and JSON in strings of it too, three levels. Zlib, zstd and encrypted values are left as they are. A
// database with a live log or journal is read as a private copy (store/private_copy.h), so that the
// newest rows are seen and the original is never touched. Positions are those of the file's beginning:
// rows have no lines.
config::Parsed read_sqlite_rows(const std::string& path, const std::vector<TableSpec>& tables);

// Entries of a LevelDB table or log whose value is JSON: settings key.…, one document an entry, deleted
// and overwritten ones too as long as they are in the file.
config::Parsed read_leveldb_entries(const std::string& path);

// The settings of JSON in text values, in place: below the setting, which stays. `depth` levels.
void expand_json(config::Parsed& parsed, int depth);

}  // namespace kimiguard::agents

#include "scanner/source/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "scanner/source/store/private_copy.h"
#include "scanner/source/store/sqlite_pages.h"
#include "scanner/source/store/value.h"

namespace kimiguard::store {
namespace {

using container::OriginPtr;
using container::PieceWriter;
using container::Unpacking;

constexpr std::uint64_t kInMemory = 32ULL << 20;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
// Cells from this size on are worth the rest of their row as context: a key is longer.
constexpr int kWorthContext = 40;
constexpr std::size_t kContextCell = 1024;
constexpr std::size_t kContextRow = 4096;

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;
using Blob = std::unique_ptr<sqlite3_blob, Close>;

struct CloseDescriptor {
  int fd;
  ~CloseDescriptor() {
    if (fd >= 0) close(fd);
  }
};

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + '"';
}

std::string_view text_at(sqlite3_stmt* statement, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)))
              : std::string_view();
}

Statement prepare(sqlite3* db, const std::string& sql, int& status) {
  sqlite3_stmt* statement = nullptr;
  status = sqlite3_prepare_v2(db, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
  return Statement(statement);
}

// An order nobody defined here is as good as any: cells are read, not compared.
int by_bytes(void*, int a_size, const void* a, int b_size, const void* b) {
  const int order = memcmp(a, b, static_cast<std::size_t>(std::min(a_size, b_size)));
  return order != 0 ? order : a_size - b_size;
}
void collation_needed(void*, sqlite3* db, int encoding, const char* collation) {
  sqlite3_create_collation(db, collation, encoding, nullptr, by_bytes);
}

void harden(sqlite3* db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Lets SQLite step over broken entries of the schema instead of refusing it all.
  sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_collation_needed(db, nullptr, collation_needed);
  sqlite3_exec(
      db,
      "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096; PRAGMA query_only=ON;"
      "PRAGMA cell_size_check=ON;",
      nullptr, nullptr, nullptr);
}

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<std::size_t> primary_key;  // indexes of columns
  std::string row_id;  // "rowid" or an alias that no column hides; empty = WITHOUT ROWID
};

// Reads all tables of one open database.
class TableReader {
 public:
  TableReader(Unpacking& unpacking, sqlite3* db, OriginPtr origin, int depth, std::uint64_t size)
      : unpacking_(unpacking),
        db_(db),
        origin_(std::move(origin)),
        depth_(depth),
        // Every row takes six bytes at least; more rows than that come from pages linked in a ring.
        rows_left_(size / 6 + 1024),
        free_bytes_(size) {}

  // True if something was damaged.
  bool read_all() {
    std::vector<std::string> names;
    int status = SQLITE_OK;
    {
      const Statement schema =
          prepare(db_, "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0 ORDER BY rowid",
                  status);
      while (schema && (status = sqlite3_step(schema.get())) == SQLITE_ROW) {
        names.emplace_back(text_at(schema.get(), 0));
        if (names.size() > 100'000) {
          unpacking_.limit(*origin_, "the number of tables");
          break;
        }
      }
    }
    if (!schema_status(status)) damaged_ = true;
    names.insert(names.begin(), "sqlite_schema");  // defaults, checks and comments can hold keys too
    for (const std::string& name : names) {
      if (unpacking_.exhausted() || looped_) break;
      read_table(name);
    }
    return damaged_;
  }
  bool opened() const { return opened_; }
  int first_error() const { return first_error_; }

 private:
  bool schema_status(int status) {
    opened_ = status == SQLITE_DONE || status == SQLITE_ROW;
    if (!opened_) first_error_ = sqlite3_extended_errcode(db_);
    return opened_;
  }

  void read_table(const std::string& name) {
    Table table;
    table.name = name;
    int status = SQLITE_OK;
    if (name == "sqlite_schema") {
      table.columns = {"type", "name", "tbl_name", "sql"};
    } else {
      const Statement info = prepare(db_, "PRAGMA main.table_xinfo(" + quoted(name) + ")", status);
      while (info && (status = sqlite3_step(info.get())) == SQLITE_ROW) {
        if (sqlite3_column_int(info.get(), 6) != 0) continue;  // generated or hidden
        if (sqlite3_column_int(info.get(), 5) > 0) table.primary_key.push_back(table.columns.size());
        table.columns.emplace_back(text_at(info.get(), 1));
      }
    }
    if (table.columns.empty()) return;
    for (const char* alias : {"rowid", "_rowid_", "oid"}) {
      const bool hidden = std::any_of(
          table.columns.begin(), table.columns.end(),
          [&](const std::string& column) { return sqlite3_stricmp(column.c_str(), alias) == 0; });
      if (hidden) continue;
      const Statement probe =
          prepare(db_, "SELECT " + std::string(alias) + " FROM main." + quoted(name), status);
      if (probe) table.row_id = alias;
      break;
    }
    read_rows(table);
  }

  void read_rows(const Table& table) {
    // Cells up to this come whole with their row, larger ones in pieces by the incremental interface.
    const auto cell = static_cast<int>(
        std::clamp<std::uint64_t>((64ULL << 20) / table.columns.size(), 64ULL << 10, 8ULL << 20));
    sqlite3_limit(db_, SQLITE_LIMIT_LENGTH, table.row_id.empty() ? (64 << 20) : cell);
    std::string columns;
    for (const std::string& column : table.columns) columns += "," + quoted(column);
    const std::string from = " FROM main." + quoted(table.name) + " NOT INDEXED";
    const std::string head = "SELECT " + (table.row_id.empty() ? std::string("NULL") : table.row_id);
    bool resumed = false;
    sqlite3_int64 last = 0;
    while (true) {
      int status = SQLITE_OK;
      const std::string after = resumed ? " WHERE " + table.row_id + ">?1" : std::string();
      const Statement rows = prepare(db_, head + columns + from + after, status);
      if (!rows) {
        note(status, table);
        return;
      }
      if (resumed) sqlite3_bind_int64(rows.get(), 1, last);
      bool any = resumed;
      while ((status = sqlite3_step(rows.get())) == SQLITE_ROW) {
        if (!take_row(table)) return;
        any = true;
        last = sqlite3_column_int64(rows.get(), 0);
        status = read_row(table, rows.get());
        if (status != SQLITE_OK) break;
      }
      if (status == SQLITE_DONE || unpacking_.exhausted()) return;
      if (status != SQLITE_TOOBIG || table.row_id.empty()) {
        note(status, table);
        return;
      }
      // The row that is too big is the first after `last`.
      const Statement next =
          prepare(db_,
                  "SELECT " + table.row_id + from +
                      (any ? " WHERE " + table.row_id + ">?1" : std::string()) + " ORDER BY 1 LIMIT 1",
                  status);
      if (!next) return note(status, table);
      if (any) sqlite3_bind_int64(next.get(), 1, last);
      if ((status = sqlite3_step(next.get())) != SQLITE_ROW) return note(status, table);
      last = sqlite3_column_int64(next.get(), 0);
      resumed = true;
      if (!take_row(table) || !read_large_row(table, last)) return;
    }
  }

  bool take_row(const Table& table) {
    if (unpacking_.exhausted()) return false;
    if (rows_left_-- > 0) return true;
    looped_ = true;
    rows_left_ = 0;
    note(SQLITE_CORRUPT, table);
    return false;
  }

  void note(int status, const Table& table) {
    Origin place = *origin_;
    place.inside.push_back({Inside::Kind::table_cell, table.name, "", ""});
    if (status == SQLITE_TOOBIG) {
      unpacking_.limit(place, "the size of a cell");
      return;
    }
    if (status == SQLITE_ERROR && table.name != "sqlite_schema") {
      // A module or function this SQLite does not have: the pages still show what is there.
      unpacking_.gap(GapKind::not_parsed, "sqlite", place, sqlite3_errmsg(db_));
      damaged_ = true;
      return;
    }
    damaged_ = true;
    if (first_error_ == SQLITE_OK) first_error_ = status;
    if (!opened_) return;  // said of the whole database
    unpacking_.gap(
        GapKind::unreadable, "damaged", place,
        std::string("the table could not be read to its end: ") + sqlite3_errstr(status & 0xFF));
  }

  static std::string_view value_at(sqlite3_stmt* row, int column) {
    switch (sqlite3_column_type(row, column)) {
      case SQLITE_TEXT:
        return text_at(row, column);
      case SQLITE_BLOB: {
        const auto* blob = static_cast<const char*>(sqlite3_column_blob(row, column));
        return blob ? std::string_view(blob, static_cast<std::size_t>(sqlite3_column_bytes(row, column)))
                    : std::string_view();
      }
      default:
        return {};
    }
  }

  std::string row_name(const Table& table, sqlite3_stmt* row) {
    if (!table.row_id.empty()) return std::string(text_at(row, 0));
    std::string key;
    for (const std::size_t column : table.primary_key) {
      if (!key.empty()) key += ',';
      key += text_at(row, static_cast<int>(column) + 1).substr(0, 80);
    }
    return key;
  }

  // The other cells of the row, for evidence.
  std::string context_of(const Table& table, sqlite3_stmt* row, int but) {
    std::string context;
    for (int i = 1; i <= static_cast<int>(table.columns.size()) && context.size() < kContextRow; ++i) {
      if (i == but) continue;
      const std::string_view value = value_at(row, i);
      if (value.empty() || value.size() > kContextCell) continue;
      context += table.columns[static_cast<std::size_t>(i) - 1];
      context += '=';
      context += value;
      context += '\n';
    }
    return context;
  }

  int read_row(const Table& table, sqlite3_stmt* row) {
    for (int i = 1; i <= static_cast<int>(table.columns.size()); ++i) {
      const std::string_view value = value_at(row, i);
      if (value.empty()) {
        if (sqlite3_errcode(db_) == SQLITE_NOMEM) return SQLITE_NOMEM;
        continue;
      }
      // One origin serves cell after cell as long as nobody kept it.
      if (!cell_ || cell_.use_count() > 1) {
        cell_ = std::make_shared<Origin>(*origin_);
        cell_->inside.push_back({Inside::Kind::table_cell, {}, {}, {}});
      }
      // A column added with a default gives every row a value that the file holds once.
      if (value.size() <= free_bytes_) {
        free_bytes_ -= value.size();
      } else if (!unpacking_.take_bytes(value.size(), *origin_)) {
        return SQLITE_DONE;
      }
      Inside& level = cell_->inside.back();
      level.name = table.name;
      level.row = row_name(table, row);
      level.column = table.columns[static_cast<std::size_t>(i) - 1];
      std::string context;
      if (value.size() >= kWorthContext) context = context_of(table, row, i);
      deliver_value(unpacking_, value_at(row, i), cell_, depth_ + 1, context);
      if (unpacking_.exhausted()) return SQLITE_DONE;
    }
    return SQLITE_OK;
  }

  bool read_large_row(const Table& table, sqlite3_int64 row) {
    for (const std::string& column : table.columns) {
      sqlite3_blob* handle = nullptr;
      const int status =
          sqlite3_blob_open(db_, "main", table.name.c_str(), column.c_str(), row, 0, &handle);
      const Blob blob(handle);
      if (status == SQLITE_ERROR) continue;  // null or a number
      if (status != SQLITE_OK) {
        note(status, table);
        continue;
      }
      read_large_cell(table, column, row, handle);
      if (unpacking_.exhausted()) return false;
    }
    return true;
  }

  void read_large_cell(const Table& table, const std::string& column, sqlite3_int64 row,
                       sqlite3_blob* blob) {
    const auto size = static_cast<std::uint64_t>(sqlite3_blob_bytes(blob));
    const OriginPtr origin =
        container::inside(*origin_, {Inside::Kind::table_cell, table.name, std::to_string(row), column});
    std::string start(std::min<std::uint64_t>(size, 4096), '\0');
    if (size == 0 ||
        sqlite3_blob_read(blob, start.data(), static_cast<int>(start.size()), 0) != SQLITE_OK)
      return;
    Unpacking::Hold hold(unpacking_);
    if (unpacking_.looks_nested(start, "") && size <= unpacking_.may_hold() / 2 && hold.grow_to(size)) {
      std::string whole(size, '\0');
      if (sqlite3_blob_read(blob, whole.data(), static_cast<int>(size), 0) != SQLITE_OK)
        return note(SQLITE_CORRUPT, table);
      deliver_value(unpacking_, whole, origin, depth_ + 1);
      return;
    }
    PieceWriter writer(unpacking_, origin);
    std::string part;
    for (std::uint64_t at = 0; at < size; at += part.size()) {
      part.resize(std::min<std::uint64_t>(size - at, 1 << 20));
      if (sqlite3_blob_read(blob, part.data(), static_cast<int>(part.size()), static_cast<int>(at)) !=
          SQLITE_OK) {
        note(SQLITE_CORRUPT, table);
        break;
      }
      writer.append(part);
    }
    writer.finish();
  }

  Unpacking& unpacking_;
  sqlite3* db_;
  OriginPtr origin_;
  int depth_;
  std::uint64_t rows_left_;
  std::uint64_t free_bytes_;
  std::shared_ptr<Origin> cell_;
  bool damaged_ = false;
  bool looped_ = false;
  bool opened_ = false;
  int first_error_ = SQLITE_OK;
};

// True if something was damaged.
bool read_tables(Unpacking& unpacking, sqlite3* db, const OriginPtr& origin, int depth,
                 std::uint64_t size) {
  harden(db);
  TableReader reader(unpacking, db, origin, depth, size);
  const bool damaged = reader.read_all();
  if (!reader.opened()) {
    unpacking.gap(GapKind::unreadable, "damaged", *origin,
                  std::string("SQLite cannot open it: ") + sqlite3_errstr(reader.first_error() & 0xFF));
  }
  return damaged;
}

constexpr std::string_view kJournalMagic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);

bool is_wal(std::string_view bytes) {
  return bytes.size() >= 32 && bytes.substr(0, 3) == std::string_view("\x37\x7F\x06", 3) &&
         (bytes[3] == '\x82' || bytes[3] == '\x83');
}

// Whether a file's beginning is that of a rollback journal; where it is struck out with zeros (journal_mode=PERSIST) its name
// says so.
bool is_journal(std::string_view bytes, std::string_view path) {
  return bytes.starts_with(kJournalMagic) || (path.ends_with("-journal") && bytes.size() >= 28 && bytes.find_first_not_of('\0') >= 28);
}

Value value_reader(Unpacking& unpacking, int depth) {
  return [&unpacking, depth](std::string_view value, const OriginPtr& origin, std::string_view context) {
    deliver_value(unpacking, value, origin, depth, context);
  };
}

std::string uri_of(const std::string& path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '/' || c == '-' || c == '_' || c == '.') {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[byte >> 4];
      uri += kHex[byte & 15];
    }
  }
  return uri + "?immutable=1";
}

std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)
             ? static_cast<std::uint64_t>(info.st_size)
             : 0;
}

// SQLite opens, and may delete, the super-journal that a hot journal names at its end (file format
// §3); in a repository of a stranger that name is an attack. Without its last eight bytes the record
// is none.
void strike_super_journal(const std::string& journal) {
  const CloseDescriptor file{open(journal.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
  if (file.fd < 0) return;
  const std::uint64_t size = size_of(journal);
  char tail[8];
  if (size < sizeof tail ||
      pread(file.fd, tail, sizeof tail, static_cast<off_t>(size - sizeof tail)) != 8)
    return;
  if (std::string_view(tail, sizeof tail) != kJournalMagic) return;
  const char zeros[8] = {};
  // If even this fails the file must not be there when SQLite looks.
  if (pwrite(file.fd, zeros, sizeof zeros, static_cast<off_t>(size - sizeof tail)) != 8)
    unlink(journal.c_str());
}

}  // namespace

void read_sqlite(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  const Value value = value_reader(unpacking, depth + 1);
  const Bytes pages = Bytes::of(bytes);
  if (is_wal(bytes)) {
    ++unpacking.coverage().databases;
    salvage_wal(unpacking, pages, Bytes::of({}), origin, value);
    return;
  }
  if (is_journal(bytes, origin->inside.empty() ? origin->path : origin->inside.back().name)) {
    ++unpacking.coverage().databases;
    salvage_journal(unpacking, pages, Bytes::of({}), origin, value);
    return;
  }
  if (bytes.size() < 100 || bytes.substr(0, kMagic.size()) != kMagic) return;
  ++unpacking.coverage().databases;
  // A database in WAL mode needs a log that memory has not; as a rollback database it is the same file.
  std::string changed;
  Unpacking::Hold hold(unpacking);
  bool damaged = false;
  std::string_view image = bytes;
  if (bytes[18] == 2 || bytes[19] == 2) {
    if (!hold.grow_to(bytes.size())) {
      unpacking.limit(*origin, "memory for a database");
      salvage_pages(unpacking, pages, origin, value);
      return;
    }
    changed = bytes;
    changed[18] = changed[19] = 1;
    image = changed;
  }
  {
    sqlite3* handle = nullptr;
    int status =
        sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    const Database db(handle);
    if (status == SQLITE_OK) {
      // READONLY: SQLite does not write into the image, so const is kept.
      status = sqlite3_deserialize(
          handle, "main", reinterpret_cast<unsigned char*>(const_cast<char*>(image.data())),
          static_cast<sqlite3_int64>(image.size()), static_cast<sqlite3_int64>(image.size()),
          SQLITE_DESERIALIZE_READONLY);
    }
    if (status != SQLITE_OK) {
      unpacking.gap(GapKind::unreadable, "damaged", *origin,
                    std::string("SQLite cannot open it: ") + sqlite3_errstr(status));
      damaged = true;
    } else {
      damaged = read_tables(unpacking, handle, origin, depth, image.size());
    }
  }
  if (damaged) salvage_pages(unpacking, pages, origin, value);
  read_free_pages(unpacking, pages, origin, value);
}

void read_sqlite(Unpacking& unpacking, const std::string& path, const OriginPtr& origin) {
  // The journals lie beside the file itself, not beside a link to it.
  std::string real = path;
  if (char* resolved = realpath(path.c_str(), nullptr)) {
    real = resolved;
    std::free(resolved);
  }
  const CloseDescriptor file{open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info {};
  if (file.fd < 0 || fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    unpacking.gap(GapKind::unreadable, errno == EACCES ? "permission" : "unreadable", *origin,
                  std::string("the database cannot be opened: ") + std::strerror(errno));
    return;
  }
  const Bytes database = Bytes::of_descriptor(file.fd);
  const Value value = value_reader(unpacking, 1);
  char start[100] = {};
  database.read(0, start, std::min<std::uint64_t>(sizeof start, database.size));
  if (is_wal({start, sizeof start})) {
    ++unpacking.coverage().databases;
    salvage_wal(unpacking, database, Bytes::of({}), origin, value);
    return;
  }
  if (is_journal({start, sizeof start}, real)) {
    // Beside its database it is read with that.
    if (size_of(real.substr(0, real.size() - std::string_view("-journal").size())) > 0 && real.ends_with("-journal")) return;
    ++unpacking.coverage().databases;
    salvage_journal(unpacking, database, Bytes::of({}), origin, value);
    return;
  }
  const std::uint64_t log = size_of(real + "-wal");
  const std::uint64_t journal = size_of(real + "-journal");
  Unpacking::Hold hold(unpacking);
  if (log == 0 && journal == 0 && database.size <= kInMemory && hold.grow_to(database.size)) {
    std::string bytes(database.size, '\0');
    if (!database.read(0, bytes.data(), bytes.size())) {
      unpacking.gap(GapKind::unreadable, "unreadable", *origin, "the file changed while it was read");
      return;
    }
    read_sqlite(unpacking, bytes, origin, 0);
    return;
  }
  ++unpacking.coverage().databases;
  bool damaged = false;
  const auto read_open = [&](const std::string& name, int flags) {
    sqlite3* handle = nullptr;
    const int status = sqlite3_open_v2(name.c_str(), &handle,
                                       flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, nullptr);
    const Database db(handle);
    if (status != SQLITE_OK) {
      unpacking.gap(GapKind::unreadable, "damaged", *origin,
                    std::string("SQLite cannot open it: ") + sqlite3_errstr(status));
      return true;
    }
    return read_tables(unpacking, handle, origin, 0, database.size + log);
  };
  bool done = false;
  if (log + journal > 0 && database.size + log + journal <= unpacking.limits().copy_bytes) {
    const Result<PrivateCopy> copy = PrivateCopy::make(real);
    if (copy) {
      if (copy->torn()) {
        unpacking.gap(GapKind::unreadable, "changed", *origin,
                      "it was written to while it was copied, three times");
      }
      strike_super_journal(copy->database() + "-journal");
      damaged = read_open(copy->database(), SQLITE_OPEN_READWRITE);
      done = true;
    } else {
      unpacking.gap(GapKind::unreadable, copy.error().code, *origin, copy.error().message);
    }
  } else if (journal > 0) {
    unpacking.limit(*origin, "a private copy (its journal was not rolled back)");
  }
  if (!done) damaged = read_open(uri_of(real), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (damaged || journal > 0) salvage_pages(unpacking, database, origin, value);
  if (log > 0) {
    const CloseDescriptor wal{open((real + "-wal").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    salvage_wal(unpacking, Bytes::of_descriptor(wal.fd), database, origin, value);
  }
  if (journal > 0) {
    const CloseDescriptor rollback{open((real + "-journal").c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    salvage_journal(unpacking, Bytes::of_descriptor(rollback.fd), database, origin, value);
  }
  read_free_pages(unpacking, database, origin, value);
}

}  // namespace kimiguard::store

#include "scanner/agents/rows.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "scanner/config/embedded.h"
#include "scanner/source/store/private_copy.h"
#include "scanner/source/store/store.h"

namespace kimiguard::agents {
namespace {

constexpr std::size_t kMostRows = 20'000;
constexpr std::size_t kLargestCell = std::size_t{8} << 20;
constexpr std::uint64_t kLargestCopy = std::uint64_t{1} << 30;
constexpr int kMostSteps = 20'000;  // progress calls of 10,000 virtual machine instructions
constexpr std::size_t kMostSettings = 400'000;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Gap gap(std::string code, std::string reason) {
  Gap made;
  made.kind = GapKind::unreadable;
  made.code = std::move(code);
  made.reason = std::move(reason);
  return made;
}

bool has_content(const std::string& path) {
  struct stat facts = {};
  return stat(path.c_str(), &facts) == 0 && facts.st_size > 0;
}

std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    if (plain) {
      uri += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      uri += escaped;
    }
  }
  return uri + "?immutable=1";
}

std::string quoted(std::string_view identifier) {
  std::string text = "\"";
  for (const char c : identifier) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK)
    return nullptr;
  return Statement(statement);
}

std::string cell(sqlite3_stmt* row, int column) {
  const void* bytes = sqlite3_column_type(row, column) == SQLITE_BLOB
                          ? sqlite3_column_blob(row, column)
                          : static_cast<const void*>(sqlite3_column_text(row, column));
  const int size = sqlite3_column_bytes(row, column);
  if (bytes == nullptr || size <= 0) return {};
  return std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

// Names of the tables, as the schema writes them, that `wanted` (a GLOB) fits.
std::vector<std::string> tables_like(sqlite3* database, const std::string& wanted) {
  std::vector<std::string> names;
  const Statement statement = prepare(
      database,
      "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0 AND name GLOB ?1 ORDER BY name");
  if (!statement) return names;
  sqlite3_bind_text(statement.get(), 1, wanted.c_str(), static_cast<int>(wanted.size()),
                    SQLITE_TRANSIENT);
  while (sqlite3_step(statement.get()) == SQLITE_ROW && names.size() < 64)
    names.push_back(cell(statement.get(), 0));
  return names;
}

void read_table(sqlite3* database, const TableSpec& spec, const std::string& table,
                config::Parsed& parsed) {
  std::string sql = "SELECT * FROM " + quoted(table);
  if (!spec.row.empty() && !spec.like.empty()) sql += " WHERE " + quoted(spec.row) + " GLOB ?1";
  const Statement rows = prepare(database, sql);
  if (!rows) return;
  if (!spec.row.empty() && !spec.like.empty())
    sqlite3_bind_text(rows.get(), 1, spec.like.c_str(), static_cast<int>(spec.like.size()),
                      SQLITE_TRANSIENT);
  const int columns = sqlite3_column_count(rows.get());
  std::size_t count = 0;
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(rows.get())) == SQLITE_ROW) {
    if (++count > kMostRows || parsed.settings.size() > kMostSettings) {
      parsed.gaps.push_back(gap("limit", "a table has more rows than are read for connections"));
      break;
    }
    std::string row = std::to_string(count);
    for (int i = 0; i < columns; ++i)
      if (!spec.row.empty() && spec.row == sqlite3_column_name(rows.get(), i)) row = cell(rows.get(), i);
    for (int i = 0; i < columns; ++i) {
      const int type = sqlite3_column_type(rows.get(), i);
      if (type == SQLITE_NULL) continue;
      Setting setting;
      setting.path = {table, row, sqlite3_column_name(rows.get(), i)};
      setting.type =
          type == SQLITE_INTEGER || type == SQLITE_FLOAT ? Setting::Type::number : Setting::Type::text;
      setting.value = cell(rows.get(), i);
      parsed.settings.push_back(std::move(setting));
    }
  }
  if (status != SQLITE_DONE && status != SQLITE_ROW)
    parsed.gaps.push_back(gap("damaged", "a table could not be read to its end"));
}

int count_step(void* steps) { return --*static_cast<int*>(steps) < 0 ? 1 : 0; }

}  // namespace

void expand_json(config::Parsed& parsed, int depth) {
  std::size_t begin = 0;
  for (int level = 0; level < depth; ++level) {
    const std::size_t end = parsed.settings.size();
    for (std::size_t i = begin; i < end && parsed.settings.size() < kMostSettings; ++i) {
      const Setting& outer = parsed.settings[i];
      if (outer.type != Setting::Type::text || outer.value.size() < 2) continue;
      // cc-switch keeps Codex' TOML as a text in its JSON.
      const bool toml = outer.value.find("\nbase_url") != std::string::npos ||
                        outer.value.find("model_provider") != std::string::npos;
      const bool json = config::looks_like_json(outer.value);
      if (!json && !toml) continue;
      config::Parsed inner =
          config::read(outer.value, json ? config::Format::json : config::Format::toml);
      const std::vector<std::string> path = outer.path;
      const Setting place = outer;
      for (Setting& setting : inner.settings) {
        setting.path.insert(setting.path.begin(), path.begin(), path.end());
        setting.position = place.position;
        setting.end = place.end;
        setting.bytes = place.bytes;
        setting.document = place.document;
        setting.pieces.clear();
        parsed.settings.push_back(std::move(setting));
      }
    }
    begin = end;
    if (begin == parsed.settings.size()) break;
  }
}

config::Parsed read_sqlite_rows(const std::string& path, const std::vector<TableSpec>& tables) {
  config::Parsed parsed;
  std::optional<store::PrivateCopy> copy;
  sqlite3* handle = nullptr;
  int status = SQLITE_OK;
  struct stat facts = {};
  const bool live = has_content(path + "-wal") || has_content(path + "-journal");
  if (stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    parsed.gaps.push_back(gap("unreadable", "the database cannot be opened"));
    parsed.complete = false;
    return parsed;
  }
  if (live && static_cast<std::uint64_t>(facts.st_size) <= kLargestCopy) {
    auto made = store::PrivateCopy::make(path);
    if (!made) {
      parsed.gaps.push_back(gap(made.error().code, made.error().message));
    } else {
      copy.emplace(std::move(*made));
      status = sqlite3_open_v2(copy->database().c_str(), &handle,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    }
  }
  if (!copy)
    status = sqlite3_open_v2(uri_of(path).c_str(), &handle,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
  const std::unique_ptr<sqlite3, CloseDatabase> database(handle);
  if (status != SQLITE_OK || !database) {
    parsed.gaps.push_back(gap("unreadable", "the database cannot be opened"));
    parsed.complete = false;
    return parsed;
  }
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(database.get(), SQLITE_LIMIT_LENGTH, static_cast<int>(kLargestCell));
  int steps = kMostSteps;
  sqlite3_progress_handler(database.get(), 10'000, count_step, &steps);
  for (const TableSpec& spec : tables)
    for (const std::string& table : tables_like(database.get(), spec.table))
      read_table(database.get(), spec, table, parsed);
  if (sqlite3_errcode(database.get()) == SQLITE_NOTADB ||
      sqlite3_errcode(database.get()) == SQLITE_CORRUPT)
    parsed.gaps.push_back(gap("damaged", "the file is no intact database"));
  expand_json(parsed, 3);
  parsed.complete = parsed.gaps.empty();
  return parsed;
}

config::Parsed read_leveldb_entries(const std::string& path) {
  config::Parsed parsed;
  auto origin = std::make_shared<Origin>();
  origin->path = path;
  origin->absolute_path = path;
  int document = 0;
  const container::Sink sink = [&](const Document& seen) {
    if (!seen.whole || seen.origin->inside.empty() || parsed.settings.size() > kMostSettings) return;
    const Inside* key = nullptr;
    for (const Inside& level : seen.origin->inside)
      if (level.kind == Inside::Kind::key_value) key = &level;
    if (key == nullptr) return;
    std::string_view value = seen.bytes;
    // Chromium's Local Storage: 1 = Latin-1 follows.
    if (!value.empty() && value.front() == '\1') value.remove_prefix(1);
    if (!config::looks_like_json(value)) return;
    Setting setting;
    setting.path = {key->name};
    setting.value = std::string(value);
    setting.document = document++;
    parsed.settings.push_back(std::move(setting));
  };
  container::Limits limits;
  limits.depth = 2;
  Coverage coverage = store::read(path, origin, limits, sink);
  parsed.gaps = std::move(coverage.gaps);
  for (Gap& one : parsed.gaps) one.place.clear();
  expand_json(parsed, 4);
  parsed.complete = parsed.gaps.empty();
  return parsed;
}

}  // namespace kimiguard::agents

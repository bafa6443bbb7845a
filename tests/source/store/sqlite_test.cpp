#include <sqlite3.h>
#include <sys/stat.h>
#include <zstd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "scanner/source/store/private_copy.h"
#include "scanner/source/store/store.h"
#include "tests/source/store/support.h"
#include "tests/support/catch.h"

namespace fs = std::filesystem;
using namespace kimiguard;
using namespace kimiguard::testing;

namespace {

// A database under construction; throws on a wrong statement so that a broken fixture cannot pass.
class Maker {
 public:
  explicit Maker(const std::string& path) {
    if (sqlite3_open(path.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("open");
  }
  ~Maker() { close(); }
  Maker(const Maker&) = delete;
  Maker& operator=(const Maker&) = delete;
  void close() {
    sqlite3_close(db_);
    db_ = nullptr;
  }
  void run(const std::string& sql) {
    char* message = nullptr;
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
      throw std::runtime_error(sql.substr(0, 80) + ": " + (message ? message : ""));
    }
  }
  void insert(const std::string& sql, std::string_view blob, bool text = false) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      throw std::runtime_error(sql);
    if (text) {
      sqlite3_bind_text(statement, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_blob(statement, 1, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
    }
    const int status = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (status != SQLITE_DONE) throw std::runtime_error(sql);
  }
  sqlite3* handle() { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

Coverage read_at(const std::string& path, Collector& collector, container::Limits limits = {}) {
  return store::read(path, origin_of(path), limits, collector.sink());
}

std::string zstd_of(std::string_view plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

std::vector<std::string> private_folders() {
  std::vector<std::string> found;
  for (const char* place : {"/tmp"}) {
    for (const auto& entry : fs::directory_iterator(place)) {
      if (entry.path().filename().string().rfind("kimiguard-", 0) == 0 &&
          fs::exists(entry.path() / "db")) {
        found.push_back(entry.path().string());
      }
    }
  }
  return found;
}

}  // namespace

TEST_CASE("each text and blob cell is delivered with table, row and column") {
  const TempFolder folder;
  const std::string path = folder / "state.vscdb";
  const std::string text = random_key();
  const std::string blob = random_key();
  const std::string keyed = random_key();
  const std::string odd = random_key();
  {
    Maker maker(path);
    maker.run("CREATE TABLE ItemTable(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)");
    maker.run("INSERT INTO ItemTable VALUES('host','https://api.moonshot.cn/v1')");
    maker.run("INSERT INTO ItemTable(rowid,key,value) VALUES(77,'kimi.apiKey','" + text + "')");
    maker.insert("INSERT INTO ItemTable VALUES('blob',?)", std::string(3, '\0') + blob);
    maker.run("CREATE TABLE w(a TEXT, b TEXT, PRIMARY KEY(a)) WITHOUT ROWID");
    maker.run("INSERT INTO w VALUES('first','" + keyed + "')");
    maker.run("CREATE TABLE \"o\"\"dd\"(rowid TEXT, [a b] TEXT)");
    maker.run("INSERT INTO \"o\"\"dd\" VALUES('x','" + odd + "')");
    maker.run("CREATE VIEW v AS SELECT value FROM ItemTable");
  }
  Collector seen;
  const Coverage coverage = read_at(path, seen);
  CHECK(coverage.gaps.empty());
  CHECK(coverage.databases == 1);
  CHECK(seen.places_of(text) == std::vector<std::string>{path + "!/ItemTable[77].value"});
  CHECK(seen.holds_at(blob, "!/ItemTable[78].value"));
  CHECK(seen.holds_at(keyed, "!/w[first].b"));
  CHECK(seen.holds_at(odd, "!/o\"dd[1].a b"));
  for (const Seen& one : seen.all) {
    if (one.bytes == text) CHECK(one.context == "key=kimi.apiKey\n");
    CHECK(one.place.find("!/v[") == std::string::npos);
  }
}

TEST_CASE(
    "rows that are only in the write-ahead log of a live database are read, and nothing is touched") {
  const TempFolder folder;
  const std::string path = folder / "live.db";
  const std::string old_key = random_key();
  const std::string key = random_key();
  Maker maker(path);
  maker.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(v TEXT)");
  maker.run("INSERT INTO t VALUES('" + old_key + "')");
  maker.run("UPDATE t SET v='" + key + "'");
  maker.run("BEGIN IMMEDIATE");  // a writer holds its lock meanwhile
  const std::string before = read_file(path) + read_file(path + "-wal");
  const auto changed = fs::last_write_time(path + "-wal");
  REQUIRE(read_file(path).find(key) == std::string::npos);
  Collector seen;
  const Coverage coverage = read_at(path, seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.holds_at(key, "!/t[1].v"));
  CHECK_FALSE(seen.holds_at(old_key, "!/t[1].v"));
  CHECK(seen.holds_at(old_key, "(log page"));
  CHECK(read_file(path) + read_file(path + "-wal") == before);
  CHECK(fs::last_write_time(path + "-wal") == changed);
  CHECK(private_folders().empty());
  maker.run("COMMIT");

  SECTION("a large one is read without a copy") {
    container::Limits limits;
    limits.copy_bytes = 1;
    Collector again;
    read_at(path, again, limits);
    CHECK(again.holds_at(key, "(log page"));
  }
  SECTION("the log alone is read") {
    fs::copy(path + "-wal", folder / "alone.db-wal");
    Collector again;
    read_at(folder / "alone.db-wal", again);
    CHECK(again.holds_at(key, "(log page"));
    Collector bytes;
    const std::string log = read_file(path + "-wal");
    store::read_bytes(log, origin_of("x.db-wal"), {}, bytes.sink());
    CHECK(bytes.holds(key));
  }
  SECTION("the database of a WAL writer is read from memory, too") {
    maker.run("PRAGMA wal_checkpoint(TRUNCATE)");
    const std::string image = read_file(path);
    Collector again;
    CHECK(store::read_bytes(image, origin_of("live.db"), {}, again.sink()).gaps.empty());
    CHECK(again.holds_at(key, "!/t[1].v"));
    CHECK(read_file(path) == image);
  }
}

TEST_CASE("a half-written transaction is rolled back in the copy and both versions are seen") {
  const TempFolder folder;
  const std::string path = folder / "half.db";
  const std::string committed = random_key();
  const std::string half = random_key();
  {
    Maker maker(folder / "work.db");
    maker.run("PRAGMA page_size=1024; CREATE TABLE t(v TEXT); INSERT INTO t VALUES('" + committed +
              "')");
    maker.run("PRAGMA cache_spill=1; PRAGMA cache_size=1; BEGIN; UPDATE t SET v='" + half + "'");
    for (int i = 0; i < 200; ++i) maker.run("INSERT INTO t VALUES('" + std::string(900, 'x') + "')");
    fs::copy(folder / "work.db", path);
    fs::copy(folder / "work.db-journal", path + "-journal");
    maker.run("ROLLBACK");
  }
  REQUIRE(read_file(path).find(half) != std::string::npos);
  const std::string before = read_file(path) + read_file(path + "-journal");
  Collector seen;
  read_at(path, seen);
  CHECK(seen.holds_at(committed, "!/t[1].v"));
  CHECK(seen.holds_at(half, "(page "));
  CHECK(read_file(path) + read_file(path + "-journal") == before);
}

TEST_CASE("a journal that names a super-journal cannot make us open or delete that file") {
  const TempFolder folder;
  const std::string path = folder / "bait.db";
  const std::string victim = folder / "victim";
  write_file(victim, "precious");
  {
    Maker maker(folder / "work.db");
    maker.run("PRAGMA page_size=1024; CREATE TABLE t(v TEXT); INSERT INTO t VALUES('one')");
    maker.run("PRAGMA cache_size=1; BEGIN; UPDATE t SET v='two'");
    for (int i = 0; i < 200; ++i) maker.run("INSERT INTO t VALUES('" + std::string(900, 'x') + "')");
    fs::copy(folder / "work.db", path);
    fs::copy(folder / "work.db-journal", path + "-journal");
    maker.run("ROLLBACK");
  }
  // The record of a super-journal: lock page number, name, its length, the sum of its bytes, magic.
  const auto be = [](std::uint32_t n) {
    std::string s;
    for (int shift = 24; shift >= 0; shift -= 8) s += static_cast<char>(n >> shift & 0xFF);
    return s;
  };
  std::uint32_t sum = 0;
  for (const char c : victim) sum += static_cast<std::uint32_t>(static_cast<signed char>(c));
  std::string journal = read_file(path + "-journal");
  journal +=
      be(0x40000000 / 1024 + 1) + victim + be(static_cast<std::uint32_t>(victim.size())) + be(sum);
  journal += "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  write_file(path + "-journal", journal);
  Collector seen;
  read_at(path, seen);
  CHECK(seen.holds_at("one", "!/t[1].v"));
  CHECK(read_file(victim) == "precious");
}

TEST_CASE("compressed values are inflated, JSON in them is delivered as it is") {
  const TempFolder folder;
  const std::string path = folder / "threads.db";
  const std::string key = random_key();
  const std::string json = "{\"messages\":[\"" + std::string(500, ' ') + key + "\"]}";
  {
    Maker maker(path);
    maker.run("CREATE TABLE threads(id TEXT, data BLOB)");
    maker.insert("INSERT INTO threads VALUES('a',?)", zstd_of(json));
    maker.insert("INSERT INTO threads VALUES('bomb',?)", zstd_of(std::string(200 << 20, 'a')));
  }
  Collector seen;
  const Coverage coverage = read_at(path, seen);
  CHECK(seen.holds_at(key, "!/threads[1].data!/zstd"));
  CHECK(has_gap(coverage, "limit"));
}

TEST_CASE("cells larger than a row may be come in overlapping pieces and the rows after them too") {
  const TempFolder folder;
  const std::string path = folder / "large.db";
  const std::string first = random_key();
  const std::string last = random_key();
  const std::string after = random_key();
  {
    Maker maker(path);
    maker.run("CREATE TABLE t(v, w TEXT)");
    std::string large(40 << 20, '.');
    for (std::size_t i = 100; i < large.size(); i += 100) large[i] = '\n';
    large.replace((4 << 20) - 20, first.size(), first);  // over the seam of two pieces
    large += last;
    maker.insert("INSERT INTO t VALUES(?, 'x')", large, true);
    maker.run("INSERT INTO t VALUES('" + after + "', 'y')");
    maker.insert("INSERT INTO t VALUES(7, ?)", large, true);
  }
  Collector seen;
  const Coverage coverage = read_at(path, seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.holds_at(first, "!/t[1].v"));
  CHECK(seen.holds_at(last, "!/t[1].v"));
  CHECK(seen.holds_at(after, "!/t[2].v"));
  CHECK(seen.holds_at(last, "!/t[3].w"));
  std::uint64_t largest = 0;
  for (const Seen& one : seen.all) {
    largest = std::max<std::uint64_t>(largest, one.bytes.size());
    if (one.place.find("!/t[1].v") == std::string::npos || one.offset == 0) continue;
    CHECK_FALSE(one.whole);
    CHECK(one.line >= one.offset / 100 - 3);
    CHECK(one.seen == container::Limits{}.overlap_bytes / 2);
  }
  CHECK(largest <= container::Limits{}.piece_bytes);
}

TEST_CASE("deleted values that ran over several pages are put together again") {
  const TempFolder folder;
  const std::string path = folder / "deleted.db";
  std::vector<std::string> keys;
  std::string value;
  // A key at every place a page's end could be, in a value of many pages.
  while (value.size() < 60'000) {
    keys.push_back(random_key());
    value += keys.back() + " ";
  }
  {
    Maker maker(path);
    maker.run(
        "PRAGMA secure_delete=OFF; PRAGMA page_size=4096; CREATE TABLE t(v TEXT); CREATE TABLE u(v "
        "TEXT)");
    maker.run("INSERT INTO u VALUES('stays')");
    maker.insert("INSERT INTO t VALUES(?)", value, true);
    maker.run("INSERT INTO t VALUES('after')");
    maker.run("DELETE FROM t WHERE rowid=1");
  }
  const std::string raw = read_file(path);
  int straddling = 0;
  for (const std::string& key : keys) straddling += raw.find(key) == std::string::npos;
  REQUIRE(straddling > 5);
  Collector seen;
  const Coverage coverage = read_at(path, seen);
  CHECK(coverage.gaps.empty());
  int lost = 0;
  for (const std::string& key : keys) {
    if (raw.find(key) == std::string::npos && !seen.holds_at(key, "(free pages)")) ++lost;
  }
  // The page that became the free list's trunk lost its first bytes for good.
  CHECK(lost <= 1);
}

TEST_CASE("a deleted row's columns are cut where its cell tells how, and only a deleted row's") {
  const TempFolder folder;
  const std::string path = folder / "cut.db";
  std::vector<std::string> keys;
  const std::string url = "https://api.kimi.com/coding";
  {
    Maker maker(path);
    maker.run("PRAGMA secure_delete=OFF; CREATE TABLE t(id INTEGER PRIMARY KEY, model TEXT, key TEXT, url TEXT)");
    for (int i = 0; i < 6; ++i) {
      keys.push_back(random_key());
      maker.run("INSERT INTO t(model,key,url) VALUES('kimi-k2','" + keys.back() + "','" + url + "')");
    }
  }
  std::string row = "[]";
  std::vector<std::size_t> deleted = {5};
  SECTION("the row deleted last begins the space between pointers and cells") {
    Maker(path).run("PRAGMA secure_delete=OFF; DELETE FROM t WHERE id=6");
  }
  SECTION("a row between others leaves a free block") {
    Maker(path).run("PRAGMA secure_delete=OFF; DELETE FROM t WHERE id=3");
    deleted = {2};
  }
  SECTION("free blocks that meet are joined") {
    Maker(path).run("PRAGMA secure_delete=OFF; DELETE FROM t WHERE id IN (2,3,4)");
    deleted = {1, 2, 3};
  }
  SECTION("in any order") {
    Maker(path).run("PRAGMA secure_delete=OFF; DELETE FROM t WHERE id=4; DELETE FROM t WHERE id=2; DELETE FROM t WHERE id=3");
    deleted = {1, 2, 3};
  }
  SECTION("a dropped table's pages keep whole cells") {
    Maker(path).run("PRAGMA secure_delete=OFF; DROP TABLE t");
    deleted = {0, 1, 2, 3, 4, 5};
    row = "[6]";
  }
  Collector seen;
  CHECK(read_at(path, seen).gaps.empty());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool gone = std::find(deleted.begin(), deleted.end(), i) != deleted.end();
    bool cut = false;
    for (const Seen& one : seen.all) {
      if (one.bytes.find(keys[i]) == std::string::npos) continue;
      CHECK((one.place.find("(free") != std::string::npos) == gone);
      cut = cut || (one.bytes == keys[i] && one.context.find("=" + url + "\n") != std::string::npos);
    }
    CHECK(cut);
  }
}

TEST_CASE("values of a deleted row that was written over in part are handed on joined") {
  const TempFolder folder;
  const std::string path = folder / "joined.db";
  const std::string key = random_key();
  {
    Maker maker(path);
    maker.run("PRAGMA secure_delete=OFF; CREATE TABLE t(k TEXT, v TEXT, u TEXT)");
    maker.run("INSERT INTO t VALUES('model-of-the-first-column','" + key + "','kimi'||hex(zeroblob(40)))");
    maker.run("INSERT INTO t VALUES('x','y','z')");
    maker.run("DELETE FROM t WHERE rowid=1");
    maker.run("INSERT INTO t VALUES('a','b','c')");  // over the end of the free block
  }
  Collector seen;
  CHECK(read_at(path, seen).gaps.empty());
  bool joined = false;
  for (const Seen& one : seen.all) joined = joined || (one.joined && one.bytes.find(key) != std::string::npos);
  CHECK(joined);
}

TEST_CASE("a page that lies about its cells and its free space is read as far as it is there") {
  const TempFolder folder;
  const std::string path = folder / "lying.db";
  Maker(path).run("CREATE TABLE t(v TEXT); INSERT INTO t VALUES('" + random_key() + "'); DELETE FROM t");
  const std::string sound = read_file(path);
  REQUIRE(sound.size() == 2 * 4096);
  const auto reads = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    Collector seen;
    read_at(path, seen);
  };
  // More cells than a page has room for, whose content begins behind its end.
  std::string lying = sound;
  lying.replace(4096 + 3, 4, std::string("\x0F\xFF\0\0", 4));
  CHECK_NOTHROW(reads(lying));
  // Any numbers in the page's header and first pointers.
  for (int n = 0; n < 200; ++n) {
    lying = sound;
    for (int change = 0; change < 3; ++change) lying[4096 + random_source()() % 16] = static_cast<char>(random_source()());
    CHECK_NOTHROW(reads(lying));
  }
}

TEST_CASE("UTF-16 databases are delivered as UTF-8") {
  const TempFolder folder;
  const std::string path = folder / "utf16.db";
  const std::string key = random_key();
  {
    Maker maker(path);
    maker.run("PRAGMA encoding='UTF-16le'; CREATE TABLE t(v TEXT); INSERT INTO t VALUES('" + key + "')");
  }
  Collector seen;
  read_at(path, seen);
  CHECK(seen.holds_at(key, "!/t[1].v"));
}

TEST_CASE("full-text tables, odd collations and broken schemas do not stop the rest") {
  const TempFolder folder;
  const std::string path = folder / "odd.db";
  const std::string indexed = random_key();
  const std::string collated = random_key();
  const std::string default_key = random_key();
  {
    Maker maker(path);
    sqlite3_create_collation(maker.handle(), "localized", SQLITE_UTF8, nullptr,
                             [](void*, int, const void*, int, const void*) { return 0; });
    maker.run("CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES('" + indexed + "')");
    maker.run(
        "CREATE TABLE c(v TEXT COLLATE localized PRIMARY KEY) WITHOUT ROWID; INSERT INTO c VALUES('" +
        collated + "')");
    maker.run("CREATE TABLE d(a, b TEXT DEFAULT '" + default_key + "')");
    maker.run("CREATE TABLE e(a)");
    maker.run(
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE TABLE e(((' WHERE name='e'");
  }
  Collector seen;
  for (const Gap& gap : read_at(path, seen).gaps)
    UNSCOPED_INFO(gap.code << " " << gap.place << " " << gap.reason);
  CHECK(seen.holds_at(indexed, "!/f_content[1].c0"));
  CHECK(seen.holds(collated));
  CHECK(seen.holds_at(default_key, "!/sqlite_schema["));
}

TEST_CASE("a damaged database gives what can be read and says so") {
  const TempFolder folder;
  const std::string path = folder / "damaged.db";
  std::vector<std::string> keys;
  {
    Maker maker(path);
    maker.run("CREATE TABLE t(v TEXT); CREATE TABLE u(v TEXT); BEGIN");
    for (int i = 0; i < 2000; ++i) {
      keys.push_back(random_key());
      maker.run("INSERT INTO t VALUES('" + keys.back() + std::string(400, '.') + "')");
    }
    maker.run("COMMIT");
  }
  std::string bytes = read_file(path);
  SECTION("the root page of the table is gone") {
    // Page 2 is the first table's root.
    std::fill_n(bytes.begin() + 4096, 4096, '\0');
    write_file(path, bytes);
    Collector seen;
    const Coverage coverage = read_at(path, seen);
    CHECK(has_gap(coverage, "damaged"));
    int found = 0;
    for (const std::string& key : keys) found += seen.holds_at(key, "(page ") ? 1 : 0;
    CHECK(found == 2000);
  }
  SECTION("the end is cut off") {
    bytes.resize(bytes.size() / 2 + 100);
    Collector seen;
    const Coverage coverage = store::read_bytes(bytes, origin_of("cut.db"), {}, seen.sink());
    CHECK(has_gap(coverage, "damaged"));
    int found = 0;
    for (const std::string& key : keys) found += seen.holds(key) ? 1 : 0;
    CHECK(found > 900);
  }
  SECTION("random bytes are changed") {
    for (int round = 0; round < 60; ++round) {
      std::string broken = bytes.substr(0, 40 * 4096);
      for (int i = 0; i < 60; ++i)
        broken[100 + random_source()() % (broken.size() - 100)] = static_cast<char>(random_source()());
      for (int i = 0; i < 20; ++i)
        broken[100 + random_source()() % 8000] = static_cast<char>(random_source()());
      Collector seen;
      store::read_bytes(broken, origin_of("broken.db"), {}, seen.sink());
    }
  }
}

TEST_CASE("private copies are in a folder of our own and a signal handler's call removes them") {
  const TempFolder folder;
  const std::string path = folder / "x.db";
  write_file(path, "bytes");
  write_file(path + "-wal", "log");
  write_file(path + "-shm", "shared");
  std::string database;
  {
    auto copy = store::PrivateCopy::make(path);
    REQUIRE(copy);
    database = copy->database();
    struct stat info {};
    REQUIRE(stat(fs::path(database).parent_path().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
    CHECK(read_file(database + "-wal") == "log");
    CHECK_FALSE(fs::exists(database + "-shm"));
    store::remove_private_copies();
    CHECK_FALSE(fs::exists(fs::path(database).parent_path()));
  }
  {
    auto copy = store::PrivateCopy::make(path);
    REQUIRE(copy);
    database = copy->database();
    CHECK(fs::exists(database));
  }
  CHECK_FALSE(fs::exists(fs::path(database).parent_path()));
}

TEST_CASE("what is no database is none") {
  Collector seen;
  CHECK(store::kind_of("a.db", "just text") == store::Kind::none);
  CHECK(store::kind_of("a.db", std::string_view("SQLite format 3\0", 16)) == store::Kind::sqlite);
  CHECK(store::database_of_side_file("a.db-wal") == "a.db");
  CHECK(store::database_of_side_file("a.db") == "");
  store::read_bytes(std::string("SQLite format 3\0 and no more", 28), origin_of("x"), {}, seen.sink());
  CHECK(seen.all.empty());
}

TEST_CASE("rows that only a persisted rollback journal still has are read, with and without its database") {
  for (const int page_size : {512, 1024, 4096, 65536}) {
    const TempFolder folder;
    const std::string path = folder / "state.db";
    std::vector<std::string> keys;
    {
      Maker db(path);
      db.run("PRAGMA page_size=" + std::to_string(page_size) + "; PRAGMA journal_mode=PERSIST; PRAGMA secure_delete=ON");
      db.run("CREATE TABLE keys(provider TEXT, k TEXT, url TEXT)");
      db.run("BEGIN");
      for (int i = 0; i < 60; ++i) {
        keys.push_back(random_key());
        db.run("INSERT INTO keys VALUES('kimi-k2','" + keys.back() + "','https://api.kimi.com/coding')");
      }
      db.run("COMMIT");
      db.run("DELETE FROM keys WHERE rowid BETWEEN 20 AND 29");
    }
    Collector seen;
    CHECK(read_at(path, seen).gaps.empty());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i < 19 || i > 28) CHECK(seen.holds_at(keys[i], "keys"));
      else CHECK(seen.holds_at(keys[i], "(journal page"));
    }
    fs::remove(path);
    Collector alone;
    CHECK(read_at(path + "-journal", alone).gaps.empty());
    for (int i = 19; i < 29; ++i) CHECK(alone.holds_at(keys[static_cast<std::size_t>(i)], "(journal page"));
  }
}

TEST_CASE("a database that SQLite cannot open is one gap") {
  const TempFolder folder;
  const std::string path = folder / "broken.db";
  std::string bytes;
  {
    Maker db(path);
    db.run("CREATE TABLE t(a TEXT)");
  }
  bytes = read_file(path);
  for (std::size_t i = 100; i < 200; ++i) bytes[i] = static_cast<char>(i * 7);
  Collector seen;
  CHECK(store::read_bytes(bytes, origin_of("broken.db"), {}, seen.sink()).gaps.size() == 1);
  Collector none;
  CHECK(store::read_bytes(std::string("SQLite format 3\0", 16) + std::string(200, 'x'), origin_of("broken.db"), {}, none.sink()).gaps.size() == 1);
}

#include "scanner/source/store/leveldb.h"

#include <snappy.h>

#include "scanner/source/store/store.h"
#include "tests/source/store/support.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::testing;

namespace {

// A slow and obvious writer of the two formats, as doc/table_format.md and doc/log_format.md have them.
std::string varint(std::uint64_t n) {
  std::string s;
  for (; n >= 128; n >>= 7) s += static_cast<char>((n & 127) | 128);
  return s + static_cast<char>(n);
}
std::string le(std::uint64_t n, int bytes) {
  std::string s;
  for (int i = 0; i < bytes; ++i) s += static_cast<char>(n >> (8 * i) & 0xFF);
  return s;
}

struct Entry {
  std::string key;
  std::string value;
  bool deleted = false;
};

std::string block_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string block;
  std::string restarts;
  std::string last;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::size_t shared = 0;
    if (i % 16 == 0) {
      restarts += le(block.size(), 4);
      ++count;
    } else {
      while (shared < last.size() && shared < entries[i].first.size() &&
             last[shared] == entries[i].first[shared])
        ++shared;
    }
    block +=
        varint(shared) + varint(entries[i].first.size() - shared) + varint(entries[i].second.size());
    block += entries[i].first.substr(shared) + entries[i].second;
    last = entries[i].first;
  }
  return block + restarts + le(count, 4);
}

std::string table_of(const std::vector<Entry>& entries, bool compressed, std::size_t per_block = 20) {
  std::string file;
  std::vector<std::pair<std::string, std::string>> index;
  const auto put = [&](std::string block, bool pack) {
    if (pack) {
      std::string packed;
      snappy::Compress(block.data(), block.size(), &packed);
      block = packed;
    }
    const std::string handle = varint(file.size()) + varint(block.size());
    file += block + static_cast<char>(pack ? 1 : 0) + le(0xDEADBEEF, 4);  // the checksum is not asked
    return handle;
  };
  for (std::size_t i = 0; i < entries.size(); i += per_block) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (std::size_t k = i; k < std::min(entries.size(), i + per_block); ++k) {
      rows.emplace_back(entries[k].key + le((k + 1) << 8 | (entries[k].deleted ? 0u : 1u), 8),
                        entries[k].value);
    }
    const std::string last = rows.back().first;
    index.emplace_back(last, put(block_of(rows), compressed));
  }
  std::string footer = put(block_of({}), false);
  footer += put(block_of(index), compressed);
  footer.resize(40, '\0');
  return file + footer + "\x57\xFB\x80\x8B\x24\x75\x47\xDB";
}

std::string batch_of(const std::vector<Entry>& entries) {
  std::string batch = le(1, 8) + le(entries.size(), 4);
  for (const Entry& entry : entries) {
    batch += entry.deleted ? '\0' : '\1';
    batch += varint(entry.key.size()) + entry.key;
    if (!entry.deleted) batch += varint(entry.value.size()) + entry.value;
  }
  return batch;
}

std::string log_of(const std::vector<std::string>& records) {
  std::string log;
  for (std::string_view record : records) {
    bool first = true;
    do {
      std::size_t left = 32768 - log.size() % 32768;
      if (left < 7) {
        log += std::string(left, '\0');
        left = 32768;
      }
      const std::size_t part = std::min(left - 7, record.size());
      const bool last = part == record.size();
      const int type = first && last ? 1 : first ? 2 : last ? 4 : 3;
      log += le(0xDEADBEEF, 4) + le(part, 2) + static_cast<char>(type);
      log += record.substr(0, part);
      record.remove_prefix(part);
      first = false;
    } while (!record.empty());
  }
  return log;
}

std::string utf16(const std::string& text) {
  std::string out;
  for (const char c : text) out += std::string(1, c) + '\0';
  return out;
}

Coverage read_as(std::string_view bytes, const std::string& name, Collector& collector) {
  return store::read_bytes(bytes, origin_of(name), {}, collector.sink());
}

}  // namespace

TEST_CASE("entries of a LevelDB table are delivered by key, packed or not, deleted ones too") {
  for (const bool compressed : {false, true}) {
    std::vector<Entry> entries;
    for (int i = 0; i < 500; ++i) {
      entries.push_back({"_https://chat.example\0\1setting" + std::to_string(1000 + i),
                         random_key() + std::string(100, 'v'), false});
    }
    entries.push_back({"gone", "", true});
    const std::string bytes = table_of(entries, compressed);
    Collector seen;
    const Coverage coverage = read_as(bytes, "Local Storage/leveldb/000005.ldb", seen);
    CHECK(coverage.gaps.empty());
    CHECK(coverage.databases == 1);
    int found = 0;
    for (const Entry& entry : entries)
      found += entry.value.empty() ? 0 : seen.holds_at(entry.value, entry.key.substr(0, 21));
    CHECK(found == 500);

    const TempFolder folder;
    write_file(folder / "000005.ldb", bytes);
    write_file(folder / "LOCK", "");
    Collector file;
    CHECK(store::read(folder / "000005.ldb", origin_of(folder / "000005.ldb"), {}, file.sink())
              .gaps.empty());
    CHECK(file.holds(entries[7].value));
  }
}

TEST_CASE("values of Local Storage and IndexedDB in UTF-16 are a second document in UTF-8") {
  const std::string wide = random_key();
  const std::string narrow = random_key();
  const std::string indexed = random_key();
  const std::string bytes = table_of({{std::string("_app://x\0\1persist", 18),
                                       std::string(1, '\0') + utf16("{\"note\":\"") + "\x48\x72" +
                                           utf16("\",\"apiKey\":\"" + wide + "\"}"),
                                       false},
                                      {"latin", "\1" + narrow, false},
                                      {std::string("\0\1\1\1\1", 5),
                                       "\x09\xFF\x14\xFF\x0D"
                                       "c" +
                                           varint(wide.size() * 2) + utf16(indexed) + "\x7B\0",
                                       false}},
                                     true);
  Collector seen;
  read_as(bytes, "000003.ldb", seen);
  CHECK(seen.holds_at("\"apiKey\":\"" + wide + "\"}", "!/utf-16"));
  CHECK(seen.holds_at(narrow, "!/latin"));
  CHECK(seen.holds_at(indexed, "!/utf-16"));
  CHECK(seen.holds_at(indexed, "\\x00\\x01\\x01"));
}

TEST_CASE("batches of a LevelDB log are read over its blocks, a half-written last one too") {
  const std::string first = random_key();
  const std::string over = random_key();
  const std::string wide_key = random_key();
  const std::string half = random_key();
  const std::string second_half = random_key();
  std::string value(32768 - 165, '.');
  value += over + std::string(70'000, '.');
  const std::string log =
      log_of({batch_of({{"one", first}, {"two", "", true}}), batch_of({{"large", value}}),
              batch_of({{wide_key, "short"}}),
              batch_of({{"half", half}, {"cut", second_half + std::string(300, 'z')}})});
  const std::string bytes = log.substr(0, log.size() - 250);
  REQUIRE(bytes.find(over) == std::string::npos);  // a record header lies in its midst
  Collector seen;
  const Coverage coverage = read_as(bytes, "IndexedDB/x.leveldb/000004.log", seen);
  CHECK(coverage.gaps.empty());
  CHECK(seen.holds_at(first, "!/one"));
  CHECK(seen.holds_at(over, "!/large"));
  CHECK(seen.holds(wide_key));
  CHECK(seen.holds_at(half, "!/half"));
  Collector manifest;
  read_as(log_of({"leveldb.BytewiseComparator" + wide_key}), "MANIFEST-000001", manifest);
  CHECK(manifest.holds(wide_key));
}

TEST_CASE("a damaged LevelDB file gives what can be read and says so") {
  std::vector<Entry> entries;
  for (int i = 0; i < 200; ++i) entries.push_back({"k" + std::to_string(1000 + i), random_key(), false});
  const std::string table = table_of(entries, true);
  std::string one_block = table;
  for (std::size_t i = 0; i < 40; ++i) one_block[i] = '\xFF';
  Collector seen;
  CHECK(has_gap(read_as(one_block, "1.ldb", seen), "damaged"));
  CHECK(seen.holds(entries[100].value));
  CHECK(has_gap(read_as(table.substr(0, table.size() - 1), "1.ldb", seen), "damaged"));
  std::string log = log_of(
      {batch_of({{"a", entries[0].value}}), std::string(40, 'x'), batch_of({{"b", entries[1].value}})});
  Collector from_log;
  CHECK(has_gap(read_as(log, "1.log", from_log), "damaged"));
  CHECK(from_log.holds(entries[0].value));
  CHECK(from_log.holds(entries[1].value));
  for (int round = 0; round < 500; ++round) {
    std::string broken = round % 2 ? table : log;
    for (int i = 0; i < 8; ++i)
      broken[random_source()() % broken.size()] = static_cast<char>(random_source()());
    Collector any;
    read_as(broken, round % 2 ? "1.ldb" : "1.log", any);
  }
}

TEST_CASE("other logs with numbers for names are no LevelDB logs") {
  CHECK(store::kind_of("000003.log", "2026-11-24 03:00:00 INFO started and running") ==
        store::Kind::none);
  CHECK(store::kind_of("a.ldb", "") == store::Kind::none);
  CHECK(store::kind_of("x/000003.ldb", "") == store::Kind::leveldb_table);
}

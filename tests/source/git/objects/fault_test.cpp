// Random damage to packs, indexes and loose objects: nothing crashes or hangs, no wrong bytes are given under a
// name, and whatever the damage does not touch is delivered.
//
// KIMIGUARD_FAULTS sets the rounds (300); ci/faults.sh runs 2,400 under the sanitizers and prints the table.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "scanner/source/git/objects/pack.h"
#include "tests/source/git/objects/sandbox.h"
#include "tests/support/catch.h"

namespace kimiguard::git::testing {
namespace {

namespace fs = std::filesystem;

// An entry of a sound pack: where it lies and what it is made from.
struct Entry {
  std::string id;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string base;  // id in this or another pack
};

struct Damage {
  const char* kind = "";
  // Ranges of changed bytes; beyond the end for what was cut off.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
};

Damage damage(std::string& bytes, Random& random) {
  Damage made;
  const auto change = [&](std::size_t at, std::size_t count) {
    for (std::size_t i = at; i < at + count && i < bytes.size(); ++i)
      bytes[i] = static_cast<char>(bytes[i] ^ static_cast<char>(1 + random.below(255)));
    made.ranges.emplace_back(at, at + count);
  };
  switch (random.below(6)) {
    case 0:
      made.kind = "one bit";
      {
        const std::size_t at = random.below(bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << random.below(8)));
        made.ranges.emplace_back(at, at + 1);
      }
      break;
    case 1:
      made.kind = "one byte";
      change(random.below(bytes.size()), 1);
      break;
    case 2:
      made.kind = "bytes here and there";
      for (std::size_t n = 2 + random.below(8); n-- > 0;) change(random.below(bytes.size()), 1);
      break;
    case 3:
      made.kind = "a run of bytes";
      change(random.below(bytes.size()), 2 + random.below(300));
      break;
    case 4: {
      made.kind = "a run of zeros";
      const std::size_t at = random.below(bytes.size());
      const std::size_t end = std::min(bytes.size(), at + 16 + random.below(512));
      for (std::size_t i = at; i < end; ++i) bytes[i] = '\0';
      made.ranges.emplace_back(at, end);
      break;
    }
    default: {
      made.kind = "cut short";
      const std::size_t at = random.below(bytes.size());
      made.ranges.emplace_back(at, bytes.size());
      bytes.resize(at);
    }
  }
  return made;
}

bool touches(const Damage& damage, std::uint64_t begin, std::uint64_t end) {
  for (const auto& [from, to] : damage.ranges)
    if (from < end && begin < to) return true;
  return false;
}

class Subject {
 public:
  Subject() {
    make_history(sandbox, "r", 25);
    sandbox.run(
        "cd r; git repack -q -adf --depth=30; git prune-packed; for i in $(seq 8); do seq $((i*40)) > more; echo $i >> dir/small1; "
        "git add -A; git commit -q -m more$i; done; git rev-parse HEAD~8 | sed 's/^/^/' > /dev/null; "
        "git -c repack.useDeltaBaseOffset=false repack -q -d; git prune-packed; "
        "for i in 1 2 3; do echo loose$i > loose$i; git add -A; git commit -q -m loose$i; done; chmod -R u+w .git/objects");
    objects_dir = sandbox.path("r/.git/objects");
    sound = objects_by_git(sandbox, "r");
    auto store = ObjectStore::open(objects_dir, HashKind::sha1);
    REQUIRE(store.ok());
    for (const auto& pack : (*store)->packs()) {
      std::map<std::uint64_t, std::string> at;
      for (std::uint32_t i = 0; i < pack->index().size(); ++i) at[pack->index().offset(i)] = pack->index().id(i).hex();
      std::vector<Entry>& entries = packs[fs::path(pack->path()).filename().string()];
      for (auto one = at.begin(); one != at.end(); ++one) {
        Entry entry;
        entry.id = one->second;
        entry.begin = one->first;
        entry.end = std::next(one) == at.end() ? pack->entries_end() : std::next(one)->first;
        const auto head = pack->head(entry.begin);
        REQUIRE(head.has_value());
        if (head->kind == EntryHead::offset_delta) entry.base = at[head->base_offset];
        if (head->kind == EntryHead::ref_delta) entry.base = ObjectId(head->base_id, 20).hex();
        entries.push_back(entry);
        ++copies[entry.id];
      }
    }
    for (const auto& file : fs::recursive_directory_iterator(objects_dir)) {
      if (!file.is_regular_file()) continue;
      const std::string path = file.path().string();
      const std::string name = file.path().filename().string();
      const std::string folder = file.path().parent_path().filename().string();
      if (folder.size() == 2) {
        files.emplace_back("loose object", path);
        ++copies[folder + name];
      } else if (name.ends_with(".pack")) {
        // As many as there are loose objects, so that each kind of file has its turn.
        for (int i = 0; i < 6; ++i) files.emplace_back("pack", path);
      } else if (name.ends_with(".idx")) {
        for (int i = 0; i < 6; ++i) files.emplace_back("index", path);
      }
    }
  }

  // Objects that may be lost by this damage to this file.
  std::set<std::string> may_lose(const std::string& path, const Damage& done) const {
    std::map<std::string, int> lost;
    const fs::path file(path);
    const std::string folder = file.parent_path().filename().string();
    if (folder.size() == 2) ++lost[folder + file.filename().string()];
    if (const auto pack = packs.find(file.filename().string()); pack != packs.end())
      for (const Entry& entry : pack->second)
        if (touches(done, entry.begin, entry.end)) ++lost[entry.id];
    std::set<std::string> gone;
    for (const auto& [id, count] : lost)
      if (count >= copies.at(id)) gone.insert(id);
    // And what is made from these. A delta whose base has another copy is not lost.
    for (bool more = true; more;) {
      more = false;
      for (const auto& [name, entries] : packs)
        for (const Entry& entry : entries)
          if (!entry.base.empty() && gone.count(entry.base) != 0 && copies.at(entry.id) == 1) more |= gone.insert(entry.id).second;
    }
    return gone;
  }

  Sandbox sandbox;
  std::string objects_dir;
  Objects sound;
  std::map<std::string, std::vector<Entry>> packs;
  std::map<std::string, int> copies;
  std::vector<std::pair<std::string, std::string>> files;  // kind, path
};

struct Row {
  int rounds = 0;
  int whole = 0;    // everything was delivered
  int partly = 0;   // only what the damage touches was not, and a gap says so
  std::uint64_t lost = 0;
  double slowest = 0;
};

TEST_CASE("random damage crashes nothing, and what it does not touch is delivered") {
  const Subject subject;
  const char* const wanted = std::getenv("KIMIGUARD_FAULTS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 300;
  std::map<std::pair<std::string, std::string>, Row> table;
  for (int round = 0; round < rounds; ++round) {
    Random random(static_cast<std::uint64_t>(round) + 1000);
    const auto& [kind, path] = subject.files[random.below(subject.files.size())];
    const std::string before = read_file(path);
    std::string bytes = before;
    const Damage done = damage(bytes, random);
    const std::set<std::string> may_lose = subject.may_lose(path, done);
    write_file(path, bytes);
    const auto start = std::chrono::steady_clock::now();
    const Walked walked = walk_all(subject.objects_dir, HashKind::sha1, 1 + static_cast<unsigned>(random.below(3)));
    INFO("round " << round << ": " << kind << ", " << done.kind << " at " << done.ranges.front().first << " of " << before.size() << " bytes of " << path);
    std::size_t missing = 0;
    for (const auto& [id, object] : subject.sound) {
      const auto found = walked.objects.find(id);
      if (found == walked.objects.end()) {
        INFO("object " << id);
        REQUIRE(may_lose.count(id) == 1);
        ++missing;
      } else {
        REQUIRE((found->second == object));
      }
    }
    // Single objects too: right, or an error.
    if (auto store = ObjectStore::open(subject.objects_dir, HashKind::sha1); store.ok()) {
      std::size_t number = 0;
      for (const auto& [id, object] : subject.sound) {
        if (++number % 9 != 0 && may_lose.count(id) == 0) continue;
        const Result<Object> read = (*store)->read(*ObjectId::from_hex(id));
        INFO("object " << id << (read ? std::string() : ": " + read.error().message));
        if (may_lose.count(id) == 0) REQUIRE(read.ok());
        if (read) REQUIRE((read->bytes == object.second));
      }
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(seconds < 300);  // no hang; not a measurement
    if (missing > 0) CHECK(!walked.report.coverage.gaps.empty());
    write_file(path, before);
    Row& row = table[{kind, done.kind}];
    ++row.rounds;
    ++(missing == 0 ? row.whole : row.partly);
    row.lost += missing;
    row.slowest = std::max(row.slowest, seconds);
  }
  if (wanted == nullptr) return;
  std::string text = "\n| file | damage | rounds | all delivered | some lost, and said | objects lost | slowest |\n|---|---|--:|--:|--:|--:|--:|\n";
  for (const auto& [what, row] : table) {
    char numbers[160];
    std::snprintf(numbers, sizeof numbers, "%d | %d | %d | %llu | %.2f s |\n", row.rounds, row.whole, row.partly,
                  static_cast<unsigned long long>(row.lost), row.slowest);
    text += "| " + what.first + " | " + what.second + " | " + numbers;
  }
  WARN(text);
}

}  // namespace
}  // namespace kimiguard::git::testing

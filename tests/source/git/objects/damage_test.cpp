// Damaged and hostile object stores: bounded, reported, and nothing sound is lost.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "scanner/source/git/objects/byte_order.h"
#include "scanner/source/git/objects/object_walk.h"
#include "scanner/source/git/objects/pack.h"
#include "tests/source/git/objects/pack_writer.h"
#include "tests/source/git/objects/sandbox.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_time.h"

namespace kimiguard::git::testing {
namespace {

ObjectId blob_id(const std::string& bytes) { return hash_object(HashKind::sha1, ObjectType::blob, bytes); }

std::string grown(const std::string& base, const std::string& more) {
  return DeltaWriter(base.size(), base.size() + more.size())
      .copy(0, static_cast<std::uint32_t>(base.size()))
      .insert(more)
      .bytes();
}

// What is delivered must be what its name says.
void require_true_names(const Walked& walked) {
  for (const auto& [hex, object] : walked.objects)
    REQUIRE(hash_object(HashKind::sha1, *object_type_named(object.first), object.second).hex() == hex);
}

bool holds(const Walked& walked, const std::string& bytes) {
  return walked.objects.count(blob_id(bytes).hex()) == 1;
}

const std::string kSound = "a sound object\n";

TEST_CASE("entries that claim a wrong size are reported and the others delivered") {
  for (const std::uint64_t claim : {0ULL, 5ULL, 27ULL, 1ULL << 33, 1ULL << 40, (1ULL << 60) + 1}) {
    const Sandbox sandbox;
    PackWriter pack;
    pack.raw(3, claim, "", deflated("twenty-six bytes, not more"), blob_id("x"));
    pack.whole(ObjectType::blob, kSound);
    pack.write(sandbox.path());
    const Walked walked = walk_all(sandbox.path());
    CHECK(walked.objects.size() == 1);
    CHECK(holds(walked, kSound));
    CHECK((has_gap(walked.report.coverage.gaps, "damaged") || has_gap(walked.report.coverage.gaps, "limit")));
    auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
    CHECK_FALSE((*store)->read(blob_id("x")).ok());
  }
}

TEST_CASE("cyclic and missing bases end") {
  const Sandbox sandbox;
  PackWriter pack;
  const std::string base(100, 'b');
  pack.ref_delta(blob_id("two"), grown(base, "1"), blob_id("one"));
  pack.ref_delta(blob_id("one"), grown(base, "2"), blob_id("two"));
  pack.ref_delta(blob_id("self"), grown(base, "3"), blob_id("self"));
  const std::uint64_t lost = pack.ref_delta(blob_id("nowhere"), grown(base, "4"), blob_id("four"));
  pack.offset_delta(lost, grown(base, "5"), blob_id("five"));
  pack.ref_delta(blob_id("one"), grown(base, "6"), blob_id("six"));
  pack.whole(ObjectType::blob, kSound);
  pack.write(sandbox.path());
  const Walked walked = walk_all(sandbox.path());
  CHECK(walked.objects.size() == 1);
  CHECK(holds(walked, kSound));
  CHECK(has_gap(walked.report.coverage.gaps, "cycle"));
  CHECK(has_gap(walked.report.coverage.gaps, "missing_base"));
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
  for (const char* text : {"one", "two", "self", "four", "five", "six"}) {
    CHECK_FALSE((*store)->read(blob_id(text)).ok());
    CHECK_FALSE((*store)->info(blob_id(text)).ok());
  }
  // Without the index there are no names to go in circles by.
  std::filesystem::remove(sandbox.path("pack/pack-0000.idx"));
  CHECK(holds(walk_all(sandbox.path()), kSound));
  // The remote that promised the base may have it.
  pack.write(sandbox.path("promised"));
  write_file(sandbox.path("promised/pack/pack-0000.promisor"), "");
  const Walked promised = walk_all(sandbox.path("promised"));
  for (const Gap& gap : promised.report.coverage.gaps)
    if (gap.code == "promisor") CHECK(gap.kind == GapKind::not_here);
  CHECK(has_gap(promised.report.coverage.gaps, "promisor"));
}

TEST_CASE("deltas that lie about sizes and places are reported") {
  const Sandbox sandbox;
  PackWriter pack;
  const std::string base(1000, 'b');
  const std::uint64_t at = pack.whole(ObjectType::blob, base);
  std::vector<std::string> lies = {
      DeltaWriter(1000, std::uint64_t{4} << 30).copy(0, 1000).bytes(),             // claims 4 GB
      DeltaWriter(1000, 900'000'000).copy(0, 1000).bytes(),                        // claims 900 MB
      DeltaWriter(999, 1000).copy(0, 999).insert("x").bytes(),                     // another base
      DeltaWriter(1000, 1000).copy(1, 1000).bytes(),                               // behind the base
      DeltaWriter(1000, 0xffffff).copy(0xffffffff, 0xffffff).bytes(),              // far behind it
      DeltaWriter(1000, 10).copy(0, 11).bytes(),                                   // more than claimed
      DeltaWriter(1000, 12).copy(0, 11).bytes(),                                   // less than claimed
      DeltaWriter(1000, 1000).copy(0, 999).bytes() + std::string(1, '\0'),         // reserved
      DeltaWriter(1000, 1000).copy(0, 999).bytes() + "\x7f short",                 // cut short
      DeltaWriter(1000, 1000).bytes() + "\xff",                                    // cut short
      "", "\x80", std::string(20, '\xff')};
  for (std::size_t i = 0; i < lies.size(); ++i) {
    const std::uint64_t lie = pack.offset_delta(at, lies[i], blob_id("lie" + std::to_string(i)));
    pack.offset_delta(lie, grown(base, "x"), blob_id("child" + std::to_string(i)));
  }
  pack.offset_delta(at, grown(base, kSound), blob_id(base + kSound));
  pack.write(sandbox.path());
  for (const auto scan : {WalkOptions::Scan::automatic, WalkOptions::Scan::windows}) {
    WalkOptions options;
    options.scan = scan;
    const Walked walked = walk_all(sandbox.path(), HashKind::sha1, 2, options);
    CHECK(walked.objects.size() == 2);
    CHECK(holds(walked, base + kSound));
    std::uint64_t lost = 0;
    for (const Gap& gap : walked.report.coverage.gaps) lost += gap.count;
    CHECK(lost == 2 * lies.size());
  }
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
  for (std::size_t i = 0; i < lies.size(); ++i) CHECK_FALSE((*store)->read(blob_id("lie" + std::to_string(i))).ok());
}

TEST_CASE("a zlib bomb is bounded by the limit and reported") {
  const Sandbox sandbox;
  PackWriter pack;
  const std::string bomb(50'000'000, '\0');
  pack.whole(ObjectType::blob, bomb);
  pack.whole(ObjectType::blob, kSound);
  pack.write(sandbox.path());
  write_file(sandbox.path("11/11111111111111111111111111111111111111"),
             deflated("blob 50000000" + std::string(1, '\0') + bomb));
  write_file(sandbox.path("22/22222222222222222222222222222222222222"), deflated(bomb));
  StoreOptions options;
  options.max_object_bytes = 1'000'000;
  const Walked walked = walk_all(sandbox.path(), HashKind::sha1, 2, {}, options);
  CHECK(walked.objects.size() == 1);
  CHECK(has_gap(walked.report.coverage.gaps, "limit"));
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1, options);
  CHECK((*store)->read(blob_id(bomb)).error().code == "limit");
}

TEST_CASE("a hundred thousand tiny deltas of a large base stop at the limit of work, not of patience") {
  const Sandbox sandbox;
  PackWriter pack;
  const std::string base(std::size_t{4} << 20, 'b');
  std::uint64_t at = pack.whole(ObjectType::blob, base);
  for (int i = 0; i < 100'000; ++i)
    at = pack.offset_delta(at, DeltaWriter(base.size(), base.size()).copy(0, 0xfffff).copy(0, 0xfffff).copy(0, 0xfffff).copy(0, 0xfffff).insert("1234").bytes(),
                           blob_id(std::to_string(i)));
  pack.whole(ObjectType::blob, kSound);
  pack.write(sandbox.path());
  const double start = kimiguard::test::cpu_seconds();
  WalkOptions options;
  options.work_floor = std::uint64_t{1} << 30;
  options.work_ratio = 64;
  std::atomic<std::uint64_t> seen{0};
  struct Count : ObjectVisitor {
    explicit Count(std::atomic<std::uint64_t>& to) : seen(to) {}
    std::atomic<std::uint64_t>& seen;
    unsigned every_object() const override { return kEveryType; }
    void object(const ObjectView& view, const std::vector<Hit>&) override {
      if (view.bytes == kSound) ++seen;
    }
  };
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
  const WalkReport report = walk(**store, options, [&](unsigned) { return std::make_unique<Count>(seen); });
  CHECK(seen == 1);
  CHECK(has_gap(report.coverage.gaps, "limit"));
  CHECK(report.coverage.gaps.size() <= 102);
  std::uint64_t lost = 0;
  for (const Gap& gap : report.coverage.gaps) lost += gap.count;
  CHECK(lost + report.coverage.objects == 100'002);
  CHECK(kimiguard::test::cpu_seconds() - start < 60);
}

TEST_CASE("a chain of any depth is followed") {
  const Sandbox sandbox;
  PackWriter pack;
  std::string text = "begin";
  std::uint64_t at = pack.whole(ObjectType::blob, text);
  for (int i = 0; i < 20'000; ++i) {
    const std::string next = std::to_string(i) + text.substr(0, 50);
    const std::string delta = DeltaWriter(text.size(), next.size()).insert(std::to_string(i)).copy(0, static_cast<std::uint32_t>(std::min<std::size_t>(50, text.size()))).bytes();
    at = pack.offset_delta(at, delta, blob_id(next));
    text = next;
  }
  pack.write(sandbox.path());
  WalkOptions options;
  options.stack_bytes = 1;
  const Walked walked = walk_all(sandbox.path(), HashKind::sha1, 2, options);
  CHECK(walked.objects.size() == 20'001);
  CHECK(holds(walked, text));
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
  CHECK(((*store)->read(blob_id(text))->bytes == text));
}

TEST_CASE("a damaged object that another pack or a loose file also holds is delivered, with all made from it") {
  const Sandbox sandbox;
  const std::string base(2000, 'b');
  PackWriter first;
  first.raw(3, base.size(), "", "not zlib at all", blob_id(base));
  const std::uint64_t at = first.rows[0].offset;
  const std::uint64_t one = first.offset_delta(at, grown(base, "one"), blob_id(base + "one"));
  first.offset_delta(one, grown(base + "one", "two"), blob_id(base + "onetwo"));
  first.write(sandbox.path(), "a");
  const Walked without = walk_all(sandbox.path());
  CHECK(without.objects.empty());
  CHECK(has_gap(without.report.coverage.gaps, "damaged"));
  PackWriter second;
  second.whole(ObjectType::blob, base);
  second.write(sandbox.path(), "b");
  const Walked with = walk_all(sandbox.path());
  CHECK(with.objects.size() == 3);
  CHECK(with.repeated == 0);
  CHECK(with.report.coverage.gaps.empty());
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
  CHECK((*store)->read(blob_id(base + "onetwo")).ok());
}

TEST_CASE("a heavy tree below a base that is sound only elsewhere is delivered whole, on several threads") {
  const Sandbox sandbox;
  const std::string base(2000, 'b');
  PackWriter first;
  first.raw(3, base.size(), "", "not zlib at all", blob_id(base));
  std::vector<std::string> made = {base};
  std::vector<std::uint64_t> offsets = {first.rows[0].offset};
  for (std::size_t i = 1; i < 200; ++i) {
    const std::size_t from = (i - 1) / 3;
    made.push_back(made[from] + std::to_string(i));
    offsets.push_back(first.offset_delta(offsets[from], grown(made[from], std::to_string(i)), blob_id(made[i])));
  }
  first.write(sandbox.path(), "a");
  PackWriter second;
  second.whole(ObjectType::blob, base);
  second.write(sandbox.path(), "b");
  for (const unsigned threads : {1U, 2U, 4U}) {
    const Walked walked = walk_all(sandbox.path(), HashKind::sha1, threads);
    CHECK(walked.objects.size() == made.size());
    CHECK(walked.report.coverage.gaps.empty());
  }
}

TEST_CASE("a pack without an index, with another's, or with an empty one is read from its entries") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 20);
  sandbox.run("cd r; git repack -q -adf; rm -f .git/objects/pack/*.rev");
  const Objects expected = objects_by_git(sandbox, "r");
  std::string index;
  for (const auto& entry : std::filesystem::directory_iterator(sandbox.path("r/.git/objects/pack")))
    if (entry.path().extension() == ".idx") index = entry.path().string();
  PackWriter other;
  other.whole(ObjectType::blob, kSound);
  for (const std::string& bytes : {std::string(), std::string("short"), other.index()}) {
    write_file(index, bytes);
    const Walked walked = walk_all(sandbox.path("r/.git/objects"));
    CHECK((walked.objects == expected));
    CHECK(has_gap(walked.report.coverage.gaps, "index"));
  }
  std::filesystem::remove(index);
  const Walked walked = walk_all(sandbox.path("r/.git/objects"));
  CHECK((walked.objects == expected));
  auto store = ObjectStore::open(sandbox.path("r/.git/objects"), HashKind::sha1);
  for (const auto& [hex, object] : expected) REQUIRE((*store)->read(*ObjectId::from_hex(hex))->bytes == object.second);
}

// Found by random damage, one cut in thousands: the last twenty bytes passed for the trailer.
TEST_CASE("a pack that was cut at any byte says so, with its index and without") {
  PackWriter writer;
  for (int i = 0; i < 6; ++i) writer.whole(ObjectType::blob, "object " + std::to_string(i) + std::string(40, 'x'));
  const std::string pack = writer.pack();
  for (const bool with_index : {true, false})
    for (std::size_t size = 0; size < pack.size(); ++size) {
      const Sandbox sandbox;
      std::filesystem::create_directories(sandbox.path("pack"));
      writer.write(sandbox.path(""), "0000", with_index);
      write_file(sandbox.path("pack/pack-0000.pack"), pack.substr(0, size));
      const Walked walked = walk_all(sandbox.path(""));
      INFO(size << " of " << pack.size() << (with_index ? ", indexed" : "") << ", objects: " << walked.objects.size());
      if (walked.objects.size() < 6) REQUIRE(walked.report.coverage.has(GapKind::unreadable));
    }
}

TEST_CASE("every object is read whatever byte of an index is wrong") {
  PackWriter writer;
  for (int i = 0; i < 6; ++i) writer.whole(ObjectType::blob, "object " + std::to_string(i) + std::string(400, static_cast<char>('a' + i)));
  const Sandbox sandbox;
  std::filesystem::create_directories(sandbox.path("pack"));
  writer.write(sandbox.path(""));
  const std::string index = writer.index();
  for (std::size_t at = 0; at < index.size(); at += at >= 64 && at < 980 ? 37 : 1) {
    std::string damaged = index;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    std::filesystem::remove(sandbox.path("pack/pack-0000.idx"));
    write_file(sandbox.path("pack/pack-0000.idx"), damaged);
    const auto store = ObjectStore::open(sandbox.path(""), HashKind::sha1);
    REQUIRE(store.ok());
    for (const PackWriter::Row& row : writer.rows) {
      INFO("byte " << at << ", " << row.id.hex());
      REQUIRE((*store)->read(row.id).ok());
    }
  }
}

TEST_CASE("an index that lies about offsets hides nothing") {
  PackWriter pack;
  const std::string base(3000, 'b');
  const std::uint64_t at = pack.whole(ObjectType::blob, base);
  std::vector<std::string> all = {base};
  for (int i = 0; i < 20; ++i) {
    all.push_back(i % 2 == 0 ? base + std::to_string(i) : "whole " + std::to_string(i));
    if (i % 2 == 0)
      pack.offset_delta(at, grown(base, std::to_string(i)), blob_id(all.back()));
    else
      pack.whole(ObjectType::blob, all.back());
  }
  const auto require_all = [&](const PackWriter& bent) {
    const Sandbox sandbox;
    bent.write(sandbox.path());
    const Walked walked = walk_all(sandbox.path());
    for (const std::string& bytes : all) CHECK(holds(walked, bytes));
    CHECK_FALSE(walked.report.coverage.gaps.empty());
  };
  PackWriter hidden = pack;
  hidden.rows.erase(hidden.rows.begin() + 7);
  require_all(hidden);
  PackWriter first_hidden = pack;
  first_hidden.rows.erase(first_hidden.rows.begin());
  require_all(first_hidden);
  PackWriter last_hidden = pack;
  last_hidden.rows.pop_back();
  require_all(last_hidden);
  PackWriter inside = pack;
  inside.rows[5].offset += 3;
  require_all(inside);
  PackWriter outside = pack;
  outside.rows[5].offset = std::uint64_t{1} << 40;
  require_all(outside);
  PackWriter doubled = pack;
  doubled.rows[5].offset = doubled.rows[6].offset;
  require_all(doubled);
  PackWriter zero = pack;
  for (auto& row : zero.rows) row.offset = 12;
  require_all(zero);
}

TEST_CASE("an object under the name of a harmless one is still found") {
  // The index says that the entry with the token is an object that another pack holds too.
  struct Token : Finder {
    void find(std::string_view bytes, std::vector<Hit>& hits) override {
      for (std::size_t i = bytes.find("TOKEN"); i != std::string_view::npos; i = bytes.find("TOKEN", i + 1))
        hits.push_back({i, i + 5, 0});
    }
    std::size_t reach() const override { return 21; }
  };
  struct Seen : ObjectVisitor {
    explicit Seen(std::set<std::string>& to) : names(to) {}
    std::set<std::string>& names;
    Token token;
    Finder* finder() override { return &token; }
    void object(const ObjectView& view, const std::vector<Hit>&) override { names.insert(view.id.hex()); }
  };
  const Sandbox sandbox;
  PackWriter harmless;
  harmless.whole(ObjectType::blob, "harmless");
  harmless.write(sandbox.path(), "a");
  PackWriter evil;
  evil.whole(ObjectType::blob, "here is a TOKEN");
  evil.rows[0].id = blob_id("harmless");
  evil.write(sandbox.path(), "b");
  write_file(sandbox.path(blob_id("harmless").hex().insert(2, "/")),
             deflated("blob 13" + std::string(1, '\0') + "another TOKEN"));
  std::set<std::string> names;
  auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
  const WalkReport report = walk(**store, {}, [&](unsigned) { return std::make_unique<Seen>(names); });
  CHECK(names == std::set<std::string>{blob_id("here is a TOKEN").hex(), blob_id("another TOKEN").hex()});
  CHECK(has_gap(report.coverage.gaps, "wrong_name"));
}

TEST_CASE("files that are no packs are reported") {
  const Sandbox sandbox;
  write_file(sandbox.path("pack/pack-a.pack"), "");
  write_file(sandbox.path("pack/pack-b.pack"), "PACK");
  write_file(sandbox.path("pack/pack-c.pack"), std::string(5000, 'x'));
  std::filesystem::create_directory(sandbox.path("pack/pack-d.pack"));
  REQUIRE(::mkfifo(sandbox.path("pack/pack-e.pack").c_str(), 0600) == 0);
  std::filesystem::create_symlink("nowhere", sandbox.path("pack/pack-f.pack"));
  PackWriter pack;
  pack.whole(ObjectType::blob, kSound);
  pack.write(sandbox.path(), "z");
  const Walked walked = walk_all(sandbox.path());
  CHECK(holds(walked, kSound));
  std::set<std::string> places;
  for (const Gap& gap : walked.report.coverage.gaps) places.insert(std::filesystem::path(gap.place).filename().string());
  for (const char* name : {"pack-a.pack", "pack-b.pack", "pack-c.pack", "pack-d.pack", "pack-e.pack", "pack-f.pack"})
    CHECK(places.count(name) == 1);
}

// Which objects must still be readable after some bytes of a pack were changed: those whose chain is
// whole, or has its damaged links `elsewhere` too. Without an index a damaged link has no name.
std::set<std::string> untouched(const Pack& pack, const std::vector<std::uint64_t>& changed,
                                const std::set<std::string>& elsewhere) {
  const bool indexed = std::all_of(changed.begin(), changed.end(),
                                   [&](std::uint64_t at) { return at < pack.entries_end(); });
  std::map<std::uint64_t, std::uint32_t> by_offset;
  for (std::uint32_t i = 0; i < pack.index().size(); ++i) by_offset[pack.index().offset(i)] = i;
  std::set<std::uint64_t> bad;
  std::set<std::string> names;
  for (auto entry = by_offset.begin(); entry != by_offset.end(); ++entry) {
    const auto next = std::next(entry);
    const std::uint64_t end = next == by_offset.end() ? pack.entries_end() : next->first;
    bool touched = std::any_of(changed.begin(), changed.end(),
                               [&](std::uint64_t at) { return at >= entry->first && at < end; });
    const EntryHead head = *pack.head(entry->first);
    if (head.kind == EntryHead::offset_delta) touched |= bad.count(head.base_offset) == 1;
    if (head.kind == EntryHead::ref_delta)
      touched |= bad.count(pack.index().offset(*pack.index().find(head.base_id))) == 1;
    const std::string name = pack.index().id(entry->second).hex();
    if (touched && !(indexed && elsewhere.count(name) == 1))
      bad.insert(entry->first);
    else
      names.insert(name);
  }
  return names;
}

TEST_CASE("random damage to packs, indexes and loose objects: no crash, nothing sound lost") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 12);
  sandbox.run("cd r; git config pack.writeReverseIndex true; git repack -q -adf; echo more > more; git add more; git commit -q -m more; "
              "git rev-list --objects HEAD~3..HEAD | git pack-objects -q --no-reuse-delta .git/objects/pack/pack; "
              "git prune-packed; for i in 1 2 3; do echo loose $i > loose; git add loose; done; git multi-pack-index write");
  const std::string objects = sandbox.path("r/.git/objects");
  const Objects expected = objects_by_git(sandbox, "r");
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(objects))
    if (entry.is_regular_file()) {
      std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
      files.push_back(entry.path().string());
    }
  std::sort(files.begin(), files.end());
  std::map<std::string, std::set<std::string>> names_in;  // by .pack file
  auto sound = ObjectStore::open(objects, HashKind::sha1);
  for (const auto& pack : (*sound)->packs())
    for (std::uint32_t i = 0; i < pack->index().size(); ++i) names_in[pack->path()].insert(pack->index().id(i).hex());
  REQUIRE(names_in.size() == 2);

  const char* const asked = std::getenv("KIMIGUARD_FAULTS");
  const int rounds = asked != nullptr ? std::atoi(asked) : 2200;
  std::map<std::string, std::uint64_t> outcomes;
  const char* const from = std::getenv("KIMIGUARD_FAULTS_FROM");  // to look at one round again
  for (int round = from != nullptr ? std::atoi(from) : 0; round < rounds; ++round) {
    Random random(static_cast<std::uint64_t>(round) + 1);
    // Mostly packs and indexes; the loose files are many and small.
    std::string file = files[random.below(files.size())];
    if (random.below(3) != 0) {
      std::vector<std::string> packs;
      std::copy_if(files.begin(), files.end(), std::back_inserter(packs),
                   [](const std::string& path) { return path.find("/pack/") != std::string::npos; });
      file = packs[random.below(packs.size())];
    }
    const std::string before = read_file(file);
    std::string after = before;
    std::vector<std::uint64_t> changed;
    if (random.below(8) == 0) {
      after.resize(random.below(after.size()));
      for (std::size_t i = after.size(); i < before.size(); ++i) changed.push_back(i);
    } else {
      const std::size_t count = random.below(2) == 0 ? 1 : 1 + random.below(12);
      const std::size_t near = random.below(after.size());
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = random.below(2) == 0 ? random.below(after.size()) : std::min(near + i, after.size() - 1);
        const char old = after[at];
        after[at] = static_cast<char>(random.next());
        if (after[at] != old) changed.push_back(at);
      }
    }
    INFO("round " << round << " " << file);
    std::set<std::string> must;
    for (const auto& [hex, object] : expected) must.insert(hex);
    if (file.size() > 5 && file.substr(file.size() - 5) == ".pack") {
      const Pack* damaged = nullptr;
      for (const auto& pack : (*sound)->packs())
        if (pack->path() == file) damaged = pack.get();
      std::set<std::string> elsewhere;
      for (const auto& [path, names] : names_in)
        if (path != file) elsewhere.insert(names.begin(), names.end());
      for (const std::string& hex : names_in[file]) must.erase(hex);
      if (after.size() >= 12)
        for (const std::string& hex : untouched(*damaged, changed, elsewhere)) must.insert(hex);
      must.insert(elsewhere.begin(), elsewhere.end());
    } else if (file.find("/pack/") == std::string::npos && file.find("/info/") == std::string::npos) {
      const std::size_t slash = file.rfind('/');
      const std::string hex = file.substr(slash - 2, 2) + file.substr(slash + 1);
      bool packed = false;
      for (const auto& [path, names] : names_in) packed |= names.count(hex) == 1;
      if (!packed) must.erase(hex);
    }
    // The sound store stays mapped: a new file takes the old one's place.
    std::filesystem::remove(file);
    write_file(file, after);
    WalkOptions options;
    if (round % 3 == 0) options.stack_bytes = 1;
    const Walked walked = walk_all(objects, HashKind::sha1, 1 + static_cast<unsigned>(round % 2), options);
    require_true_names(walked);
    CHECK(walked.repeated == 0);
    std::string said = std::to_string(changed.size()) + " bytes from " + std::to_string(changed.empty() ? 0 : changed.front()) +
                       " of " + std::to_string(before.size()) + "\n";
    for (const Gap& gap : walked.report.coverage.gaps)
      said += gap.code + " " + gap.place + " " + gap.reason + " " + std::to_string(gap.count) + "\n";
    std::size_t missing = 0;
    for (const auto& [hex, object] : expected)
      if (walked.objects.count(hex) == 0) {
        ++missing;
        said += "missing " + hex + " " + object.first + (must.count(hex) != 0 ? ", and sound\n" : "\n");
      }
    INFO(said);
    CHECK(std::all_of(must.begin(), must.end(), [&](const std::string& hex) { return walked.objects.count(hex) == 1; }));
    // What is missing is said.
    CHECK((missing == 0 || walked.report.coverage.has(GapKind::unreadable)));
    auto store = ObjectStore::open(objects, HashKind::sha1);
    for (int i = 0; i < 5; ++i) {
      auto at = expected.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(random.below(expected.size())));
      static_cast<void>((*store)->read(*ObjectId::from_hex(at->first)));
      static_cast<void>((*store)->info(*ObjectId::from_hex(at->first)));
    }
    for (const Gap& gap : walked.report.coverage.gaps) ++outcomes[file.substr(file.rfind('.') == std::string::npos ? file.size() : file.rfind('.')) + " " + gap.code];
    std::filesystem::remove(file);
    write_file(file, before);
  }
  for (const auto& [what, count] : outcomes) UNSCOPED_INFO(what << ": " << count);
  if (from == nullptr) CHECK(outcomes.size() > 3);
  REQUIRE((walk_all(objects).objects == expected));
}

}  // namespace
}  // namespace kimiguard::git::testing

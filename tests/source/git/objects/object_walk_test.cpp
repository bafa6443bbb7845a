// The walk delivers what git and libgit2 list, object by object, however a repository is stored.
#include "scanner/source/git/objects/object_walk.h"

#include <filesystem>
#include <map>
#include <mutex>

#include "scanner/source/git/objects/pack.h"
#include "tests/source/git/objects/pack_writer.h"
#include "tests/source/git/objects/sandbox.h"
#include "tests/support/catch.h"

namespace kimiguard::git::testing {
namespace {

// Compares every way of reading with git's.
void require_equal_to_git(const Sandbox& sandbox, const std::string& folder, const std::string& objects,
                          HashKind kind = HashKind::sha1, std::size_t allowed_gaps = 0) {
  const Objects expected = objects_by_git(sandbox, folder);
  REQUIRE(expected.size() > 20);
  for (const unsigned threads : {1U, 2U, 5U}) {
    const Walked walked = walk_all(sandbox.path(objects), kind, threads);
    CHECK(walked.repeated == 0);
    CHECK(walked.report.coverage.gaps.size() == allowed_gaps);
    CHECK(walked.report.coverage.objects == expected.size());
    REQUIRE((walked.objects == expected));
  }
  // A stack of nothing: every base is dropped and rebuilt.
  WalkOptions poor;
  poor.stack_bytes = 1;
  REQUIRE((walk_all(sandbox.path(objects), kind, 2, poor).objects == expected));
  auto store = ObjectStore::open(sandbox.path(objects), kind);
  REQUIRE(store.ok());
  for (const auto& [hex, object] : expected) {
    const ObjectId id = *ObjectId::from_hex(hex);
    const Result<Object> read = (*store)->read(id);
    REQUIRE(read.ok());
    REQUIRE(name(read->type) == object.first);
    REQUIRE((read->bytes == object.second));
    const Result<ObjectInfo> info = (*store)->info(id);
    REQUIRE(info.ok());
    REQUIRE(name(info->type) == object.first);
    REQUIRE(info->size == object.second.size());
    REQUIRE((*store)->contains(id));
    REQUIRE((*store)->starting_with(hex.substr(0, 16)) == std::vector<ObjectId>{id});
  }
}

// Gathers types and names.
class Namer final : public ObjectVisitor {
 public:
  Namer(std::map<std::string, ObjectType>& names, std::mutex& mutex) : names_(names), mutex_(mutex) {}
  unsigned every_object() const override { return kEveryType; }
  void object(const ObjectView& view, const std::vector<Hit>&) override {
    const std::lock_guard lock(mutex_);
    CHECK(names_.emplace(view.id.hex(), view.type).second);
  }

 private:
  std::map<std::string, ObjectType>& names_;
  std::mutex& mutex_;
};

TEST_CASE("a walk over what an earlier one linked delivers the same, other types too") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 30);
  sandbox.run("cd r; git repack -q -ad --window=50 --depth=50; git prune-packed; echo more > more; git add more; git commit -q -m more");
  auto store = ObjectStore::open(sandbox.path("r/.git/objects"), HashKind::sha1);
  REQUIRE(store.ok());
  std::mutex mutex;
  const auto names = [&](const WalkOptions& options, std::shared_ptr<DeltaForest>* linked) {
    std::map<std::string, ObjectType> found;
    WalkReport report = walk(**store, options, [&](unsigned) { return std::make_unique<Namer>(found, mutex); });
    CHECK(report.coverage.gaps.empty());
    if (linked != nullptr) *linked = report.linked;
    return found;
  };
  WalkOptions options;
  options.threads = 2;
  std::shared_ptr<DeltaForest> linked;
  const auto all = names(options, &linked);
  CHECK(all.size() == objects_by_git(sandbox, "r").size());
  REQUIRE(linked != nullptr);
  options.linked = linked;
  CHECK((names(options, nullptr) == all));
  options.types = type_bit(ObjectType::commit) | type_bit(ObjectType::tree);
  std::size_t some = 0;
  for (const auto& [id, type] : all) some += (options.types & type_bit(type)) != 0 ? 1 : 0;
  CHECK(names(options, nullptr).size() == some);
}

TEST_CASE("loose objects are all delivered") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 12);
  require_equal_to_git(sandbox, "r", "r/.git/objects");
  CHECK((walk_all(sandbox.path("r/.git/objects")).objects == objects_by_libgit2(sandbox.path("r/.git/objects"))));
}

TEST_CASE("a packed repository with long delta chains is delivered whole") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 40);
  sandbox.run("cd r; git repack -q -adf --window=50 --depth=50; git prune-packed");
  require_equal_to_git(sandbox, "r", "r/.git/objects");
  CHECK((walk_all(sandbox.path("r/.git/objects")).objects == objects_by_libgit2(sandbox.path("r/.git/objects"))));
}

TEST_CASE("a repository partly packed, partly loose, in several packs holds each object once") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 15);
  sandbox.run(
      "cd r; git repack -q -d; echo more > more; git add more; git commit -q -m more; git repack -q -d; "
      "git rev-list --objects --all | git pack-objects -q .git/objects/pack/pack; echo loose > loose; git add loose");
  require_equal_to_git(sandbox, "r", "r/.git/objects");
}

TEST_CASE("deltas that name their base by id are followed") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 25);
  sandbox.run(
      "cd r; git repack -q -adf; git rev-list --objects --all | git pack-objects -q --no-reuse-delta "
      "--window=30 .git/objects/pack/pack; rm -f $(ls -tr .git/objects/pack/pack-* | head -2)");
  sandbox.run("cd r; ls .git/objects/pack/*.pack; git fsck --full");
  require_equal_to_git(sandbox, "r", "r/.git/objects");
}

TEST_CASE("SHA-256 repositories are read, loose and packed") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 15, "--object-format=sha256");
  require_equal_to_git(sandbox, "r", "r/.git/objects", HashKind::sha256);
  sandbox.run("cd r; git repack -q -adf");
  require_equal_to_git(sandbox, "r", "r/.git/objects", HashKind::sha256);
}

TEST_CASE("index versions 1 and 2 and 64-bit offsets are read") {
  for (const std::string version : {"1", "2", "2,0x40"}) {
    const Sandbox sandbox;
    make_history(sandbox, "r", 15);
    sandbox.run("cd r; git repack -q -adf; p=$(ls .git/objects/pack/*.pack); rm -f .git/objects/pack/*.idx "
                ".git/objects/pack/*.rev; git index-pack --index-version=" + version + " $p");
    require_equal_to_git(sandbox, "r", "r/.git/objects");
  }
}

TEST_CASE("a reverse index is used, and a wrong one is not believed") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 15);
  sandbox.run("cd r; git config pack.writeReverseIndex true; git repack -q -adf");
  std::string rev;
  for (const auto& entry : std::filesystem::directory_iterator(sandbox.path("r/.git/objects/pack")))
    if (entry.path().extension() == ".rev") rev = entry.path().string();
  REQUIRE_FALSE(rev.empty());
  require_equal_to_git(sandbox, "r", "r/.git/objects");
  std::string bytes = read_file(rev);
  std::swap(bytes[15], bytes[19]);
  write_file(rev, bytes);
  require_equal_to_git(sandbox, "r", "r/.git/objects");
}

TEST_CASE("multi-pack indexes, cruft packs and unreachable objects change nothing") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 15);
  sandbox.run("cd r; git repack -q -d; echo lost > lost; git add lost; git reset -q; git repack -q --cruft -d; "
              "git multi-pack-index write");
  require_equal_to_git(sandbox, "r", "r/.git/objects");
  auto store = ObjectStore::open(sandbox.path("r/.git/objects"), HashKind::sha1);
  bool cruft = false;
  for (const auto& pack : (*store)->packs()) cruft |= pack->cruft();
  CHECK(cruft);
}

TEST_CASE("alternates are followed: nested, relative, in a circle; a missing one is said") {
  const Sandbox sandbox;
  make_history(sandbox, "a", 8);
  sandbox.run("git clone -q -s a b; cd b; echo b > b.txt; git add .; git commit -q -m b; cd ..; git clone -q -s b c; "
              "cd c; echo c > c.txt; git add .; git commit -q -m c");
  require_equal_to_git(sandbox, "c", "c/.git/objects");
  write_file(sandbox.path("b/.git/objects/info/alternates"), "../../../a/.git/objects\n");
  require_equal_to_git(sandbox, "b", "b/.git/objects");
  const std::size_t all = objects_by_git(sandbox, "c").size();
  write_file(sandbox.path("a/.git/objects/info/alternates"), "# a comment\n" + sandbox.path("c/.git/objects") +
                                                                 "\n\"" + sandbox.path("none\\163uch") + "\"\n");
  const Walked walked = walk_all(sandbox.path("c/.git/objects"));
  CHECK(walked.objects.size() == all);
  CHECK(walked.repeated == 0);
  CHECK(has_gap(walked.report.coverage.gaps, "alternate_missing"));
  StoreOptions alone;
  alone.follow_alternates = false;
  CHECK(walk_all(sandbox.path("c/.git/objects"), HashKind::sha1, 1, {}, alone).objects.size() < all);
}

TEST_CASE("objects held in quarantine are read with the repository's own beside them") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 8);
  sandbox.run("mkdir quarantine; cd r; echo pushed | GIT_OBJECT_DIRECTORY=../quarantine git hash-object -w --stdin");
  StoreOptions options;
  options.alternates = {sandbox.path("r/.git/objects")};
  const Walked walked = walk_all(sandbox.path("quarantine"), HashKind::sha1, 2, {}, options);
  CHECK(walked.objects.size() == objects_by_git(sandbox, "r").size() + 1);
}

TEST_CASE("a partial clone delivers what is here; what is not is known not to be here") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 10);
  sandbox.run("git -C r config uploadpack.allowFilter true; git clone -q --no-checkout --filter=blob:none file://$PWD/r p");
  require_equal_to_git(sandbox, "p", "p/.git/objects");
  auto store = ObjectStore::open(sandbox.path("p/.git/objects"), HashKind::sha1);
  CHECK((*store)->has_promisor());
  const std::string blob = sandbox.output("git -C r rev-parse HEAD:big0.txt").substr(0, 40);
  const Result<Object> read = (*store)->read(*ObjectId::from_hex(blob));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == "not_here");
  auto whole = ObjectStore::open(sandbox.path("r/.git/objects"), HashKind::sha1);
  CHECK((*whole)->read(*ObjectId::from_hex(std::string(40, '1'))).error().code == "missing");
}

TEST_CASE("only the wanted types are delivered") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 15);
  sandbox.run("cd r; git repack -q -adf; echo x > x; git add x");
  for (const ObjectType type : {ObjectType::commit, ObjectType::tree, ObjectType::blob, ObjectType::tag}) {
    Objects expected = objects_by_git(sandbox, "r");
    std::erase_if(expected, [&](const auto& object) { return object.second.first != name(type); });
    WalkOptions options;
    options.types = type_bit(type);
    const Walked walked = walk_all(sandbox.path("r/.git/objects"), HashKind::sha1, 2, options);
    CHECK((walked.objects == expected));
    CHECK(walked.report.coverage.gaps.empty());
  }
}

TEST_CASE("a base may lie in another pack or be loose") {
  const Sandbox sandbox;
  const std::string base(5000, 'b');
  const std::string loose_base = Random(3).text(5000);
  const ObjectId base_id = hash_object(HashKind::sha1, ObjectType::blob, base);
  const ObjectId loose_id = hash_object(HashKind::sha1, ObjectType::blob, loose_base);
  const auto grown = [](const std::string& from, const std::string& more) {
    return DeltaWriter(from.size(), from.size() + more.size()).copy(0, static_cast<std::uint32_t>(from.size())).insert(more).bytes();
  };
  const auto id_of = [](const std::string& bytes) { return hash_object(HashKind::sha1, ObjectType::blob, bytes); };
  const std::string objects = sandbox.path("objects");
  PackWriter first;  // sorts before the pack with the base
  first.ref_delta(base_id, grown(base, "one"), id_of(base + "one"));
  first.ref_delta(loose_id, grown(loose_base, "two"), id_of(loose_base + "two"));
  first.ref_delta(id_of(base + "one"), grown(base + "one", "three"), id_of(base + "onethree"));
  first.write(objects, "a");
  PackWriter second;
  second.whole(ObjectType::blob, base);
  second.write(objects, "b");
  const std::string hex = loose_id.hex();
  write_file(objects + "/" + hex.substr(0, 2) + "/" + hex.substr(2),
             deflated("blob 5000" + std::string(1, '\0') + loose_base));
  const Walked walked = walk_all(objects);
  CHECK(walked.report.coverage.gaps.empty());
  REQUIRE(walked.objects.size() == 5);
  for (const std::string& bytes : {base, base + "one", loose_base, loose_base + "two", base + "onethree"}) {
    REQUIRE(walked.objects.count(id_of(bytes).hex()) == 1);
    CHECK((walked.objects.at(id_of(bytes).hex()).second == bytes));
    auto store = ObjectStore::open(objects, HashKind::sha1);
    CHECK(((*store)->read(id_of(bytes))->bytes == bytes));
  }
}

TEST_CASE("real repositories are delivered object by object as git and libgit2 have them") {
  for (const std::string name : {"gitleaks+gitleaks", "rust-lang+cargo", "cline+cline", "git+git"}) {
    const std::string repo = "/work/.mirror/" + name + "/repo";
    if (!std::filesystem::exists(repo + "/objects")) continue;
    const Sandbox sandbox;
    // Names, types and sizes as git lists them; the bytes are those whose hash is the name.
    const std::string listing = sandbox.output("git -C " + repo + " cat-file --batch-all-objects --batch-check");
    std::map<std::string, std::string> expected;
    for (std::size_t at = 0; at < listing.size();) {
      const std::size_t end = listing.find('\n', at);
      expected[listing.substr(at, 40)] = listing.substr(at + 41, end - at - 41);
      at = end + 1;
    }
    struct Hasher : ObjectVisitor {
      std::map<std::string, std::string> seen;
      std::size_t wrong = 0;
      unsigned every_object() const override { return kEveryType; }
      void object(const ObjectView& view, const std::vector<Hit>&) override {
        if (!(hash_object(HashKind::sha1, view.type, view.bytes) == view.id)) ++wrong;
        seen[view.id.hex()] = std::string(git::name(view.type)) + " " + std::to_string(view.bytes.size());
      }
    };
    struct Forward : ObjectVisitor {
      explicit Forward(Hasher& to) : hasher(to) {}
      Hasher& hasher;
      unsigned every_object() const override { return kEveryType; }
      void object(const ObjectView& view, const std::vector<Hit>& hits) override { hasher.object(view, hits); }
    };
    Hasher hashers[2];
    auto store = ObjectStore::open(repo + "/objects", HashKind::sha1);
    REQUIRE(store.ok());
    WalkOptions options;
    options.threads = 2;
    const WalkReport report =
        walk(**store, options, [&](unsigned thread) { return std::make_unique<Forward>(hashers[thread]); });
    CHECK(hashers[0].wrong + hashers[1].wrong == 0);
    std::map<std::string, std::string> seen = std::move(hashers[0].seen);
    seen.merge(hashers[1].seen);
    CHECK(hashers[1].seen.empty());
    CHECK((seen == expected));
    CHECK(report.coverage.objects == expected.size());
    CHECK(report.coverage.gaps.empty());
    if (name == "gitleaks+gitleaks")
      CHECK((walk_all(repo + "/objects").objects == objects_by_libgit2(repo + "/objects")));
  }
}

}  // namespace
}  // namespace kimiguard::git::testing

#include "scanner/source/git/repository/ref_snapshot.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;
using kimiguard::Gap;
using kimiguard::ProvenanceClass;

namespace {

RefSnapshot snapshot_of(const test::Sandbox& sandbox, const std::string& folder) {
  const auto repository = open_repository(sandbox.path(folder));
  REQUIRE(repository);
  return read_refs(*repository);
}

bool has_gap(const std::vector<Gap>& gaps, const std::string& code) {
  return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.code == code; });
}

}  // namespace

TEST_CASE("loose and packed refs are those git lists, loose ones winning") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "branch feature/x");
  sandbox.git("r", "tag light");
  sandbox.git("r", "tag -a -m text annotated");
  sandbox.git("r", "notes add -m note");
  sandbox.git("r", "update-ref refs/pull/7/head HEAD");
  sandbox.git("r", "update-ref refs/remotes/origin/main HEAD");
  sandbox.git("r", "symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main");
  sandbox.git("r", "pack-refs --all");
  sandbox.commit("r", "f", "2");
  sandbox.git("r", "branch loose");
  const RefSnapshot snapshot = snapshot_of(sandbox, "r");
  std::string ours;
  for (const Ref& ref : snapshot.refs) ours += ref.id.hex() + " " + ref.name + "\n";
  CHECK(ours == sandbox.git("r", "for-each-ref --format='%(objectname) %(refname)'") + "\n");
  CHECK(snapshot.gaps.empty());
  const std::map<std::string, ProvenanceClass> classes = {
      {"refs/heads/main", ProvenanceClass::branch},
      {"refs/remotes/origin/main", ProvenanceClass::branch},
      {"refs/tags/light", ProvenanceClass::tag},
      {"refs/notes/commits", ProvenanceClass::note},
      {"refs/pull/7/head", ProvenanceClass::pull},
  };
  for (const auto& [name, reach] : classes) {
    const Ref* ref = snapshot.find(name);
    INFO(name);
    REQUIRE(ref != nullptr);
    CHECK(ref->reach == reach);
    CHECK(ref->remote_tracking == (name == "refs/remotes/origin/main"));
  }
  CHECK(snapshot.find("refs/tags/annotated")->peeled->hex() ==
        sandbox.git("r", "rev-parse annotated^{}"));
  REQUIRE(snapshot.head() != nullptr);
  CHECK(snapshot.head()->target == "refs/heads/main");
  CHECK(snapshot.head()->id.hex() == sandbox.git("r", "rev-parse HEAD"));
  const auto repository = open_repository(sandbox.path("r"));
  CHECK(read_ref(*repository, "refs/heads/feature/x")->id.hex() ==
        sandbox.git("r", "rev-parse feature/x"));
  CHECK(read_ref(*repository, "HEAD")->id.hex() == sandbox.git("r", "rev-parse HEAD"));
  CHECK(read_ref(*repository, "refs/heads/none").error().code == "absent");
  CHECK_FALSE(read_ref(*repository, "../../outside"));
}

TEST_CASE("unborn, detached, broken and circular HEADs") {
  test::Sandbox sandbox;
  sandbox.init("r");
  CHECK(snapshot_of(sandbox, "r").head()->id.empty());
  const auto unborn = open_repository(sandbox.path("r"));
  REQUIRE(read_ref(*unborn, "HEAD"));
  CHECK(read_ref(*unborn, "HEAD")->id.empty());
  CHECK(read_ref(*unborn, "HEAD")->target == "refs/heads/main");
  const std::string id = sandbox.commit("r", "f", "1");
  sandbox.git("r", "checkout -q --detach");
  const RefSnapshot detached = snapshot_of(sandbox, "r");
  CHECK(detached.head()->id.hex() == id);
  CHECK(detached.head()->target.empty());
  sandbox.write("r/.git/HEAD", "garbage\n");
  CHECK(has_gap(snapshot_of(sandbox, "r").gaps, "broken-ref"));
  sandbox.write("r/.git/refs/heads/a", "ref: refs/heads/b\n");
  sandbox.write("r/.git/refs/heads/b", "ref: refs/heads/a\n");
  sandbox.write("r/.git/HEAD", "ref: refs/heads/a\n");
  CHECK(snapshot_of(sandbox, "r").head()->id.empty());
  CHECK(read_ref(*open_repository(sandbox.path("r")), "HEAD").error().code == "broken-ref");
  // HEAD as the symbolic link it once was.
  sandbox.run("r/.git", "rm -f HEAD refs/heads/a refs/heads/b && ln -s refs/heads/main HEAD");
  CHECK(snapshot_of(sandbox, "r").head()->id.hex() == id);
}

TEST_CASE("pseudo refs, all worktrees' HEADs and every reflog entry are roots") {
  test::Sandbox sandbox;
  sandbox.init("r");
  const std::string first = sandbox.commit("r", "f", "1");
  const std::string second = sandbox.commit("r", "f", "2");
  sandbox.git("r", "reset -q --hard HEAD~1");
  sandbox.git("r", "worktree add -q --detach ../wt");
  sandbox.commit("wt", "g", "3", "in the worktree");
  const std::string third = sandbox.git("wt", "rev-parse HEAD");
  sandbox.write("r/f", "stash me");
  sandbox.git("r", "stash -q");
  sandbox.write("r/f", "stash me too");
  sandbox.git("r", "stash -q");
  const RefSnapshot snapshot = snapshot_of(sandbox, "r");
  const Ref* orig = snapshot.find("ORIG_HEAD");
  REQUIRE(orig != nullptr);
  CHECK(orig->reach == ProvenanceClass::reflog);
  REQUIRE(snapshot.heads.size() == 2);
  CHECK(snapshot.heads[1].name == "worktrees/wt/HEAD");
  CHECK(snapshot.heads[1].id.hex() == third);
  CHECK(snapshot.heads[1].reach == ProvenanceClass::branch);
  const Reflog* stash = snapshot.reflog("refs/stash");
  REQUIRE(stash != nullptr);
  CHECK(stash->entries.size() == 2);
  const Reflog* head = snapshot.reflog("HEAD");
  REQUIRE(head != nullptr);
  CHECK(head->entries.front().before.null());
  CHECK(head->entries.front().message.starts_with("commit (initial): change"));
  CHECK(head->entries.front().identity.starts_with("C O Mitter <committer@example.com>"));
  CHECK(snapshot.reflog("worktrees/wt/HEAD") != nullptr);
  const auto roots = roots_of(snapshot);
  const auto has = [&](const std::string& id, ProvenanceClass reach) {
    return std::any_of(roots.begin(), roots.end(),
                       [&](const Root& root) { return root.id.hex() == id && root.reach == reach; });
  };
  CHECK(has(first, ProvenanceClass::branch));
  CHECK(has(second, ProvenanceClass::reflog));
  CHECK_FALSE(has(second, ProvenanceClass::branch));
  CHECK(has(third, ProvenanceClass::branch));
  CHECK(has(sandbox.git("r", "rev-parse 'stash@{1}'"), ProvenanceClass::stash));
  // From the linked worktree the same things have that worktree's names.
  const RefSnapshot linked = snapshot_of(sandbox, "wt");
  CHECK(linked.head()->id.hex() == third);
  CHECK(linked.find("main-worktree/HEAD")->id.hex() == first);
  CHECK(linked.reflog("main-worktree/HEAD") != nullptr);
}

TEST_CASE("FETCH_HEAD and MERGE_HEAD of several lines give every id") {
  test::Sandbox sandbox;
  sandbox.init("a");
  sandbox.commit("a", "f", "1");
  sandbox.git("a", "checkout -q -b two");
  sandbox.commit("a", "g", "2");
  sandbox.init("r");
  sandbox.git("r", "fetch -q ../a main two");
  const RefSnapshot snapshot = snapshot_of(sandbox, "r");
  CHECK(std::count_if(snapshot.pseudo_refs.begin(), snapshot.pseudo_refs.end(),
                      [](const Ref& ref) { return ref.name == "FETCH_HEAD"; }) == 2);
}

TEST_CASE("SHA-256 refs are read; a reftable repository says that names are missing") {
  test::Sandbox sandbox;
  sandbox.init("r", "--object-format=sha256");
  const std::string id = sandbox.commit("r", "f", "1");
  sandbox.git("r", "pack-refs --all");
  CHECK(snapshot_of(sandbox, "r").find("refs/heads/main")->id.hex() == id);
  sandbox.git("r", "config extensions.refstorage reftable");
  const RefSnapshot unread = snapshot_of(sandbox, "r");
  CHECK(unread.refs.empty());
  CHECK(has_gap(unread.gaps, "ref-storage"));
}

TEST_CASE("replaced objects are said") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.commit("r", "f", "2");
  sandbox.git("r", "replace HEAD HEAD~1");
  CHECK(has_gap(snapshot_of(sandbox, "r").gaps, "replace-refs"));
}

TEST_CASE("well-formed names of refs are those of git check-ref-format") {
  test::Sandbox sandbox;
  test::Dice dice(11);
  const std::vector<std::string> parts = {"a",     "b",  ".", "..",   "/",        "@",     "{", "@{",
                                          ".lock", "~",  "^", ":",    "\\",       "*",     "?", "[",
                                          " ",     "\t", "-", "\x7f", "\xc3\xa9", "refs/", "x/"};
  for (int i = 0; i < 200; ++i) {
    std::string name = "refs/";
    for (std::uint32_t n = 1 + dice.roll(5); n > 0; --n)
      name += parts[dice.roll(static_cast<std::uint32_t>(parts.size()))];
    const bool git_says =
        sandbox.run("", "git check-ref-format " + test::shell_quoted(name) + " && echo yes", true) ==
        "yes";
    INFO(name);
    CHECK(is_well_formed_ref(name) == git_says);
  }
}

TEST_CASE("corrupted refs, packed refs and reflogs never crash the reader") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "tag -a -m x t");
  sandbox.git("r", "pack-refs --all");
  sandbox.commit("r", "f", "2");
  test::Dice dice(3);
  for (const char* name : {"r/.git/packed-refs", "r/.git/refs/heads/main", "r/.git/logs/HEAD",
                           "r/.git/HEAD", "r/.git/config"}) {
    const std::string whole = sandbox.read(name);
    for (int round = 0; round < 200; ++round) {
      std::string bytes = whole;
      for (std::uint32_t n = 1 + dice.roll(4); n > 0 && !bytes.empty(); --n)
        bytes[dice.roll(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(dice.roll(256));
      if (dice.roll(4) == 0) bytes.resize(dice.roll(static_cast<std::uint32_t>(bytes.size() + 1)));
      sandbox.write(name, bytes);
      const auto repository = open_repository(sandbox.path("r"));
      REQUIRE(repository);
      const RefSnapshot snapshot = read_refs(*repository);
      CHECK(roots_of(snapshot).size() < 100);
    }
    sandbox.write(name, whole);
  }
}

#include "scanner/source/git/repository/repository.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include "scanner/source/git/repository/file_status.h"
#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;
using kimiguard::Gap;
using kimiguard::GapKind;

namespace {

bool has_gap(const std::vector<Gap>& gaps, const std::string& code) {
  return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.code == code; });
}

}  // namespace

TEST_CASE("a repository is found from a path below it, from its files and from its git directory") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "a/b/c.txt", "x");
  for (const char* path : {"r", "r/a/b", "r/a/b/c.txt", "r/a/not/there", "r/.git", "r/.git/hooks"}) {
    INFO(path);
    const auto found = discover_repository(sandbox.path(path));
    REQUIRE(found);
    CHECK(found->git_dir == sandbox.path("r/.git"));
    CHECK(found->work_tree == sandbox.path("r"));
    CHECK_FALSE(found->bare);
    CHECK(found->hash == HashKind::sha1);
    CHECK(found->gaps.empty());
  }
  CHECK(discover_repository(sandbox.root()).error().code == "no-repository");
}

TEST_CASE("bare repositories are found with and without config, and without HEAD") {
  test::Sandbox sandbox;
  sandbox.init("w");
  sandbox.commit("w", "f", "x");
  sandbox.git("", "clone -q --bare w b.git");
  auto bare = open_repository(sandbox.path("b.git"));
  REQUIRE(bare);
  CHECK(bare->bare);
  CHECK(bare->work_tree.empty());
  std::filesystem::remove(sandbox.path("b.git/config"));
  bare = discover_repository(sandbox.path("b.git/refs"));
  REQUIRE(bare);
  CHECK(bare->bare);
  CHECK(bare->git_dir == sandbox.path("b.git"));
  std::filesystem::remove(sandbox.path("b.git/HEAD"));
  CHECK_FALSE(is_git_directory(sandbox.path("b.git")));
  bare = open_repository(sandbox.path("b.git"));
  REQUIRE(bare);
  CHECK_FALSE(bare->has_head);
  CHECK(has_gap(bare->gaps, "no-head"));
}

TEST_CASE("a folder that only looks a little like a repository is none") {
  test::Sandbox sandbox;
  sandbox.write("x/objects/readme", "hello");
  sandbox.write("x/config", "[core]\n");
  sandbox.write("y/.git", "not a git file");
  CHECK(open_repository(sandbox.path("x")).error().code == "no-repository");
  CHECK(open_repository(sandbox.path("y")).error().code == "no-repository");
  sandbox.write("z/.git", "gitdir: ../nowhere\n");
  CHECK(open_repository(sandbox.path("z")).error().code == "unreadable");
}

TEST_CASE("linked worktrees share objects and keep their own HEAD and index") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "x");
  sandbox.git("r", "worktree add -q ../wt -b side");
  const auto linked = discover_repository(sandbox.path("wt"));
  REQUIRE(linked);
  CHECK(linked->linked);
  CHECK_FALSE(linked->bare);
  CHECK(linked->git_dir == sandbox.path("r/.git/worktrees/wt"));
  CHECK(linked->common_dir == sandbox.path("r/.git"));
  CHECK(linked->objects_dir == sandbox.path("r/.git/objects"));
  CHECK(linked->work_tree == sandbox.path("wt"));
  REQUIRE(linked->linked_work_trees.size() == 1);
  CHECK(linked->linked_work_trees[0].path == sandbox.path("wt"));
  const auto by_folder = open_repository(sandbox.path("r/.git/worktrees/wt"));
  REQUIRE(by_folder);
  CHECK(by_folder->work_tree == sandbox.path("wt"));
}

TEST_CASE("submodules' stores are found, checked out or not, and missing ones are said") {
  test::Sandbox sandbox;
  sandbox.init("lib");
  sandbox.commit("lib", "f", "x");
  sandbox.init("r");
  sandbox.commit("r", "f", "x");
  sandbox.git("r", "submodule --quiet add ../lib deps/lib");
  sandbox.git("r", "submodule --quiet add --name other/name ../lib deps/named");
  sandbox.git("r", "commit -q -m sub");
  const auto outer = open_repository(sandbox.path("r"));
  REQUIRE(outer);
  const auto stores = submodule_stores(*outer);
  CHECK(stores == std::vector<std::string>{sandbox.path("r/.git/modules/deps/lib"),
                                           sandbox.path("r/.git/modules/other/name")});
  const auto inner = discover_repository(sandbox.path("r/deps/lib/f"));
  REQUIRE(inner);
  CHECK(inner->git_dir == sandbox.path("r/.git/modules/deps/lib"));
  CHECK(inner->work_tree == sandbox.path("r/deps/lib"));
  const auto store = open_repository(sandbox.path("r/.git/modules/deps/lib"));
  REQUIRE(store);
  CHECK(store->work_tree == sandbox.path("r/deps/lib"));

  const auto gaps_of = [&](const std::string& folder) {
    const auto repository = open_repository(sandbox.path(folder));
    REQUIRE(repository);
    const auto index =
        WorkTreeIndex::read(repository->git_dir + "/index", repository->git_dir, repository->hash);
    REQUIRE(index);
    return missing_submodules(*repository, *index);
  };
  CHECK(gaps_of("r").empty());
  sandbox.git("", "clone -q r cloned");
  const auto gaps = gaps_of("cloned");
  REQUIRE(gaps.size() == 2);
  CHECK(gaps[0].kind == GapKind::not_here);
  CHECK(gaps[0].place == "deps/lib");
  // A deinitialised submodule's store is still here.
  sandbox.git("r", "submodule --quiet deinit -f --all");
  CHECK(gaps_of("r").empty());
}

TEST_CASE("shallow borders, promisor remotes, alternates and grafts are known") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.commit("r", "f", "2");
  sandbox.git("", "clone -q --depth 1 file://" + sandbox.path("r") + " shallow");
  const auto shallow = open_repository(sandbox.path("shallow"));
  REQUIRE(shallow);
  REQUIRE(shallow->shallow.size() == 1);
  CHECK(shallow->shallow[0].hex() == sandbox.git("r", "rev-parse HEAD"));
  CHECK(has_gap(shallow->gaps, "shallow"));

  sandbox.git("r", "config uploadpack.allowFilter true");
  sandbox.git("", "clone -q --filter=blob:none --no-checkout file://" + sandbox.path("r") + " partial");
  const auto partial = open_repository(sandbox.path("partial"));
  REQUIRE(partial);
  CHECK(partial->partial_clone);
  CHECK(partial->promisor_remotes == std::vector<std::string>{"origin"});

  sandbox.git("", "clone -q --shared r borrowed");
  sandbox.git("", "clone -q --shared borrowed twice");
  const auto twice = open_repository(sandbox.path("twice"));
  REQUIRE(twice);
  CHECK(twice->alternates ==
        std::vector<std::string>{sandbox.path("borrowed/.git/objects"), sandbox.path("r/.git/objects")});

  sandbox.write("r/.git/info/grafts", sandbox.git("r", "rev-parse HEAD") + "\n");
  const auto grafted = open_repository(sandbox.path("r"));
  REQUIRE(grafted);
  CHECK(grafted->has_grafts);
  CHECK(has_gap(grafted->gaps, "grafts"));
}

TEST_CASE("the hash is known from config, and from stored names where there is none") {
  test::Sandbox sandbox;
  sandbox.init("r", "--object-format=sha256");
  CHECK(open_repository(sandbox.path("r"))->hash == HashKind::sha256);
  sandbox.commit("r", "f", "1");
  std::filesystem::remove(sandbox.path("r/.git/config"));
  CHECK(open_repository(sandbox.path("r"))->hash == HashKind::sha256);
  sandbox.init("s");
  sandbox.commit("s", "f", "1");
  sandbox.write("s/.git/config", "[extensions]\nobjectformat = sha256\n");
  const auto lying = open_repository(sandbox.path("s"));
  CHECK(lying->hash == HashKind::sha1);
  CHECK(has_gap(lying->gaps, "object-format"));
}

TEST_CASE("hostile settings are data: nothing is followed, nothing is run") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.write("outside", "[remote \"evil\"]\nurl = https://leak.example\n");
  sandbox.write(
      "r/.git/config",
      "[core]\nrepositoryformatversion = 99\nworktree = /etc\nfsmonitor = touch /tmp/owned\n"
      "sshCommand = touch /tmp/owned\nbare = maybe\n[include]\npath = ../../outside\n"
      "[includeIf \"gitdir:/\"]\npath = /dev/zero\n[remote \"origin\"]\nurl = ext::sh -c true\n"
      "fetch = +refs/heads/*:refs/remotes/origin/*\n");
  const auto repository = open_repository(sandbox.path("r"));
  REQUIRE(repository);
  CHECK(repository->work_tree == sandbox.path("r"));
  CHECK(repository->remotes.size() == 1);
  CHECK(has_gap(repository->gaps, "config-include"));
  sandbox.run("r/.git", "rm config && mkfifo config");
  CHECK(open_repository(sandbox.path("r")));
}

TEST_CASE("remotes and upstreams are known") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("", "clone -q r c");
  sandbox.git("c", "remote add backup https://u:p@example.com/x.git");
  sandbox.git("c", "config remote.backup.fetch '+refs/heads/*:refs/mirrors/backup/*'");
  const auto clone = open_repository(sandbox.path("c"));
  REQUIRE(clone);
  REQUIRE(clone->remotes.size() == 2);
  CHECK(clone->remotes[0].name == "origin");
  CHECK(clone->remotes[1].urls[0] == "https://u:p@example.com/x.git");
  CHECK(upstream_of(*clone, "refs/heads/main") == "refs/remotes/origin/main");
  CHECK_FALSE(upstream_of(*clone, "refs/heads/other"));
  CHECK(is_remote_tracking(*clone, "refs/remotes/origin/x"));
  CHECK(is_remote_tracking(*clone, "refs/mirrors/backup/x"));
  CHECK_FALSE(is_remote_tracking(*clone, "refs/heads/main"));
  CHECK_FALSE(is_remote_tracking(*clone, "refs/pull/1/head"));
}

TEST_CASE("LFS pointers are told from other texts") {
  const std::string oid(64, 'a');
  const auto pointer =
      lfs_pointer("version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 12345\n");
  REQUIRE(pointer);
  CHECK(pointer->oid == oid);
  CHECK(pointer->size == "12345");
  CHECK_FALSE(lfs_pointer("version https://git-lfs.github.com/spec/v1\noid sha256:zz\n"));
  CHECK_FALSE(lfs_pointer("hello"));
}

TEST_CASE("git's verdict on a file: tracked, ignored, untracked, in which repository") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.write("r/.gitignore", "*.env\n!keep.env\nout/\n");
  sandbox.commit("r", "src/main.c", "x");
  sandbox.write("r/forced.env", "x");
  sandbox.git("r", "add -f forced.env");
  sandbox.write("r/intent", "x");
  sandbox.git("r", "add -N intent");
  sandbox.init("r/nested");
  sandbox.commit("r/nested", "in.env", "x");
  FileStatusFinder finder;
  CHECK(finder.status(sandbox.path("r/src/main.c")).tracked);
  CHECK(finder.status(sandbox.path("r/forced.env")).tracked);
  CHECK_FALSE(finder.status(sandbox.path("r/forced.env")).ignored);
  CHECK(finder.status(sandbox.path("r/intent")).tracked);
  CHECK(finder.status(sandbox.path("r/x/my.env")).ignored);
  CHECK_FALSE(finder.status(sandbox.path("r/keep.env")).ignored);
  CHECK(finder.status(sandbox.path("r/out/deep/file")).ignored);
  const FileStatus untracked = finder.status(sandbox.path("r/new.txt"));
  CHECK(untracked.in_repository);
  CHECK_FALSE(untracked.tracked);
  CHECK_FALSE(untracked.ignored);
  const FileStatus nested = finder.status(sandbox.path("r/nested/in.env"));
  CHECK(nested.tracked);
  CHECK(nested.work_tree == sandbox.path("r/nested"));
  CHECK_FALSE(finder.status(sandbox.path("elsewhere/file")).in_repository);
  finder.repository_of(sandbox.path("r/forced.env"))->set_staged({"forced.env"});
  CHECK(finder.exposure_of(sandbox.path("r/forced.env")).staged);
  CHECK(finder.exposure_of(sandbox.path("r/x/my.env")).ignored);
  CHECK(finder.gaps().empty());
}

#include "scanner/source/git/history/staged.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;
using Kind = StagedChange::Kind;

namespace {

struct Opened {
  Repository repository;
  std::shared_ptr<ObjectStore> store;
};

Opened open(const test::Sandbox& sandbox, const std::string& folder) {
  auto repository = discover_repository(sandbox.path(folder));
  REQUIRE(repository);
  auto store = ObjectStore::open(repository->objects_dir, repository->hash);
  REQUIRE(store);
  return {std::move(*repository), std::move(*store)};
}

Staged staged_of(const test::Sandbox& sandbox, const std::string& folder,
                 const std::string& index_file = {}) {
  const Opened opened = open(sandbox, folder);
  auto result = read_staged(opened.repository, *opened.store, index_file);
  REQUIRE(result);
  return std::move(result->staged);
}

// As `git diff --cached --raw -z --no-renames --no-abbrev` prints it; what git leaves out is left out.
std::string raw(const Staged& staged, std::size_t digits) {
  std::string text;
  std::string conflict;
  for (const StagedChange& change : staged.changes) {
    if (change.kind == Kind::intent_to_add) {
      // git shows the path as gone where HEAD has it, and not at all where it has not.
      if (change.old_id.empty()) continue;
    }
    if (change.kind == Kind::conflicted) {
      if (change.path != conflict)
        text += ":000000 000000 " + std::string(digits, '0') + " " + std::string(digits, '0') + " U" +
                '\0' + change.path + '\0';
      conflict = change.path;
      continue;
    }
    char modes[32];
    const bool gone = change.id.empty();
    std::snprintf(modes, sizeof modes, ":%06o %06o ", change.old_mode, gone ? 0 : change.mode);
    const bool type_changed =
        !change.old_id.empty() && !gone && (change.old_mode & kModeKind) != (change.mode & kModeKind);
    text += modes + (change.old_id.empty() ? std::string(digits, '0') : change.old_id.hex()) + " " +
            (gone ? std::string(digits, '0') : change.id.hex()) + " " +
            (change.old_id.empty() ? "A"
             : gone                ? "D"
             : type_changed        ? "T"
                                   : "M") +
            '\0' + change.path + '\0';
  }
  return text;
}

std::string git_raw(test::Sandbox& sandbox, const std::string& folder) {
  return sandbox.git(folder,
                     "-c core.quotePath=false diff --cached --raw -z --no-renames --no-abbrev "
                     "--ita-visible-in-index --ita-invisible-in-index");
}

}  // namespace

TEST_CASE("before the first commit everything in the index is staged") {
  test::Sandbox sandbox;
  sandbox.init("r");
  CHECK(staged_of(sandbox, "r").equals_head);
  CHECK(staged_of(sandbox, "r").first_commit);
  sandbox.write("r/a/b", "x");
  sandbox.git("r", "add a");
  const Staged staged = staged_of(sandbox, "r");
  CHECK(staged.first_commit);
  CHECK_FALSE(staged.equals_head);
  REQUIRE(staged.changes.size() == 1);
  CHECK(staged.changes[0].path == "a/b");
  CHECK(staged.changes[0].kind == Kind::added);
  CHECK(staged.changes[0].has_content());
}

TEST_CASE("an index that equals HEAD says so, with and without a cache tree") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "a/b", "x");
  CHECK(staged_of(sandbox, "r").equals_head);
  sandbox.run("r", "git rm -q --cached a/b && git add a/b");  // the cache tree is invalid now
  const Staged staged = staged_of(sandbox, "r");
  CHECK(staged.equals_head);
  CHECK(staged.changes.empty());
  sandbox.write("r/new", "x");
  sandbox.git("r", "add -N new");
  CHECK(staged_of(sandbox, "r").equals_head);
  CHECK(staged_of(sandbox, "r").changes.size() == 1);
}

TEST_CASE("renames, mode changes, links, submodules, intent to add and deletions") {
  test::Sandbox sandbox;
  sandbox.init("lib");
  const std::string sub = sandbox.commit("lib", "f", "x");
  sandbox.init("r");
  sandbox.write("r/moved-from", "some content");
  sandbox.write("r/mode", "m");
  sandbox.write("r/kind", "k");
  sandbox.write("r/folder/file", "f");
  sandbox.commit("r", "gone", "g");
  sandbox.git("r", "add -A");
  sandbox.git("r", "commit -q -m all");
  sandbox.git("r", "mv moved-from deep-moved");
  sandbox.git("r", "update-index --chmod=+x mode");
  sandbox.run("r", "rm kind && ln -s target kind && git add kind");
  sandbox.git("r", "rm -q gone");
  sandbox.run("r", "rm -r folder && echo now a file > folder && git add folder");
  sandbox.git("r", "update-index --add --cacheinfo 160000," + sub + ",module");
  sandbox.write("r/announced", "later");
  sandbox.git("r", "add -N announced");
  const Staged staged = staged_of(sandbox, "r");
  const auto find = [&](const std::string& path) -> const StagedChange& {
    const auto at = std::find_if(staged.changes.begin(), staged.changes.end(),
                                 [&](const StagedChange& change) { return change.path == path; });
    REQUIRE(at != staged.changes.end());
    return *at;
  };
  CHECK(find("deep-moved").renamed_from == "moved-from");
  CHECK(find("mode").kind == Kind::mode_changed);
  CHECK(find("kind").mode == kModeLink);
  CHECK(find("gone").kind == Kind::deleted);
  CHECK(find("folder").kind == Kind::added);
  CHECK(find("folder/file").kind == Kind::deleted);
  CHECK_FALSE(find("module").has_content());
  CHECK(find("announced").kind == Kind::intent_to_add);
  CHECK_FALSE(find("announced").has_content());
  CHECK(raw(staged, 40) == git_raw(sandbox, "r"));
}

TEST_CASE("a conflict gives every stage's content") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "base");
  sandbox.git("r", "checkout -q -b side");
  sandbox.commit("r", "f", "theirs");
  sandbox.git("r", "checkout -q main");
  sandbox.commit("r", "f", "ours");
  sandbox.git("r", "merge -q side", true);
  const Staged staged = staged_of(sandbox, "r");
  REQUIRE(staged.changes.size() == 3);
  CHECK(staged.changes[2].stage == 3);
  CHECK(staged.changes[2].kind == Kind::conflicted);
}

TEST_CASE("a partial commit's own index is read where it is named") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.write("r/a", "a");
  sandbox.git("r", "add a");
  sandbox.run("r",
              "cp .git/index .git/next-index-1.lock && echo b > b && "
              "GIT_INDEX_FILE=.git/next-index-1.lock git add b");
  CHECK(staged_of(sandbox, "r").changes.size() == 1);
  CHECK(staged_of(sandbox, "r", sandbox.path("r/.git/next-index-1.lock")).changes.size() == 2);
}

TEST_CASE("staged changes in a linked worktree are that worktree's") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "worktree add -q ../wt -b side");
  sandbox.write("wt/only-here", "x");
  sandbox.git("wt", "add only-here");
  CHECK(staged_of(sandbox, "wt").changes.size() == 1);
  CHECK(staged_of(sandbox, "r").equals_head);
}

TEST_CASE("staged changes agree with git diff --cached on generated work") {
  test::Sandbox sandbox;
  for (const char* mode : {"plain", "sha256", "split", "version4", "sparse"}) {
    const std::string folder = mode;
    const std::string kind = mode;
    sandbox.init(folder, kind == "sha256" ? "--object-format=sha256" : "");
    test::Dice dice(static_cast<std::uint32_t>(folder.size()) * 7);
    const std::vector<std::string> names = {"a", "a.c", "a-b", "b", "c\n", "\x01", "zz"};
    const auto random_path = [&] {
      std::string path = "d" + std::to_string(dice.roll(4));
      for (std::uint32_t depth = dice.roll(3); depth > 0; --depth) path += "/" + names[dice.roll(7)];
      return path + "/" + names[dice.roll(7)] + std::to_string(dice.roll(3));
    };
    for (int i = 0; i < 60; ++i) sandbox.write(folder + "/" + random_path(), std::to_string(i));
    sandbox.git(folder, "add -A");
    sandbox.git(folder, "commit -q -m base");
    if (kind == "split") {
      sandbox.git(folder, "config splitIndex.maxPercentChange 100");
      sandbox.git(folder, "update-index --split-index");
    }
    if (kind == "version4") sandbox.git(folder, "update-index --index-version 4");
    if (kind == "sparse") {
      sandbox.git(folder, "sparse-checkout init --cone --sparse-index");
      sandbox.git(folder, "sparse-checkout set d1");
    }
    for (int round = 0; round < 12; ++round) {
      for (std::uint32_t n = 1 + dice.roll(4); n > 0; --n) {
        std::string path = random_path();
        if (kind == "sparse") path[1] = '1';
        switch (dice.roll(4)) {
          case 0:
            sandbox.git(folder, "rm -q -f -r --cached --ignore-unmatch -- " + test::shell_quoted(path));
            break;
          case 1:
            if (kind == "sparse") break;
            sandbox.run(folder, "rm -rf d" + std::to_string(dice.roll(4)) + " && git add -A");
            break;
          default:
            std::error_code ignored;
            std::filesystem::remove_all(sandbox.path(folder + "/" + path), ignored);
            // A file may stand where the path wants a folder.
            for (std::filesystem::path up =
                     std::filesystem::path(sandbox.path(folder + "/" + path)).parent_path();
                 up.string().size() > sandbox.path(folder).size(); up = up.parent_path())
              if (std::filesystem::is_regular_file(up)) std::filesystem::remove(up);
            sandbox.write(folder + "/" + path, std::to_string(dice.roll(1000)));
            if (dice.roll(5) == 0)
              sandbox.git(folder, "add -N -- " + test::shell_quoted(path));
            else
              sandbox.git(folder, "add -A");
        }
      }
      const std::string expected = git_raw(sandbox, folder);
      const Staged staged = staged_of(sandbox, folder);
      INFO(mode << " round " << round);
      CHECK(staged.gaps.empty());
      CHECK(raw(staged, kind == "sha256" ? 64 : 40) == expected);
      CHECK(staged.equals_head == expected.empty());
      if (dice.roll(4) == 0) sandbox.git(folder, "commit -q --allow-empty -m next");
    }
  }
}

TEST_CASE("a sparse folder whose tree differs from HEAD's is looked into") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.write("r/in/f", "1");
  sandbox.write("r/out/deep/f", "1");
  sandbox.write("r/out/deep/same", "2");
  sandbox.git("r", "add -A");
  sandbox.git("r", "commit -q -m one");
  sandbox.write("r/out/deep/f", "changed");
  sandbox.git("r", "commit -q -a -m two");
  sandbox.git("r", "sparse-checkout init --cone --sparse-index");
  sandbox.git("r", "sparse-checkout set in");
  sandbox.git("r", "reset -q --soft HEAD~1");
  const Staged staged = staged_of(sandbox, "r");
  REQUIRE(staged.changes.size() == 1);
  CHECK(staged.changes[0].path == "out/deep/f");
  CHECK(raw(staged, 40) == git_raw(sandbox, "r"));
}

TEST_CASE("a tree that HEAD lacks is a gap, and its folder counts as staged") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "a/b/f", "1");
  const std::string tree = sandbox.git("r", "rev-parse HEAD:a/b");
  sandbox.write("r/a/b/g", "2");
  sandbox.git("r", "add a");
  std::filesystem::remove(sandbox.path("r/.git/objects/" + tree.substr(0, 2) + "/" + tree.substr(2)));
  const Staged staged = staged_of(sandbox, "r");
  CHECK(staged.changes.size() == 2);
  REQUIRE(staged.gaps.size() == 1);
  CHECK(staged.gaps[0].place == "a/b/");
}

TEST_CASE("a HEAD that cannot be read is an error, not an empty index") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.write("r/.git/HEAD", "nonsense");
  const Opened opened = open(sandbox, "r");
  const auto result = read_staged(opened.repository, *opened.store);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "broken-ref");
}

#include "scanner/source/git/repository/work_tree_index.h"

#include <cstdio>
#include <string>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;

namespace {

// As `git ls-files -z --stage` prints it.
std::string listed(const WorkTreeIndex& index) {
  std::string text;
  for (const IndexEntry& entry : index.entries()) {
    char mode[16];
    std::snprintf(mode, sizeof mode, "%06o", entry.mode);
    text += std::string(mode) + " " + index.id_of(entry).hex() + " " + std::to_string(entry.stage) +
            "\t" + std::string(entry.path) + '\0';
  }
  return text;
}

kimiguard::Result<WorkTreeIndex> read_index(const test::Sandbox& sandbox, const std::string& folder,
                                            HashKind hash = HashKind::sha1) {
  return WorkTreeIndex::read(sandbox.path(folder + "/.git/index"), sandbox.path(folder + "/.git"), hash,
                             {.verify_checksum = true});
}

void fill(test::Sandbox& sandbox, const std::string& folder) {
  for (int i = 0; i < 60; ++i)
    sandbox.write(folder + "/dir" + std::to_string(i % 7) + "/sub/file" + std::to_string(i),
                  std::to_string(i));
  sandbox.write(folder + "/with\nnewline\t\x01", "x");
  sandbox.write(
      folder + "/" + std::string(250, 'n') + "/" + std::string(250, 'm') + "/" + std::string(250, 'o'),
      "x");
  sandbox.run(folder, "ln -s target link && git add -A && git update-index --chmod=+x dir0/sub/file0");
}

}  // namespace

TEST_CASE("indexes of version 2, 3 and 4 are read as git lists them") {
  test::Sandbox sandbox;
  sandbox.init("r");
  fill(sandbox, "r");
  for (const char* version : {"2", "4", "3"}) {
    if (std::string(version) == "3") {
      sandbox.git("r", "update-index --index-version 2");
      sandbox.write("r/intent", "x");
      sandbox.git("r", "add -N intent");  // needs version 3
    } else {
      sandbox.git("r", std::string("update-index --index-version ") + version);
    }
    const auto index = read_index(sandbox, "r");
    REQUIRE(index);
    CHECK(std::to_string(index->version()) == version);
    CHECK(listed(*index) == sandbox.git("r", "ls-files -z --stage"));
    CHECK(index->gaps().empty());
  }
  const auto index = read_index(sandbox, "r");
  const IndexEntry* intent = index->find("intent");
  REQUIRE(intent != nullptr);
  CHECK(intent->intent_to_add);
  CHECK(index->find("link")->mode == kModeLink);
  CHECK(index->find("dir0/sub/file0")->mode == kModeExecutable);
  CHECK(index->find("dir0/sub") == nullptr);
}

TEST_CASE("a SHA-256 index is read") {
  test::Sandbox sandbox;
  sandbox.init("r", "--object-format=sha256");
  fill(sandbox, "r");
  sandbox.git("r", "commit -q -m x");
  const auto index = read_index(sandbox, "r", HashKind::sha256);
  REQUIRE(index);
  CHECK(listed(*index) == sandbox.git("r", "ls-files -z --stage"));
  CHECK(index->gaps().empty());
  REQUIRE(!index->cache_tree().empty());
  CHECK(ObjectId(index->cache_tree()[0].id, 32).hex() == sandbox.git("r", "rev-parse HEAD^{tree}"));
}

TEST_CASE("a split index is put together, with replaced and deleted entries") {
  test::Sandbox sandbox;
  for (const char* version : {"2", "4"}) {
    const std::string folder = std::string("r") + version;
    sandbox.init(folder);
    fill(sandbox, folder);
    sandbox.git(folder, std::string("update-index --index-version ") + version);
    sandbox.git(folder, "config splitIndex.maxPercentChange 100");
    sandbox.git(folder, "update-index --split-index");
    sandbox.git(folder, "commit -q -m x");
    sandbox.write(folder + "/dir1/sub/file1", "changed");
    sandbox.write(folder + "/aaa", "new");
    sandbox.git(folder, "add dir1 aaa");
    sandbox.git(folder, "rm -q --cached dir2/sub/file2 dir2/sub/file9");
    const auto index = read_index(sandbox, folder);
    REQUIRE(index);
    CHECK(index->split());
    CHECK(listed(*index) == sandbox.git(folder, "ls-files -z --stage"));
    sandbox.run(folder, "rm .git/sharedindex.*");
    CHECK(read_index(sandbox, folder).error().code == "damaged");
  }
}

TEST_CASE("a sparse index has folders for what is not checked out") {
  test::Sandbox sandbox;
  sandbox.init("r");
  fill(sandbox, "r");
  sandbox.git("r", "commit -q -m x");
  sandbox.git("r", "sparse-checkout init --cone --sparse-index");
  sandbox.git("r", "sparse-checkout set dir1");
  const auto index = read_index(sandbox, "r");
  REQUIRE(index);
  CHECK(index->sparse());
  const IndexEntry* folder = index->find("dir2/");
  REQUIRE(folder != nullptr);
  CHECK(folder->mode == kModeTree);
  CHECK(folder->skip_worktree);
  CHECK(index->covers("dir2/sub/file2"));
  CHECK_FALSE(index->covers("dir9/x"));
  CHECK(listed(*index) == sandbox.git("r", "ls-files -z --stage --sparse"));
}

TEST_CASE("conflicts show every stage") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "base");
  sandbox.git("r", "checkout -q -b side");
  sandbox.commit("r", "f", "theirs");
  sandbox.git("r", "checkout -q main");
  sandbox.commit("r", "f", "ours");
  sandbox.git("r", "merge -q side", true);
  const auto index = read_index(sandbox, "r");
  REQUIRE(index);
  CHECK(index->entries().size() == 3);
  CHECK(listed(*index) == sandbox.git("r", "ls-files -z --stage"));
}

TEST_CASE("the cache tree names the folders that did not change") {
  test::Sandbox sandbox;
  sandbox.init("r");
  fill(sandbox, "r");
  sandbox.git("r", "commit -q -m x");
  sandbox.write("r/dir1/sub/file1", "changed");
  sandbox.git("r", "add dir1");
  const auto index = read_index(sandbox, "r");
  REQUIRE(index);
  const auto& tree = index->cache_tree();
  REQUIRE(!tree.empty());
  CHECK(tree[0].entries == -1);
  CHECK(tree[0].next == tree.size());
  bool saw_other = false;
  for (std::size_t i = 1; i < tree.size(); i = tree[i].next) {
    if (tree[i].name == "dir1") CHECK(tree[i].entries == -1);
    if (tree[i].name == "dir2") {
      saw_other = true;
      CHECK(ObjectId(tree[i].id, 20).hex() == sandbox.git("r", "rev-parse HEAD:dir2"));
    }
  }
  CHECK(saw_other);
}

TEST_CASE("an index that is damaged, of another kind or not there says so") {
  test::Sandbox sandbox;
  sandbox.init("r");
  CHECK(read_index(sandbox, "r").error().code == "absent");
  sandbox.write("r/.git/index", "DIRC");
  CHECK(read_index(sandbox, "r").error().code == "damaged");
  std::string future = std::string("DIRC\0\0\0\x09\0\0\0\0", 12) + std::string(20, '\0');
  sandbox.write("r/.git/index", future);
  CHECK(read_index(sandbox, "r").error().code == "unsupported");
  std::string unknown =
      std::string("DIRC\0\0\0\x02\0\0\0\0", 12) + std::string("abcd\0\0\0\0", 8) + std::string(20, '\0');
  sandbox.write("r/.git/index", unknown);
  CHECK(read_index(sandbox, "r").error().code == "unsupported");
  std::filesystem::remove(sandbox.path("r/.git/index"));
  sandbox.commit("r", "f", "x");
  std::string bytes = sandbox.read("r/.git/index");
  bytes[30] = static_cast<char>(bytes[30] ^ 1);
  sandbox.write("r/.git/index", bytes);
  const auto index = read_index(sandbox, "r");
  REQUIRE(index);
  REQUIRE(index->gaps().size() == 1);
  CHECK(index->gaps()[0].code == "index-checksum");
}

TEST_CASE("corrupted indexes never crash the reader") {
  test::Sandbox sandbox;
  sandbox.init("r");
  fill(sandbox, "r");
  sandbox.git("r", "commit -q -m x");
  for (const char* setup : {"update-index --index-version 2", "update-index --index-version 4",
                            "update-index --split-index"}) {
    sandbox.git("r", setup);
    sandbox.write("r/aaa", setup);
    sandbox.git("r", "add aaa");
    const std::string whole = sandbox.read("r/.git/index");
    test::Dice dice(5);
    for (int round = 0; round < 400; ++round) {
      std::string bytes = whole;
      for (std::uint32_t n = 1 + dice.roll(6); n > 0; --n) {
        // Half of the damage goes to the header and the extensions, where counts and sizes stand.
        const auto size = static_cast<std::uint32_t>(bytes.size());
        const std::uint32_t at = dice.roll(2) == 0   ? dice.roll(size)
                                 : dice.roll(2) == 0 ? dice.roll(80)
                                                     : size - 1 - dice.roll(std::min(size, 600u));
        bytes[at] = static_cast<char>(dice.roll(256));
      }
      if (dice.roll(5) == 0) bytes.resize(dice.roll(static_cast<std::uint32_t>(bytes.size())));
      sandbox.write("r/.git/index", bytes);
      const auto index = read_index(sandbox, "r");
      if (!index) continue;
      std::size_t total = 0;
      for (const IndexEntry& entry : index->entries()) total += entry.path.size() + entry.id[0];
      for (const CacheTree& node : index->cache_tree()) total += node.name.size() + node.next;
      CHECK(total + 1 > 0);
    }
    sandbox.write("r/.git/index", whole);
  }
}

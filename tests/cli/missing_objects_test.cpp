// Objects that are named and not stored: listed, and weighed by why they are not there.
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/catch.h"

namespace kimiguard::test {
namespace {

nlohmann::json gaps_of(const Ran& ran, const std::string& code) {
  nlohmann::json some = nlohmann::json::array();
  const auto report = nlohmann::json::parse(ran.out);
  for (const auto& gap : report["summary"]["coverage"]["gaps"])
    if (gap["code"] == code) some.push_back(gap);
  return some;
}

std::string id_of(const Repo& repo, const std::string& what) { return repo.git({"rev-parse", what}).out.substr(0, 40); }

void remove_object(const Repo& repo, const std::string& id) {
  fs::remove(repo.work() / ".git/objects" / id.substr(0, 2) / id.substr(2));
}

const std::vector<std::string> kHistory = {"scan", "--only", "history", "-q", "--format", "json", "."};

}  // namespace

TEST_CASE("a blob that a commit's tree names and the store lacks is damage, named by its path") {
  const Repo repo;
  repo.commit_file("src/deep/kept.txt", "kept\n");
  repo.commit_file("src/deep/lost.txt", "lost\n");
  repo.commit_file("src/deep/lost.txt", "found again\n");
  const std::string lost = id_of(repo, "HEAD~1:src/deep/lost.txt");
  SECTION("loose") {}
  SECTION("packed, the trees as deltas") {
    for (int i = 0; i < 20; ++i) repo.commit_file("src/deep/other" + std::to_string(i), std::to_string(i));
    remove_object(repo, lost);
    // What is left is packed by name, as git refuses to follow the trees.
    const std::string all = repo.git({"cat-file", "--batch-all-objects", "--batch-check=%(objectname)"}).out;
    REQUIRE(repo.git({"pack-objects", "-q", "--depth=20", ".git/objects/pack/pack"}, all).status == 0);
    repo.git({"prune-packed"});
  }
  remove_object(repo, lost);
  const Ran ran = repo.kimiguard(kHistory);
  INFO(ran.out << ran.err);
  CHECK(ran.status == 3);
  const auto gaps = gaps_of(ran, "missing");
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0]["place"] == "src/deep/lost.txt (blob " + lost.substr(0, 12) + ")");
  CHECK(gaps[0]["kind"] == "unreadable");
}

TEST_CASE("a missing tree, parent, tag target or ref is damage") {
  const Repo repo;
  repo.commit_file("a/b", "one\n");
  repo.commit_file("a/b", "two\n");
  repo.commit_file("a/b", "three\n");
  std::string lost;
  SECTION("a tree") { lost = id_of(repo, "HEAD~1:a"); }
  SECTION("a root tree") { lost = id_of(repo, "HEAD~1^{tree}"); }
  SECTION("a parent") { lost = id_of(repo, "HEAD~1"); }
  SECTION("a tag's target") {
    lost = repo.git({"hash-object", "-w", "--stdin"}, "tagged\n").out.substr(0, 40);
    repo.git({"tag", "-a", "-m", "message", "of-a-blob", lost});
  }
  SECTION("what a ref names") {
    lost = repo.git({"hash-object", "-w", "--stdin"}, "tagged\n").out.substr(0, 40);
    repo.git({"tag", "light", lost});
  }
  SECTION("what is staged") {
    repo.write("staged", "staged\n");
    repo.git({"add", "staged"});
    lost = id_of(repo, ":staged");
  }
  remove_object(repo, lost);
  const Ran ran = repo.kimiguard(kHistory);
  INFO(ran.out << ran.err);
  CHECK(ran.status == 3);
  const auto gaps = gaps_of(ran, "missing");
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0]["place"].get<std::string>().find(lost.substr(0, 12)) != std::string::npos);
}

TEST_CASE("what only unreachable objects name is no damage when it is gone") {
  const Repo repo;
  repo.commit_file("a", "one\n");
  repo.write("b", "dropped\n");
  repo.git({"add", "b"});
  const std::string tree = repo.git({"write-tree"}).out;
  const std::string lost = id_of(repo, ":b");
  repo.git({"reset", "-q", "--hard"});
  remove_object(repo, lost);
  const Ran ran = repo.kimiguard(kHistory);
  INFO(ran.out << ran.err);
  CHECK(ran.status == 0);
  CHECK(gaps_of(ran, "missing").empty());
  CHECK(gaps_of(ran, "missing-unreachable").size() == 1);
}

TEST_CASE("a partial clone's missing objects are known not to be here, many as a number") {
  const Repo repo;
  for (int i = 0; i < 30; ++i) repo.write("file" + std::to_string(i), "content " + std::to_string(i));
  repo.git({"add", "-A"});
  repo.commit("all");
  repo.git({"config", "uploadpack.allowFilter", "true"});
  REQUIRE(repo.git({"clone", "-q", "--bare", "--filter=blob:none", "file://" + repo.work().string(), "../partial.git"}).status == 0);
  std::vector<std::string> words = kHistory;
  words.back() = (repo.folder / "partial.git").string();
  const Ran ran = repo.kimiguard(words);
  INFO(ran.out << ran.err);
  CHECK(ran.status == 0);
  std::uint64_t count = 0;
  const auto gaps = gaps_of(ran, "promisor");
  for (const auto& gap : gaps) count += gap.value("count", 1);
  CHECK(count == 30);
  CHECK(gaps.size() == 11);
  words.push_back("--strict");
  CHECK(repo.kimiguard(words).status == 3);
}

TEST_CASE("neither a shallow border nor a submodule's commit is missed") {
  const Repo repo;
  for (int i = 0; i < 4; ++i) repo.commit_file("a", std::to_string(i));
  repo.git({"update-index", "--add", "--cacheinfo", "160000,1234567890123456789012345678901234567890,sub"});
  repo.commit("submodule");
  REQUIRE(repo.git({"clone", "-q", "--bare", "--depth=2", "file://" + repo.work().string(), "../shallow.git"}).status == 0);
  std::vector<std::string> words = kHistory;
  words.back() = (repo.folder / "shallow.git").string();
  const Ran ran = repo.kimiguard(words);
  INFO(ran.out << ran.err);
  CHECK(gaps_of(ran, "missing").empty());
  CHECK(gaps_of(ran, "shallow").size() == 1);
}

}  // namespace kimiguard::test

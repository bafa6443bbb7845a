// What was there before a commit is not what it adds.
#include <nlohmann/json.hpp>

#include <string>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

using Json = nlohmann::json;

std::string lines(int first, int count) {
  std::string text;
  for (int i = first; i < first + count; ++i) text += "setting_" + std::to_string(i) + " = value " + std::to_string(i * 7) + "\n";
  return text;
}

std::string line(const std::string& key) { return "KIMI_API_KEY=" + key + "\n"; }

struct Said {
  int status;
  std::size_t findings;
  std::string notes;
};

Said staged(const Repo& repo) {
  const Ran ran = repo.kimiguard({"scan", "--staged", "-f", "json"});
  const Json report = Json::parse(ran.out);
  return {ran.status, report["findings"].size(), report.at("summary").at("notes").dump()};
}

Said ranged(const Repo& repo, const std::string& range) {
  const Ran ran = repo.kimiguard({"scan", "--range", range, "-f", "json"});
  const Json report = Json::parse(ran.out);
  return {ran.status, report["findings"].size(), report.at("summary").at("notes").dump()};
}

}  // namespace

TEST_CASE("a key that an edited file held before is not counted, in the index or in a range, and that is said") {
  const Repo repo;
  Keys keys(61);
  const std::string old = keys.kimi_code();
  repo.commit_file("app/config.env", lines(0, 20) + line(old));
  repo.write("app/config.env", lines(0, 25) + line(old));
  repo.git({"add", "-A"});
  const Said edited = staged(repo);
  CHECK(edited.status == 0);
  CHECK(edited.findings == 0);
  CHECK_THAT(edited.notes, ContainsSubstring("1 key that was there before: not counted"));
  REQUIRE(repo.commit("edit").status == 0);
  CHECK(ranged(repo, "HEAD~1..HEAD").findings == 0);
  CHECK_THAT(ranged(repo, "HEAD~1..HEAD").notes, ContainsSubstring("1 key that was there before"));

  // Another key beside it counts, the old one in another file too.
  repo.write("app/config.env", lines(0, 25) + line(old) + line(keys.kimi_code()));
  repo.write("copy.env", line(old));
  repo.git({"add", "-A"});
  const Said added = staged(repo);
  CHECK(added.status == 1);
  CHECK(added.findings == 2);
  CHECK_THAT(added.notes, ContainsSubstring("1 key that was there before"));
  REQUIRE(repo.commit("add").status == 0);
  CHECK(ranged(repo, "HEAD~1..HEAD").findings == 2);
}

TEST_CASE("a key in a renamed file was there before, edited on the way or not; one that moves to another text is new") {
  const Repo repo;
  Keys keys(62);
  const std::string key = keys.kimi_code();
  repo.commit_file("old/name.env", lines(0, 30) + line(key));
  repo.git({"mv", "old/name.env", "plain.env"});
  CHECK(staged(repo).findings == 0);
  repo.write("plain.env", lines(2, 30) + line(key));
  repo.git({"add", "-A"});
  CHECK(staged(repo).findings == 0);
  REQUIRE(repo.commit("rename").status == 0);
  CHECK(ranged(repo, "HEAD~1..HEAD").findings == 0);

  repo.git({"rm", "-q", "plain.env"});
  repo.write("other.md", "# Notes\n\n" + lines(500, 30) + line(key));
  repo.git({"add", "-A"});
  CHECK(staged(repo).findings == 1);
  REQUIRE(repo.commit("move").status == 0);
  CHECK(ranged(repo, "HEAD~1..HEAD").findings == 1);
}

TEST_CASE("a key that a range brings in and edits or renames later is found where it stands at the end") {
  const Repo repo;
  Keys keys(63);
  const std::string key = keys.kimi_code();
  repo.commit_file("README", "hello\n");
  const std::string base = repo.git({"rev-parse", "HEAD"}).out.substr(0, 40);
  repo.commit_file("a.env", lines(0, 30) + line(key));
  repo.commit_file("a.env", lines(1, 30) + line(key));
  repo.git({"mv", "a.env", "b.env"});
  repo.commit_file("b.env", lines(2, 30) + line(key));
  const Ran ran = repo.kimiguard({"scan", "--range", base + "..HEAD", "-f", "json"});
  const Json report = Json::parse(ran.out);
  REQUIRE(ran.status == 1);
  REQUIRE(report["findings"].size() >= 1);
  bool at_end = false;
  for (const Json& finding : report["findings"])
    for (const Json& place : finding["places"]) at_end = at_end || place["uri"] == "b.env";
  CHECK(at_end);
}

TEST_CASE("what a merge takes over from the other side is no addition of its own") {
  const Repo repo;
  Keys keys(64);
  repo.commit_file("README", "hello\n");
  repo.git({"checkout", "-q", "-b", "side"});
  repo.commit_file("side.env", lines(0, 10) + line(keys.kimi_code()));
  repo.git({"checkout", "-q", "-"});
  repo.commit_file("README", "hello there\n");
  repo.git({"merge", "-q", "--no-commit", "--no-ff", "side"});
  CHECK(staged(repo).findings == 0);
  repo.write("side.env", lines(0, 10) + line(keys.kimi_code()));
  repo.git({"add", "-A"});
  CHECK(staged(repo).findings == 1);
}

TEST_CASE("the hook lets an edit of a file with an old key pass") {
  const Repo repo;
  Keys keys(65);
  const std::string key = keys.kimi_code();
  repo.commit_file("app.env", lines(0, 10) + line(key));
  REQUIRE(repo.kimiguard({"hook", "install", "--hooks", "pre-commit"}).status == 0);
  repo.write("app.env", lines(0, 12) + line(key));
  repo.git({"add", "-A"});
  CHECK(repo.commit("edit").status == 0);
  repo.write("app.env", lines(0, 12) + line(key) + line(keys.kimi_code()));
  repo.git({"add", "-A"});
  CHECK(repo.commit("add").status != 0);
}

}  // namespace kimiguard::test

// What a report says of a key in git: why it is still there, since when, who may have it, how to take it out.
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

std::string line(const std::string& key) { return "KIMI_API_KEY=" + key + "\n"; }

// The text report, each run of spaces as one.
std::string told(const Repo& repo, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"scan", "--only", "history", "--lang", "en", "-v", "."};
  words.insert(words.end(), more.begin(), more.end());
  const std::string out = repo.kimiguard(words).out;
  std::string text;
  for (const char c : out) {
    const bool space = c == ' ' || c == '\n';
    if (!space)
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  return text;
}

std::string short_id(const Repo& repo, const std::string& what) { return repo.git({"rev-parse", what}).out.substr(0, 8); }

}  // namespace

TEST_CASE("a key still in HEAD is told with the commit that brought it in, whatever the dates say") {
  Repo repo;
  Keys keys(21);
  repo.commit_file("README", "a\n");
  // The clock of the one who brought it in ran ahead, that of the next one back.
  repo.environment = {{"GIT_AUTHOR_DATE", "2026-03-01T10:00:00+0000"}, {"GIT_COMMITTER_DATE", "2026-03-01T10:00:00+0000"}};
  repo.commit_file("a.env", line(keys.kimi_code()));
  const std::string first = short_id(repo, "HEAD");
  repo.environment = {{"GIT_AUTHOR_DATE", "2020-01-01T10:00:00+0000"}, {"GIT_COMMITTER_DATE", "2020-01-01T10:00:00+0000"}};
  repo.git({"mv", "a.env", "b.env"});
  repo.commit("rename");
  const std::string text = told(repo);
  CHECK_THAT(text, ContainsSubstring("Still in HEAD since " + first + " (2026-03-01)."));
  CHECK_THAT(text, ContainsSubstring("It had the paths a.env, b.env."));
  CHECK_THAT(text, ContainsSubstring("Not pushed as far as this clone knows: take it out before you push."));
}

TEST_CASE("a key gone from HEAD is told with the first and the last commit that have it") {
  const Repo repo;
  Keys keys(22);
  repo.commit_file("a.env", line(keys.kimi_code()));
  const std::string first = short_id(repo, "HEAD");
  repo.commit_file("other", "x\n");
  const std::string last = short_id(repo, "HEAD");
  repo.git({"rm", "-q", "a.env"});
  repo.commit("gone");
  const std::string text = told(repo);
  CHECK_THAT(text, ContainsSubstring("Gone from HEAD but in history since " + first));
  CHECK_THAT(text, ContainsSubstring("last in " + last));
}

TEST_CASE("an edited file is stored anew; the key is told since its first version, to its last, and since when it is out") {
  Repo repo;
  Keys keys(29);
  const std::string key = line(keys.kimi_code());
  REQUIRE(repo.git({"init", "-q", "--bare", "../up.git"}).status == 0);
  repo.git({"remote", "add", "origin", "../up.git"});
  std::vector<std::string> versions;
  for (int i = 0; i < 7; ++i) {
    // Clocks run backwards.
    const std::string date = "2020-01-0" + std::to_string(9 - i) + "T10:00:00+0000";
    repo.environment = {{"GIT_AUTHOR_DATE", date}, {"GIT_COMMITTER_DATE", date}};
    if (i == 4) repo.git({"mv", "a.env", "b.env"});
    repo.commit_file(i < 4 ? "a.env" : "b.env", "# version " + std::to_string(i) + "\n" + key);
    versions.push_back(short_id(repo, "HEAD"));
    if (i == 2) REQUIRE(repo.git({"push", "-q", "origin", "main"}).status == 0);
  }
  const auto finding_of = [&](const std::string& known) {
    const auto report = nlohmann::json::parse(repo.kimiguard({"scan", "--only", "history", "-f", "json", "."}).out);
    for (const auto& finding : report["findings"])
      if (finding["provenance"]["class"] == known) return finding["provenance"];
    return nlohmann::json();
  };
  const auto shown = [&](const nlohmann::json& provenance) {
    return repo.git({"show", provenance["commit"].get<std::string>() + ":" + provenance["path"].get<std::string>()}).out;
  };
  CHECK_THAT(told(repo), ContainsSubstring("Still in HEAD since " + versions[0] + " (2020-01-09)."));
  CHECK_THAT(told(repo), ContainsSubstring("Pushed: on origin/main since 2020-01-09"));
  // Of the file at its path of today; of what HEAD has no more.
  CHECK(finding_of("head")["commit"].get<std::string>().substr(0, 8) == versions[4]);
  CHECK(finding_of("branch")["commit"].get<std::string>().substr(0, 8) == versions[0]);
  CHECK(finding_of("branch")["lastCommit"].get<std::string>().substr(0, 8) == versions[5]);
  CHECK_THAT(shown(finding_of("head")), ContainsSubstring("version 4"));
  CHECK_THAT(shown(finding_of("branch")), ContainsSubstring("version 0"));
  repo.git({"rm", "-q", "b.env"});
  repo.commit("gone");
  CHECK_THAT(told(repo), ContainsSubstring("Gone from HEAD but in history since " + versions[0] + " (2020-01-09), last in " + versions[6] + "."));
}

TEST_CASE("what only a stash, a tag, notes, another ref, the reflog or nothing keeps is told as such") {
  const Repo repo;
  Keys keys(23);
  repo.commit_file("a", "a\n");
  const std::string key = line(keys.kimi_code());
  std::string sentence;
  SECTION("a stash") {
    repo.write("a", key);
    REQUIRE(repo.git({"stash"}).status == 0);
    sentence = "Only in a stash";
  }
  SECTION("a tag") {
    repo.commit_file("a", key);
    repo.git({"tag", "v1"});
    repo.git({"reset", "-q", "--hard", "HEAD~1"});
    sentence = "Gone from HEAD but kept by a tag in refs/tags/v1";
  }
  SECTION("notes") {
    repo.git({"notes", "add", "-m", key});
    sentence = "Only in git notes in refs/notes/commits";
  }
  SECTION("a pull request's ref") {
    repo.commit_file("a", key);
    repo.git({"update-ref", "refs/pull/7/head", "HEAD"});
    repo.git({"reset", "-q", "--hard", "HEAD~1"});
    sentence = "Only in a ref that is no branch or tag in refs/pull/7/head";
  }
  SECTION("the reflog") {
    repo.commit_file("a", key);
    repo.git({"reset", "-q", "--hard", "HEAD~1"});
    sentence = "Only in the reflog";
  }
  SECTION("nothing") {
    repo.git({"hash-object", "-w", "--stdin"}, key);
    sentence = "Unreachable but stored until git prunes it";
  }
  SECTION("the index") {
    repo.write("a", key);
    repo.git({"add", "a"});
    sentence = "Staged, not committed yet";
  }
  const std::string text = told(repo);
  INFO(text);
  CHECK_THAT(text, ContainsSubstring(sentence));
  CHECK_THAT(text, ContainsSubstring("Not pushed as far as this clone knows"));
}

TEST_CASE("a pushed key is public to whoever reads the remote") {
  const Repo repo;
  Keys keys(24);
  REQUIRE(repo.git({"init", "-q", "--bare", "../up.git"}).status == 0);
  repo.git({"remote", "add", "origin", "../up.git"});
  repo.commit_file("a.env", line(keys.kimi_code()));
  REQUIRE(repo.git({"push", "-q", "origin", "main"}).status == 0);
  const std::string day = repo.git({"log", "-1", "--format=%as"}).out.substr(0, 10);
  const std::string text = told(repo);
  CHECK_THAT(text, ContainsSubstring("Pushed: on origin/main since " + day +
                                     ", treat it as public to everyone who can read that remote."));
  CHECK(text.find("CRITICAL") != std::string::npos);
}

TEST_CASE("how to take keys out of history is printed only when asked for, and holds no key") {
  const Repo repo;
  Keys keys(25);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.env", line(key));
  repo.git({"rm", "-q", "a.env"});
  repo.commit("gone");
  CHECK(told(repo).find("filter-repo") == std::string::npos);
  const std::string text = told(repo, {"--how-to-purge"});
  for (const char* wanted : {"Taking keys out of git history", "First delete each key at its console", "What it costs",
                             "pull requests, forks, tags and signatures", "git clone --mirror", "git filter-repo --replace-text <(",
                             "Do not run a plain `git gc --prune=now`"})
    CHECK_THAT(text, ContainsSubstring(wanted));
  CHECK(text.find(key) == std::string::npos);
  CHECK(text.find(key.substr(8, 12)) == std::string::npos);
  // The expression finds the key and no other text.
  CHECK_THAT(text, ContainsSubstring("regex:sk-kimi-[A-Za-z0-9_.-]{20,}" + key.substr(key.size() - 4) + "==>REMOVED"));
  CHECK_THAT(repo.kimiguard({"scan", "--only", "history", "--how-to-purge", "--lang", "zh", "."}).out, ContainsSubstring("从 git 历史中清除密钥"));
  const Repo clean;
  clean.commit_file("a", "a\n");
  CHECK_THAT(told(clean, {"--how-to-purge"}), ContainsSubstring("there is nothing to take out"));
}

}  // namespace kimiguard::test

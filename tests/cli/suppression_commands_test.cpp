#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {

TEST_CASE("ignore writes at the root of the repository, says how to undo, and once only") {
  const Repo repo;
  fs::create_directories(repo.work() / "deep/er");
  RunOptions options = repo.options();
  options.folder = repo.work() / "deep/er";
  const Ran ran =
      kimiguard({"ignore", "7E831DACF18D2D16", "--reason", "revoked on 2026-03-01"}, options);
  INFO(ran.out << ran.err);
  REQUIRE(ran.status == 0);
  const std::string text = read_file(repo.work() / ".kimiguardignore");
  CHECK_THAT(text, ContainsSubstring("id=7e831dacf18d2d16 reason=revoked on 2026-03-01\n"));
  CHECK_THAT(ran.out, ContainsSubstring("To undo, delete that line"));
  CHECK_THAT(ran.out, ContainsSubstring(".kimiguardignore:"));
  const Ran again =
      kimiguard({"ignore", "7e831dacf18d2d16", "--reason", "revoked on 2026-03-01"}, options);
  CHECK(again.status == 0);
  CHECK_THAT(again.out, ContainsSubstring("Nothing to do"));
  CHECK(read_file(repo.work() / ".kimiguardignore") == text);
  CHECK(kimiguard(
            {"ignore", "7e831dac", "--path", "docs/**", "--expires", "2099-01-31", "--reason", "docs"},
            options)
            .status == 0);
  CHECK_THAT(read_file(repo.work() / ".kimiguardignore"),
             ContainsSubstring("id=7e831dac path=docs/** expires=2099-01-31 reason=docs"));
}

TEST_CASE("ignore outside a repository writes into the current folder") {
  const Folder folder;
  RunOptions options;
  options.folder = folder.path();
  options.environment["GIT_CEILING_DIRECTORIES"] = folder.path().parent_path().string();
  CHECK(kimiguard({"ignore", "7e831dac", "--reason", "fine"}, options).status == 0);
  CHECK(fs::exists(folder / ".kimiguardignore"));
}

TEST_CASE("an ignore file speaks for its own repository: not for the next PATH, and of a nested one from either side") {
  const Repo repo;
  Keys keys(2);
  const auto open_findings = [](const Ran& ran) { return nlohmann::json::parse(ran.out)["summary"]["findings"].get<int>(); };
  const std::string key = keys.kimi_code(), other = keys.kimi_code();
  REQUIRE(repo.git({"init", "-q", "-b", "main", "one"}).status == 0);
  REQUIRE(repo.git({"init", "-q", "-b", "main", "two"}).status == 0);
  repo.write("one/a.env", "KIMI_API_KEY=" + key + "\n");
  repo.write("two/a.env", "KIMI_API_KEY=" + other + "\n");
  RunOptions in_one = repo.options();
  in_one.folder = repo.work() / "one";
  REQUIRE(kimiguard({"ignore", "--path", "a.env", "--reason", "one says so"}, in_one).status == 0);
  REQUIRE(fs::exists(repo.work() / "one/.kimiguardignore"));
  // Nested, from inside; from outside; both PATHs at once.
  CHECK(open_findings(kimiguard({"scan", "-f", "json", "."}, in_one)) == 0);
  CHECK(open_findings(repo.kimiguard({"scan", "-f", "json", "."})) == 1);
  CHECK(open_findings(repo.kimiguard({"scan", "-f", "json", "one", "two"})) == 1);
  REQUIRE(run({"git", "add", "-A"}, in_one).status == 0);
  CHECK(open_findings(kimiguard({"scan", "-f", "json", "--staged"}, in_one)) == 0);
  fs::remove_all(repo.work() / ".git");
  CHECK(open_findings(repo.kimiguard({"scan", "-f", "json", "one", "two"})) == 1);
  CHECK(open_findings(repo.kimiguard({"scan", "-f", "json", "two", "one"})) == 1);
  CHECK(open_findings(repo.kimiguard({"scan", "-f", "json", "."})) == 1);
  // A rule that is none is told.
  repo.write("one/.kimiguardignore", "rule=kimi-code reason=typing\n");
  const Ran told = kimiguard({"scan", "."}, in_one);
  CHECK(told.status == 1);
  CHECK_THAT(told.out, ContainsSubstring("there is no rule 'kimi-code'"));
}

TEST_CASE("of a range in a nested repository the ignore file of its base counts, below its own root") {
  const Repo repo;
  Keys keys(3);
  REQUIRE(repo.git({"init", "-q", "-b", "main", "inner"}).status == 0);
  repo.write("inner/.kimiguardignore", "path=/a.env reason=the base says so\n");
  const auto in = [&](std::vector<std::string> words) {
    RunOptions options = repo.options();
    options.folder = repo.work() / "inner";
    return run(words, options);
  };
  REQUIRE(in({"git", "add", "-A"}).status == 0);
  REQUIRE(in({"git", "commit", "-q", "-m", "base"}).status == 0);
  repo.write("inner/a.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  REQUIRE(in({"git", "add", "-A"}).status == 0);
  REQUIRE(in({"git", "commit", "-q", "-m", "more"}).status == 0);
  CHECK(in({KIMIGUARD_PROGRAM, "scan", "--range", "HEAD~1..HEAD"}).status == 0);
  CHECK(in({KIMIGUARD_PROGRAM, "scan", "--range", "HEAD~1..HEAD", "--no-inline"}).status == 1);
}

TEST_CASE("ignore refuses what would allow nothing, or leak a key") {
  const Repo repo;
  Keys keys(1);
  CHECK(repo.kimiguard({"ignore", "7e831dac"}).status == 2);
  CHECK(repo.kimiguard({"ignore", "--reason", "x y z"}).status == 2);
  CHECK(repo.kimiguard({"ignore", "7e8", "--reason", "short id"}).status == 2);
  CHECK(repo.kimiguard({"ignore", "7e831dac", "--reason", "old", "--expires", "2026-02-30"}).status ==
        2);
  const Ran rule = repo.kimiguard({"ignore", "--rule", "kimi-code-kye", "--reason", "old"});
  CHECK(rule.status == 2);
  CHECK_THAT(rule.err, ContainsSubstring("did you mean 'kimi-code-key'"));
  const Ran key =
      repo.kimiguard({"ignore", "7e831dac", "--reason", "the key " + keys.kimi_code() + " is old"});
  CHECK(key.status == 2);
  CHECK_FALSE(fs::exists(repo.work() / ".kimiguardignore"));
  fs::create_symlink("/etc/hostname", repo.work() / ".kimiguardignore");
  CHECK(repo.kimiguard({"ignore", "7e831dac", "--reason", "fine"}).status == 2);
}

TEST_CASE("baseline update drops what is gone, keeps what is left and adds nothing") {
  const Repo repo;
  Keys keys(2);
  repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  repo.write("b.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  REQUIRE(
      repo.kimiguard({"scan", "--only", "files", "-f", "json", "-o", "../base.json", "--exit-zero", "."})
          .status == 0);
  fs::remove(repo.work() / "a.env");
  repo.write("c.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  const Ran ran = repo.kimiguard({"baseline", "update", "../base.json", "--only", "files"});
  INFO(ran.out << ran.err);
  REQUIRE(ran.status == 0);
  CHECK_THAT(ran.out, ContainsSubstring("1 place kept, 0 followed to new names, 1 gone"));
  const auto after = nlohmann::json::parse(read_file(repo.folder / "base.json"));
  CHECK(after["findings"].size() == 1);
  REQUIRE(repo.kimiguard(
                  {"scan", "--only", "files", "-f", "json", "-o", "../fresh.json", "--exit-zero", "."})
              .status == 0);
  const Ran from = repo.kimiguard(
      {"baseline", "update", "../base.json", "--from", "../fresh.json", "-o", "../new.json"});
  CHECK(from.status == 0);
  CHECK_THAT(from.out, ContainsSubstring("1 place kept"));
  CHECK(fs::exists(repo.folder / "new.json"));
}

TEST_CASE("baseline create tells the command and writes nothing; what is no report is refused") {
  const Repo repo;
  const Ran ran = repo.kimiguard({"baseline", "create", "known.json"});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, ContainsSubstring("kimiguard scan -f json -o known.json"));
  CHECK_FALSE(fs::exists(repo.work() / "known.json"));
  repo.write("x.json", "{}");
  CHECK(repo.kimiguard({"baseline", "update", "x.json"}).status == 2);
  CHECK(repo.kimiguard({"baseline", "update", "none.json"}).status == 2);
  CHECK(repo.kimiguard({"baseline"}).status == 2);
}

TEST_CASE("merge joins reports in every format without a key in any") {
  const Folder folder;
  Keys keys(3);
  const std::string key = keys.kimi_code();
  RunOptions options;
  options.folder = folder.path();
  folder.write("one/a.env", "KIMI_API_KEY=" + key + "\n");
  folder.write("two/b.env", "MOONSHOT=" + key + "\n");
  for (const char* name : {"one", "two"})
    REQUIRE(kimiguard({"scan", "--only", "files", name, "-f", "json", "-o", std::string(name) + ".json",
                       "--exit-zero"},
                      options)
                .status == 0);
  folder.write("OWNERS", "* @team\n");
  for (const char* format : {"text", "json", "markdown", "csv"}) {
    const Ran ran =
        kimiguard({"merge", "one.json", "two.json", "-f", format, "--codeowners", "OWNERS"}, options);
    INFO(format << ran.out << ran.err);
    CHECK(ran.status == 0);
    CHECK(ran.out.find(key.substr(8, 20)) == std::string::npos);
    CHECK_THAT(ran.out, ContainsSubstring("a.env"));
    CHECK_THAT(ran.out, ContainsSubstring("b.env"));
    CHECK_THAT(ran.out, ContainsSubstring("team"));
  }
  const auto merged =
      nlohmann::json::parse(kimiguard({"merge", "one.json", "two.json", "-f", "json"}, options).out);
  CHECK(merged["records"].size() == 1);
  folder.write("no.json", "[]");
  CHECK(kimiguard({"merge", "no.json"}, options).status == 2);
}

}  // namespace kimiguard::test

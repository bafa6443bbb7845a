#include <nlohmann/json.hpp>

#include <fstream>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

std::string line(const std::string& key) { return "KIMI_API_KEY=" + key + "\n"; }

}  // namespace

TEST_CASE("a staged key stops the commit with what, where and how to go on") {
  const Repo repo;
  Keys keys(1);
  const std::string key = keys.kimi_code();
  repo.commit_file("README", "hello\n");
  REQUIRE(repo.kimiguard({"hook", "install"}).status == 0);
  repo.write("src/config.env", "# settings\n" + line(key));
  repo.git({"add", "-A"});
  const Ran ran = repo.commit("settings");
  INFO(ran.out << ran.err);
  CHECK(ran.status != 0);
  const std::string all = ran.out + ran.err;
  for (const char* wanted : {"stopped this commit", "CRITICAL", "sk-kimi-", "src/config.env:2:14",
                             "git restore --staged src/config.env", "kimiguard ignore",
                             "www.kimi.com/code/console", "git commit --no-verify"})
    CHECK_THAT(all, ContainsSubstring(wanted));
  CHECK(all.find("--no-verify") > all.find("kimiguard ignore"));
  CHECK(all.find(key.substr(8, 20)) == std::string::npos);
  CHECK(repo.git({"rev-list", "--count", "HEAD"}).out == "1\n");
  // As it says: unstaged, the commit goes on.
  REQUIRE(repo.git({"restore", "--staged", "src/config.env"}).status == 0);
  repo.write("other", "fine\n");
  repo.git({"add", "other"});
  const Ran fine = repo.commit("other");
  CHECK(fine.status == 0);
  CHECK(fine.err.empty());
}

TEST_CASE("the index counts, not the work tree, in the first commit and in a partial one") {
  const Repo repo;
  Keys keys(2);
  repo.write("a.env", line(keys.kimi_code()));
  repo.git({"add", "a.env"});
  repo.write("a.env", "clean now\n");
  const Ran first = repo.kimiguard({"hook", "run", "pre-commit"});
  CHECK(first.status == 1);
  CHECK_THAT(first.err, ContainsSubstring("git rm --cached a.env"));
  repo.git({"add", "a.env"});
  repo.write("a.env", line(keys.kimi_code()));
  CHECK(repo.kimiguard({"hook", "run", "pre-commit"}).status == 0);
  REQUIRE(repo.kimiguard({"hook", "install", "--hooks", "pre-commit"}).status == 0);
  REQUIRE(repo.commit("first").status == 0);
  // `git commit FILE` uses an index of its own.
  repo.write("b.txt", "clean\n");
  repo.git({"add", "b.txt"});
  CHECK(repo.git({"commit", "-q", "-m", "b", "b.txt"}).status == 0);
  CHECK(repo.git({"commit", "-q", "-m", "a", "a.env"}).status != 0);
}

TEST_CASE("a commit that changes no file is let through though HEAD holds a key") {
  const Repo repo;
  Keys keys(3);
  repo.commit_file("a.env", line(keys.kimi_code()));
  CHECK(repo.kimiguard({"hook", "run", "pre-commit"}).status == 0);
  REQUIRE(repo.kimiguard({"hook", "install"}).status == 0);
  CHECK(repo.git({"commit", "-q", "--amend", "-m", "another message"}).status == 0);
}

TEST_CASE("what was staged but cannot be read stops the commit with 3") {
  const Repo repo;
  repo.commit_file("a", "a\n");
  repo.write("b", "to be damaged\n");
  repo.git({"add", "b"});
  const std::string id = repo.git({"rev-parse", ":b"}).out.substr(0, 40);
  const fs::path object = repo.work() / ".git/objects" / id.substr(0, 2) / id.substr(2);
  SECTION("the object is damaged") {
    fs::permissions(object, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(object, std::ios::binary | std::ios::trunc) << "no zlib";
  }
  SECTION("the object is gone") { fs::remove(object); }
  SECTION("the index is damaged") {
    std::ofstream(repo.work() / ".git/index", std::ios::binary | std::ios::trunc) << "DIRCgarbage";
  }
  const Ran ran = repo.kimiguard({"hook", "run", "pre-commit"});
  INFO(ran.err);
  CHECK(ran.status == 3);
  CHECK_THAT(ran.err, ContainsSubstring("could not check"));
  CHECK_THAT(ran.err, ContainsSubstring("--no-verify"));
}

TEST_CASE("outside a repository the hook stops and says why") {
  const Folder folder;
  RunOptions options;
  options.folder = folder.path();
  const Ran ran = kimiguard({"hook", "run", "pre-commit"}, options);
  CHECK(ran.status == 3);
  CHECK_THAT(ran.err, ContainsSubstring("no git repository"));
}

TEST_CASE("a linked work tree and a git directory elsewhere are checked") {
  const Repo repo;
  Keys keys(4);
  repo.commit_file("a", "a\n");
  REQUIRE(repo.kimiguard({"hook", "install"}).status == 0);
  REQUIRE(repo.git({"worktree", "add", "-q", "../linked", "-b", "side"}).status == 0);
  repo.folder.write("linked/a.env", line(keys.kimi_code()));
  RunOptions linked = repo.options();
  linked.folder = repo.folder / "linked";
  run({"git", "add", "-A"}, linked);
  CHECK(run({"git", "commit", "-q", "-m", "x"}, linked).status != 0);

  // Dotfiles kept in a bare repository beside the home folder.
  const fs::path dots = repo.folder / "dots.git";
  REQUIRE(repo.git({"init", "-q", "--bare", dots.string()}).status == 0);
  const std::string git_dir = "--git-dir=" + dots.string();
  const std::string work_tree = "--work-tree=" + repo.home().string();
  repo.folder.write("home/.bashrc", "export " + line(keys.kimi_code()));
  RunOptions home = repo.options();
  home.folder = repo.home();
  REQUIRE(run({"git", git_dir, work_tree, "add", ".bashrc"}, home).status == 0);
  RunOptions hook = home;
  hook.environment["GIT_DIR"] = dots.string();
  hook.environment["GIT_WORK_TREE"] = repo.home().string();
  CHECK(kimiguard({"hook", "run", "pre-commit"}, hook).status == 1);
}

TEST_CASE("a push of a commit with a key is stopped, also when a later commit deletes it") {
  const Repo repo;
  Keys keys(5);
  const std::string key = keys.kimi_code();
  REQUIRE(repo.git({"init", "-q", "--bare", "../origin.git"}).status == 0);
  repo.git({"remote", "add", "origin", "../origin.git"});
  repo.commit_file("a", "a\n");
  REQUIRE(repo.git({"push", "-q", "-u", "origin", "main"}).status == 0);
  repo.commit_file("k.env", line(key));
  const std::string commit = repo.git({"rev-parse", "HEAD"}).out.substr(0, 12);
  repo.git({"rm", "-q", "k.env"});
  repo.commit("away");
  REQUIRE(repo.kimiguard({"hook", "install", "--hooks", "pre-push"}).status == 0);
  const Ran ran = repo.git({"push", "origin", "main"});
  INFO(ran.out << ran.err);
  CHECK(ran.status != 0);
  const std::string all = ran.out + ran.err;
  CHECK_THAT(all, ContainsSubstring("stopped this push"));
  CHECK_THAT(all, ContainsSubstring(commit));
  CHECK_THAT(all, ContainsSubstring("git push --no-verify"));
  CHECK(all.find(key.substr(8, 20)) == std::string::npos);
  // A branch without it, a tag, and a deletion go out.
  repo.git({"branch", "clean", "main~2"});
  CHECK(repo.git({"push", "-q", "origin", "clean"}).status == 0);
  CHECK(repo.git({"push", "-q", "origin", ":clean"}).status == 0);
  // An annotated tag on the clean commit whose message holds a key does not.
  repo.git({"tag", "-a", "-m", "key " + key, "v1", "main~2"});
  CHECK(repo.git({"push", "-q", "origin", "v1"}).status != 0);
}

TEST_CASE("the rebase that a stopped push advises begins before the first commit with a key, the very first too") {
  const Repo repo;
  Keys keys(15);
  REQUIRE(repo.git({"init", "-q", "--bare", "../origin.git"}).status == 0);
  repo.git({"remote", "add", "origin", "../origin.git"});
  const bool root = GENERATE(true, false);
  if (!root) repo.commit_file("clean", "a\n");
  repo.commit_file("z.env", line(keys.kimi_code()));
  const std::string first = repo.git({"rev-parse", "HEAD"}).out.substr(0, 12);
  repo.commit_file("a.env", line(keys.kimi_code()));
  REQUIRE(repo.kimiguard({"hook", "install", "--hooks", "pre-push"}).status == 0);
  const Ran ran = repo.git({"push", "origin", "main"});
  CHECK(ran.status != 0);
  std::string said = ran.err;
  for (std::size_t at = 0; (at = said.find("\n     ", at)) != std::string::npos;) said.replace(at, 6, " ");
  INFO(said);
  CHECK_THAT(said, ContainsSubstring(root ? std::string("git rebase -i --root for") : "git rebase -i " + first + "^ for"));
}

TEST_CASE("a commit message with a key is stopped, what stands below the scissors does not count") {
  const Repo repo;
  Keys keys(6);
  const std::string key = keys.kimi_code();
  REQUIRE(repo.kimiguard({"hook", "install", "--hooks", "commit-msg"}).status == 0);
  repo.write("a", "a\n");
  repo.git({"add", "a"});
  const Ran ran = repo.commit("use " + key);
  INFO(ran.err);
  CHECK(ran.status != 0);
  CHECK_THAT(ran.err, ContainsSubstring("its message holds a key"));
  CHECK_THAT(ran.err, ContainsSubstring("COMMIT_EDITMSG:1:5"));
  CHECK(ran.err.find(key.substr(8, 20)) == std::string::npos);
  // git keeps "#" lines of -m.
  CHECK(repo.commit("title\n\n# " + key).status != 0);
  repo.write("MSG", "title\n# ------------------------ >8 ------------------------\n-" + line(key));
  CHECK(repo.kimiguard({"hook", "run", "commit-msg", "MSG"}).status == 0);
  CHECK(repo.kimiguard({"hook", "run", "commit-msg", "none"}).status == 3);
  CHECK(repo.commit("clean").status == 0);
}

TEST_CASE("a server refuses a push with a key while it is in quarantine") {
  const Repo repo;
  Keys keys(7);
  const std::string key = keys.kimi_code();
  REQUIRE(repo.git({"init", "-q", "--bare", "../origin.git"}).status == 0);
  RunOptions server = repo.options();
  server.folder = repo.folder / "origin.git";
  REQUIRE(kimiguard({"hook", "install", "--hooks", "pre-receive"}, server).status == 0);
  repo.git({"remote", "add", "origin", "../origin.git"});
  repo.commit_file("a", "a\n");
  REQUIRE(repo.git({"push", "-q", "origin", "main"}).status == 0);
  // An ignore file in the push does not allow its own leak.
  repo.write(".kimiguardignore", "rule=kimi-code-key reason=all is fine here\n");
  // Nor does one that lies in the server's own folder: while a push is received none counts.
  std::ofstream(repo.folder / "origin.git" / ".kimiguardignore") << "rule=kimi-code-key reason=all is fine here\n";
  repo.commit_file("k.env", line(key));
  const Ran ran = repo.git({"push", "origin", "main"});
  INFO(ran.err);
  CHECK(ran.status != 0);
  CHECK_THAT(ran.err, ContainsSubstring("refused this push"));
  CHECK_THAT(ran.err, ContainsSubstring("k.env"));
  CHECK(ran.err.find(key.substr(8, 20)) == std::string::npos);
  CHECK(ran.err.find("--no-verify") == std::string::npos);
  CHECK(run({"git", "rev-list", "--count", "main"}, server).out == "1\n");
}

TEST_CASE("a key that nothing attributes is mentioned and does not stop the commit") {
  const Repo repo;
  Keys keys(8);
  repo.write("a.txt", "token " + keys.platform() + "\n");
  repo.git({"add", "-A"});
  const Ran ran = repo.kimiguard({"hook", "run", "pre-commit"});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.err, ContainsSubstring("does not stop git"));
}

TEST_CASE("an unknown hook is wrong usage") {
  CHECK(kimiguard({"hook", "run"}).status == 2);
  const Ran ran = kimiguard({"hook", "run", "pre-comit"});
  CHECK(ran.status == 2);
  CHECK_THAT(ran.err, ContainsSubstring("did you mean 'pre-commit'"));
  CHECK(kimiguard({"hook", "install", "--hooks", "post-commit"}).status == 2);
  CHECK(kimiguard({"hook"}).status == 2);
}

TEST_CASE("an agent's prompt and tool input with a key are blocked, others are let through") {
  Keys keys(9);
  const std::string key = keys.kimi_code();
  const auto event = [&](const nlohmann::json& object) {
    RunOptions options;
    options.input = object.dump();
    return kimiguard({"hook", "run", "claude-code"}, options);
  };
  const Ran prompt = event({{"hook_event_name", "UserPromptSubmit"},
                            {"session_id", "s"},
                            {"prompt", "my key is " + key + ", why 401?"}});
  CHECK(prompt.status == 2);
  CHECK_THAT(prompt.err, ContainsSubstring("sk-kimi-"));
  CHECK(prompt.err.find(key.substr(8, 20)) == std::string::npos);
  const Ran tool =
      event({{"hook_event_name", "PreToolUse"},
             {"tool_name", "Bash"},
             {"tool_input", {{"command", "curl https://api.kimi.com -H 'x-api-key: " + key + "'"}}}});
  CHECK(tool.status == 2);
  CHECK_THAT(tool.err, ContainsSubstring("Bash"));
  // The field's name is evidence for a key that has none in itself.
  CHECK(event({{"hook_event_name", "PreToolUse"},
               {"tool_name", "mcp__x"},
               {"tool_input", {{"MOONSHOT_API_KEY", keys.platform()}}}})
            .status == 2);
  CHECK(event({{"hook_event_name", "PreToolUse"},
               {"tool_name", "Bash"},
               {"tool_input", {{"command", "echo $KIMI_API_KEY"}}}})
            .status == 0);
  CHECK(event({{"hook_event_name", "Stop"}}).status == 0);
  RunOptions broken;
  broken.input = "{\"prompt\": ";
  const Ran note = kimiguard({"hook", "run", "claude-code"}, broken);
  CHECK(note.status == 1);
  CHECK_THAT(note.err, ContainsSubstring("let through unchecked"));
  broken.input = std::string(100000, '[');
  CHECK(kimiguard({"hook", "run", "claude-code"}, broken).status == 1);
}

}  // namespace kimiguard::test

// Everything in a repository that can hold a key, through the program: docs/coverage.md names a test of this
// file in each row.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "scanner/core/secret.h"
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

std::string line(const std::string& key) { return "KIMI_API_KEY=" + key + "\n"; }

struct Seen {
  Ran ran;
  nlohmann::json report;

  // Where a key was found: "class uri", sorted.
  std::vector<std::string> places(const std::string& key) const {
    const std::string id = Secret(key).id();
    std::vector<std::string> all;
    for (const auto& finding : report["findings"]) {
      if (finding.value("secretSha256", "") != id) continue;
      for (const auto& place : finding["places"])
        all.push_back(place["provenance"].value("class", "") + " " + place.value("uri", ""));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  bool has(const std::string& key, const std::string& where) const {
    const std::vector<std::string> all = places(key);
    return std::find_if(all.begin(), all.end(), [&](const std::string& one) {
             return one.size() >= where.size() && one.find(where) != std::string::npos;
           }) != all.end();
  }
  std::uint64_t gap(const std::string& code) const {
    std::uint64_t count = 0;
    for (const auto& one : report["summary"]["coverage"]["gaps"])
      if (one["code"] == code) count += one.value("count", 1);
    return count;
  }
};

Seen look(const RunOptions& options, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"scan", "-q", "--format", "json"};
  words.insert(words.end(), more.begin(), more.end());
  Seen seen;
  seen.ran = kimiguard(words, options);
  INFO(seen.ran.out << seen.ran.err);
  REQUIRE(!seen.ran.out.empty());
  seen.report = nlohmann::json::parse(seen.ran.out);
  return seen;
}
Seen look(const Repo& repo, std::vector<std::string> more = {}) { return look(repo.options(), std::move(more)); }

Seen look_at(const Repo& repo, const fs::path& path, std::vector<std::string> more = {}) {
  more.push_back(path.string());
  return look(repo.options(), std::move(more));
}

std::string id_of(const Repo& repo, const std::string& what) { return repo.git({"rev-parse", what}).out.substr(0, 40); }

// The key is there, in the place, whether objects are loose or packed.
void require_there(const Repo& repo, const std::string& key, const std::string& where) {
  Seen seen = look(repo);
  INFO(seen.ran.err);
  for (const std::string& place : seen.places(key)) INFO("found: " << place);
  CHECK(seen.has(key, where));
  CHECK(seen.ran.status == 1);
  repo.git({"-c", "gc.pruneExpire=never", "-c", "gc.reflogExpire=never", "-c", "gc.reflogExpireUnreachable=never", "gc", "-q"});
  seen = look(repo);
  INFO("packed: " << seen.ran.err);
  CHECK(seen.has(key, where));
}

}  // namespace

TEST_CASE("git: an ordinary commit, later removed") {
  const Repo repo;
  Keys keys(101);
  const std::string key = keys.kimi_code();
  repo.commit_file("src/a.env", line(key));
  repo.git({"rm", "-q", "src/a.env"});
  repo.commit("gone");
  require_there(repo, key, "branch src/a.env");
}

TEST_CASE("git: a commit message") {
  const Repo repo;
  Keys keys(102);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.commit_file("b", "b\n");
  repo.git({"commit", "-q", "--amend", "-m", "use " + key});
  require_there(repo, key, "branch .git/commit/" + id_of(repo, "HEAD").substr(0, 12));
}

TEST_CASE("git: an annotated tag's message") {
  const Repo repo;
  Keys keys(103);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.git({"tag", "-a", "v1", "-m", "key " + key});
  require_there(repo, key, "tag .git/tag/v1");
}

TEST_CASE("git: an author's and a committer's name and address, and other headers") {
  Repo repo;
  Keys keys(104);
  const std::string author = keys.kimi_code();
  const std::string committer = keys.kimi_code();
  const std::string header = keys.kimi_code();
  repo.environment = {{"GIT_AUTHOR_NAME", author}, {"GIT_COMMITTER_EMAIL", committer}};
  repo.commit_file("a", "a\n");
  const std::string tree = id_of(repo, "HEAD^{tree}");
  const std::string text = "tree " + tree + "\nparent " + id_of(repo, "HEAD") +
                           "\nauthor A <a@example.org> 1700000000 +0000\ncommitter A <a@example.org> 1700000000 +0000\nmergetag " +
                           header + "\n\nmessage\n";
  const std::string made = repo.git({"hash-object", "-t", "commit", "-w", "--stdin"}, text).out.substr(0, 40);
  repo.git({"update-ref", "refs/heads/main", made});
  require_there(repo, author, ".git/commit/");
  require_there(repo, committer, ".git/commit/");
  require_there(repo, header, "branch .git/commit/" + made.substr(0, 12));
}

TEST_CASE("git: a file's name") {
  const Repo repo;
  Keys keys(105);
  const std::string key = keys.kimi_code();
  repo.commit_file("sub/" + key + ".txt", "a\n");
  repo.git({"rm", "-q", "-r", "sub"});
  repo.commit("gone");
  const Seen seen = look(repo);
  CHECK(!seen.places(key).empty());
  CHECK(seen.ran.status == 1);
  // A name that holds a key is masked everywhere.
  CHECK(seen.ran.out.find(key.substr(8, 24)) == std::string::npos);
}

TEST_CASE("git: what only a merge brings in") {
  const Repo repo;
  Keys keys(106);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.git({"checkout", "-q", "-b", "side"});
  repo.commit_file("b", "b\n");
  repo.git({"checkout", "-q", "main"});
  repo.commit_file("c", "c\n");
  repo.git({"merge", "-q", "--no-commit", "--no-ff", "side"});
  repo.write("evil.env", line(key));
  repo.git({"add", "-A"});
  repo.commit("merge");
  repo.git({"rm", "-q", "evil.env"});
  repo.commit("gone");
  require_there(repo, key, "branch evil.env");
}

TEST_CASE("git: the stash, its index and its untracked files") {
  const Repo repo;
  Keys keys(107);
  const std::string work = keys.kimi_code();
  const std::string index = keys.kimi_code();
  const std::string untracked = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.write("a", line(index));
  repo.git({"add", "a"});
  repo.write("a", line(work));
  repo.write("new", line(untracked));
  REQUIRE(repo.git({"stash", "-u"}).status == 0);
  require_there(repo, work, "stash a");
  require_there(repo, index, "stash a");
  require_there(repo, untracked, "stash new");
}

TEST_CASE("git: a dropped stash") {
  const Repo repo;
  Keys keys(108);
  const std::string work = keys.kimi_code();
  const std::string index = keys.kimi_code();
  const std::string untracked = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.write("a", line(index));
  repo.git({"add", "a"});
  repo.write("a", line(work));
  repo.write("new", line(untracked));
  REQUIRE(repo.git({"stash", "-u"}).status == 0);
  REQUIRE(repo.git({"stash", "drop", "-q"}).status == 0);
  require_there(repo, work, "unreachable a");
  require_there(repo, index, "unreachable a");
  require_there(repo, untracked, "unreachable new");
}

TEST_CASE("git: a note") {
  const Repo repo;
  Keys keys(109);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.git({"notes", "add", "-m", "key " + key});
  require_there(repo, key, "note .git/note/" + id_of(repo, "HEAD").substr(0, 12));
}

TEST_CASE("git: a commit that was amended away") {
  const Repo repo;
  Keys keys(110);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", line(key));
  repo.write("a", "a\n");
  repo.git({"commit", "-q", "-a", "--amend", "-m", "clean"});
  require_there(repo, key, "reflog a");
}

TEST_CASE("git: a deleted branch") {
  const Repo repo;
  Keys keys(111);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.git({"checkout", "-q", "-b", "side"});
  repo.commit_file("b", line(key));
  repo.git({"checkout", "-q", "main"});
  repo.git({"branch", "-q", "-D", "side"});
  require_there(repo, key, "reflog b");
  repo.git({"reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"});
  CHECK(look(repo).has(key, "unreachable b"));
}

TEST_CASE("git: staged, then reset: a dangling blob") {
  const Repo repo;
  Keys keys(112);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.write("b", line(key));
  repo.git({"add", "b"});
  const std::string blob = id_of(repo, ":b");
  repo.git({"reset", "-q"});
  fs::remove(repo.work() / "b");
  require_there(repo, key, "unreachable .git/objects/" + blob);
}

TEST_CASE("git: a link's target") {
  const Repo repo;
  Keys keys(113);
  const std::string key = keys.kimi_code();
  fs::create_symlink("/nowhere/" + key, repo.work() / "link");
  repo.git({"add", "-A"});
  repo.commit("link");
  repo.git({"rm", "-q", "link"});
  repo.commit("gone");
  require_there(repo, key, "branch link");
}

TEST_CASE("git: a tag of a blob") {
  const Repo repo;
  Keys keys(114);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  const std::string blob = repo.git({"hash-object", "-w", "--stdin"}, line(key)).out.substr(0, 40);
  repo.git({"tag", "of-a-blob", blob});
  require_there(repo, key, "tag .git/objects/" + blob);
}

TEST_CASE("git: a pull request's ref") {
  const Repo repo;
  Keys keys(115);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.commit_file("b", line(key));
  repo.git({"update-ref", "refs/pull/3/head", "HEAD"});
  repo.git({"reset", "-q", "--hard", "HEAD~1"});
  require_there(repo, key, "pull b");
}

TEST_CASE("git: UTF-16 text") {
  const Repo repo;
  Keys keys(116);
  const std::string key = keys.kimi_code();
  std::string wide = "\xff\xfe";
  for (const char c : line(key)) {
    wide += c;
    wide += '\0';
  }
  repo.commit_file("a.txt", wide);
  repo.git({"rm", "-q", "a.txt"});
  repo.commit("gone");
  require_there(repo, key, "branch a.txt");
}

TEST_CASE("git: a file with a NUL byte") {
  const Repo repo;
  Keys keys(117);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.bin", std::string("\0\1\2", 3) + line(key) + std::string(1, '\0'));
  repo.git({"rm", "-q", "a.bin"});
  repo.commit("gone");
  require_there(repo, key, "branch a.bin");
}

TEST_CASE("git: a file that .gitattributes calls binary, or without diff") {
  const Repo repo;
  Keys keys(118);
  const std::string one = keys.kimi_code();
  const std::string two = keys.kimi_code();
  repo.commit_file(".gitattributes", "a.env binary\nb.env -diff filter=lfs\n");
  repo.commit_file("a.env", line(one));
  repo.commit_file("b.env", line(two));
  repo.git({"rm", "-q", "a.env", "b.env"});
  repo.commit("gone");
  require_there(repo, one, "branch a.env");
  require_there(repo, two, "branch b.env");
}

TEST_CASE("git: reflog texts, config, hooks, messages being written and names of refs") {
  const Repo repo;
  Keys keys(119);
  repo.commit_file("a", "a\n");
  std::map<std::string, std::string> wanted;
  const auto add = [&](const std::string& file, const std::string& before, const std::string& after) {
    const std::string key = keys.kimi_code();
    repo.folder.write("work/.git/" + file, before + key + after);
    wanted[".git/" + file] = key;
  };
  add("FETCH_HEAD", id_of(repo, "HEAD") + "\tnot-for-merge\tbranch 'x' of https://u:", "@example.org/r\n");
  add("hooks/post-commit", "#!/bin/sh\nexport K=", "\n");
  add("rebase-merge/message", "", "\n");
  add("config.worktree", "[http]\n\textraHeader = \"Authorization: Bearer ", "\"\n");
  add("sequencer/todo", "pick ", "\n");
  add("info/exclude", "# ", "\n");
  const std::string remote = keys.kimi_code();
  repo.git({"remote", "add", "origin", "https://me:" + remote + "@example.org/r.git"});
  wanted[".git/config"] = remote;
  const std::string branch = keys.kimi_code();
  repo.git({"branch", "fix-" + branch});
  const std::string packed = keys.kimi_code();
  repo.git({"update-ref", "-m", "reset: moving to " + packed, "HEAD", "HEAD"});
  repo.git({"commit", "-q", "--allow-empty", "-m", "for the log"});
  const std::string logged = keys.kimi_code();
  repo.git({"update-ref", "-m", logged, "refs/heads/main", id_of(repo, "HEAD~1")});
  add("COMMIT_EDITMSG", "message ", "\n");
  add("MERGE_MSG", "Merge ", "\n");
  const Seen seen = look(repo);
  for (const auto& [place, key] : wanted) {
    INFO(place);
    CHECK(seen.has(key, place));
  }
  CHECK(!seen.places(branch).empty());
  CHECK(seen.has(logged, "reflog .git/logs/"));
  repo.git({"pack-refs", "--all"});
  CHECK(!look(repo).places(branch).empty());
  // A remote's password is no report's business.
  CHECK(seen.report["repositories"][0]["remote"] == "https://example.org/r.git");
}

TEST_CASE("git: the index and what is announced to it") {
  const Repo repo;
  Keys keys(120);
  const std::string key = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.write("b", line(key));
  repo.git({"add", "b"});
  repo.write("b", "clean\n");
  repo.write("later", "later\n");
  repo.git({"add", "-N", "later"});
  const Seen seen = look(repo);
  CHECK(seen.has(key, "staged b"));
  CHECK(seen.gap("missing") == 0);
}

TEST_CASE("git: a submodule's store, checked out or not") {
  const Repo repo;
  Keys keys(121);
  const std::string key = keys.kimi_code();
  const Repo library;
  library.commit_file("lib.env", line(key));
  library.git({"rm", "-q", "lib.env"});
  library.commit_file("lib", "x\n");
  repo.commit_file("a", "a\n");
  REQUIRE(repo.git({"-c", "protocol.file.allow=always", "submodule", "add", "-q", library.work().string(), "deps/lib"}).status == 0);
  repo.commit("submodule");
  CHECK(look(repo).has(key, ""));
  // The store stays when the submodule is not checked out any more.
  REQUIRE(repo.git({"submodule", "deinit", "-q", "-f", "deps/lib"}).status == 0);
  CHECK(look(repo).has(key, ""));
  // A clone without it has nothing of it, and says so.
  REQUIRE(repo.git({"clone", "-q", repo.work().string(), "../bare-of-it"}).status == 0);
  const Seen seen = look_at(repo, repo.folder / "bare-of-it");
  CHECK(seen.places(key).empty());
  CHECK(seen.gap("submodule") == 1);
  CHECK(seen.ran.status == 0);
}

TEST_CASE("git: a linked work tree, from either side") {
  const Repo repo;
  Keys keys(122);
  const std::string key = keys.kimi_code();
  const std::string detached = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.commit_file("b", line(key));
  repo.git({"rm", "-q", "b"});
  repo.commit("gone");
  REQUIRE(repo.git({"worktree", "add", "-q", "--detach", "../linked"}).status == 0);
  repo.folder.write("linked/c.env", line(detached));
  RunOptions linked = repo.options();
  linked.folder = repo.folder / "linked";
  run({"git", "add", "-A"}, linked);
  run({"git", "commit", "-q", "-m", "in the linked one"}, linked);
  const Seen from_linked = look(linked);
  CHECK(from_linked.has(key, "branch b"));
  CHECK(from_linked.has(detached, "c.env"));
  const Seen from_main = look(repo);
  CHECK(from_main.has(key, "branch b"));
  for (const std::string& place : from_main.places(detached)) UNSCOPED_INFO(place);
  CHECK(from_main.has(detached, "branch c.env"));
}

TEST_CASE("git: alternates, nested and relative") {
  const Repo repo;
  Keys keys(123);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.env", line(key));
  repo.git({"rm", "-q", "a.env"});
  repo.commit("gone");
  repo.git({"repack", "-q", "-ad"});
  REQUIRE(repo.git({"clone", "-q", "--bare", "--shared", repo.work().string(), "../one.git"}).status == 0);
  REQUIRE(repo.git({"init", "-q", "--bare", "../two.git"}).status == 0);
  repo.folder.write("two.git/objects/info/alternates", "../../one.git/objects\n");
  const std::string refs = repo.git({"-C", "../one.git", "for-each-ref", "--format=%(objectname) %(refname)"}).out;
  repo.folder.write("two.git/packed-refs", refs);
  const Seen seen = look_at(repo, repo.folder / "two.git");
  CHECK(seen.has(key, "a.env"));
  CHECK(seen.gap("missing") == 0);
  // One that is not there is named.
  repo.folder.write("two.git/objects/info/alternates", "../../gone.git/objects\n");
  CHECK(look_at(repo, repo.folder / "two.git").ran.status == 3);
}

TEST_CASE("git: LFS pointers whose content is not here are counted, content that is here is read") {
  const Repo repo;
  Keys keys(124);
  const std::string key = keys.kimi_code();
  const std::string content = line(key) + std::string(2000, 'x');
  const std::string oid = sha256_hex(content);
  repo.commit_file("big", "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize " + std::to_string(content.size()) + "\n");
  const Seen without = look(repo);
  CHECK(without.gap("lfs") == 1);
  CHECK(without.ran.status == 0);
  CHECK(look(repo, {"--strict"}).ran.status == 3);
  repo.folder.write("work/.git/lfs/objects/" + oid.substr(0, 2) + "/" + oid.substr(2, 2) + "/" + oid, content);
  const Seen with = look(repo);
  CHECK(with.gap("lfs") == 0);
  CHECK(with.has(key, ".git/lfs/objects/"));
}

TEST_CASE("git: a SHA-256 repository") {
  const Folder folder;
  Keys keys(125);
  const std::string key = keys.kimi_code();
  RunOptions options;
  options.folder = folder.path();
  REQUIRE(run({"git", "init", "-q", "--object-format=sha256", "."}, options).status == 0);
  folder.write("a.env", line(key));
  run({"git", "add", "-A"}, options);
  run({"git", "commit", "-q", "-m", "a"}, options);
  run({"git", "rm", "-q", "a.env"}, options);
  run({"git", "commit", "-q", "-m", "b"}, options);
  CHECK(look(options).has(key, "branch a.env"));
  run({"git", "repack", "-q", "-ad"}, options);
  CHECK(look(options).has(key, "branch a.env"));
}

TEST_CASE("git: a partial clone says what it lacks and is read all the same") {
  const Repo repo;
  Keys keys(126);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.env", line(key));
  repo.write("large", std::string(100'000, 'x'));
  repo.git({"add", "-A"});
  repo.commit("large");
  repo.git({"config", "uploadpack.allowFilter", "true"});
  REQUIRE(repo.git({"clone", "-q", "--bare", "--filter=blob:limit=1k", "file://" + repo.work().string(), "../partial.git"}).status == 0);
  const Seen seen = look_at(repo, repo.folder / "partial.git");
  CHECK(seen.has(key, "a.env"));
  CHECK(seen.gap("promisor") == 1);
  CHECK(seen.ran.status == 1);
}

TEST_CASE("git: a shallow clone says that history is cut") {
  const Repo repo;
  for (int i = 0; i < 3; ++i) repo.commit_file("a", std::to_string(i));
  REQUIRE(repo.git({"clone", "-q", "--depth=1", "file://" + repo.work().string(), "../shallow"}).status == 0);
  const Seen seen = look_at(repo, repo.folder / "shallow");
  CHECK(seen.gap("shallow") == 1);
  CHECK(seen.ran.status == 0);
  CHECK(look_at(repo, repo.folder / "shallow", {"--only", "history"}).ran.status == 3);
}

TEST_CASE("git: replaced objects and grafts are read as they are stored") {
  const Repo repo;
  Keys keys(127);
  const std::string hidden = keys.kimi_code();
  const std::string grafted = keys.kimi_code();
  repo.commit_file("first", line(grafted));
  repo.git({"rm", "-q", "first"});
  repo.commit("gone");
  repo.commit_file("a", line(hidden));
  const std::string clean = repo.git({"hash-object", "-w", "--stdin"}, "clean\n").out.substr(0, 40);
  REQUIRE(repo.git({"replace", id_of(repo, "HEAD:a"), clean}).status == 0);
  repo.folder.write("work/.git/info/grafts", id_of(repo, "HEAD") + "\n");
  const Seen seen = look(repo, {"--only", "history"});
  CHECK(seen.has(hidden, "head a"));
  CHECK(seen.has(grafted, "branch first"));
  CHECK(seen.gap("replace-refs") == 1);
  CHECK(seen.gap("grafts") == 1);
}

TEST_CASE("git: a hostile config runs nothing and hides nothing") {
  const Repo repo;
  Keys keys(128);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.env", line(key));
  const std::string trap = (repo.folder / "trap").string();
  repo.folder.write("work/.git/config",
                    "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch " + trap + "\n\tpager = touch " + trap +
                        "\n\tsshCommand = touch " + trap + "\n\thooksPath = /\n\tworktree = /\n[diff]\n\texternal = touch " + trap +
                        "\n[filter \"lfs\"]\n\tclean = touch " + trap + "\n\tsmudge = touch " + trap + "\n[include]\n\tpath = " + trap +
                        "-config\n[alias]\n\tlog = !touch " + trap + "\n");
  const Seen seen = look(repo);
  CHECK(seen.has(key, "a.env"));
  CHECK(!fs::exists(trap));
}

TEST_CASE("git: a bare repository, without a config, and one without a HEAD") {
  const Repo repo;
  Keys keys(129);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.env", line(key));
  REQUIRE(repo.git({"clone", "-q", "--bare", repo.work().string(), "../bare.git"}).status == 0);
  CHECK(look_at(repo, repo.folder / "bare.git").has(key, "head a.env"));
  fs::remove(repo.folder / "bare.git/config");
  CHECK(look_at(repo, repo.folder / "bare.git").has(key, "head a.env"));
  fs::remove(repo.folder / "bare.git/HEAD");
  const Seen seen = look_at(repo, repo.folder / "bare.git");
  CHECK(seen.has(key, "a.env"));
}

TEST_CASE("git: a path below the root reads the whole history") {
  const Repo repo;
  Keys keys(130);
  const std::string key = keys.kimi_code();
  repo.commit_file("other/a.env", line(key));
  repo.git({"rm", "-q", "other/a.env"});
  repo.commit_file("sub/b", "b\n");
  CHECK(look(repo, {"sub"}).has(key, "branch other/a.env"));
}

TEST_CASE("git: a repository met on the way, and one whose .git is a file") {
  const Repo repo;
  Keys keys(131);
  const std::string key = keys.kimi_code();
  const fs::path inner = repo.work() / "vendor/inner";
  fs::create_directories(inner);
  REQUIRE(repo.git({"init", "-q", "--separate-git-dir", (repo.folder / "elsewhere.git").string(), inner.string()}).status == 0);
  repo.write("vendor/inner/a.env", line(key));
  repo.git({"-C", inner.string(), "add", "-A"});
  repo.git({"-C", inner.string(), "commit", "-q", "-m", "a"});
  repo.git({"-C", inner.string(), "rm", "-q", "a.env"});
  repo.git({"-C", inner.string(), "commit", "-q", "-m", "b"});
  CHECK(look(repo).has(key, "branch vendor/inner/a.env"));
}

TEST_CASE("git: cruft packs, a multi-pack index, a reverse index and bitmaps") {
  const Repo repo;
  Keys keys(132);
  const std::string gone = keys.kimi_code();
  const std::string kept = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.commit_file("b.env", line(gone));
  repo.git({"reset", "-q", "--hard", "HEAD~1"});
  repo.git({"reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"});
  fs::remove(repo.work() / ".git/ORIG_HEAD");
  repo.commit_file("c.env", line(kept));
  REQUIRE(repo.git({"-c", "pack.writeReverseIndex=true", "repack", "-q", "-d", "--cruft"}).status == 0);
  repo.commit_file("d", "d\n");
  REQUIRE(repo.git({"repack", "-q", "-d"}).status == 0);
  repo.git({"multi-pack-index", "write", "--bitmap"});
  const Seen seen = look(repo);
  CHECK(seen.has(gone, "unreachable b.env"));
  CHECK(seen.has(kept, "head c.env"));
  CHECK(seen.gap("missing") == 0);
}

TEST_CASE("git: split, sparse and version 4 indexes") {
  const Repo repo;
  Keys keys(133);
  const std::string key = keys.kimi_code();
  for (int i = 0; i < 30; ++i) repo.write("dir" + std::to_string(i % 3) + "/file" + std::to_string(i), std::to_string(i));
  repo.git({"add", "-A"});
  repo.commit("all");
  SECTION("split") { REQUIRE(repo.git({"update-index", "--split-index"}).status == 0); }
  SECTION("sparse") { REQUIRE(repo.git({"sparse-checkout", "set", "--cone", "--sparse-index", "dir1"}).status == 0); }
  SECTION("version 4") { REQUIRE(repo.git({"update-index", "--index-version", "4"}).status == 0); }
  repo.write("dir1/new.env", line(key));
  repo.git({"add", "dir1/new.env"});
  CHECK(look(repo, {"--staged"}).has(key, "staged dir1/new.env"));
  const Seen seen = look(repo, {"--only", "history"});
  CHECK(seen.has(key, "staged dir1/new.env"));
  CHECK(seen.gap("missing") == 0);
  CHECK(seen.ran.status == 1);
}

TEST_CASE("git: a reftable repository's objects are read and its names are said to be missing") {
  const Repo repo;
  Keys keys(134);
  const std::string key = keys.kimi_code();
  repo.commit_file("a.env", line(key));
  // git of Debian 12 writes none: what marks one, and objects as they are in any.
  repo.git({"config", "core.repositoryformatversion", "1"});
  repo.git({"config", "extensions.refStorage", "reftable"});
  fs::create_directory(repo.work() / ".git/reftable");
  repo.folder.write("work/.git/reftable/tables.list", "");
  repo.folder.write("work/.git/HEAD", "ref: refs/heads/.invalid\n");
  const Seen seen = look(repo, {"--only", "history"});
  CHECK(!seen.places(key).empty());
  CHECK(seen.gap("ref-storage") == 1);
}

TEST_CASE("git: agents' checkpoint refs and shadow repositories") {
  const Repo repo;
  Keys keys(135);
  const std::string checkpoint = keys.kimi_code();
  const std::string shadow = keys.kimi_code();
  repo.commit_file("a", "a\n");
  repo.commit_file("b", line(checkpoint));
  repo.git({"update-ref", "refs/checkpoints/task-1/3", "HEAD"});
  repo.git({"reset", "-q", "--hard", "HEAD~1"});
  repo.git({"reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"});
  CHECK(look(repo).has(checkpoint, "pull b"));
  // Cline and Roo keep a repository of their own whose work tree is the project.
  const fs::path store = repo.folder / "home/.config/Code/User/globalStorage/agent/checkpoints/1/.git";
  fs::create_directories(store.parent_path());
  const std::vector<std::string> at = {"--git-dir", store.string(), "--work-tree", repo.work().string()};
  const auto shadow_git = [&](std::vector<std::string> words) {
    words.insert(words.begin(), at.begin(), at.end());
    return repo.git(words);
  };
  REQUIRE(shadow_git({"init", "-q"}).status == 0);
  shadow_git({"config", "core.worktree", repo.work().string()});
  repo.write("c.env", line(shadow));
  REQUIRE(shadow_git({"add", "-f", "c.env"}).status == 0);
  REQUIRE(shadow_git({"commit", "-q", "-m", "checkpoint"}).status == 0);
  fs::remove(repo.work() / "c.env");
  CHECK(!look_at(repo, repo.home()).places(shadow).empty());
}

TEST_CASE("git: an archive in a blob is opened; one cut short is told and is no damage where it hides nothing") {
  const Repo repo;
  Keys keys(136);
  const std::string packed = keys.kimi_code();
  repo.write("in/a.env", line(packed));
  REQUIRE(run({"tar", "-czf", "a.tgz", "in"}, repo.options()).status == 0);
  REQUIRE(run({"tar", "-cf", "b.tar", "in"}, repo.options()).status == 0);
  const std::string tgz = read_file(repo.work() / "a.tgz");
  const std::string tar = read_file(repo.work() / "b.tar");
  fs::remove_all(repo.work() / "in");
  fs::remove(repo.work() / "b.tar");
  repo.git({"add", "-A"});
  repo.commit("archive");
  repo.git({"rm", "-q", "a.tgz"});
  repo.commit("gone");
  CHECK(look(repo).has(packed, "a.tgz"));

  const Repo cut;
  // Behind the key's 512 bytes: only its end is gone, and all that is left was seen plainly.
  std::string plain = tar;
  plain.replace(plain.find(packed), packed.size(), std::string(packed.size(), 'x'));
  cut.commit_file("cut.tar", plain.substr(0, 1024 + 40));
  const Seen truncated = look(cut);
  CHECK(truncated.ran.status == 0);
  CHECK(truncated.gap("damaged") > 0);
  CHECK(look(cut, {"--only", "files"}).ran.status == 0);
  CHECK(look(cut, {"--strict"}).ran.status == 3);
  // What is compressed may hide anything.
  cut.commit_file("cut.tgz", tgz.substr(0, tgz.size() - 60));
  CHECK(look(cut).ran.status == 3);
}

TEST_CASE("git: what a broken fetch or push left in the objects folder, and what else lies there") {
  const Repo repo;
  const Repo other;
  Keys keys(138);
  std::map<std::string, std::string> planted;  // name below objects/: its key
  const auto plant = [&](const std::string& name, const std::string& text, const std::string& key) {
    repo.write(".git/objects/" + name, text);
    planted[name] = key;
  };
  repo.commit_file("a", "a\n");
  const auto packed = [&](const std::string& key, const std::string& beside) {
    other.write("beside", beside);
    other.commit_file("k.env", line(key));
    other.git({"gc", "-q"});
    for (const auto& entry : fs::directory_iterator(other.work() / ".git/objects/pack"))
      if (entry.path().extension() == ".pack") return read_file(entry.path());
    return std::string();
  };
  const auto loose = [&](const std::string& key) {
    const std::string id = other.git({"hash-object", "-w", "--stdin"}, line(key)).out.substr(0, 40);
    return read_file(other.work() / ".git/objects" / id.substr(0, 2) / id.substr(2));
  };
  std::string key = keys.kimi_code();
  plant("pack/tmp_pack_AbCdEf", packed(key, ""), key);
  key = keys.kimi_code();
  std::string noise;
  for (int i = 0; i < 400; ++i) noise += keys.platform();
  const std::string whole = packed(key, noise);
  plant("pack/tmp_pack_cut", whole.substr(0, whole.size() - 30), key);
  key = keys.kimi_code();
  plant("tmp_obj_XyZ123", loose(key), key);
  key = keys.kimi_code();
  plant("ab/tmp_obj_XyZ124", loose(key), key);
  key = keys.kimi_code();
  plant("tmp_objdir-incoming-Q1/cd/" + std::string(38, 'e'), loose(key), key);
  key = keys.kimi_code();
  plant("tmp_objdir-incoming-Q1/pack/pack-1.pack", packed(key, ""), key);
  for (const std::string name : {"notes.txt", "pack/pack-1.keep", "info/packs", "ab/README"}) {
    key = keys.kimi_code();
    plant(name, line(key), key);
  }
  const Seen seen = look(repo);
  for (const auto& [name, wanted] : planted) {
    INFO(name << ": " << seen.ran.err);
    CHECK(seen.has(wanted, "worktree .git/objects/" + name));
  }
  // What was cut off is no fault of what is here now.
  repo.write(".git/objects/pack/tmp_pack_AbCdEf", "PACK" + std::string("\0\0\0\2\0\0\0\5", 8) + "x");
  for (const auto& [name, wanted] : planted)
    if (name != "pack/tmp_pack_AbCdEf") fs::remove(repo.work() / ".git/objects" / name);
  CHECK(look(repo).ran.status == 0);
  CHECK(look(repo, {"--strict"}).ran.status == 3);
}

TEST_CASE("git: packs, bundles and loose objects outside of a repository, in archives and in blobs") {
  const Repo repo;
  Keys keys(139);
  const std::string key = keys.kimi_code();
  const std::string message = keys.kimi_code();
  repo.commit_file("src/a.env", line(key));
  repo.git({"rm", "-q", "src/a.env"});
  repo.commit("gone " + message);
  const fs::path to = repo.folder / "out";
  fs::create_directory(to);
  const RunOptions options = repo.options();
  const auto both = [&](const std::string& name) {
    const Seen seen = look_at(repo, to);
    INFO(name << ": " << seen.ran.out);
    CHECK(seen.has(key, name));
    CHECK(seen.has(message, name));
    for (const auto& entry : fs::directory_iterator(to)) fs::remove_all(entry.path());
  };
  const std::string bundle = (to / "x.bundle").string();
  REQUIRE(repo.git({"bundle", "create", "-q", bundle, "--all"}).status == 0);
  const Repo holder;
  holder.write("x.bundle", read_file(bundle));
  holder.git({"add", "-A"});
  holder.commit("a bundle");
  holder.git({"rm", "-q", "x.bundle"});
  holder.commit("gone");
  CHECK(look(holder).has(key, "x.bundle"));
  REQUIRE(run({"gzip", bundle}, options).status == 0);
  both("x.bundle.gz");
  // Test data that is damaged on purpose is told and no fault.
  const Repo fixtures;
  fixtures.commit_file("t/broken.pack", "PACK" + std::string("\0\0\0\2\0\0\0\7", 8) + std::string(500, 'x'));
  const Seen broken = look(fixtures, {"--only", "history"});
  CHECK(broken.ran.status == 0);
  CHECK(broken.gap("damaged") > 0);
  // A copy of a repository without its head, which is none; loose, then packed; then in an archive.
  fs::copy(repo.work() / ".git/objects", to / "objects", fs::copy_options::recursive);
  both("objects/");
  REQUIRE(run({"tar", "-C", repo.work().string(), "-czf", (to / "all.tgz").string(), ".git/objects"}, options).status == 0);
  both("all.tgz");
  repo.git({"gc", "-q"});
  fs::copy(repo.work() / ".git/objects", to / "objects", fs::copy_options::recursive);
  both(".pack");
  REQUIRE(run({"tar", "-C", repo.work().string(), "-czf", (to / "all.tgz").string(), ".git/objects"}, options).status == 0);
  both("all.tgz");
}

TEST_CASE("git: a bundle met on the way, whole, thin and damaged") {
  const Repo repo;
  Keys keys(137);
  const std::string key = keys.kimi_code();
  const std::string message = keys.kimi_code();
  const std::string later = keys.kimi_code();
  repo.write("text", "one line\n" + std::string(3000, 'x'));
  repo.commit_file("src/a.env", line(key));
  repo.git({"rm", "-q", "src/a.env"});
  repo.commit("gone " + message);
  const std::string before = id_of(repo, "HEAD");
  repo.commit_file("b.env", line(later));
  const fs::path to = repo.folder / "out";
  fs::create_directory(to);
  REQUIRE(repo.git({"bundle", "create", "-q", (to / "all.bundle").string(), "--all"}).status == 0);
  REQUIRE(repo.git({"bundle", "create", "-q", (to / "thin.bundle").string(), before + "..main"}).status == 0);
  const Seen seen = look_at(repo, to);
  const auto inside = [&](const std::string& wanted, const std::string& file, const std::string& member) {
    const std::string id = Secret(wanted).id();
    for (const auto& finding : seen.report["findings"])
      if (finding.value("secretSha256", "") == id)
        for (const auto& place : finding["places"])
          if (place.dump().find(file) != std::string::npos && place.dump().find(member) != std::string::npos) return true;
    return false;
  };
  CHECK(inside(key, "all.bundle", "src/a.env"));
  CHECK(inside(message, "all.bundle", "commit/"));
  CHECK(inside(later, "thin.bundle", "b.env"));
  CHECK(seen.ran.status == 1);
  CHECK(seen.gap("damaged") == 0);
  CHECK(look_at(repo, to / "all.bundle").places(key).size() == 1);
  // Cut in two: what is whole in it is read, and the rest is said.
  const std::string bytes = read_file(to / "all.bundle");
  fs::remove(to / "thin.bundle");
  repo.folder.write("out/all.bundle", bytes.substr(0, bytes.size() - 60));
  CHECK(look_at(repo, to).gap("damaged") > 0);
}

}  // namespace kimiguard::test

#include "scanner/source/git/repository/git_texts.h"

#include <map>
#include <string>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;
using kimiguard::Coverage;
using kimiguard::ProvenanceClass;

namespace {

struct Seen {
  std::string bytes;
  ProvenanceClass provenance;
  std::uint64_t line;
};

std::multimap<std::string, Seen> texts_of(const test::Sandbox& sandbox, const std::string& folder,
                                          Coverage* coverage = nullptr, GitTextOptions options = {}) {
  const auto repository = open_repository(sandbox.path(folder));
  REQUIRE(repository);
  std::multimap<std::string, Seen> seen;
  const Coverage covered =
      read_git_texts(*repository, read_refs(*repository), options, [&](const GitText& text) {
        REQUIRE(text.document.origin);
        CHECK(text.document.origin->kind == kimiguard::Origin::Kind::git_text);
        seen.emplace(text.document.origin->path,
                     Seen{std::string(text.document.bytes), text.provenance, text.document.line});
      });
  if (coverage != nullptr) *coverage = covered;
  return seen;
}

}  // namespace

TEST_CASE("git's own files come as texts, each at its place and with its class") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1", "a message that the reflog repeats");
  sandbox.git("r", "remote add origin https://user:token@example.com/r.git");
  sandbox.write("r/.git/hooks/pre-push", "#!/bin/sh\necho hook\n");
  sandbox.write("r/.git/MERGE_MSG", "merging\n");
  sandbox.write("r/.git/rebase-merge/message", "rebasing\n");
  sandbox.write("r/.git/sequencer/todo", "pick\n");
  sandbox.write("r/.git/info/attributes", "* text\n");
  sandbox.write("r/.git/some-agent/state.json", "{}");
  sandbox.git("r", "worktree add -q ../wt -b side");
  sandbox.write("r/.git/worktrees/wt/COMMIT_EDITMSG", "in the worktree\n");
  const auto seen = texts_of(sandbox, "r");
  for (const char* place :
       {".git/config", ".git/HEAD", ".git/COMMIT_EDITMSG", ".git/MERGE_MSG", ".git/description",
        ".git/hooks/pre-push", ".git/info/exclude", ".git/info/attributes", ".git/rebase-merge/message",
        ".git/sequencer/todo", ".git/some-agent/state.json", ".git/worktrees/wt/COMMIT_EDITMSG",
        ".git/worktrees/wt/HEAD"}) {
    INFO(place);
    REQUIRE(seen.count(place) == 1);
    CHECK(seen.find(place)->second.provenance == ProvenanceClass::worktree);
  }
  for (const char* place :
       {".git/logs/HEAD", ".git/logs/refs/heads/main", ".git/worktrees/wt/logs/HEAD"}) {
    INFO(place);
    REQUIRE(seen.count(place) == 1);
    CHECK(seen.find(place)->second.provenance == ProvenanceClass::reflog);
  }
  CHECK(seen.find(".git/config")->second.bytes.find("user:token") != std::string::npos);
  CHECK(seen.find(".git/logs/HEAD")->second.bytes.find("that the reflog repeats") != std::string::npos);
  CHECK(seen.count(".git/index") == 0);
  for (const auto& [place, text] : seen) CHECK(place.find("/objects/") == std::string::npos);
}

TEST_CASE("names of refs are texts of their ref's class, loose and packed") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "branch a-branch-with-a-long-name");
  sandbox.git("r", "tag a-tag-with-a-long-name-too");
  sandbox.git("r", "pack-refs --all");
  sandbox.git("r", "branch a-loose-branch-with-a-name");
  const auto seen = texts_of(sandbox, "r");
  bool branch = false;
  bool tag = false;
  const auto packed = seen.equal_range(".git/packed-refs");
  for (auto at = packed.first; at != packed.second; ++at) {
    if (at->second.bytes.find("a-branch-with") != std::string::npos) {
      branch = true;
      CHECK(at->second.provenance == ProvenanceClass::branch);
      CHECK(at->second.line == 2);
    }
    if (at->second.bytes.find("a-tag-with") != std::string::npos) {
      tag = true;
      CHECK(at->second.provenance == ProvenanceClass::tag);
      CHECK(at->second.line == 4);
    }
  }
  CHECK(branch);
  CHECK(tag);
  REQUIRE(seen.count(".git/refs/heads/a-loose-branch-with-a-name") == 1);
  CHECK(seen.find(".git/refs/heads/a-loose-branch-with-a-name")->second.provenance ==
        ProvenanceClass::branch);
}

TEST_CASE("sample hooks are read only when they were changed") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.write("templates/hooks/a.sample", "same");
  sandbox.write("templates/hooks/b.sample", "original");
  sandbox.write("r/.git/hooks/a.sample", "same");
  sandbox.write("r/.git/hooks/b.sample", "changed");
  GitTextOptions options;
  options.template_folder = sandbox.path("templates");
  const auto seen = texts_of(sandbox, "r", nullptr, options);
  CHECK(seen.count(".git/hooks/a.sample") == 0);
  CHECK(seen.count(".git/hooks/b.sample") == 1);
}

TEST_CASE("links and special files in a git directory are left aside and said") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.write("outside", "secret of somebody else");
  sandbox.run("r/.git", "ln -s ../../outside hooks/post-merge && mkfifo info/pipe && ln -s / rootlink");
  Coverage coverage;
  const auto seen = texts_of(sandbox, "r", &coverage);
  CHECK(seen.count(".git/hooks/post-merge") == 0);
  int links = 0;
  int special = 0;
  for (const kimiguard::Gap& gap : coverage.gaps) {
    if (gap.code == "link") ++links;
    if (gap.code == "special") ++special;
  }
  CHECK(links == 2);
  CHECK(special == 1);
}

TEST_CASE("a long text comes in pieces that overlap and keep count of lines") {
  test::Sandbox sandbox;
  sandbox.init("r");
  std::string text;
  for (int i = 1; i <= 1000; ++i) text += "line " + std::to_string(i) + "\n";
  sandbox.write("r/.git/some-log", text);
  GitTextOptions options;
  options.piece_bytes = 1000;
  options.overlap_bytes = 100;
  const auto repository = open_repository(sandbox.path("r"));
  std::string joined;
  read_git_texts(*repository, read_refs(*repository), options, [&](const GitText& piece) {
    if (piece.document.origin->path != ".git/some-log") return;
    const std::string before = text.substr(0, piece.document.offset);
    CHECK(piece.document.line ==
          1 + static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n')));
    CHECK(piece.document.column == before.size() - (before.rfind('\n') + 1) + 1);
    joined += piece.document.bytes.substr(piece.document.seen);
  });
  CHECK(joined == text);
}

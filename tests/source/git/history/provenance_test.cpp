#include "scanner/source/git/history/provenance.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;
using kimiguard::Provenance;
using kimiguard::ProvenanceClass;
using kimiguard::Pushed;

namespace {

std::vector<ObjectProvenance> provenance_of(const test::Sandbox& sandbox, const std::string& folder,
                                            const std::vector<std::string>& ids,
                                            const ProvenanceOptions& options = {.threads = 2}) {
  const auto repository = open_repository(sandbox.path(folder));
  REQUIRE(repository);
  const auto store = ObjectStore::open(repository->objects_dir, repository->hash);
  REQUIRE(store);
  std::vector<ObjectId> wanted;
  for (const std::string& id : ids) wanted.push_back(ObjectId::from_hex(id).value());
  return find_provenance(*repository, **store, read_refs(*repository), wanted, options).objects;
}

ObjectProvenance one(const test::Sandbox& sandbox, const std::string& folder, const std::string& id,
                     const ProvenanceOptions& options = {.threads = 2}) {
  return provenance_of(sandbox, folder, {id}, options).front();
}

std::string blob_of(test::Sandbox& sandbox, const std::string& folder, const std::string& text) {
  sandbox.write(".blob", text);
  return sandbox.git(folder, "hash-object " + test::shell_quoted(sandbox.path(".blob")));
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

}  // namespace

TEST_CASE("each class of provenance, in one repository") {
  test::Sandbox sandbox;
  sandbox.init("up.git", "--bare");
  sandbox.git("", "clone -q up.git r");
  sandbox.git("r", "checkout -q -b main");
  sandbox.commit("r", "base", "base");
  const auto id = [&](const std::string& text) { return blob_of(sandbox, "r", text); };

  sandbox.commit("r", "dir/gone", "pushed and gone");
  sandbox.git("r", "rm -q dir/gone");
  const std::string gone = sandbox.commit("r", "in-head", "in head");
  sandbox.git("r", "push -q origin main");
  sandbox.git("r", "checkout -q -b local");
  sandbox.commit("r", "local-file", "only local");
  sandbox.git("r", "checkout -q main");
  // A tag alone, and a tag of a blob.
  sandbox.git("r", "checkout -q --detach");
  sandbox.commit("r", "tagged-file", "only tagged");
  sandbox.git("r", "tag -a -m tag tagged");
  sandbox.git("r", "checkout -q main");
  sandbox.write("r/loose", "a tagged blob");
  sandbox.git("r", "tag blobtag $(git hash-object -w loose)");
  sandbox.run("r", "rm loose");
  // Stashes: index, work tree, untracked; an older entry, and a dropped one.
  sandbox.write("r/base", "stashed in the work tree");
  sandbox.write("r/staged-then-stashed", "stashed in the index");
  sandbox.git("r", "add staged-then-stashed");
  sandbox.write("r/staged-then-stashed", "changed after");
  sandbox.write("r/never-added", "stashed untracked");
  sandbox.git("r", "stash -q -u");
  sandbox.write("r/base", "stashed later");
  sandbox.git("r", "stash -q");
  sandbox.write("r/base", "stashed and dropped");
  sandbox.git("r", "stash -q");
  sandbox.git("r", "stash drop -q");
  sandbox.git("r", "notes add -m 'in a note'");
  sandbox.git("r", "checkout -q --detach");
  sandbox.commit("r", "pull-file", "in a pull request");
  sandbox.git("r", "update-ref refs/pull/1/head HEAD");
  sandbox.git("r", "checkout -q main");
  // Amended away: only the reflog has it.
  sandbox.commit("r", "amended", "amended away");
  sandbox.git("r", "rm -q --cached amended");
  sandbox.run("r", "rm amended && git commit -q --amend --allow-empty -m amended");
  // A deleted branch, whose work was done in a worktree that is gone with its reflog.
  sandbox.git("r", "worktree add -q ../wt -b doomed");
  sandbox.commit("wt", "doomed-file", "on a deleted branch");
  sandbox.git("r", "worktree remove ../wt");
  sandbox.git("r", "branch -q -D doomed");
  // Staged and reset.
  sandbox.write("r/reset", "staged then reset");
  sandbox.git("r", "add reset");
  sandbox.git("r", "rm -q --cached reset");
  sandbox.write("r/next", "staged now");
  sandbox.git("r", "add next");

  const std::vector<std::pair<std::string, ProvenanceClass>> expected = {
      {"in head", ProvenanceClass::head},
      {"base", ProvenanceClass::head},
      {"staged now", ProvenanceClass::staged},
      {"pushed and gone", ProvenanceClass::branch},
      {"only local", ProvenanceClass::branch},
      {"only tagged", ProvenanceClass::tag},
      {"a tagged blob", ProvenanceClass::tag},
      {"stashed in the work tree", ProvenanceClass::stash},
      {"stashed in the index", ProvenanceClass::stash},
      {"stashed untracked", ProvenanceClass::stash},
      {"stashed later", ProvenanceClass::stash},
      {"stashed and dropped", ProvenanceClass::unreachable},
      {"in a note\n", ProvenanceClass::note},
      {"in a pull request", ProvenanceClass::pull},
      {"amended away", ProvenanceClass::reflog},
      {"on a deleted branch", ProvenanceClass::unreachable},
      {"staged then reset", ProvenanceClass::unreachable},
  };
  std::vector<std::string> ids;
  for (const auto& [text, reach] : expected) ids.push_back(id(text));
  const auto found = provenance_of(sandbox, "r", ids);
  std::map<std::string, ObjectProvenance> by_text;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO(expected[i].first);
    CHECK(found[i].provenance.provenance == expected[i].second);
    by_text[expected[i].first] = found[i];
  }
  const Provenance& pushed = by_text["pushed and gone"].provenance;
  CHECK(pushed.pushed == Pushed::yes);
  CHECK_FALSE(pushed.in_head);
  CHECK(pushed.commit == sandbox.git("r", "rev-parse main~2"));
  CHECK(pushed.last_commit == pushed.commit);
  CHECK(pushed.paths == std::vector<std::string>{"dir/gone"});
  CHECK(by_text["pushed and gone"].path == "dir/gone");
  CHECK(pushed.remotes == std::vector<std::string>{"refs/remotes/origin/main"});
  CHECK(pushed.refs == std::vector<std::string>{"refs/heads/local", "refs/heads/main",
                                                "refs/pull/1/head", "refs/remotes/origin/main",
                                                "refs/stash", "refs/tags/tagged"});
  CHECK(pushed.author == "A U Thor <author@example.com>");
  CHECK(pushed.date == sandbox.git("r", "show -s --format=%aI " + pushed.commit));
  const Provenance& head = by_text["in head"].provenance;
  CHECK(head.in_head);
  CHECK(head.last_commit.empty());
  CHECK(head.commit == gone);
  CHECK(by_text["only local"].provenance.pushed == Pushed::no);
  CHECK(by_text["only local"].provenance.refs == std::vector<std::string>{"refs/heads/local"});
  CHECK(by_text["a tagged blob"].provenance.refs == std::vector<std::string>{"refs/tags/blobtag"});
  CHECK(by_text["staged now"].path == "next");
  CHECK(by_text["stashed untracked"].path == "never-added");
  CHECK(by_text["staged then reset"].provenance.refs.empty());
  CHECK(by_text["staged then reset"].path.empty());
  CHECK(by_text["on a deleted branch"].path == "doomed-file");
  CHECK(by_text["on a deleted branch"].provenance.pushed == Pushed::no);

  // Packed away, and with another number of threads, nothing changes.
  sandbox.git("r", "-c gc.cruftPacks=false repack -q -a -d -k");
  sandbox.git("r", "pack-refs --all");
  for (const unsigned threads : {1U, 3U}) {
    const auto again = provenance_of(sandbox, "r", ids, {.threads = threads});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      CHECK(again[i].provenance.provenance == found[i].provenance.provenance);
      CHECK(again[i].provenance.commit == found[i].provenance.commit);
      CHECK(again[i].provenance.last_commit == found[i].provenance.last_commit);
      CHECK(again[i].provenance.paths == found[i].provenance.paths);
      CHECK(again[i].provenance.refs == found[i].provenance.refs);
      CHECK(again[i].path == found[i].path);
    }
  }
  // In a bare copy every ref counts as pushed where the caller says so.
  sandbox.git("", "clone -q --mirror r mirror.git");
  CHECK(one(sandbox, "mirror.git", id("only local")).provenance.pushed == Pushed::no);
  CHECK(one(sandbox, "mirror.git", id("only local"), {.every_ref_is_pushed = true}).provenance.pushed ==
        Pushed::yes);
}

TEST_CASE("commits, tags and trees with findings have their own provenance") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "a/b/f", "1");
  const std::string second = sandbox.commit("r", "g", "2");
  sandbox.git("r", "tag -a -m message v1");
  sandbox.git("r", "tag -a -m outer v2 v1");
  const std::string amended = sandbox.git("r", "rev-parse HEAD");
  sandbox.git("r", "update-ref refs/remotes/origin/main HEAD~1");
  const std::string tag = sandbox.git("r", "rev-parse v1");
  const auto found = provenance_of(sandbox, "r",
                                   {second, tag, sandbox.git("r", "rev-parse HEAD:a/b"),
                                    sandbox.git("r", "rev-parse HEAD^{tree}"), second});
  CHECK(found[0].provenance.provenance == ProvenanceClass::branch);
  CHECK(found[0].provenance.commit == second);
  CHECK(found[0].provenance.pushed == Pushed::no);
  CHECK(found[1].provenance.provenance == ProvenanceClass::tag);
  CHECK(found[1].provenance.refs == std::vector<std::string>{"refs/tags/v1", "refs/tags/v2"});
  CHECK(found[2].provenance.provenance == ProvenanceClass::head);
  CHECK(found[2].path == "a/b");
  CHECK(found[2].provenance.commit == sandbox.git("r", "rev-parse HEAD~1"));
  CHECK(found[2].provenance.pushed == Pushed::yes);
  CHECK(found[3].provenance.in_head);
  CHECK(found[4].provenance.commit == second);
  sandbox.git("r", "tag -d v1");
  sandbox.git("r", "tag -d v2");
  CHECK(one(sandbox, "r", tag).provenance.provenance == ProvenanceClass::unreachable);
}

TEST_CASE("provenance agrees with git on generated histories with merges, renames and orphans") {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    test::Sandbox sandbox;
    test::Dice dice(seed * 31);
    sandbox.init("r", seed == 5 ? "--object-format=sha256" : "");
    sandbox.commit("r", "d0/f0", "content 0");
    std::vector<std::string> commits = {sandbox.git("r", "rev-parse HEAD")};
    for (int i = 0; i < 30; ++i) {
      const std::string from = commits[dice.roll(static_cast<std::uint32_t>(commits.size()))];
      const std::string date =
          "GIT_COMMITTER_DATE='" + std::to_string(1'600'000'000 + dice.roll(900'000)) + " +0000' ";
      sandbox.git("r", "checkout -q -f --detach " + from);
      switch (dice.roll(6)) {
        case 0:
          sandbox.run("r",
                      date + "git merge -q -s ours --no-commit --no-ff " +
                          commits[dice.roll(static_cast<std::uint32_t>(commits.size()))] + " " +
                          commits[dice.roll(static_cast<std::uint32_t>(commits.size()))],
                      true);
          break;
        case 1:
          sandbox.git("r", "checkout -q --orphan orphan" + std::to_string(i));
          break;
        case 2:
          sandbox.run("r", "test ! -e d0 || git mv -k d0 moved" + std::to_string(i));
          break;
        case 3:
          sandbox.run("r", "rm -rf d" + std::to_string(dice.roll(3)));
          break;
        default:
          break;
      }
      sandbox.write("r/d" + std::to_string(dice.roll(3)) + "/f" + std::to_string(dice.roll(3)),
                    "content " + std::to_string(dice.roll(12)));
      sandbox.run("r", "git add -A && " + date + "git commit -q --allow-empty -m " + std::to_string(i));
      commits.push_back(sandbox.git("r", "rev-parse HEAD"));
      if (dice.roll(5) == 0)
        sandbox.git("r", "update-ref refs/remotes/origin/b" + std::to_string(i) + " HEAD");
      if (dice.roll(5) == 0) sandbox.git("r", "update-ref refs/heads/b" + std::to_string(i) + " HEAD");
      if (dice.roll(5) == 0) sandbox.git("r", "tag t" + std::to_string(i));
    }
    sandbox.git("r", "checkout -q -f --detach " + commits[dice.roll(20)]);
    sandbox.run("r", "rm -rf .git/logs");
    if (seed % 2 == 0) sandbox.git("r", "-c gc.cruftPacks=false repack -q -a -d -k");

    // The slow way: what every commit holds.
    struct Expected {
      std::set<std::string> holders;
      std::set<std::string> paths;
    };
    std::map<std::string, Expected> blobs;
    std::map<std::string, std::vector<std::string>> parents;
    for (const std::string& commit : commits) {
      parents[commit] = words(sandbox.git("r", "show -s --format=%P " + commit));
      for (const std::string& line : [&] {
             std::vector<std::string> lines;
             std::istringstream in(sandbox.git("r", "ls-tree -r " + commit));
             for (std::string text; std::getline(in, text);) lines.push_back(text);
             return lines;
           }()) {
        const std::size_t tab = line.find('\t');
        Expected& blob = blobs[line.substr(12, tab - 12)];
        blob.holders.insert(commit);
        blob.paths.insert(line.substr(tab + 1));
      }
    }
    const std::string head = sandbox.git("r", "rev-parse HEAD");
    std::vector<std::string> ids;
    for (const auto& [blob, expected] : blobs) ids.push_back(blob);
    const auto found = provenance_of(sandbox, "r", ids);
    std::map<std::string, std::set<std::string>> reached_by;  // commit: refs
    std::istringstream refs(sandbox.git("r", "for-each-ref --format='%(refname)'"));
    std::vector<std::string> names = {"HEAD"};
    for (std::string name; std::getline(refs, name);) names.push_back(name);
    for (const std::string& name : names)
      for (const std::string& commit : words(sandbox.git("r", "rev-list " + name)))
        reached_by[commit].insert(name);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const Expected& expected = blobs[ids[i]];
      const Provenance& ours = found[i].provenance;
      INFO("seed " << seed << " blob " << ids[i]);
      CHECK(std::set<std::string>(ours.paths.begin(), ours.paths.end()) == expected.paths);
      std::set<std::string> reaching;
      for (const std::string& holder : expected.holders)
        reaching.insert(reached_by[holder].begin(), reached_by[holder].end());
      CHECK(ours.in_head == expected.holders.contains(head));
      std::set<std::string> remotes;
      bool branch = false;
      bool tag = false;
      for (const std::string& name : reaching) {
        if (name.starts_with("refs/remotes/")) remotes.insert(name);
        branch = branch || name == "HEAD" || name.starts_with("refs/heads/") ||
                 name.starts_with("refs/remotes/");
        tag = tag || name.starts_with("refs/tags/");
      }
      CHECK((ours.pushed == Pushed::yes) == !remotes.empty());
      if (reaching.size() <= 10)
        CHECK(std::set<std::string>(ours.refs.begin(), ours.refs.end()) == reaching);
      CHECK(ours.provenance == (ours.in_head ? ProvenanceClass::head
                                : branch     ? ProvenanceClass::branch
                                : tag        ? ProvenanceClass::tag
                                             : ProvenanceClass::unreachable));
      REQUIRE(expected.holders.contains(ours.commit));
      for (const std::string& parent : parents[ours.commit])
        CHECK_FALSE(expected.holders.contains(parent));
      // No commit that holds it is an ancestor of the first one, and the first one is as reachable as
      // any.
      for (const std::string& above : words(sandbox.git("r", "rev-list " + ours.commit)))
        if (above != ours.commit && expected.holders.contains(above)) {
          // Removed and brought in again: then the first time must be less strongly reached, which
          // cannot be.
          FAIL("an earlier commit has it");
        }
      if (branch) {
        bool by_branch = false;
        for (const std::string& name : reached_by[ours.commit])
          by_branch = by_branch || !name.starts_with("refs/tags/");
        CHECK(by_branch);
      }
      if (ours.in_head) {
        CHECK(ours.last_commit.empty());
        CHECK(sandbox.git("r", "rev-parse HEAD:" + found[i].path) == ids[i]);
      } else {
        CHECK(expected.holders.contains(ours.last_commit));
        CHECK(sandbox.git("r", "rev-parse " + ours.last_commit + ":" + found[i].path) == ids[i]);
      }
    }
  }
}

TEST_CASE("shallow and partial clones have the provenance of what is here") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "d/f", "old");
  sandbox.commit("r", "d/g", "new");
  sandbox.git("r", "config uploadpack.allowFilter true");
  sandbox.git("", "clone -q --depth 1 file://" + sandbox.path("r") + " shallow");
  const auto old = one(sandbox, "shallow", blob_of(sandbox, "r", "old"));
  CHECK(old.provenance.provenance == ProvenanceClass::head);
  CHECK(old.provenance.commit == sandbox.git("r", "rev-parse HEAD"));
  CHECK(old.provenance.pushed == Pushed::yes);
  sandbox.git("", "clone -q --filter=blob:none --no-checkout file://" + sandbox.path("r") + " blobless");
  CHECK(one(sandbox, "blobless", blob_of(sandbox, "r", "old")).path == "d/f");
  sandbox.git("", "clone -q --filter=tree:0 --no-checkout file://" + sandbox.path("r") + " treeless");
  const auto unknown = one(sandbox, "treeless", blob_of(sandbox, "r", "old"));
  CHECK(unknown.path.empty());
}

TEST_CASE(
    "a linked worktree's staged blob is staged, and a bare repository without HEAD still has branches") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "worktree add -q ../wt -b side");
  sandbox.write("wt/new", "staged elsewhere");
  sandbox.git("wt", "add new");
  const auto staged = one(sandbox, "r", blob_of(sandbox, "r", "staged elsewhere"));
  CHECK(staged.provenance.provenance == ProvenanceClass::staged);
  CHECK(staged.path == "new");
  sandbox.git("", "clone -q --bare r b.git");
  std::filesystem::remove(sandbox.path("b.git/HEAD"));
  const auto branch = one(sandbox, "b.git", blob_of(sandbox, "r", "1"));
  CHECK(branch.provenance.provenance == ProvenanceClass::branch);
  CHECK_FALSE(branch.provenance.in_head);
}

TEST_CASE(
    "paths with control characters and many folders are whole; a tree of trees of trees is bounded") {
  test::Sandbox sandbox;
  sandbox.init("r");
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "d" + std::to_string(i) + "/";
  sandbox.commit("r", deep + "new\nline\x01", "deep");
  const auto found = one(sandbox, "r", blob_of(sandbox, "r", "deep"));
  CHECK(found.path == deep + "new\nline\x01");
  std::string tree = sandbox.git("r", "rev-parse HEAD^{tree}");
  for (int level = 0; level < 12; ++level) {
    std::string listing;
    for (int i = 0; i < 10; ++i) listing += "040000 tree " + tree + "\t" + std::to_string(i) + "\n";
    sandbox.write("listing", listing);
    tree = sandbox.run("r", "git mktree < ../listing");
  }
  sandbox.git("r", "update-ref refs/heads/bomb $(git commit-tree -m bomb " + tree + ")");
  const auto bomb = one(sandbox, "r", blob_of(sandbox, "r", "deep"));
  CHECK(bomb.provenance.provenance == ProvenanceClass::head);
  CHECK(bomb.provenance.paths.size() <= 2000);
}

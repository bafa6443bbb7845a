#include "scanner/source/git/history/range.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "scanner/source/git/history/revision.h"
#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;

namespace {

struct Opened {
  Repository repository;
  std::shared_ptr<ObjectStore> store;
  RefSnapshot refs;
};

Opened open(const test::Sandbox& sandbox, const std::string& folder, const StoreOptions& options = {},
            const std::string& objects = {}) {
  auto repository = open_repository(sandbox.path(folder));
  REQUIRE(repository);
  auto store =
      ObjectStore::open(objects.empty() ? repository->objects_dir : objects, repository->hash, options);
  REQUIRE(store);
  RefSnapshot refs = read_refs(*repository);
  return {std::move(*repository), std::move(*store), std::move(refs)};
}

std::string resolved(const Opened& opened, const std::string& text) {
  const auto id = resolve_revision(opened.repository, opened.refs, *opened.store, text);
  return id ? id->hex() : "error " + id.error().code;
}

using Blobs = std::set<std::pair<std::string, std::string>>;  // id, path

Blobs blobs_of(const Range& range) {
  Blobs blobs;
  for (const RangeBlob& blob : range.blobs) blobs.emplace(blob.id.hex(), blob.path);
  return blobs;
}

Range range_in(const Opened& opened, const std::string& text) {
  const auto spec = range_of(opened.repository, opened.refs, *opened.store, text);
  REQUIRE(spec);
  auto range = read_range(opened.repository, *opened.store, *spec);
  REQUIRE(range);
  return std::move(*range);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The slow way: every file of every commit against every parent's.
Blobs slowly(test::Sandbox& sandbox, const std::string& folder,
             const std::vector<std::string>& commits) {
  const auto files = [&](const std::string& commit) {
    Blobs all;
    const std::string listed = sandbox.git(folder, "ls-tree -r -z " + commit);
    std::size_t at = 0;
    while (at < listed.size()) {
      const std::size_t end = std::min(listed.find('\0', at), listed.size());
      const std::string line = listed.substr(at, end - at);
      at = end + 1;
      if (line.substr(7, 4) != "blob") continue;
      const std::size_t tab = line.find('\t');
      all.emplace(line.substr(12, tab - 12), line.substr(tab + 1));
    }
    return all;
  };
  Blobs result;
  for (const std::string& commit : commits) {
    Blobs mine = files(commit);
    std::istringstream parents(sandbox.git(folder, "show -s --format=%P " + commit));
    for (std::string parent; parents >> parent;)
      for (const auto& file : files(parent)) mine.erase(file);
    result.insert(mine.begin(), mine.end());
  }
  return result;
}

}  // namespace

TEST_CASE("revisions mean what git rev-parse says they mean") {
  test::Sandbox sandbox;
  sandbox.init("up");
  sandbox.commit("up", "f", "0");
  sandbox.git("", "clone -q up r");
  for (int i = 1; i <= 4; ++i) sandbox.commit("r", "f", std::to_string(i));
  sandbox.git("r", "tag -a -m one annotated HEAD~1");
  sandbox.git("r", "tag main HEAD~2");  // a tag and a branch of one name
  sandbox.git("r", "checkout -q -b side HEAD~2");
  sandbox.commit("r", "g", "side");
  sandbox.git("r", "merge -q -m merge refs/heads/main");
  sandbox.git("r", "update-ref refs/odd/name HEAD~1");
  const Opened opened = open(sandbox, "r");
  const std::string head = sandbox.git("r", "rev-parse HEAD");
  const std::vector<std::string> texts = {"HEAD",
                                          "@",
                                          "@~1",
                                          "HEAD^2",
                                          "HEAD^2~1",
                                          "HEAD^^",
                                          "HEAD~0",
                                          "HEAD^0",
                                          "annotated",
                                          "annotated^{}",
                                          "annotated^{commit}",
                                          "annotated^{tag}",
                                          "annotated~1",
                                          "main",
                                          "refs/heads/main",
                                          "heads/main",
                                          "side",
                                          "origin",
                                          "origin/main",
                                          "origin/main~0",
                                          "main^{tree}",
                                          "HEAD:f",
                                          "HEAD:",
                                          "odd/name",
                                          "main@{upstream}",
                                          "@{1}",
                                          "HEAD@{2}",
                                          "@{-1}",
                                          head.substr(0, 7),
                                          head.substr(0, 12) + "^2",
                                          head,
                                          "annotated-1-g" + head.substr(0, 9),
                                          "nothing",
                                          "HEAD^3",
                                          "HEAD~99",
                                          "@{99}",
                                          "HEAD:nothing",
                                          "HEAD^{blob}",
                                          "side@{u}",
                                          "zzzz",
                                          "",
                                          "HEAD^{",
                                          "HEAD@{",
                                          "~1"};
  for (const std::string& text : texts) {
    const std::string git = sandbox.git(
        "r", "rev-parse -q --verify --end-of-options " + test::shell_quoted(text) + " || echo error",
        true);
    INFO(text);
    const std::string ours = resolved(opened, text);
    if (git.ends_with("error"))
      CHECK(ours.starts_with("error"));
    else
      CHECK(ours == git.substr(git.rfind('\n') == std::string::npos ? 0 : git.rfind('\n') + 1));
  }
  CHECK(resolved(opened, "HEAD@{yesterday}") == "error unsupported-revision");
  CHECK(resolved(opened, "side@{u}") == "error no-upstream");
}

TEST_CASE(
    "a range has the commits of git rev-list and the files they brought in, on generated histories") {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    test::Sandbox sandbox;
    test::Dice dice(seed);
    sandbox.init("r", seed == 4 ? "--object-format=sha256" : "");
    sandbox.commit("r", "f0", "start");
    std::vector<std::string> commits = {sandbox.git("r", "rev-parse HEAD")};
    for (int i = 0; i < 25; ++i) {
      const std::string from = commits[dice.roll(static_cast<std::uint32_t>(commits.size()))];
      sandbox.git("r", "checkout -q -f --detach " + from);
      // Dates that lie, within a day.
      const std::string date =
          "GIT_COMMITTER_DATE='" + std::to_string(1'700'000'000 + dice.roll(80'000)) + " +0000' ";
      if (dice.roll(3) == 0) {
        std::string others;
        for (std::uint32_t n = 1 + dice.roll(3); n > 0; --n)
          others += " " + commits[dice.roll(static_cast<std::uint32_t>(commits.size()))];
        sandbox.run("r",
                    date + "git merge -q -s octopus --no-commit --no-ff" + others +
                        " || git merge -q --no-commit -s ours" + others,
                    true);
        sandbox.write("r/evil", std::to_string(dice.roll(3)) + std::to_string(i));
      } else {
        const std::string name =
            "d" + std::to_string(dice.roll(3)) + "/f" + std::to_string(dice.roll(5));
        if (dice.roll(4) == 0)
          sandbox.run("r", "rm -rf d" + std::to_string(dice.roll(3)));
        else
          sandbox.write("r/" + name, std::to_string(dice.roll(10)));
      }
      sandbox.run("r", "git add -A && " + date + "git commit -q --allow-empty -m " + std::to_string(i));
      commits.push_back(sandbox.git("r", "rev-parse HEAD"));
    }
    const Opened opened = open(sandbox, "r");
    for (int i = 0; i < 8; ++i) {
      const std::string a = commits[dice.roll(static_cast<std::uint32_t>(commits.size()))];
      const std::string b = commits[dice.roll(static_cast<std::uint32_t>(commits.size()))];
      const Range range = range_in(opened, a + ".." + b);
      std::vector<std::string> expected = lines_of(sandbox.git("r", "rev-list " + a + ".." + b));
      std::vector<std::string> ours;
      for (const ObjectId& id : range.commits) ours.push_back(id.hex());
      const Blobs slow = slowly(sandbox, "r", expected);
      std::sort(expected.begin(), expected.end());
      std::sort(ours.begin(), ours.end());
      INFO("seed " << seed << " " << a << ".." << b);
      CHECK(ours == expected);
      CHECK(blobs_of(range) == slow);
      CHECK(range.gaps.empty());
      std::map<std::string, std::size_t> place;
      for (std::size_t n = 0; n < range.commits.size(); ++n) place[range.commits[n].hex()] = n;
      for (const ObjectId& id : range.commits) {
        std::istringstream parents(sandbox.git("r", "show -s --format=%P " + id.hex()));
        for (std::string parent; parents >> parent;)
          if (place.contains(parent)) CHECK(place[parent] < place[id.hex()]);
      }
    }
  }
}

TEST_CASE("what only a merge has is brought in by the merge; what a parent has is not") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "base");
  sandbox.git("r", "checkout -q -b side");
  sandbox.commit("r", "side-file", "side");
  sandbox.git("r", "checkout -q main");
  sandbox.commit("r", "main-file", "main");
  sandbox.git("r", "merge -q --no-commit --no-ff side");
  sandbox.write("r/evil", "only in the merge");
  sandbox.git("r", "add evil");
  sandbox.git("r", "commit -q -m merge");
  const Opened opened = open(sandbox, "r");
  const Range merge = range_in(opened, "HEAD^1..HEAD");
  std::set<std::string> paths;
  for (const RangeBlob& blob : merge.blobs) paths.insert(blob.path);
  CHECK(paths == std::set<std::string>{"evil", "side-file"});
  for (const RangeBlob& blob : merge.blobs)
    if (blob.path == "evil") CHECK(blob.commit.hex() == sandbox.git("r", "rev-parse HEAD"));
}

TEST_CASE("added and removed again, links, submodules, names with newlines, renames") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "content that moves");
  sandbox.commit("r", "secret", "key");
  sandbox.git("r", "rm -q secret");
  sandbox.git("r", "commit -q -m removed");
  sandbox.run("r", "ln -s target link && git mv f 'new\nname' && git add -A");
  sandbox.git("r", "update-index --add --cacheinfo 160000," + std::string(40, '1') + ",module");
  sandbox.git("r", "commit -q -m more");
  const Opened opened = open(sandbox, "r");
  const Range range = range_in(opened, "HEAD~3..HEAD");
  std::map<std::string, std::uint32_t> paths;
  for (const RangeBlob& blob : range.blobs) paths[blob.path] = blob.mode;
  CHECK(paths.size() == 3);
  CHECK(paths.count("secret") == 1);
  CHECK(paths["link"] == 0120000);
  CHECK(paths.count("new\nname") == 1);
}

TEST_CASE("a shallow clone that lacks the base says so and how to fetch it") {
  test::Sandbox sandbox;
  sandbox.init("r");
  const std::string base = sandbox.commit("r", "f", "1");
  sandbox.commit("r", "f", "2");
  sandbox.git("r", "checkout -q -b side HEAD~1");
  sandbox.commit("r", "g", "3");
  sandbox.git("", "clone -q --depth 1 --no-single-branch file://" + sandbox.path("r") + " shallow");
  const Opened opened = open(sandbox, "shallow");
  for (const std::string& text :
       {base + "..HEAD", base.substr(0, 10) + "..HEAD", std::string("HEAD~1..HEAD")}) {
    const auto spec = range_of(opened.repository, opened.refs, *opened.store, text);
    INFO(text);
    REQUIRE_FALSE(spec);
    CHECK(spec.error().code == "shallow");
    CHECK(spec.error().message.find("--unshallow") != std::string::npos);
    CHECK(spec.error().message.find("--deepen") != std::string::npos);
  }
  // Both ends are here, where they meet is not.
  const auto three =
      range_of(opened.repository, opened.refs, *opened.store, "origin/main...origin/side");
  REQUIRE(three);
  const auto met = read_range(opened.repository, *opened.store, *three);
  REQUIRE_FALSE(met);
  CHECK(met.error().code == "shallow");
  const Range two = range_in(opened, "origin/main..origin/side");
  REQUIRE(two.gaps.size() == 1);
  CHECK(two.gaps[0].code == "shallow");
  CHECK(two.blobs.size() == 2);
  // A name that is nowhere is a wrong name.
  CHECK(range_of(opened.repository, opened.refs, *opened.store, "nowhere..HEAD").error().code ==
        "no-revision");
}

TEST_CASE("sides without a common commit have no merge base") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "checkout -q --orphan other");
  sandbox.commit("r", "f", "2");
  const Opened opened = open(sandbox, "r");
  const auto spec = range_of(opened.repository, opened.refs, *opened.store, "main...other");
  REQUIRE(spec);
  CHECK(read_range(opened.repository, *opened.store, *spec).error().code == "no-merge-base");
  CHECK(range_in(opened, "main..other").commits.size() == 1);
  CHECK(range_of(opened.repository, opened.refs, *opened.store, "main").error().code == "no-range");
}

TEST_CASE("since a revision, and this branch only") {
  test::Sandbox sandbox;
  sandbox.init("up");
  const std::string first = sandbox.commit("up", "f", "1");
  sandbox.git("", "clone -q up r");
  sandbox.git("r", "checkout -q -b work");
  sandbox.commit("r", "a", "a");
  sandbox.commit("r", "b", "b");
  const Opened opened = open(sandbox, "r");
  const auto since = range_since(opened.repository, opened.refs, *opened.store, "HEAD~1");
  REQUIRE(since);
  CHECK(read_range(opened.repository, *opened.store, *since)->commits.size() == 1);
  const auto branch = range_of_branch(opened.repository, opened.refs, *opened.store);
  REQUIRE(branch);
  CHECK(branch->base.hex() == first);
  CHECK(read_range(opened.repository, *opened.store, *branch)->commits.size() == 2);
}

TEST_CASE("pre-push sends what the remote does not have: new branches, tags, updates, deletions") {
  test::Sandbox sandbox;
  sandbox.init("up.git", "--bare");
  sandbox.git("", "clone -q up.git r");
  sandbox.git("r", "checkout -q -b main");
  const std::string first = sandbox.commit("r", "f", "1");
  sandbox.git("r", "push -q -u origin main");
  const std::string second = sandbox.commit("r", "f", "2");
  sandbox.git("r", "checkout -q -b feature");
  const std::string third = sandbox.commit("r", "g", "3");
  sandbox.git("r", "tag -a -m 'in the tag' v1");
  sandbox.write("r/loose", "tagged blob");
  sandbox.git("r", "tag blob-tag $(git hash-object -w loose)");
  const Opened opened = open(sandbox, "r");
  const std::string zero(40, '0');
  const auto push = [&](const std::string& input) {
    const auto lines = read_pre_push_lines(input, HashKind::sha1);
    REQUIRE(lines);
    const auto range =
        read_range(opened.repository, *opened.store,
                   range_of_push(opened.repository, opened.refs, *opened.store, *lines, "origin"));
    REQUIRE(range);
    return *range;
  };
  CHECK(push("refs/heads/main " + second + " refs/heads/main " + first + "\n").commits.size() == 1);
  CHECK(push("refs/heads/feature " + third + " refs/heads/feature " + zero + "\n").commits.size() == 2);
  CHECK(push("(delete) " + zero + " refs/heads/feature " + third + "\n").commits.empty());
  const Range tag =
      push("refs/tags/v1 " + sandbox.git("r", "rev-parse v1") + " refs/tags/v1 " + zero + "\n");
  CHECK(tag.tags.size() == 1);
  CHECK(tag.commits.size() == 2);
  const Range blob = push("refs/tags/blob-tag " + sandbox.git("r", "rev-parse blob-tag") +
                          " refs/tags/blob-tag " + zero + "\n");
  CHECK(blob.blobs.size() == 1);
  // The remote moved on to a commit this clone does not have.
  CHECK(push("refs/heads/main " + second + " refs/heads/main " + std::string(40, '7') + "\n")
            .commits.size() == 1);
  CHECK(read_pre_push_lines("two fields\n", HashKind::sha1).error().code == "bad-input");
  CHECK(read_pre_push_lines("a b c d\n", HashKind::sha1).error().code == "bad-input");
}

TEST_CASE("pre-receive reads the quarantine of a real push") {
  test::Sandbox sandbox;
  sandbox.init("up.git", "--bare");
  sandbox.write("up.git/hooks/pre-receive",
                "#!/bin/sh\ncat > \"$GIT_DIR/../lines\"\nprintf '%s' \"$GIT_OBJECT_DIRECTORY\" > "
                "\"$GIT_DIR/../objects\"\n"
                "cp -r \"$GIT_OBJECT_DIRECTORY\" \"$GIT_DIR/../quarantine\"\nexit 1\n");
  sandbox.run("up.git", "chmod +x hooks/pre-receive");
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  sandbox.git("r", "remote add origin ../up.git");
  sandbox.run("up.git", "mv hooks/pre-receive hooks/off");
  sandbox.git("r", "push -q origin main");
  sandbox.run("up.git", "mv hooks/off hooks/pre-receive");
  sandbox.commit("r", "g", "new in the push");
  sandbox.git("r", "push -q origin main main:refs/heads/again", true);
  StoreOptions options;
  options.alternates = {sandbox.path("up.git/objects")};
  const Opened opened = open(sandbox, "up.git", options, sandbox.path("quarantine"));
  const auto lines = read_pre_receive_lines(sandbox.read("lines"), HashKind::sha1);
  REQUIRE(lines);
  CHECK(lines->size() == 2);
  const auto range =
      read_range(opened.repository, *opened.store, range_of_receive(opened.refs, *opened.store, *lines));
  REQUIRE(range);
  CHECK(range->commits.size() == 1);
  REQUIRE(range->blobs.size() == 1);
  CHECK(range->blobs[0].path == "g");
}

TEST_CASE("a range in a partial clone names what is not here, and goes on") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "d/f", "1");
  sandbox.commit("r", "d/f", "2");
  sandbox.commit("r", "e/f", "3");
  sandbox.git("r", "config uploadpack.allowFilter true");
  sandbox.git("", "clone -q --filter=tree:0 --no-checkout file://" + sandbox.path("r") + " partial");
  const Opened opened = open(sandbox, "partial");
  const Range range = range_in(opened, "HEAD~2..HEAD");
  CHECK(range.commits.size() == 2);
  REQUIRE_FALSE(range.gaps.empty());
  for (const kimiguard::Gap& gap : range.gaps) CHECK(gap.kind == kimiguard::GapKind::not_here);
}

TEST_CASE("a tree that holds itself many times over does not hang a range") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.commit("r", "f", "1");
  std::string tree = sandbox.git("r", "rev-parse HEAD^{tree}");
  for (int level = 0; level < 9; ++level) {
    std::string listing;
    for (int i = 0; i < 10; ++i) listing += "040000 tree " + tree + "\t" + std::to_string(i) + "\n";
    sandbox.write("listing", listing);
    tree = sandbox.run("r", "git mktree < ../listing");
  }
  const std::string bomb = sandbox.git("r", "commit-tree -p HEAD -m bomb " + tree);
  const Opened opened = open(sandbox, "r");
  const Range range = range_in(opened, "HEAD.." + bomb);
  CHECK(range.gaps.empty());
  CHECK(range.blobs.size() < 100'000);
  CHECK_FALSE(range.blobs.empty());
}

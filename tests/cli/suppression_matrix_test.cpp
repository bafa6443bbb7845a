// The matrix of docs/suppression.md: where something is scanned, and which way of saying "this is fine" counts there.
// The table of that page is read and every cell of it is tried, so the page cannot say what the program does not do.
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

enum class Way { none, marker, ignore_file, baseline };

// One scan of a key that `way` says is fine; whether it was reported all the same.
struct Try {
  Way way;
  Repo repo;
  std::string key = Keys(71).kimi_code();

  std::string line() const {
    return "KIMI_API_KEY=" + key + (way == Way::marker ? "  # kimiguard:allow demo" : "") + "\n";
  }
  void allow() const {
    if (way == Way::ignore_file) repo.write(".kimiguardignore", "rule=kimi-code-key reason=demo\n");
  }
  void commit(const std::string& name, const std::string& text) const {
    repo.write(name, text);
    repo.git({"add", "-Af"});
    repo.commit(name);
  }
  // A baseline is what the same command reported before.
  bool scan(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), "scan");
    if (way == Way::baseline) {
      std::vector<std::string> first = words;
      first.insert(first.end(), {"-f", "json", "-o", "../base.json"});
      REQUIRE(repo.kimiguard(first, input).status == 1);
      words.insert(words.end(), {"--baseline", "../base.json"});
    }
    return reported(repo.kimiguard(words, input));
  }
  bool hook(const std::string& name, const std::string& input = {}) const {
    return reported(repo.kimiguard({"hook", "run", name}, input));
  }
  static bool reported(const Ran& ran) {
    INFO(ran.out << ran.err);
    REQUIRE((ran.status == 0 || ran.status == 1));
    return ran.status == 1;
  }
};

bool files(Try& t, std::vector<std::string> more = {}) {
  t.repo.write("a.env", t.line());
  t.allow();
  more.insert(more.begin(), {"--only", "files", "."});
  return t.scan(more);
}

bool text(Try& t) {
  t.allow();
  return t.scan({"-"}, t.line());
}

// Outside a repository, from the folder in which it lies.
bool one_file(Try& t) {
  fs::remove_all(t.repo.work() / ".git");
  t.repo.write("a.env", t.line());
  t.allow();
  return t.scan({"a.env"});
}

bool staged(Try& t) {
  t.commit("x.txt", "x\n");
  t.repo.write("a.env", t.line());
  t.allow();
  t.repo.git({"add", "-Af"});
  return t.scan({"--staged"});
}

bool history(Try& t, std::vector<std::string> more = {}) {
  t.commit("a.env", t.line());
  t.commit("a.env", "gone\n");
  t.allow();
  more.insert(more.begin(), {"--only", "history"});
  return t.scan(more);
}

// What the base says of a line that the range takes away and brings back.
bool range_by_base(Try& t, std::vector<std::string> more = {}) {
  t.allow();
  t.commit("a.env", t.line());
  t.repo.git({"tag", "base"});
  t.commit("a.env", "A=1\n");
  t.commit("a.env", "A=1\n" + t.line());
  more.insert(more.begin(), {"--range", "base..HEAD"});
  return t.scan(more);
}

// What the range says of itself.
bool range_by_itself(Try& t) {
  t.commit("x.txt", "x\n");
  t.repo.git({"tag", "base"});
  t.allow();
  t.commit("a.env", t.line());
  return t.scan({"--range", "base..HEAD"});
}

bool commit_hook(Try& t) {
  t.commit("x.txt", "x\n");
  t.repo.write("a.env", t.line());
  t.allow();
  t.repo.git({"add", "-Af"});
  return t.hook("pre-commit");
}

// By a hook of git's own, since what it is told decides.
bool push(Try& t, const char* hook, bool on_server) {
  REQUIRE(t.repo.git({"init", "-q", "--bare", "../origin.git"}).status == 0);
  t.repo.git({"remote", "add", "origin", "../origin.git"});
  t.commit("x.txt", "x\n");
  REQUIRE(t.repo.git({"push", "-q", "-u", "origin", "main"}).status == 0);
  RunOptions where = t.repo.options();
  if (on_server) where.folder = t.repo.folder / "origin.git";
  REQUIRE(test::kimiguard({"hook", "install", "--hooks", hook}, where).status == 0);
  t.allow();
  t.commit("a.env", t.line());
  return t.repo.git({"push", "-q", "origin", "main"}).status != 0;
}

bool in_ci(Try& t, const std::function<bool(Try&)>& scan) {
  t.repo.environment["CI"] = "true";
  return scan(t);
}

const std::map<std::string, std::function<bool(Try&)>>& rows() {
  static const std::map<std::string, std::function<bool(Try&)>> all = {
      {"`scan PATH`", [](Try& t) { return files(t); }},
      {"`scan PATH --no-inline`", [](Try& t) { return files(t, {"--no-inline"}); }},
      {"`scan PATH`, `CI` set", [](Try& t) { return in_ci(t, [](Try& u) { return files(u); }); }},
      {"`scan -`", text},
      {"`scan -`, `CI` set", [](Try& t) { return in_ci(t, text); }},
      {"`scan --staged`", staged},
      {"`scan --staged`, `CI` set", [](Try& t) { return in_ci(t, staged); }},
      {"`scan --only history`", [](Try& t) { return history(t); }},
      {"`scan --only history --no-inline`", [](Try& t) { return history(t, {"--no-inline"}); }},
      {"`scan --only history`, `CI` set", [](Try& t) { return in_ci(t, [](Try& u) { return history(u); }); }},
      {"`scan --range A..B`, said in A", [](Try& t) { return range_by_base(t); }},
      {"`scan --range A..B`, said in A, `CI` set", [](Try& t) { return in_ci(t, [](Try& u) { return range_by_base(u); }); }},
      {"`scan --range A..B --no-inline`, said in A", [](Try& t) { return range_by_base(t, {"--no-inline"}); }},
      {"`scan --range A..B`, said in what it brings", range_by_itself},
      {"`scan --range A..B`, said in what it brings, `CI` set", [](Try& t) { return in_ci(t, range_by_itself); }},
      {"`scan FILE` outside a repository", one_file},
      {"hook pre-commit", commit_hook},
      {"hook pre-push", [](Try& t) { return push(t, "pre-push", false); }},
      {"hook pre-receive", [](Try& t) { return push(t, "pre-receive", true); }},
  };
  return all;
}

struct Row {
  std::string name;
  std::vector<std::string> cells;  // marker, ignore file, baseline: "yes", "no", "–" where it cannot be given
};

std::vector<Row> written() {
  std::istringstream page(read_file(fs::path(KIMIGUARD_SOURCE_DIR) / "docs/suppression.md"));
  std::vector<Row> table;
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| what is scanned |", 0) == 0) in_table = true;
    if (!in_table || line.rfind("| ---", 0) == 0 || line.rfind("| what", 0) == 0) continue;
    if (line.empty()) break;
    std::vector<std::string> cells;
    for (std::size_t from = 2, to; (to = line.find(" |", from)) != std::string::npos; from = to + 3)
      cells.push_back(line.substr(from, to - from));
    REQUIRE(cells.size() == 4);
    table.push_back({cells[0], {cells.begin() + 1, cells.end()}});
  }
  return table;
}

}  // namespace

TEST_CASE("whose word counts where is as the matrix of docs/suppression.md says, cell by cell") {
  std::set<std::string> names;
  for (const Row& row : written()) {
    INFO(row.name);
    names.insert(row.name);
    const auto made = rows().find(row.name);
    REQUIRE(made != rows().end());
    Try plain{Way::none, {}};
    CHECK(made->second(plain));  // what nobody allows is reported
    const std::vector<Way> ways = {Way::marker, Way::ignore_file, Way::baseline};
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (row.cells[i] == "–") continue;
      INFO("column " << i + 1);
      REQUIRE((row.cells[i] == "yes" || row.cells[i] == "no"));
      Try allowed{ways[i], {}};
      CHECK(made->second(allowed) == (row.cells[i] == "no"));
    }
  }
  for (const auto& [name, scan] : rows()) CHECK(names.count(name) == 1);
}

}  // namespace kimiguard::test

#include "scanner/suppress/baseline.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "scanner/report/writer.h"
#include "scanner/suppress/fingerprint.h"
#include "tests/support/catch.h"
#include "tests/suppress/finding.h"

namespace kimiguard::suppress {
namespace {

// A report of these findings as the program writes it.
std::string written(const char* format, std::vector<Finding> findings) {
  assign_fingerprints(findings);
  Report report;
  report.version = "0.1.0";
  report.command = "scan";
  report.uri_bases = {{"SRCROOT", "file:///r/"}};
  report.findings = std::move(findings);
  std::ostringstream out;
  REQUIRE(report::write_report(format, report, Rulebook{}, {}, out).ok());
  return out.str();
}

std::vector<bool> reported(const std::string& baseline_text, std::vector<Finding>& findings) {
  assign_fingerprints(findings);
  const Result<Baseline> baseline = read_baseline(baseline_text, "base.json");
  REQUIRE(baseline);
  apply_baseline(findings, *baseline);
  std::vector<bool> result;
  for (const Finding& finding : findings) result.push_back(!finding.suppression);
  return result;
}

const char* const kFormats[] = {"json", "jsonl", "sarif"};

}  // namespace

TEST_CASE("a baseline knows what it has seen, in every format of ours") {
  std::mt19937_64 random(1);
  for (const char* format : kFormats) {
    INFO(format);
    const std::string key = random_key(random);
    std::vector<Finding> findings = {leak(key, {place("a b/\xFF.env", 3), place("a b/\xFF.env", 9)}),
                                     setting("kimi-model-retired", "model", "x.json")};
    const std::string base = written(format, findings);
    CHECK(reported(base, findings) == std::vector<bool>{false, false});
    CHECK(findings[0].suppression->kind == "baseline");
    CHECK(findings[0].suppression->where == "base.json");
  }
}

TEST_CASE("moved lines and a renamed file change nothing") {
  std::mt19937_64 random(2);
  for (const char* format : kFormats) {
    const std::string key = random_key(random);
    const std::string base =
        written(format, {leak(key, {place("old/a.env", 3), place("old/a.env", 4)})});
    std::vector<Finding> now = {leak(key, {place("new/a.env", 30), place("new/a.env", 44)})};
    CHECK(reported(base, now) == std::vector<bool>{false});
  }
}

TEST_CASE("a file renamed since is known though history keeps its old versions for ever") {
  std::mt19937_64 random(11);
  const auto at = [](const std::string& path, ProvenanceClass known) {
    Place one = place(path, 3);
    one.provenance.provenance = known;
    return one;
  };
  for (const char* format : kFormats) {
    INFO(format);
    const std::string key = random_key(random);
    const std::string base = written(format, {leak(key, {at("old.env", ProvenanceClass::head)})});
    std::vector<Finding> now = {leak(key, {at("new.env", ProvenanceClass::head)}),
                                leak(key, {at("old.env", ProvenanceClass::branch), at("new.env", ProvenanceClass::branch)})};
    CHECK(reported(base, now) == std::vector<bool>{false, false});
    // One file moved, so a second one is new.
    now = {leak(key, {at("copy.env", ProvenanceClass::head)}), leak(key, {at("new.env", ProvenanceClass::head)}),
           leak(key, {at("old.env", ProvenanceClass::branch)})};
    CHECK(reported(base, now) == std::vector<bool>{false, true, false});
    // Brought up to date it says the same.
    now = {leak(key, {at("new.env", ProvenanceClass::head)}), leak(key, {at("old.env", ProvenanceClass::branch)})};
    assign_fingerprints(now);
    const Result<BaselineUpdate> update = update_baseline(base, "base", now);
    REQUIRE(update);
    CHECK(reported(update->text, now) == std::vector<bool>{false, false});
    // What history alone had then has not moved: the key was brought back.
    const std::string gone = written(format, {leak(key, {at("old.env", ProvenanceClass::branch)})});
    now = {leak(key, {at("new.env", ProvenanceClass::head)}), leak(key, {at("old.env", ProvenanceClass::branch)})};
    CHECK(reported(gone, now) == std::vector<bool>{true, false});
  }
}

TEST_CASE("the same key in a new file is reported while the old file still has it") {
  std::mt19937_64 random(3);
  for (const char* format : kFormats) {
    const std::string key = random_key(random);
    const std::string base = written(format, {leak(key, {place("a.env", 3)})});
    std::vector<Finding> now = {leak(key, {place("a.env", 3)}), leak(key, {place("copy.env", 3)})};
    CHECK(reported(base, now) == std::vector<bool>{false, true});
  }
}

TEST_CASE("one lost file stands for one new file only") {
  std::mt19937_64 random(4);
  const std::string key = random_key(random);
  const std::string base = written("json", {leak(key, {place("x/a.env", 3)})});
  std::vector<Finding> now = {leak(key, {place("b.env", 3)}), leak(key, {place("y/a.env", 3)})};
  // The one that kept its name is taken for the old one.
  CHECK(reported(base, now) == std::vector<bool>{true, false});
}

TEST_CASE("the same key on a new line of a known file is reported, with only the new place") {
  std::mt19937_64 random(5);
  const std::string key = random_key(random);
  const std::string base = written("json", {leak(key, {place("a.env", 3)})});
  std::vector<Finding> now = {leak(key, {place("a.env", 3), place("a.env", 8, "export KEY=")})};
  CHECK(reported(base, now) == std::vector<bool>{true, false});
  REQUIRE(now[0].places.size() == 1);
  CHECK(now[0].places[0].region.begin.line == 8);
}

TEST_CASE("another key on the known line is reported") {
  std::mt19937_64 random(6);
  const std::string base = written("json", {leak(random_key(random), {place("a.env", 3)})});
  std::vector<Finding> now = {leak(random_key(random), {place("a.env", 3)})};
  CHECK(reported(base, now) == std::vector<bool>{true});
}

TEST_CASE("a rebase gives commits new ids and changes nothing") {
  std::mt19937_64 random(7);
  const std::string key = random_key(random);
  const std::string base = written("json", {leak(key, {place(".git/commit/0123456789ab", 3)})});
  std::vector<Finding> now = {
      leak(key, {place(".git/commit/ba9876543210", 3), place(".git/commit/0123456789ab", 3)})};
  CHECK(reported(base, now) == std::vector<bool>{false});
}

TEST_CASE("a rebase writes a message with a key into the reflogs again and changes nothing") {
  std::mt19937_64 random(12);
  const auto logged = [](const std::string& path, std::uint64_t line, const std::string& text) {
    Place one = place(path, line, text);
    one.provenance.provenance = ProvenanceClass::reflog;
    return one;
  };
  for (const char* format : kFormats) {
    const std::string key = random_key(random);
    const std::string base = written(format, {leak(key, {logged(".git/logs/HEAD", 3, "0123 4567 A 1700000000 commit: message")})});
    std::vector<Finding> now = {leak(key, {logged(".git/logs/HEAD", 3, "0123 4567 A 1700000000 commit: message"),
                                           logged(".git/logs/HEAD", 9, "89ab cdef A 1700000009 rebase (pick): message"),
                                           logged(".git/logs/refs/heads/new", 1, "0000 cdef A 1700000010 branch: message"),
                                           logged(".git/worktrees/w/logs/HEAD", 1, "89ab cdef A 1700000011 commit: message")})};
    CHECK(reported(base, now) == std::vector<bool>{false});
    now = {leak(random_key(random), {logged(".git/logs/HEAD", 3, "0123 4567 A 1700000000 commit: message")})};
    CHECK(reported(base, now) == std::vector<bool>{true});
  }
}

TEST_CASE("update drops what is gone, follows renames and adds nothing") {
  std::mt19937_64 random(8);
  for (const char* format : kFormats) {
    INFO(format);
    const std::string gone = random_key(random);
    const std::string kept = random_key(random);
    const std::string fresh = random_key(random);
    const std::string base = written(format, {leak(gone, {place("gone.env", 1)}),
                                              leak(kept, {place("old.env", 2), place("old.env", 3)})});
    std::vector<Finding> now = {leak(kept, {place("new name.env", 12)}),
                                leak(fresh, {place("fresh.env", 1)})};
    assign_fingerprints(now);
    const Result<BaselineUpdate> update = update_baseline(base, "base", now);
    REQUIRE(update);
    CHECK(update->kept == 0);
    CHECK(update->renamed == 1);
    CHECK(update->gone == 2);
    const Result<Baseline> after = read_baseline(update->text, "base");
    REQUIRE(after);
    REQUIRE(after->entries.size() == 1);
    CHECK(after->entries[0].path == "SRCROOT/new name.env");
    CHECK(reported(update->text, now) == std::vector<bool>{false, true});
  }
}

TEST_CASE("what is no report of ours is refused with what was expected") {
  for (const std::string text : {"", "{", "[]", "null", "{\"runs\":[{}]}", "{\"findings\":[]}",
                                 "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":"
                                 "\"gitleaks\"}},\"results\":[]}]}"}) {
    const Result<Baseline> baseline = read_baseline(text, "x.json");
    REQUIRE_FALSE(baseline);
    CHECK(baseline.error().code == "not-a-report");
    CHECK_THAT(baseline.error().message, ContainsSubstring("--format json"));
  }
  CHECK_FALSE(read_baseline(std::string(1000000, '['), "x"));
}

TEST_CASE("strange members of a report are passed over") {
  const std::string head = R"({"format":"kimiguard-report/1","findings":)";
  for (const std::string findings :
       {"3", "[3,null,{}]", R"([{"places":[3,{"fingerprint":7,"uri":[]}]}])"}) {
    const Result<Baseline> baseline = read_baseline(head + findings + "}", "x");
    REQUIRE(baseline);
    CHECK(baseline->entries.empty());
    CHECK(update_baseline(head + findings + "}", "x", {}).ok());
  }
}

}  // namespace kimiguard::suppress

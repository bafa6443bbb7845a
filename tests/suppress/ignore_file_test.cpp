#include "scanner/suppress/ignore_file.h"

#include "scanner/core/finding_id.h"
#include "scanner/suppress/fingerprint.h"
#include "scanner/suppress/glob.h"
#include "tests/support/catch.h"
#include "tests/suppress/finding.h"

namespace kimiguard::suppress {
namespace {

std::vector<Finding> three(std::mt19937_64& random) {
  std::vector<Finding> findings = {leak(random_key(random), {place("src/a.env", 1)}),
                                   leak(random_key(random), {place("tests/data/b.env", 1)}),
                                   setting("kimi-model-retired", "model", "opencode.json")};
  assign_fingerprints(findings);
  return findings;
}

}  // namespace

TEST_CASE("a file has no say over what lies elsewhere, and its paths begin at its own folder") {
  std::mt19937_64 random(9);
  std::vector<Finding> findings = {leak(random_key(random), {place("sub/a.env", 1)}), leak(random_key(random), {place("a.env", 1)})};
  const auto below_sub = [](const Place& one) -> std::optional<std::string> {
    return one.uri.starts_with("sub/") ? std::optional(one.uri.substr(4)) : std::nullopt;
  };
  const IgnoreFile file = read_ignore_file("path=/a.env reason=r\nrule=kimi-code-key reason=r\n", "f");
  CHECK(apply_ignore_file(findings, file, "2026-11-24", below_sub).suppressed == 1);
  for (const Finding& finding : findings) CHECK(finding.suppression.has_value() == (finding.places[0].uri == "sub/a.env"));
}

TEST_CASE("an entry that gives a field twice allows nothing and says so") {
  for (const std::string field : {"id=01234567", "rule=kimi-code-key", "path=a", "expires=2030-01-01"}) {
    const IgnoreFile file = read_ignore_file(field + " path=x " + field + " reason=r", "f");
    CHECK(file.entries.empty());
    REQUIRE(file.problems.size() == 1);
    CHECK_THAT(file.problems[0].message, ContainsSubstring("once"));
  }
}

TEST_CASE("an entry fits by id, by rule, by path, and by all of them together") {
  std::mt19937_64 random(1);
  const std::vector<Finding> all = three(random);
  const std::string id = all[0].secret->id();
  const std::vector<std::pair<std::string, std::vector<bool>>> files = {
      {"id=" + id + " reason=r", {true, false, false}},
      {"id=" + id.substr(0, 8) + " reason=r", {true, false, false}},
      {"rule=kimi-model-retired reason=r", {false, false, true}},
      {"path=tests/** reason=r", {false, true, false}},
      {"path=*.env reason=r", {true, true, false}},
      {"id=" + id + " path=tests/ reason=r", {false, false, false}},
      {"id=" + finding_id(all[2]) + " reason=r", {false, false, true}}};
  for (const auto& [text, expected] : files) {
    INFO(text);
    std::vector<Finding> findings = all;
    const IgnoreFile file = read_ignore_file(text, ".kimiguardignore");
    CHECK(file.problems.empty());
    apply_ignore_file(findings, file, "2026-11-24");
    for (std::size_t i = 0; i < 3; ++i) CHECK(findings[i].suppression.has_value() == expected[i]);
  }
}

TEST_CASE("the suppression names the entry and its reason") {
  std::mt19937_64 random(2);
  std::vector<Finding> findings = three(random);
  const IgnoreFile file = read_ignore_file(
      "# head\n\npath=\"src/a.env\" reason=revoked on 2026-03-01, see #12\n", "x/.kimiguardignore");
  const IgnoreOutcome outcome = apply_ignore_file(findings, file, "2026-11-24");
  CHECK(outcome.suppressed == 1);
  REQUIRE(findings[0].suppression);
  CHECK(findings[0].suppression->where == "x/.kimiguardignore:3");
  CHECK(findings[0].suppression->justification == "revoked on 2026-03-01, see #12");
}

TEST_CASE("broken lines allow nothing and say what to write") {
  const IgnoreFile file = read_ignore_file(
      "src/a.env\nid=123 reason=r\nid=0123456789abcdef\nreason=alone\npath=a expires=2026-02-30 "
      "reason=r\n"
      "path=\"a reason=r\ncolour=red reason=r\npath=a reason=…\npath=a reason=--\n",
      "f");
  CHECK(file.entries.empty());
  CHECK(file.problems.size() == 9);
  CHECK(file.problems[0].where == "f:1");
}

// Found by fuzzing: such an entry was read and then could not be written again.
TEST_CASE("a control character in a value is refused when read and when written") {
  CHECK(read_ignore_file("path=\"a\rb\" reason=r", "f").entries.empty());
  IgnoreEntry entry;
  entry.path = "a\nb";
  entry.reason = "r";
  CHECK(add_ignore_entry("", entry).error().code == "no-selector");
}

TEST_CASE("an entry counts on its last day and not after") {
  std::mt19937_64 random(3);
  const IgnoreFile file = read_ignore_file("rule=kimi-code-key expires=2026-11-24 reason=r", "f");
  std::vector<Finding> findings = three(random);
  CHECK(apply_ignore_file(findings, file, "2026-11-24").suppressed == 2);
  findings = three(random);
  const IgnoreOutcome outcome = apply_ignore_file(findings, file, "2026-11-25");
  CHECK(outcome.suppressed == 0);
  REQUIRE(outcome.problems.size() == 1);
  CHECK_THAT(outcome.problems[0].message, ContainsSubstring("expired after 2026-11-24"));
}

TEST_CASE("a prefix that fits two ids allows neither") {
  std::mt19937_64 random(4);
  std::vector<Finding> findings = {setting("r", "a", "x"), setting("r", "b", "y")};
  findings[0].fingerprint = "0123456789aaaaaa";
  findings[1].fingerprint = "0123456789bbbbbb";
  const IgnoreOutcome outcome =
      apply_ignore_file(findings, read_ignore_file("id=01234567 reason=r", "f"), "2026-11-24");
  CHECK(outcome.suppressed == 0);
  CHECK(outcome.problems.size() == 1);
  CHECK(resolve_id("01234567", findings).error().code == "ambiguous-id");
  CHECK(resolve_id("0123456789A", findings).value() == "0123456789aaaaaa");
  CHECK(resolve_id("0123456", findings).error().code == "short-id");
  CHECK(resolve_id("ffffffff", findings).error().code == "unknown-id");
}

TEST_CASE("accepting a setting does not accept the key in it") {
  std::mt19937_64 random(5);
  const std::string key = random_key(random);
  Finding mismatch = setting("kimi-host-mismatch", "base_url", "x.json");
  mismatch.secret = Secret(key);
  std::vector<Finding> findings = {leak(key, {place("x.json", 4)}), mismatch};
  assign_fingerprints(findings);
  CHECK(finding_id(findings[0]) != finding_id(findings[1]));
  apply_ignore_file(findings, read_ignore_file("id=" + finding_id(findings[1]) + " reason=r", "f"),
                    "2026-11-24");
  CHECK_FALSE(findings[0].suppression);
  CHECK(findings[1].suppression);
}

TEST_CASE("a path glob allows only the places it fits; the rest stays reported") {
  std::mt19937_64 random(6);
  std::vector<Finding> findings = {leak(random_key(random), {place("tests/a", 1), place("src/a", 1)})};
  assign_fingerprints(findings);
  CHECK(apply_ignore_file(findings, read_ignore_file("path=tests/** reason=r", "f"), "2026-11-24")
            .suppressed == 1);
  REQUIRE(findings.size() == 2);
  CHECK_FALSE(findings[0].suppression);
  CHECK(findings[0].places[0].uri == "src/a");
  CHECK(findings[0].fingerprint == findings[0].places[0].fingerprint);
  CHECK(findings[1].suppression);
  CHECK(findings[1].places[0].uri == "tests/a");
}

TEST_CASE("entries that fit nothing are named") {
  std::mt19937_64 random(7);
  std::vector<Finding> findings = three(random);
  const IgnoreOutcome outcome = apply_ignore_file(
      findings, read_ignore_file("path=src reason=r\npath=gone reason=r\n", "f"), "2026-11-24");
  CHECK(outcome.unused == std::vector<std::uint64_t>{2});
}

TEST_CASE("what is written is read back the same") {
  IgnoreEntry entry;
  entry.id = "0123456789abcdef";
  entry.path = "my \"odd\\ dir/*.env";
  entry.expires = "2027-01-31";
  entry.reason = "line one\nline two = \"x\"";
  const Result<std::string> text = add_ignore_entry("", entry);
  REQUIRE(text);
  const IgnoreFile file = read_ignore_file(*text, "f");
  CHECK(file.problems.empty());
  REQUIRE(file.entries.size() == 1);
  CHECK(file.entries[0].path == entry.path);
  CHECK(file.entries[0].expires == entry.expires);
  CHECK(file.entries[0].reason == "line one line two = \"x\"");
}

TEST_CASE("writing keeps what was there and renews the same entry") {
  const std::string before = "# ours\nid=0123456789abcdef reason=old\npath=a reason=b";
  IgnoreEntry entry;
  entry.id = "0123456789abcdef";
  entry.reason = "new";
  const Result<std::string> text = add_ignore_entry(before, entry);
  REQUIRE(text);
  CHECK(*text == "# ours\nid=0123456789abcdef reason=new\npath=a reason=b\n");
}

TEST_CASE("an entry without selector, reason or a real date is refused") {
  IgnoreEntry entry;
  entry.reason = "r";
  CHECK(add_ignore_entry("", entry).error().code == "no-selector");
  entry.rule = "x";
  entry.reason = "…";
  CHECK(add_ignore_entry("", entry).error().code == "no-reason");
  entry.reason = "r";
  entry.expires = "2026-13-01";
  CHECK(add_ignore_entry("", entry).error().code == "bad-date");
  entry.expires = "2024-02-29";
  CHECK(add_ignore_entry("", entry).ok());
}

TEST_CASE("globs are those of gitignore") {
  for (const auto& [glob, path, fits] :
       std::vector<std::tuple<std::string, std::string, bool>>{{"*.env", "a/b/c.env", true},
                                                               {"*.env", "c.env.txt", false},
                                                               {"docs/*.md", "docs/a.md", true},
                                                               {"docs/*.md", "docs/x/a.md", false},
                                                               {"docs/**/a.md", "docs/a.md", true},
                                                               {"docs/**/a.md", "docs/x/y/a.md", true},
                                                               {"/docs", "docs/x", true},
                                                               {"/docs", "x/docs", false},
                                                               {"docs/", "x/docs/a", true},
                                                               {"tests/**", "tests/a/b", true},
                                                               {"tests/**", "test", false},
                                                               {"**", "anything/at/all", true},
                                                               {"a?c", "abc", true},
                                                               {"a?c", "a/c", false},
                                                               {"[a-c]x", "bx", true},
                                                               {"[!a-c]x", "bx", false},
                                                               {"[x", "[x", true},
                                                               {"\\*", "*", true},
                                                               {"\\*", "a", false},
                                                               {"a.zip!/b", "a.zip!/b", true},
                                                               {"a.zip", "a.zip!/b", true},
                                                               {"*.zip", "x/a.zip!/b/c", true},
                                                               {"x/a.zip", "x/a.zip!/b", true},
                                                               {"a.env/", "a.env", false},
                                                               {"docs/**/", "docs/a", true},
                                                               {"", "a", false}}) {
    INFO(glob << " on " << path);
    CHECK(glob_fits(glob, path) == fits);
  }
  // Nothing explodes.
  const std::string stars(200, '*');
  CHECK_FALSE(glob_fits("a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
  CHECK(glob_fits(stars, std::string(5000, 'a')));
}

}  // namespace kimiguard::suppress

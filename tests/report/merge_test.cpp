#include "scanner/report/merge.h"

#include <nlohmann/json.hpp>

#include "tests/report/written.h"

namespace kimiguard::report {

TEST_CASE("one key in two repositories is one record") {
  sample::Random random(1);
  Finding here = sample::leak(random, "src/a.env");
  Finding there = here;
  there.places[0].provenance.date = "2026-01-02T00:00:00+08:00";  // earlier: 2026-01-01T16:00Z
  there.places[0].provenance.pushed = Pushed::no;
  Report first = sample::scan({here, sample::platform_leak(random, "b")});
  Report second = sample::scan({there});
  second.repositories[0].remote = "https://example.org/other.git";
  second.coverage.gaps = {{GapKind::unreadable, "x", "y", "z", 1}};
  const std::vector<MergeInput> inputs = {{"one.json", written("json", first)},
                                          {"two.json", written("json", second)}};
  const Result<Merged> merged = merge_reports(
      inputs, {{"https://example.org/other.git", "* @all\n/src/ @src-team # comment\n/src/*.md @docs\n"},
               {"one.json", "[Section]\nsrc/* dev@example.org\n"}});
  REQUIRE(merged);
  REQUIRE(merged->records.size() == 2);
  const MergedRecord& record = merged->records[0];
  CHECK(record.id == here.secret->id());
  CHECK(record.repositories == std::vector<std::string>{"https://example.org/other.git",
                                                        "ssh://git@github.com/me/project.git"});
  CHECK(record.first_seen == "2026-01-02T00:00:00+08:00");
  CHECK(record.pushed == Pushed::yes);
  CHECK(record.owners == std::vector<std::string>{"@src-team", "dev@example.org"});
  CHECK(record.places.size() == 2);
  CHECK(merged->incomplete == std::vector<std::string>{"two.json"});
  CHECK(merged_json(*merged) ==
        merged_json(*merge_reports(
            {inputs[1], inputs[0]},
            {{"https://example.org/other.git", "* @all\n/src/ @src-team # comment\n/src/*.md @docs\n"},
             {"one.json", "[Section]\nsrc/* dev@example.org\n"}})));
  CHECK(nlohmann::json::parse(merged_json(*merged))["records"][0]["places"].size() == 2);
}

TEST_CASE("a report given twice changes nothing") {
  sample::Random random(2);
  const std::string text = written("json", sample::rich(random));
  const Result<Merged> once = merge_reports({{"a", text}}, {});
  const Result<Merged> twice = merge_reports({{"a", text}, {"a", text}}, {});
  REQUIRE(once);
  REQUIRE(twice);
  REQUIRE(once->records.size() == twice->records.size());
  for (std::size_t i = 0; i < once->records.size(); ++i)
    CHECK(once->records[i].places.size() == twice->records[i].places.size());
}

TEST_CASE("what is no report is refused by name, and a key in one does not get out") {
  CHECK(merge_reports({{"x.json", "{}"}}, {}).error().message.starts_with("x.json is no JSON report"));
  CHECK_FALSE(merge_reports({{"x.json", std::string(100000, '[')}}, {}));
  sample::Random random(3);
  const std::string key = sample::random_key(random, "sk-kimi-", 64);
  const std::string text = R"({"format":"kimiguard-report/1","findings":[{"id":"x","ruleId":")" + key +
                           R"(","secret":")" + key + R"(","places":[{"uri":")" + key +
                           R"(","uriBaseId":7}]}]})";
  const Result<Merged> merged = merge_reports({{"x", text}}, {});
  REQUIRE(merged);
  CHECK(merged_json(*merged).find(key.substr(8, 30)) == std::string::npos);
}

}  // namespace kimiguard::report

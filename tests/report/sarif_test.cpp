// SARIF as design §4 fixes it. ci/validate-sarif.sh runs Microsoft's validator over the same.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/report/written.h"

namespace kimiguard::report {
namespace {

using nlohmann::json;

json run_of(const Report& report, const Options& options = {}) {
  const json log = json::parse(written("sarif", report, options));
  REQUIRE(log["version"] == "2.1.0");
  REQUIRE(log["runs"].size() == 1);
  return log["runs"][0];
}

void every_location(const json& run, const std::function<void(const json&)>& visit) {
  for (const json& result : run["results"]) {
    for (const json& location : result["locations"]) visit(location["physicalLocation"]);
    if (result.contains("relatedLocations"))
      for (const json& location : result["relatedLocations"]) visit(location["physicalLocation"]);
  }
}

}  // namespace

TEST_CASE("an empty run still says what was looked for") {
  const json run = run_of(sample::scan({}));
  CHECK(run["results"].empty());
  CHECK(run["tool"]["driver"]["rules"].size() == 3);
  CHECK(run["invocations"][0]["executionSuccessful"] == true);
  CHECK(run["invocations"][0]["exitCode"] == 0);
  CHECK(run["automationDetails"]["id"] == "kimiguard/full/");
  CHECK(run["columnKind"] == "unicodeCodePoints");
  CHECK_FALSE(run.contains("artifacts"));
  CHECK(run["versionControlProvenance"][0]["repositoryUri"] == "ssh://git@github.com/me/project.git");
  CHECK(run["versionControlProvenance"][0]["mappedTo"]["uriBaseId"] == "%SRCROOT%");
}

TEST_CASE("every rule has a page with the steps of each realm its keys may come from") {
  const json run = run_of(sample::scan({}));
  for (const json& rule : run["tool"]["driver"]["rules"]) {
    CHECK_FALSE(rule["fullDescription"]["text"].get<std::string>().empty());
    CHECK_FALSE(rule["help"]["text"].get<std::string>().empty());
    CHECK(rule["helpUri"] == "https://platform.kimi.ai/docs");
    CHECK(rule["properties"]["tags"][0] == "security");
    CHECK(rule["properties"].contains("precision"));
  }
  const std::string help = run["tool"]["driver"]["rules"][0]["help"]["markdown"];
  for (const char* console : {"https://www.kimi.com/code/console", "https://www.kimi.ai/code/console"})
    CHECK_THAT(help, ContainsSubstring(console));
  // Deleted first where it is public, last where it is not.
  CHECK_THAT(help, ContainsSubstring("1. Delete the key"));
  CHECK_THAT(help, ContainsSubstring("1. Create a new key"));
  CHECK(run["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "9.5");
}

TEST_CASE("the text of a message is its pattern with its arguments") {
  sample::Random random(std::random_device{}());
  const json run = run_of(sample::rich(random));
  for (const json& result : run["results"]) {
    const json& message = result["message"];
    std::string text = run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]
                          ["messageStrings"][message["id"].get<std::string>()]["text"];
    for (std::size_t at = text.find("{{"); at != std::string::npos; at = text.find("{{", at + 1))
      text.erase(at, 1);
    for (std::size_t i = 0; message.contains("arguments") && i < message["arguments"].size(); ++i) {
      const std::string mark = "{" + std::to_string(i) + "}";
      for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark))
        text.replace(at, mark.size(), message["arguments"][i].get<std::string>());
    }
    CHECK(text == message["text"].get<std::string>());
    CHECK(result["ruleId"] ==
          run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"]);
  }
}

TEST_CASE("a finding that HEAD lacks says so, one that HEAD has does not") {
  sample::Random random(1);
  const json run = run_of(sample::scan({sample::platform_leak(random, "a"), sample::leak(random, "b")}));
  CHECK(run["results"][0]["message"]["text"].get<std::string>().starts_with("Kimi Code key"));
  CHECK(run["results"][1]["message"]["text"].get<std::string>().starts_with("[history only] "));
}

TEST_CASE("every location has a base, a region with a snippet, and a wider context") {
  sample::Random random(2);
  const json run = run_of(sample::rich(random));
  std::size_t seen = 0;
  every_location(run, [&](const json& location) {
    ++seen;
    const std::string base = location["artifactLocation"]["uriBaseId"];
    CHECK(run["originalUriBaseIds"].contains(base));
    const std::string uri = location["artifactLocation"]["uri"];
    CHECK(uri.find("..") == std::string::npos);
    CHECK_FALSE(uri.starts_with("/"));
    const json& region = location["region"];
    const json& context = location["contextRegion"];
    CHECK(region["startLine"] >= 1);
    CHECK(region["startColumn"] >= 1);
    CHECK(region["snippet"].contains("text"));
    CHECK(context["snippet"].contains("text"));
    CHECK(context["startLine"] <= region["startLine"]);
    CHECK(context["endLine"] >= region["endLine"]);
  });
  CHECK(seen > 10);
}

TEST_CASE("paths are percent-encoded and never climb") {
  sample::Random random(3);
  const json run = run_of(sample::scan({sample::leak(random, "../a b/./c#d?e%/\xFF\xE4\xB8\xAD:x")}));
  CHECK(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] ==
        "a%20b/c%23d%3Fe%25/%FF%E4%B8%AD%3Ax");
}

TEST_CASE("an archive member is named behind its archive, a cell as a logical location") {
  sample::Random random(4);
  Finding finding = sample::leak(random, "a.zip");
  finding.places[0].inside = {{Inside::Kind::archive_member, "b/state.db", "", ""},
                              {Inside::Kind::table_cell, "chats", "17", "body"}};
  const json run = run_of(sample::scan({finding}));
  const json& location = run["results"][0]["locations"][0];
  CHECK(location["physicalLocation"]["artifactLocation"]["uri"] == "a.zip!/b/state.db");
  CHECK(location["logicalLocations"][0]["fullyQualifiedName"] == "chats/17/body");
  CHECK(location["logicalLocations"][0]["properties"]["column"] == "body");
}

TEST_CASE("binary places tell their offset") {
  sample::Random random(4);
  Finding finding = sample::leak(random, "core");
  finding.places[0].region.binary = true;
  const json run = run_of(sample::scan({finding}));
  const json& region = run["results"][0]["locations"][0]["physicalLocation"]["region"];
  CHECK(region["byteOffset"] == 300);
  CHECK(region["byteLength"] == 72);
}

TEST_CASE("a result carries its facts and both fingerprints") {
  sample::Random random(5);
  const Report report = sample::scan({sample::leak(random, "a.env", 3)});
  const json run = run_of(report);
  const json& result = run["results"][0];
  CHECK(result["partialFingerprints"]["primaryLocationLineHash"] == "39fa2ee980eb94b0:1");
  CHECK(result["partialFingerprints"]["kimiguard/v1"] == report.findings[0].fingerprint);
  const json& facts = result["properties"];
  CHECK(facts["secretSha256"] == report.findings[0].secret->id());
  CHECK(facts["secretKind"] == "kimi-code-key");
  CHECK(facts["realm"] == "kimi-code-cn");
  CHECK(facts["confidence"] == "high");
  CHECK(facts["severity"] == "critical");
  CHECK(facts["validity"] == "unchecked");
  CHECK(facts["evidence"][1]["text"] == "api.kimi.com");
  CHECK(facts["exposure"]["tracked"] == true);
  CHECK(facts["provenance"]["class"] == "head");
  CHECK(facts["provenance"]["pushed"] == "yes");
  CHECK(facts["provenance"]["date"] == "2026-01-02T03:04:05+08:00");
  CHECK_FALSE(facts["provenance"].contains("author"));
  CHECK(facts["decoded"].is_array());
  CHECK(result["relatedLocations"].size() == 2);
  CHECK(result["level"] == "error");
}

TEST_CASE("a setting without a secret has no secret's fields") {
  sample::Random random(6);
  Finding finding = sample::mismatch(random, "a.json");
  finding.secret.reset();
  const json facts = run_of(sample::scan({finding}))["results"][0]["properties"];
  CHECK_FALSE(facts.contains("secretSha256"));
  CHECK_FALSE(facts.contains("secretKind"));
  CHECK_FALSE(facts.contains("realm"));
  CHECK(facts["keyPath"] == "providers.kimi.base_url");
}

TEST_CASE("inventory is informational and has no level") {
  sample::Random random(7);
  Finding finding = sample::leak(random, "a");
  finding.severity = Severity::inventory;
  const json result = run_of(sample::scan({finding}))["results"][0];
  CHECK(result["kind"] == "informational");
  CHECK(result["level"] == "none");
}

TEST_CASE("a hundred related places are listed, the rest counted") {
  sample::Random random(8);
  const json result = run_of(sample::scan({sample::leak(random, "a", 151)}))["results"][0];
  CHECK(result["relatedLocations"].size() == 100);
  CHECK(result["properties"]["placeCount"] == 151);
  CHECK(result["properties"]["placesNotListed"] == 50);
}

TEST_CASE("five thousand results are kept, the most severe in stable order, and the rest is named") {
  sample::Random random(9);
  std::vector<Finding> findings;
  for (int i = 0; i < 5003; ++i) {
    Finding finding = sample::platform_leak(random, "n" + std::to_string(i));
    finding.severity = i % 2 == 0 ? Severity::note : Severity::critical;
    findings.push_back(std::move(finding));
  }
  const json run = run_of(sample::scan(findings));
  REQUIRE(run["results"].size() == 5000);
  CHECK(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "n1");
  CHECK(run["results"][2501]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "n0");
  CHECK(run["results"][4999]["level"] == "note");
  const json& cut = run["invocations"][0]["toolExecutionNotifications"][0];
  CHECK(cut["descriptor"]["id"] == "results-cut");
  CHECK_THAT(cut["message"]["text"].get<std::string>(), ContainsSubstring("3 are left out: 3 note"));
}

TEST_CASE("suppressed results are left out unless asked for") {
  sample::Random random(10);
  const Report report = sample::rich(random);
  Options options;
  const json without = run_of(report, options);
  options.with_suppressed = true;
  const json with = run_of(report, options);
  CHECK(with["results"].size() == without["results"].size() + 1);
  std::size_t accepted = 0;
  for (const json& result : with["results"]) {
    REQUIRE(result.contains("suppressions"));
    if (result["suppressions"].empty()) continue;
    ++accepted;
    CHECK(result["suppressions"][0]["kind"] == "external");
    CHECK(result["suppressions"][0]["justification"] == "revoked in March");
  }
  CHECK(accepted == 1);
  CHECK(without["properties"]["suppressed"] == 1);
}

TEST_CASE("every gap is a notification and what could not be read makes the run unsuccessful") {
  sample::Random random(11);
  const json invocation = run_of(sample::rich(random))["invocations"][0];
  CHECK(invocation["executionSuccessful"] == false);
  std::set<std::string> ids;
  for (const json& notification : invocation["toolExecutionNotifications"])
    ids.insert(notification["descriptor"]["id"].get<std::string>());
  CHECK(ids == std::set<std::string>{"coverage/unreadable/permission", "coverage/not-here/shallow",
                                     "coverage/set-aside/link", "coverage/not-parsed/yaml", "note"});
}

TEST_CASE("a rule that the rulebook lacks is still described") {
  sample::Random random(12);
  Finding finding = sample::leak(random, "a");
  finding.rule = "house-token";
  const json run = run_of(sample::scan({finding}));
  const json& rule = run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"].get<std::size_t>()];
  CHECK(rule["id"] == "house-token");
  CHECK(rule.contains("fullDescription"));
  CHECK(rule.contains("help"));
}

}  // namespace kimiguard::report

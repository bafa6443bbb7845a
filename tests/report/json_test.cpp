#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/report/schema_check.h"
#include "tests/report/written.h"

namespace kimiguard::report {
namespace {

using nlohmann::json;

json schema() {
  std::ifstream in(std::string(KIMIGUARD_SOURCE_DIR) + "/schema/kimiguard-report.schema.json");
  REQUIRE(in);
  return json::parse(in);
}

}  // namespace

TEST_CASE("JSON reports fit their schema") {
  sample::Random random(std::random_device{}());
  Options options;
  options.with_suppressed = true;
  for (const Report& report : {sample::scan({}), sample::rich(random)}) {
    const json value = json::parse(written("json", report, options));
    CHECK(schema_complaints(schema(), value) == std::vector<std::string>{});
  }
  json broken = json::parse(written("json", sample::rich(random)));
  broken["findings"][0]["severity"] = "dreadful";
  broken["extra"] = 1;
  CHECK(schema_complaints(schema(), broken).size() == 2);
}

TEST_CASE("JSON lists every place") {
  sample::Random random(1);
  const json value = json::parse(written("json", sample::scan({sample::leak(random, "a", 250)})));
  CHECK(value["findings"][0]["places"].size() == 250);
  CHECK(value["summary"]["bySeverity"]["critical"] == 1);
}

TEST_CASE("bytes of names that are no UTF-8 are percent-encoded") {
  sample::Random random(2);
  const json value =
      json::parse(written("json", sample::scan({sample::leak(random, "caf\xE9/\xC3\xA9")})));
  CHECK(value["findings"][0]["places"][0]["path"] == "caf%E9/\xC3\xA9");
  CHECK(value["findings"][0]["places"][0]["uri"] == "caf%E9/%C3%A9");
}

TEST_CASE("JSONL is one finding a line, then a summary") {
  sample::Random random(3);
  const std::vector<std::string> lines = lines_of(written("jsonl", sample::rich(random)));
  REQUIRE(lines.size() == 7);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) CHECK(json::parse(lines[i])["type"] == "finding");
  const json last = json::parse(lines.back());
  CHECK(last["type"] == "summary");
  CHECK(last["summary"]["findings"] == 6);
  CHECK(last["summary"]["suppressed"] == 1);
}

TEST_CASE("messages follow the language that was asked for, names of fields never do") {
  sample::Random random(4);
  Options options;
  options.language = "zh";
  const json value = json::parse(written("json", sample::scan({sample::leak(random, "a")}), options));
  CHECK(value["findings"][0]["title"] == "Kimi Code 密钥");
  CHECK(value["findings"][0]["severity"] == "critical");
}

}  // namespace kimiguard::report

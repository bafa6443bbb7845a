// csv, junit, markdown, gitlab, github, html: each by what its readers demand.
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "scanner/report/markup.h"
#include "tests/report/schema_check.h"
#include "tests/report/written.h"

namespace kimiguard::report {
namespace {

using nlohmann::json;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

// A finding whose every name tries to break out of the format.
Report hostile(sample::Random& random) {
  Finding finding = sample::leak(random, "a\"b'<script>|`x`,:%\r\n::error::]]>&=cmd.env");
  finding.places[0].variable = "=cmd|' /C calc'!A0<b>";
  Report report = sample::scan({finding});
  report.coverage.gaps = {{GapKind::unreadable, "x", "<i>&\x01", "a\n::error::b", 1}};
  return report;
}

}  // namespace

TEST_CASE("csv has a row for each place, quoted, and no formula") {
  sample::Random random(1);
  const std::string text =
      written("csv", sample::scan({sample::leak(random, "a", 3), sample::mismatch(random, "b")}));
  CHECK(count(text, "\r\n") == 5);
  Finding finding = sample::leak(random, "=1+1,\"x\"");
  CHECK_THAT(written("csv", sample::scan({finding})),
             ContainsSubstring("\"'=1+1,\"\"x\"\":3:14\"") || ContainsSubstring("\"'=1+1,\"\"x\"\"\""));
}

// Terminals, spreadsheets and pages read these files, too: ESC and CSI, line ends, bidirectional marks, bytes that are no
// UTF-8, characters that XML forbids.
TEST_CASE("no format of lines or markup lets a file name's control characters through") {
  sample::Random random(9);
  Finding finding = sample::leak(random, "a\x1b[31mb\u009b1mc\nd\re\tf\u202eg\xffh\uFFFEi.env");
  finding.places[0].variable = "V\x1b]0;x\x07";
  const Report report = sample::scan({finding});
  for (const std::string format : {"csv", "junit", "markdown", "html", "github", "text"}) {
    INFO(format);
    const std::string text = written(format, report);
    CHECK(text.find("a\x1b[31m") == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
    CHECK(text.find("\u009b") == std::string::npos);
    CHECK(text.find("\u202e") == std::string::npos);
    // In markup a line end is white space.
    if (format != "junit" && format != "html") CHECK(text.find("c\nd") == std::string::npos);
    CHECK(text.find("d\re") == std::string::npos);
    CHECK(text.find('\xff') == std::string::npos);
  }
  CHECK(count(written("csv", report), "\n") == 2);
  CHECK(written("junit", report).find("\uFFFE") == std::string::npos);
  finding.places[0].path = finding.places[0].uri = "\uFF1D1+1";
  CHECK_THAT(written("csv", sample::scan({finding})), ContainsSubstring("\"'\uFF1D1+1"));
}

TEST_CASE("junit is well-formed, fails what the run fails on, and passes rules that found nothing") {
  sample::Random random(2);
  Report report = sample::rich(random);
  report.fail_on = Severity::high;
  const std::string text = written("junit", report);
  CHECK(count(text, "<failure ") == 3);
  CHECK(count(text, "<error ") == 1);
  CHECK_THAT(text, ContainsSubstring("timestamp=\"1970-01-01T00:00:00\""));
  CHECK_THAT(written("junit", sample::scan({})), ContainsSubstring("name=\"nothing found\""));
  const std::string escaped = written("junit", hostile(random));
  CHECK(escaped.find("<script>") == std::string::npos);
  CHECK(escaped.find('\x01') == std::string::npos);
}

TEST_CASE("github annotations cannot be broken out of") {
  sample::Random random(3);
  for (const std::string& line : lines_of(written("github", hostile(random)))) {
    INFO(line);
    CHECK(std::regex_search(line, std::regex("^::(error|warning|notice) ")));
  }
  const std::string text = written("github", sample::scan({sample::leak(random, "a b.env", 2)}));
  CHECK_THAT(text,
             ContainsSubstring(
                 "::error file=a b.env,line=3,endLine=3,col=14,endColumn=86,title=Kimi Code key::"));
  CHECK_THAT(text, ContainsSubstring("And in 1 more place."));
}

TEST_CASE("markdown shows names as text, never as markup") {
  sample::Random random(4);
  // Names stand in code spans, where nothing is markup; everything else is escaped.
  const std::string text = written("markdown", hostile(random));
  CHECK(text.find("<b>") == std::string::npos);
  CHECK(text.find("<i>") == std::string::npos);
  CHECK_THAT(written("markdown", sample::scan({})), ContainsSubstring("**Nothing found.**"));
  CHECK(markdown_code("a`b") == "`` a`b ``");
  CHECK(markdown_text("[x](y) @me <b> a|b") == "\\[x\\]\\(y\\) &#64;me &lt;b&gt; a\\|b");
}

TEST_CASE("html is one closed page without script or outside address") {
  sample::Random random(5);
  const std::string text = written("html", hostile(random));
  CHECK(text.find("<script") == std::string::npos);
  CHECK(text.find("src=") == std::string::npos);
  CHECK(text.find("<link") == std::string::npos);
  CHECK(text.starts_with("<!doctype html>"));
  CHECK(text.ends_with("</html>\n"));
  CHECK(count(text, "<article") == count(text, "</article>"));
  CHECK_THAT(text, ContainsSubstring("prefers-color-scheme:dark"));
}

// What version 15.0.4 of GitLab's schema asks for (read there; the schema itself is GitLab's).
TEST_CASE("the gitlab report has what GitLab's schema requires") {
  sample::Random random(6);
  Options options;
  options.time = 1700000000;
  for (const Report& report : {sample::scan({}), sample::rich(random)}) {
    const json value = json::parse(written("gitlab", report, options));
    CHECK(value["version"] == "15.0.4");
    const json& scan = value["scan"];
    CHECK(scan["type"] == "secret_detection");
    CHECK((scan["status"] == "success" || scan["status"] == "failure"));
    for (const char* time : {"start_time", "end_time"}) CHECK(scan[time] == "2023-11-14T22:13:20");
    for (const char* tool : {"analyzer", "scanner"})
      for (const char* field : {"id", "name", "version"})
        CHECK_FALSE(scan[tool][field].get<std::string>().empty());
    CHECK(scan["analyzer"]["vendor"]["name"] == "kimiguard");
    for (const json& message : scan["messages"]) {
      CHECK((message["level"] == "info" || message["level"] == "warn"));
      CHECK_FALSE(message["value"].get<std::string>().empty());
    }
    for (const json& one : value["vulnerabilities"]) {
      CHECK(std::regex_match(
          one["id"].get<std::string>(),
          std::regex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
      CHECK(one["name"].get<std::string>().size() <= 255);
      CHECK(one["solution"].get<std::string>().size() <= 7000);
      const std::string severity = one["severity"];
      CHECK((severity == "Info" || severity == "Low" || severity == "Medium" || severity == "High" ||
             severity == "Critical"));
      CHECK(one["identifiers"].size() >= 1);
      CHECK_FALSE(one["location"]["commit"]["sha"].get<std::string>().empty());
      CHECK(one["location"]["start_line"].is_number());
      CHECK(one["tracking"]["items"][0]["signatures"].size() >= 1);
      for (const json& link : one.value("links", json::array()))
        CHECK(link["url"].get<std::string>().starts_with("http"));
    }
  }
}

TEST_CASE("the gitlab report keeps to the schema, and the schema notices what does not") {
  const json schema = json::parse(std::ifstream(KIMIGUARD_SOURCE_DIR "/tests/report/gitlab-secret-detection.schema.json"));
  sample::Random random(16);
  Options options;
  options.time = 1700000000;
  json last;
  for (const Report& report : {sample::scan({}), sample::rich(random), hostile(random)}) {
    last = json::parse(written("gitlab", report, options));
    CHECK(schema_complaints(schema, last) == std::vector<std::string>{});
  }
  last["scan"]["status"] = "done";
  last["vulnerabilities"][0]["identifiers"] = json::array();
  last["vulnerabilities"][0].erase("location");
  last["vulnerabilities"][0]["name"] = std::string(256, 'n');
  CHECK(schema_complaints(schema, last).size() == 4);
}

TEST_CASE("an unknown format is refused with the list") {
  std::ostringstream out;
  const Status status = write_report("docx", Report{}, Rulebook{}, {}, out);
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().message, ContainsSubstring("text, json, jsonl, sarif"));
  CHECK(writer_named("sarif") != nullptr);
}

TEST_CASE("a stream that fails is an error, not silence") {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  CHECK(write_report("json", Report{}, Rulebook{}, {}, out).error().code == "unwritable");
}

}  // namespace kimiguard::report

#include "scanner/report/message.h"
#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/rulebook.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;

TEST_CASE("every built-in leak rule's message has a value for each of its placeholders") {
  const auto book = read_rulebook(built_in_rule_files());
  REQUIRE(book);
  test::Keys keys(3);
  Finding finding;
  finding.secret = Secret(keys.kimi_code());
  finding.evidence = {{"host", "api.moonshot.cn", 1}};
  Place place;
  place.path = "settings.json";
  finding.places = {place};
  int leaks = 0;
  for (const Rule& rule : book->rules) {
    if (rule.kind != Rule::Kind::leak) continue;
    ++leaks;
    finding.rule = rule.id;
    for (const char* language : {"en", "zh"}) {
      const report::Message message = report::message_of(finding, &rule, language, report::When::now);
      CAPTURE(rule.id, language, message.text);
      CHECK(message.text.find("'unknown'") == std::string::npos);
      CHECK(message.text.find("'未知'") == std::string::npos);
      CHECK(message.text.find("settings.json") != std::string::npos);
    }
  }
  CHECK(leaks >= 5);
}

// The changes of a finding in words: each setting once, the values and the ways to choose from.
#include "scanner/report/changes.h"

#include "tests/support/catch.h"

namespace kimiguard {
namespace {

Change change(const std::string& file, const std::string& key_path, const std::string& from, const std::string& to, std::uint64_t line = 0, bool instead = false) {
  return {file, key_path, from, to, line, instead};
}

std::vector<std::string> words_of(const Finding& finding, const std::string& language = "en") {
  const report::Voice voice(language);
  std::vector<std::string> all;
  for (const report::ChangeStep& step : report::change_steps(finding))
    all.push_back(std::string(report::change_label(step, voice)) + " " + report::change_words(step, voice));
  return all;
}

}  // namespace

TEST_CASE("two values of one setting are one step with a choice, two ways are told apart") {
  Finding finding;
  finding.places.emplace_back();
  finding.places.back().path = "a.toml";
  finding.changes = {change("b.sh", "KEY", "x", "", 3), change("b.sh", "KEY", "x", "y", 3, true), change("a.toml", "url", "u", "v", 1, true), change("a.toml", "url", "u", "w", 1),
                     change("a.toml", "model", "m", "n", 2)};
  CHECK(words_of(finding) == std::vector<std::string>{"Change b.sh:3 KEY: remove x", "Or b.sh:3 KEY: x → y", "Or url: u → either v or w", "and model: m → n"});
  CHECK(words_of(finding, "zh") == std::vector<std::string>{"修改 b.sh:3 KEY：删除 x", "或者 b.sh:3 KEY：x → y", "或者 url：u → v 或 w", "并 model：m → n"});
}

TEST_CASE("a setting that is not there is added, in the file that is named") {
  Finding finding;
  finding.places.emplace_back();
  finding.places.back().path = "secrets.json";
  finding.changes = {change("state.json", "line", "", "china"), change("state.json", "line", "", "china")};
  CHECK(words_of(finding) == std::vector<std::string>{"Change state.json line: add china"});
}

}  // namespace kimiguard

// Values of a deleted row, with nothing between them (Document::joined).
#include <string>
#include <vector>

#include "tests/detect/scan_text.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;

namespace {

std::vector<std::string> rules_in(const std::string& text, bool joined = true) {
  Document document;
  document.bytes = text;
  document.origin = std::make_shared<Origin>();
  document.joined = joined;
  std::vector<std::string> rules;
  for (const Match& match : test::built_in_detector().examine(document)) rules.push_back(match.rule);
  return rules;
}

using Rules = std::vector<std::string>;

}  // namespace

TEST_CASE("a key that touches its neighbours is found where values are joined, and only there") {
  test::Keys keys(21);
  const std::string code = keys.kimi_code();
  const std::string platform = keys.platform();
  CHECK(rules_in("kimi-k2" + code + "https://api.kimi.com/coding") == Rules{"kimi-code-key"});
  CHECK(rules_in("kimi-k2" + code + "https://api.kimi.com/coding", false).empty());
  CHECK(rules_in("kimi" + platform + "https://api.moonshot.cn/v1") == Rules{"moonshot-platform-key"});
  CHECK(rules_in("kimi" + platform + "https://api.moonshot.cn/v1", false).empty());
}

TEST_CASE("among joined values a touching run of letters is no key of nobody's, nor the first part of another's") {
  test::Keys keys(22);
  CHECK(rules_in("the ta" + keys.platform() + " of the day").empty());
  CHECK(rules_in("xsk-" + keys.alnum(60) + " y").empty());
  std::string hex = "sk-";
  for (const char c : keys.alnum(32)) hex += "0123456789abcdef"[static_cast<unsigned char>(c) % 16];
  CHECK(rules_in("api.moonshot.cn " + hex + "deepseekchatcompletions").empty());
  CHECK(rules_in("value " + keys.platform() + " more") == Rules{"unattributed-sk-key"});
}

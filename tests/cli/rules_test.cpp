#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

constexpr const char* kRule = R"([[rule]]
id = "acme-key"
kind = "leak"
title = { en = "Acme key" }
description = { en = "A key of Acme." }
message = { en = "A key of Acme lies here" }
advice = { en = "Rotate it." }
expression = '''\bacme-[a-z0-9]{20}\b'''
secret_kind = "acme-key"
precision = "high"
worst = "high"
references = ["https://example.org/"]
examples = ["key = acme-{{from}}"]
counter_examples = ["key = acme-short"]
)";

std::string rule_with(const std::string& example) {
  std::string text = kRule;
  const std::string from = "acme-{{from}}";
  text.replace(text.find(from), from.size(), example);
  return text;
}

}  // namespace

TEST_CASE("the rules in force are listed with kind, severity, precision and title") {
  const Ran ran = kimiguard({"rules", "list"});
  CHECK(ran.status == 0);
  for (const char* wanted :
       {"Leaks", "Settings", "kimi-code-key", "critical", "very-high", "kimi-region-conflict"})
    CHECK_THAT(ran.out, ContainsSubstring(wanted));
  const auto object = nlohmann::json::parse(kimiguard({"rules", "-f", "json"}).out);
  REQUIRE(object["rules"].size() >= 22);
  CHECK(ran.out.find("Leaks") < ran.out.find("Settings"));
  const auto one =
      nlohmann::json::parse(kimiguard({"rules", "show", "kimi-code-key", "-f", "json"}).out);
  CHECK(one["worstSeverity"] == "critical");
  CHECK_FALSE(one["remedies"].empty());
  CHECK_FALSE(one["severities"].empty());
}

TEST_CASE("the built-in rules' examples do what the rules say") {
  const Ran ran = kimiguard({"rules", "check"});
  INFO(ran.out << ran.err);
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, ContainsSubstring("examples"));
  CHECK(kimiguard({"rules", "check", "kimi-code-key"}).status == 0);
  CHECK(kimiguard({"rules", "check", "no-such-rule"}).status == 2);
}

TEST_CASE("rules check with a file where a rule's id stands says how to give it") {
  const Folder folder;
  const std::string file = folder.write("mine.toml", "").string();
  const Ran ran = kimiguard({"rules", "check", file});
  CHECK(ran.status == 2);
  CHECK_THAT(ran.err, ContainsSubstring("--rules " + file));
}

TEST_CASE("a rule of one's own is checked, and a wrong example named with its file and line") {
  const Folder folder;
  const std::string good = folder.write("good.toml", rule_with("acme-{{from}}")).string();
  RunOptions options;
  options.environment["XDG_CACHE_HOME"] = (folder / "cache").string();
  // An unknown template word is a failure, not a crash.
  const Ran unknown = kimiguard({"rules", "check", "--rules", good}, options);
  CHECK(unknown.status == 1);
  folder.write("right.toml", rule_with("acme-{{lower:20}}"));
  const Ran right =
      kimiguard({"rules", "check", "acme-key", "--rules", (folder / "right.toml").string()}, options);
  INFO(right.out << right.err);
  CHECK(right.status == 0);
  folder.write("wrong.toml", rule_with("acme-{{lower:19}}"));
  const Ran wrong = kimiguard({"rules", "check", "--rules", (folder / "wrong.toml").string()}, options);
  CHECK(wrong.status == 1);
  CHECK_THAT(wrong.out, ContainsSubstring("wrong.toml:1: acme-key: yields nothing; expected acme-key"));
  const auto object = nlohmann::json::parse(
      kimiguard({"rules", "check", "-f", "json", "--rules", (folder / "wrong.toml").string()}, options)
          .out);
  REQUIRE(object["failures"].size() == 1);
  CHECK(object["failures"][0]["line"] == 1);
}

TEST_CASE("a broken rule file is wrong usage and says where") {
  const Folder folder;
  folder.write("broken.toml", "[[rule]]\nid = \"x\nkind = 3\n");
  const Ran ran = kimiguard({"rules", "list", "--rules", (folder / "broken.toml").string()});
  CHECK(ran.status == 2);
  CHECK_THAT(ran.err, ContainsSubstring("broken.toml:2"));
}

}  // namespace kimiguard::test

TEST_CASE("an option that may be repeated takes one value, and leaves the PATH after it alone") {
  kimiguard::test::Repo repo;
  kimiguard::test::Keys keys(61);
  repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  repo.write("clean/b.txt", "nothing\n");
  const auto clean = repo.kimiguard({"scan", "--report", "json=out.json", "clean"});
  CHECK(clean.status == 0);
  const auto broken = repo.kimiguard({"scan", "--rules", "a.env", "clean"});
  CHECK(broken.status == 2);
  CHECK(broken.err.find("a.env:1") != std::string::npos);
  CHECK(broken.err.find("sk-kimi-") == std::string::npos);
}

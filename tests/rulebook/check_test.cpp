#include "scanner/rulebook/check.h"

#include "scanner/rulebook/message.h"
#include "scanner/rulebook/nearest_word.h"
#include "scanner/rulebook/pattern_database.h"
#include "tests/support/catch.h"

using namespace kimiguard;

namespace {

Rulebook book_of(const std::string& text) {
  auto book = read_rulebook({{"r.toml", text}});
  REQUIRE(book);
  return *book;
}

const char* const kRule = R"(
[[rule]]
id = "acme"
expression = 'acme-[a-z]{9}'
examples = ["k=acme-{{lower:9}}"]
counter_examples = ["k=acme-{{digits:9}}"]
)";

Yields yields_where(const std::string& needle) {
  return [needle](std::string_view text) -> Result<std::vector<std::string>> {
    if (text.find(needle) != std::string_view::npos &&
        text.find_first_of("0123456789") == std::string_view::npos)
      return std::vector<std::string>{"acme"};
    return std::vector<std::string>{};
  };
}

}  // namespace

TEST_CASE("examples that yield their rule and counter-examples that do not pass") {
  const CheckOutcome outcome = check_examples(book_of(kRule), yields_where("acme-"), 1);
  CHECK(outcome.rules == 1);
  CHECK(outcome.examples == 2);
  CHECK(outcome.failures.empty());
}

TEST_CASE("an example that yields nothing fails, and is shown as its template") {
  const CheckOutcome outcome = check_examples(book_of(kRule), yields_where("never"), 1);
  REQUIRE(outcome.failures.size() == 1);
  CHECK(outcome.failures[0].rule == "acme");
  CHECK(outcome.failures[0].example == "k=acme-{{lower:9}}");
  CHECK(outcome.failures[0].words == "yields nothing; expected acme");
  CHECK(outcome.failures[0].file == "r.toml");
  CHECK(outcome.failures[0].line == 2);
}

TEST_CASE("a counter-example that yields its rule fails") {
  const CheckOutcome outcome = check_examples(
      book_of(kRule),
      [](std::string_view) -> Result<std::vector<std::string>> {
        return std::vector<std::string>{"acme"};
      },
      1);
  REQUIRE(outcome.failures.size() == 1);
  CHECK_THAT(outcome.failures[0].words, ContainsSubstring("counter-example"));
}

TEST_CASE("a broken template and a detection that fails are failures") {
  const Rulebook book = book_of("[[rule]]\nid='a'\nexpression='x'\nexamples=['{{nope:1}}']\n");
  CHECK(check_examples(book, yields_where("x"), 1).failures.size() == 1);
  const CheckOutcome broken = check_examples(
      book_of(kRule),
      [](std::string_view) -> Result<std::vector<std::string>> {
        return Error{"x", "no detector"};
      },
      1);
  CHECK(broken.failures.size() == 2);
}

TEST_CASE("one rule can be checked alone") {
  CHECK(check_examples(book_of(kRule), yields_where("acme-"), 1, "other").rules == 0);
}

TEST_CASE("placeholders are filled once and unknown ones stay") {
  CHECK(fill_placeholders("{a} {b} {a} {", {{"a", "{b}"}, {"b", "x"}}) == "{b} x {b} {");
  CHECK(fill_placeholders("{unknown} {}", {}) == "{unknown} {}");
}

TEST_CASE("a variant has its own message, and the rule's advice where it has none") {
  const Rulebook book = book_of(R"(
[[rule]]
id = "c"
kind = "configuration"
message = "general"
advice = "do"
[[rule.variants]]
id = "v"
message = "special"
)");
  const Rule& rule = book.rules[0];
  CHECK(message_of(rule, {}).en == "general");
  CHECK(message_of(rule, {{"variant", "v"}}).en == "special");
  CHECK(message_of(rule, {{"variant", "w"}}).en == "general");
  CHECK(advice_of(rule, {{"variant", "v"}}).en == "do");
}

TEST_CASE("the nearest word is found where one is near") {
  CHECK(rulebook::nearest_word("expresion", {"expression", "examples"}) == "expression");
  CHECK(rulebook::nearest_word("Titel", {"title", "id"}) == "title");
  CHECK(rulebook::nearest_word("zzzz", {"title", "id"}).empty());
  CHECK(rulebook::nearest_word(std::string(1000, 'a'), {"title"}).empty());
}

TEST_CASE("a pattern that is refused is named by its number") {
  const auto made = compile_patterns({{"good[a-z]{9}", 0}, {"(bad", 1}});
  REQUIRE_FALSE(made);
  CHECK_THAT(made.error().message, ContainsSubstring("pattern 1"));
}

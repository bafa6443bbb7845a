// The small matcher answers as RE2 does.
#include "scanner/rulebook/small_matcher.h"

#include <re2/re2.h>

#include <random>
#include <string>
#include <vector>

#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/expression.h"
#include "scanner/rulebook/rulebook.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::rulebook;

namespace {

std::string one_of(std::mt19937& random, const std::vector<std::string>& pieces) { return pieces[random() % pieces.size()]; }

// Expressions of what stands around a key have such parts.
std::string random_expression(std::mt19937& random, int depth = 0) {
  static const std::vector<std::string> kParts = {"a", "b", "k", "sk-", ".", "[a-c]", "[^a\\s]", "\\w", "\\s", "\\d", "\\W", "\\b", "^", "$", "\\z",
                                                  "\\.", "[\\w.\\-]", "[\"'`]", "=", "\\\\", "\\x2d", "[]a-]", "(?i:Ab)", "\\n", "\\B",
                                                  "{", "}", "]", "\\$?{{", "[[:alnum:]_]", "[^[:lower:]]", "(?P<name>k)", "{a,1}", "{,2}"};
  static const std::vector<std::string> kTimes = {"*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"};
  std::string made;
  for (auto n = 1 + random() % 4; n > 0; --n) {
    const auto kind = random() % 8;
    if (kind >= 3 || depth > 3) {
      const std::string part = one_of(random, kParts);
      made += part;
      if (random() % 3 == 0 && part != "^" && part != "$" && part[0] != 's' && part != "\\b" && part != "\\B" && part != "\\z") made += one_of(random, kTimes);
      continue;
    }
    made += kind == 0 ? "(" : kind == 1 ? "(?:" : "(?i:";
    made += random_expression(random, depth + 1);
    if (random() % 2 == 0) made += "|" + random_expression(random, depth + 1);
    made += ")";
    // What may be empty is not repeated without end: there RE2 may count an empty round.
    if (random() % 3 == 0) made += random() % 2 == 0 ? "?" : "??";
  }
  return made;
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"a", "b", "c", "k", "K", "A", "sk-", "AB", " ", "\n", ".", "-", "=", "{", "}", "${{", "{a,1}", "{,2}", "\\", "\"", "'", "0", "_", "]",
                                                   "\xC3\xA9", std::string(1, '\0'), "\v", "api_key", ": ", "export "};
  std::string text;
  for (auto n = random() % 40; n > 0; --n) text += one_of(random, kPieces);
  return text;
}

void compare(const std::string& expression, bool ignore_case, bool any_byte, const std::string& text, Span within) {
  const SmallMatcher matcher(expression, ignore_case, any_byte);
  if (!matcher.understood()) return;
  const auto re2 = compile_expression(expression, ignore_case ? Case::insensitive : Case::sensitive, Encoding::latin1, any_byte ? Dot::any : Dot::no_line_end);
  CAPTURE(expression, text, within.begin, within.end, ignore_case, any_byte);
  REQUIRE(re2->ok());
  REQUIRE(static_cast<int>(matcher.groups()) == re2->NumberOfCapturingGroups());
  re2::StringPiece captured[16];
  const int count = std::min(re2->NumberOfCapturingGroups() + 1, 16);
  std::vector<std::size_t> mine;
  const bool found = re2->Match(text, within.begin, within.end, re2::RE2::UNANCHORED, captured, count);
  REQUIRE((matcher.match(text, within, SmallMatcher::Extent::anywhere, &mine) == SmallMatcher::Answer::yes) == found);
  for (int i = 0; found && i < count; ++i) {
    const auto at = static_cast<std::size_t>(2 * i);
    if (captured[i].data() == nullptr) {
      REQUIRE((mine[at] == SmallMatcher::kNone || mine[at + 1] == SmallMatcher::kNone));
    } else {
      REQUIRE(mine[at] == static_cast<std::size_t>(captured[i].data() - text.data()));
      REQUIRE(mine[at + 1] - mine[at] == captured[i].size());
    }
  }
  REQUIRE((matcher.match(text, {0, text.size()}, SmallMatcher::Extent::all) == SmallMatcher::Answer::yes) == re2::RE2::FullMatch(text, *re2));
}

}  // namespace

TEST_CASE("the small matcher finds what RE2 finds, with the same groups, for generated expressions") {
  std::mt19937 random(1);
  int understood = 0;
  for (int round = 0; round < 4000; ++round) {
    static const std::vector<std::string> kLeads = {"[\\w.-]{0,5}?", "[ab]*?", "\\w?" "?(?i:\\w{0,3}?", "(?:[a-c]{0,2}?[a-c]{0,2}?)", "[\\w.-]{0,5}"};
    std::string expression = random() % 3 == 0 ? one_of(random, kLeads) : std::string();
    const bool opened = expression.find("(?i:") != std::string::npos;
    expression.append(random_expression(random));
    if (opened) expression.push_back(')');
    const bool ignore_case = random() % 4 == 0, any_byte = random() % 4 == 0;
    understood += SmallMatcher(expression, ignore_case, any_byte).understood();
    for (int n = 0; n < 6; ++n) {
      const std::string text = random_text(random);
      const std::size_t begin = random() % (text.size() + 1);
      compare(expression, ignore_case, any_byte, text, n % 2 == 0 ? Span{0, text.size()} : Span{begin, begin + random() % (text.size() - begin + 1)});
    }
  }
  CHECK(understood > 2000);
}

TEST_CASE("the small matcher understands the rules' own expressions and answers as RE2 does") {
  std::mt19937 random(2);
  const auto book = built_in_rulebook_snapshot();
  REQUIRE(book);
  std::vector<std::pair<std::string, bool>> expressions;
  for (const Rule& rule : book->rules) {
    if (rule.foreign != nullptr) continue;
    if (!rule.expression.empty()) expressions.emplace_back(rule.expression, false);
    for (const IssuerMark& mark : rule.marks) expressions.emplace_back(mark.expression, false);
    for (const std::string& text : rule.placeholders) expressions.emplace_back(text, false);
  }
  for (const VariableFact& fact : book->variables) expressions.emplace_back(fact.expression, true);
  for (const auto& [expression, ignore_case] : expressions) {
    CAPTURE(expression);
    CHECK(SmallMatcher(expression, ignore_case, true).understood());
    for (int n = 0; n < 20; ++n) {
      static const std::vector<std::string> kPieces = {"KIMI_", "moonshot", "api", "_key", "-token", "sk-", "sk-kimi-", "abcdefgh", "ABCD0123", "T3BlbkFJ", "deepseek.",
                                                       "eyJ", ".", "xxxx", "\n", "%3D", "\\n", "\x1b[m", "=", "openrouter_", "s"};
      std::string text;
      for (auto k = random() % 14; k > 0; --k) text += one_of(random, kPieces);
      compare(expression, ignore_case, true, text, {0, text.size()});
    }
  }
}

TEST_CASE("the small matcher refuses what it does not know, and texts that would take too many notes") {
  for (const char* expression : {"(?m)^a", "[[:punct:]]", "a{1,1001}", "(?:a|b?)*", "(?:^)+", "{2}", "(?P<>a)", "(?P<n", "[[:alnum:]-z]", "(", "a)", "*a", "a**", "\xC3\xA9", "\\pL", "[z-a]", "a{0}", "a{0,0}"}) {
    CAPTURE(expression);
    CHECK(!SmallMatcher(expression, false, false).understood());
  }
  const std::string text(3'000'000, 'a');
  const SmallMatcher matcher("(?:a|b)*c", false, false);
  REQUIRE(matcher.understood());
  CHECK(matcher.match(text, {0, text.size()}, SmallMatcher::Extent::anywhere) == SmallMatcher::Answer::too_large);
  // RE2 is asked instead.
  CHECK(!Expression("(?:a|b)*c").matches_in(text));
  CHECK(Expression("(?:a|b)*c").matches_in(text + "c"));
}

TEST_CASE("beyond ASCII the small matcher says where it answers as RE2 does of UTF-8") {
  const SmallMatcher ascii("(?i)[\\w.-]{0,5}?key[ \\t]{0,3}=([a-z]{2})", false, false);
  CHECK(ascii.answers_utf8("abc"));
  CHECK(ascii.answers_utf8("\xC3\xA9 key=ab"));
  CHECK(!ascii.answers_utf8("\xE2\x84\xAA" "ey=ab"));  // the kelvin is a K
  CHECK(!ascii.answers_utf8("key=a\xC5\xBF"));          // the long s is an s
  for (const char* expression : {"k[^=]{2}=", "k.{2}=", "\\S=", "[^a]?b", "[^a]{0,2}?b"}) {
    CAPTURE(expression);
    CHECK(SmallMatcher(expression, false, false).answers_utf8("k=="));
    CHECK(!SmallMatcher(expression, false, false).answers_utf8("k\xC3\xA9="));
  }
  // An expression gives RE2's answer whoever is asked.
  CHECK(Expression("(?i)k[^=]{2}=").find("k\xC3\xA9=").empty());
  CHECK(Expression("(?i)(k)ey=").find("\xE2\x84\xAA" "ey=").size() == 2);
  CHECK(Expression("(?i)(k)ey=").find("\xC3\xA9 Key=").size() == 2);
  CHECK(Expression("(?i)[\\w.-]{0,3}?(k)ey=").find("\xC3\xA9" "abcdeKey=")[0] == "cdeKey=");
}

TEST_CASE("an expression for short texts answers alike the first time and the ten thousandth") {
  const Expression expression("(?i)[\\w.-]{0,5}?(key)[ =]{1,3}([a-z]{3,5})", Case::sensitive, Encoding::utf8, Dot::no_line_end, ShortTexts::small);
  const std::string text = "\xC3\xA9 the_api.key = abcd.";
  int right = 0;
  for (int n = 0; n < 10000; ++n) {
    const auto groups = expression.find(text);
    right += groups.size() == 3 && groups[0] == "_api.key = abcd" && groups[1] == "key" && groups[2] == "abcd" && expression.find(text, {0, 12}).empty();
  }
  CHECK(right == 10000);
}

TEST_CASE("an expression answers alike the first time and the hundredth") {
  const Expression expression("(k)=(\\w+)", Case::insensitive, Encoding::latin1);
  const std::string text = "\xFF key K=abc";
  for (int n = 0; n < 100; ++n) {
    const auto groups = expression.find(text);
    REQUIRE(groups.size() == 3);
    REQUIRE(groups[0] == "K=abc");
    REQUIRE(groups[2] == "abc");
    REQUIRE(expression.find(text, {0, 8}).empty());
    REQUIRE(expression.matches_in(text));
    REQUIRE(!expression.matches_all(text));
  }
}

#include "scanner/rulebook/rulebook.h"
#include "tests/support/catch.h"

using namespace kimiguard;

namespace {

std::string complaint(const std::string& text) {
  const auto book = read_rulebook({{"rules/my.toml", text}});
  return book ? std::string("(read)") : book.error().message;
}

}  // namespace

TEST_CASE("a mistyped field is named with its place and the field that was meant") {
  CHECK_THAT(complaint("[[rule]]\nid = \"a\"\nexpression = 'x'\nexpresion = 'y'\n"),
             ContainsSubstring("rules/my.toml:4:1: 'expresion' is not a field of a rule; did you mean "
                               "'expression'?"));
}

TEST_CASE("a field that resembles none is answered with the list of fields") {
  CHECK_THAT(complaint("[[vendor]]\nid = 'a'\ntitle = 'A'\nzzzzzzzz = 1\n"),
             ContainsSubstring("its fields are id, title, hosts"));
}

TEST_CASE("a value of the wrong type is named with the type that is wanted") {
  CHECK_THAT(
      complaint("[[rule]]\nid = 7\nexpression = 'x'\n"),
      ContainsSubstring("rules/my.toml:2:6: 'id' is a whole number; it must be a text in quotes"));
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = 'x'\ngroup = 'one'\n"),
             ContainsSubstring("'group' is a text; it must be a whole number without quotes"));
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = 'x'\ntags = 'secret'\n"),
             ContainsSubstring("it must be an array of texts"));
  CHECK_THAT(complaint("[[model]]\nid = 'a'\nproduct = 'platform'\nretired = 2026-08-31\n"),
             ContainsSubstring("it must be a date in quotes"));
  CHECK_THAT(complaint("[[model]]\nid = 'a'\nproduct = 'platform'\nretired = '31.8.2026'\n"),
             ContainsSubstring("is no date; write it as \"2026-08-31\""));
}

TEST_CASE("a word that is no value of its field is answered with the nearest one") {
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = 'x'\nattribution = 'evidance'\n"),
             ContainsSubstring("did you mean 'evidence'?"));
  CHECK_THAT(complaint("[[severity]]\nid = 'a'\nseverity = 'hihg'\nreason = 'r'\n"),
             ContainsSubstring("did you mean 'high'?"));
}

TEST_CASE("a field that must be there is asked for") {
  CHECK_THAT(complaint("[[vendor]]\nid = 'a'\n"),
             ContainsSubstring("rules/my.toml:1:1: a vendor needs a field 'title'; add it"));
}

TEST_CASE("an expression that RE2 refuses is shown with its reason") {
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = '(x'\n"),
             ContainsSubstring("rules/my.toml:3:14: 'expression' does not compile (RE2 says: "));
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = '(?=x)y'\n"), ContainsSubstring("RE2 says: "));
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = 'x'\ngroup = 2\n"),
             ContainsSubstring("'group' asks for number 2"));
}

TEST_CASE("an expression that Hyperscan refuses is shown with its reason") {
  CHECK_THAT(complaint("[[rule]]\nid = 'a'\nexpression = 'x*'\n"),
             ContainsSubstring("Hyperscan says: "));
}

TEST_CASE("broken TOML is named with its place") {
  CHECK_THAT(complaint("[[rule]]\nid = \n"), ContainsSubstring("rules/my.toml:2:"));
  CHECK_THAT(complaint("[[rule\n"), ContainsSubstring("rules/my.toml:1:"));
}

TEST_CASE("all complaints come at once, at most twenty") {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "[[vendor]]\nid = 'v" + std::to_string(i) + "'\n";
  const std::string words = complaint(text);
  CHECK(std::count(words.begin(), words.end(), '\n') == 20);
  CHECK_THAT(words, ContainsSubstring("and 10 more"));
}

TEST_CASE("an id that stands twice in a file is refused") {
  CHECK_THAT(complaint("[[vendor]]\nid='a'\ntitle='A'\n[[vendor]]\nid='a'\ntitle='B'\n"),
             ContainsSubstring("stands twice"));
}

TEST_CASE("a later file replaces what has the same id and keeps its place in the order") {
  const auto book = read_rulebook(
      {{"one.toml", "[[rule]]\nid='a'\nexpression='x1'\n[[rule]]\nid='b'\nexpression='y'\n"},
       {"two.toml", "[[rule]]\nid='a'\nexpression='z1'\n"}});
  REQUIRE(book);
  REQUIRE(book->rules.size() == 2);
  CHECK(book->rules[0].id == "a");
  CHECK(book->rules[0].expression == "z1");
  CHECK(book->rules[0].file == "two.toml");
  CHECK(book->rules[0].line == 1);
}

TEST_CASE("a short rule gets its texts from its id") {
  const auto book =
      read_rulebook({{"one.toml", "[[rule]]\nid='acme-key'\nexpression='acme-[a-z]{9}'\n"}});
  REQUIRE(book);
  CHECK(book->rules[0].title.en == "acme-key");
  CHECK(book->rules[0].secret_kind == "acme-key");
  CHECK(book->rules[0].kind == Rule::Kind::leak);
}

TEST_CASE("a plain text is taken for English") {
  const auto book = read_rulebook({{"a", "[[rule]]\nid='a'\nexpression='x'\ntitle='T'\n"}});
  REQUIRE(book);
  CHECK(book->rules[0].title.in("zh") == "T");
}

TEST_CASE("rules that name what is not there are refused") {
  CHECK_THAT(complaint("[[rule]]\nid='a'\nexpression='x'\nwithout_evidence='b'\n"),
             ContainsSubstring("names without_evidence = 'b', which is no rule"));
  CHECK_THAT(complaint("[[remedy]]\nid='r'\ntitle='R'\n[[rule]]\nid='a'\nexpression='x'\nremedy='q'\n"),
             ContainsSubstring("names the remedy 'q'"));
  CHECK_THAT(complaint("[[rule]]\nid='a'\n"), ContainsSubstring("has no expression"));
  CHECK_THAT(complaint("[[rule]]\nid='a'\nkind='configuration'\nexpression='x'\n"),
             ContainsSubstring("a rule of kind \"configuration\" has no expression"));
}

TEST_CASE("a huge file and bytes that are no text end in a complaint, not in a crash") {
  CHECK_THAT(complaint(std::string(5 << 20, '#')), ContainsSubstring("4 MiB"));
  CHECK(complaint(std::string("\0\xff\xfe[[", 5)) != "(read)");
  std::string deep = "a = ";
  deep.append(100000, '[');
  CHECK(complaint(deep) != "(read)");
}

TEST_CASE("a host belongs to a realm or a vendor, exactly or by its domain") {
  const auto book = read_rulebook({{"a", R"(
[[realm]]
id = "r"
product = "platform"
region = "cn"
title = "R"
console = "https://console.example/keys"
hosts = ["api.example"]
console_hosts = ["console.example"]
openai_base = "https://api.example/v1"
[[vendor]]
id = "wide"
title = "Wide"
hosts = [".vendor.example"]
[[vendor]]
id = "exact"
title = "Exact"
hosts = ["one.vendor.example"]
)"}});
  REQUIRE(book);
  CHECK(book->realm_of_host("api.example")->id == "r");
  CHECK(book->realm_of_host("console.example")->id == "r");
  CHECK(book->realm_of_api_host("console.example") == nullptr);
  CHECK(book->realm_of_host("api.example.evil.test") == nullptr);
  CHECK(book->vendor_of_host("two.vendor.example")->id == "wide");
  CHECK(book->vendor_of_host("one.vendor.example")->id == "exact");
  CHECK(book->vendor_of_host("vendor.example") == nullptr);
  CHECK(book->vendor_of_host("notvendor.example") == nullptr);
}

TEST_CASE("a model is found without the mark of a long context") {
  const auto book = read_rulebook({{"a", "[[model]]\nid='k'\nproduct='kimi-code'\n"}});
  REQUIRE(book);
  CHECK(book->model("k[1m]", "kimi-code") != nullptr);
  CHECK(book->model("k", "platform") == nullptr);
}

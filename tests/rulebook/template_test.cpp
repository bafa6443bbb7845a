#include "scanner/rulebook/template.h"

#include <re2/re2.h>

#include "tests/support/catch.h"

using namespace kimiguard;

namespace {

std::string filled(std::string_view form, std::uint64_t seed = 1) {
  RandomText random(seed);
  const auto text = fill_template(form, random);
  return text ? *text : "error: " + text.error().message;
}

bool fits(std::string_view form, const char* expression) {
  return re2::RE2::FullMatch(filled(form), expression);
}

}  // namespace

TEST_CASE("key templates give keys of their length and alphabet") {
  CHECK(fits("A={{sk-kimi:64}};", "A=sk-kimi-[A-Za-z0-9]{64};"));
  CHECK(fits("{{sk:48}}", "sk-[A-Za-z0-9]{48}"));
  CHECK(fits("{{alnum:20}}{{lower:5}}{{upper:5}}{{digits:5}}{{hex:9}}",
             "[A-Za-z0-9]{20}[a-z]{5}[A-Z]{5}[0-9]{5}[0-9a-f]{9}"));
  CHECK(fits("{{evenhex:32}}", "(?:[0-9A-F][0-9a-f]){16}"));
  CHECK(filled("{{repeat:ab:3}}") == "ababab");
  CHECK(filled("{{repeat:a:b:2}}") == "a:ba:b");
}

TEST_CASE("a JWT template has the header, the payload and a signature of its algorithm's length") {
  CHECK(
      fits(R"({{jwt:hs512:{"sub":"{{alnum:20}}","n":{"a":1}}}})", R"(eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{86})"));
  CHECK(fits("{{jwt:hs256:{}}}", R"(eyJ[\w-]+\.e30\.[\w-]{43})"));
}

TEST_CASE("encodings take templates in themselves") {
  CHECK(filled("{{b64:abc}}") == "YWJj");
  CHECK(filled("{{b64:ab}}") == "YWI=");
  CHECK(filled("{{b64url:ab}}") == "YWI");
  CHECK(filled("{{hexof:az}}") == "617a");
  CHECK(filled("{{percent:a-b=}}") == "a%2Db%3D");
  CHECK(filled("{{utf16le:ab}}") == std::string("a\0b\0", 4));
  CHECK(fits("{{b64:{{sk-kimi:64}}}}", "[A-Za-z0-9+/]{96}"));
}

TEST_CASE("braces that begin no template stand for themselves") {
  CHECK(filled("{{ .Values.key }} ${{ secrets.K }} {x}") == "{{ .Values.key }} ${{ secrets.K }} {x}");
}

TEST_CASE("the same seed gives the same text and another seed another") {
  CHECK(filled("{{sk:48}}", 7) == filled("{{sk:48}}", 7));
  CHECK(filled("{{sk:48}}", 7) != filled("{{sk:48}}", 8));
}

TEST_CASE("wrong templates are errors") {
  CHECK_THAT(filled("{{sk}}"), ContainsSubstring("say how many"));
  CHECK_THAT(filled("{{sk:x}}"), ContainsSubstring("say how many"));
  CHECK_THAT(filled("{{sk:99999999}}"), ContainsSubstring("say how many"));
  CHECK_THAT(filled("{{nonsense:3}}"), ContainsSubstring("unknown"));
  CHECK_THAT(filled("{{sk:48"), ContainsSubstring("'}}' is missing"));
  CHECK_THAT(filled("{{jwt:none:{}}}"), ContainsSubstring("ALGORITHM"));
  CHECK_THAT(filled("{{repeat:abc:999999}}"), ContainsSubstring("COUNT"));
  std::string nested = "x";
  for (int i = 0; i < 12; ++i) nested = "{{b64:" + nested + "}}";
  CHECK_THAT(filled(nested), ContainsSubstring("nested"));
}

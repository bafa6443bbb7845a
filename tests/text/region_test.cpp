#include "scanner/text/region.h"

#include <string>

#include "scanner/text/utf8.h"
#include "tests/support/catch.h"
#include "tests/text/samples.h"

using namespace kimiguard;
using namespace kimiguard::text;

namespace {
Span span_of(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return {at, at + part.size()};
}
}  // namespace

TEST_CASE("a region has the position, the masked line and its context") {
  samples::Random random(1);
  const std::string key = random.code_key();
  const std::string other = random.platform_key();
  const std::string text =
      "one\ntwo " + other + "\nthree\n\xE4\xB8\xAD KEY=" + key + " # end\nfive\nsix\nseven\n";
  const Region region = make_region(text, span_of(text, key));
  const std::string shown = "sk-kimi-\xE2\x80\xA6" + key.substr(key.size() - 4);
  CHECK(region.begin == Position{4, 7});
  CHECK(region.end == Position{4, 7 + 72});
  CHECK(region.snippet == "\xE4\xB8\xAD KEY=" + shown + " # end");
  CHECK(region.line_without_secret == "\xE4\xB8\xAD KEY= # end");
  CHECK(region.context_snippet == "two sk-\xE2\x80\xA6" + other.substr(other.size() - 4) +
                                      "\nthree\n\xE4\xB8\xAD KEY=" + shown + " # end\nfive\nsix");
  CHECK(region.context_begin == Position{2, 1});
  CHECK(region.context_end == Position{6, 4});
  CHECK(region.line_hash == LineHashes(text).at(4));
  CHECK_FALSE(region.binary);
}

TEST_CASE("a piece of a larger file counts on and has no line hash") {
  samples::Random random(2);
  const std::string key = random.platform_key();
  const std::string text = "x=" + key;
  Document document;
  document.bytes = text;
  document.offset = 1000;
  document.line = 20;
  document.column = 5;
  document.whole = false;
  DocumentIndex index(document);
  const Region region = make_region(index, {2, text.size()}, {});
  CHECK(region.bytes == Span{1002, 1000 + text.size()});
  CHECK(region.begin == Position{20, 7});
  CHECK(region.line_hash.empty());
}

TEST_CASE("long lines are cut after masking, never through a key") {
  samples::Random random(3);
  for (int round = 0; round < 200; ++round) {
    const std::string key = random.code_key();
    const std::string other = random.platform_key();
    const std::string before = random.of("ab \xE9{}", random.below(300));
    const std::string between = " " + random.of("cd ,", random.below(250)) + " ";
    const std::string encoded = samples::base64("K=" + other);
    const std::string text = before + " " + other + between + key + between + encoded + between + other;
    const Region region = make_region(text, span_of(text, key));
    for (const std::string& shown :
         {region.snippet, region.context_snippet, region.line_without_secret}) {
      INFO(shown);
      CHECK(valid_utf8(shown) == shown);
      for (const std::string& secret : {key.substr(8), other.substr(3), encoded.substr(8, 50)}) {
        for (std::size_t i = 0; i + 6 <= secret.size(); ++i) {
          REQUIRE(shown.find(secret.substr(i, 6)) == std::string::npos);
        }
      }
    }
    CHECK(count_code_points(region.snippet) <= 200);
    CHECK(count_code_points(region.context_snippet) <= 600);
    CHECK(count_code_points(region.line_without_secret) <= 512);
    CHECK(region.snippet.find("sk-kimi-\xE2\x80\xA6") != std::string::npos);
  }
}

TEST_CASE("the shown text may be given, and a span that is no secret is shown") {
  samples::Random random(4);
  const std::string key = random.platform_key();
  const std::string text = "url=https://api.example/v1 key=" + key + "\n";
  RegionOptions options;
  options.shown = "<hidden>";
  CHECK(make_region(text, span_of(text, key), options).snippet ==
        "url=https://api.example/v1 key=<hidden>");
  RegionOptions setting;
  setting.hide = false;
  const Region region = make_region(text, span_of(text, "https://api.example/v1"), setting);
  CHECK(region.snippet == "url=https://api.example/v1 key=sk-\xE2\x80\xA6" + key.substr(key.size() - 4));
  CHECK(region.line_without_secret == "url= key=sk-\xE2\x80\xA6" + key.substr(key.size() - 4));
}

TEST_CASE("a region of UTF-16 is shown decoded") {
  samples::Random random(5);
  const std::string key = random.code_key();
  const std::string bytes = "\xFF\xFE" + samples::wide("first\r\nKEY=" + key + " \r\nlast\r\n", 2, true);
  const std::uint64_t begin = 2 + 2 * 11;
  const Region region = make_region(bytes, {begin, begin + 144});
  CHECK(region.begin == Position{2, 5});
  CHECK(region.end == Position{2, 77});
  CHECK(region.snippet == "KEY=sk-kimi-\xE2\x80\xA6" + key.substr(68) + " ");
  CHECK_FALSE(region.binary);
}

TEST_CASE("spans of a megabyte, lines of a megabyte and empty documents are bounded") {
  const std::string line(1 << 20, 'a');
  const Region middle = make_region(line, {500000, 500010});
  CHECK(count_code_points(middle.snippet) <= 200);
  const Region whole = make_region(line, {0, line.size()});
  CHECK(whole.snippet == "\xE2\x80\xA6");
  const Region nothing = make_region("", {5, 9});
  CHECK(nothing.begin == Position{1, 1});
  CHECK(nothing.snippet.empty());
}

TEST_CASE("regions of random bytes are valid UTF-8 and stay in bounds") {
  samples::Random random(6);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random.bytes(random.below(3000));
    const std::uint64_t begin = random.below(text.size() + 1);
    const std::uint64_t end = begin + random.below(100);
    const Region region = make_region(text, {begin, end});
    for (const std::string& shown :
         {region.snippet, region.context_snippet, region.line_without_secret}) {
      CHECK(valid_utf8(shown) == shown);
    }
    CHECK(count_code_points(region.snippet) <= 200);
    CHECK(count_code_points(region.context_snippet) <= 600);
  }
}

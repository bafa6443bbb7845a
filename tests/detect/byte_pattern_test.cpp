// The byte matcher must hit wherever RE2 matches, whatever the expression: over generated text, for the kinds
// of expressions that rule files have.
#include "scanner/detect/byte_pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "scanner/detect/encoded_segments.h"
#include "scanner/detect/matcher.h"
#include "scanner/rulebook/pattern_database.h"
#include "tests/support/catch.h"

namespace kimiguard::detect {
namespace {

// Letters that make matches of the expressions below likely.
std::string text_of(std::mt19937& random, std::size_t size) {
  static const std::vector<std::string> kParts = {"key", "KEY", "=", ":", " ", "\n", "\"", "'", "a", "b1", "_", "-", "ä", "€", ";",
                                                  "aaaaaaaaaaaa", "0123456789", "x", "token", "%41", ".", "END", "BEGIN", "\\n", "\xFF"};
  std::string text;
  while (text.size() < size) text += kParts[random() % kParts.size()];
  return text;
}

TEST_CASE("byte patterns hit wherever the expression matches") {
  const std::vector<std::string> expressions = {
      R"((?i)[\w.-]{0,50}?(?:key|token)(?:[ \t\w.-]{0,20})[\s'"]{0,3}(?:=|:)[\x60'"\s=]{0,5}([\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,}={0,3})(?:[\x60'"\s;]|\\[nr]|$))",
      R"(\bkey_[a-z0-9]{3,}(?:;|$))", R"(BEGIN[\s\S-]{4,}?END)", R"x("([^"]{2,5})")x", R"(key(?P<x>.{1,3})=)", R"(\btoken\b(?:.*?|.*(?:[\r\n].*?){1,3})=)",
      R"([^a-z]{3}key)", R"((?:a|b){2,}1?=)", R"(k[ä€]y|[ä]{2})", R"((?i)\b(\d{5,6}(\||%)[0-9a-f]{2})\b)", R"(\Qkey=\E"?)", R"((?:x(?:y|a+))+;)",
      R"((?s)key.+END)", R"(é?key$)", R"([[:alpha:]]+:)", R"(\x{20AC}k)"};
  std::mt19937 random(7);
  for (const std::string& expression : expressions) {
    INFO(expression);
    const BytePattern pattern = byte_pattern(expression);
    REQUIRE(pattern.understood);
    const auto full = width_of({pattern.full, 0, false});
    REQUIRE(full);
    std::vector<Pattern> patterns = {{pattern.whole, 0, false}};
    for (const std::string& lead : pattern.leads) {
      REQUIRE(width_of({lead, 0, false}));
      patterns.push_back({lead, 1, false});
    }
    const auto compiled = compile_patterns(patterns);
    REQUIRE(compiled);
    const auto matcher = Matcher::load(*compiled);
    REQUIRE(matcher);
    Matcher::Scratch scratch(*matcher);
    re2::RE2::Options options;
    options.set_log_errors(false);
    const re2::RE2 re(expression, options);
    REQUIRE(re.ok());
    for (int round = 0; round < 300; ++round) {
      const std::string text = text_of(random, 20 + random() % 800);
      std::vector<RawHit> hits;
      scratch.scan(text, hits);
      std::size_t at = 0;
      re2::StringPiece found;
      while (at < text.size() && re.Match(text, at, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
        const auto begin = static_cast<std::uint64_t>(found.data() - text.data());
        const std::uint64_t end = begin + found.size();
        at = end > at ? end : at + 1;
        if (found.empty()) continue;
        const bool hit = std::any_of(hits.begin(), hits.end(), [&](const RawHit& one) {
          if (one.id == 1) return one.first_end >= begin && one.first_end <= end;
          return one.first_end <= end && end <= one.end && (!full->most || one.first_end <= begin + *full->most);
        });
        INFO(text);
        CHECK(hit);
        if (!hit) return;
      }
    }
  }
}

TEST_CASE("encoded segments are found alike by the fast sweep and the plain one") {
  std::mt19937 random(3);
  static const std::string kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    while (text.size() < random() % 400) {
      switch (random() % 7) {
        case 0: text += "%4" + std::to_string(random() % 10); break;
        case 1: text += std::string(1 + random() % 3, '\\') + "u004" + std::to_string(random() % 10); break;
        case 2: for (auto i = random() % 50; i > 0; --i) text += "4" + std::to_string(1 + random() % 9); break;
        case 3: text += "aGVsbG8gd29ybGQsIGhlbGxvIHdvcmxk"; break;
        case 4: text += kLetters[random() % kLetters.size()]; break;
        case 5: text += " "; break;
        default: text += random() % 2 == 0 ? "=" : "\n";
      }
    }
    const auto fast = encoded_segments(text);
    const auto plain = encoded_segments_plainly(text);
    REQUIRE(fast.size() == plain.size());
    for (std::size_t i = 0; i < fast.size(); ++i) {
      CHECK(fast[i].source == plain[i].source);
      CHECK(fast[i].kind == plain[i].kind);
    }
  }
}

}  // namespace
}  // namespace kimiguard::detect

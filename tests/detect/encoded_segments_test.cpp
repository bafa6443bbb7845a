#include "scanner/detect/encoded_segments.h"

#include <random>
#include <string>

#include "tests/support/catch.h"

using namespace kimiguard;
using detect::EncodedSegment;

namespace {

std::string in_code_points(const std::string& text, const std::string& between) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (!out.empty()) out += between;
    out.append("U+00").append(1, kHex[static_cast<unsigned char>(c) >> 4]).append(1, kHex[c & 15]);
  }
  return out;
}

bool same(const std::vector<EncodedSegment>& a, const std::vector<EncodedSegment>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const EncodedSegment& x, const EncodedSegment& y) {
    return x.kind == y.kind && x.source == y.source;
  });
}

}  // namespace

TEST_CASE("rows of U+ code points decode, with the place of each character") {
  const std::string secret = "acme-secret-42";
  for (const std::string between : {" ", "\t", "\n", ""}) {
    INFO("between: '" << between << "'");
    const std::string text = "the value is " + in_code_points(secret, between) + "\nmore";
    const auto segments = detect::encoded_segments(text);
    REQUIRE(segments.size() == 1);
    CHECK(same(segments, detect::encoded_segments_plainly(text)));
    const detect::DecodedPass pass = detect::decode_segments(text, segments);
    CHECK(pass.view.text == "the value is " + secret + "\nmore");
    CHECK(detect::name(pass.kinds.at(0)) == "escape");
    const std::uint64_t width = 6 + between.size();
    CHECK(pass.view.to_source({13 + 5, 13 + 11}) == Span{13 + 5 * width, 13 + 10 * width + 6});
  }
}

TEST_CASE("a lone U+ code point counts only where white space or the end follows") {
  CHECK(detect::encoded_segments("see U+0041").size() == 1);
  CHECK(detect::encoded_segments("see U+0041 there").size() == 1);
  CHECK(detect::encoded_segments("see (U+0041) there").empty());
  CHECK(detect::encoded_segments("see U+00411 there").empty());
  CHECK(detect::encoded_segments("see U+004 there").empty());
}

TEST_CASE("the fast sweep and the plain one agree about code points anywhere") {
  std::mt19937 random(5);
  static const std::string kParts[] = {"U+0041", "U+00", " ", "x", "+", "U", "\\u0041", "%41", "0123456789abcdef", "\n", "U+0062 "};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    while (text.size() < 150) text += kParts[random() % std::size(kParts)];
    INFO(text);
    CHECK(same(detect::encoded_segments(text), detect::encoded_segments_plainly(text)));
  }
}

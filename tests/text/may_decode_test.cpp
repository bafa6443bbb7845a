// Whether digits may decode to text is asked of every long run there is: a "no" must be right, a "yes" rare.
#include <random>
#include <string>
#include <string_view>

#include "scanner/text/view.h"
#include "tests/support/catch.h"

namespace kimiguard::text {
namespace {

std::string base64(const std::string& bytes, std::string_view last_two) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string out;
  unsigned bits = 0, have = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6;) out += digits[bits >> (have -= 6) & 63];
  }
  if (have > 0) out += digits[bits << (6 - have) & 63];
  return out;
}

TEST_CASE("A run that decodes to text is never told to be none, wherever the text stands in it") {
  std::mt19937 random(7);
  const auto byte = [&] { return static_cast<char>(random() % 256); };
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (std::size_t before = random() % 100; before > 0; --before) bytes += byte();
    for (int i = 0; i < 20; ++i) bytes += static_cast<char>(0x21 + random() % 94);
    for (std::size_t behind = random() % 20; behind > 0; --behind) bytes += byte();
    // A run may begin anywhere in a longer one.
    const std::string run = base64(bytes, round % 2 == 0 ? "+/" : "-_").substr(random() % 4);
    CAPTURE(run);
    REQUIRE(may_decode_to_text(run));
  }
}

TEST_CASE("Of digits made by chance few may decode to text") {
  std::mt19937 random(8);
  int may = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += static_cast<char>(random() % 256);
    may += may_decode_to_text(base64(bytes, "+/")) ? 1 : 0;
  }
  REQUIRE(may <= 4);
}

}  // namespace
}  // namespace kimiguard::text

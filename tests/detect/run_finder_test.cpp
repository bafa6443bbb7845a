#include "scanner/detect/run_finder.h"

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::detect;

namespace {

std::vector<Span> fast(const std::string& text) {
  std::vector<Span> found;
  find_candidates(text, found);
  return found;
}

std::vector<Span> plain(const std::string& text) {
  std::vector<Span> found;
  find_candidates_plainly(text, found);
  return found;
}

// Text in which runs, prefixes and holes fall on every position of a vector.
std::string random_text(std::mt19937& random, std::size_t length) {
  static const std::string kAlphabet =
      "ABCabcxyz0189+/ABCabcxyz0189ABCabcxyz0189ABCabcxyz0189ABCabcxyz0189ABCabcxyz0189ABCabcxyz0189-_ \n";
  static const std::vector<std::string> kPieces = {"sk-", "sk-kimi-", std::string("s\0k\0-\0", 6), "task-",
                                                   "disk-12345678", "\\nsk-12345678", "%3Dsk-12345678", "\x1b[01;31m\x1b[Ksk-12345678", "\\u001b[Ksk-12345678",
                                                   "sk-\x1b[m12345678", "sk-123^[[m", "\"sk-1234567\\033[m", "\\u001b[Ksk-12\\u001b[m", std::string(47, 'a'),
                                                   std::string(48, 'b'), std::string(130, '/'), "sk",
                                                   "\xC0\xFF", "@`[{:,.*", std::string("s\0\0\0k\0\0\0-\0\0\0", 12),
                                                   "\\x41\\x42\\x43", "\\u0041\\u0042\\u0043", "%41%42%43", "&#65;&#x42;&amp;#67;",
                                                   "\\\\x41", "\\101\\102\\103\\104", "\n", "\r\n", "\\n", "\\\"", "\\",
                                                   "abcdefghijklmnopqrst\nabcdefghijklmnopqrst", "abcdefghijklmnopqrst\\r\\n  abcdefghijklmnopqrst",
                                                   "\\x41\\x42\\x43\\x44\\x45\\x46\\x47\\x48\\x49\\x50\\x51"};
  std::string text;
  while (text.size() < length) {
    if (random() % (length % 2 == 0 ? 20 : 2) == 0)
      text += kPieces[random() % kPieces.size()];
    else
      text += kAlphabet[random() % kAlphabet.size()];
    if (random() % 30 == 0) {
      static const std::vector<std::string> kEscapes = {"%41", "\\u0041", "\\x41", "&#65;", "\\\\u0041", "\\U00000041"};
      const std::string& escape = kEscapes[random() % kEscapes.size()];
      for (auto n = random() % 50; n > 0; --n) text += escape;
    }
  }
  return text;
}

// A list of characters, of a key or of something like it.
std::string list_of_characters(std::mt19937& random) {
  std::string characters = random() % 8 == 0 ? "sk_" : "sk-";
  const std::size_t length = 40 + random() % 30;
  while (characters.size() < length) characters += "ABCabcxyz0189"[random() % 13];
  const std::size_t form = random() % 9;
  const std::string between = "," + std::string(random() % 3 == 0 ? "\n" : "") + std::string(random() % 13, ' ');
  std::string text;
  for (const char c : characters) {
    const auto number = static_cast<unsigned>(c);
    const char hex[] = {"0123456789abcdef"[number >> 4], "0123456789abcdef"[number & 15], '\0'};
    if (form == 0) text += std::string("0x") + hex;
    else if (form == 1) text += std::string("0X") + hex + "u";
    else if (form == 2) text += std::string("'") + c + "'";
    else if (form == 3) text += std::string("\\\"") + c + "\\\"";
    else if (form == 4) text += "(byte)" + std::to_string(number);
    else if (form == 5) text += std::to_string(number) + "_u8";
    else text += std::to_string(number);
    text += between;
  }
  return text;
}

}  // namespace

TEST_CASE("the fast run finder finds keys in lists of characters where the plain one does") {
  std::mt19937 random(3);
  std::size_t any = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = random_text(random, random() % 300) + std::string(random() % 130, ' ') + "{" + list_of_characters(random) + "}";
    if (random() % 2 == 0) text += random_text(random, random() % 300) + list_of_characters(random);
    const auto expected = plain(text);
    any += expected.empty() ? 0u : 1u;
    REQUIRE(fast(text) == expected);
    for (const Instructions instructions : {Instructions::avx2, Instructions::avx512}) {
      std::vector<Span> found;
      if (find_candidates_by(instructions, text, found)) REQUIRE(found == expected);
    }
    REQUIRE(has_candidate(text) == !expected.empty());
  }
  CHECK(any > 2000);
}

TEST_CASE("the fast run finder finds exactly what the plain one finds") {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = random_text(random, random() % 900);
    const auto expected = plain(text);
    REQUIRE(fast(text) == expected);
    for (const Instructions instructions : {Instructions::avx2, Instructions::avx512}) {
      std::vector<Span> found;
      if (find_candidates_by(instructions, text, found)) REQUIRE(found == expected);
    }
    REQUIRE(has_candidate(text) == !expected.empty());
  }
}

TEST_CASE("the fast run finder finds the same where every block holds what deserves a closer look") {
  std::mt19937 random(2);
  static const std::vector<std::string> kPieces = {
      "task-list ", "disk-usage ", "sk-learn ", "sk-kimi-a", "%3Dsk-12345678 ", "=AAsk-12345678 ", "1sk-12345678", "/sk-123\\u001b[m45678", "sk-^[[m",
      "[33msk-12345678", "\x1b[0;1msk-12345678 ", "\\tsk-12345678", "k--", "\\\\\\\"", "\\\\n", "\\\\\\\\u0041", "\\u0041", "\\\\x41", "%41",
      "&amp;#00065;", "\\U00000041", "\\101", "\\5", "\\q", "  ", "aB3", std::string("s\0k\0-\0", 6), std::string(19, 'a') + "\n" + std::string(20, 'b')};
  for (int round = 0; round < 300; ++round) {
    // A few kinds at a time, so that long rows come about; some texts fill what is put aside more than once.
    const std::size_t first = random() % kPieces.size();
    const std::size_t kinds = 1 + random() % 6;
    const std::size_t length = round % 30 == 0 ? 300'000 : random() % 6000;
    std::string text(random() % 64, ' ');
    while (text.size() < length) {
      text += kPieces[(first + random() % kinds) % kPieces.size()];
      if (random() % 4 == 0) text += std::string(random() % 14, "aZ. "[random() % 4]);
    }
    const auto expected = plain(text);
    REQUIRE(fast(text) == expected);
    for (const Instructions instructions : {Instructions::avx2, Instructions::avx512}) {
      std::vector<Span> found;
      if (find_candidates_by(instructions, text, found)) REQUIRE(found == expected);
    }
  }
}

TEST_CASE("every byte value is classed alike by both finders") {
  for (int c = 0; c < 256; ++c) {
    const std::string text = "  " + std::string(100, static_cast<char>(c)) + "  ";
    REQUIRE(fast(text) == plain(text));
    std::vector<Span> found;
    if (find_candidates_by(Instructions::avx2, text, found)) REQUIRE(found == plain(text));
    found.clear();
    if (find_candidates_by(Instructions::avx512, text, found)) REQUIRE(found == plain(text));
  }
}

TEST_CASE("a run is a candidate from 48 bytes on, wherever it lies") {
  for (std::size_t before = 0; before < 140; ++before) {
    for (const std::size_t length : {47u, 48u, 63u, 64u, 65u, 128u, 300u}) {
      const std::string text = std::string(before, ' ') + std::string(length, 'x') + ".";
      const auto found = fast(text);
      if (length < 48) {
        REQUIRE(found.empty());
      } else {
        REQUIRE(found == std::vector<Span>{Span{before, before + length}});
      }
    }
  }
}

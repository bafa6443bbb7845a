#include "scanner/text/position.h"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "scanner/text/utf8.h"
#include "tests/support/catch.h"
#include "tests/text/samples.h"

using kimiguard::Position;
using kimiguard::text::form_of;
using kimiguard::text::LineIndex;
using kimiguard::text::position_at;
using kimiguard::text::TextForm;
using kimiguard::text::utf8_length;

namespace {

// Slow and obvious, for UTF-8 and binary data.
Position walked(const std::string& bytes, std::uint64_t offset, Position start, bool binary) {
  Position now = start;
  for (std::size_t at = 0; at < offset && at < bytes.size();) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(bytes, at));
    const char c = bytes[at];
    const bool ends =
        c == '\n' || (c == '\r' && !binary && (at + 1 >= bytes.size() || bytes[at + 1] != '\n'));
    if (ends) {
      ++now.line;
      now.column = 1;
    } else {
      ++now.column;
    }
    at += length;
  }
  return now;
}

}  // namespace

TEST_CASE("lines end at LF, CRLF and lone CR, columns count code points") {
  const std::string text = "ab\r\nc\rd\n\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80x\xFFy";
  CHECK(position_at(text, 0) == Position{1, 1});
  CHECK(position_at(text, 4) == Position{2, 1});
  CHECK(position_at(text, 6) == Position{3, 1});
  CHECK(position_at(text, 8) == Position{4, 1});
  CHECK(position_at(text, 10) == Position{4, 2});
  CHECK(position_at(text, 13) == Position{4, 3});
  CHECK(position_at(text, 17) == Position{4, 4});
  CHECK(position_at(text, 18) == Position{4, 5});
  CHECK(position_at(text, 19) == Position{4, 6});
  CHECK(position_at(text, 1000) == Position{4, 7});
}

TEST_CASE("binary data is split at LF only") {
  const std::string bytes = std::string("a\0b\rc\nd", 7);
  CHECK(form_of(bytes) == TextForm::binary);
  CHECK(position_at(bytes, 4) == Position{1, 5});
  CHECK(position_at(bytes, 6) == Position{2, 1});
}

TEST_CASE("a piece counts on from its start") {
  CHECK(position_at("xy\nz", 1, {7, 40}) == Position{7, 41});
  CHECK(position_at("xy\nz", 3, {7, 40}) == Position{8, 1});
}

TEST_CASE("a byte order mark takes no column") {
  CHECK(position_at("\xEF\xBB\xBFkey", 3) == Position{1, 1});
  CHECK(position_at("\xEF\xBB\xBFkey", 4) == Position{1, 2});
}

TEST_CASE("UTF-16 and UTF-32 are counted in decoded code points") {
  using kimiguard::text::samples::wide;
  for (const bool little : {true, false}) {
    for (const std::size_t unit : {2, 4}) {
      const std::string plain = "first\r\nsecond key\nthird";
      const std::string bytes = wide(plain, unit, little);
      const TextForm form = form_of(bytes);
      CHECK(kimiguard::text::unit_size(form) == unit);
      CHECK(position_at(bytes, 14 * unit) == Position{2, 8});
      CHECK(position_at(bytes, 19 * unit) == Position{3, 2});
      std::string mark = little ? "\xFF\xFE" : "\xFE\xFF";
      if (unit == 4) mark = little ? std::string("\xFF\xFE\0\0", 4) : std::string("\0\0\xFE\xFF", 4);
      CHECK(position_at(mark + bytes, mark.size() + 14 * unit) == Position{2, 8});
      CHECK(position_at(mark + bytes, mark.size()) == Position{1, 1});
      CHECK(position_at(mark + bytes, mark.size() + unit) == Position{1, 2});
    }
  }
  // A surrogate pair is one column.
  CHECK(position_at(std::string("\xFF\xFE\x3D\xD8\x00\xDE"
                                "a\0",
                                8),
                    6) == Position{1, 2});
}

TEST_CASE("the index agrees with a walk over random text of every mix") {
  kimiguard::text::samples::Random random(11);
  const std::vector<std::string> parts = {"a",    "bc",       "\n",           "\r\n",
                                          "\r",   "\xC3\xA9", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80",
                                          "\xFF", "\x80",     "\xE4\xB8",     "    "};
  for (int round = 0; round < 60; ++round) {
    const bool binary = round % 4 == 3;
    std::string text = binary ? std::string("\0", 1) : std::string();
    const std::size_t size = random.below(3) == 0 ? 200 : 14000;
    const std::uint64_t mix = 1 + random.below(parts.size());
    while (text.size() < size) {
      text += random.below(40) == 0 ? parts[random.below(parts.size())] : parts[random.below(mix)];
    }
    const Position start = round % 2 == 0 ? Position{1, 1} : Position{5, 9};
    const LineIndex index(text, start, binary ? TextForm::binary : TextForm::utf8);
    for (std::size_t at = 0; at < text.size();) {
      const Position expected = walked(text, at, start, binary);
      const Position found = index.at(at);
      if (!(found == expected)) {
        INFO("offset " << at << " line " << found.line << " column " << found.column);
        CHECK(found == expected);
        return;
      }
      at += random.below(50) == 0 || text.size() < 500 ? std::max<std::size_t>(1, utf8_length(text, at))
                                                       : 0;
      if (text.size() >= 500) {
        // Steps that stay on code points.
        for (int n = 0; n < 37 && at < text.size(); ++n)
          at += std::max<std::size_t>(1, utf8_length(text, at));
      }
    }
    CHECK(index.at(text.size()) == walked(text, text.size(), start, binary));
  }
}

TEST_CASE("twenty megabytes are indexed in milliseconds", "[.perf]") {
  kimiguard::text::samples::Random random(3);
  std::string text;
  while (text.size() < (20U << 20)) text += random.alnum(random.below(80)) + "\n";
  const auto begin = std::chrono::steady_clock::now();
  const LineIndex index(text);
  const auto made = std::chrono::steady_clock::now();
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 100000; ++i) sum += index.at(random.below(text.size())).line;
  const auto end = std::chrono::steady_clock::now();
  using Ms = std::chrono::duration<double, std::milli>;
  WARN("index " << Ms(made - begin).count() << " ms, 100,000 look-ups " << Ms(end - made).count()
                << " ms, sum " << sum);
}

TEST_CASE("a single look-up and the index of the whole agree on any bytes") {
  std::mt19937 random(5);
  static const std::vector<std::string> kPieces = {"a", "\n", "\r", "\r\n", "\xC3\xA9", "\xE4\xBD\xA0", "\xF0\x9F\x98\x80",
                                                   "\xFF", "\xE4", std::string(1, '\0'), "text ", "\xEF\xBB\xBF"};
  for (int round = 0; round < 400; ++round) {
    std::string bytes;
    const std::size_t wanted = random() % (round % 20 == 0 ? 9000 : 200);
    while (bytes.size() < wanted) bytes += kPieces[random() % kPieces.size()];
    for (const TextForm form : {TextForm::utf8, TextForm::binary})
      for (const Position start : {Position{}, Position{7, 3}}) {
        const LineIndex index(bytes, start, form);
        for (int i = 0; i < 20; ++i) {
          const std::uint64_t offset = random() % (bytes.size() + 3);
          CAPTURE(round, offset);
          REQUIRE(position_at(bytes, offset, start, form) == index.at(offset));
        }
      }
  }
}

// What hides a key from a reader of bytes: compressed words, quoted lines, dumps, recordings, markup.
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "scanner/detect/compressed_token.h"
#include "tests/detect/scan_text.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;

namespace {

using Chain = std::vector<std::string>;

std::string base64(const std::string& text, bool url = false) {
  const std::string digits = std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + (url ? "-_" : "+/");
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    const std::size_t have = std::min<std::size_t>(3, text.size() - i);
    for (std::size_t n = 0; n < 3; ++n) bits = bits << 8 | (n < have ? static_cast<unsigned char>(text[i + n]) : 0u);
    for (std::size_t n = 0; n < 4; ++n) {
      if (n <= have) out += digits[bits >> (18 - 6 * n) & 63];
      else if (!url) out += '=';
    }
  }
  return out;
}

std::string hex(const std::string& text) {
  std::string out;
  for (const char c : text) out.append(1, "0123456789abcdef"[static_cast<unsigned char>(c) >> 4]).append(1, "0123456789abcdef"[c & 15]);
  return out;
}

template <class Compress>
std::string compressed_by(Compress compress, const std::string& text) {
  libdeflate_compressor* const with = libdeflate_alloc_compressor(6);
  std::string out(text.size() + 1000, '\0');
  out.resize(compress(with, text.data(), text.size(), out.data(), out.size()));
  libdeflate_free_compressor(with);
  return out;
}
std::string gzip(const std::string& text) { return compressed_by(libdeflate_gzip_compress, text); }
std::string zlib(const std::string& text) { return compressed_by(libdeflate_zlib_compress, text); }
std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string wrapped(const std::string& text, std::size_t width, const std::string& mark) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += width) out += mark + text.substr(i, width) + "\n";
  return out;
}

Match only(const std::string& text) {
  INFO(text.substr(0, 2000));
  const std::vector<Match> found = test::scan_text(text);
  REQUIRE(found.size() == 1);
  return found[0];
}

}  // namespace

TEST_CASE("a key in base64 of something compressed is found, its place is the word") {
  test::Keys keys(31);
  const std::string key = keys.kimi_code();
  const std::string inside = "{\"name\":\"chat\",\"env\":{\"KIMI_API_KEY\":\"" + key + "\"},\"more\":\"" + keys.alnum(3000) + "\"}";
  const struct {
    std::string word;
    Chain chain;
  } cases[] = {
      {base64(gzip(inside)), {"base64", "gzip"}},
      {base64(base64(gzip(inside))), {"base64", "base64", "gzip"}},  // Helm
      {base64(base64(base64(gzip(inside)))), {"base64", "base64", "base64", "gzip"}},
      {base64(zlib(inside)), {"base64", "zlib"}},
      {base64(base64(zlib(inside))), {"base64", "base64", "zlib"}},
      {base64(zstd(inside)), {"base64", "zstd"}},
      {base64(base64(zstd(inside))), {"base64", "base64", "zstd"}},
      {base64(gzip(inside), true), {"base64url", "gzip"}},
      {base64(zlib(inside), true), {"base64url", "zlib"}},
  };
  for (const auto& one : cases) {
    for (const std::string before : {"  release: ", "{\"a\":\"x\\n", "data:application/gzip;base64,", "."}) {
      const Match match = only("kind: Secret\n" + before + one.word + "\"\nend\n");
      CHECK(match.rule == "kimi-code-key");
      CHECK(match.secret.reveal() == key);
      CHECK(match.decoded == one.chain);
      CHECK(match.variable == "KIMI_API_KEY");
      const std::uint64_t begin = 13 + before.size();
      CHECK(match.region.bytes.begin == begin);
      CHECK(match.region.bytes.end >= begin + one.word.find_last_not_of('=') + 1);
      CHECK(match.region.begin == Position{2, before.size() + 1});
    }
  }
  // Wrapped, quoted, and longer than what is decoded around a candidate elsewhere.
  const std::string large = base64(gzip(keys.alnum(300000) + " " + key + "\n"));
  CHECK(only("x:\n" + wrapped(large, 76, "    ")).secret.reveal() == key);
  CHECK(only("x:\n" + wrapped(large, 64, "> ")).secret.reveal() == key);
}

TEST_CASE("two keys in one compressed word are two, and the same one twice is one") {
  test::Keys keys(32);
  const std::string one = keys.kimi_code();
  const std::string two = keys.kimi_code();
  const std::vector<Match> found = test::scan_text("x: " + base64(gzip(one + "\n" + two + "\n" + one + "\n")) + "\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].secret.reveal() != found[1].secret.reveal());
}

TEST_CASE("compressed words have bounds, and what they hide is named") {
  std::string text;
  const std::string bomb = base64(gzip(std::string(40 << 20, 'a')));
  for (int i = 0; i < 12; ++i) text += "x: " + bomb + "\n";
  CHECK(test::scan_text(text).empty());
  std::vector<Gap> gaps = test::built_in_detector().take_gaps();
  REQUIRE_FALSE(gaps.empty());
  CHECK(gaps.front().code == "limit");
  CHECK(test::built_in_detector().take_gaps().empty());

  test::Keys keys(33);
  const std::string key = keys.kimi_code();
  std::string cut = base64(gzip(key + "\n" + keys.alnum(4000)));
  cut.resize(cut.size() - 40);
  CHECK(only("x: " + cut + "\n").secret.reveal() == key);
  gaps = test::built_in_detector().take_gaps();
  REQUIRE(gaps.size() == 1);
  CHECK(gaps.front().code == "damaged");
  CHECK(gaps.front().kind == GapKind::not_parsed);
  // Words that only begin so.
  CHECK(test::scan_text("H4sI" + keys.alnum(200) + " eJw" + keys.alnum(200)).empty());
}

TEST_CASE("base64 and hex wrapped behind the marks of a quotation, a comment or a change are one token") {
  test::Keys keys(34);
  for (const std::string mark : {"", "> ", ">> ", "> > ", "# ", "// ", "| ", " * ", "+", "-", "    ", "\t", "; "}) {
    for (int shift = 0; shift < 60; shift += 7) {
      const std::string key = keys.kimi_code();
      const std::string inside = std::string(static_cast<std::size_t>(shift), 'x') + "KEY=" + key + "\nmore text here, more text here, more text\n";
      for (const std::size_t width : {64u, 76u}) {
        const std::string text = "head\n" + wrapped(base64(inside), width, mark) + "tail\n";
        INFO(text);
        const std::vector<Match> found = test::scan_text(text);
        REQUIRE(found.size() == 1);
        CHECK(found[0].secret.reveal() == key);
        CHECK(found[0].decoded == Chain{"base64"});
        const std::size_t digit = (static_cast<std::size_t>(shift) + 4) * 4 / 3;
        CHECK(found[0].region.begin == Position{2 + digit / width, 1 + mark.size() + digit % width});
      }
      const std::vector<Match> found = test::scan_text("head\n" + wrapped(hex(inside), 60, mark == "-" || mark == "+" ? "" : mark) + "tail\n");
      REQUIRE(found.size() == 1);
      CHECK(found[0].secret.reveal() == key);
      CHECK(found[0].decoded == Chain{"hex"});
    }
  }
}

TEST_CASE("hex dumps show their bytes, whatever the program") {
  test::Keys keys(35);
  const std::string key = keys.kimi_code();
  const std::string inside = "KIMI_API_KEY=" + key + "\n# abcdef 0123\n";
  const auto dump = [&](const std::function<std::string(std::size_t, const std::string&)>& line) {
    std::string text;
    for (std::size_t i = 0; i < inside.size(); i += 16) text += line(i, inside.substr(i, 16)) + "\n";
    return text;
  };
  const auto offset = [](std::size_t at, int digits) {
    std::string out;
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[at >> shift & 15];
    return out;
  };
  const auto shown = [](std::string part) {
    for (char& c : part)
      if (c < ' ') c = '.';
    return part;
  };
  const std::string xxd = dump([&](std::size_t at, const std::string& part) {
    std::string line = offset(at, 8) + ":";
    for (std::size_t i = 0; i < part.size(); ++i) line += (i % 2 == 0 ? " " : "") + hex(part.substr(i, 1));
    line.resize(49, ' ');
    return line + "  " + shown(part);
  });
  const std::string canonical = dump([&](std::size_t at, const std::string& part) {
    std::string line = offset(at, 8) + " ";
    for (std::size_t i = 0; i < part.size(); ++i) line += (i == 8 ? "  " : " ") + hex(part.substr(i, 1));
    line.resize(60, ' ');
    return line + "|" + shown(part) + "|";
  });
  const std::string words = dump([&](std::size_t at, const std::string& part) {
    std::string line = offset(at, 7);
    for (std::size_t i = 0; i + 1 < part.size(); i += 2) line += " " + hex(part.substr(i + 1, 1)) + hex(part.substr(i, 1));
    return line;
  });
  const std::string od = dump([&](std::size_t at, const std::string& part) {
    std::string line = offset(at, 6);
    for (std::size_t i = 0; i < part.size(); ++i) line += " " + hex(part.substr(i, 1));
    return line;
  });
  for (const std::string& text : {xxd, canonical, words, od, "$ xxd .env\n" + xxd}) {
    const Match match = only(text);
    CHECK(match.secret.reveal() == key);
    CHECK(match.decoded == Chain{"hex-dump"});
    CHECK(match.region.begin.line == (text.front() == '$' ? 2 : 1));
    CHECK(match.region.end.line == match.region.begin.line + 5);
  }
  // Offsets that do not follow each other: bytes are missing, and two parts of a key are no key.
  std::string gap = xxd;
  gap.erase(gap.find('\n', 70) + 1, gap.find('\n') + 1);
  CHECK(test::scan_text(gap).empty());
}

TEST_CASE("a key typed or printed in parts is whole in a terminal recording") {
  test::Keys keys(36);
  const std::string key = keys.kimi_code();
  std::string cast = "{\"version\": 2, \"width\": 80, \"height\": 24}\n[0.1, \"o\", \"$ export KIMI_API_KEY=\"]\n";
  for (std::size_t i = 0; i < key.size(); i += 3) {
    cast += "[1." + std::to_string(i) + ", \"i\", \"x\"]\n[1." + std::to_string(i) + ", \"o\", \"" + key.substr(i, 3) + "\"]\n";
  }
  cast += "[9.1, \"o\", \"\\r\\n\\u001b[0m$ \"]\n";
  const Match match = only(cast);
  CHECK(match.secret.reveal() == key);
  CHECK(match.decoded.front() == "recording");
  CHECK(match.region.begin.line == 4);
}

TEST_CASE("a key over runs of a paragraph, inline tags and invisible characters is read as it is seen") {
  test::Keys keys(37);
  const std::string key = keys.kimi_code();
  const std::string platform = keys.platform();
  const auto cut = [](const std::string& text, std::size_t at, const std::string& between) {
    return text.substr(0, at) + between + text.substr(at);
  };
  const std::string run = "</w:t></w:r><w:r w:rsidR=\"00A\"><w:rPr><w:b/><w:sz w:val=\"22\"/></w:rPr><w:t xml:space=\"preserve\">";
  for (const std::string& between : {run, std::string("<b>"), std::string("</b>"), std::string("</span><span style=\"color:red\">"), std::string("<wbr>"),
                                     std::string("</a:t></a:r><a:r><a:rPr lang=\"en\"/><a:t>"),
                                     std::string("</t></r><r><rPr><b/><sz val=\"11\"/><color theme=\"1\"/></rPr><t>"),
                                     std::string("</text:span><text:span text:style-name=\"T1\">"), std::string("\u200B"), std::string("\u00AD"),
                                     std::string("\u2060"), std::string("\uFEFF")}) {
    INFO(between);
    for (const std::size_t at : {12u, 30u, 71u}) {
      const Match match = only("<w:p><w:r><w:t>key: " + cut(key, at, between) + "</w:t></w:r></w:p>\n");
      CHECK(match.secret.reveal() == key);
      CHECK((match.decoded == Chain{"markup"} || match.decoded == Chain{"invisible"}));
      CHECK(match.region.begin == Position{1, 21});
      CHECK(match.region.bytes.size() == key.size() + between.size());
    }
    const Match match = only("<p>MOONSHOT_API_KEY=" + cut(platform, 20, between) + "</p>\n");
    CHECK(match.secret.reveal() == platform);
    CHECK(match.rule == "moonshot-platform-key");
  }
  // Seen apart: two cells, two paragraphs, two lines.
  for (const std::string between : {"</td><td>", "</w:t></w:r></w:p><w:p><w:r><w:t>", "<br>", "</t></si><si><t>", "<w:tab/>", "</li><li>"}) {
    INFO(between);
    CHECK(test::scan_text("<p>" + cut(key, 40, between) + "</p>").empty());
  }
}

TEST_CASE("UTF-16 in base64 has one place, wrapped or not") {
  test::Keys keys(38);
  for (const bool little : {true}) {
    for (const std::string before : {"", "KEY=", "x\r\nKEY='"}) {
      for (const std::size_t width : {std::size_t{0}, std::size_t{64}, std::size_t{76}}) {
        const std::string key = keys.kimi_code();
        std::string wide;
        for (const char c : before + key + "'\r\nmore of it\r\n") wide += little ? std::string{c, '\0'} : std::string{'\0', c};
        const std::string digits = base64(wide);
        const Match match = only("run:\n" + (width == 0 ? "  " + digits + "\n" : wrapped(digits, width, "")));
        CHECK(match.secret.reveal() == key);
        REQUIRE(match.decoded.size() >= 2);
        CHECK(Chain(match.decoded.end() - 2, match.decoded.end()) == Chain{"base64", "utf-16le"});
      }
    }
  }
}

TEST_CASE("a compressed word begins where its run of digits does") {
  const std::string begin = "eJwA" + std::string(60, 'A');
  CHECK(detect::compressed_token(begin, {0, begin.size()}) == 0);
  CHECK(detect::compressed_token("\"" + begin, {1, 1 + begin.size()}) == 1);
  // What is asked of a long run does not reach its beginning.
  CHECK_FALSE(detect::compressed_token(std::string(1000, 'A') + begin + std::string(3000, 'A'), {1000 + 2048, 1000 + 2048 + 48}));
}

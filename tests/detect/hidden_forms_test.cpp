// What hides a key from a reader of bytes: compressed words, quoted lines, dumps, recordings, markup.
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "scanner/detect/compressed_token.h"
#include "tests/detect/scan_text.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_time.h"
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
    for (const Match& part : test::scan_text("<p>" + cut(key, 40, between) + "</p>")) CHECK(part.rule == "possible-kimi-code-key");
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

TEST_CASE("a key in a list of characters is found, its place are the items") {
  test::Keys keys(41);
  const auto list = [](const std::string& key, const std::string& between, const auto& one) {
    std::string out;
    for (const char c : key) out += (out.empty() ? "" : between) + one(static_cast<unsigned>(c));
    return out;
  };
  const auto decimal = [](unsigned c) { return std::to_string(c); };
  const auto hexadecimal = [](unsigned c) { return "0x" + hex(std::string(1, static_cast<char>(c))); };
  const auto quoted = [](unsigned c) { return std::string("'") + static_cast<char>(c) + "'"; };
  for (const std::string& key : {keys.kimi_code(), keys.platform()}) {
    const struct {
      std::string before;
      std::string items;
      std::string behind;
    } cases[] = {
        {"static const uint8_t kimi_api_key[] = {", list(key, ", ", hexadecimal), "};"},
        {"static const char kimi_api_key[] = {", list(key, ",", quoted), ", 0};"},
        {"static const char kimi_api_key[] = {\n  ", list(key, ",\n  ", hexadecimal), "};"},
        {"kimi_api_key = bytes([", list(key, ", ", decimal), "])"},
        {"kimi_api_key = String.fromCharCode(", list(key, ",", decimal), ")"},
        {"{\"kimi_api_key\":{\"type\":\"Buffer\",\"data\":[", list(key, ",", decimal), "]}}"},
        {"{\n  \"kimi_api_key\": {\n    \"type\": \"Buffer\",\n    \"data\": [\n      ", list(key, ",\n      ", decimal), "\n    ]\n  }\n}"},
        {"{\"content\":\"{\\n \\\"kimi_api_key\\\": [\\n      ", list(key, ",\\n      ", decimal), "]}\"}"},
        {"byte[] kimi_api_key = {", list(key, ", ", [&](unsigned c) { return "(byte)" + std::to_string(c); }), "};"},
        {"let kimi_api_key = [", list(key, ", ", [&](unsigned c) { return std::string("b'") + static_cast<char>(c) + "'"; }), "];"},
        {"kimi_api_key = [", list(key, ", ", [&](unsigned c) { return std::string("\"") + static_cast<char>(c) + "\""; }), "].join('')"},
    };
    for (const auto& one : cases) {
      const std::string first = "// " + keys.alnum(20) + "\n";
      const Match match = only(first + one.before + one.items + one.behind + "\n");
      CHECK(match.secret.reveal() == key);
      CHECK(match.confidence == Confidence::high);
      const bool joined = one.before.find("= [") != std::string::npos && one.behind == "].join('')";
      if (!joined) CHECK(match.decoded == Chain{"codes"});
      // A cast or the mark of a literal belongs to its item.
      const std::uint64_t begin = first.size() + one.before.size();
      CHECK(match.region.bytes.begin == begin);
      CHECK(match.region.bytes.end == begin + one.items.size());
      CHECK(match.region.snippet.find(one.items.substr(40, 60)) == std::string::npos);
    }
  }
  // Within base64, and base64 within a list.
  const std::string key = keys.kimi_code();
  CHECK(only("x: " + base64("[" + list(key, ",", decimal) + "]") + "\n").decoded == Chain{"base64", "codes"});
}

TEST_CASE("a list of numbers that is no key is none") {
  test::Keys keys(42);
  std::string table = "{";
  for (int i = 0; i < 3000; ++i) table += std::to_string(i % 97 + 30) + ", ";
  CHECK(test::scan_text("int t[] = " + table + "115, 107, 45, 1, 2, 3};\n").empty());
  std::string shifted;
  for (const char c : keys.kimi_code()) shifted += std::to_string(static_cast<int>(c) + 1) + ",";
  CHECK(test::scan_text("int t[] = {" + shifted + "0};\n").empty());
}

TEST_CASE("UTF-32 and UTF-16 of either byte order in base64 or hexadecimal are named as they are") {
  test::Keys keys(43);
  const auto wide = [](const std::string& text, std::size_t unit, bool little) {
    std::string out;
    for (const char c : text) {
      if (little) out += c;
      out.append(unit - 1, '\0');
      if (!little) out += c;
    }
    return out;
  };
  for (const std::string& key : {keys.kimi_code(), keys.platform()}) {
    for (const std::size_t unit : {2u, 4u}) {
      for (const bool little : {true, false}) {
        const std::string name = unit == 2 ? little ? "utf-16le" : "utf-16be" : little ? "utf-32le" : "utf-32be";
        for (const std::string before : {"", "#", "##", "ab c "}) {
          const std::string text = wide(before + key + "\n", unit, little);
          const Match as_base64 = only("moonshot: " + base64(text) + "\n");
          CHECK(as_base64.secret.reveal() == key);
          CHECK(as_base64.decoded == Chain{"base64", name});
          const Match as_hex = only("moonshot: " + hex(text) + "\n");
          CHECK(as_hex.secret.reveal() == key);
          CHECK(as_hex.decoded == Chain{"hex", name});
        }
        // Behind bytes of another kind.
        const Match skewed = only("moonshot: " + base64("\1\2\3" + wide("key: " + key + " ", unit, little)) + "\n");
        CHECK(skewed.decoded == Chain{"base64", name});
      }
    }
  }
}

TEST_CASE("octal escapes of two digits are part of a row") {
  test::Keys keys(44);
  for (int round = 0; round < 50; ++round) {
    const std::string key = keys.platform();
    std::string text;
    for (const char c : key) {
      char octal[8];
      std::snprintf(octal, sizeof octal, "\\%o", static_cast<unsigned>(c));
      text += octal;
    }
    CHECK(only("MOONSHOT_API_KEY=$'" + text + "'\n").secret.reveal() == key);
  }
}

TEST_CASE("typographic quotes around a key are as good as typed ones") {
  test::Keys keys(45);
  const std::pair<std::string, std::string> quotes[] = {{"\"", "\""}, {"\u201c", "\u201d"}, {"\u2018", "\u2019"}, {"\u00ab", "\u00bb"}, {"\u300c", "\u300d"}, {"\uff02", "\uff02"}};
  for (const auto& [open, close] : quotes) {
    const Match named = only("export MOONSHOT_API_KEY=" + open + keys.platform() + close + "\n");
    CHECK(named.rule == "moonshot-platform-key");
    CHECK(named.confidence == Confidence::high);
    CHECK(named.variable == "MOONSHOT_API_KEY");
    const Match called = only("client = OpenAI(api_key=" + open + keys.platform() + close + ", base_url=" + open + "https://api.moonshot.cn/v1" + close + ")\n");
    CHECK(called.realm == "moonshot-cn");
    CHECK(called.variable == "api_key");
  }
  const std::vector<Match> other = test::scan_text("DEEPSEEK_API_KEY=\u201c" + keys.platform() + "\u201d\n");
  CHECK(std::none_of(other.begin(), other.end(), [](const Match& match) { return !match.rule.empty(); }));
}

TEST_CASE("sk-kimi- and another number of characters is possibly a key, but not where a key is cut, joined or shown in part") {
  test::Keys keys(46);
  const std::string prefix = std::string("sk-") + "kimi-";
  for (const std::size_t length : {40u, 63u, 65u, 100u}) {
    const Match match = only("KIMI_API_KEY=" + prefix + keys.alnum(length) + "\n");
    CHECK(match.rule == "possible-kimi-code-key");
    CHECK(match.confidence == Confidence::low);
  }
  for (const std::string& none : {keys.alnum(12), keys.from("abcdefghij0123", 40), keys.alnum(40) + "...", keys.alnum(40) + "\u2026", keys.alnum(40) + "***",
                                  std::string("your-long-key-goes-here-please-do-it"), keys.alnum(101)})
    CHECK(test::scan_text("KIMI_API_KEY=" + prefix + none + "\n").empty());
  const std::string key = keys.kimi_code();
  for (const std::string& whole : {"\"" + key.substr(0, 50) + "\" +\n  \"" + key.substr(50) + "\"", key.substr(0, 60) + "\x1b[0m" + key.substr(60),
                                   std::string(7, '-') + " " + key.substr(0, 59) + "\n" + key.substr(59)})
    CHECK(only("KIMI_API_KEY=" + whole + "\n").rule == "kimi-code-key");
}

TEST_CASE("a key that was typed at a terminal is found as it was sent") {
  test::Keys keys(47);
  for (const std::string& key : {keys.kimi_code(), keys.platform()}) {
    const std::string left = key.substr(0, 25);
    const std::string right = key.substr(25);
    const std::string back(right.size(), '\b');
    for (const std::string& typed : {left + "xyz\b\x1b[K\b\x1b[K\b\x1b[K" + right, left + "zz\b \b\b \b" + right, left + " \r" + right,
                                     left + right.substr(4) + back.substr(4) + right + back, left + "q\b" + right}) {
      const std::string before = "Script started on 2026-11-24\n\x1b[?2004h$ export MOONSHOT_API_KEY=";
      const Match match = only(before + typed + "\r\n\x1b[?2004l\r$ exit\n");
      CHECK(match.secret.reveal() == key);
      CHECK(match.confidence == Confidence::high);
      CHECK(match.region.begin.line == 2);
      CHECK(match.region.bytes.begin == before.size());
    }
  }
}

TEST_CASE("A long list of characters that says the beginning of a key over and over is decoded a few times, not at each") {
  std::string text;
  while (text.size() < 300'000) text += "115,107,45,";
  const double begin = test::cpu_seconds();
  test::scan_text(text);
  // 0.3 s; 40 s when each beginning had its window decoded.
  CHECK(test::cpu_seconds() - begin < 12);
}

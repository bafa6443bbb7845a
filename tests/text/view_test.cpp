#include "scanner/text/view.h"

#include <string>
#include <vector>

#include "scanner/text/codes.h"
#include "scanner/text/decode.h"
#include "scanner/text/mask.h"
#include "scanner/text/token.h"
#include "scanner/text/utf8.h"
#include "tests/support/catch.h"
#include "tests/text/samples.h"

using namespace kimiguard;
using namespace kimiguard::text;

namespace {

// The view of `views` whose text holds `what` and whose encoding is `encoding`.
const View* view_with(const std::vector<View>& views, const std::string& encoding,
                      const std::string& what) {
  for (const View& view : views) {
    if (view.encoding() == encoding && view.text.find(what) != std::string::npos) return &view;
  }
  return nullptr;
}

Span span_of(const std::string& text, const std::string& part) {
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return {at, at + part.size()};
}

// Where `what`, decoded, came from.
std::string source_of(const std::string& bytes, const View& view, const std::string& what) {
  const Span span = view.to_source(span_of(view.text, what));
  return bytes.substr(span.begin, span.size());
}

// Every decoded byte maps to a source span in order and within the view's source.
void check_map(const View& view, std::size_t size) {
  Span before{0, 0};
  for (std::uint64_t i = 0; i < view.text.size(); ++i) {
    const Span span = view.to_source({i, i + 1});
    REQUIRE(span.end <= size);
    REQUIRE(span.begin < span.end);
    REQUIRE(span.begin >= before.begin);
    REQUIRE(span.end >= before.end);
    const Span back = view.from_source(span);
    REQUIRE(back.begin <= i);
    REQUIRE(back.end >= i + 1);
    before = span;
  }
}

}  // namespace

TEST_CASE("base64 maps each byte to the digits that hold it") {
  samples::Random random(1);
  for (int round = 0; round < 100; ++round) {
    const std::string inner = random.bytes(24 + random.below(200));
    const std::size_t width = round % 3 == 0 ? 0 : round % 3 == 1 ? 64 : 76;
    std::string encoded = samples::base64(inner, round % 2 == 0, round % 5 != 0);
    if (width != 0) encoded = samples::wrap(encoded, width, round % 2 == 0 ? "\r\n" : "\n  ");
    const std::string bytes = "= " + encoded + " .";
    const auto token = token_around(bytes, {6, 10}, Digits::base64);
    REQUIRE(token);
    const View view = decode_token(bytes, *token, Digits::base64, 0);
    CHECK(view.text == inner);
    check_map(view, bytes.size());
    for (std::uint64_t i = 0; i < inner.size(); ++i) {
      // The digits that hold byte i, wherever the lines end.
      std::vector<std::uint64_t> digits;
      for (std::uint64_t at = 2; at < bytes.size() && digits.size() < (i + 1) * 8 / 6 + 2; ++at) {
        if (std::string(" \r\n=.").find(bytes[at]) == std::string::npos) digits.push_back(at);
      }
      const Span span = view.to_source({i, i + 1});
      REQUIRE(span.begin == digits[i * 8 / 6]);
      REQUIRE(span.end == digits[(i * 8 + 7) / 6] + 1);
    }
  }
}

TEST_CASE("the alignment that decodes to text is given") {
  samples::Random random(2);
  for (int round = 0; round < 30; ++round) {
    const std::string key = random.code_key();
    const std::string encoded = samples::base64("{\"KIMI_API_KEY\":\"" + key + "\"}");
    for (const std::string lead : {"", "/", "a/", "ab/", "abc/", "data:text/plain;base64,"}) {
      const std::string bytes = "x " + lead + encoded + " y";
      const std::size_t at = bytes.find(encoded);
      const auto views = views_at(bytes, {at + 24, at + 100});
      const View* view = view_with(views, "base64", key);
      REQUIRE(view != nullptr);
      CHECK(view->text.find("KIMI_API_KEY") != std::string::npos);
      const Span source = view->to_source(span_of(view->text, key));
      CHECK(source.begin == at + 17 * 8 / 6);
    }
  }
}

TEST_CASE("wide text is seen around a candidate, in either order and alignment") {
  samples::Random random(3);
  for (const std::size_t unit : {2, 4}) {
    for (const bool little : {true, false}) {
      for (std::size_t shift = 0; shift < 4; ++shift) {
        const std::string key = random.code_key();
        const std::string bytes = std::string(shift + 8, '\0') +
                                  samples::wide("KEY=" + key + "\nURL=h", unit, little) +
                                  std::string(9, '\0');
        const Span around{shift + 8 + 4 * unit, shift + 8 + 70 * unit};
        const auto views = views_at(bytes, around);
        const View* view =
            view_with(views, std::string(unit == 2 ? "utf-16" : "utf-32") + (little ? "le" : "be"), key);
        REQUIRE(view != nullptr);
        CHECK(view->text == "KEY=" + key + "\nURL=h");
        CHECK(view->to_source(span_of(view->text, key)) ==
              Span{around.begin, around.begin + key.size() * unit});
        check_map(*view, bytes.size());
      }
    }
  }
}

TEST_CASE("escapes decode one level, with the place of each") {
  const std::string bytes = R"(a\u002db\x2dc\055d\"e\/f\\g\nh\ud83d\ude00i\u{2d}j\U0000002dk\-l\q)";
  const auto view = decode_escapes(bytes, {0, bytes.size()});
  REQUIRE(view);
  CHECK(view->text == "a-b-c-d\"e/f\\g\nh\xF0\x9F\x98\x80i-j-k-l\\q");
  CHECK(view->encoding() == "escape");
  check_map(*view, bytes.size());
  CHECK(source_of(bytes, *view, "-b") == "\\u002db");
  CHECK(source_of(bytes, *view, "\xF0\x9F\x98\x80") == "\\ud83d\\ude00");
  CHECK(source_of(bytes, *view, "\\g") == "\\\\g");
  CHECK_FALSE(decode_escapes("no escapes", {0, 10}));
  CHECK(decode_escapes("a\\nb", {0, 4})->encoding() == "json");
  CHECK(decode_escapes("abc\\\n   def", {0, 11})->text == "abcdef");
}

TEST_CASE("a transcript's string is decoded whole, level by level") {
  samples::Random random(4);
  const std::string key = random.code_key();
  const std::string shell =
      "export KIMI_API_KEY=\"" + key + "\"\nexport BASE=\"https://api.kimi.com/coding\"\n";
  const std::string inner = "{\"content\":" + samples::json_string(shell) + ",\"role\":\"tool\"}";
  const std::string middle = "{\"text\":" + samples::json_string(inner) + "}";
  const std::string bytes = "{\"other\":\"x\"}\n{\"message\":" + samples::json_string(middle) +
                            ",\"n\":1}\n{\"last\":\"y\"}\n";
  View view;
  Span around = span_of(bytes, key);
  std::string now = bytes;
  for (int depth = 0; depth < 3; ++depth) {
    auto views = views_at(now, around);
    const View* found = view_with(views, "json", key);
    REQUIRE(found != nullptr);
    view = depth == 0 ? *found : compose(view, *found);
    now = view.text;
    around = span_of(now, key);
  }
  CHECK(view.text == shell);
  CHECK(view.chain == std::vector<std::string>{"json", "json", "json"});
  CHECK(source_of(bytes, view, key) == key);
  CHECK(view.from_source(span_of(bytes, key)) == span_of(shell, key));
}

TEST_CASE("percent, HTML, quoted-printable and colours map back") {
  samples::Random random(5);
  const std::string key = random.platform_key();
  const std::string tail = key.substr(3);
  const auto check = [&](const std::string& bytes, const std::string& encoding,
                         const std::string& around, const std::string& source) {
    const auto views = views_at(bytes, span_of(bytes, around));
    const View* view = view_with(views, encoding, key);
    INFO(encoding << " " << bytes);
    REQUIRE(view != nullptr);
    CHECK(source_of(bytes, *view, key) == source);
    check_map(*view, bytes.size());
  };
  check("https://h/?key%3Dsk%2D" + tail + "&x=1", "percent", "sk%2D" + tail, "sk%2D" + tail);
  check("<a>sk&#45;" + tail + "&lt;", "html", tail, "sk&#45;" + tail);
  check("K=3Dsk-" + tail.substr(0, 20) + "=\r\n" + tail.substr(20) + "\r\n", "quoted-printable",
        tail.substr(0, 20), "sk-" + tail.substr(0, 20) + "=\r\n" + tail.substr(20));
  check("\x1b[1mkey\x1b[0m sk-" + tail.substr(0, 9) + "\x1b[31;1m" + tail.substr(9) + "\x1b]0;t\x07 z",
        "ansi", tail.substr(9), "sk-" + tail.substr(0, 9) + "\x1b[31;1m" + tail.substr(9));
}

TEST_CASE("literals are joined only where source code joins them") {
  const auto joined = [](const std::string& bytes) {
    const auto view = join_literals(bytes, {0, bytes.size()});
    return view ? view->text : bytes;
  };
  CHECK(joined("k = \"sk-ab\" + \"cd\";") == "k = \"sk-abcd\";");
  CHECK(joined("k = 'sk-ab' .\n  'cd';") == "k = 'sk-abcd';");
  CHECK(joined("k = \"sk-ab\" .. \"cd\"") == "k = \"sk-abcd\"");
  CHECK(joined("k = \"sk-ab\" & \"cd\"") == "k = \"sk-abcd\"");
  CHECK(joined("k = (\"sk-ab\"\n     f\"cd\")") == "k = (\"sk-abcd\")");
  CHECK(joined("k = \"sk-ab\" \\\n \"cd\"") == "k = \"sk-abcd\"");
  CHECK(joined("['sk-ab', 'cd'].join('')") == "['sk-abcd'].join('')");
  CHECK(joined("['sk-ab', 'cd']") == "['sk-ab', 'cd']");
  CHECK(joined("{\"a\": \"b\", \"c\": \"d\"}") == "{\"a\": \"b\", \"c\": \"d\"}");
}

TEST_CASE("a broken word is joined at a usual width only") {
  samples::Random random(6);
  const std::string key = random.code_key();
  const auto joined = [&](std::size_t width, const std::string& second) {
    const std::string lead = "x " + random.of("abc ", width - 2 - 31) + " ";
    const std::string bytes = "intro\n" + lead + key.substr(0, 30) + second;
    const auto views = views_at(bytes, span_of(bytes, key.substr(0, 30)));
    return view_with(views, "line-break", key) != nullptr;
  };
  CHECK(joined(80, "\n" + key.substr(30) + "\n"));
  CHECK(joined(120, "\r\n" + key.substr(30) + " more\n"));
  CHECK_FALSE(joined(63, "\n" + key.substr(30) + "\n"));
  CHECK_FALSE(joined(80, "\n  " + key.substr(30) + "\n"));
}

TEST_CASE("views of random bytes stay in bounds and map in order") {
  samples::Random random(7);
  for (int round = 0; round < 400; ++round) {
    std::string bytes;
    switch (round % 4) {
      case 0:
        bytes = random.bytes(random.below(2000));
        break;
      case 1:
        bytes = random.of("ab\\u002dx{}\"'+ \n\r%=&#;^[\x1b", random.below(2000));
        break;
      case 2:
        bytes = random.of("QUJDc2st+/=\n ", random.below(2000));
        break;
      default:
        bytes = random.of(std::string("a\0b\0", 4), random.below(500));
        break;
    }
    const std::uint64_t begin = random.below(bytes.size() + 1);
    for (const View& view : views_at(bytes, {begin, begin + random.below(90)}))
      check_map(view, bytes.size());
    for (const View& view : all_views(bytes, 50)) check_map(view, bytes.size());
  }
}

TEST_CASE("a token of a megabyte is decoded, a longer one around the candidate") {
  samples::Random random(8);
  const std::string key = random.code_key();
  const std::string text = std::string(300000, 'x') + " " + key + " " + std::string(300000, 'y');
  const std::string bytes = samples::base64(text);
  const Span around{300003 * 8 / 6, 300003 * 8 / 6 + 80};
  const auto views = views_at(bytes, around);
  const View* view = view_with(views, "base64", key);
  REQUIRE(view != nullptr);
  CHECK(view->to_source(span_of(view->text, key)).begin == 300001ULL * 8 / 6);
}

TEST_CASE("asking at every place of an escaped text decodes it a few times, not once a place") {
  std::string bytes;
  for (unsigned i = 0; i < 4000; ++i) bytes += "%22word\\u002d" + std::to_string(i) + (i % 40 == 0 ? "\n" : "%20");
  ViewsGiven given;
  std::uint64_t decoded = 0;
  for (std::uint64_t at = 0; at + 48 < bytes.size(); at += 100)
    for (const View& view : views_at(bytes, {at, at + 48}, &given))
      if (view.encoding() == "percent" || view.encoding() == "escape" || view.encoding() == "json") decoded += view.text.size();
  CHECK(decoded > bytes.size());
  CHECK(decoded < 12 * bytes.size());
}

TEST_CASE("a name on the line below a token of base64 is no part of it") {
  samples::Random random(31);
  const std::string key = "sk-" "kimi-" + random.alnum(64);
  const std::string encoded = samples::base64(key);
  REQUIRE(encoded.size() % 4 == 0);
  REQUIRE(encoded.back() != '=');
  // MOONSHOT and OPENAI decode to a digit first, which would stand directly behind the key.
  for (const std::string below : {"  MOONSHOT_BASE_URL: x\n", "  OPENAI_BASE_URL: x\n", "OPENAI_BASE_URL=https://x\n", "done | x\n", "---\n"}) {
    const std::string bytes = "data:\n  K: " + encoded + "\n" + below;
    INFO(below);
    const auto token = token_around(bytes, span_of(bytes, encoded.substr(0, 12)), Digits::base64);
    REQUIRE(token);
    if (below != "---\n") CHECK(token->runs.size() == 1);
    const std::vector<Token> tokens = tokens_in(bytes, Digits::base64, 24);
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].runs.size() == token->runs.size());
  }
  // A last line, padded, quoted or in a comment, is.
  for (const std::string end : {"", "\n", "==\n", "\"", "\\n", " \n", "\"\\n\"", "=\r\n"}) {
    const std::string bytes = encoded + "\n" + encoded.substr(0, 20) + end;
    INFO(end);
    const auto token = token_around(bytes, {0, 12}, Digits::base64);
    REQUIRE(token);
    CHECK(token->runs.size() == 2);
  }
}

TEST_CASE("lists of characters map each to its item") {
  samples::Random random(7);
  const std::string word = random.alnum(70);
  const auto list = [&](const auto& one) {
    std::string out;
    for (const char c : word) out += (out.empty() ? "" : ", ") + one(c);
    return out;
  };
  const std::string quoted = list([](char c) { return std::string("\\\"") + c + "\\\""; });
  const std::string decimal = list([](char c) { return std::to_string(static_cast<int>(c)); });
  const std::string cast = list([](char c) { return "(byte)0x" + samples::hex(std::string(1, c)); });
  for (const std::string& items : {quoted, decimal, cast}) {
    const std::string bytes = "const char key[] = {" + items + "}; // 1, 2, 3";
    const auto view = decode_codes(bytes, {0, bytes.size()});
    REQUIRE(view);
    CHECK(view->text == "const char key[] = {" + word + "}; // 1, 2, 3");
    CHECK(view->chain == std::vector<std::string>{"codes"});
    CHECK(source_of(bytes, *view, word) == items);
    check_map(*view, bytes.size());
  }
  CHECK_FALSE(decode_codes("f(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)", {0, 40}));
  CHECK_FALSE(decode_codes(list([](char c) { return std::to_string(c + 128); }), {0, 300}));
}

TEST_CASE("a list of characters is masked") {
  samples::Random random(8);
  for (const std::string& key : {random.code_key(), random.platform_key()}) {
    std::string items;
    for (const char c : key) items += std::to_string(static_cast<int>(c)) + ", ";
    const std::string masked = mask_keys("x = [" + items + "13]; y = 1");
    CHECK(masked.find(items.substr(items.size() - 60)) == std::string::npos);
    CHECK(masked.find("y = 1") != std::string::npos);
  }
}

TEST_CASE("typographic quotation marks are read as typed ones") {
  const std::string bytes = "a = \u201cb\u201d, \u2018c\u2019, \u00abd\u00bb, \u300ce\u300d, \uff02f\uff02 \u00e9";
  const auto view = fold_quotes(bytes, {0, bytes.size()});
  REQUIRE(view);
  CHECK(view->text == "a = \"b\", 'c', \"d\", \"e\", \"f\" \u00e9");
  check_map(*view, bytes.size());
  CHECK_FALSE(fold_quotes("\"a\" \u00e9 \u2014", {0, 9}));
}

TEST_CASE("a line of a terminal shows what stands in it in the end") {
  const std::pair<std::string, std::string> cases[] = {
      {"$ ab\bc", "$ ac"},                              // overwritten
      {"$ abxy\b\x1b[K\b\x1b[Kcd\r\n", "$ abcd\n"},   // readline
      {"# abz\b \bcd\r\n", "# abcd\n"},              // the line discipline
      {"$ abcd \refgh\r\n", "$ abcdefgh\n"},          // the screen's end
      {"$ abef\b\bcdef\b\b\r\nnext", "$ abcdef\nnext"},  // a cursor that went back, and back again
      {"10% \r20% \bX\r\n", "20%X\n"},                // a line written anew
      {"$ abcd\x1b[2D\x1b[1Pd\b \r\n", "$ ab \n"},
  };
  for (const auto& [bytes, shown] : cases) {
    const auto view = decode_terminal(bytes, {0, bytes.size()});
    REQUIRE(view);
    CHECK(view->text == shown);
    check_map(*view, bytes.size());
  }
  CHECK_FALSE(decode_terminal("no such line\r\nat all \r\n", {0, 24}));
}

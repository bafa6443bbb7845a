#include <nlohmann/json.hpp>
#include <random>

#include "scanner/config/embedded.h"
#include "scanner/config/line_map.h"
#include "scanner/config/reader.h"
#include "tests/config/checks.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::config;
using checks::listed;
using checks::one;
using Lines = std::vector<std::string>;

namespace {

std::string slice(std::string_view text, const Setting& s) {
  return std::string(text.substr(s.bytes.begin, s.bytes.size()));
}

// nlohmann's value as settings, in its order.
void flatten(const nlohmann::ordered_json& json, std::vector<std::string>& path,
             std::vector<Setting>& out) {
  if (json.is_object()) {
    for (auto& [key, value] : json.items()) {
      path.push_back(key);
      flatten(value, path, out);
      path.pop_back();
    }
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      path.push_back(std::to_string(i));
      flatten(json[i], path, out);
      path.pop_back();
    }
  } else {
    Setting setting;
    setting.path = path;
    setting.type = json.is_string()    ? Setting::Type::text
                   : json.is_number()  ? Setting::Type::number
                   : json.is_boolean() ? Setting::Type::boolean
                                       : Setting::Type::null;
    setting.value = json.is_string() ? json.get<std::string>() : json.dump();
    out.push_back(std::move(setting));
  }
}

nlohmann::ordered_json generated(std::mt19937& random, int depth) {
  static const std::vector<std::string> kTexts = {"",
                                                  "a",
                                                  "key",
                                                  "a.b",
                                                  "\"q\"",
                                                  "\\",
                                                  "\n\t\r\b\f",
                                                  "é",
                                                  "漢字",
                                                  "😀",
                                                  "/",
                                                  "'",
                                                  "{\"x\":1}",
                                                  "//no",
                                                  "#",
                                                  " sp ",
                                                  std::string("nul\0in", 6),
                                                  "\x7f"};
  const auto text = [&] {
    return kTexts[random() % kTexts.size()] + (random() % 3 == 0 ? std::to_string(random() % 1000) : "");
  };
  switch (depth > 0 ? random() % 8 : 2 + random() % 6) {
    case 0: {
      auto object = nlohmann::ordered_json::object();
      for (std::size_t i = random() % 5; i > 0; --i) object[text()] = generated(random, depth - 1);
      return object;
    }
    case 1: {
      auto array = nlohmann::ordered_json::array();
      for (std::size_t i = random() % 5; i > 0; --i) array.push_back(generated(random, depth - 1));
      return array;
    }
    case 2:
      return text();
    case 3:
      return static_cast<int>(random() % 2000) - 1000;
    case 4:
      return random() % 2 == 0;
    case 5:
      return nullptr;
    default:
      return text();
  }
}

}  // namespace

TEST_CASE("a value of JSON stands at its exact bytes, line and column") {
  const std::string key = checks::random_key();
  const std::string text =
      "{\n  \"é\": {\"apiKey\": \"" + key + "\", \"n\": -1.5e3},\n\t\"list\": [true, null, \"\"]\n}\n";
  const Parsed parsed = read(text, Format::json);
  REQUIRE(parsed.complete);
  const Setting& secret = one(parsed, "é.apiKey");
  CHECK(secret.value == key);
  CHECK(slice(text, secret) == key);
  CHECK(secret.position == Position{2, 20});
  CHECK(secret.end == Position{2, 20 + key.size()});
  CHECK(text.substr(secret.key_bytes.begin, secret.key_bytes.size()) == "apiKey");
  CHECK(one(parsed, "é.n").type == Setting::Type::number);
  CHECK(one(parsed, "list.0").type == Setting::Type::boolean);
  CHECK(one(parsed, "list.1").type == Setting::Type::null);
  CHECK(one(parsed, "list.2").value.empty());
  CHECK(one(parsed, "list.2").position == Position{3, 24});
  CHECK(checks::fault(text, parsed) == "");
}

TEST_CASE("JSON5 and JSONC are read without complaint") {
  const std::string text =
      "\xEF\xBB\xBF// c\n{ unquoted: 'it\\'s', \"b\": [1, +2, 0xFF, .5, Infinity, {c: true,},], /* z "
      "*/\n"
      "\"d\\u00e9\": \"\\ud83d\\ude00 \\\nnext\", $_x1: \"\\x41\", }";
  const Parsed parsed = read(text, Format::json5);
  CHECK(parsed.complete);
  CHECK(listed(parsed) == Lines{"unquoted=it's", "b.0=1", "b.1=+2", "b.2=0xFF", "b.3=.5", "b.4=Infinity",
                                "b.5.c=true", "dé=😀 next", "$_x1=A"});
  CHECK(parsed.settings[0].position == Position{2, 14});
  CHECK(one(parsed, "b.3").type == Setting::Type::number);
  CHECK(checks::fault(text, parsed) == "");
}

TEST_CASE("the same key twice in an object is given twice") {
  const Parsed parsed = read(R"({"k": "a", "k": "b"})", Format::json);
  CHECK(listed(parsed) == Lines{"k=a", "k=b"});
}

TEST_CASE("broken JSON gives what can be read, and a gap") {
  const auto settings = [](std::string_view text) {
    const Parsed parsed = read(text, Format::json);
    CHECK_FALSE(parsed.complete);
    REQUIRE_FALSE(parsed.gaps.empty());
    CHECK(parsed.gaps[0].kind == GapKind::not_parsed);
    CHECK(checks::fault(text, parsed) == "");
    return listed(parsed);
  };
  CHECK(settings(R"({"a": "1", "b": {"c": "2")") == Lines{"a=1", "b.c=2"});
  CHECK(settings("{\"a\": \"un\n \"b\": \"2\"}") == Lines{"a=un", "b=2"});
  CHECK(settings(R"({"a": 1 "b": 2})") == Lines{"a=1", "b=2"});
  CHECK(settings(R"({"a": , "b": 2})") == Lines{"b=2"});
  CHECK(settings(R"({"x": {"a": [1, 2}, "b": 3})") == Lines{"x.a.0=1", "x.a.1=2", "b=3"});
  CHECK(settings(R"(]{"a": 1})") == Lines{"a=1"});
  CHECK(settings(R"({"a": bare, "b": 2})") == Lines{"a=bare", "b=2"});
  CHECK(settings(R"(<<<<<<< HEAD
{"a": 1})") == Lines{"=<<<<<<<", "=HEAD", "a=1"});
}

TEST_CASE("the reason of a gap says the line and holds nothing of the file") {
  const std::string key = checks::random_key();
  const Parsed parsed = read("{\n \"a\": " + key + " \n", Format::json);
  REQUIRE_FALSE(parsed.gaps.empty());
  CHECK(parsed.gaps[0].reason.find("line 2") == 0);
  for (const Gap& gap : parsed.gaps) CHECK(gap.reason.find(key) == std::string::npos);
}

TEST_CASE("in JSONL a broken line does not touch the next one") {
  const std::string text = "{\"a\":1}\n{\"a\": [\n\n{\"a\":3}\n\"x\"\n";
  const Parsed parsed = read(text, Format::jsonl);
  CHECK(listed(parsed) == Lines{"a=1", "a=3", "=x"});
  CHECK(parsed.settings[0].document == 0);
  CHECK(parsed.settings[1].document == 2);
  CHECK(parsed.settings[2].document == 3);
  CHECK_FALSE(parsed.complete);
}

TEST_CASE("the bytes behind a decoded part are found again") {
  const std::string text = R"({"t": "a\nKEY=\u00e9sk\\x"})";
  const Parsed parsed = read(text, Format::json);
  const Setting& t = parsed.settings[0];
  const std::size_t at = t.value.find("KEY");
  const Span key = bytes_of(t, at, at + 3);
  CHECK(text.substr(key.begin, key.size()) == "KEY");
  const Span letter = bytes_of(t, t.value.find("é"), t.value.find("é") + 2);
  CHECK(text.substr(letter.begin, letter.size()) == "\\u00e9");
  const Span end = bytes_of(t, t.value.size(), t.value.size());
  CHECK(end.begin == t.bytes.end);
}

TEST_CASE("JSON in a string in JSON stands at its place in the outer file") {
  const std::string key = checks::random_key();
  const nlohmann::ordered_json inner = {{"providers", {{{"id", "é"}, {"apiKey", key}}}}};
  const nlohmann::ordered_json middle = {{"llm", inner.dump()}, {"x", "1"}};
  const std::string text = "[\n" + nlohmann::ordered_json{{"v", middle.dump()}}.dump() + "]";
  const LineMap lines(text);
  const Parsed outer = read(text, Format::json);
  REQUIRE(looks_like_json(outer.settings[0].value));
  const Parsed second = read_value(outer.settings[0], Format::json, lines);
  const Setting& llm = one(second, "0.v.llm");
  const Parsed third = read_value(llm, Format::json, lines);
  const Setting& secret = one(third, "0.v.llm.providers.0.apiKey");
  CHECK(secret.value == key);
  CHECK(slice(text, secret) == key);
  CHECK(secret.position == checks::slow_position(text, text.find(key)));
  CHECK(one(third, "0.v.llm.providers.0.id").value == "é");
  CHECK(checks::fault(text, third) == "");
}

TEST_CASE("our JSON reader reads what nlohmann wrote, and what it wrote in ASCII and indented") {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const nlohmann::ordered_json json = generated(random, 5);
    const bool ascii = random() % 2 == 0;
    const std::string text =
        json.dump(random() % 2 == 0 ? -1 : static_cast<int>(random() % 5), ' ', ascii);
    std::vector<std::string> path;
    std::vector<Setting> expected;
    flatten(json, path, expected);
    const Parsed parsed = read(text, Format::json);
    INFO(text);
    REQUIRE(parsed.complete);
    REQUIRE(checks::fault(text, parsed) == "");
    REQUIRE(parsed.settings.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(parsed.settings[i].path == expected[i].path);
      REQUIRE(parsed.settings[i].value == expected[i].value);
      REQUIRE(parsed.settings[i].type == expected[i].type);
    }
  }
}

TEST_CASE("deep nesting and endless lists reach a limit and nothing else") {
  std::string deep(1'000'000, '[');
  Parsed parsed = read(deep, Format::json);
  CHECK_FALSE(parsed.complete);
  CHECK(parsed.gaps[0].code == "limit");
  CHECK(parsed.gaps[0].kind == GapKind::unreadable);
  std::string objects;
  for (int i = 0; i < 1000; ++i) objects += "{\"a\":";
  objects += "1" + std::string(1000, '}') + " {\"after\": 1}";
  parsed = read(objects, Format::json);
  CHECK(listed(parsed) == Lines{"after=1"});

  std::string list = "[";
  for (int i = 0; i < 300'000; ++i) list += "1,";
  Limits limits;
  limits.settings = 1000;
  parsed = read(list, Format::json, limits);
  CHECK(parsed.settings.size() == 1000);
  CHECK_FALSE(parsed.complete);
  limits.settings = 1'000'000;
  limits.memory = 1 << 20;
  CHECK(read(list, Format::json, limits).settings.size() < 100'000);
  limits.bytes = 100;
  parsed = read(list, Format::json, limits);
  CHECK(parsed.settings.size() <= 50);
  CHECK(parsed.gaps[0].code == "limit");
}

TEST_CASE("a notebook's lines are joined and lead back to their places") {
  const std::string key = checks::random_key();
  const std::string text =
      "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\n\"import os\\n\",\n\"%env "
      "MOONSHOT_API_KEY=" +
      key +
      "\\n\",\n\"x = 1\"], \"outputs\": [{\"text\": [\"a\\n\", \"b\"]}, {\"data\": {\"text/plain\": "
      "\"one\"}}]}], \"nbformat\": 4}";
  const Parsed parsed = read(text, Format::notebook);
  CHECK(parsed.complete);
  const Setting& source = one(parsed, "cells.0.source");
  CHECK(source.value == "import os\n%env MOONSHOT_API_KEY=" + key + "\nx = 1");
  const Span span = bytes_of(source, source.value.find(key), source.value.find(key) + key.size());
  CHECK(text.substr(span.begin, span.size()) == key);
  const Setting& variable = one(parsed, "cells.0.source.%env.MOONSHOT_API_KEY");
  CHECK(variable.value == key);
  CHECK(variable.position == Position{3, 24});
  CHECK(one(parsed, "cells.0.outputs.0.text").value == "a\nb");
  CHECK(one(parsed, "cells.0.outputs.1.data.text/plain").value == "one");
  CHECK(checks::fault(text, parsed) == "");
}

TEST_CASE("lists of assignments and of names with values become settings") {
  const std::string text =
      R"({"env": [{"name": "A", "value": "1"}, {"value": "2", "name": "B"}], "set": ["C=3", "none"]})";
  const Parsed parsed = read(text, Format::json);
  const std::vector<Setting> named = named_values(parsed.settings);
  REQUIRE(named.size() == 2);
  CHECK(named[0].key_path() == "env.A");
  CHECK(named[1].key_path() == "env.B");
  CHECK(named[1].value == "2");
  const LineMap lines(text);
  const auto c = split_assignment(one(parsed, "set.0"), lines);
  REQUIRE(c);
  CHECK(c->key_path() == "set.C");
  CHECK(c->value == "3");
  CHECK(text.substr(c->bytes.begin, 1) == "3");
  CHECK_FALSE(split_assignment(one(parsed, "set.1"), lines));
}

TEST_CASE("UTF-16 files are read, and spans are theirs") {
  const std::string plain = "{\"é\": \"😀key\"}";
  std::string text = "\xFF\xFE";
  for (const char16_t unit : std::u16string(u"{\"é\": \"😀key\"}")) {
    text += static_cast<char>(unit & 0xFF);
    text += static_cast<char>(unit >> 8);
  }
  const Parsed parsed = read(text, Format::json);
  REQUIRE(parsed.settings.size() == 1);
  const Setting& s = parsed.settings[0];
  CHECK(s.value == "😀key");
  CHECK(s.path[0] == "é");
  CHECK(text.substr(s.bytes.begin, 4) == std::string("\x3D\xD8\x00\xDE", 4));
  const Span key = bytes_of(s, 4, 7);
  CHECK(text.substr(key.begin, key.size()) == std::string("k\0e\0y\0", 6));
  CHECK(s.position == Position{1, 9});
}

TEST_CASE("line map agrees with counting, also on invalid bytes and long lines") {
  std::mt19937 random(3);
  const std::vector<std::string> kParts = {
      "a", "é", "漢", "😀", "\n", "\r\n", "\xFF", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xC0\x80", "   "};
  for (int round = 0; round < 30; ++round) {
    std::string text;
    for (std::size_t i = random() % 2000; i > 0; --i)
      text += kParts[random() % (round % 3 == 0 ? kParts.size() : 4)];
    const LineMap lines(text);
    for (int i = 0; i < 60; ++i) {
      const std::size_t at = random() % (text.size() + 1);
      const Position position = lines.position(at);
      REQUIRE(position == checks::slow_position(text, at));
      const std::size_t back = lines.offset(position);
      REQUIRE(back <= at);
      REQUIRE(lines.position(back) == position);
    }
  }
}

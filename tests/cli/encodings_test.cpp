// The table of issue 4: encoding × key kind × nesting × kind of file, through the whole program. Every cell must
// be found, and placed within the bytes that encode it.
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "scanner/core/secret.h"
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"
#include "tests/text/samples.h"

namespace kimiguard::test {
namespace {

using Json = nlohmann::json;
namespace samples = text::samples;

struct Encoding {
  std::string name;
  std::function<std::string(const std::string&)> encode;
  bool text = true;    // the result may stand in a text file among other lines
  bool outer = true;   // may be put around another encoding
  bool inner = true;   // may be put into another encoding
};

std::string each(const std::string& text, const std::function<std::string(unsigned char)>& one) {
  std::string out;
  for (const char c : text) out += one(static_cast<unsigned char>(c));
  return out;
}

std::string formatted(const char* form, unsigned value) {
  char text[32];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

std::string each_as(const std::string& text, const char* form) {
  return each(text, [&](unsigned char c) { return formatted(form, c); });
}

// Only what is no letter or digit.
std::string punctuation_as(const std::string& text, const char* form) {
  return each(text, [&](unsigned char c) { return std::isalnum(c) != 0 || c == '\n' ? std::string(1, static_cast<char>(c)) : formatted(form, c); });
}

std::string quoted_printable(const std::string& text) {
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    const std::string one = c == '=' ? "=3D" : std::string(1, c);
    if (column + one.size() > 40) {
      out += "=\n";
      column = 0;
    }
    out += one;
    column += one.size();
  }
  return out;
}

// A JSON string within a JSON string …
std::string json_within(const std::string& text, int levels) {
  std::string out = "say \"hi\"\n" + text + "\n\"bye\"";
  for (int i = 0; i < levels; ++i) out = samples::json_string(i == 0 ? out : "{\"content\":" + out + "}");
  return out;
}

std::vector<Encoding> encodings() {
  std::vector<Encoding> list;
  const auto add = [&](std::string name, std::function<std::string(const std::string&)> encode, bool text = true, bool outer = true,
                       bool inner = true) { list.push_back({std::move(name), std::move(encode), text, outer, inner}); };
  add("plain", [](const std::string& t) { return t; }, true, false);
  for (int skew = 0; skew < 3; ++skew)
    add("base64 at " + std::to_string(skew), [skew](const std::string& t) { return samples::base64(std::string(static_cast<std::size_t>(skew), '#') + t); },
        true, skew == 0, skew == 1);
  add("base64url", [](const std::string& t) { return samples::base64(t + "?>~", true, false); });
  for (const unsigned width : {64u, 76u, 48u, 40u, 32u, 24u, 20u})
    add("base64 wrapped at " + std::to_string(width), [width](const std::string& t) { return samples::wrap(samples::base64("###" + t + "!!"), width, "\n"); }, true,
        false, width == 76);
  add("base64 wrapped with CR LF", [](const std::string& t) { return samples::wrap(samples::base64(t), 76, "\r\n"); }, true, false, false);
  add("base64 wrapped and indented", [](const std::string& t) { return samples::wrap(samples::base64(t), 64, "\n    "); }, true, false, false);
  add("hex", [](const std::string& t) { return samples::hex(t); });
  add("HEX", [](const std::string& t) { return samples::hex(t, true); }, true, false);
  add("percent", [](const std::string& t) { return samples::hex(t, true, "%"); });
  add("percent, lower case", [](const std::string& t) { return samples::hex(t, false, "%"); }, true, false);
  add("percent twice", [](const std::string& t) { return each_as(samples::hex(t, true, "%"), "%c") == t ? t : samples::hex(t, true, "%25"); }, true, false);
  add("percent of punctuation", [](const std::string& t) { return punctuation_as(t, "%%%02X"); });
  add("\\u", [](const std::string& t) { return each_as(t, "\\u%04x"); });
  add("\\u of punctuation", [](const std::string& t) { return punctuation_as(t, "\\u%04X"); });
  add("\\u{}", [](const std::string& t) { return each_as(t, "\\u{%x}"); }, true, false);
  add("\\U", [](const std::string& t) { return each_as(t, "\\U%08x"); }, true, false, false);
  add("\\x", [](const std::string& t) { return each_as(t, "\\x%02x"); });
  add("\\\\x", [](const std::string& t) { return each_as(t, "\\\\x%02X"); }, true, false);
  add("octal", [](const std::string& t) { return each_as(t, "\\%03o"); }, true, false);
  add("list of decimal numbers", [](const std::string& t) { return "{" + each_as(t, "%u, ") + "0}"; }, true, false);
  add("list of hexadecimal numbers", [](const std::string& t) { return "{" + each_as(t, "0x%02x, ") + "0}"; }, true, false);
  add("list of literals", [](const std::string& t) { return "{" + each_as(t, "'%c', ") + "0}"; }, true, false);
  add("decimal entities", [](const std::string& t) { return each_as(t, "&#%u;"); });
  add("hexadecimal entities", [](const std::string& t) { return each_as(t, "&#x%x;"); }, true, false);
  add("entities of punctuation", [](const std::string& t) { return punctuation_as(t, "&#%u;"); });
  add("entities twice", [](const std::string& t) { return each_as(t, "&amp;#%u;"); }, true, false);
  add("quoted-printable", quoted_printable, true, false, false);
  add("JSON", [](const std::string& t) { return json_within(t, 1); }, true, false);
  add("JSON in JSON", [](const std::string& t) { return json_within(t, 2); }, true, false);
  add("JSON in JSON in JSON", [](const std::string& t) { return json_within(t, 3); }, true, false, false);
  add("ANSI colours", [](const std::string& t) {
    const std::size_t at = t.find("sk-") + 20;
    return "\x1b[32m" + t.substr(0, at) + "\x1b[1;31m" + t.substr(at) + "\x1b[0m";
  }, true, false, false);
  add("two string literals", [](const std::string& t) {
    const std::size_t at = t.find("sk-") + 20;
    return "\"" + t.substr(0, at) + "\" + \"" + t.substr(at) + "\"";
  }, true, false, false);
  add("a line of 80 columns", [](const std::string& t) {
    return "first line\n" + std::string(40, '.') + " " + t.substr(0, 39) + "\n" + t.substr(39) + "\nlast line\n";
  }, false, false, false);
  for (const bool mark : {true, false})
    for (const bool little : {true, false})
      for (const std::size_t unit : {2u, 4u})
        add(std::string("UTF-") + (unit == 2 ? "16" : "32") + (little ? "LE" : "BE") + (mark ? " with mark" : ""), [=](const std::string& t) {
          const std::string order = unit == 2 ? (little ? "\xFF\xFE" : "\xFE\xFF") : little ? std::string("\xFF\xFE\0\0", 4) : std::string("\0\0\xFE\xFF", 4);
          return (mark ? order : "") + samples::wide("first line\nx: " + t + "\n", unit, little);
        }, false, false, !mark && unit == 2 && little);
  add("UTF-8 with mark", [](const std::string& t) { return "\xEF\xBB\xBF" + t; }, false, false, false);
  add("Latin-1", [](const std::string& t) { return "caf\xE9 \xFC " + t + " \xE4"; }, true, false, false);
  return list;
}

struct Cell {
  std::string name;
  std::string key_kind;
  std::string file;
  std::string id;      // of the secret
  std::string rule;
  std::uint64_t begin = 0;  // bytes of the file that encode the assignment
  std::uint64_t end = 0;
};

// Files for every encoding alone and for every pair, by kind of text file.
class Table {
 public:
  Table() {
    const std::vector<Encoding> all = encodings();
    for (const Encoding& one : all) add(one.name, one.text, one.encode);
    for (const Encoding& outer : all)
      for (const Encoding& inner : all) {
        if (!outer.outer || !inner.inner || inner.name == "plain") continue;
        add(outer.name + " of " + inner.name, outer.text, [&](const std::string& t) { return outer.encode(inner.encode(t)); });
      }
  }
  std::vector<Cell> cells;
  std::map<std::string, std::string> files;  // text by name

 private:
  void add(const std::string& name, bool text, const std::function<std::string(const std::string&)>& encode) {
    for (const bool code : {true, false}) {
      const std::string key = code ? keys_.kimi_code() : keys_.platform();
      const std::string encoded = encode((code ? "KIMI_API_KEY=" : "MOONSHOT_API_KEY=") + key);
      const auto put = [&](const std::string& ending, const std::string& before, const std::string& inside, const std::string& after) {
        Cell cell;
        cell.name = name;
        cell.key_kind = code ? "sk-kimi-" : "sk-";
        cell.file = std::to_string(cells.size()) + "." + ending;
        cell.id = Secret(key).id();
        cell.rule = code ? "kimi-code-key" : "moonshot-platform-key";
        cell.begin = before.size();
        cell.end = before.size() + inside.size();
        files[cell.file] = before + inside + after;
        cells.push_back(std::move(cell));
      };
      if (!text) {
        put("txt", "", encoded, "");
        continue;
      }
      put("txt", "first line\nx ", encoded, "\nlast line\n");
      const std::string quoted = samples::json_string(encoded);
      if (encoded.find('\x1b') == std::string::npos && encoded.find('\r') == std::string::npos && encoded.find('\xE9') == std::string::npos)
        put("json", "{\n  \"a\": [1, 2],\n  \"text\": ", quoted, "\n}\n");
      std::string block;
      for (const char c : encoded) block += c == '\n' ? "\n    " : std::string(1, c);
      // A soft line break in an indented block is none.
      if (name != "quoted-printable") put("yaml", "a: 1\nb:\n  text: |\n    ", block, "\nc: 2\n");
    }
  }
  Keys keys_{42};
};

struct Found {
  std::uint64_t begin = 0, end = 0;
  std::string rule, row;
};

// Everything found, by file (or row) and secret.
std::multimap<std::pair<std::string, std::string>, Found> scan(const Repo& repo, std::vector<std::string> words, bool by_row = false) {
  const fs::path report = repo.folder / "report.json";
  words.insert(words.begin(), {"scan", "--no-progress", "--exit-zero", "-f", "json", "-o", report.string()});
  const Ran ran = repo.kimiguard(words);
  INFO(ran.err);
  REQUIRE((ran.status == 0 || ran.status == 3));
  std::multimap<std::pair<std::string, std::string>, Found> found;
  const Json json = Json::parse(read_file(report));
  for (const Json& finding : json["findings"])
    for (const Json& place : finding["places"]) {
      Found one;
      one.rule = finding["ruleId"];
      one.begin = place["region"].value("byteOffset", 0);
      one.end = one.begin + place["region"].value("byteLength", 0);
      std::string file = fs::path(place["path"].get<std::string>()).filename().string();
      if (place.contains("inside") && !place["inside"].empty()) {
        const Json& inside = place["inside"].back();
        file = fs::path(by_row ? inside.value("row", "") : inside.value("member", "")).filename().string();
      }
      found.emplace(std::pair(file, finding["secretSha256"].get<std::string>()), one);
    }
  return found;
}

// Names of the cells that are not found, or found at another place.
std::set<std::string> missing(const Table& table, const std::multimap<std::pair<std::string, std::string>, Found>& found, bool places,
                              const std::function<std::string(const Cell&)>& where) {
  std::set<std::string> bad;
  std::size_t good = 0;
  for (const Cell& cell : table.cells) {
    const auto [first, last] = found.equal_range({where(cell), cell.id});
    bool any = false, right = false, attributed = false;
    for (auto at = first; at != last; ++at) {
      any = true;
      attributed = attributed || at->second.rule == cell.rule;
      right = right || (at->second.begin >= cell.begin && at->second.end <= cell.end && at->second.begin < at->second.end);
    }
    const std::string kind = cell.file.substr(cell.file.find('.'));
    if (!any) bad.insert("not found: " + cell.name + " (" + cell.key_kind + ", " + kind + ")");
    else if (!attributed) bad.insert("not attributed: " + cell.name + " (" + cell.key_kind + ", " + kind + ")");
    else if (places && !right) bad.insert("misplaced: " + cell.name + " (" + cell.key_kind + ", " + kind + ")");
    else ++good;
  }
  if (std::getenv("KIMIGUARD_TABLE") != nullptr) {
    std::cout << good << " of " << table.cells.size() << " cells\n";
    for (const std::string& one : bad) std::cout << "  " << one << "\n";
  }
  return bad;
}

TEST_CASE("keys are found in every encoding, alone and nested, in files, git objects, archives and databases") {
  const Table table;
  const Repo repo;
  for (const auto& [name, text] : table.files) repo.write(name, text);
  const auto by_file = [](const Cell& cell) { return cell.file; };
  SECTION("files") { CHECK(missing(table, scan(repo, {"--only", "files"}), true, by_file) == std::set<std::string>{}); }
  SECTION("git objects") {
    repo.git({"-c", "core.autocrlf=false", "add", "-A"});
    repo.commit("all");
    CHECK(missing(table, scan(repo, {"--only", "history"}), true, by_file) == std::set<std::string>{});
    SECTION("archives") {
      const std::string zip = (repo.folder / "all.zip").string();
      REQUIRE(repo.git({"archive", "--format=zip", "-o", zip, "HEAD"}).status == 0);
      CHECK(missing(table, scan(repo, {"--only", "files", zip}), true, by_file) == std::set<std::string>{});
    }
  }
  SECTION("databases") {
    const std::string file = (repo.folder / "all.sqlite").string();
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database, "create table t(id integer primary key, text); begin", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_stmt* insert = nullptr;
    REQUIRE(sqlite3_prepare_v2(database, "insert into t values(?, ?)", -1, &insert, nullptr) == SQLITE_OK);
    std::int64_t row = 0;
    for (const Cell& cell : table.cells) {
      const std::string& text = table.files.at(cell.file);
      sqlite3_bind_int64(insert, 1, std::atoll(cell.file.c_str()) + 1);
      if (text.find('\0') == std::string::npos && cell.name != "Latin-1") sqlite3_bind_text(insert, 2, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
      else sqlite3_bind_blob(insert, 2, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
      REQUIRE(sqlite3_step(insert) == SQLITE_DONE);
      sqlite3_reset(insert);
      ++row;
    }
    sqlite3_finalize(insert);
    sqlite3_exec(database, "commit", nullptr, nullptr, nullptr);
    sqlite3_close(database);
    CHECK(missing(table, scan(repo, {"--only", "files", file}, true), false,
                  [](const Cell& cell) { return std::to_string(std::atoll(cell.file.c_str()) + 1); }) == std::set<std::string>{});
  }
}

// GNU grep, ripgrep, tput and a shell prompt; the whole key, its prefix, or any other part of it.
TEST_CASE("a key that a program coloured, whole or in part, is found in its output, in JSON and in literals") {
  struct Colour {
    const char* on;
    const char* off;
  };
  const std::vector<Colour> colours = {{"\x1b[01;31m\x1b[K", "\x1b[m\x1b[K"},
                                       {"\x1b[0m\x1b[1m\x1b[31m", "\x1b[0m"},
                                       {"\x1b[38;2;255;0;0m", "\x1b(B\x1b[m"},
                                       {"^[[01;31m", "^[[m"}};
  const Folder folder;
  Keys keys(29);
  std::map<std::string, std::string> planted;  // file: id of its key
  const auto plant = [&](const std::string& name, const std::string& text, const std::string& key) {
    folder.write(name, text);
    planted[name] = Secret(key).id();
  };
  for (const bool code : {true, false}) {
    for (std::size_t colour = 0; colour < colours.size(); ++colour) {
      struct Part {
        std::size_t from;
        std::size_t to;
      };
      for (const Part part : std::initializer_list<Part>{{0, 3}, {0, 9}, {20, 30}, {35, 36}, {40, 99}, {0, 99}}) {
        const auto coloured = [&](const std::string& key) {
          const std::size_t end = std::min(part.to, key.size());
          return key.substr(0, part.from) + colours[colour].on + key.substr(part.from, end - part.from) + colours[colour].off + key.substr(end);
        };
        const auto fresh = [&] { return code ? keys.kimi_code() : keys.platform(); };
        const std::string name = std::string(code ? "code" : "platform") + std::to_string(colour) + "-" + std::to_string(part.from) + "-" + std::to_string(part.to);
        std::string key = fresh();
        plant(name + ".log", ".env:MOONSHOT_API_KEY=" + coloured(key) + "\n", key);
        key = fresh();
        plant(name + ".json", Json{{"out", "MOONSHOT_API_KEY=" + coloured(key) + "\n"}}.dump() + "\n", key);
        key = fresh();
        std::string literal = "out = \"MOONSHOT_API_KEY=" + coloured(key) + "\"\n";
        for (std::size_t at; (at = literal.find('\x1b')) != std::string::npos;) literal.replace(at, 1, "\\033");
        plant(name + ".py", literal, key);
      }
    }
  }
  RunOptions options;
  options.folder = folder.path();
  const Json report = Json::parse(kimiguard({"scan", "-f", "json", "."}, options).out);
  std::map<std::string, std::string> found;
  for (const Json& finding : report["findings"])
    if (finding["ruleId"] != "unattributed-sk-key")
      for (const Json& place : finding["places"]) found[fs::path(place["path"].get<std::string>()).filename()] = finding["secretSha256"];
  std::set<std::string> lost;
  for (const auto& [name, id] : planted)
    if (found[name] != id) lost.insert(name);
  CHECK(lost == std::set<std::string>{});
}

// What is written in escapes around a token that stands plainly shows in a view only.
TEST_CASE("a token is found by a name that is written in escapes far from it, beside a key in escapes") {
  const Folder folder;
  Keys keys(31);
  const auto part = [](const std::string& json) { return samples::base64(json, true, false); };
  const std::string token = part(R"({"alg":"RS256","typ":"JWT"})") + "." + part(R"({"sub":")" + keys.alnum(20) + R"(","iat":1,"exp":2})") + "." + keys.alnum(200);
  std::string note;
  for (int i = 0; i < 100; ++i) note += "alpha ";
  std::string escaped;
  for (const char c : keys.platform()) {
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(c));
    escaped += code;
  }
  folder.write("a.json", "{\"k\\x69mi\": {\"note\": \"" + note + "\", \"access_token\": \"" + token + "\", \"x\": \"" + escaped + "\"}}\n");
  RunOptions options;
  options.folder = folder.path();
  const Json report = Json::parse(kimiguard({"scan", "-f", "json", "a.json"}, options).out);
  std::set<std::string> ids;
  for (const Json& finding : report["findings"]) ids.insert(finding["secretSha256"]);
  CHECK(ids.count(Secret(token).id()) == 1);
}

}  // namespace
}  // namespace kimiguard::test

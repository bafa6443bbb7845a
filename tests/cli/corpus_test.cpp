// Recall, attribution and false alarms of the whole program over generated texts: every way of writing a key
// (corpus_contexts.h) x every kind of key x every kind of evidence. Keys are random at each run.
//
// KIMIGUARD_RECALL=FILE writes the table of docs/recall.md there; KIMIGUARD_CORPUS=FOLDER keeps the texts.
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/corpus_contexts.h"
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;
namespace fs = std::filesystem;
using test::Context;
using test::Style;
using nlohmann::json;

namespace {

enum class By { host_cn, host_global, host_other, provider, provider_other, name, name_prefixed, name_other, prose, prose_other, nearer_other, none };

std::string_view name(By by) {
  switch (by) {
    case By::host_cn: return "host, .cn or .com";
    case By::host_global: return "host, .ai";
    case By::host_other: return "another's host";
    case By::provider: return "provider id";
    case By::provider_other: return "another's provider id";
    case By::name: return "variable name";
    case By::name_prefixed: return "variable name with a prefix";
    case By::name_other: return "another's variable name";
    case By::prose: return "prose";
    case By::prose_other: return "another's prose";
    case By::nearer_other: return "prose against another's host";
    case By::none: return "none";
  }
  return "";
}

enum class Kind { platform, kimi_code, oauth, web, openai_mark, siliconflow_mark, one_api_mark };

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::platform: return "sk- and 48";
    case Kind::kimi_code: return "sk-kimi- and 64";
    case Kind::oauth: return "OAuth token";
    case Kind::web: return "web token";
    case Kind::openai_mark: return "OpenAI's mark";
    case Kind::siliconflow_mark: return "SiliconFlow's mark";
    case Kind::one_api_mark: return "One API's mark";
  }
  return "";
}

// The words of a name in one style, from lower-case words.
std::string styled(Style style, const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    std::string part = word;
    const bool first = text.empty();
    if (style == Style::upper)
      for (char& c : part) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if ((style == Style::camel && !first) || style == Style::pascal)
      part[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(part[0])));
    if (!first) text += style == Style::kebab ? "-" : style == Style::dotted ? "." : style == Style::upper || style == Style::snake ? "_" : "";
    text += part;
  }
  return text;
}

void replace(std::string& text, const std::string& mark, const std::string& with) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size())) text.replace(at, mark.size(), with);
}

// Keeps or drops the parts [%X:…%].
void choose(std::string& text, char part, bool keep) {
  const std::string open = std::string("[%") + part + ":";
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    std::size_t end = text.find("%]", at);
    // Parts do not stand in each other.
    text.replace(end, 2, "");
    if (keep)
      text.erase(at, open.size());
    else
      text.erase(at, end - at);
  }
}

std::string percent(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ':' ? "%3A" : c == '/' ? "%2F" : std::string(1, c);
  return out;
}

std::string base64url(const std::string& text) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += kDigits[bits >> (have - 6) & 63];
  }
  if (have > 0) out += kDigits[bits << (6 - have) & 63];
  return out;
}

std::string make_key(Kind kind, test::Keys& keys) {
  switch (kind) {
    case Kind::platform: return keys.platform();
    case Kind::kimi_code: return keys.kimi_code();
    case Kind::oauth:
      return base64url(R"({"alg":"RS256","typ":"JWT"})") + "." +
             base64url(R"({"iss":"https://auth.kimi.com","aud":"kimi-code","exp":1790000000,"sub":")" + keys.alnum(20) + "\"}") + "." +
             base64url(keys.alnum(256));
    case Kind::web:
      return base64url(R"({"alg":"HS512","typ":"JWT"})") + "." +
             base64url(R"({"iss":"user-center","exp":1790000000,"app_id":"kimi","sub":")" + keys.alnum(20) + "\",\"typ\":\"refresh\"}") + "." +
             base64url(keys.alnum(64));
    case Kind::openai_mark: return "sk-" + keys.alnum(20) + "T3Blbk" + "FJ" + keys.alnum(20);
    case Kind::siliconflow_mark: return "sk-" + keys.from("abcdefghijklmnopqrstuvwxyz", 48);
    case Kind::one_api_mark: {
      // A UUID's digits, letters upper case at even places.
      std::string hex = keys.from("0123456789abcdef", 32);
      for (std::size_t i = 0; i < hex.size(); i += 2) hex[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(hex[i])));
      return "sk-" + keys.alnum(16) + hex;
    }
  }
  return "";
}

bool has(const Context& context, std::string_view what) { return context.text.find(what) != std::string_view::npos; }

// Whether this evidence can stand in this context.
bool fits(const Context& context, By by) {
  switch (by) {
    case By::host_cn:
    case By::host_global:
    case By::host_other: return has(context, "[%H:");
    case By::provider:
    case By::provider_other: return has(context, "{V}") || has(context, "{V?}");
    case By::name:
    case By::name_other: return has(context, "{N}");
    case By::name_prefixed: return has(context, "{N}") && context.style == Style::upper;
    case By::prose:
    case By::prose_other: return has(context, "[%C:");
    // In the mail the sentence stands on the key's own line and the address on the next: the nearer scope speaks.
    case By::nearer_other: return has(context, "[%C:") && has(context, "[%H:") && context.id != "mail";
    case By::none: return true;
  }
  return false;
}

struct Sample {
  const Context* context;
  Kind kind;
  By by;
  std::string key;
  std::string path;
  std::string text;
  std::size_t line = 0, column = 0;
};

Sample make(const Context& context, Kind kind, By by, test::Keys& keys, std::size_t number) {
  Sample sample{&context, kind, by, make_key(kind, keys), "", "", 0, 0};
  std::string text(context.text);
  const bool host = by == By::host_cn || by == By::host_global || by == By::host_other || by == By::nearer_other;
  choose(text, 'H', host);
  choose(text, 'P', by == By::provider || by == By::provider_other);
  choose(text, 'C', by == By::prose || by == By::prose_other || by == By::nearer_other);
  const bool code = kind == Kind::kimi_code || kind == Kind::oauth;
  std::string url = by == By::host_cn       ? (code ? "https://api.kimi.com/coding/v1" : "https://api.moonshot.cn/v1")
                    : by == By::host_global ? (code ? "https://api.kimi.ai/coding/v1" : "https://api.moonshot.ai/v1")
                                            : "https://api.deepseek.com/v1";
  std::vector<std::string> key_name = {"api", "key"}, url_name = {"base", "url"};
  const auto put = [](std::vector<std::string>& words, std::string_view first) { words.insert(words.begin(), std::string(first)); };
  if (by == By::host_global) {  // protocol names, which say nothing beside an address
    put(key_name, "openai");
    put(url_name, "openai");
  }
  if (by == By::name || by == By::name_prefixed) put(key_name, code ? "kimi" : "moonshot");
  if (by == By::name_prefixed) {
    put(key_name, number % 2 == 0 ? "public" : "vite");
    if (number % 2 == 0) put(key_name, "next");
  }
  if (by == By::name_other) put(key_name, "deepseek");
  const std::string provider = by == By::provider_other ? "deepseek" : by == By::provider ? "moonshot" : "custom";
  replace(text, "{N}", styled(context.style, key_name));
  replace(text, "{B}", styled(context.style, url_name));
  replace(text, "{E}", percent(url));
  replace(text, "{D}", url.substr(8, url.find('/', 8) - 8));
  replace(text, "{H}", url);
  replace(text, "{V?}", provider);
  replace(text, "{V}", provider);
  replace(text, "{S}", by == By::prose_other ? "the DeepSeek key of the team" : "the Moonshot key of the team");
  replace(text, "{K}", sample.key);
  // A folder for each, so that names such as .env can repeat.
  sample.path = "s" + std::to_string(number) + "/" + std::string(context.ending);
  sample.text = text;
  const std::size_t at = text.find(sample.key);
  if (at == std::string::npos) return sample;
  sample.line = static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) + 1;
  const std::size_t begin = text.rfind('\n', at) == std::string::npos || at == 0 ? 0 : text.rfind('\n', at) + 1;
  for (std::size_t i = begin; i < at; ++i) sample.column += (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
  ++sample.column;
  return sample;
}

struct Expected {
  std::string rule;                    // "" = no finding of a leak
  std::vector<std::string> realms;     // any of these
  std::vector<std::string> evidence;   // the first piece's kind is one of these
  bool sure = false;                   // at least medium
};

// An SDK's name or a header speaks for its vendor where no address stands beside it (design §3).
bool speaks_protocol(const Context& context) {
  for (const std::string_view word : {"OpenAI", "openai", "anthropic"})
    if (has(context, word)) return true;
  return false;
}

Expected expected(const Sample& sample) {
  switch (sample.kind) {
    case Kind::openai_mark:
    case Kind::siliconflow_mark:
    case Kind::one_api_mark: return {};
    case Kind::kimi_code: {
      Expected made{"kimi-code-key", {"kimi-code"}, {"prefix"}, true};
      if (sample.by == By::host_cn) made.realms = {"kimi-code-cn"};
      if (sample.by == By::host_global) made.realms = {"kimi-code-global"};
      return made;
    }
    case Kind::oauth: return {"kimi-oauth-token", {"kimi-code", "kimi-code-cn", "kimi-code-global"}, {}, true};
    case Kind::web: return {"kimi-web-token", {"", "web"}, {}, true};
    case Kind::platform: break;
  }
  switch (sample.by) {
    case By::host_cn: return {"moonshot-platform-key", {"moonshot-cn"}, {"host"}, true};
    case By::host_global: return {"moonshot-platform-key", {"moonshot-global"}, {"host"}, true};
    // A bare word in a table's cell or a log line is prose.
    case By::provider: return {"moonshot-platform-key", {""}, {"provider", "prose"}, true};
    case By::name:
    case By::name_prefixed:
      // The column's name of an INSERT stands in other brackets than its value.
      if (sample.context != nullptr && sample.context->id == "sql insert") return {"moonshot-platform-key", {""}, {"prose"}, true};
      return {"moonshot-platform-key", {""}, {"name", "provider"}, true};
    case By::prose: return {"moonshot-platform-key", {""}, {"prose", "provider"}, true};
    case By::none: return {"unattributed-sk-key", {""}, {}, false};
    case By::host_other:
    case By::provider_other:
    case By::name_other:
    case By::prose_other:
    case By::nearer_other: return {};
  }
  return {};
}

struct Cell {
  int samples = 0, found = 0, rule = 0, realm = 0, evidence = 0, high = 0, false_alarms = 0, to_vendor = 0;
};

bool is_leak(const std::string& rule) { return rule == "unattributed-sk-key" || rule.ends_with("-key") || rule.ends_with("-token"); }

}  // namespace

TEST_CASE("every key is found, placed and attributed in every way of writing it") {
  std::random_device device;
  const std::uint32_t seed = device();
  INFO("seed " << seed);
  test::Keys keys(seed);
  std::vector<Sample> samples;
  constexpr By kAll[] = {By::host_cn, By::host_global, By::host_other, By::provider, By::provider_other, By::name,
                         By::name_prefixed, By::name_other, By::prose, By::prose_other, By::nearer_other, By::none};
  for (const Context& context : test::contexts()) {
    const auto add = [&](Kind kind, By by) {
      if (!fits(context, by)) return;
      Sample sample = make(context, kind, by, keys, samples.size());
      if (sample.line > 0) samples.push_back(std::move(sample));
    };
    for (const By by : kAll) add(Kind::platform, by);
    for (const By by : {By::host_cn, By::host_global, By::host_other, By::name, By::none}) add(Kind::kimi_code, by);
    for (const By by : {By::host_cn, By::name, By::none}) add(Kind::oauth, by);
    for (const By by : {By::name, By::none}) add(Kind::web, by);
    for (const Kind kind : {Kind::openai_mark, Kind::siliconflow_mark, Kind::one_api_mark})
      for (const By by : {By::name, By::none}) add(kind, by);
  }
  const test::Folder folder;
  for (const Sample& sample : samples) folder.write(sample.path, sample.text);
  if (const char* keep = std::getenv("KIMIGUARD_CORPUS")) fs::copy(folder.path(), keep, fs::copy_options::recursive);

  test::RunOptions options;
  options.folder = folder.path();
  const test::Ran ran = test::kimiguard({"scan", "--only", "files", "-f", "json", "."}, options);
  const json report = json::parse(ran.out);
  std::map<std::string, std::vector<json>> by_path;
  for (const json& finding : report["findings"])
    for (const json& place : finding["places"])
      if (is_leak(finding["ruleId"])) {
        json one = finding;
        one["place"] = place;
        one.erase("places");
        by_path[place["path"]].push_back(std::move(one));
      }

  std::map<std::pair<Kind, By>, Cell> table;
  std::vector<std::string> wrong, unsure;
  for (const Sample& sample : samples) {
    const Expected want = expected(sample);
    Cell& cell = table[{sample.kind, sample.by}];
    ++cell.samples;
    const std::vector<json>& found = by_path[sample.path];
    if (sample.by == By::none && sample.kind == Kind::platform && speaks_protocol(*sample.context) && found.empty()) {
      ++cell.to_vendor;
      continue;
    }
    const auto complain = [&](const std::string& what) {
      std::string shown = sample.text;
      replace(shown, sample.key, "<KEY>");
      wrong.push_back(std::string(sample.context->id) + " / " + std::string(name(sample.kind)) + " / " + std::string(name(sample.by)) + ": " + what +
                      "\n" + shown);
    };
    CHECK(ran.out.find(sample.key) == std::string::npos);
    if (want.rule.empty()) {
      cell.false_alarms += !found.empty();
      if (!found.empty()) complain("false alarm " + found[0]["ruleId"].get<std::string>() + " " + found[0]["evidence"].dump());
      continue;
    }
    if (found.size() != 1) {
      complain(found.empty() ? "missed" : "found " + std::to_string(found.size()) + " times");
      continue;
    }
    const json& one = found[0];
    const json& region = one["place"]["region"];
    if (region["startLine"] != sample.line || region["startColumn"] != sample.column) {
      complain("at " + region["startLine"].dump() + ":" + region["startColumn"].dump() + ", not " + std::to_string(sample.line) + ":" +
               std::to_string(sample.column));
      continue;
    }
    ++cell.found;
    if (one["ruleId"] != want.rule) {
      complain("is " + one["ruleId"].get<std::string>() + " by " + one["evidence"].dump());
      continue;
    }
    ++cell.rule;
    std::string realm = one.value("realm", "");
    if (realm == "unknown") realm.clear();
    if (std::find(want.realms.begin(), want.realms.end(), realm) == want.realms.end()) {
      complain("realm '" + realm + "' by " + one["evidence"].dump());
      continue;
    }
    ++cell.realm;
    const std::string evidence = one["evidence"].empty() ? "" : one["evidence"][0]["kind"].get<std::string>();
    if (!want.evidence.empty() && std::find(want.evidence.begin(), want.evidence.end(), evidence) == want.evidence.end()) {
      complain("evidence " + one["evidence"].dump());
      continue;
    }
    ++cell.evidence;
    if (want.sure && one["confidence"] == "low") complain("confidence low");
    cell.high += one["confidence"] == "high";
    if (want.sure && one["confidence"] == "medium") unsure.push_back(std::string(sample.context->id) + " / " + std::string(name(sample.by)));
  }

  if (const char* file = std::getenv("KIMIGUARD_RECALL")) {
    std::ofstream out(file);
    out << "| key | evidence | texts | found at line and column | rule | realm | evidence named | high confidence | false alarms |\n"
           "|---|---|--:|--:|--:|--:|--:|--:|--:|\n";
    for (const auto& [key, cell] : table) {
      const auto [kind, by] = key;
      out << "| " << name(kind) << " | " << name(by) << " | " << cell.samples << " | ";
      if (expected({nullptr, kind, by, "", "", "", 0, 0}).rule.empty())
        out << " | | | | | " << cell.false_alarms << " |\n";
      else
        out << cell.found << (cell.to_vendor > 0 ? " (" + std::to_string(cell.to_vendor) + " an SDK's)" : "") << " | " << cell.rule << " | " << cell.realm << " | " << cell.evidence << " | " << cell.high << " | |\n";
    }
    out << "\nMedium confidence only:";
    for (const std::string& text : unsure) out << "\n- " << text;
    out << "\n\n" << samples.size() << " texts, " << test::contexts().size() << " ways of writing.\n";
  }
  for (const std::string& text : wrong) FAIL_CHECK(text);
}

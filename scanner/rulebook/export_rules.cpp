#include "scanner/rulebook/export_rules.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

namespace kimiguard {
namespace {

constexpr std::string_view kLosses[] = {
    "Keys that are encoded (base64, hex, escapes, UTF-16) or broken over lines are found only as far as the program decodes.",
    "The issuer of sk- and 48 characters is told by a word near the key, not by host, provider, scope and the rest of the run.",
    "Placeholders are told by a few words and by entropy; repeats, alphabets and periods are not.",
    "Web tokens (JWT) are not read: any near the word counts.",
    "Whether a key is sent to the wrong host, and all settings, cannot be asked."};

// What placeholders hold, besides what has too little entropy.
constexpr std::string_view kStopwords[] = {"example", "placeholder", "your-key", "yourkey", "changeme", "xxxxxx", "000000", "redacted", "dummy"};

// Capture `group` of an expression, as text; the whole if there is none.
std::string group_text(const std::string& expression, int group) {
  int seen = 0;
  bool in_class = false;
  std::vector<std::pair<int, std::size_t>> open;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      if (i + 1 < expression.size() && expression[i + 1] == '^') ++i;
      if (i + 1 < expression.size() && expression[i + 1] == ']') ++i;
    } else if (c == '(') {
      const bool captures = i + 1 >= expression.size() || expression[i + 1] != '?';
      open.emplace_back(captures ? ++seen : 0, i);
    } else if (c == ')' && !open.empty()) {
      const auto [number, at] = open.back();
      open.pop_back();
      if (number == group && group > 0) return expression.substr(at + 1, i - at - 1);
    }
  }
  return expression;
}

struct Exported {
  const Rule* rule = nullptr;
  std::string secret;      // the key's own expression, without groups around it
  std::string after;       // what may not follow
  bool needs_word = false;  // only near one of `words`
  std::string keyword;
};

// The words that name the issuer: the names in its hosts ("moonshot" in api.moonshot.ai).
std::vector<std::string> words_of(const Rulebook& book) {
  std::set<std::string> words;
  for (const Realm& realm : book.realms)
    for (const std::string& host : realm.hosts) {
      const std::size_t last = host.rfind('.');
      if (last == std::string::npos || last == 0) continue;
      const std::size_t before = host.rfind('.', last - 1);
      words.insert(host.substr(before == std::string::npos ? 0 : before + 1, last - (before == std::string::npos ? 0 : before + 1)));
    }
  return {words.begin(), words.end()};
}

std::vector<Exported> exported(const Rulebook& book) {
  std::vector<Exported> list;
  for (const Rule& rule : book.rules) {
    if (rule.kind != Rule::Kind::leak || rule.foreign != nullptr || rule.expression.empty()) continue;
    Exported one;
    one.rule = &rule;
    const bool shaped = !rule.prefix.empty() && rule.body > 0;
    one.secret = shaped ? rule.prefix + "[A-Za-z0-9]{" + std::to_string(rule.body) + "}" : group_text(rule.expression, rule.group);
    one.after = shaped ? "[^A-Za-z0-9]" : "[^A-Za-z0-9_-]";
    one.needs_word = rule.attribution != Rule::Attribution::shape;
    one.keyword = shaped ? rule.prefix : one.secret.substr(0, one.secret.find_first_of("[(\\.{?*+"));
    list.push_back(std::move(one));
  }
  return list;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : "|") + word;
  return out;
}

// The key, with a word before or after it where one is needed.
std::string expression_of(const Exported& one, const std::vector<std::string>& words) {
  const std::string end = "(?:" + one.after + "|\\z)";
  if (!one.needs_word) return "(" + one.secret + ")" + end;
  const std::string word = "(?i:" + joined(words) + ")";
  const std::string left = "(?:\\A|[^A-Za-z0-9])";
  return word + "(?s:.){0,200}?" + left + "(" + one.secret + ")" + end + "|" + left + "(" + one.secret + ")" + one.after + "(?s:.){0,200}?" + word;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string json_text(std::string_view text) { return toml_text(text); }

std::string comments(const char* mark, const char* program) {
  std::string out = std::string(mark) + " Kimiguard's secret rules for " + program + ". What is lost against kimiguard itself:\n";
  for (const std::string_view loss : kLosses) out += std::string(mark) + " - " + std::string(loss) + "\n";
  return out;
}

// A mark of another issuer must match the whole secret.
std::vector<std::string> passes(const Rule& rule) {
  std::vector<std::string> list = rule.placeholders;
  for (const IssuerMark& mark : rule.marks) list.push_back("\\A(?:" + mark.expression + ")\\z");
  return list;
}

std::string gitleaks(const Rulebook& book, bool filters) {
  const std::vector<std::string> words = words_of(book);
  std::string out = comments("#", filters ? "betterleaks" : "gitleaks 8") + "\ntitle = \"kimiguard\"\n";
  for (const Exported& one : exported(book)) {
    const Rule& rule = *one.rule;
    out += "\n[[rules]]\nid = " + toml_text(rule.id) + "\ndescription = " + toml_text(rule.title.en) + "\nregex = '''" +
           expression_of(one, words) + "'''\n";
    if (rule.min_entropy > 0 && !filters) out += "entropy = " + number(rule.min_entropy) + "\n";
    out += "keywords = [";
    std::vector<std::string> keywords = one.needs_word ? words : std::vector<std::string>{one.keyword};
    for (std::size_t i = 0; i < keywords.size(); ++i) out += (i == 0 ? "" : ", ") + toml_text(keywords[i]);
    out += "]\ntags = [\"kimi\", \"secret\"]\n";
    const std::vector<std::string> excused = passes(rule);
    if (filters) {
      out += "filter = '''\nentropy(finding[\"secret\"]) <= " + number(rule.min_entropy);
      if (!excused.empty()) {
        out += "\n|| matchesAny(finding[\"secret\"], [";
        for (std::size_t i = 0; i < excused.size(); ++i) out += std::string(i == 0 ? "" : ", ") + "`" + excused[i] + "`";
        out += "])";
      }
      out += "\n|| containsAny(finding[\"secret\"], [";
      for (std::size_t i = 0; i < std::size(kStopwords); ++i) out += std::string(i == 0 ? "" : ", ") + json_text(kStopwords[i]);
      out += "])\n'''\n";
    } else {
      out += "[[rules.allowlists]]\n";
      if (!excused.empty()) {
        out += "regexes = [";
        for (std::size_t i = 0; i < excused.size(); ++i) out += std::string(i == 0 ? "" : ", ") + "'''" + excused[i] + "'''";
        out += "]\n";
      }
      out += "stopwords = [";
      for (std::size_t i = 0; i < std::size(kStopwords); ++i) out += std::string(i == 0 ? "" : ", ") + toml_text(kStopwords[i]);
      out += "]\n";
    }
  }
  return out;
}

// Its matcher takes no anchor inside a group, so an end of the text is told by `\b`; and it reads the first group only, so
// a word before the key and one after it are two rules. "|-" keeps YAML from adding a line end to the pattern. Tried with
// kingfisher 2.14: 60 of 60 generated keys.
std::vector<std::pair<std::string, std::string>> kingfisher_patterns(const Exported& one, const std::vector<std::string>& words) {
  const std::string end = "(?:" + one.after + "|\\b)";
  if (!one.needs_word) return {{"", "(" + one.secret + ")" + end}};
  const std::string word = "(?i:" + joined(words) + ")";
  const std::string left = "(?:[^A-Za-z0-9]|\\b)";
  return {{"", word + "(?s:.){0,200}?" + left + "(" + one.secret + ")" + end},
          {".word-after", left + "(" + one.secret + ")" + one.after + "(?s:.){0,200}?" + word}};
}

std::string kingfisher(const Rulebook& book) {
  const std::vector<std::string> words = words_of(book);
  std::string out = comments("#", "kingfisher") + "# - Marks of other issuers in a key are not told apart.\n\nrules:\n";
  for (const Exported& one : exported(book)) {
    const Rule& rule = *one.rule;
    for (const auto& [part, pattern] : kingfisher_patterns(one, words)) {
      out += "  - name: " + json_text(rule.title.en) + "\n    id: kimiguard." + rule.id + part + "\n    pattern: |-\n      " + pattern +
             "\n    min_entropy: " + number(rule.min_entropy) + "\n    confidence: " + (rule.attribution == Rule::Attribution::shape ? "high" : "medium") +
             "\n    pattern_requirements:\n      ignore_if_contains:\n";
      for (const std::string_view word : kStopwords) out += "        - " + json_text(word) + "\n";
      if (rule.references.empty()) continue;
      out += "    references:\n";
      for (const std::string& reference : rule.references) out += "      - " + reference + "\n";
    }
  }
  return out;
}

std::string github(const Rulebook& book) {
  const std::vector<std::string> words = words_of(book);
  std::string out = "{\n  \"about\": \"Kimiguard's secret rules as GitHub custom patterns: copy each field into the form at Settings, Code security, Custom patterns.\",\n  \"losses\": [";
  bool first = true;
  for (const std::string_view loss : kLosses) {
    out += std::string(first ? "" : ",") + "\n    " + json_text(loss);
    first = false;
  }
  out += ",\n    \"Entropy cannot be asked.\"\n  ],\n  \"patterns\": [";
  first = true;
  for (const Exported& one : exported(book)) {
    const Rule& rule = *one.rule;
    const std::string word = "(?i:" + joined(words) + ")";
    out += std::string(first ? "" : ",") + "\n    {\n      \"pattern_name\": " + json_text(rule.title.en) + ",\n      \"secret_format\": " +
           json_text(one.secret) + ",\n      \"before_secret\": " +
           json_text(one.needs_word ? word + "[^\\r\\n]{0,100}[^0-9A-Za-z]" : "\\A|[^0-9A-Za-z]|\\\\[nrt]|%[0-9A-Fa-f]{2}") +
           ",\n      \"after_secret\": " + json_text("\\z|" + one.after) + ",\n      \"must_not_match\": [";
    std::vector<std::string> refused = passes(rule);
    std::string stop;
    for (const std::string_view each : kStopwords) stop += (stop.empty() ? "(?i)" : "|") + std::string(each);
    refused.push_back(stop);
    for (std::size_t i = 0; i < refused.size(); ++i) out += std::string(i == 0 ? "" : ", ") + json_text(refused[i]);
    out += "]\n    }";
    first = false;
  }
  return out + "\n  ]\n}\n";
}

}  // namespace

std::optional<ExportFormat> export_format_named(std::string_view name) {
  if (name == "gitleaks") return ExportFormat::gitleaks;
  if (name == "betterleaks") return ExportFormat::betterleaks;
  if (name == "kingfisher") return ExportFormat::kingfisher;
  if (name == "github-custom-pattern") return ExportFormat::github_custom_pattern;
  return {};
}

std::string_view export_format_names() { return "gitleaks, betterleaks, kingfisher, github-custom-pattern"; }

std::string export_rules(const Rulebook& book, ExportFormat format) {
  switch (format) {
    case ExportFormat::gitleaks: return gitleaks(book, false);
    case ExportFormat::betterleaks: return gitleaks(book, true);
    case ExportFormat::kingfisher: return kingfisher(book);
    case ExportFormat::github_custom_pattern: return github(book);
  }
  return {};
}

}  // namespace kimiguard

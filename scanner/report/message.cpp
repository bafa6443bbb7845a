#include "scanner/report/message.h"

#include <algorithm>

#include "scanner/core/finding_id.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/rulebook/message.h"

namespace kimiguard::report {
namespace {

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// Splits at placeholders: calls `literal` and `name` in order.
template <class Literal, class Name>
void parts(std::string_view text, const Literal& literal, const Name& name) {
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '{') {
      std::size_t end = at + 1;
      while (end < text.size() && is_name(text[end])) ++end;
      if (end < text.size() && text[end] == '}' && end > at + 1) {
        literal(text.substr(done, at - done));
        name(text.substr(at + 1, end - at - 1));
        at = done = end + 1;
        continue;
      }
    }
    ++at;
  }
  literal(text.substr(done));
}

// A message ends in a full stop, in either language: SARIF2001 asks for an ASCII one.
std::string sentence(std::string text, const Voice& voice) {
  static constexpr std::string_view kChineseStop = "。";
  while (text.ends_with(' ')) text.pop_back();
  if (!voice.chinese() && text.ends_with(kChineseStop)) text.resize(text.size() - kChineseStop.size());
  if (!text.ends_with('.') && !text.ends_with(kChineseStop)) text += voice.full_stop();
  return text;
}

std::string template_of(const Rule* rule, const Localized* message, std::string_view rule_id,
                        const Voice& voice) {
  if (message != nullptr && !message->empty()) return sentence(message->in(voice.language()), voice);
  if (rule != nullptr && !rule->title.empty()) return sentence(rule->title.in(voice.language()), voice);
  return sentence(std::string(rule_id), voice);
}

std::string prefix(When when, const Voice& voice) {
  return when == When::now ? std::string() : std::string(voice("[history only] ", "[仅在历史中] "));
}

std::string id_of(std::string_view variant, When when) {
  if (variant.empty()) return when == When::now ? "default" : "history";
  return "variant." + std::string(variant) + (when == When::now ? "" : ".history");
}

// Placeholders that every finding fills, whatever its arguments say.
std::string common_value(const Finding& finding, std::string_view name, const Voice& voice) {
  if (const std::string* found = argument_in(finding, name, voice.language())) return utf8_name(*found);
  if (name == "secret" || name == "key") return finding.secret ? finding.secret->masked() : "";
  if (name == "id") return finding_id(finding).substr(0, kShownIdDigits);
  if (name == "realm" && !finding.realm.empty()) return finding.realm;
  if (name == "issuer" && !finding.issuer.empty()) return utf8_name(finding.issuer);
  if (name == "key_path" || name == "setting") return utf8_name(finding.key_path);
  if (name == "evidence" && !finding.evidence.empty())
    return finding.evidence.front().kind + ' ' + utf8_name(finding.evidence.front().text);
  if ((name == "path" || name == "file" || name == "place") && !finding.places.empty())
    return utf8_name(shown_path(finding.places.front()));
  if (name == "variable" && !finding.places.empty()) return utf8_name(finding.places.front().variable);
  if (name == "count") return std::to_string(finding.places.size());
  return std::string(voice("unknown", "未知"));
}

std::string pattern_of(std::string_view source, When when, const Voice& voice) {
  std::string pattern = prefix(when, voice);
  std::vector<std::string> seen;
  std::size_t at = 0;
  parts(
      source,
      [&](std::string_view literal) {
        for (const char c : literal) {
          pattern += c;
          if (c == '{' || c == '}') pattern += c;
        }
        at += literal.size();
      },
      [&](std::string_view name) {
        auto found = std::find(seen.begin(), seen.end(), name);
        if (found == seen.end()) found = seen.insert(seen.end(), std::string(name));
        const bool quoted = pattern.ends_with('\'');
        if (!quoted) pattern += '\'';
        pattern += '{' + std::to_string(found - seen.begin()) + '}';
        at += name.size() + 2;
        if (!(quoted && at < source.size() && source[at] == '\'')) pattern += quoted ? "" : "'";
      });
  return pattern;
}

}  // namespace

const std::string* argument_in(const Finding& finding, std::string_view name, std::string_view language) {
  const std::string own = std::string(name) + "@" + std::string(language);
  for (const std::string& one : {own, std::string(name)})
    if (const auto found = finding.arguments.find(one); found != finding.arguments.end()) return &found->second;
  return nullptr;
}

std::string fill(std::string_view text, const std::function<std::string(std::string_view)>& value) {
  std::string out;
  parts(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name) { out += value(name); });
  return out;
}

std::vector<std::pair<std::string, std::string>> message_patterns(const Rule* rule,
                                                                  std::string_view rule_id,
                                                                  std::string_view language) {
  const Voice voice(language);
  std::vector<std::pair<std::string, std::string>> patterns;
  const auto add = [&](std::string_view variant, const Localized* message) {
    const std::string source = template_of(rule, message, rule_id, voice);
    for (const When when : {When::now, When::history_only})
      patterns.emplace_back(id_of(variant, when), pattern_of(source, when, voice));
  };
  add("", rule != nullptr ? &rule->message : nullptr);
  if (rule != nullptr)
    for (const MessageVariant& variant : rule->variants) add(variant.id, &variant.message);
  return patterns;
}

Message message_of(const Finding& finding, const Rule* rule, std::string_view language, When when) {
  const Voice voice(language);
  const MessageVariant* variant = rule != nullptr ? variant_of(*rule, finding.arguments) : nullptr;
  const Localized* localized =
      rule != nullptr ? &kimiguard::message_of(*rule, finding.arguments) : nullptr;
  const std::string source = template_of(rule, localized, finding.rule, voice);
  Message message;
  message.id = id_of(variant != nullptr ? std::string_view(variant->id) : std::string_view(), when);
  message.pattern = pattern_of(source, when, voice);
  std::vector<std::string> seen;
  parts(
      source, [](std::string_view) {},
      [&](std::string_view name) {
        if (std::find(seen.begin(), seen.end(), name) != seen.end()) return;
        seen.emplace_back(name);
        message.arguments.push_back(common_value(finding, name, voice));
      });
  // The text is the pattern with its arguments, by SARIF's own rules, so that both always agree.
  const std::string_view pattern = message.pattern;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if ((c == '{' || c == '}') && i + 1 < pattern.size() && pattern[i + 1] == c) {
      message.text += c;
      i += 2;
      continue;
    }
    if (c == '{') {
      std::size_t number = 0;
      for (++i; i < pattern.size() && pattern[i] != '}'; ++i)
        number = number * 10 + static_cast<std::size_t>(pattern[i] - '0');
      ++i;
      if (number < message.arguments.size()) message.text += message.arguments[number];
      continue;
    }
    message.text += c;
    ++i;
  }
  return message;
}

When when_of(const Finding& finding) {
  if (finding.places.empty()) return When::now;
  const Provenance& provenance = finding.places.front().provenance;
  switch (provenance.provenance) {
    case ProvenanceClass::head:
    case ProvenanceClass::staged:
    case ProvenanceClass::worktree:
      return When::now;
    default:
      return provenance.in_head ? When::now : When::history_only;
  }
}

}  // namespace kimiguard::report

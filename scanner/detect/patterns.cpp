#include "scanner/detect/patterns.h"

#include <utility>

#include "scanner/text/encoded_forms.h"

namespace kimiguard::detect {
namespace {

constexpr unsigned kForms = 256;  // ids a rule: 0 plain, the rest encoded …
constexpr unsigned kOwnForms = 250;  // … but for those of foreign_patterns.h

}  // namespace

std::vector<Pattern> patterns_for(const std::vector<Rule>& rules) {
  std::vector<Pattern> patterns;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if (rule.kind != Rule::Kind::leak || rule.expression.empty()) continue;
    const auto base = static_cast<unsigned>(i) * kForms;
    patterns.push_back({rule.expression, base});
    if (std::string counted = counted_expression(rule); !counted.empty()) patterns.push_back({std::move(counted), base});
    if (rule.prefix.empty() || rule.body < 8) continue;
    unsigned next = 1;
    for (const auto& forms : {text::encoded_forms(rule.prefix, rule.body), text::broken_forms(rule.prefix, rule.body)}) {
      if (!forms) continue;
      for (const text::EncodedForm& form : *forms)
        if (next < kOwnForms) patterns.push_back({form.expression, base + next++});
    }
  }
  return patterns;
}

namespace {

constexpr char kHex[] = "0123456789abcdef";

// The prefix and the body, without what stands around them.
std::string bare_expression(const Rule& rule) {
  std::string bare = "(";
  for (const char c : rule.prefix) {
    const auto byte = static_cast<std::uint8_t>(c);
    bare += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return bare + "[0-9A-Za-z]{" + std::to_string(rule.body) + "})";
}

}  // namespace

std::string counted_expression(const Rule& rule) {
  const std::size_t length = rule.prefix.size() + rule.body;
  if (rule.prefix.empty() || rule.body < 8 || length > 0x7F) return {};
  const std::string count = {'\\', 'x', kHex[length >> 4], kHex[length & 15]};
  // One byte, behind the mark of a string: x in CBOR, z and Z in compiled Python, the length in characters in Android's
  // resources, elsewhere no printable character. Or two, four or eight bytes, the lowest first.
  return "(?:(?:[^\\x20-\\x7e\\s]|[xzZ" + count + "])" + count + "|" + count + "\\x00{1,7})" + bare_expression(rule);
}

std::string joined_expression(const Rule& rule) {
  return rule.prefix.empty() || rule.body < 8 ? std::string() : bare_expression(rule);
}

PatternMeaning meaning_of(unsigned id) { return {id / kForms, id % kForms == 0 ? Form::plain : Form::encoded}; }

}  // namespace kimiguard::detect

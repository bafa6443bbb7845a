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

PatternMeaning meaning_of(unsigned id) { return {id / kForms, id % kForms == 0 ? Form::plain : Form::encoded}; }

}  // namespace kimiguard::detect

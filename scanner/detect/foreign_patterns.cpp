#include "scanner/detect/foreign_patterns.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "scanner/detect/byte_pattern.h"
#include "scanner/detect/patterns.h"
#include "scanner/rulebook/pattern_database.h"

namespace kimiguard::detect {
namespace {

// A match that may be longer is looked for in the whole document.
constexpr std::uint32_t kLongestReach = 4000;
constexpr std::string_view kMagic = "kimiguard user rules 5\n";

std::string word_pattern(std::string_view word) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "(?i)";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
    if (plain) out += c;
    else out += std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
  }
  return out;
}

struct Planned {
  ForeignPlan plan;
  std::vector<Pattern> patterns;
};

// `tries`: 0 with the whole expression, 1 without, 2 without its beginning too, 3 nothing.
Planned plan_of(const Rule& rule, std::uint32_t index, int tries) {
  Planned made;
  made.plan.rule = index;
  const unsigned base = index * kFormsOfRule;
  const BytePattern bytes = byte_pattern(rule.expression);
  const auto add = [&](const std::string& expression, unsigned form) { made.patterns.push_back({expression, base + form, false}); };
  // Without any literal the matcher walks every byte through an automaton; keywords are quicker (gitleaks'
  // rules for Sourcegraph and Facebook alone took half of the time of its 221).
  const bool by_words = bytes.literal < 2 && !rule.foreign->keywords.empty() &&
                        std::all_of(rule.foreign->keywords.begin(), rule.foreign->keywords.end(), [](const std::string& word) { return word.size() >= 4; });
  if (bytes.understood && !(by_words && tries < 3)) {
    if (const auto full = width_of({bytes.full, 0, false}); full && tries < 1 && width_of({bytes.whole, 0, false})) {
      // A pattern that may be empty hits everywhere and says nothing.
      if (full->least > 0) {
        made.plan.whole = true;
        made.plan.reach = full->most && *full->most <= kLongestReach ? *full->most : 0;
        add(bytes.whole, kWholeForm);
      }
    }
    if (tries < 2)
      for (const std::string& lead : bytes.leads) {
        const auto width = width_of({lead, 0, false});
        if (!width || width->least < 3 || !width->most || *width->most > kLongestReach) {
          // Without one of them matches could be missed.
          made.plan.lead = false;
          made.plan.lead_reach = 0;
          std::erase_if(made.patterns, [](const Pattern& pattern) { return pattern.id % kFormsOfRule == kLeadForm; });
          if (made.plan.reach != 0) {
            made.plan.whole = false;
            made.plan.reach = 0;
            made.patterns.clear();
          }
          break;
        }
        made.plan.lead = true;
        made.plan.weak_lead = made.plan.reach == 0 && bytes.lead_literal < 8;
        made.plan.lead_reach = std::max(made.plan.lead_reach, *width->most);
        add(lead, kLeadForm);
      }
  }
  if (!made.plan.whole && !made.plan.lead && tries < 3)
    for (const std::string& word : rule.foreign->keywords) {
      if (word.empty()) continue;
      made.plan.words = true;
      add(word_pattern(word), kWordForm);
    }
  if (!made.plan.whole && !made.plan.lead && !made.plan.words) made.plan.always = true;
  return made;
}

void put(std::string& out, std::uint64_t number) { out += std::to_string(number) + ' '; }

}  // namespace

Result<UserDatabase> compile_user_rules(const std::vector<Rule>& rules) {
  std::vector<Rule> own(rules.size());  // at their own indexes, the others empty
  std::vector<std::uint32_t> foreign;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    own[i].kind = Rule::Kind::configuration;
    if (rules[i].kind != Rule::Kind::leak || rules[i].expression.empty() || rules[i].file.starts_with("built-in:")) continue;
    if (rules[i].foreign == nullptr) own[i] = rules[i];
    else if (!rules[i].foreign->silent) foreign.push_back(static_cast<std::uint32_t>(i));
  }
  std::vector<int> tries(rules.size(), 0);
  for (;;) {
    UserDatabase made;
    std::vector<Pattern> patterns = patterns_for(own);
    for (const std::uint32_t index : foreign) {
      Planned planned = plan_of(rules[index], index, tries[index]);
      made.plans.push_back(planned.plan);
      for (Pattern& pattern : planned.patterns) patterns.push_back(std::move(pattern));
    }
    if (patterns.empty()) return made;
    int failed = -1;
    auto compiled = compile_patterns(patterns, &failed);
    if (compiled) {
      made.serialized = std::move(*compiled);
      return made;
    }
    // Too large or too odd for the matcher: that rule takes its next form.
    if (failed < 0 || static_cast<std::size_t>(failed) >= patterns.size()) return compiled.error();
    const unsigned index = patterns[static_cast<std::size_t>(failed)].id / kFormsOfRule;
    if (index >= rules.size() || rules[index].foreign == nullptr || tries[index] >= 3) return compiled.error();
    ++tries[index];
  }
}

std::string written(const UserDatabase& database) {
  std::string out(kMagic);
  put(out, database.plans.size());
  for (const ForeignPlan& plan : database.plans) {
    put(out, plan.rule);
    put(out, (plan.whole ? 1u : 0u) + (plan.lead ? 2u : 0u) + (plan.words ? 4u : 0u) + (plan.always ? 8u : 0u) + (plan.weak_lead ? 16u : 0u));
    put(out, plan.reach);
    put(out, plan.lead_reach);
  }
  out += '\n';
  out += database.serialized;
  return out;
}

std::optional<UserDatabase> read_user_database(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return {};
  bytes.remove_prefix(kMagic.size());
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return {};
  std::string_view head = bytes.substr(0, end);
  const auto number = [&]() -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    const auto [stop, error] = std::from_chars(head.data(), head.data() + head.size(), value);
    if (error != std::errc()) return {};
    head.remove_prefix(static_cast<std::size_t>(stop - head.data()));
    if (head.empty() || head[0] != ' ') return {};
    head.remove_prefix(1);
    return value;
  };
  UserDatabase made;
  const auto count = number();
  if (!count || *count > end) return {};
  for (std::uint32_t i = 0; i < *count; ++i) {
    ForeignPlan plan;
    const auto rule = number();
    const auto flags = number();
    const auto reach = number();
    const auto lead = number();
    if (!rule || !flags || !reach || !lead) return {};
    plan.rule = *rule;
    plan.whole = (*flags & 1) != 0;
    plan.lead = (*flags & 2) != 0;
    plan.words = (*flags & 4) != 0;
    plan.always = (*flags & 8) != 0;
    plan.weak_lead = (*flags & 16) != 0;
    plan.reach = *reach;
    plan.lead_reach = *lead;
    made.plans.push_back(plan);
  }
  made.serialized = std::string(bytes.substr(end + 1));
  return made;
}

}  // namespace kimiguard::detect

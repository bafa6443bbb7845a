#include "scanner/report/steps.h"

#include <algorithm>

#include "scanner/core/finding_id.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/rulebook/message.h"

namespace kimiguard::report {
namespace {

// A rule or a kind of secret names the product that its keys belong to: "kimi-code-key".
void add_product(Issuer& issuer, const Rulebook& rulebook, std::string_view name) {
  for (const Realm& realm : rulebook.realms)
    if (!realm.product.empty() && name.find(realm.product) != std::string_view::npos)
      issuer.realms.push_back(&realm);
}

Issuer issuer_of_name(std::string_view realm, const Rulebook& rulebook) {
  Issuer issuer;
  if (realm.empty()) return issuer;
  if (const Realm* known = rulebook.realm(realm))
    issuer.realms.push_back(known);
  else
    add_product(issuer, rulebook, realm);
  return issuer;
}

Issuer issuer_of_rule(const Rule* rule, std::string_view secret_kind, const Rulebook& rulebook) {
  Issuer issuer;
  if (rule != nullptr) issuer = issuer_of_name(rule->realm, rulebook);
  if (issuer.realms.empty()) add_product(issuer, rulebook, secret_kind);
  return issuer;
}

std::string joined(const std::vector<const Realm*>& realms, std::string Realm::*field,
                   const Voice& voice) {
  std::vector<std::string> values;
  for (const Realm* realm : realms) {
    const std::string& value = realm->*field;
    if (!value.empty() && std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(value);
  }
  std::string text;
  for (const std::string& value : values) {
    if (!text.empty()) text += voice(" or ", " 或 ");
    text += value;
  }
  return text;
}

std::string fill_step(std::string_view text, const std::vector<const Realm*>& realms,
                      const Finding* finding, const Rulebook& rulebook, const Voice& voice) {
  std::vector<const Realm*> all = realms;
  if (all.empty())
    for (const Realm& realm : rulebook.realms) all.push_back(&realm);
  return fill(text, [&](std::string_view name) -> std::string {
    // Whose console: a setting's finding says that of its host, where the key at hand is another's.
    if (name == "consoles" && finding != nullptr)
      if (const std::string* argument = argument_in(*finding, "consoles", voice.language())) return utf8_name(*argument);
    if (name == "console" && finding != nullptr && finding->arguments.count("other_console") != 0) return finding->arguments.at("console");
    if (name == "console" || name == "consoles") return joined(all, &Realm::console, voice);
    if (name == "openai_base" || name == "base_url" || name == "endpoint")
      return joined(all, &Realm::openai_base, voice);
    if (name == "anthropic_base") return joined(all, &Realm::anthropic_base, voice);
    if (name == "usage_page") return joined(all, &Realm::usage_page, voice);
    if (name == "limits_page") return joined(all, &Realm::limits_page, voice);
    if (name == "realm" || name == "title") {
      std::string text_of_all;
      for (const Realm* realm : all) {
        if (!text_of_all.empty()) text_of_all += voice(" or ", " 或 ");
        text_of_all += realm->title.in(voice.language());
      }
      return text_of_all;
    }
    if (finding != nullptr) {
      if (name == "issuer" && !finding->issuer.empty()) return utf8_name(finding->issuer);
      if (name == "places") return std::to_string(finding->places.size());
      if (name == "id") return finding_id(*finding).substr(0, kShownIdDigits);
      if ((name == "key" || name == "secret") && finding->secret) return finding->secret->masked();
      if (const std::string* argument = argument_in(*finding, name, voice.language())) return utf8_name(*argument);
    }
    if (name == "id") return "ID";
    // Words of the remedies that stand for what only the reader can know.
    std::string shown(1, '<');
    for (const char c : name) shown += c == '_' ? ' ' : c;
    return shown + ">";
  });
}

bool applies(std::string_view when, const Situation& situation) {
  if (when == "public" || when == "abused" || when == "exposed") return situation.exposed;
  if (when == "private") return !situation.exposed;
  if (when == "history") return situation.in_history;
  return true;
}

std::vector<std::string> steps_of(const Remedy& remedy, const Situation& situation,
                                  const std::vector<const Realm*>& realms, const Finding* finding,
                                  const Rulebook& rulebook, const Voice& voice) {
  std::vector<std::string> steps;
  for (const RemedyStep& step : remedy.steps)
    if (applies(step.when, situation))
      steps.push_back(fill_step(step.text.in(voice.language()), realms, finding, rulebook, voice));
  return steps;
}

const Remedy* remedy_of_realm(const Rulebook& rulebook, std::string_view realm) {
  for (const Remedy& remedy : rulebook.remedies)
    if (!remedy.realm.empty() && remedy.realm == realm) return &remedy;
  return nullptr;
}

std::string title_of(const Remedy& remedy, const std::vector<const Realm*>& realms,
                     const Rulebook& rulebook, const Voice& voice) {
  if (!remedy.title.empty())
    return fill_step(remedy.title.in(voice.language()), realms, nullptr, rulebook, voice);
  return realms.size() == 1 ? realms.front()->title.in(voice.language()) : remedy.id;
}

}  // namespace

Issuer issuer_of(const Finding& finding, const Rulebook& rulebook) {
  if (!finding.issuer.empty()) return {};
  Issuer issuer = issuer_of_name(finding.realm, rulebook);
  if (issuer.realms.empty())
    issuer = issuer_of_rule(rulebook.rule(finding.rule), finding.secret_kind, rulebook);
  // Of several the one whose region an address beside the key has: who is at api.moonshot.ai is likelier at kimi.ai.
  for (const Evidence& evidence : finding.evidence) {
    const Realm* beside = evidence.kind == "host" ? rulebook.realm_of_host(evidence.text) : nullptr;
    if (beside == nullptr) continue;
    std::stable_partition(issuer.realms.begin(), issuer.realms.end(),
                          [&](const Realm* realm) { return realm->region == beside->region; });
    break;
  }
  return issuer;
}

Situation situation_of(const Finding& finding) {
  Situation situation;
  for (const Place& place : finding.places) {
    if (place.provenance.pushed == Pushed::yes || place.exposure.sent_elsewhere ||
        place.exposure.browser_variable)
      situation.exposed = true;
    if (place.provenance.provenance != ProvenanceClass::worktree &&
        place.provenance.provenance != ProvenanceClass::staged)
      situation.in_history = true;
  }
  return situation;
}

std::vector<Advice> advice_for(const Finding& finding, const Situation& situation,
                               const Rulebook& rulebook, std::string_view language) {
  const Voice voice(language);
  const Rule* rule = rulebook.rule(finding.rule);
  const Issuer issuer = issuer_of(finding, rulebook);
  const std::string how =
      std::string(situation.exposed ? "/exposed" : "/kept") + (situation.in_history ? "/history" : "");
  std::vector<Advice> all;
  const bool leak = rule == nullptr || rule->kind == Rule::Kind::leak;
  const auto add = [&](const Remedy& remedy, const std::vector<const Realm*>& realms,
                       const std::string& scope) {
    Advice advice;
    advice.id = remedy.id + scope + how;
    advice.title = title_of(remedy, realms, rulebook, voice);
    advice.steps = steps_of(remedy, situation, realms, &finding, rulebook, voice);
    if (!advice.steps.empty()) all.push_back(std::move(advice));
  };
  if (leak && issuer.known()) {
    if (const Remedy* remedy = remedy_of_realm(rulebook, issuer.realms.front()->id)) {
      add(*remedy, issuer.realms, "");
      return all;
    }
  }
  if (rule == nullptr) return all;
  if (const Remedy* remedy = rulebook.remedy(rule->remedy)) {
    std::string scope;
    for (const Realm* realm : issuer.realms) scope += "/" + realm->id;
    // What a configuration finding says depends on its own arguments.
    if (!leak) scope += "/" + finding.fingerprint;
    add(*remedy, issuer.realms, scope);
  } else if (const Localized& own = advice_of(*rule, finding.arguments); !own.empty()) {
    Advice advice;
    advice.title = rule->title.in(voice.language());
    advice.steps.push_back(
        fill_step(own.in(voice.language()), issuer.realms, &finding, rulebook, voice));
    advice.id = "rule/" + rule->id + "/" + advice.steps.front();
    all.push_back(std::move(advice));
  }
  return all;
}

std::vector<RuleAdvice> advice_for(const Rule& rule, const Rulebook& rulebook,
                                   std::string_view language) {
  const Voice voice(language);
  std::vector<RuleAdvice> all;
  const auto add = [&](const Remedy& remedy, const std::vector<const Realm*>& realms) {
    RuleAdvice advice;
    advice.title = title_of(remedy, realms, rulebook, voice);
    advice.if_exposed = steps_of(remedy, {true, true}, realms, nullptr, rulebook, voice);
    advice.otherwise = steps_of(remedy, {false, true}, realms, nullptr, rulebook, voice);
    if (advice.otherwise == advice.if_exposed) advice.otherwise.clear();
    if (!advice.if_exposed.empty()) all.push_back(std::move(advice));
  };
  const Issuer issuer = issuer_of_rule(&rule, rule.secret_kind, rulebook);
  if (rule.kind == Rule::Kind::leak)
    for (const Realm* realm : issuer.realms)
      if (const Remedy* remedy = remedy_of_realm(rulebook, realm->id)) add(*remedy, {realm});
  const Remedy* own = rulebook.remedy(rule.remedy);
  if (own != nullptr && (own->realm.empty() || all.empty())) add(*own, issuer.realms);
  return all;
}

}  // namespace kimiguard::report

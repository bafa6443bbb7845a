#include "scanner/rulebook/check.h"

#include <algorithm>

#include "scanner/rulebook/template.h"

namespace kimiguard {
namespace {

// FNV-1a, 64 bits: std::hash differs between standard libraries.
std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::string joined(const std::vector<std::string>& words) {
  if (words.empty()) return "nothing";
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

CheckOutcome check_examples(const Rulebook& book, const Yields& yields, std::uint64_t seed,
                            std::string_view only) {
  CheckOutcome outcome;
  for (const Rule& rule : book.rules) {
    if (!only.empty() && rule.id != only) continue;
    if (rule.examples.empty() && rule.counter_examples.empty()) continue;
    ++outcome.rules;
    // A generator for each rule, so that adding one changes no other rule's texts.
    RandomText random(seed ^ fnv1a(rule.id));
    const auto run = [&](const std::string& example, bool wanted) {
      ++outcome.examples;
      const auto fail = [&](const std::string& words) {
        outcome.failures.push_back({rule.id, example, words, rule.file, rule.line});
      };
      const auto text = fill_template(example, random);
      if (!text) return fail(text.error().message);
      const auto found = yields(*text);
      if (!found) return fail(found.error().message);
      const bool has = std::find(found->begin(), found->end(), rule.id) != found->end();
      if (has && !wanted) fail("yields " + rule.id + ", but is a counter-example");
      if (!has && wanted) fail("yields " + joined(*found) + "; expected " + rule.id);
    };
    for (const std::string& example : rule.examples) run(example, true);
    for (const std::string& example : rule.counter_examples) run(example, false);
  }
  return outcome;
}

std::vector<std::string> check_texts(const Rulebook& book) {
  std::vector<std::string> missing;
  const auto both = [&](const std::string& who, std::string_view what, const Localized& text) {
    if (text.en.empty()) missing.push_back(who + ": no English " + std::string(what));
    if (text.zh.empty()) missing.push_back(who + ": no Chinese " + std::string(what));
  };
  const auto sourced = [&](const std::string& who, const std::string& source) {
    if (source.empty()) missing.push_back(who + ": no source");
  };
  for (const Rule& rule : book.rules) {
    const std::string who = "rule " + rule.id;
    both(who, "title", rule.title);
    both(who, "description", rule.description);
    both(who, "message", rule.message);
    if (!rule.advice.empty() || rule.remedy.empty()) both(who, "advice", rule.advice);
    for (const MessageVariant& variant : rule.variants) {
      both(who + " variant " + variant.id, "message", variant.message);
      if (!variant.advice.empty()) both(who + " variant " + variant.id, "advice", variant.advice);
    }
    if (rule.references.empty()) missing.push_back(who + ": no reference");
  }
  for (const Realm& realm : book.realms) {
    both("realm " + realm.id, "title", realm.title);
    sourced("realm " + realm.id, realm.source);
  }
  for (const Vendor& vendor : book.vendors) sourced("vendor " + vendor.id, vendor.source);
  for (const VariableFact& fact : book.variables) sourced("variable " + fact.expression, fact.source);
  for (const Model& model : book.models) sourced("model " + model.id, model.source);
  for (const DeadEndpoint& endpoint : book.dead_endpoints) {
    both("dead endpoint " + endpoint.host + endpoint.path, "reason", endpoint.reason);
    sourced("dead endpoint " + endpoint.host + endpoint.path, endpoint.source);
  }
  for (const ErrorMeaning& error : book.errors) {
    const std::string who = "error " + error.id;
    both(who, "title", error.title);
    both(who, "meaning", error.meaning);
    if (error.steps.empty()) missing.push_back(who + ": no steps");
    for (const Localized& step : error.steps) both(who, "step", step);
    sourced(who, error.source);
  }
  for (const Remedy& remedy : book.remedies) {
    const std::string who = "remedy " + remedy.id;
    both(who, "title", remedy.title);
    if (remedy.steps.empty()) missing.push_back(who + ": no steps");
    for (const RemedyStep& step : remedy.steps) both(who, "step", step.text);
    sourced(who, remedy.source);
  }
  for (const SeverityRow& row : book.severities) both("severity row " + row.id, "reason", row.reason);
  for (const Tier& tier : book.tiers)
    sourced("tier " + tier.product + " " + std::to_string(tier.tier), tier.source);
  return missing;
}

}  // namespace kimiguard

// All the knowledge of a run, immutable after loading.
//
// Built-in files are embedded (embedded.h) and parsed on first need, so that a clean scan parses
// nothing. `--rules` adds rules or replaces those of the same id.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/rulebook/knowledge.h"
#include "scanner/rulebook/realm.h"
#include "scanner/rulebook/rule.h"

namespace kimiguard {

// A rule file as text. `name` is what messages call it: a path, or "built-in:secrets.toml".
struct RuleFile {
  std::string name;
  std::string text;
  // Its expressions were compiled before, from the same bytes: they need not be checked again.
  bool checked = false;
};

struct Rulebook {
  std::vector<Rule> rules;
  std::vector<Realm> realms;
  std::vector<Vendor> vendors;
  std::vector<VariableFact> variables;
  std::vector<Model> models;
  std::string models_as_of;
  std::vector<ErrorMeaning> errors;
  std::vector<Remedy> remedies;
  std::vector<SeverityRow> severities;
  std::vector<Tier> tiers;
  std::vector<DeadEndpoint> dead_endpoints;
  std::vector<std::string> kimi_domains;      // "moonshot.cn": it and every host below it
  std::vector<std::string> kimi_words;        // "kimi": a word of a name that begins or ends so
  std::vector<std::string> kimi_phrases;      // names in scripts without spaces between words, UTF-8
  std::vector<std::string> kimi_model_owners; // "moonshotai": before a slash in a model's id
  std::vector<std::string> browser_prefixes;  // "VITE_": a variable that ships to browsers
  std::vector<std::string> model_prefixes;    // "moonshot/": how tools put a provider before Kimi's own model ids
  std::vector<std::string> sample_words;      // "placeholder": a text with it is no key; lower case
  std::vector<std::string> sample_parts;      // "your": so many letters of these that it is no key
  SettingNames names;
  // RE2, searched in one command line, case ignored: its first group is the name under which a secret is stored.
  std::vector<std::string> command_names;
  // What of a foreign rule file is not run, or not here: a sentence each.
  std::vector<std::string> notes;

  // Null if there is none of that id. The pointer lives as long as the rulebook.
  const Rule* rule(std::string_view id) const;
  const Realm* realm(std::string_view id) const;
  const Remedy* remedy(std::string_view id) const;
  // The vendor or realm that owns a host name (lower case, no port); null if unknown. A realm owns
  // its API hosts and its console's hosts.
  const Realm* realm_of_host(std::string_view host) const;
  const Realm* realm_of_api_host(std::string_view host) const;
  const Vendor* vendor_of_host(std::string_view host) const;
  const Vendor* vendor(std::string_view id) const;
  // The model of that id in that product; null if unknown. "[1m]" at the end is not part of an id.
  const Model* model(std::string_view id, std::string_view product) const;
};

// Files of gitleaks and betterleaks are told by what they hold (foreign_file.h). One that extends others
// ([extend] useDefault) takes the foreign rules read before it for its base.
//
// Reads files in order; a later rule, realm … of the same id replaces the earlier. (Not for
// rules/agents/*.toml, which scanner/agents reads; see built_in.h for the embedded ones.) The error's
// message is "file:line:column: what is wrong; what to write instead", a line for each complaint, at
// most twenty. Expressions are compiled to check them, except in files whose name begins with
// "built-in:", which the build has checked.
Result<Rulebook> read_rulebook(const std::vector<RuleFile>& files);

}  // namespace kimiguard

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

  // Null if there is none of that id. The pointer lives as long as the rulebook.
  const Rule* rule(std::string_view id) const;
  const Realm* realm(std::string_view id) const;
  const Remedy* remedy(std::string_view id) const;
  // The vendor or realm that owns a host name (lower case, no port); null if unknown.
  const Realm* realm_of_host(std::string_view host) const;
  const Vendor* vendor_of_host(std::string_view host) const;
};

// Reads files in order; a later rule, realm … of the same id replaces the earlier. The error's
// message is "file:line:column: what is wrong; what to write instead".
Result<Rulebook> read_rulebook(const std::vector<RuleFile>& files);

}  // namespace kimiguard

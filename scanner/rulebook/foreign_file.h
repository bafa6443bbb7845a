// Reads rule files of gitleaks (config/*.toml of its version 8) and betterleaks (version 1).
//
// They are told from ours by what they hold: [[rules]], [extend] or an allowlist; ours have [[rule]].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/toml_library.h"
#include "scanner/rulebook/rule.h"

namespace kimiguard::rulebook {

bool is_foreign(const toml::table& top);

// The file that a foreign file's [extend] names; "" if it names none, or is no TOML.
std::string extended_path(std::string_view text);

// What one file says. `rules` have `foreign` set; where `extends_rules`, the caller puts the rules read
// before it under these (below).
struct ForeignFile {
  std::vector<Rule> rules;
  std::vector<std::string> disabled;  // ids of extended rules that it does not want
  bool use_default = false;           // wants the rules that its program has built in
  bool extends_rules = false;         // useDefault or path
  std::vector<std::pair<std::string, std::vector<Excuse>>> targeted;  // [[allowlists]] with targetRules
  std::vector<Excuse> shared;
  std::vector<std::string> notes;     // what is not run, a sentence each
  std::vector<std::string> complaints;  // what is wrong, "file:line:column: …"
};

ForeignFile read_foreign(const toml::table& top, const std::string& name, bool check_expressions);

// `rule` as it is after it extends `base` of the same id: what it leaves out, it has from the base.
Rule extended(const Rule& base, const Rule& rule);

// Go's syntax where RE2 in C++ wants another: (?<name>…).
std::string re2_syntax(std::string_view go_expression);

}  // namespace kimiguard::rulebook

// Models, errors, remedies and severities: rules/{models,errors,remedies,severity}.toml.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/core/severity.h"
#include "scanner/rulebook/localized.h"

namespace kimiguard {

struct Model {
  std::string id;
  std::string product;       // "platform" or "kimi-code", "third-party" for ids such as moonshotai/…
  std::string retired;       // ISO date from which it is gone, "" if current
  std::string successor;
  std::string source;
};

// One way an API error reads, and what it says (rules/errors.toml).
struct ErrorMeaning {
  std::string id;
  std::string product;       // "platform", "kimi-code", "any", or a vendor id
  int status = 0;            // HTTP, 0 = any
  std::string type;          // error.type, "" = any
  std::string expression;    // RE2, searched in the text, case-insensitive; groups may be named
  std::string key_state;     // live, dead, wrong-realm, unknown, missing
  bool retry = false;
  Localized title;
  Localized meaning;
  std::vector<Localized> steps;   // what to do, in order
};

struct RemedyStep {
  std::string when;          // "", "public", "private", "history", "verify" …
  Localized text;            // may hold {console} and other placeholders
};

// How to rotate a key of one realm, or to mend a configuration fault (rules/remedies.toml).
struct Remedy {
  std::string id;
  std::string realm;         // "" = for a key whose realm is unknown
  Localized title;
  std::vector<RemedyStep> steps;
};

// One row of the severity table of design §3 (rules/severity.toml), tried in file order.
struct SeverityRow {
  std::string id;
  std::vector<std::string> rules;       // rule ids it is for; empty = every leak rule
  std::vector<std::string> conditions;  // all must hold: staged, tracked, pushed, unreachable …
  Severity severity = Severity::note;
  Localized reason;
};

}  // namespace kimiguard

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
  std::string product;  // "platform" or "kimi-code", "third-party" for ids such as moonshotai/…
  std::string retired;  // ISO date from which it is gone, "" if current
  std::string successor;
  std::string source;
};

// One way an API error reads, and what it says (rules/errors.toml).
struct ErrorMeaning {
  std::string id;
  std::string product;     // "platform", "kimi-code", "any", or a vendor id
  int status = 0;          // HTTP, 0 = any
  std::string type;        // error.type, "" = any
  std::string expression;  // RE2, searched in the text, case-insensitive; groups may be named
  std::string key_state;   // live, dead, wrong-realm, unknown, missing
  bool retry = false;
  std::string bucket;       // TPD, TPM, RPM, concurrency, balance, plan, capacity, "" = none of them
  std::string answered_by;  // who says this: a product, a vendor id, "" = as `product`
  std::string source;
  Localized title;
  Localized meaning;
  std::vector<Localized> steps;  // what to do, in order
};

struct RemedyStep {
  std::string when;  // "", or a word of remedies.toml: public, private, history …
  Localized text;    // may hold {console} and other placeholders
};

// How to rotate a key of one realm, or to mend a configuration fault (rules/remedies.toml).
struct Remedy {
  std::string id;
  std::string realm;  // "" = for a key whose realm is unknown
  Localized title;
  std::vector<RemedyStep> steps;
  std::string source;
};

// One row of the severity table of design §3 (rules/severity.toml), tried in file order.
struct SeverityRow {
  std::string id;
  std::vector<std::string> rules;       // rule ids it is for; empty = every leak rule
  std::vector<std::string> conditions;  // all must hold: staged, tracked, pushed, unreachable …
  Severity severity = Severity::note;
  Localized reason;
};

// One tier of a platform's rate limits (rules/errors.toml). 0 in a limit is "unlimited".
struct Tier {
  std::string product;  // "platform" or "kimi-code"
  int tier = 0;
  double usd = 0;  // cumulative recharge that gives it
  double cny = 0;
  std::int64_t concurrency = 0;
  std::int64_t rpm = 0;
  std::int64_t tpm = 0;
  std::int64_t tpd = 0;
  std::string source;
};

}  // namespace kimiguard

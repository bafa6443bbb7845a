// What to do about a finding: which console, which steps, in which order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::report {

// Which console issued a key. Exactly one realm where that is known; several where keys of one product
// look alike; none where nothing says whose key it is, or where it is another issuer's.
struct Issuer {
  std::vector<const Realm*> realms;
  bool known() const { return realms.size() == 1; }
};

Issuer issuer_of(const Finding& finding, const Rulebook& rulebook);

// How far a key may have gone. It decides the order of the steps: a key that others may hold is
// deleted first, the outage accepted; any other is replaced, checked, then deleted.
struct Situation {
  bool exposed = false;     // pushed, sent to another party, or shipped to browsers
  bool in_history = false;  // some place is an object of a git repository, not a file
};

Situation situation_of(const Finding& finding);

// Steps for one realm, in order, placeholders filled.
struct Advice {
  std::string id;  // the same for findings that share it: print it once
  std::string title;
  std::vector<std::string> steps;  // plain text
};

// Empty where the rule has neither a remedy nor advice of its own.
std::vector<Advice> advice_for(const Finding& finding, const Situation& situation,
                               const Rulebook& rulebook, std::string_view language);

// All that may apply to findings of a rule, for its help page: a remedy for every realm its keys may
// come from, for each situation in which the steps differ.
struct RuleAdvice {
  std::string title;
  std::vector<std::string> if_exposed;
  std::vector<std::string> otherwise;  // empty if the same
};
std::vector<RuleAdvice> advice_for(const Rule& rule, const Rulebook& rulebook,
                                   std::string_view language);

}  // namespace kimiguard::report

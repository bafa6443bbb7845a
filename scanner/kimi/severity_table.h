// How bad a finding is: walks the rows of rules/severity.toml (design §3).
#pragma once

#include <string_view>

#include "scanner/core/exposure.h"
#include "scanner/core/severity.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

// `proven`: a region conflict shown by two effective hosts of one key, not only suspected. `possible`: a key that may
// be the other party's own.
enum class Proof { none, proven, possible };

struct Judged {
  Severity severity = Severity::note;
  const SeverityRow* row = nullptr;  // why; null if no row fits. Lives as long as the rulebook.
};

// The first row whose rules hold `rule` (or that is for every leak rule, and `rule` is one or is
// unknown) and whose conditions all hold. `audit`: a key in its tool's own store is inventory.
Judged severity_of(const Rulebook& book, std::string_view rule, const Exposure& exposure,
                   const Provenance& provenance, bool audit, Proof proof = Proof::none);

// Whether one condition of a row holds; false for a word that is none.
bool condition_holds(std::string_view condition, const Exposure& exposure, const Provenance& provenance,
                     bool audit, Proof proof);

}  // namespace kimiguard::kimi

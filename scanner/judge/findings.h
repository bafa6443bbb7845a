// Leak findings from everything that was seen in a run.
#pragma once

#include <vector>

#include "scanner/core/finding.h"
#include "scanner/judge/sighting.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::judge {

struct JudgeOptions {
  bool audit = false;
};

// 1. Attribution over the run: a key whose surroundings tell nothing here, but elsewhere, is what it is
//    elsewhere (design §3, "the same key so attributed elsewhere in the run: high").
// 2. Severity of each place by rules/severity.toml.
// 3. One finding for each key and path at HEAD or in the work tree, one for each key and class of
//    everything that is not there; the places of a finding in order of path, line and column.
// Keys that belong to another issuer are dropped. The result is sorted: most severe first, then rule,
// place and id, and does not depend on the order of `sightings`.
std::vector<Finding> leak_findings(std::vector<Sighting> sightings, const Rulebook& rulebook, const JudgeOptions& options);

// The order of a report: severity, rule, path, line, column, secret.
void sort_findings(std::vector<Finding>& findings);

}  // namespace kimiguard::judge

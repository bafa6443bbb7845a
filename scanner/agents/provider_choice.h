// Where a tool's own default sends a key to the wrong product, the mend is another provider of that tool.
#pragma once

#include <vector>

#include "scanner/agents/connections.h"
#include "scanner/core/finding.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::agents {

// Gives a kimi-host-mismatch whose address cannot be changed (a default, or one of `regions`' words) the providers of the
// same tool whose default address takes the key, those of the same region first: one change of the provider's setting
// for each, or of the model that names it, and the argument `providers`. Where no provider of the tool takes it, the
// address is written into the slot. Any other finding stays as it is.
void offer_providers(const Rulebook& book, const Made& made, const std::vector<RegionSetting>& regions, Finding& finding);

}  // namespace kimiguard::agents

// Where a tool's own default sends a key to the wrong product, the mend is another provider of that tool.
#pragma once

#include "scanner/agents/connections.h"
#include "scanner/core/finding.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::agents {

// Gives a kimi-host-mismatch that has no change yet the providers of the same tool whose default address takes the key:
// one change of the provider's setting for each, and the argument `providers`. Any other finding stays as it is.
void offer_providers(const Rulebook& book, const Made& made, Finding& finding);

}  // namespace kimiguard::agents

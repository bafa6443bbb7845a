// What several places of one key say together: since when it is in git, until when, and who may have it.
#pragma once

#include <vector>

#include "scanner/core/finding.h"

namespace kimiguard::report {

// The strongest class among the places; the first commit of those of that class (HEAD and the branches are one
// history here), and the last; every path, ref (ten at most) and remote; pushed where any is. An edited file is stored
// anew each time, so no version alone knows when the key came. Of places that are no objects, the first speaks.
// REQUIRES: at least one place.
Provenance joined_provenance(const std::vector<const Place*>& places);

}  // namespace kimiguard::report

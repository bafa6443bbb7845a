// Takes what was judged already off what is reported.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "scanner/core/finding.h"

namespace kimiguard::suppress {

// What is said about one place of a finding: a suppression, or none.
using Judge = std::function<std::optional<Suppression>(const Finding&, const Place&)>;

// A finding is suppressed when every place of it is. Where only some are, they become a finding of their
// own that is suppressed, and the rest stays reported with its own severity: nobody allows the second
// place of a key by allowing the first. Findings that are suppressed already are not asked about again.
// The order (most severe first, then as before) is kept. Returns how many findings became suppressed.
std::uint64_t suppress_places(std::vector<Finding>& findings, const Judge& judge);

}  // namespace kimiguard::suppress

// How to take keys out of a git history, for those who want that after the keys are deleted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/report/digest.h"

namespace kimiguard::report {

// Plain steps in order, commands on lines of their own. The expression that finds a key is made of its
// prefix, its length and its last four characters, so no step holds or stores a key. One sentence where
// no key lies in a history. `language` is "en" or "zh".
std::vector<std::string> purge_steps(const Digest& digest, std::string_view language);

}  // namespace kimiguard::report

// Reports and a small rulebook for the tests of the writers. Keys are random at every run.
#pragma once

#include <random>
#include <string>

#include "scanner/core/finding.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::report::sample {

using Random = std::mt19937_64;

// `prefix` and `length` random letters and digits.
std::string random_key(Random& random, std::string_view prefix, std::size_t length);

// Four realms, a rule of each kind, remedies in both languages.
Rulebook rulebook();

// One finding of a Kimi Code key, pushed, in HEAD; places all in `path`.
Finding leak(Random& random, const std::string& path, std::size_t places = 1);
// A key of unknown region, never pushed.
Finding platform_leak(Random& random, const std::string& path);
// A base URL that does not belong to its key.
Finding mismatch(Random& random, const std::string& path);

// A scan of one repository with these findings, sorted, fingerprinted by their place.
Report scan(std::vector<Finding> findings);

// A laptop's worth: pushed key, history, stash, transcript, setting, inventory, suppressed, gaps.
Report rich(Random& random);

}  // namespace kimiguard::report::sample

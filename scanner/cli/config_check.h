// The verdicts of `scan` on settings in a repository's own files (design §3, Configuration).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scanner/cli/config_text.h"
#include "scanner/cli/marker_reader.h"
#include "scanner/core/coverage.h"
#include "scanner/core/finding.h"
#include "scanner/judge/sighting.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// Findings with their places, snippets and URIs. What the sightings of the run tell of a key counts as evidence
// for whose it is. Each text is read by itself; one key in two of them at hosts of two regions is a conflict.
// `gaps`: files of tools that could not be parsed to their end are added.
std::vector<Finding> check_configs(const std::vector<ConfigText>& texts, const std::vector<judge::Sighting>& sightings,
                                   const Rulebook& rulebook, const std::string& as_of,
                                   const MarkerOptions& markers, std::vector<Gap>& gaps);

}  // namespace kimiguard::cli

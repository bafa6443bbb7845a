// What JSON and SARIF say alike, under the same names.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "scanner/core/finding.h"

namespace kimiguard::report {

using Json = nlohmann::ordered_json;  // keys in the order in which they were put in

Json evidence_facts(const std::vector<Evidence>& evidence);
Json exposure_facts(const Exposure& exposure);
Json provenance_facts(const Provenance& provenance);
Json decoded_facts(const std::vector<std::string>& decoded);
Json inside_facts(const std::vector<Inside>& inside);
Json changes_facts(const std::vector<Change>& changes);
Json gap_facts(const Gap& gap);

// `secretSha256`, `secretKind`, `realm` (if there is a secret), `confidence`, `severity`, `validity`,
// `evidence`, and `exposure`, `provenance`, `decoded` of the first place.
void add_finding_facts(Json& object, const Finding& finding);

// As text, UTF-8 whatever was in it.
std::string dumped(const Json& value, int indent = -1);

}  // namespace kimiguard::report

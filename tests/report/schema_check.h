// Just enough of JSON Schema to hold a report against its schema: type, const, enum, required,
// properties, additionalProperties, items, minItems, pattern, minLength, maxLength, minimum, $ref into $defs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kimiguard::report {

// What does not fit, as "path: complaint"; empty if `value` is valid. A keyword that is not known here
// is a complaint too, so that the schema cannot say what nobody checks.
std::vector<std::string> schema_complaints(const nlohmann::json& schema, const nlohmann::json& value);

}  // namespace kimiguard::report

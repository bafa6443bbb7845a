// Settings inside settings: JSON (or anything else) held in a string, NAME=value texts in a list, lists
// of {name, value}. Each result stands at its true place in the outer file.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "scanner/config/line_map.h"
#include "scanner/config/reader.h"

namespace kimiguard::config {

// True if the text looks like a JSON object or array and is worth parse: first and last visible bytes.
bool looks_like_json(std::string_view value);

// Parses `outer.value` as `format`. The settings' paths begin with outer's, their spans are offsets in
// the document that `lines` maps. Pass a LineMap over the bytes that were given to read(), UTF-8. For
// JSON in JSON in JSON call it again on a result.
Parsed read_value(const Setting& outer, Format format, const LineMap& lines, const Limits& limits = {});

// Splits a value such as compose's `- NAME=value` or aider's `set-env: [NAME=value]`: the last part of
// the path, an index, becomes NAME. Nothing if it is no assignment. Names may hold "." and "-".
std::optional<Setting> split_assignment(const Setting& setting, const LineMap& lines);

// Pairs of siblings {name|key|Name: NAME, value|Value: v}, as in VS Code's
// claudeCode.environmentVariables, Kubernetes' env: and JetBrains' <env name= value=>: for each a copy
// of the value's setting whose last path parts (an index, if there is one, and "value") are replaced by
// NAME.
std::vector<Setting> named_values(const std::vector<Setting>& settings);

}  // namespace kimiguard::config

// Gives findings about settings what their documents tell: regions with snippets, URIs, git's word on
// the file; and paths as people see them.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scanner/cli/audit_places.h"
#include "scanner/core/exposure.h"
#include "scanner/core/finding.h"

namespace kimiguard::cli {

struct SettingSources {
  // Files whose settings are rows: their places have no line.
  std::set<std::string> databases;
  // "proc/self/environ", "proc/<pid>/environ" -> NAME=value, one a line.
  std::map<std::string, std::string> environments;
  // What git says of an absolute path.
  std::function<Exposure(const std::string&)> exposure;
};

// The findings' places have absolute paths, "proc/…" or nothing (the present environment), and spans in
// those files, as agents::audit gives them.
void place_settings(std::vector<Finding>& findings, const AuditPlaces& places, const SettingSources& sources);

// The parts of Setting::key_path().
std::vector<std::string> key_path_parts(std::string_view key_path);

// Line of a variable in such a text, 0 if it is not there; `value` its span.
std::uint64_t line_of_variable(std::string_view environment, std::string_view name, Span& value);

}  // namespace kimiguard::cli

// Connections of a file that belongs to no tool: variables of one family in dotenv, compose, workflows
// and shells; objects with a key and an address in them; calls of SDKs in sources.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/environment.h"
#include "scanner/agents/unit.h"
#include "scanner/core/connection.h"

namespace kimiguard::agents {

// Families of all profiles, in order.
std::vector<const FamilySpec*> families_of(const Profiles& profiles);

// From settings. A key goes with the address that stands nearest: in the same table, or in a table
// around it (a workflow's job for its steps), never in a sibling's (another service of a compose file).
// Where no address of the family stands anywhere in the file, the family's own host is meant.
// `words`: what fields and headers are called (rules/variables.toml).
std::vector<Connection> loose_connections(const Unit& unit, const std::vector<const FamilySpec*>& families,
                                          const SettingNames& words);

// From variables that are set for a whole login or process. `scope` and `slot` name where.
std::vector<Connection> loose_connections(const Environment& environment, Part::Source source,
                                          const std::vector<const FamilySpec*>& families);

// From calls such as OpenAI(api_key="…", base_url="…") in a source text: arguments up to the closing
// parenthesis, at most 4 KiB; an argument may be a constant that the same text gives a quoted text to. From objects
// such as { baseURL: "…", apiKey: "…" } that no such call is given, too.
std::vector<Connection> source_connections(const std::string& path, std::string_view text,
                                           const std::vector<const FamilySpec*>& families, const SettingNames& names);

// Whether a header of that name lets a request in.
bool is_credential_header(std::string_view name, const SettingNames& names);
// "Bearer sk-…" without its first word.
std::string_view without_scheme(std::string_view value, const SettingNames& names);

// Whether a file of that name is a source text in which such calls are looked for.
bool is_source(std::string_view path);

}  // namespace kimiguard::agents

// Programs that a tool starts or calls and that have a key of their own: MCP servers, run configurations.
#pragma once

#include <vector>

#include "scanner/agents/loose_connections.h"
#include "scanner/agents/profile.h"
#include "scanner/agents/unit.h"
#include "scanner/core/connection.h"

namespace kimiguard::agents {

// One connection for each pair of variables in the program's `env`, and one for a `url` with a credential among its
// `headers`; nothing for a file whose profile names no programs. A project's variables have the scope "project": they
// send a key where the file says. The address of a remote server has "user": it is there to be called.
// REQUIRES: unit.profile and unit.spec are set.
std::vector<Connection> program_connections(const Unit& unit, const std::vector<const FamilySpec*>& families,
                                            const SettingNames& names);

}  // namespace kimiguard::agents

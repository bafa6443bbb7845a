// The profiles as bytes, as rulebook/snapshot.h does it for the rules: parsing rules/agents/*.toml takes 4 ms.
#pragma once

#include <string>
#include <string_view>

#include "scanner/agents/profile.h"
#include "scanner/core/result.h"

namespace kimiguard::agents {

std::string write_snapshot(const Profiles& profiles);

// Fails with "snapshot" where the bytes end too early or too late, or a length is impossible.
Result<Profiles> read_profiles_snapshot(std::string_view bytes);

}  // namespace kimiguard::agents

// The rulebook as bytes: what the build has read and checked is not read and checked again at each start.
//
// Parsing rules/*.toml takes 4 ms, three times what the rest of a scan of 1 KB takes; this takes 0.2. The format
// is nobody's but this program's: the fields of rulebook.h in order, numbers and lengths as 8 bytes of the
// machine, no names, no version. The build writes it (embed/embed_rules.cpp) and the same build's program
// reads it. A field that is added to a struct and not to snapshot.cpp does not compile.
#pragma once

#include <string>
#include <string_view>

#include "scanner/core/result.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard {

std::string write_snapshot(const Rulebook& book);

// Fails with "snapshot" where the bytes end too early or too late, or a length is impossible.
Result<Rulebook> read_snapshot(std::string_view bytes);

}  // namespace kimiguard

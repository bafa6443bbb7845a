// kimiguard/v1: a name for one place of one fault that stays when lines move and files are renamed.
//
// SHA-256 over five fields, each ended by a NUL: "kimiguard/v1", the rule's id, the secret's id (for a
// finding without a secret the setting's key path), the line without the secret (white space at both
// ends dropped, runs of it inside one space), and an ordinal; the first 32 hex digits. The ordinal is 0
// for the first place in one version of a file that has the same four, 1 for the second, in the order of
// their position. Of a key in git's reflogs line and ordinal are left out: it has one name there. The path is no part
// of it; a baseline keeps the path beside it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"

namespace kimiguard::suppress {

std::string fingerprint(std::string_view rule, std::string_view subject, std::string_view line,
                        std::uint64_t ordinal);

// Gives every place its fingerprint, and every finding that of its first place. `findings` are all of a
// run: ordinals are counted over them. The same whatever the order of findings and places.
void assign_fingerprints(std::vector<Finding>& findings);

// What a baseline keeps beside the fingerprint: base and path below it with archive members, raw bytes.
// Ids of objects and names of logs are left out (".git/commit/0123…" is ".git/commit", ".git/logs/HEAD" is ".git/logs"),
// so that a rebase and a new branch change nothing.
std::string baseline_path(const Place& place);
// The same from a base's name and a raw path, as a report gives them back.
std::string baseline_path(std::string_view base, std::string_view path);

}  // namespace kimiguard::suppress

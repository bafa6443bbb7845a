// What lies in an objects folder beside objects: packs and objects of a fetch or a push that was broken off, and files
// that somebody put there. git never looks at them, `git gc` deletes most of them in time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

// Regular files, as paths below `objects_dir`, sorted; at most `most`. Not among them: objects, packs and what git makes
// from packs (indexes, bitmaps, commit graphs), finished or not.
std::vector<std::string> leftover_files(const std::string& objects_dir, HashKind kind, std::size_t most = 10'000);

}  // namespace kimiguard::git

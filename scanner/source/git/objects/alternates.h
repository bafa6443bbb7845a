// Which object folders belong to a repository: its own and the alternates it borrows from.
//
// Format: gitrepository-layout(5), `objects/info/alternates`.
#pragma once

#include <string>
#include <vector>

#include "scanner/core/coverage.h"

namespace kimiguard::git {

struct ObjectFolders {
  std::vector<std::string> folders;  // the first one given first, each once
  std::vector<Gap> gaps;             // alternates that are not there or cannot be read
};

// Follows `info/alternates` from `first` and from each of `more` (when `follow`): nested ones, paths
// relative to the folder that names them, quoted lines. A folder met again is not followed again, so
// cycles end; at most 256 folders are taken.
ObjectFolders find_object_folders(const std::string& first, const std::vector<std::string>& more,
                                  bool follow);

}  // namespace kimiguard::git

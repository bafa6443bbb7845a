#include "scanner/cli/ignore_place.h"

#include <cstdlib>

#include "scanner/cli/match_collector.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::cli {

std::string ignore_folder() {
  const std::string here = absolute_path(".");
  if (auto repository = git::discover_repository(here); repository && !repository->work_tree.empty())
    return repository->work_tree;
  return here;
}

std::string home_ignore_folder() {
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? std::string() : absolute_path(home);
}

}  // namespace kimiguard::cli

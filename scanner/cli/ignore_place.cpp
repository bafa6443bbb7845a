#include "scanner/cli/ignore_place.h"

#include "scanner/cli/match_collector.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::cli {

std::string ignore_folder() {
  const std::string here = absolute_path(".");
  if (auto repository = git::discover_repository(here); repository && !repository->work_tree.empty())
    return repository->work_tree;
  return here;
}

}  // namespace kimiguard::cli

// Whether this runs in a CI system.
#pragma once

#include <cstdlib>
#include <string>

#include "scanner/core/lowered.h"

namespace kimiguard::cli {

// CI systems set CI to true or 1; people say with CI=false that they are in none.
inline bool in_ci() {
  const char* ci = std::getenv("CI");
  if (ci == nullptr) return false;
  const std::string said = lowered(ci);
  return !said.empty() && said != "0" && said != "false" && said != "no" && said != "off";
}

}  // namespace kimiguard::cli

// One place of one secret with all that a source knows of the place.
#pragma once

#include <string>

#include "scanner/core/exposure.h"
#include "scanner/core/match.h"

namespace kimiguard::judge {

struct Sighting {
  Match match;
  Exposure exposure;
  Provenance provenance;
  std::string path;      // for people
  std::string uri_base;  // Report::uri_bases
  std::string uri;
};

}  // namespace kimiguard::judge

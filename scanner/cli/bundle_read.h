// A git bundle met among files, read as a container: each object that holds something is a document inside it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "scanner/core/coverage.h"
#include "scanner/core/document.h"
#include "scanner/detect/detector.h"

namespace kimiguard::cli {

// `visit` gets whole objects in which `detector` sees a candidate, named "src/a.env" where the bundle's own trees
// give a path, "commit/<id>", "tag/<id>" or "blob/<id>" otherwise. One thread.
Coverage read_bundle(const std::string& path, const std::shared_ptr<const Origin>& outer, detect::Detector& detector,
                     const std::function<void(const Document&)>& visit);

}  // namespace kimiguard::cli

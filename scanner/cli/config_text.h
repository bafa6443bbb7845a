// Files whose settings `scan` judges: which they are, and what is kept of them until everything was read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "scanner/core/document.h"
#include "scanner/core/exposure.h"

namespace kimiguard::cli {

struct KeptConfig {
  std::shared_ptr<const Origin> origin;
  std::string bytes;
};

// The same with its place in the report.
struct ConfigText {
  std::string path;  // for people
  std::string uri_base;
  std::string uri;
  Exposure exposure;
  Provenance provenance;
  std::string bytes;
};

// Cheap: asked for every file of a tree. True for a file whose name says that it holds settings and which speaks
// of Kimi or sends an assistant's traffic somewhere, and for any such file or source text with a key in it. What
// it holds is then for agents::FileReader to say.
bool may_hold_settings(std::string_view path, std::string_view bytes, bool holds_key);

}  // namespace kimiguard::cli

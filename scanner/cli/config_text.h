// Files whose settings `scan` judges: which they are, and what is kept of them until everything was read.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "scanner/core/document.h"
#include "scanner/core/exposure.h"
#include "scanner/detect/detector.h"

namespace kimiguard::cli {

// What a file may have to say to the judge.
enum class Settings {
  none,
  of_tools,  // nothing of Kimi's stands in it, but an address or a helper: it matters if it is a tool's own file
  any
};

struct KeptConfig {
  std::shared_ptr<const Origin> origin;
  std::string bytes;
  Settings settings = Settings::any;
};

// The same with its place in the report.
struct ConfigText {
  std::string path;  // for people
  Settings settings = Settings::any;
  std::string uri_base;
  std::string uri;
  Exposure exposure;
  Provenance provenance;
  std::string bytes;
};

// Cheap: asked for every file of a tree. A file whose name says that it holds settings counts where it speaks of
// Kimi or sends an assistant's traffic somewhere; any such file or source text does with a key in it. What it
// holds is then for agents::FileReader to say.
// Its words are the rulebook's: kimi_words, connection_signs, redirect_signs.
Settings settings_in(std::string_view path, std::string_view bytes, bool holds_key, const detect::Detection& detection);

}  // namespace kimiguard::cli

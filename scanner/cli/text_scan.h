// Findings in a text that is no file: a commit message, a prompt, a rule's example.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/exposure.h"
#include "scanner/core/finding.h"
#include "scanner/detect/detector.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// Where the text is said to stand.
struct TextPlace {
  std::string path = "text";
  Exposure exposure;
  Provenance provenance;
};

// One thread's. `findings` judges each text by itself, as a run over it alone would; they have
// fingerprints, and are not suppressed.
class TextScan {
 public:
  TextScan(std::shared_ptr<detect::Detection> detection, std::shared_ptr<const Rulebook> book);

  std::vector<Finding> findings(std::string_view text, const TextPlace& place);

 private:
  detect::Detector detector_;
  std::shared_ptr<const Rulebook> book_;
};

}  // namespace kimiguard::cli

// The rules of a run: embedded ones, read when first needed, and those of --rules.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/detect/detector.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

class RulebookSource {
 public:
  // With --rules everything is read at once, so that a broken file is an error before anything runs.
  static Result<std::shared_ptr<RulebookSource>> open(const std::vector<std::string>& rule_paths);

  // Thread-safe.
  std::shared_ptr<const Rulebook> rulebook();
  Result<std::shared_ptr<detect::Detection>> detection();

 private:
  std::once_flag once_;
  std::shared_ptr<const Rulebook> book_;
  bool custom_ = false;
  std::string cache_file_;  // of the user's rules, "" = none
  std::optional<detect::UserDatabase> cached_;
};

}  // namespace kimiguard::cli

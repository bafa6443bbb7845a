// The changes that mend a configuration finding, in words: each setting once, with the values to choose from.
#pragma once

#include <string>
#include <vector>

#include "scanner/core/finding.h"
#include "scanner/report/voice.h"

namespace kimiguard::report {

// One setting to write.
struct ChangeStep {
  bool instead = false;         // begins another way that takes the place of all steps before it
  bool further = false;         // belongs to such another way, behind its beginning
  std::string place;            // file, with the line where it is known; "" = where the finding stands
  std::string setting;
  std::string from;             // "" = it is not there yet
  std::vector<std::string> to;  // one of these; none = remove it
};

// In the order of the finding's changes. UTF-8.
std::vector<ChangeStep> change_steps(const Finding& finding);

// "~/.bashrc:3 OPENAI_BASE_URL: https://a → either https://b or https://c"
std::string change_words(const ChangeStep& step, const Voice& voice);

// "Change", "Or" or "and": how a step begins.
std::string_view change_label(const ChangeStep& step, const Voice& voice);

}  // namespace kimiguard::report

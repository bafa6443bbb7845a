// The exit status of scan and audit: the only place that decides it (design §2).
#pragma once

#include <vector>

#include "scanner/cli/common_options.h"
#include "scanner/core/coverage.h"
#include "scanner/core/finding.h"
#include "scanner/core/severity.h"

namespace kimiguard::cli {

inline constexpr int kClean = 0;
inline constexpr int kFound = 1;
inline constexpr int kUsage = 2;
inline constexpr int kNotRead = 3;

struct ExitRules {
  Severity fail_on = Severity::medium;
  bool exit_zero = false;
  bool strict = false;
  bool history_by_name = false;  // --only history: then a shallow border is a 3
  bool read_nothing = false;     // there was something to read, and nothing was
};

inline ExitRules exit_rules(const CommonOptions& options) {
  ExitRules rules;
  rules.fail_on = options.fail_level();
  rules.exit_zero = options.exit_zero;
  rules.strict = options.strict;
  return rules;
}

inline int exit_status(const std::vector<Finding>& findings, const Coverage& coverage, const ExitRules& rules) {
  for (const Finding& finding : findings)
    if (!finding.suppression && finding.severity != Severity::inventory && finding.severity >= rules.fail_on)
      return rules.exit_zero ? kClean : kFound;
  if (rules.read_nothing || coverage.has(GapKind::unreadable)) return kNotRead;
  if (rules.strict && !coverage.gaps.empty()) return kNotRead;
  if (rules.history_by_name)
    for (const Gap& gap : coverage.gaps)
      if (gap.code == "shallow") return kNotRead;
  return kClean;
}

}  // namespace kimiguard::cli

// A baseline: an earlier report of ours (JSON, JSONL or SARIF) whose findings are known.
//
// A place is known when the baseline has its fingerprint (kimiguard/v1) at its path. At another path it
// is known only if the baseline's path lost it (the file was renamed), one new path for each lost one. A
// path loses it where the work tree and HEAD have it there no more; older versions in history keep it for ever.
// So a moved line, a renamed file and a rebase change nothing, and the same key in a new file, or on a
// new line of the same file, is reported. SARIF keeps a hundred places of a finding and five thousand
// findings; what it left out is reported again, so JSON is the better baseline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"
#include "scanner/core/result.h"

namespace kimiguard::suppress {

struct BaselineEntry {
  std::string fingerprint;
  std::string path;  // as baseline_path gives it
  bool in_tree = true;  // in the work tree, the index or HEAD when the report was made, not in history alone
  friend auto operator<=>(const BaselineEntry&, const BaselineEntry&) = default;
};

struct Baseline {
  std::string name;                    // for messages: the file's name
  std::vector<BaselineEntry> entries;  // sorted, a fingerprint and path once
};

// Any bytes. Errors: "not-a-report" with what was expected.
Result<Baseline> read_baseline(std::string_view text, std::string_view name);

struct BaselineOutcome {
  std::uint64_t suppressed = 0;  // findings
  std::uint64_t renamed = 0;     // places known by fingerprint at another path
  std::uint64_t gone = 0;        // entries that fitted nothing
};

// REQUIRES: findings have fingerprints (assign_fingerprints).
BaselineOutcome apply_baseline(std::vector<Finding>& findings, const Baseline& baseline);

struct BaselineUpdate {
  std::string text;        // the new file
  std::uint64_t kept = 0;  // places
  std::uint64_t renamed = 0;
  std::uint64_t gone = 0;
};

// The baseline without what is gone and with renamed files under their new names. Adds nothing: what is
// new has to be looked at first. `findings` are all of a fresh run over the same paths, suppressed ones
// too. Errors as read_baseline.
Result<BaselineUpdate> update_baseline(std::string_view text, std::string_view name,
                                       const std::vector<Finding>& findings);

}  // namespace kimiguard::suppress

// `.kimiguardignore`: reviewed findings that need not be shown again, one a line.
//
//   # comment
//   id=7e831dacf18d2d16 reason=revoked on 2026-03-01, kept as evidence
//   rule=kimi-model-retired path=docs/** expires=2027-01-31 reason=the page is about old models
//   id=f7454dcd path="my files/opencode.json" reason=gateway of ours
//
// Fields are separated by white space; a value with spaces stands in double quotes (\" and \\ inside).
// At least one of id, rule and path; all that are given must fit. `id`: that of a secret or of a finding
// about a setting, at least 8 of its 16 hex digits; a prefix that fits two of them allows nothing.
// `path`: a glob (glob.h) below the folder of the file, and an entry counts for places there only. `expires`: the last day on which the entry counts.
// `reason` is required, stands last and takes the rest of the line. Other lines are reported and allow
// nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"
#include "scanner/core/result.h"
#include "scanner/suppress/problem.h"

namespace kimiguard::suppress {

struct IgnoreEntry {
  std::string id;  // lower-case hex, 8 to 16 digits, or empty
  std::string rule;
  std::string path;
  std::string expires;  // YYYY-MM-DD or empty
  std::string reason;
  std::uint64_t line = 0;
};

struct IgnoreFile {
  std::string name;  // for messages: ".kimiguardignore"
  std::vector<IgnoreEntry> entries;
  std::vector<Problem> problems;
};

// Any bytes. At most 1 MiB and 10,000 entries; the rest is a problem.
IgnoreFile read_ignore_file(std::string_view text, std::string_view name);

struct IgnoreOutcome {
  std::uint64_t suppressed = 0;
  std::vector<Problem> problems;      // the file's own, expired entries, prefixes that fit two ids
  std::vector<std::uint64_t> unused;  // lines of entries that fitted nothing
};

// Where a place lies below the folder of the ignore file, members of archives too; nothing: elsewhere, where
// that file has no say.
using PathBelow = std::function<std::optional<std::string>(const Place&)>;

// The path below the place's own base.
std::string path_below_base(const Place& place);

// Suppresses what entries fit. `as_of` is today or --as-of, YYYY-MM-DD.
IgnoreOutcome apply_ignore_file(std::vector<Finding>& findings, const IgnoreFile& file, std::string_view as_of,
                                const PathBelow& path_below = path_below_base);

// The one id among `findings` that begins with `prefix`. Errors: "short-id", "unknown-id",
// "ambiguous-id", each with the mend.
Result<std::string> resolve_id(std::string_view prefix, const std::vector<Finding>& findings);

// One line, without its end.
std::string ignore_line(const IgnoreEntry& entry);

// `text` of a file (empty if there is none yet) with `entry` added, or in the place of the entry with
// the same id, rule and path. Errors: "no-selector", "no-reason" (none, or none that says anything),
// "bad-id", "bad-date".
Result<std::string> add_ignore_entry(std::string_view text, const IgnoreEntry& entry);

// True for a day of the calendar written YYYY-MM-DD.
bool is_date(std::string_view text);

}  // namespace kimiguard::suppress

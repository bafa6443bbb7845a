// The work of `kimiguard audit`: a home, PATHs, the environment and processes in, a judged report with
// its inventory out. Prints nothing but progress.
#pragma once

#include <memory>

#include "scanner/agents/profile.h"
#include "scanner/cli/audit_options.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/core/finding.h"
#include "scanner/core/result.h"

namespace kimiguard::cli {

// Errors are of code "usage": a home or PATH that is not there, a tool that nobody knows, a broken
// baseline.
Result<Report> audit(const AuditOptions& options, const std::shared_ptr<RulebookSource>& rules,
                     const agents::Profiles& profiles);

// Homes of Windows that can be seen from WSL, below `mounts` ("/mnt"): /mnt/c/Users/ann. Empty where
// there are none.
std::vector<std::string> windows_homes(const std::string& mounts);

// Whether a path lies on a Windows drive as WSL shows it ("/mnt/c/…"): its modes say nothing.
bool on_windows_drive(std::string_view path);

}  // namespace kimiguard::cli

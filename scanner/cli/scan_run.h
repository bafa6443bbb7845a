// The work of `kimiguard scan`: sources in, a judged report out. Prints nothing but progress.
#pragma once

#include <memory>

#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/scan_options.h"
#include "scanner/core/finding.h"
#include "scanner/core/result.h"

namespace kimiguard::cli {

// Errors are of code "usage": a path or revision that is not there, options that exclude each other, a broken
// ignore file or baseline.
Result<Report> scan(const ScanOptions& options, const std::shared_ptr<RulebookSource>& rules);

}  // namespace kimiguard::cli

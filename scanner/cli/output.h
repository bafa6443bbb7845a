// Where reports go: standard output, files, and the summary for people.
#pragma once

#include <memory>
#include <string>

#include "scanner/cli/common_options.h"
#include "scanner/core/finding.h"
#include "scanner/core/result.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// Checks what can be checked before the work starts: format names and files that cannot be made. Error
// "usage".
Status check_outputs(const CommonOptions& options);

// True if every report that will be written is the text for people.
bool only_text(const CommonOptions& options);

// Writes every report that was asked for. The summary for people goes to standard output when every report goes
// to a file, else to standard error; without any format, text on standard output is the summary.
Status write_outputs(const CommonOptions& options, const Report& report, const Rulebook& rulebook);

// The audit's inventory as a diagram, on standard output or into -o FILE; and what --report asks for.
Status write_graph(const CommonOptions& options, const Report& report, const Rulebook& rulebook);

// Replaces a regular file atomically; writes in place to anything else (/dev/null, a pipe).
Status write_file(const std::string& path, const std::string& bytes);

// Everything to a descriptor, EINTR and short writes handled. A closed pipe is no error.
Status write_all(int descriptor, const std::string& bytes);

}  // namespace kimiguard::cli

// Whole files for commands that read a report, a hook or a list.
#pragma once

#include <cstddef>
#include <string>

#include "scanner/core/result.h"

namespace kimiguard::cli {

// The file's bytes. Errors, with the path and the system's reason: "not-there", "unreadable",
// "too-large".
// "-" is standard input.
Result<std::string> read_whole_file(const std::string& path, std::size_t most);

// True for a regular file itself, not for a link to one.
bool is_plain_file(const std::string& path);
// True for a folder, through links too.
bool is_folder(const std::string& path);
// True for anything at that path, a dangling link too.
bool is_there(const std::string& path);

}  // namespace kimiguard::cli

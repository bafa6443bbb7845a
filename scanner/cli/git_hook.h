// `kimiguard hook run pre-commit` and its like: what git calls.
//
// Exit status: 0 lets git go on; 1 stops it for what was found; 3 stops it because something could not
// be read. Everything is said on standard error.
#pragma once

#include <string>
#include <vector>

#include "scanner/cli/hook_message.h"

namespace kimiguard::cli {

// `arguments` are those that git gives the hook (githooks(5)); pre-push and pre-receive read standard
// input.
int run_git_hook(GitHook hook, const std::vector<std::string>& arguments, const std::string& language);

// A commit message without what stands below the scissors (`git commit -v` puts the diff there, with
// lines that are being removed). Other comment lines stay: `git commit -m` keeps them in the message.
std::string above_scissors(std::string message);

}  // namespace kimiguard::cli

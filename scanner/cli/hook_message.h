// What a git hook says when it stops git: short, at the terminal of somebody who wanted to do something
// else.
#pragma once

#include <string>
#include <string_view>

#include "scanner/cli/screen.h"
#include "scanner/core/finding.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

enum class GitHook { pre_commit, pre_push, commit_msg, pre_receive };

// "pre-commit" …
std::string_view name(GitHook hook);

// Findings at the report's level and above: what, where (masked), and how to go on, the way past the
// check named last. Empty if there are none.
std::string stopped_text(GitHook hook, const Report& report, const Rulebook& book,
                         std::string_view language, const Screen& screen);

// Why it could not be checked, and what to do. `reason` is a sentence.
std::string unread_text(GitHook hook, const std::string& reason, std::string_view language,
                        const Screen& screen);

// What could not be read, at most five of it, in a sentence; empty if all was.
std::string unread_reason(const Report& report, std::string_view language);

// One line about what does not stop git (notes, low severities); empty if there is none.
std::string aside_text(const Report& report, std::string_view language);

}  // namespace kimiguard::cli

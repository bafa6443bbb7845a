// Where git looks for hooks, and who else keeps hooks there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"

namespace kimiguard::cli {

// Another program that writes hooks, and would overwrite ours or be overwritten.
struct Framework {
  std::string name;   // husky, lefthook, pre-commit
  std::string where;  // the file to edit
};

struct HookFolder {
  std::string path;       // absolute
  std::string work_tree;  // of the repository; empty: bare, or a folder for all repositories
  // Who sets core.hooksPath: "" nobody, "local", "global", "system", "command", "worktree".
  std::string set_by;
  bool in_work_tree = false;  // the folder is part of the work tree, so others get its scripts
};

// For the repository that holds the current folder, asked of git itself. Codes: "no-git" (no such
// program), "no-repository".
Result<HookFolder> hook_folder();

// core.hooksPath of the user's own configuration, absolute; empty if it is not set. Code "no-git".
Result<std::string> global_hook_folder();
// Sets it (an empty path takes it away).
Status set_global_hook_folder(const std::string& path);
// Where kimiguard keeps scripts for all repositories: below XDG_CONFIG_HOME or ~/.config.
std::string own_global_folder();

// husky owns the whole folder (core.hooksPath in .husky); empty otherwise.
std::optional<Framework> framework_of_folder(const HookFolder& folder);
// Who wrote this hook's text: lefthook, pre-commit or husky.
std::optional<Framework> framework_of_hook(const HookFolder& folder, std::string_view text);

// What to add to a framework's own file, ready to paste.
std::string framework_lines(const Framework& framework, std::string_view hook);

// Absolute path of this program; empty if it cannot be told.
std::string own_program();

}  // namespace kimiguard::cli

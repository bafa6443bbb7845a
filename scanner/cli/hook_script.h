// The scripts that stand in git's hooks folder.
//
// A script is POSIX sh, runs the hook that stood there before (kept as NAME.before-kimiguard), then
// `kimiguard hook run NAME`. It is recognized by its second line and its whole text, so that a script
// which somebody changed by hand is neither overwritten nor deleted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::cli {

struct HookScript {
  std::string hook;         // "pre-commit"
  std::string program;      // absolute path of kimiguard, tried first; empty: only the one on PATH
  bool everywhere = false;  // in a folder for all repositories: runs the repository's own hook too
  bool checks = true;  // false: only passes on to the repository's own hook (a folder for all needs one
                       // for each name)
};

// Where the hook that stood there before is kept, beside it.
std::string kept_name(std::string_view hook);

std::string script_text(const HookScript& script);

// What a file's text is.
struct ReadScript {
  bool ours = false;     // kimiguard wrote it
  bool changed = false;  // ours, and edited by hand since
  HookScript script;
};
ReadScript read_script(std::string_view text);

// Hooks that kimiguard checks something in.
bool is_checked_hook(std::string_view name);
// Every hook that git runs from the hooks folder (githooks(5)).
const std::vector<std::string_view>& all_hooks();

}  // namespace kimiguard::cli

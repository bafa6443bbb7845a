#include "scanner/core/exposure.h"

#include <array>
#include <cstddef>

namespace kimiguard {

std::string_view name(ProvenanceClass provenance) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "head", "staged", "branch", "tag", "stash", "note", "pull", "reflog", "worktree", "unreachable"};
  return kNames[static_cast<std::size_t>(provenance)];
}

std::string_view name(Pushed pushed) {
  static constexpr std::array<std::string_view, 3> kNames = {"no", "yes", "unknown"};
  return kNames[static_cast<std::size_t>(pushed)];
}

std::string_view name(PlaceKind kind) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "ordinary", "transcript", "prompt_history", "shell_history", "log",
      "backup",   "export",     "checkpoint",     "cache",         "tool_store", "login_file",
      "standard_input", "environment", "process", "git_internal"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace kimiguard

// `kimiguard hook install|uninstall|status` for git's hooks.
#pragma once

#include <string>
#include <vector>

namespace kimiguard::cli {

struct HookChoice {
  std::vector<std::string> hooks = {"pre-commit", "pre-push", "commit-msg"};
  bool global = false;  // for every repository of this user
  bool force = false;   // chain a framework's hook instead of explaining
  std::string language = "en";
};

// Exit status 0: all is in place. 1: something was left alone and is explained. 2: could not be done.
int install_hooks(const HookChoice& choice);
// 0: none of ours is left.
int uninstall_hooks(const HookChoice& choice);
// 0: pre-commit is checked here. 1: it is not.
int hooks_status(const HookChoice& choice);

}  // namespace kimiguard::cli

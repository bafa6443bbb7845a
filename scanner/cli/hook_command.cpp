// kimiguard hook: git's hooks, and those of coding agents.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "scanner/cli/agent_hook.h"
#include "scanner/cli/command.h"
#include "scanner/cli/common_options.h"
#include "scanner/cli/git_hook.h"
#include "scanner/cli/hook_install.h"
#include "scanner/cli/hook_script.h"
#include "scanner/cli/parse.h"
#include "scanner/rulebook/nearest_word.h"

namespace kimiguard::cli {
namespace {

std::string language_of(const std::string& lang) {
  CommonOptions common;
  common.lang = lang;
  return common.language();
}

// What follows the hook's name is git's, not ours: a remote may be called anything.
int run(const std::vector<std::string>& words) {
  static constexpr const char* kUsage =
      "Usage: kimiguard hook run pre-commit|pre-push|commit-msg|pre-receive [ARGS…]\n"
      "       kimiguard hook run claude-code\n\n"
      "What git, or an agent, calls. git's hooks: 0 lets git go on, 1 stops it for a key that was "
      "found, 3 stops it because\n"
      "something could not be read. claude-code: 0 lets through, 2 blocks, 1 could not tell and lets "
      "through with a note.\n";
  if (words.empty())
    return usage_error(
        "which hook? Write 'kimiguard hook run pre-commit'\nSee 'kimiguard hook --help'.");
  if (words[0] == "--help" || words[0] == "-h") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  const std::string& name_given = words[0];
  const std::vector<std::string> arguments(words.begin() + 1, words.end());
  const std::string language = language_of("");
  if (name_given == "claude-code") return run_claude_code_hook(language);
  for (const GitHook hook :
       {GitHook::pre_commit, GitHook::pre_push, GitHook::commit_msg, GitHook::pre_receive})
    if (name(hook) == name_given) return run_git_hook(hook, arguments, language);
  std::string message = "there is no hook '" + name_given + "'";
  const std::string_view near = rulebook::nearest_word(
      name_given, {"pre-commit", "pre-push", "commit-msg", "pre-receive", "claude-code"});
  if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
  return usage_error(message + "\nSee 'kimiguard hook --help'.");
}

}  // namespace

int run_hook(const std::vector<std::string>& words) {
  if (!words.empty() && words[0] == "run")
    return run(std::vector<std::string>(words.begin() + 1, words.end()));
  std::string action;
  std::string what;
  std::vector<std::string> hooks;
  std::string lang;
  HookChoice choice;
  AgentHookChoice agent;
  CLI::App app("Check every commit, message and push: installs small scripts into git's hooks folder.",
               "hook");
  app.get_formatter()->column_width(34);
  app.add_option("ACTION", action, "install, uninstall, status, or run (what git calls)")
      ->type_name("install|uninstall|status|run")
      ->required()
      ->check(CLI::IsMember({"install", "uninstall", "status", "run"}));
  app.add_option("WHAT", what, "claude-code: the hook of that agent instead of git's")
      ->check(CLI::IsMember({"claude-code"}));
  app.add_option("--hooks", hooks,
                 "Which (default pre-commit,pre-push,commit-msg); pre-receive on a server")
      ->type_name("NAME,…")
      ->delimiter(',');
  app.add_flag("--global", choice.global, "For all repositories of yours (git's core.hooksPath)");
  app.add_flag("--force", choice.force,
               "Chain the hook of husky, lefthook or pre-commit instead of explaining");
  app.add_flag("--project", agent.project,
               "claude-code: .claude/settings.json of this folder, not the one of yours");
  app.add_flag("--apply", agent.apply,
               "claude-code: write the settings file instead of printing what to add");
  app.add_option("--lang", lang, "Language of what people read: en or zh (default: the locale's)")
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}));
  app.footer(
      "A hook that is there already is kept and runs first; uninstall puts it back.\n"
      "Exit status: 0 in place (status: pre-commit is checked), 1 something was left alone and is "
      "explained, 2 wrong usage.\n"
      "Examples:\n"
      "  kimiguard hook install                      once in each repository\n"
      "  kimiguard hook install --global             for all of them\n"
      "  kimiguard hook install claude-code --apply  stop keys in prompts and tool inputs");
  if (const auto over = parse(app, words)) return *over;
  if (action == "run")
    return usage_error("options stand after the hook's name: 'kimiguard hook run pre-commit'");
  choice.language = agent.language = language_of(lang);
  if (what == "claude-code") {
    if (action == "install") return install_claude_code_hook(agent);
    if (action == "uninstall") return uninstall_claude_code_hook(agent);
    return usage_error(
        "'kimiguard hook status' is for git's hooks; 'kimiguard hook install claude-code' prints that "
        "agent's");
  }
  if (agent.project || agent.apply)
    return usage_error("--project and --apply are for 'kimiguard hook install claude-code'");
  for (const std::string& hook : hooks)
    if (!is_checked_hook(hook))
      return usage_error("kimiguard has no hook '" + hook +
                         "'; use pre-commit, pre-push, commit-msg or pre-receive");
  if (!hooks.empty()) choice.hooks = hooks;
  if (action == "install") return install_hooks(choice);
  if (action == "uninstall") return uninstall_hooks(choice);
  return hooks_status(choice);
}

}  // namespace kimiguard::cli

// Hooks of coding agents: a prompt or a tool's input that holds a Kimi key is stopped before it is sent.
//
// Claude Code runs a command for each event, with a JSON object on its standard input
// (docs.claude.com, Claude Code, "Hooks reference"). Exit status 2 blocks, and standard error is the
// reason; 0 lets it through; any other shows standard error and lets it through.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::cli {

// `hook run claude-code`. 0 or 2; 1 where the event could not be read: an agent must not stand still
// because of us, so it goes on, and the note is shown.
int run_claude_code_hook(const std::string& language);

struct AgentHookChoice {
  bool project = false;  // .claude/settings.json of the current folder instead of the user's
  bool apply = false;    // write the file; else only print what to add
  std::string language = "en";
};

// `hook install claude-code`, `hook uninstall claude-code`. 0 done or printed, 2 could not be done.
int install_claude_code_hook(const AgentHookChoice& choice);
int uninstall_claude_code_hook(const AgentHookChoice& choice);

// The texts of an event that go to the model or to a tool: "name = value" lines, so that a name can be
// evidence for the key beside it. Empty for an event that has none. `ok` is false if it is no such
// event.
struct AgentEvent {
  bool ok = false;
  std::string name;  // hook_event_name
  std::string tool;
  std::string text;
};
AgentEvent read_agent_event(std::string_view json);

}  // namespace kimiguard::cli

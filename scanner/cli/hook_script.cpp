#include "scanner/cli/hook_script.h"

#include <algorithm>

namespace kimiguard::cli {
namespace {

constexpr std::string_view kMark = "# kimiguard hook script 1: ";

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string unquoted(std::string_view text) {
  std::string out;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'')
      inside = !inside;
    else if (!inside && text[i] == '\\' && i + 1 < text.size())
      out += text[++i];
    else
      out += text[i];
  }
  return out;
}

bool reads_input(std::string_view hook) {
  static constexpr std::string_view kReading[] = {"pre-push", "pre-receive", "post-receive",
                                                  "post-rewrite", "reference-transaction"};
  return std::find(std::begin(kReading), std::end(kReading), hook) != std::end(kReading);
}

}  // namespace

std::string kept_name(std::string_view hook) { return std::string(hook) + ".before-kimiguard"; }

bool is_checked_hook(std::string_view name) {
  return name == "pre-commit" || name == "pre-push" || name == "commit-msg" || name == "pre-receive";
}

const std::vector<std::string_view>& all_hooks() {
  static const std::vector<std::string_view> kAll = {
      "applypatch-msg",        "commit-msg",         "post-applypatch",
      "post-checkout",         "post-commit",        "post-merge",
      "post-receive",          "post-rewrite",       "post-update",
      "pre-applypatch",        "pre-auto-gc",        "pre-commit",
      "pre-merge-commit",      "pre-push",           "pre-rebase",
      "pre-receive",           "prepare-commit-msg", "push-to-checkout",
      "reference-transaction", "sendemail-validate", "update",
      "post-index-change",     "proc-receive"};
  return kAll;
}

std::string script_text(const HookScript& script) {
  const std::string& hook = script.hook;
  const bool input = reads_input(hook);
  const std::string give = input ? "printf '%s' \"$input\" | " : "";
  std::string out = "#!/bin/sh\n" + std::string(kMark) + hook +
                    (script.everywhere ? " everywhere" : "") + (script.checks ? "" : " passes-on") +
                    "\n";
  out += "# Written by `kimiguard hook install`; `kimiguard hook uninstall` takes it away again.\n";
  if (script.checks) out += "kimiguard=" + quoted(script.program) + "\n";
  // What git writes to the hook is for each of those that run here. The x keeps the last line's end.
  if (input) out += "input=$(cat; printf x)\ninput=${input%x}\n";
  out += "before=$(dirname \"$0\")/" + kept_name(hook) + "\n";
  out += "if [ -x \"$before\" ]; then\n  " + give + "\"$before\" \"$@\" || exit $?\nfi\n";
  if (script.everywhere) {
    // A folder for all repositories stands before each one's own.
    out += "own=$(git rev-parse --git-common-dir 2>/dev/null)/hooks/" + hook + "\n";
    out += "if [ -x \"$own\" ] && [ ! \"$own\" -ef \"$0\" ]; then\n  " + give +
           "\"$own\" \"$@\" || exit $?\nfi\n";
  }
  if (!script.checks) return out + "exit 0\n";
  out += "[ -x \"$kimiguard\" ] || kimiguard=$(command -v kimiguard)\n";
  out += "if [ -z \"$kimiguard\" ]; then\n";
  out +=
      "  echo \"kimiguard is not installed any more, so nothing was checked and git was stopped.\" "
      ">&2\n";
  out += "  echo \"Install it again, or take this hook away: rm '$0'\" >&2\n";
  out += "  exit 3\nfi\n";
  out += input ? give + "\"$kimiguard\" hook run " + hook + " \"$@\"\n"
               : "exec \"$kimiguard\" hook run " + hook + " \"$@\"\n";
  return out;
}

ReadScript read_script(std::string_view text) {
  ReadScript read;
  const std::size_t first = text.find('\n');
  if (first == std::string_view::npos) return read;
  std::string_view rest = text.substr(first + 1);
  if (!rest.starts_with(kMark)) return read;
  read.ours = true;
  std::string_view words = rest.substr(kMark.size(), rest.find('\n') - kMark.size());
  read.script.hook = std::string(words.substr(0, words.find(' ')));
  read.script.everywhere = words.find(" everywhere") != std::string_view::npos;
  read.script.checks = words.find(" passes-on") == std::string_view::npos;
  static constexpr std::string_view kProgram = "\nkimiguard=";
  if (const std::size_t at = text.find(kProgram); at != std::string_view::npos) {
    const std::string_view value = text.substr(at + kProgram.size());
    read.script.program = unquoted(value.substr(0, value.find('\n')));
  }
  read.changed = script_text(read.script) != text;
  return read;
}

}  // namespace kimiguard::cli

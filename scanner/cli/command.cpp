#include "scanner/cli/command.h"

#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <typeinfo>

#include "scanner/cli/common_options.h"
#include "scanner/cli/exit_status.h"
#include "scanner/rulebook/nearest_word.h"

namespace kimiguard::cli {
namespace {

constexpr Command kCommands[] = {
    {"scan", "find leaked keys in files, git histories and pipes", run_scan},
    {"audit", "what every agent here talks to, with which key, and what is wrong", run_audit},
    {"explain", "explain an API error you paste, or a rule", run_explain},
    {"hook", "check every commit, message and push; agents' prompts too", run_hook},
    {"rules", "list, show and check the rules in force", run_rules},
    {"ignore", "accept a finding that was looked at, with the reason", run_ignore},
    {"baseline", "bring an earlier report up to date as the list of what is known", run_baseline},
    {"merge", "join JSON reports of many runs: one record a key", run_merge},
};

void print_version() { std::puts("kimiguard " KIMIGUARD_VERSION); }

void print_overview(std::FILE* to) {
  std::fputs(
      "kimiguard " KIMIGUARD_VERSION " finds leaked Moonshot/Kimi keys and settings that do not fit together.\n"
      "Not affiliated with Moonshot AI.\n\nUsage: kimiguard COMMAND [OPTIONS]\n\n",
      to);
  for (const Command& command : kCommands)
    std::fprintf(to, "  %-12s %s\n", std::string(command.name).c_str(), std::string(command.what).c_str());
  std::fputs("\nkimiguard COMMAND --help tells more.\n", to);
}

// Three lines that lead three people on.
void print_welcome() {
  const CommonOptions options;
  if (options.language() == "zh")
    std::puts(
        "检查这个仓库及其历史：  kimiguard scan\n"
        "检查每一次提交：        kimiguard hook install\n"
        "遇到 401 或 429：       kimiguard explain（粘贴错误信息），再运行 kimiguard audit");
  else
    std::puts(
        "Check this repository and its history:  kimiguard scan\n"
        "Check every commit from now on:         kimiguard hook install\n"
        "A strange 401 or 429:                   kimiguard explain (paste it), then kimiguard audit");
}

int dispatch(const std::vector<std::string>& words) {
  // The command is the first word that is no option and no option's value; options may stand before it.
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--version" || word == "-V") {
      print_version();
      return kClean;
    }
    if (word.starts_with("-") && word != "-") {
      if (takes_value(word)) ++i;
      continue;
    }
    for (const Command& command : kCommands) {
      if (command.name != word) continue;
      std::vector<std::string> rest(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(i));
      rest.insert(rest.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      for (const std::string& other : rest)
        if (other == "--version") {
          print_version();
          return kClean;
        }
      return command.run(rest);
    }
    std::vector<std::string_view> names;
    for (const Command& command : kCommands) names.push_back(command.name);
    std::string message = "there is no command '" + word + "'";
    const std::string_view near = rulebook::nearest_word(word, names);
    if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
    return usage_error(message + "\nSee 'kimiguard --help'.");
  }
  for (const std::string& word : words)
    if (word == "--help" || word == "-h") {
      print_overview(stdout);
      return kClean;
    }
  if (!words.empty()) return usage_error("which command? '" + words.front() + "' alone does nothing\nSee 'kimiguard --help'.");
  print_welcome();
  return kClean;
}

}  // namespace

// glibc maps what is larger than 128 KiB anew each time, and each page of it is then cleared at its first touch: a tenth of the
// time of a scan of RooCodeInc/Roo-Code's tree.
static void keep_freed_memory() {
#ifdef M_MMAP_THRESHOLD
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ::mallopt(M_TOP_PAD, 1 << 20);
#endif
}

std::span<const Command> commands() { return kCommands; }

int usage_error(std::string_view message) {
  std::fflush(stdout);
  std::fprintf(stderr, "kimiguard: %.*s\n", static_cast<int>(message.size()), message.data());
  return kUsage;
}

int run_program(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  keep_freed_memory();
  try {
    return dispatch(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::bad_alloc&) {
    return usage_error("out of memory; try fewer threads (-j1)");
  } catch (const std::exception& error) {
    // Every library's exception is caught at its border; this is a bug, and must not show a secret.
    std::fprintf(stderr, "kimiguard: internal error (%s); please report it with the command you ran\n", typeid(error).name());
    return kUsage;
  }
}

}  // namespace kimiguard::cli

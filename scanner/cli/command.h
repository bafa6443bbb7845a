// What main dispatches to.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::cli {

// `words` are the arguments without the program's and the command's name. Gives the exit status.
using Run = int (*)(const std::vector<std::string>& words);

struct Command {
  std::string_view name;
  std::string_view what;  // half a sentence for the overview
  Run run = nullptr;
};

// In the order of the overview.
std::span<const Command> commands();

// The whole program. Never throws.
int run_program(int argc, char** argv);

// "kimiguard: " and `message` on standard error; gives exit status 2.
int usage_error(std::string_view message);

int run_scan(const std::vector<std::string>& words);
int run_audit(const std::vector<std::string>& words);
int run_explain(const std::vector<std::string>& words);
int run_rules(const std::vector<std::string>& words);
int run_hook(const std::vector<std::string>& words);
int run_ignore(const std::vector<std::string>& words);
int run_baseline(const std::vector<std::string>& words);
int run_merge(const std::vector<std::string>& words);

}  // namespace kimiguard::cli

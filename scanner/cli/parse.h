// Arguments against an option table, with errors that say what to do next.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kimiguard::cli {

// Parses `words` in place. Gives an exit status when the command is over already: 0 after printing help,
// 2 after a usage error (told on standard error, with the nearest option that exists).
std::optional<int> parse(CLI::App& app, const std::vector<std::string>& words);

}  // namespace kimiguard::cli

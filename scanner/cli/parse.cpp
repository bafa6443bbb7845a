#include "scanner/cli/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "scanner/cli/command.h"
#include "scanner/rulebook/nearest_word.h"

namespace kimiguard::cli {
namespace {

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

}  // namespace

std::optional<int> parse(CLI::App& app, const std::vector<std::string>& words) {
  // "Usage: kimiguard scan …", which is what people type.
  if (!app.get_name().starts_with("kimiguard ")) app.name("kimiguard " + app.get_name());
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::ExtrasError&) {
    for (const std::string& word : words) {
      const std::string name = word.substr(0, word.find('='));
      const std::vector<std::string> known = option_names(app);
      if (!name.starts_with("-") || name == "-" || std::find(known.begin(), known.end(), name) != known.end()) continue;
      if (name.size() == 2 && app.get_option_no_throw(name) != nullptr) continue;
      std::string message = "there is no option '" + name + "'";
      std::vector<std::string_view> views(known.begin(), known.end());
      const std::string_view near = rulebook::nearest_word(name, views);
      if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
      return usage_error(message + "\nSee '" + app.get_name() + " --help'.");
    }
    return usage_error("too many arguments\nSee '" + app.get_name() + " --help'.");
  } catch (const CLI::ParseError& error) {
    return usage_error(std::string(error.what()) + "\nSee '" + app.get_name() + " --help'.");
  }
}

}  // namespace kimiguard::cli

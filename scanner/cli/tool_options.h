// Options of the commands that print a page or one JSON object.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kimiguard::cli {

struct ToolOptions {
  std::string format = "text";  // text or json
  std::string color = "auto";
  std::string lang;                // "" = from the locale
  std::vector<std::string> rules;  // --rules PATH

  bool json() const { return format == "json"; }
  // "en" or "zh": what people read.
  std::string language() const;
  // Machines get English unless --lang says otherwise.
  std::string machine_language() const { return lang.empty() ? "en" : lang; }
};

// `rules`: whether the command takes --rules.
void add_tool_options(CLI::App& app, ToolOptions& options, bool rules);

}  // namespace kimiguard::cli

#include "scanner/cli/tool_options.h"

#include <CLI/CLI.hpp>

#include "scanner/cli/common_options.h"

namespace kimiguard::cli {

std::string ToolOptions::language() const {
  CommonOptions common;
  common.lang = lang;
  return common.language();
}

void add_tool_options(CLI::App& app, ToolOptions& o, bool rules) {
  app.add_option("-f,--format", o.format, "text, or json for programs")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--color", o.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--lang", o.lang, "Language of what people read: en or zh (default: the locale's)")
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}));
  if (rules)
    app.add_option("--rules", o.rules,
                   "Add or replace rules by those in a file or folder; may be repeated")
        ->type_name("PATH")
        ->take_all()->allow_extra_args(false);
}

}  // namespace kimiguard::cli

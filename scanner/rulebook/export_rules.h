// Our secret rules in the files of other programs, for those who will not change their tool.
//
// What such a program cannot ask is said in the file: evidence around a key becomes "the word stands near",
// tokens are not read, placeholders are a list of words. Built from the rules in force; rules of other
// programs among them are left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scanner/rulebook/rulebook.h"

namespace kimiguard {

enum class ExportFormat {
  gitleaks,               // TOML, version 8
  betterleaks,            // TOML, with filters
  kingfisher,             // YAML
  github_custom_pattern   // JSON: the fields of GitHub's form for a custom pattern
};

std::optional<ExportFormat> export_format_named(std::string_view name);
std::string_view export_format_names();  // "gitleaks, betterleaks, …"

std::string export_rules(const Rulebook& book, ExportFormat format);

}  // namespace kimiguard

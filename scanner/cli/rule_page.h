// A rule's page at the terminal, and rules as JSON: `explain RULE-ID`, `rules show`, `rules list`.
#pragma once

#include <string>
#include <string_view>

#include "scanner/cli/screen.h"
#include "scanner/report/facts.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// What it is, what is found and on which evidence, how bad it is where, what to do, how to accept it.
std::string rule_text(const Rule& rule, const Rulebook& book, std::string_view language,
                      const Screen& screen);

// The same as facts. `whole`: with steps, severities and texts; else what a list shows.
report::Json rule_facts(const Rule& rule, const Rulebook& book, std::string_view language, bool whole);

// "leak" or "configuration".
std::string_view kind_name(const Rule& rule);

}  // namespace kimiguard::cli

// A rule's page: what it is, why it matters, what to do. For SARIF's help, HTML and `explain RULE-ID`.
#pragma once

#include <string>
#include <string_view>

#include "scanner/rulebook/rulebook.h"

namespace kimiguard::report {

struct Help {
  std::string title;        // a few words, ends with a full stop
  std::string description;  // a few sentences
  std::string text;         // the page, plain
  std::string markdown;     // the page, with headings and numbered steps
  std::string uri;          // where to read on
};

// Never empty, also for a rule the rulebook does not know.
Help help_of(std::string_view rule_id, const Rulebook& rulebook, std::string_view language);

}  // namespace kimiguard::report

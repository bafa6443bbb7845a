// The sentence of a finding, from its rule's template and its arguments.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"
#include "scanner/rulebook/rule.h"

namespace kimiguard::report {

// "{name}" in `text`, name of [a-z0-9_]+, replaced by what `value` gives for it; other braces stay.
std::string fill(std::string_view text, const std::function<std::string(std::string_view)>& value);

// A finding's argument in the reader's language, where it has one of its own ("why@zh"); null if there is none.
const std::string* argument_in(const Finding& finding, std::string_view name, std::string_view language);

// A message as SARIF has it: a string with {0}, {1} … in single quotes and other braces doubled, and
// the arguments in order.
struct Message {
  std::string id;       // SARIF messageStrings, its key
  std::string text;     // filled, for people
  std::string pattern;  // SARIF messageStrings
  std::vector<std::string> arguments;
};

// Whether "[history only] " stands in front (design §4).
enum class When { now, history_only };
When when_of(const Finding& finding);

// A rule's title stands in for a missing template, its id for a missing rule (null). Ends with a full
// stop. Of a rule with variants the one that the finding names.
Message message_of(const Finding& finding, const Rule* rule, std::string_view language, When when);

// All patterns of a rule by the ids that messages name: "default", "history",
// "variant.<id>", "variant.<id>.history".
std::vector<std::pair<std::string, std::string>> message_patterns(const Rule* rule,
                                                                  std::string_view rule_id,
                                                                  std::string_view language);

}  // namespace kimiguard::report

// Runs every rule's own examples (`kimiguard rules check`, and tests).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard {

// One example that did not do what its rule says.
struct CheckFailure {
  std::string rule;
  std::string example;  // the template, never the filled text
  std::string words;    // "yields nothing; expected kimi-code-key"
  std::string file;     // of the rule
  std::uint32_t line = 0;
};

struct CheckOutcome {
  std::uint64_t rules = 0;     // rules that had something to run
  std::uint64_t examples = 0;  // examples and counter-examples run
  std::vector<CheckFailure> failures;
};

// Ids of the rules that scanning `text` gives, as a file of no known tool. The caller brings the
// whole detection, so that examples are judged as a scan would.
using Yields = std::function<Result<std::vector<std::string>>(std::string_view text)>;

// Fills each template with text from `seed` and asks `yields`: an example must yield its rule's id, a
// counter-example must not. Leaves out rules of kind configuration that have no examples. `only`
// names one rule, "" all.
CheckOutcome check_examples(const Rulebook& book, const Yields& yields, std::uint64_t seed,
                            std::string_view only = {});

// What is missing that nothing checks while reading, for built-in files: texts in both languages, a
// source, a remedy for each leak rule. A line each; empty when all is there.
std::vector<std::string> check_texts(const Rulebook& book);

}  // namespace kimiguard

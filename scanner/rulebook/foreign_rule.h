// What a rule of gitleaks or betterleaks asks beyond an expression, in one form for both.
//
// A match of such a rule is dropped where one of its excuses holds: an excuse is a list of terms that must
// all hold. So an allowlist with condition AND is one excuse, one with OR an excuse a criterion, an entropy
// bound an excuse of one term; betterleaks' filters are brought into the same form where they can be
// (expr_filter.h). Meaning of the fields: gitleaks README, "Configuration", and its detect/detect.go.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kimiguard {

struct ExcuseTerm {
  enum class Kind { path, commit, expression, words, entropy, length };
  // What `expression`, `words`, `entropy` and `length` look at.
  enum class Target { secret, match, line };
  Kind kind = Kind::expression;
  Target target = Target::secret;
  bool negated = false;
  // RE2 (path, expression), any of them; lower-case words; lower-case commits.
  std::vector<std::string> texts;
  // entropy, length: holds for values from `least` to `most`, both included.
  double least = 0;
  double most = 0;
};

using Excuse = std::vector<ExcuseTerm>;

// Another rule that must match near by.
struct RequiredRule {
  std::string id;
  std::optional<std::int64_t> within_lines;
  std::optional<std::int64_t> within_columns;
};

struct ForeignRule {
  std::string origin;             // "gitleaks" or "betterleaks", by what the file holds
  std::string path;               // RE2 that the file's path must match; empty: any
  int group = 0;                  // secretGroup; 0: the first group that is not empty, else the whole match
  double entropy = 0;             // as written, for pages and export; the bound itself is in `excuses`
  std::vector<std::string> keywords;  // lower case; one must stand in the document
  bool generic = false;           // gives way to another rule's match on the same line
  bool silent = false;            // skipReport: only for rules that require it
  std::vector<RequiredRule> required;
  std::vector<Excuse> excuses;    // the rule's own
  std::shared_ptr<const std::vector<Excuse>> shared;  // of its whole file; may be null
};

}  // namespace kimiguard

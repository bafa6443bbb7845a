// Runs rules of gitleaks and betterleaks over a text, deciding as those programs decide.
//
// The matcher says where a rule may match; RE2, which is the engine of Go's regexp in C++, finds the matches
// there, leftmost first and without overlap as FindAll does. Then, as in gitleaks' detect.go: the secret is
// the group asked for, or the first that is not empty, of the expression run once more over the match alone
// without line ends around it; the excuses (entropy, allowlists, stopwords, filters) are tried; rules that
// need another rule near by are asked for it; a generic rule gives way.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"
#include "scanner/detect/foreign_patterns.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::detect {

struct ForeignMatch {
  std::uint32_t rule = 0;
  Span match;
  Span secret;
  // Excuses that hold if the path or the commit, not known yet, does.
  std::vector<std::uint32_t> pending;
};

// Where a rule is to be looked for.
struct ForeignStretch {
  std::uint32_t rule = 0;
  Span span;
};

// Immutable; threads share it. Expressions are compiled when first needed.
class ForeignRules {
 public:
  ForeignRules(std::shared_ptr<const Rulebook> book, std::vector<ForeignPlan> plans);
  ~ForeignRules();

  bool empty() const { return plans_.empty(); }
  // Null if the rule is no foreign one.
  const ForeignPlan* plan(std::uint32_t rule) const {
    return rule < by_rule_.size() && by_rule_[rule] >= 0 ? &plans_[static_cast<std::size_t>(by_rule_[rule])] : nullptr;
  }
  const std::vector<std::uint32_t>& always() const { return always_; }

  // All matches in `text` that stand, in order of rule and position. `stretches`: in any order. `path` is
  // empty where it is not known yet.
  std::vector<ForeignMatch> find(std::string_view text, std::vector<ForeignStretch> stretches, std::string_view path) const;

  // Whether anything of one stretch could stand, whatever the path and the lines around say.
  bool may_stand(std::string_view text, const ForeignStretch& stretch) const;

  // Once path and commit (full hex, may be empty) are known: whether the match stands at that path.
  bool stands_at(std::uint32_t rule, const std::vector<std::uint32_t>& pending, std::string_view path, std::string_view commit) const;

 private:
  struct Compiled;
  struct SharedExcuses;
  const Compiled& compiled(std::uint32_t rule) const;
  enum class View { whole, part };  // whether lines are whole
  void matches_in(std::uint32_t rule, std::string_view text, const std::vector<Span>& spans, std::string_view path, View view,
                  std::vector<ForeignMatch>& to) const;

  std::shared_ptr<const Rulebook> book_;
  std::vector<ForeignPlan> plans_;
  std::vector<std::int32_t> by_rule_;
  std::vector<std::uint32_t> always_;
  std::unique_ptr<Compiled[]> compiled_;
  std::unique_ptr<SharedExcuses> shared_;
};

}  // namespace kimiguard::detect

// The pattern database of the user's rules, in our form and in that of gitleaks and betterleaks.
//
// Every rule is in it by one of these, best first: its whole expression; its beginning, where the whole has
// no bound or is refused; its keywords; or it is run over everything. None is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/rulebook/rule.h"

namespace kimiguard::detect {

// How the matcher hits a foreign rule.
struct ForeignPlan {
  std::uint32_t rule = 0;        // index into Rulebook::rules
  bool whole = false;            // its expression is in the database
  std::uint32_t reach = 0;       // bytes a match may be long, 0: no bound
  bool lead = false;             // its beginning is
  std::uint32_t lead_reach = 0;  // bytes the beginning may be long
  bool weak_lead = false;        // it is hardly more than a word ("curl")
  bool words = false;            // its keywords are
  bool always = false;           // none of these
};

struct UserDatabase {
  std::string serialized;  // empty: no rule has a pattern
  std::vector<ForeignPlan> plans;
};

// What a hit's id says, beside patterns.h: these forms follow those of our own rules.
inline constexpr unsigned kFormsOfRule = 256;
inline constexpr unsigned kWholeForm = 252;
inline constexpr unsigned kLeadForm = 253;
inline constexpr unsigned kWordForm = 254;

// Of every rule that is not built in. Costs a compile, some milliseconds a rule.
Result<UserDatabase> compile_user_rules(const std::vector<Rule>& rules);

// For a cache file. Reading gives nothing for bytes that write() did not make.
std::string written(const UserDatabase& database);
std::optional<UserDatabase> read_user_database(std::string_view bytes);

}  // namespace kimiguard::detect

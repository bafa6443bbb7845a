// The matrix of tools x rules x layouts: homes made from the profiles (tool_states.h), what must be said of them, and
// the score of what the audit says.
//
// A run of the tests takes a sample of the homes, the same one each time. KIMIGUARD_AUDIT_MATRIX=FILE has every home
// audited and the tables of docs/audit-recall.md written to FILE (ci/audit-recall.sh); KIMIGUARD_AUDIT_SEED=N takes
// other samples and other keys.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/agents/home.h"
#include "tests/agents/tool_states.h"

namespace kimiguard::test {

inline constexpr agents::System kSystems[] = {agents::System::linux, agents::System::macos, agents::System::windows};

// What should be said of one tool's state, and where.
struct Expected {
  std::string rule;  // "" = nothing: the state is right
  std::string tool;
  Spot at;
  std::string title;
  Planted planted;
  bool any_line = false;  // only the file is compared
};

// One home of a layout.
struct Scene {
  explicit Scene(agents::System system_of_home);

  agents::System system;
  Home home;
  agents::HomeLayout layout;
  StateWriter writer;
  HomeFiles files;
  std::vector<Expected> expected;
  std::set<std::string> own;  // files that the findings of this home's rule may stand in
  std::function<void(agents::AuditInput&)> adjust;  // once the files are written
};

// Audits the scene, checks and counts. `rule` is what all its states are wrong by, "" where they are right: then each
// key must be read with the address that it goes to.
void judge(Scene& scene, const std::string& rule);

// Whether every state is wanted, not a sample.
bool is_full();
std::uint32_t seed();
// A sample of `all`, at most `count`, chosen by the seed and `salt`; in their order. All of them if is_full().
std::vector<std::size_t> sampled(std::size_t all, std::size_t count, const std::string& salt);

// A state of one way: plants it and says what is expected; nothing where it does not apply.
using State = std::function<std::optional<Expected>(Scene&, const Way&, Keys&)>;
// Each way of each tool in its turn, one of each tool in a home.
void each_way(const std::string& rule, const State& state, std::size_t places = 1);

// The tables, in Markdown.
std::string matrix_tables();

}  // namespace kimiguard::test

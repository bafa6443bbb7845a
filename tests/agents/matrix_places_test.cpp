// Every place of every profile, tools that hold no connection among them: Amp, Jupyter, LM Studio, shells, notebooks.
#include <filesystem>
#include <map>
#include <set>

#include "tests/agents/matrix.h"

namespace kimiguard {
using namespace test;

TEST_CASE("matrix: every file that a profile names is seen as its kind of place, for every tool of the list, on three layouts") {
  std::map<std::string, std::size_t> seen;  // by tool
  for (const agents::System system : kSystems) {
    for (const agents::Profile& profile : profiles().tools) {
      Home home;
      const agents::HomeLayout layout(system, home.path(), {}, false);
      std::map<std::string, std::set<PlaceKind>> wanted;  // by path
      for (const agents::FileSpec& file : profile.files) {
        if (file.in_project()) continue;
        for (const std::string& path : places_of(profile, file, layout, home.outside("project"))) {
          std::error_code error;
          std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
          if (error || std::filesystem::is_directory(path, error)) continue;  // it lies where another file does
          home.write_at(path, "x\n");
          const bool login = profile.generic && file.provides == "environment";
          const bool own = login || !file.mode.empty();
          wanted[path].insert(login ? PlaceKind::login_file : agents::place_of(file.role, profile.generic && !own));
        }
      }
      agents::AuditInput input = home.input();
      input.system = system;
      input.only_tools = {profile.id};
      const auto result = agents::audit(input);
      std::map<std::string, PlaceKind> places;
      for (const agents::SeenFile& file : result.files)
        if (file.tool == profile.id) places.emplace(file.path, file.place);
      for (const auto& [path, kinds] : wanted) {
        INFO(profile.id << " " << agents::name(system) << " " << path);
        const auto found = places.find(path);
        CHECK(found != places.end());
        if (found == places.end()) continue;
        CHECK(kinds.count(found->second) == 1);
        ++seen[profile.id];
      }
    }
  }
  // Those of a project alone have no place in a home.
  for (const agents::Profile& profile : profiles().tools) {
    const bool at_home = std::any_of(profile.files.begin(), profile.files.end(), [](const agents::FileSpec& file) {
      return !file.in_project() && std::any_of(file.paths.begin(), file.paths.end(), [](const std::string& path) { return path[0] == '~' || path[0] == '{'; });
    });
    INFO(profile.id);
    CHECK((seen.count(profile.id) == 1 || !at_home));
  }
  for (const char* tool : {"amp", "jupyter", "lm-studio", "windsurf", "shell-history", "notebooks", "leftovers"}) {
    INFO(tool);
    CHECK(seen[tool] > 0);
  }
}

}  // namespace kimiguard

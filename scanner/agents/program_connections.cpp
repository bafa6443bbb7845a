#include "scanner/agents/program_connections.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "scanner/config/reference.h"
#include "scanner/core/lowered.h"
#include "scanner/kimi/base_url.h"

namespace kimiguard::agents {
namespace {

constexpr std::size_t kMostPrograms = 2000;

// A remote server: its address and what it is sent to be let in.
std::optional<Connection> remote(const Unit& unit, const config::Slot& program, const SettingNames& names) {
  const std::size_t depth = program.path.size();
  const Setting* url = nullptr;
  const Setting* credential = nullptr;
  for (const Setting* setting : program.settings) {
    if (config::classify(*setting).kind != config::Classified::Kind::literal) continue;
    if (setting->path.size() == depth + 1 && lowered(setting->path.back()).ends_with("url")) url = setting;
    if (setting->path.size() == depth + 2 && lowered(setting->path[depth]).ends_with("headers") &&
        is_credential_header(setting->path.back(), names))
      credential = setting;
  }
  if (url == nullptr || credential == nullptr || !kimi::parse_base_url(url->value)) return std::nullopt;
  const std::string_view key = without_scheme(credential->value, names);
  Connection connection;
  connection.base_url = part_at(unit, *url);
  connection.key = part_at(unit, *credential);
  connection.key->secret = Secret(std::string(key));
  connection.key->value = connection.key->secret.masked();
  connection.scope = "user";
  return connection;
}

}  // namespace

std::vector<Connection> program_connections(const Unit& unit, const std::vector<const FamilySpec*>& families,
                                            const SettingNames& names) {
  std::vector<Connection> made;
  for (const config::Selector& each : unit.spec->programs) {
    for (const config::Slot& program : config::slots(unit.settings, each)) {
      if (made.size() > kMostPrograms) return made;
      const auto add = [&](Connection connection) {
        connection.tool = unit.profile->id;
        connection.title = unit.profile->title;
        connection.slot = program.key;
        made.push_back(std::move(connection));
      };
      // Only what belongs to this program: another one's address is not its own.
      Unit own;
      own.profile = unit.profile;
      own.spec = unit.spec;
      own.path = unit.path;
      for (const Setting* setting : program.settings)
        if (setting->path.size() == program.path.size() + 2 && lowered(setting->path[program.path.size()]).starts_with("env"))
          own.settings.push_back(*setting);
      for (Connection& connection : loose_connections(own, families, names)) {
        connection.scope = unit.project.empty() ? "user" : "project";
        add(std::move(connection));
      }
      if (auto connection = remote(unit, program, names)) add(std::move(*connection));
    }
  }
  return made;
}

}  // namespace kimiguard::agents

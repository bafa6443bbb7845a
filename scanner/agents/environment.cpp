#include "scanner/agents/environment.h"

#include <utility>

#include "scanner/config/reference.h"

namespace kimiguard::agents {
namespace {

using Kind = config::Classified::Kind;

// Formats in which every assignment reaches the programs that are started.
bool is_list(const Unit& unit) {
  if (!unit.format) return false;
  switch (*unit.format) {
    case config::Format::dotenv:
    case config::Format::systemd:
    case config::Format::json:
    case config::Format::jsonc:
    case config::Format::json5:
    case config::Format::yaml:
    case config::Format::toml:
    case config::Format::plist:
    case config::Format::xml:
    case config::Format::properties:
      return true;
    default:
      return false;
  }
}

bool is_script(const Unit& unit) {
  return unit.format && (*unit.format == config::Format::shell || *unit.format == config::Format::fish ||
                         *unit.format == config::Format::powershell ||
                         *unit.format == config::Format::nushell || *unit.format == config::Format::cmd);
}

Variable at(const Unit& unit, const Setting& setting, std::string value) {
  Variable variable;
  variable.value = std::move(value);
  variable.file = unit.path;
  variable.position = setting.position;
  variable.end = setting.end;
  variable.bytes = setting.bytes;
  return variable;
}

}  // namespace

const Variable* Environment::find(const std::string& name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() || found->second.value.empty() ? nullptr : &found->second;
}

bool Environment::expand(const Setting& setting, std::string& out) const {
  const config::Classified kind = config::classify(setting);
  out.clear();
  std::size_t from = 0;
  for (const config::Reference& reference : kind.references) {
    if (reference.source != config::Reference::Source::environment) return false;
    out += setting.value.substr(from, reference.begin - from);
    if (const Variable* variable = find(reference.name))
      out += variable->value;
    else if (reference.has_fallback && config::classify(reference.fallback).references.empty())
      out += reference.fallback;
    else
      return false;
    from = reference.end;
  }
  out += setting.value.substr(from);
  return true;
}

void Environment::take(const Unit& unit) {
  const bool list = is_list(unit);
  std::map<std::string, Variable> plain;  // set, not exported yet
  for (const Setting& setting : unit.settings) {
    std::string name;
    if (unit.spec != nullptr && unit.spec->provides_at) {
      if (!unit.spec->provides_at->matches(setting.path)) continue;
      name = setting.path.back();
    } else if (list && !setting.path.empty() && !is_script(unit)) {
      if (unit.format == config::Format::systemd) {
        if (setting.path.size() < 2 || setting.path[setting.path.size() - 2] != "Environment") continue;
      } else if (setting.path.size() != 1) {
        continue;
      }
      name = setting.path.back();
    } else if (setting.path.size() == 1) {
      name = setting.path[0];
    } else {
      continue;
    }
    if (setting.tag == "unset") {
      unset(name);
      plain.erase(name);
      continue;
    }
    if (setting.type == Setting::Type::null) {
      // `export X` of something set before.
      const auto found = plain.find(name);
      if (found != plain.end()) set(name, found->second);
      continue;
    }
    std::string value;
    if (!expand(setting, value)) {
      // What a command gives cannot be known; what was there before is no more.
      unset(name);
      continue;
    }
    Variable variable = at(unit, setting, std::move(value));
    const bool known = variables_.count(name) != 0;
    if (list || setting.tag == "export" || setting.tag == "EnvironmentFile" || known)
      set(name, std::move(variable));
    else
      plain[name] = std::move(variable);
  }
}

void Environment::take(const Environment& stronger) {
  for (const auto& [name, variable] : stronger.variables_) variables_[name] = variable;
}

}  // namespace kimiguard::agents

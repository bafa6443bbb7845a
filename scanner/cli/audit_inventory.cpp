#include "scanner/cli/audit_inventory.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <tuple>
#include <utility>

#include "scanner/kimi/base_url.h"
#include "scanner/kimi/finding_at.h"
#include "scanner/kimi/key_kind.h"

namespace kimiguard::cli {
namespace {

std::string day_of(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  std::tm parts{};
  if (::localtime_r(&status.st_mtime, &parts) == nullptr) return {};
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

std::uint32_t mode_of(const std::string& path) {
  struct stat status {};
  return !path.empty() && ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

std::string_view name_of(Part::Source source) {
  switch (source) {
    case Part::Source::config: return "config";
    case Part::Source::environment: return "environment";
    case Part::Source::tool_default: return "tool_default";
    case Part::Source::reference: return "reference";
    case Part::Source::process: return "process";
    case Part::Source::unknown: break;
  }
  return "unknown";
}

SettingPlace setting_of(const std::optional<Part>& part, const AuditPlaces& places,
                        const std::set<std::string>& databases) {
  SettingPlace setting;
  if (!part) return setting;
  setting.source = name_of(part->source);
  setting.value = kimi::shown_value(*part);
  setting.key_path = part->key_path;
  if (!part->file.empty()) {
    setting.path = part->file.starts_with("proc/") ? part->file : places.shown(part->file);
    if (!part->file.starts_with("proc/") && databases.count(part->file) == 0) setting.line = part->position.line;
  }
  return setting;
}

}  // namespace

std::map<std::string, KeyUse> key_uses(const agents::AuditResult& audit, const Rulebook& book) {
  const kimi::KeyKinds kinds(book);
  std::map<std::string, KeyUse> uses;
  for (const Connection& connection : audit.connections) {
    if (!connection.key || connection.key->secret.empty() || !connection.base_url) continue;
    const kimi::KeyKind kind = kinds.of(connection.key->secret.reveal());
    if (kind.family != kimi::KeyKind::Family::sk48) continue;
    const auto url = kimi::parse_base_url(connection.base_url->value);
    if (!url) continue;
    const kimi::Owner owner = kimi::owner_of(book, *url);
    // A key of this shape is the Open Platform's, wherever at Kimi it is sent.
    if (owner.realm == nullptr || !owner.api) continue;
    const bool fits = owner.realm->product == "platform";
    KeyUse& use = uses[connection.key->secret.id()];
    if (use.host.empty()) {
      use = {fits ? owner.realm->id : "platform", "platform", url->host};
    } else if (fits && use.realm != owner.realm->id) {
      use.realm = "platform";
    }
  }
  return uses;
}

std::map<std::string, std::string> regional_hosts(const agents::AuditResult& audit, const Rulebook& book) {
  std::map<std::string, std::string> hosts;
  for (const Connection& connection : audit.connections) {
    if (!connection.key || connection.key->secret.empty() || !connection.base_url) continue;
    const auto url = kimi::parse_base_url(connection.base_url->value);
    const Realm* realm = url ? book.realm_of_api_host(url->host) : nullptr;
    if (realm == nullptr) continue;
    const auto [known, fresh] = hosts.emplace(connection.key->secret.id(), url->host);
    if (fresh || known->second.empty()) continue;
    if (book.realm_of_api_host(known->second)->region != realm->region) known->second.clear();
  }
  std::erase_if(hosts, [](const auto& entry) { return entry.second.empty(); });
  return hosts;
}

Inventory inventory_of(const agents::AuditResult& audit, const std::vector<Finding>& findings,
                       const AuditPlaces& places, const Rulebook& book, const agents::Profiles& profiles) {
  Inventory inventory;
  inventory.system = agents::name(audit.system);
  inventory.tools = audit.tools;
  std::set<std::string> databases;
  for (const agents::SeenFile& file : audit.files)
    if (file.database) databases.insert(file.path);

  std::map<std::string, KeyEntry> keys;
  std::map<std::pair<std::string, std::string>, std::size_t> placed;  // key and path
  const auto add_place = [&](KeyEntry& key, KeyPlace place, const std::string& on_disk) {
    if (!on_disk.empty()) {
      if (place.mode == 0 && audit.system != agents::System::windows) place.mode = mode_of(on_disk);
      place.changed = day_of(on_disk);
      if (!place.changed.empty() && (key.since.empty() || place.changed < key.since)) key.since = place.changed;
    }
    const auto [at, fresh] = placed.try_emplace({key.id, place.path}, key.places.size());
    if (fresh) {
      key.places.push_back(std::move(place));
      return;
    }
    KeyPlace& known = key.places[at->second];
    if (known.kind == PlaceKind::ordinary) known.kind = place.kind;
  };
  for (const Finding& finding : findings) {
    if (!finding.secret || !finding.key_path.empty()) continue;
    KeyEntry& key = keys[finding.secret->id()];
    if (key.id.empty()) {
      key.id = finding.secret->id();
      key.masked = finding.secret->masked();
      key.kind = finding.secret_kind;
      key.rule = finding.rule;
    }
    if (!finding.realm.empty() && (key.realm.empty() || book.realm(finding.realm) != nullptr)) key.realm = finding.realm;
    if (key.realm.empty())
      if (const Rule* rule = book.rule(finding.rule); rule != nullptr) key.realm = rule->realm;
    key.worst = std::max(key.worst, finding.severity);
    for (const Place& at : finding.places) {
      KeyPlace place;
      place.path = at.path;
      place.line = at.inside.empty() ? at.region.begin.line : 0;
      place.kind = at.exposure.place;
      place.mode = at.exposure.mode;
      const bool file = place.kind != PlaceKind::environment && place.kind != PlaceKind::process;
      add_place(key, std::move(place), file ? places.on_disk(at.uri_base, at.uri) : std::string());
    }
  }

  std::set<std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>> listed;
  for (std::size_t i = 0; i < audit.connections.size(); ++i) {
    const Connection& connection = audit.connections[i];
    const agents::ConnectionVerdict& verdict = audit.verdicts[i];
    const bool has_key = connection.key && !connection.key->secret.empty();
    const std::string key_id = has_key ? connection.key->secret.id() : std::string();
    const auto known = keys.find(key_id);
    if (!verdict.kimi && (!has_key || known == keys.end())) continue;
    ConnectionEntry entry;
    entry.tool = connection.tool;
    if (const agents::Profile* profile = profiles.tool(connection.tool); profile != nullptr) entry.title = profile->title;
    entry.slot = places.shown_in(connection.slot);
    entry.provider = connection.provider;
    entry.protocol = connection.protocol;
    entry.scope = connection.scope;
    entry.active = connection.active;
    entry.followed = verdict.followed;
    entry.key_id = key_id;
    entry.url = setting_of(connection.base_url, places, databases);
    entry.key = setting_of(connection.key, places, databases);
    entry.model = setting_of(connection.model, places, databases);
    if (connection.base_url) {
      if (const auto url = kimi::parse_base_url(connection.base_url->value)) {
        entry.host = url->host + (url->port.empty() ? "" : ":" + url->port);
        entry.host_path = url->path;
        entry.url.value = url->shown();
      }
    }
    for (const auto& fault : verdict.faults) entry.verdicts.push_back({fault.rule, fault.severity, fault.confidence});
    const auto lives = [](const std::optional<Part>& part) {
      return part && (part->source == Part::Source::environment || part->source == Part::Source::process);
    };
    if (entry.title.empty() && (lives(connection.key) || lives(connection.base_url)))
      entry.title = lives(connection.key) && connection.key->source == Part::Source::process ? "process" : "environment";
    if (entry.title.empty()) entry.title = places.shown_in(kimi::where_of(connection));
    if (!listed.insert({entry.title, entry.slot, entry.url.value + entry.url.path, entry.key_id + entry.key.path,
                        entry.model.value + entry.model.path, entry.active ? "1" : "0"})
             .second)
      continue;
    if (has_key) {
      KeyEntry& key = keys[key_id];
      if (key.id.empty()) {
        key.id = key_id;
        key.masked = connection.key->secret.masked();
      }
      const std::string& file = connection.key->file;
      if (!file.empty() && !file.starts_with("proc/"))
        add_place(key, {places.shown(file), entry.key.line, PlaceKind::ordinary, 0, ""}, file);
      key.users.push_back(entry.slot.empty() || entry.slot == entry.title ? entry.title : entry.title + " (" + entry.slot + ")");
    }
    inventory.connections.push_back(std::move(entry));
  }
  // A provider of whose models one is listed says nothing more.
  std::vector<ConnectionEntry>& rows = inventory.connections;
  const auto way = [](const ConnectionEntry& row) {
    return std::tuple(row.title, row.slot, row.url.value, row.url.path, row.key_id);
  };
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::string>, std::set<std::string>> with_model;
  for (const ConnectionEntry& row : rows)
    if (!row.model.value.empty())
      for (std::set<std::string>& rules = with_model[way(row)]; const auto& verdict : row.verdicts) rules.insert(verdict.rule);
  std::vector<bool> idle;
  for (const ConnectionEntry& row : rows) {
    const auto others = row.model.value.empty() ? with_model.find(way(row)) : with_model.end();
    idle.push_back(others != with_model.end() && std::all_of(row.verdicts.begin(), row.verdicts.end(), [&](const auto& verdict) {
                     return others->second.count(verdict.rule) != 0;
                   }));
  }
  std::size_t at = 0;
  std::erase_if(rows, [&](const ConnectionEntry&) { return idle[at++]; });
  for (auto& [id, key] : keys) {
    std::sort(key.users.begin(), key.users.end());
    key.users.erase(std::unique(key.users.begin(), key.users.end()), key.users.end());
    inventory.keys.push_back(std::move(key));
  }
  std::stable_sort(inventory.keys.begin(), inventory.keys.end(),
                   [](const KeyEntry& a, const KeyEntry& b) { return a.worst > b.worst; });
  std::stable_sort(inventory.connections.begin(), inventory.connections.end(),
                   [](const ConnectionEntry& a, const ConnectionEntry& b) {
                     const auto order = [](const ConnectionEntry& c) {
                       return std::tuple(-static_cast<int>(c.wrong() ? c.worst() : Severity::inventory), !c.active, c.followed);
                     };
                     return order(a) < order(b);
                   });
  return inventory;
}

}  // namespace kimiguard::cli

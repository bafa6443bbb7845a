#include "scanner/kimi/finding_at.h"

#include <algorithm>
#include <utility>

#include "scanner/kimi/base_url.h"

namespace kimiguard::kimi {
namespace {

void add_setting(Finding& finding, const std::optional<Part>& part, const Part& primary,
                 std::string_view role) {
  if (part && &*part != &primary && has_place(*part)) finding.settings.push_back(place_of(*part, role));
}

std::string_view role_in(const Connection& connection, const Part& part) {
  if (connection.base_url && &*connection.base_url == &part) return "base_url";
  if (connection.model && &*connection.model == &part) return "model";
  for (const Part& other : connection.overridden)
    if (&other == &part) return "overridden";
  return "key";
}

}  // namespace

bool has_place(const Part& part) {
  return part.source != Part::Source::tool_default && (!part.file.empty() || !part.key_path.empty());
}

Place place_of(const Part& part, std::string_view role) {
  Place place;
  place.path = part.file;
  place.region.bytes = part.bytes;
  place.region.begin = part.position;
  place.region.end = part.end;
  place.variable = part.key_path;
  place.role = role;
  if (part.source == Part::Source::environment && part.file.empty())
    place.exposure.place = PlaceKind::environment;
  if (part.source == Part::Source::process) place.exposure.place = PlaceKind::process;
  return place;
}

std::string where_of(const Connection& connection) {
  const std::string& name = connection.title.empty() ? connection.tool : connection.title;
  if (!name.empty()) return connection.slot.empty() ? name : name + " (" + connection.slot + ")";
  for (const std::optional<Part>* part : {&connection.base_url, &connection.key, &connection.model})
    if (*part && !(*part)->file.empty()) return (*part)->file;
  return connection.slot;
}

std::string shown_value(const Part& part) {
  if (!part.secret.empty()) return part.secret.masked();
  const auto url = parse_base_url(part.value);
  return url && (url->userinfo || url->query) ? url->shown() : part.value;
}

Finding finding_at(const Rulebook& book, std::string_view rule, const Connection& connection,
                   const Part& at, Confidence confidence, Proof proof) {
  Finding finding;
  finding.rule = rule;
  finding.confidence = confidence;
  finding.severity = severity_of(book, rule, Exposure{}, Provenance{}, false, proof).severity;
  finding.key_path = at.key_path;
  finding.places.push_back(place_of(at, role_in(connection, at)));
  finding.places.front().severity = finding.severity;
  add_setting(finding, connection.base_url, at, "base_url");
  add_setting(finding, connection.key, at, "key");
  for (const Part& other : connection.other_keys)
    if (&other != &at && has_place(other)) finding.settings.push_back(place_of(other, "other key"));
  add_setting(finding, connection.model, at, "model");

  auto& arguments = finding.arguments;
  arguments["where"] = where_of(connection);
  arguments["tool"] = connection.tool.empty() ? at.file : connection.title.empty() ? connection.tool : connection.title;
  arguments["provider"] = connection.provider;
  arguments["protocol"] = connection.protocol == "anthropic" ? "Anthropic" : "OpenAI";
  arguments["key_path"] = at.key_path;
  arguments["file"] = at.file;
  if (connection.key && !connection.key->secret.empty()) {
    arguments["key"] = connection.key->secret.masked();
    arguments["key_id"] = connection.key->secret.id();
  }
  if (connection.base_url) {
    const auto url = parse_base_url(connection.base_url->value);
    arguments["url"] = url ? url->shown() : shown_value(*connection.base_url);
    arguments["host"] = url ? url->host : arguments["url"];
  }
  if (connection.model) arguments["model"] = connection.model->value;
  return finding;
}

void add_change(Finding& finding, const Part& part, const std::string& to) {
  if (part.file.empty() && part.key_path.empty()) return;
  Change change{part.file, part.key_path, part.before + shown_value(part), to.empty() ? to : part.before + to};
  if (!change.from.empty() && !part.file.empty()) change.line = part.position.line;
  finding.changes.push_back(std::move(change));
}

void add_other_way(Finding& finding, const Part& part, const std::string& to) {
  const std::size_t before = finding.changes.size();
  add_change(finding, part, to);
  if (before > 0 && finding.changes.size() > before) finding.changes.back().instead = true;
}

void merge_into(Finding& finding, const Finding& same) {
  // "Cline (plan)" and "Cline (act)" are "Cline (plan, act)".
  constexpr std::size_t kMostSlots = 3;
  std::string& where = finding.arguments["where"];
  const auto other = same.arguments.find("where");
  if (other != same.arguments.end() && other->second != where) {
    const std::size_t open = where.find(" (");
    const std::string& more = other->second;
    if (open != std::string::npos && more.size() > open + 2 && more.compare(0, open + 2, where, 0, open + 2) == 0 && where.ends_with(')') && more.ends_with(')')) {
      const std::string slot = more.substr(open + 2, more.size() - open - 3);
      const std::string slots = ", " + where.substr(open + 2, where.size() - open - 3) + ",";
      if (slots.find(", " + slot + ",") == std::string::npos && static_cast<std::size_t>(std::count(slots.begin(), slots.end(), ',')) <= kMostSlots)
        where.insert(where.size() - 1, ", " + slot);
    }
  }
  const std::size_t own = finding.changes.size();
  for (const Change& change : same.changes) {
    const auto end = finding.changes.begin() + static_cast<std::ptrdiff_t>(own);
    if (std::none_of(finding.changes.begin(), end, [&](const Change& one) { return one.file == change.file && one.key_path == change.key_path; }))
      finding.changes.push_back(change);
  }
  for (const Place& place : same.settings) {
    const auto here = [&](const Place& one) {
      return one.path == place.path && one.variable == place.variable && one.region.bytes == place.region.bytes;
    };
    if (std::none_of(finding.settings.begin(), finding.settings.end(), here) && !std::any_of(finding.places.begin(), finding.places.end(), here))
      finding.settings.push_back(place);
  }
}

}  // namespace kimiguard::kimi

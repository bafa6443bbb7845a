#include "scanner/kimi/finding_at.h"

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
  finding.changes.push_back({part.file, part.key_path, shown_value(part), to});
}

}  // namespace kimiguard::kimi

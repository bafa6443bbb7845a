#include "scanner/cli/config_check.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "scanner/agents/audit.h"
#include "scanner/agents/built_in_profiles.h"
#include "scanner/agents/knobs.h"
#include "scanner/kimi/verdict.h"
#include "scanner/text/region.h"

namespace kimiguard::cli {
namespace {

// What is known of a key from where it was seen in this run.
class KnownKeys {
 public:
  KnownKeys(const std::vector<judge::Sighting>& sightings, const Rulebook& rulebook) {
    for (const judge::Sighting& sighting : sightings) {
      const Match& match = sighting.match;
      if (match.secret.empty()) continue;
      kimi::Background& known = keys_[match.secret.id()];
      const std::string evidence = match.evidence.empty() ? std::string() : match.evidence.front().text;
      if (rulebook.realm(match.realm) != nullptr && disputed_.count(match.secret.id()) == 0) {
        if (!known.key_realm.empty() && known.key_realm != match.realm) {
          // Two places say two things; the conflict itself is found from the connections.
          disputed_.insert(match.secret.id());
          known.key_realm.clear();
          known.key_evidence.clear();
        } else {
          known.key_realm = match.realm;
          if (known.key_evidence.empty()) known.key_evidence = evidence;
        }
      }
      if (!match.issuer.empty() && known.key_issuer.empty()) known.key_issuer = match.issuer;
    }
  }
  kimi::Background of(const Secret& key) const {
    const auto found = key.empty() ? keys_.end() : keys_.find(key.id());
    return found == keys_.end() ? kimi::Background{} : found->second;
  }

 private:
  std::unordered_map<std::string, kimi::Background> keys_;
  std::set<std::string> disputed_;
};

// Puts places into the file that they name.
class PlaceFiller {
 public:
  PlaceFiller(const std::vector<ConfigText>& texts, const MarkerOptions& markers) : markers_(markers) {
    for (const ConfigText& text : texts) texts_.emplace(text.path, &text);
  }

  void operator()(Place& place) const {
    const auto found = texts_.find(place.path);
    if (found == texts_.end()) return;
    const ConfigText& text = *found->second;
    place.uri_base = text.uri_base;
    place.uri = text.uri;
    place.exposure = text.exposure;
    place.provenance = text.provenance;
    text::RegionOptions options;
    options.hide = false;
    const bool nowhere = place.region.bytes.end <= place.region.bytes.begin;
    Span span = place.region.bytes;
    if (nowhere) span = {0, std::min<std::uint64_t>(text.bytes.size(), 1)};
    place.region = text::make_region(std::string_view(text.bytes), span, options);
    Match here;
    here.region.begin = place.region.begin;
    here.region.end = place.region.end;
    std::vector<suppress::Problem> said_already;
    read_markers(text.bytes, 1, text.path, markers_, {&here, 1}, said_already);
    place.allowed = here.allowed;
  }

 private:
  MarkerOptions markers_;
  std::unordered_map<std::string, const ConfigText*> texts_;
};

}  // namespace

std::vector<Finding> check_configs(const std::vector<ConfigText>& texts, const std::vector<judge::Sighting>& sightings,
                                   const Rulebook& rulebook, const std::string& as_of,
                                   const MarkerOptions& markers) {
  std::vector<Finding> findings;
  if (texts.empty()) return findings;
  const auto profiles = agents::read_profiles(agents::built_in_profile_files());
  if (!profiles) return findings;  // the tests hold the embedded ones sound
  const agents::FileReader reader(*profiles, rulebook);
  const kimi::Judge judge(rulebook);
  const KnownKeys keys(sightings, rulebook);
  const auto take = [&](std::vector<Finding> more) { std::move(more.begin(), more.end(), std::back_inserter(findings)); };

  std::vector<Connection> connections;
  for (const ConfigText& text : texts) {
    if (text.settings == Settings::of_tools ? !reader.is_tools(text.path) : !reader.may_hold(text.path)) continue;
    agents::FileConnections file = reader.read(text.path, text.bytes);
    take(std::move(file.findings));
    if (file.personal && (text.exposure.tracked || text.exposure.staged))
      if (const agents::Profile* profile = profiles->tool(file.tool); profile != nullptr)
        if (auto finding = agents::tracked_finding(rulebook, *profile, text.path)) findings.push_back(std::move(*finding));
    for (Connection& connection : file.connections) {
      kimi::Background known = connection.key ? keys.of(connection.key->secret) : kimi::Background{};
      known.as_of = as_of;
      take(judge.verdict(connection, known));
      connections.push_back(std::move(connection));
    }
  }
  take(judge.verdict_across(connections));

  const PlaceFiller fill(texts, markers);
  for (Finding& finding : findings) {
    for (Place& place : finding.places) {
      fill(place);
      place.severity = finding.severity;
    }
    for (Place& place : finding.settings) fill(place);
  }
  // The same fault by two ways of reading one file is one.
  std::set<std::tuple<std::string, std::string, std::string, std::string, std::uint64_t>> seen;
  std::erase_if(findings, [&](const Finding& finding) {
    if (finding.places.empty()) return true;
    const Place& place = finding.places.front();
    return !seen.emplace(finding.rule, place.uri_base, place.uri, finding.key_path, place.region.bytes.begin).second;
  });
  return findings;
}

}  // namespace kimiguard::cli

#include "scanner/cli/config_check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "scanner/agents/audit.h"
#include "scanner/agents/built_in_profiles.h"
#include "scanner/agents/knobs.h"
#include "scanner/cli/known_keys.h"
#include "scanner/kimi/finding_at.h"
#include "scanner/kimi/verdict.h"
#include "scanner/suppress/inline_marker.h"
#include "scanner/text/region.h"

namespace kimiguard::cli {
namespace {

// Puts places into the file that they name.
class PlaceFiller {
 public:
  PlaceFiller(const std::vector<ConfigText>& texts, const MarkerOptions& markers) : markers_(markers) {
    for (const ConfigText& text : texts) texts_.emplace(text.path, Known{&text, nullptr, {}});
  }

  void operator()(Place& place) {
    const auto found = texts_.find(place.path);
    if (found == texts_.end()) return;
    const ConfigText& text = *found->second.text;
    if (found->second.index == nullptr) {
      found->second.index = std::make_unique<text::DocumentIndex>(text.bytes, 0, Position{}, true);
      if (markers_.read)
        found->second.markers = suppress::read_markers(
            text.bytes, text.path, markers_.foreign ? suppress::Foreign::honour : suppress::Foreign::ignore);
    }
    place.uri_base = text.uri_base;
    place.uri = text.uri;
    place.exposure = text.exposure;
    place.provenance = text.provenance;
    text::RegionOptions options;
    options.hide = false;
    const bool nowhere = place.region.bytes.end <= place.region.bytes.begin;
    Span span = place.region.bytes;
    if (nowhere) span = {0, std::min<std::uint64_t>(text.bytes.size(), 1)};
    place.region = text::make_region(*found->second.index, span, options);
    const std::uint64_t last = std::max(place.region.begin.line, place.region.end.line);
    if (const suppress::Allowance* by = found->second.markers.covering(place.region.begin.line, last))
      place.allowed = std::make_shared<const Allowed>(Allowed{by->reason, by->marker_line});
  }

 private:
  // What is worked out of a text the first time that a place in it is filled.
  struct Known {
    const ConfigText* text;
    std::unique_ptr<text::DocumentIndex> index;
    suppress::Allowances markers;
  };
  MarkerOptions markers_;
  std::unordered_map<std::string, Known> texts_;
};

}  // namespace

std::vector<Finding> check_configs(const std::vector<ConfigText>& texts, const std::vector<judge::Sighting>& sightings,
                                   const Rulebook& rulebook, const std::string& as_of,
                                   const MarkerOptions& markers, std::vector<Gap>& gaps) {
  std::vector<Finding> findings;
  if (texts.empty()) return findings;
  const auto profiles = agents::built_in_profiles();
  if (!profiles) return findings;  // the tests hold the embedded ones sound
  const agents::FileReader reader(*profiles, rulebook);
  const kimi::Judge judge(rulebook);
  KnownKeys keys;
  for (const judge::Sighting& sighting : sightings) keys.learn(sighting.match, rulebook);
  const auto take = [&](std::vector<Finding> more) { std::move(more.begin(), more.end(), std::back_inserter(findings)); };

  std::vector<Connection> connections;
  for (const ConfigText& text : texts) {
    if (text.settings == Settings::of_tools ? !reader.is_tools(text.path) : !reader.may_hold(text.path)) continue;
    agents::FileConnections file = reader.read(text.path, text.bytes);
    take(std::move(file.findings));
    std::move(file.gaps.begin(), file.gaps.end(), std::back_inserter(gaps));
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

  PlaceFiller fill(texts, markers);
  for (Finding& finding : findings) {
    for (Place& place : finding.places) {
      fill(place);
      place.severity = finding.severity;
    }
    for (Place& place : finding.settings) fill(place);
  }
  // The same fault by two ways of reading one file is one.
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::uint64_t>, std::size_t> seen;
  std::vector<Finding> once;
  for (Finding& finding : findings) {
    if (finding.places.empty()) continue;
    const Place& place = finding.places.front();
    const auto [known, fresh] =
        seen.emplace(std::tuple(finding.rule, place.uri_base, place.uri, finding.key_path, place.region.bytes.begin), once.size());
    if (fresh)
      once.push_back(std::move(finding));
    else
      kimi::merge_into(once[known->second], finding);
  }
  return once;
}

}  // namespace kimiguard::cli

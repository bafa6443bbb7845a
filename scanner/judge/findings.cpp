#include "scanner/judge/findings.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "scanner/kimi/severity_table.h"

namespace kimiguard::judge {
namespace {

constexpr std::string_view kUnattributed = "unattributed-sk-key";

// What the whole run knows of one secret.
struct Verdict {
  const Match* best = nullptr;  // the surest place that says it is Kimi's
  std::string realm;            // where any place tells it and none says otherwise
  bool realm_conflict = false;
};

bool is_attributed(const Match& match) { return !match.rule.empty() && match.rule != kUnattributed; }

// Another program's rule says what it says, whosever the key is.
bool is_foreign(const Rulebook& rulebook, const Match& match) {
  const Rule* rule = rulebook.rule(match.rule);
  return rule != nullptr && rule->foreign != nullptr;
}

void settle_attribution(std::vector<Sighting>& sightings, const Rulebook& rulebook) {
  std::unordered_map<std::string, Verdict> verdicts;  // by id
  for (const Sighting& sighting : sightings) {
    const Match& match = sighting.match;
    if (!is_attributed(match) || is_foreign(rulebook, match)) continue;
    Verdict& verdict = verdicts[match.secret.id()];
    if (verdict.best == nullptr || match.confidence > verdict.best->confidence) verdict.best = &match;
    if (rulebook.realm(match.realm) != nullptr) {
      if (verdict.realm.empty()) verdict.realm = match.realm;
      if (verdict.realm != match.realm) verdict.realm_conflict = true;
    }
  }
  struct Change {
    std::string rule, kind, realm;
    Confidence confidence;
    std::vector<Evidence> evidence;
  };
  std::vector<std::pair<std::size_t, Change>> changes;
  for (std::size_t i = 0; i < sightings.size(); ++i) {
    Match& match = sightings[i].match;
    const auto found = verdicts.find(match.secret.id());
    if (found == verdicts.end() || is_foreign(rulebook, match)) continue;
    const Verdict& verdict = found->second;
    Change change{match.rule, match.secret_kind, match.realm, match.confidence, match.evidence};
    const Confidence surest = verdict.best->confidence;
    // What names another issuer here outweighs a mere neighbourhood elsewhere.
    if (!match.issuer.empty() && surest != Confidence::high) continue;
    if (!is_attributed(match) || match.confidence < surest) {
      if (!is_attributed(match)) {
        change.rule = verdict.best->rule;
        change.kind = verdict.best->secret_kind;
      }
      if (!match.issuer.empty()) {
        change.evidence.clear();
        sightings[i].exposure.sent_elsewhere = true;
      }
      change.confidence = surest;
      change.evidence.push_back(
          {"elsewhere", verdict.best->evidence.empty() ? verdict.best->rule : verdict.best->evidence[0].text, 0});
    }
    if (rulebook.realm(change.realm) == nullptr && !verdict.realm.empty() && !verdict.realm_conflict) change.realm = verdict.realm;
    changes.emplace_back(i, std::move(change));
  }
  for (auto& [i, change] : changes) {
    Match& match = sightings[i].match;
    match.rule = std::move(change.rule);
    match.secret_kind = std::move(change.kind);
    match.realm = std::move(change.realm);
    match.issuer.clear();
    match.confidence = change.confidence;
    match.evidence = std::move(change.evidence);
  }
}

bool is_now(const Sighting& sighting) {
  switch (sighting.provenance.provenance) {
    case ProvenanceClass::head:
    case ProvenanceClass::staged:
    case ProvenanceClass::worktree: return true;
    default: return false;
  }
}

auto place_order(const Sighting& a) {
  return std::tuple(a.uri_base, a.uri, a.match.region.bytes.begin, a.match.region.bytes.end,
                    static_cast<int>(a.provenance.provenance), a.provenance.commit,
                    a.match.origin != nullptr ? a.match.origin->object_id : std::string());
}

// A file that is edited is stored anew, and each version knows only of its own commits. A key stands at a path of
// today since the first version there that had it.
void settle_first_commits(std::vector<Sighting>& sightings) {
  std::map<std::tuple<std::string, std::string, std::string>, const Sighting*> first;  // secret, base, path
  const auto spot = [](const Sighting& s) { return std::tuple(s.match.secret.id(), s.uri_base, s.uri); };
  const auto in_branches = [](const Sighting& s) {
    return !s.provenance.commit.empty() && (s.provenance.provenance == ProvenanceClass::head || s.provenance.provenance == ProvenanceClass::branch);
  };
  for (const Sighting& sighting : sightings) {
    if (!in_branches(sighting)) continue;
    const Sighting*& known = first[spot(sighting)];
    if (known == nullptr || sighting.provenance.first_order < known->provenance.first_order) known = &sighting;
  }
  for (Sighting& sighting : sightings) {
    if (sighting.provenance.provenance != ProvenanceClass::head || sighting.provenance.commit.empty()) continue;
    const Provenance& earliest = first[spot(sighting)]->provenance;
    if (earliest.first_order >= sighting.provenance.first_order) continue;
    sighting.provenance.commit = earliest.commit;
    sighting.provenance.commit_path = earliest.commit_path;
    sighting.provenance.first_order = earliest.first_order;
    sighting.provenance.author = earliest.author;
    sighting.provenance.date = earliest.date;
  }
}

Place place_of(const Sighting& sighting, Severity severity) {
  Place place;
  place.path = sighting.path;
  place.uri_base = sighting.uri_base;
  place.uri = sighting.uri;
  if (sighting.match.origin != nullptr) place.inside = sighting.match.origin->inside;
  place.region = sighting.match.region;
  place.exposure = sighting.exposure;
  place.provenance = sighting.provenance;
  place.decoded = sighting.match.decoded;
  place.variable = sighting.match.variable;
  place.severity = severity;
  place.allowed = sighting.match.allowed;
  return place;
}

}  // namespace

std::vector<Finding> leak_findings(std::vector<Sighting> sightings, const Rulebook& rulebook, const JudgeOptions& options) {
  settle_attribution(sightings, rulebook);
  std::erase_if(sightings, [](const Sighting& s) { return s.match.rule.empty(); });
  settle_first_commits(sightings);

  struct Group {
    std::vector<const Sighting*> places;
  };
  // rule, key, now or class, base and path
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::string>, Group> groups;
  for (const Sighting& sighting : sightings) {
    const std::string id = sighting.match.secret.id();
    if (is_now(sighting))
      groups[{sighting.match.rule, id, "now", sighting.uri_base, sighting.uri}].places.push_back(&sighting);
    else
      groups[{sighting.match.rule, id, std::string(name(sighting.provenance.provenance)), "", ""}].places.push_back(&sighting);
  }
  std::vector<Finding> findings;
  for (auto& [key, group] : groups) {
    std::sort(group.places.begin(), group.places.end(),
              [](const Sighting* a, const Sighting* b) { return place_order(*a) < place_order(*b); });
    Finding finding;
    finding.rule = std::get<0>(key);
    const Sighting* primary = nullptr;
    std::vector<Place> places;
    for (const Sighting* sighting : group.places) {
      const Severity severity =
          kimi::severity_of(rulebook, finding.rule, sighting->exposure, sighting->provenance, options.audit).severity;
      // The same bytes at HEAD and in the work tree are one place.
      const bool twice = std::any_of(places.begin(), places.end(), [&](const Place& other) {
        return other.uri == sighting->uri && other.uri_base == sighting->uri_base &&
               other.region.bytes == sighting->match.region.bytes && other.inside.size() == sighting->match.origin->inside.size() &&
               is_now(*sighting) && other.provenance.provenance != sighting->provenance.provenance;
      });
      if (twice) {
        // It is in HEAD, whatever else it is.
        for (Place& other : places)
          if (other.uri == sighting->uri && other.region.bytes == sighting->match.region.bytes) {
            if (static_cast<int>(sighting->provenance.provenance) < static_cast<int>(other.provenance.provenance))
              other.provenance = sighting->provenance;
            other.severity = std::max(other.severity, severity);
            other.exposure.mode = other.exposure.mode == 0 ? sighting->exposure.mode : other.exposure.mode;
          }
        finding.severity = std::max(finding.severity, severity);
        continue;
      }
      places.push_back(place_of(*sighting, severity));
      // Not the larger of the two at first: a finding begins as a note, and inventory is less.
      finding.severity = primary == nullptr ? severity : std::max(severity, finding.severity);
      if (primary == nullptr) primary = sighting;
      if (sighting->match.confidence > finding.confidence || finding.evidence.empty()) {
        finding.confidence = std::max(finding.confidence, sighting->match.confidence);
        finding.evidence = sighting->match.evidence;
      }
      if (finding.realm.empty() || rulebook.realm(finding.realm) == nullptr) finding.realm = sighting->match.realm;
    }
    if (primary == nullptr) continue;
    // The worst place speaks first; the order of the others stays.
    const auto worst = std::max_element(places.begin(), places.end(),
                                        [](const Place& a, const Place& b) { return a.severity < b.severity; });
    std::rotate(places.begin(), worst, worst + 1);
    finding.secret = primary->match.secret;
    finding.secret_kind = primary->match.secret_kind;
    finding.issuer = primary->match.issuer;
    finding.places = std::move(places);
    findings.push_back(std::move(finding));
  }
  sort_findings(findings);
  return findings;
}

void sort_findings(std::vector<Finding>& findings) {
  const auto order = [](const Finding& f) {
    static const Place kNowhere;
    const Place& place = f.places.empty() ? kNowhere : f.places.front();
    return std::tuple(-static_cast<int>(f.severity), std::string_view(f.rule), std::string_view(place.uri_base),
                      std::string_view(place.uri), place.region.bytes.begin, place.region.bytes.end);
  };
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    const auto left = order(a);
    const auto right = order(b);
    if (left != right) return left < right;
    return (a.secret ? a.secret->id() : a.key_path) < (b.secret ? b.secret->id() : b.key_path);
  });
}

}  // namespace kimiguard::judge

#include "scanner/cli/text_scan.h"

#include <utility>

#include "scanner/judge/findings.h"
#include "scanner/suppress/fingerprint.h"

namespace kimiguard::cli {

TextScan::TextScan(std::shared_ptr<detect::Detection> detection, std::shared_ptr<const Rulebook> book)
    : detector_(std::move(detection)), book_(std::move(book)) {}

std::vector<Finding> TextScan::findings(std::string_view text, const TextPlace& place) {
  Document document;
  document.bytes = text;
  auto origin = std::make_shared<Origin>();
  origin->path = place.path;
  document.origin = origin;
  std::vector<judge::Sighting> sightings;
  for (Match& match : detector_.examine(document)) {
    judge::Sighting sighting;
    sighting.exposure = place.exposure;
    sighting.exposure.browser_variable = match.browser_variable;
    sighting.exposure.sent_elsewhere = match.sent_elsewhere;
    sighting.provenance = place.provenance;
    sighting.path = place.path;
    sighting.uri_base = "SYSTEM";
    sighting.uri = place.path;
    sighting.match = std::move(match);
    sightings.push_back(std::move(sighting));
  }
  std::vector<Finding> findings;
  if (sightings.empty()) return findings;
  findings = judge::leak_findings(std::move(sightings), *book_, {});
  suppress::assign_fingerprints(findings);
  return findings;
}

}  // namespace kimiguard::cli

#include "scanner/suppress/suppression.h"

#include <algorithm>
#include <utility>

namespace kimiguard::suppress {
namespace {

Severity worst(const std::vector<Place>& places) {
  Severity severity = Severity::inventory;
  for (const Place& place : places) severity = std::max(severity, place.severity);
  return severity;
}

}  // namespace

std::uint64_t suppress_places(std::vector<Finding>& findings, const Judge& judge) {
  std::uint64_t suppressed = 0;
  std::vector<Finding> result;
  result.reserve(findings.size());
  bool reordered = false;
  for (Finding& finding : findings) {
    if (finding.suppression || finding.places.empty()) {
      result.push_back(std::move(finding));
      continue;
    }
    std::vector<Place> kept;
    std::vector<Place> allowed;
    std::optional<Suppression> why;
    const bool by_place = worst(finding.places) == finding.severity;
    std::vector<std::optional<Suppression>> judged;
    judged.reserve(finding.places.size());
    for (const Place& place : finding.places) judged.push_back(judge(finding, place));
    const bool any =
        std::any_of(judged.begin(), judged.end(), [](const auto& one) { return one.has_value(); });
    if (!any) {
      result.push_back(std::move(finding));
      continue;
    }
    for (std::size_t i = 0; i < judged.size(); ++i) {
      if (judged[i] && !why) why = judged[i];
      (judged[i] ? allowed : kept).push_back(std::move(finding.places[i]));
    }
    ++suppressed;
    if (kept.empty()) {
      finding.places = std::move(allowed);
      finding.suppression = std::move(why);
      result.push_back(std::move(finding));
      continue;
    }
    Finding twin = finding;
    twin.places = std::move(allowed);
    twin.suppression = std::move(why);
    finding.places = std::move(kept);
    for (Finding* half : {&finding, &twin}) {
      // The finding's own fingerprint is its first place's.
      if (!half->places.front().fingerprint.empty())
        half->fingerprint = half->places.front().fingerprint;
      if (by_place) {
        const Severity severity = worst(half->places);
        reordered |= severity != half->severity;
        half->severity = severity;
      }
    }
    result.push_back(std::move(finding));
    result.push_back(std::move(twin));
  }
  if (reordered)
    std::stable_sort(result.begin(), result.end(), [](const Finding& a, const Finding& b) {
      return static_cast<int>(a.severity) > static_cast<int>(b.severity);
    });
  findings = std::move(result);
  return suppressed;
}

}  // namespace kimiguard::suppress

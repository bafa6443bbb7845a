#include "scanner/core/severity.h"

#include <array>
#include <cstddef>

namespace kimiguard {
namespace {

constexpr std::array<std::string_view, 6> kSeverities = {"inventory", "note", "low",
                                                         "medium",    "high", "critical"};
constexpr std::array<std::string_view, 3> kConfidences = {"low", "medium", "high"};

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view name(Severity severity) { return kSeverities[static_cast<std::size_t>(severity)]; }
std::string_view name(Confidence confidence) {
  return kConfidences[static_cast<std::size_t>(confidence)];
}
std::optional<Severity> severity_named(std::string_view text) {
  return find<Severity>(kSeverities, text);
}
std::optional<Confidence> confidence_named(std::string_view text) {
  return find<Confidence>(kConfidences, text);
}

}  // namespace kimiguard

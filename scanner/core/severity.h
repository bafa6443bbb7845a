// How bad a finding is and how sure we are of what it is (design §3).
#pragma once

#include <optional>
#include <string_view>

namespace kimiguard {

// `inventory` is a key in its own tool's store with the right mode, in `audit` only: listed, never
// counted for the exit status.
enum class Severity { inventory, note, low, medium, high, critical };
enum class Confidence { low, medium, high };

std::string_view name(Severity severity);
std::string_view name(Confidence confidence);
std::optional<Severity> severity_named(std::string_view text);
std::optional<Confidence> confidence_named(std::string_view text);

}  // namespace kimiguard

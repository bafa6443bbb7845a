// What the program says of itself in reports.
#pragma once

#include <string_view>

namespace kimiguard::report {

inline constexpr std::string_view kName = "kimiguard";
inline constexpr std::string_view kHomePage = "https://github.com/kimiguard/kimiguard";
inline constexpr std::string_view kPurpose =
    "Finds leaked Moonshot/Kimi keys, and LLM settings whose key, base URL and model do not belong "
    "together.";
inline constexpr std::string_view kDisclaimer = "Not affiliated with Moonshot AI.";

}  // namespace kimiguard::report

// What the program says of itself in reports.
#pragma once

#include <string_view>

namespace kimiguard::report {

inline constexpr std::string_view kName = "kimiguard";
// Formats ask for an address of the tool, or of a rule that names no page of its own. The program has no page on the
// web; this one describes the weakness that it looks for.
inline constexpr std::string_view kAboutPage = "https://cwe.mitre.org/data/definitions/798.html";
inline constexpr std::string_view kPurpose =
    "Finds leaked Moonshot/Kimi keys, and LLM settings whose key, base URL and model do not belong "
    "together.";
inline constexpr std::string_view kDisclaimer = "Not affiliated with Moonshot AI.";

}  // namespace kimiguard::report

// Text inside XML, HTML and Markdown, and times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimiguard::report {

// For element text and quoted attributes; characters that XML 1.0 does not allow become U+FFFD.
std::string xml_text(std::string_view text);

// For running text and table cells of GitHub's and GitLab's Markdown: everything that would be markup,
// a link, a mention or HTML is plain text; line ends become spaces.
std::string markdown_text(std::string_view text);
// As code; backticks inside are kept by a longer fence.
std::string markdown_code(std::string_view text);

// "2026-01-28T03:26:02", UTC.
std::string iso_time(std::int64_t seconds);

}  // namespace kimiguard::report

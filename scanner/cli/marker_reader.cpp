#include "scanner/cli/marker_reader.h"

#include <algorithm>
#include <memory>
#include <string>

#include "scanner/suppress/inline_marker.h"
#include "scanner/text/position.h"

namespace kimiguard::cli {
namespace {

// UTF-16 and UTF-32 with a letter for each unit: enough for markers and line ends. A reason in another script
// than Latin is lost, so such letters become U+FFFD, which still counts as said.
std::string narrowed(std::string_view bytes, text::TextForm form) {
  const std::size_t unit = text::unit_size(form);
  const bool big = form == text::TextForm::utf16be || form == text::TextForm::utf32be;
  std::string narrow;
  narrow.reserve(bytes.size() / unit);
  for (std::size_t at = text::mark_size(bytes, form); at + unit <= bytes.size(); at += unit) {
    const char low = bytes[big ? at + unit - 1 : at];
    bool plain = static_cast<unsigned char>(low) < 0x80;
    for (std::size_t i = 0; i < unit; ++i)
      if (i != (big ? unit - 1 : 0)) plain = plain && bytes[at + i] == '\0';
    if (plain)
      narrow += low;
    else
      narrow += "\xEF\xBF\xBD";
  }
  return narrow;
}

}  // namespace

void read_markers(std::string_view bytes, std::uint64_t first_line, std::string_view path, const MarkerOptions& options,
                  std::span<Match> matches, std::vector<suppress::Problem>& problems) {
  if (!options.read || matches.empty()) return;
  std::string narrow;
  if (const text::TextForm form = text::form_of(bytes); text::unit_size(form) > 1) {
    narrow = narrowed(bytes, form);
    bytes = narrow;
  }
  const suppress::Allowances found =
      suppress::read_markers(bytes, path, options.foreign ? suppress::Foreign::honour : suppress::Foreign::ignore);
  problems.insert(problems.end(), found.problems.begin(), found.problems.end());
  if (found.allowed.empty()) return;
  const std::uint64_t before = first_line - 1;
  for (Match& match : matches) {
    const std::uint64_t first = match.region.begin.line;
    const std::uint64_t last = std::max(match.region.end.line, first);
    if (first <= before) continue;
    const suppress::Allowance* allowance = found.covering(first - before, last - before);
    if (allowance != nullptr)
      match.allowed = std::make_shared<const Allowed>(Allowed{allowance->reason, allowance->marker_line + before});
  }
}

}  // namespace kimiguard::cli

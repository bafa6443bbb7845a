// Suppression written into the scanned text itself.
//
//   KEY=…            # kimiguard:allow example from the docs      this line
//   # kimiguard:allow example from the docs                       alone in a comment: the next line
//   # kimiguard:allow-start test vectors                          a block, up to
//   # kimiguard:allow-end                                         its end, both lines included
//
// A reason is required: without one nothing is suppressed and a problem is reported. A block that is
// not ended suppresses nothing. Markers of other scanners count only where the caller says so; they
// need no reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/finding.h"
#include "scanner/suppress/problem.h"

namespace kimiguard::suppress {

// Lines that a marker speaks for, 1-based, both ends included.
struct Allowance {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::string reason;
  std::uint64_t marker_line = 0;
};

enum class Foreign { ignore, honour };

struct Allowances {
  std::vector<Allowance> allowed;  // by marker_line
  std::vector<Problem> problems;

  // The one that covers every line from `first` to `last`; null if none does. The pointer lives as long
  // as this object.
  const Allowance* covering(std::uint64_t first, std::uint64_t last) const;
};

// Reads the markers of a whole text, lines ended by \n, \r\n or \r as regions count them. `path` is for
// problems. Linear; a text without the word costs one search. At most ten thousand markers.
Allowances read_markers(std::string_view text, std::string_view path, Foreign foreign = Foreign::ignore);

// The suppression for a region of that text, or none. `path` as in read_markers.
std::optional<Suppression> inline_suppression(const Allowances& allowances, const Region& region,
                                              std::string_view path);

}  // namespace kimiguard::suppress

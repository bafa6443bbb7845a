// What was looked at and accepted, by whom it may concern.
#pragma once

#include <cstdint>
#include <string>

namespace kimiguard {

// A marker in a text that speaks for a place of the same text.
struct Allowed {
  std::string reason;
  std::uint64_t marker_line = 0;  // 1-based, in the outer file
};

struct Suppression {
  std::string kind;           // inline, ignore_file, baseline
  std::string justification;  // the reason that was given
  std::string where;          // path:line of the marker or entry
};

}  // namespace kimiguard

// Lines of a text, looked at within a window of it.
#pragma once

#include <cstdint>
#include <string_view>

#include "scanner/core/span.h"

namespace kimiguard::detect {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Without blanks and carriage returns at either end.
inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (is_blank(text.front()) || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Where the line begins that holds `at`, or the window if that is nearer.
inline std::uint64_t line_begin_in(std::string_view text, Span window, std::uint64_t at) {
  while (at > window.begin && text[at - 1] != '\n') --at;
  return at;
}

// The same for its end, at its '\n'.
inline std::uint64_t line_end_in(std::string_view text, Span window, std::uint64_t at) {
  while (at < window.end && text[at] != '\n') ++at;
  return at;
}

}  // namespace kimiguard::detect

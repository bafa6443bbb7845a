// Text in small letters: ASCII only, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace kimiguard {

inline std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace kimiguard

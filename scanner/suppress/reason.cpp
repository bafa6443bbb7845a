#include "scanner/suppress/reason.h"

#include <algorithm>
#include <string>

namespace kimiguard::suppress {

bool says_something(std::string_view reason) {
  static constexpr std::string_view kEllipsis = "…";
  std::string rest(reason);
  for (std::size_t at = rest.find(kEllipsis); at != std::string::npos; at = rest.find(kEllipsis))
    rest.erase(at, kEllipsis.size());
  return std::any_of(rest.begin(), rest.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z');
  });
}

}  // namespace kimiguard::suppress

#include "scanner/core/setting.h"

namespace kimiguard {

std::string Setting::key_path() const {
  std::string joined;
  for (const std::string& part : path) {
    if (!joined.empty()) joined += '.';
    if (part.find_first_of(".[\"") == std::string::npos && !part.empty()) {
      joined += part;
    } else {
      joined += '"';
      for (const char c : part) {
        if (c == '"' || c == '\\') joined += '\\';
        joined += c;
      }
      joined += '"';
    }
  }
  return joined;
}

}  // namespace kimiguard

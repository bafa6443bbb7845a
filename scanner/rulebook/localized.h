// A text that people read, in both languages.
#pragma once

#include <string>
#include <string_view>

namespace kimiguard {

struct Localized {
  std::string en;
  std::string zh;

  // English where the other is missing. `language` is "en" or "zh".
  const std::string& in(std::string_view language) const {
    return language == "zh" && !zh.empty() ? zh : en;
  }
  bool empty() const { return en.empty() && zh.empty(); }
};

}  // namespace kimiguard

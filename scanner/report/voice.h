// Says one thing in the reader's language. Both forms stand side by side where they are used, so that
// neither is forgotten when the other changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scanner/core/severity.h"

namespace kimiguard::report {

// 1234567 as "1,234,567".
std::string grouped_digits(std::uint64_t number);
// 1536 as "1.5 KB"; units of 1024.
std::string human_bytes(std::uint64_t bytes);

class Voice {
 public:
  explicit Voice(std::string_view language) : chinese_(language.starts_with("zh")) {}

  bool chinese() const { return chinese_; }
  std::string_view language() const { return chinese_ ? "zh" : "en"; }
  std::string_view operator()(std::string_view en, std::string_view zh) const {
    return chinese_ ? zh : en;
  }
  // "1 key", "3 keys", "3 个密钥": `zh` follows the number as it is.
  std::string count(std::uint64_t n, std::string_view one, std::string_view many,
                    std::string_view zh) const;
  std::string_view severity(Severity severity) const;
  std::string_view confidence(Confidence confidence) const;
  // ": " or "：".
  std::string_view colon() const { return chinese_ ? "\xEF\xBC\x9A" : ": "; }
  std::string_view comma() const { return chinese_ ? "\xEF\xBC\x8C" : ", "; }
  std::string_view full_stop() const { return chinese_ ? "\xE3\x80\x82" : "."; }

 private:
  bool chinese_;
};

}  // namespace kimiguard::report

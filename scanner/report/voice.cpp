#include "scanner/report/voice.h"

#include <array>

namespace kimiguard::report {

std::string grouped_digits(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits = {"KB", "MB", "GB", "TB", "PB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  // Tenths of a unit in whole numbers: the same digits on every machine.
  std::size_t unit = 0;
  std::uint64_t whole = bytes;
  std::uint64_t tenths = 0;
  for (;; ++unit) {
    tenths = whole % 1024 * 10 / 1024;
    whole /= 1024;
    if (whole < 1024 || unit + 1 == kUnits.size()) break;
  }
  std::string text = grouped_digits(whole);
  if (whole < 100) text += "." + std::to_string(tenths);
  return text + " " + std::string(kUnits[unit]);
}

std::string Voice::count(std::uint64_t n, std::string_view one, std::string_view many,
                         std::string_view zh) const {
  std::string text = grouped_digits(n);
  text += ' ';
  text += chinese_ ? zh : n == 1 ? one : many;
  return text;
}

std::string_view Voice::severity(Severity severity) const {
  if (!chinese_) return name(severity);
  static constexpr std::array<std::string_view, 6> kNames = {"清单", "提示", "低", "中", "高", "严重"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::string_view Voice::confidence(Confidence confidence) const {
  if (!chinese_) return name(confidence);
  static constexpr std::array<std::string_view, 3> kNames = {"低", "中", "高"};
  return kNames[static_cast<std::size_t>(confidence)];
}

}  // namespace kimiguard::report

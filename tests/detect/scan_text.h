// The built-in rules over a text, as a scan would run them.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/detect/detector.h"
#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/embedded.h"

namespace kimiguard::test {

inline std::shared_ptr<const Rulebook> built_in_rulebook() {
  static const std::shared_ptr<const Rulebook> book = [] {
    auto read = read_rulebook(built_in_rule_files());
    if (!read) throw std::runtime_error(read.error().message);
    return std::make_shared<const Rulebook>(std::move(*read));
  }();
  return book;
}

inline detect::Detector& built_in_detector() {
  static detect::Detector detector = [] {
    auto detection = detect::Detection::built_in(
        {reinterpret_cast<const char*>(kEmbeddedDatabase), kEmbeddedDatabaseSize}, built_in_rulebook);
    if (!detection) throw std::runtime_error(detection.error().message);
    return detect::Detector(*detection);
  }();
  return detector;
}

inline std::vector<Match> scan_text(std::string_view text, const std::string& path = "file") {
  Document document;
  document.bytes = text;
  auto origin = std::make_shared<Origin>();
  origin->path = path;
  document.origin = origin;
  return built_in_detector().examine(document);
}

}  // namespace kimiguard::test

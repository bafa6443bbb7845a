// libFuzzer target: any bytes as a document; every match lies in it and holds no more than it shows. Build with the
// `fuzz` preset.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "scanner/detect/detector.h"
#include "scanner/detect/patterns.h"
#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/pattern_database.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimiguard;
  static const auto book = std::make_shared<const Rulebook>(*read_rulebook(built_in_rule_files()));
  static const auto detection =
      *detect::Detection::recompiled(*compile_patterns(detect::patterns_for(book->rules)), [] { return book; });
  static detect::Detector detector(detection);
  Document document;
  document.bytes = std::string_view(reinterpret_cast<const char*>(data), size);
  auto origin = std::make_shared<Origin>();
  origin->path = "fuzz";
  document.origin = origin;
  std::vector<detect::Window> windows;
  detector.find(document.bytes, windows);
  for (const Match& match : detector.examine(document, windows)) {
    if (match.region.bytes.begin > match.region.bytes.end || match.region.bytes.end > size) __builtin_trap();
    if (match.region.snippet.find(match.secret.reveal()) != std::string::npos) __builtin_trap();
  }
  return 0;
}

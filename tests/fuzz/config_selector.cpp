// libFuzzer target: a selector before the first line end, JSON after it.

#include <cstdint>
#include <string_view>

#include "scanner/config/reader.h"
#include "scanner/config/selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimiguard::config;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto selector = Selector::compile(input.substr(0, end));
  if (!selector.ok()) return 0;
  const Parsed parsed = read(input.substr(end + 1), Format::json);
  for (const Slot& slot : slots(parsed.settings, *selector)) select(slot, *selector);
  select(parsed.settings, *selector);
  return 0;
}

// libFuzzer target: any bytes as a rule file beside the built-in ones. Build with the `fuzz` preset.
#include <cstddef>
#include <cstdint>
#include <string>

#include "scanner/rulebook/rulebook.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimiguard;
  const auto book = read_rulebook({{"fuzz.toml", std::string(reinterpret_cast<const char*>(data), size)}});
  // A broken file always says where.
  if (!book && book.error().message.empty()) __builtin_trap();
  return 0;
}

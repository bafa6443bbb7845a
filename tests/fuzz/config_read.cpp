// libFuzzer target for every reader: the first byte names the format.
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz/config_read.cpp
//   tests/config/checks.cpp \
//     scanner/config/*.cpp scanner/core/*.cpp -lfyaml -lpugixml -lmd -o fuzz_config_read

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "scanner/config/embedded.h"
#include "scanner/config/reference.h"
#include "tests/config/checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kimiguard::config;
  if (size == 0) return 0;
  const auto format = static_cast<Format>(data[0] % (static_cast<unsigned>(Format::notebook) + 1));
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Parsed parsed = read(text, format);
  if (!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF")) {
    const std::string fault = checks::fault(text, parsed);
    if (!fault.empty()) {
      std::fprintf(stderr, "%s\n", fault.c_str());
      std::abort();
    }
  }
  const LineMap lines(text);
  for (const kimiguard::Setting& setting : parsed.settings) {
    classify(setting);
    split_assignment(setting, lines);
    if (looks_like_json(setting.value)) read_value(setting, Format::json, lines);
  }
  named_values(parsed.settings);
  return 0;
}

// PDF streams, filters and text.
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. this file and scanner/source,
// scanner/core.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "scanner/source/archive/pdf.h"

using namespace kimiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto origin = std::make_shared<Origin>();
  container::Limits limits;
  limits.total_bytes = 16 << 20;
  limits.member_bytes = 4 << 20;
  limits.held_bytes = 8 << 20;
  limits.members = 2000;
  std::uint64_t sum = 0;
  const container::Sink sink = [&](const Document& document) {
    for (const char c : document.bytes)
      sum += static_cast<unsigned char>(c);  // every byte must be readable
  };
  container::Unpacking unpacking(limits, sink);
  archive::read_pdf(unpacking, bytes, origin, 0);
  sum += archive::pdf_text(bytes).size();
  return sum == 0xFFFFFFFFFFFFFFFFu ? 1 : 0;
}

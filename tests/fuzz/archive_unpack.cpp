// Anything in anything, by content: the glue around libarchive and all readers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scanner/source/unpack/unpack.h"
#include "tests/fuzz/unpacked.h"

using namespace kimiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto origin = fuzz::named("x");
  unpack::read_bytes(bytes, origin, fuzz::small_limits(), fuzz::every_byte());
  return 0;
}

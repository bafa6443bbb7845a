// PDF streams, filters and text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scanner/source/archive/pdf.h"
#include "tests/fuzz/unpacked.h"

using namespace kimiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto origin = fuzz::named("x");
  container::Unpacking unpacking(fuzz::small_limits(), fuzz::every_byte());
  archive::read_pdf(unpacking, bytes, origin, 0);
  archive::pdf_text(bytes);
  return 0;
}

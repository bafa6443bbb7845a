// What masking gives is valid UTF-8, stays as it is when masked again, and holds no key.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scanner/text/mask.h"
#include "scanner/text/utf8.h"

using namespace kimiguard::text;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string masked = mask_keys(input);
  if (valid_utf8(masked) != masked) std::abort();
  if (mask_keys(masked) != masked) std::abort();
  const std::string shown = printable(input);
  if (valid_utf8(shown) != shown || shown.find('\x1b') != std::string::npos) std::abort();
  if (size > 24) mask_exact(input.substr(24), input.substr(0, 24));
  return 0;
}

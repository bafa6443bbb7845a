// Regions of any bytes: valid UTF-8, within their limits, positions in order; the line index agrees with
// a look-up on its own.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scanner/text/region.h"
#include "scanner/text/utf8.h"

using namespace kimiguard;
using namespace kimiguard::text;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 4), size - 4);
  const std::uint64_t begin = static_cast<std::uint64_t>(data[0] << 8 | data[1]) % (bytes.size() + 1);
  RegionOptions options;
  options.hide = (data[3] & 1) == 0;
  const Region region = make_region(bytes, {begin, begin + data[2]}, options);
  for (const std::string* shown :
       {&region.snippet, &region.context_snippet, &region.line_without_secret}) {
    if (valid_utf8(*shown) != *shown) std::abort();
  }
  if (count_code_points(region.snippet) > 200 || count_code_points(region.context_snippet) > 600)
    std::abort();
  if (region.end.line < region.begin.line) std::abort();
  const std::uint64_t at = std::min<std::uint64_t>(begin, bytes.size());
  if (!(position_at(bytes, at, {}, form_of(bytes)) == region.begin)) std::abort();
  return 0;
}

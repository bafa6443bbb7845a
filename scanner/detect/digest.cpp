#include "scanner/detect/digest.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "scanner/text/view.h"

namespace kimiguard::detect {
namespace {

struct Named {
  std::string_view name;
  std::uint64_t base64;  // digits that are no padding
  std::uint64_t hex;
};
// Subresource Integrity and Open Container digests; Cargo.lock.
constexpr std::array<Named, 4> kNamed = {{{"sha512", 86, 128}, {"sha384", 64, 96}, {"sha256", 43, 64}, {"checksum = \"", 0, 64}}};

}  // namespace

bool is_digest(std::string_view bytes, Span run) {
  if (run.begin == 0 || run.end >= bytes.size()) return false;
  const char before = bytes[run.begin - 1];
  if (before != '-' && before != ':' && before != '"') return false;
  const std::string_view lead = bytes.substr(0, before == '"' ? run.begin : run.begin - 1);
  return std::any_of(kNamed.begin(), kNamed.end(), [&](const Named& one) {
           return (run.size() == one.base64 || run.size() == one.hex) && lead.ends_with(one.name);
         }) &&
         !text::may_decode_to_text(bytes.substr(run.begin, run.size()));
}

}  // namespace kimiguard::detect

// Every byte of every view maps into its source, in order, and back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "scanner/text/view.h"

using namespace kimiguard;
using namespace kimiguard::text;

namespace {
void check(const View& view, std::size_t size) {
  Span before{0, 0};
  const std::uint64_t step = view.text.size() / 512 + 1;
  for (std::uint64_t i = 0; i < view.text.size(); i += step) {
    const Span span = view.to_source({i, i + 1});
    if (span.end > size || span.begin >= span.end) std::abort();
    if (span.begin < before.begin || span.end < before.end) std::abort();
    const Span back = view.from_source(span);
    if (back.begin > i || back.end < i + 1 || back.end > view.text.size()) std::abort();
    before = span;
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 4), size - 4);
  const std::uint64_t begin = static_cast<std::uint64_t>(data[0] << 8 | data[1]) % (bytes.size() + 1);
  const Span around{begin, begin + data[2]};
  for (const View& view : views_at(bytes, around)) {
    check(view, bytes.size());
    for (View& inner : views_at(view.text, view.from_source(around))) {
      const View both = compose(view, std::move(inner));
      const Span all = both.to_source({0, both.text.size()});
      if (all.end > bytes.size()) std::abort();
    }
  }
  for (const View& view : all_views(bytes, 64)) check(view, bytes.size());
  return 0;
}

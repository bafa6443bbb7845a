// SQLite databases in memory, through SQLite and page by page; logs.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scanner/source/store/sqlite.h"
#include "scanner/source/store/sqlite_pages.h"
#include "tests/fuzz/unpacked.h"

using namespace kimiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto origin = fuzz::named("x");
  container::Unpacking unpacking(fuzz::small_limits(), fuzz::every_byte());
  store::read_sqlite(unpacking, bytes, origin, 0);
  const store::Bytes pages = store::Bytes::of(bytes);
  const store::Value value = [&](std::string_view text, const container::OriginPtr& at, std::string_view context) {
    unpacking.deliver(text, at, context);
  };
  store::salvage_pages(unpacking, pages, origin, value);
  store::salvage_wal(unpacking, pages, pages, origin, value);
  store::read_free_pages(unpacking, pages, origin, value);
  return 0;
}

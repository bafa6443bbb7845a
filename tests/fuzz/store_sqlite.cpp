// SQLite databases in memory, through SQLite and page by page; logs.
// clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. this file and scanner/source,
// scanner/core.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "scanner/source/store/sqlite.h"
#include "scanner/source/store/sqlite_pages.h"

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
  store::read_sqlite(unpacking, bytes, origin, 0);
  const store::Bytes pages = store::Bytes::of(bytes);
  const store::Value value = [&](std::string_view text, const container::OriginPtr& at) {
    unpacking.deliver(text, at);
  };
  store::salvage_pages(unpacking, pages, origin, value);
  store::salvage_wal(unpacking, pages, pages, origin, value);
  store::read_free_pages(unpacking, pages, origin);
  return sum == 0xFFFFFFFFFFFFFFFFu ? 1 : 0;
}

// LevelDB logs: records, fragments, write batches.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "scanner/source/store/leveldb.h"
#include "tests/fuzz/unpacked.h"

using namespace kimiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto origin = fuzz::named(size % 2 == 0 ? "000004.log" : "MANIFEST-000004");
  container::Unpacking unpacking(fuzz::small_limits(), fuzz::every_byte());
  store::read_leveldb_log(unpacking, bytes, origin, 0);
  return 0;
}

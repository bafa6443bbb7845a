// LevelDB tables: footer, index, blocks, snappy, values.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scanner/source/store/leveldb.h"
#include "tests/fuzz/unpacked.h"

using namespace kimiguard;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const auto origin = fuzz::named("000005.ldb");
  container::Unpacking unpacking(fuzz::small_limits(), fuzz::every_byte());
  store::read_leveldb_table(unpacking, bytes, origin, 0);
  // The fuzzer rarely writes a footer of its own: these bytes as blocks behind an index of one entry.
  std::string table(bytes.substr(0, 1 << 16));
  const std::size_t index = table.size();
  const auto varint = [&](std::size_t n) {
    std::string out;
    for (; n >= 128; n >>= 7) out += static_cast<char>((n & 127) | 128);
    return out + static_cast<char>(n);
  };
  std::string footer = varint(0) + varint(0);
  const std::size_t block_size = index > 5 ? index - 5 : 0;
  const std::string handle = varint(0) + varint(block_size);
  std::string index_block = varint(0) + varint(1) + varint(handle.size()) + "z" + handle;
  index_block += std::string(4, '\0') + std::string("\1\0\0\0", 4);
  footer += varint(index) + varint(index_block.size());
  footer.resize(40, '\0');
  table += index_block + std::string(5, '\0') + footer + "\x57\xFB\x80\x8B\x24\x75\x47\xDB";
  container::Unpacking second(fuzz::small_limits(), fuzz::every_byte());
  store::read_leveldb_table(second, table, origin, 0);
  return 0;
}

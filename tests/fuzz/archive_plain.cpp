// Our own reader of zip and tar against libarchive: members, bytes, gaps and counts must be the same, whichever reads.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/fuzz/unpacked.h"
#include "tests/source/archive/plain_check.h"

using namespace kimiguard;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

// Sets the checksums of tar headers right: what was changed in one would else never be looked at.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 8 == 0) return size;
  for (std::size_t at = 0; at + 512 <= size; at += 512) {
    if (std::memcmp(data + at + 257, "ustar", 5) != 0) continue;
    std::memset(data + at + 148, ' ', 8);
    unsigned sum = 0;
    for (std::size_t i = 0; i < 512; ++i) sum += data[at + i];
    std::snprintf(reinterpret_cast<char*>(data) + at + 148, 7, "%06o", sum);
  }
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const archive::Kind kind = archive::kind_of(bytes.substr(0, 4096), "x");
  if (kind != archive::Kind::zip && kind != archive::Kind::tar) return -1;  // not worth keeping
  container::Limits limits = fuzz::small_limits();
  limits.piece_bytes = 4096;
  limits.overlap_bytes = 256;
  const auto plain = testing::read_out(bytes, "x", testing::Readers::plain_first, limits);
  const auto other = testing::read_out(bytes, "x", testing::Readers::libarchive_only, limits);
  if (const std::string different = testing::difference(plain, other); !different.empty()) {
    std::fprintf(stderr, "plain / libarchive: %s\n", different.c_str());
    std::abort();
  }
  return 0;
}

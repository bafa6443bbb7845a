// Random access to a file or to bytes in memory, for readers of formats with offsets.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace kimiguard::container {

struct Bytes {
  std::uint64_t size = 0;
  // Fills `size` bytes from `offset`; false if they are not all there.
  std::function<bool(std::uint64_t offset, char* into, std::size_t size)> read;

  static Bytes of(std::string_view bytes);  // `bytes` must outlive the result
  static Bytes of_descriptor(int fd);       // pread; `fd` must stay open
};

}  // namespace kimiguard::container

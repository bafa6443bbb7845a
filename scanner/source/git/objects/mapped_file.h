// A regular file mapped for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scanner/core/result.h"

namespace kimiguard::git {

// The mapping outlives a rename or removal of the file. A file that another process cuts short while
// it is mapped raises SIGBUS on access; git never does that to its packs.
class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  // Fails with `missing`, `permission` or `unreadable`; never blocks on a pipe or device.
  static Result<MappedFile> open(const std::string& path);

  std::string_view bytes() const { return {data_, size_}; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// The whole of a small file. Fails as MappedFile::open does, and with `limit` above max_bytes.
Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes);

}  // namespace kimiguard::git

// A part of a file in memory without copying it, safe against a file that becomes shorter meanwhile.
//
// Copying with read() costs 0.19 ms a megabyte here, mapping 0.05 (a tree with 122 MB in 81 large files: 12 ms
// of 35). But touching a mapped page behind the end of a file that somebody cuts short (a log that is rotated)
// raises SIGBUS. Inside of a window that signal is answered by putting an empty page there, and the window
// says afterwards that it was cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kimiguard::files {

// Belongs to one thread and lives no longer than a call in it: at most one a thread at a time.
class MappedWindow {
 public:
  // Maps `size` bytes from `offset` (a multiple of 64 KB) of a regular file. Check bytes(): empty if it could
  // not be mapped.
  MappedWindow(int descriptor, std::uint64_t offset, std::size_t size);
  ~MappedWindow();
  MappedWindow(const MappedWindow&) = delete;
  MappedWindow& operator=(const MappedWindow&) = delete;

  std::string_view bytes() const { return {data_, size_}; }
  // True if the file ended before the window: its bytes there read as zeros.
  bool cut() const;

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace kimiguard::files

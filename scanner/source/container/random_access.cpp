#include "scanner/source/container/random_access.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace kimiguard::container {

Bytes Bytes::of(std::string_view bytes) {
  return {bytes.size(), [bytes](std::uint64_t offset, char* into, std::size_t wanted) {
            if (offset > bytes.size() || wanted > bytes.size() - offset) return false;
            memcpy(into, bytes.data() + offset, wanted);
            return true;
          }};
}

Bytes Bytes::of_descriptor(int fd) {
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0 || info.st_size < 0) return of({});
  return {static_cast<std::uint64_t>(info.st_size),
          [fd](std::uint64_t offset, char* into, std::size_t wanted) {
            while (wanted > 0) {
              const ssize_t got = pread(fd, into, wanted, static_cast<off_t>(offset));
              if (got < 0 && errno == EINTR) continue;
              if (got <= 0) return false;
              into += got;
              offset += static_cast<std::uint64_t>(got);
              wanted -= static_cast<std::size_t>(got);
            }
            return true;
          }};
}

}  // namespace kimiguard::container

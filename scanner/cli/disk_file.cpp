#include "scanner/cli/disk_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace kimiguard::cli {

Result<std::string> read_whole_file(const std::string& path, std::size_t most) {
  const bool standard_input = path == "-";
  const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    const int why = errno;
    return Error{why == ENOENT ? "not-there" : "unreadable",
                 "cannot read " + path + ": " + std::strerror(why)};
  }
  std::string bytes;
  std::array<char, 65536> buffer{};
  Result<std::string> result{std::string()};
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      result = Error{"unreadable", "cannot read " + path + ": " + std::strerror(errno)};
      break;
    }
    if (n == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
    if (bytes.size() > most) {
      result = Error{"too-large", path + " is larger than " + std::to_string(most >> 20) + " MiB"};
      break;
    }
  }
  if (!standard_input) ::close(fd);
  if (result) *result = std::move(bytes);
  return result;
}

bool is_plain_file(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace kimiguard::cli

#include "scanner/source/git/objects/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace kimiguard::git {
namespace {

// Files up to this size are read: a mapping costs two calls and a page fault more, which is most of the time of
// a loose tree.
constexpr std::size_t kSmall = 16384;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)), error_(fd_ < 0 ? errno : 0) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }
  int error() const { return error_; }

 private:
  int fd_;
  int error_;
};

Error error_for(const std::string& path, int number) {
  const char* code = "unreadable";
  if (number == ENOENT || number == ENOTDIR) code = "missing";
  if (number == EACCES || number == EPERM) code = "permission";
  return Error{code, path + ": " + std::strerror(number)};
}

}  // namespace

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  if (size_ <= kSmall)
    std::free(data_);
  else
    ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  const Descriptor file(path);
  if (file.fd() < 0) return error_for(path, file.error());
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return error_for(path, errno);
  if (!S_ISREG(status.st_mode)) return Error{"unreadable", path + ": not a regular file"};
  MappedFile mapped;
  mapped.size_ = static_cast<std::size_t>(status.st_size);
  if (mapped.size_ == 0) return mapped;
  if (mapped.size_ <= kSmall) {
    mapped.data_ = static_cast<char*>(std::malloc(mapped.size_));
    if (mapped.data_ == nullptr) throw std::bad_alloc();
    for (std::size_t have = 0; have < mapped.size_;) {
      const ssize_t n = ::read(file.fd(), mapped.data_ + have, mapped.size_ - have);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return error_for(path, errno);
      if (n == 0) return Error{"unreadable", path + ": became shorter while it was read"};
      have += static_cast<std::size_t>(n);
    }
    return mapped;
  }
  void* address = ::mmap(nullptr, mapped.size_, PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (address == MAP_FAILED) {
    mapped.size_ = 0;
    return error_for(path, errno);
  }
  mapped.data_ = static_cast<char*>(address);
  return mapped;
}

Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(path);
  if (file.fd() < 0) return error_for(path, file.error());
  struct stat status {};
  if (::fstat(file.fd(), &status) != 0) return error_for(path, errno);
  if (!S_ISREG(status.st_mode)) return Error{"unreadable", path + ": not a regular file"};
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes)
    return Error{"limit", path + ": larger than what is read of such a file"};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(file.fd(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_for(path, errno);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

}  // namespace kimiguard::git

#include "scanner/source/store/private_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace kimiguard::store {
namespace {

constexpr std::size_t kSlots = 64;
constexpr std::size_t kPathSize = 512;
constexpr const char* kFiles[] = {"/db", "/db-wal", "/db-journal", "/db-shm"};

// A signal handler may allocate nothing, so the folders stand in a fixed table.
struct Slot {
  std::atomic<int> state{0};  // 0 free, 1 being filled, 2 in use
  char folder[kPathSize] = {};
};
std::array<Slot, kSlots>
    slots;  // NOLINT: reached from signal handlers only through remove_private_copies

void remove_folder(const char* folder) noexcept {
  char path[kPathSize + 16];
  const std::size_t length = strnlen(folder, kPathSize - 1);
  for (const char* file : kFiles) {
    memcpy(path, folder, length);
    memcpy(path + length, file, strlen(file) + 1);
    unlink(path);
  }
  rmdir(folder);
}

int take_slot(const std::string& folder) {
  if (folder.size() >= kPathSize) return -1;
  for (std::size_t i = 0; i < kSlots; ++i) {
    int free_state = 0;
    if (slots[i].state.compare_exchange_strong(free_state, 1)) {
      memcpy(slots[i].folder, folder.c_str(), folder.size() + 1);
      slots[i].state.store(2);
      return static_cast<int>(i);
    }
  }
  return -1;
}

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

struct Stamp {
  off_t size = -1;
  timespec changed{};
  bool operator==(const Stamp& o) const {
    return size == o.size && changed.tv_sec == o.changed.tv_sec && changed.tv_nsec == o.changed.tv_nsec;
  }
};

Stamp stamp_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_size, info.st_mtim};
}

// 0, or errno.
int copy_file(const std::string& from, const std::string& to) {
  const Descriptor in(open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.fd < 0) return errno;
  struct stat info {};
  if (fstat(in.fd, &info) != 0) return errno;
  if (!S_ISREG(info.st_mode)) return EINVAL;
  const Descriptor out(open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (out.fd < 0) return errno;
  std::vector<char> buffer(1 << 20);
  while (true) {
    const ssize_t got = read(in.fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = write(out.fd, buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return errno;
      done += put;
    }
  }
}

std::string make_folder(std::uint64_t need) {
  const char* places[] = {std::getenv("XDG_RUNTIME_DIR"), std::getenv("TMPDIR"), "/tmp"};
  for (const char* place : places) {
    if (!place || place[0] != '/') continue;
    struct statvfs room {};
    if (statvfs(place, &room) != 0) continue;
    // Twice the size: SQLite may grow the copy while it recovers, and others need the place too.
    if (static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize < 2 * need) continue;
    std::string folder = std::string(place) + "/kimiguard-XXXXXX";
    if (mkdtemp(folder.data())) return folder;  // mkdtemp makes it 0700
  }
  return {};
}

}  // namespace

Result<PrivateCopy> PrivateCopy::make(const std::string& path) {
  const Stamp size = stamp_of(path);
  if (size.size < 0) return Error{"unreadable", "the database cannot be opened"};
  const auto extra = [&](const char* suffix) {
    return static_cast<std::uint64_t>(std::max<off_t>(stamp_of(path + suffix).size, 0));
  };
  std::string folder =
      make_folder(static_cast<std::uint64_t>(size.size) + extra("-wal") + extra("-journal"));
  if (folder.empty())
    return Error{"no_room", "no folder for a private copy has enough room; set TMPDIR to one that has"};
  const int slot = take_slot(folder);
  if (slot < 0) {
    rmdir(folder.c_str());
    return Error{"no_room", "too many private copies are open at once"};
  }
  PrivateCopy copy(std::move(folder), slot);
  for (int attempt = 0; attempt < 3; ++attempt) {
    // The log goes last: a checkpoint between the two copies then leaves a log whose frames are in the
    // database already, which is harmless; the other order could lose them.
    const char* suffixes[] = {"", "-journal", "-wal"};
    Stamp before[3];
    for (int i = 0; i < 3; ++i) before[i] = stamp_of(path + suffixes[i]);
    for (int i = 0; i < 3; ++i) {
      const std::string target = copy.database() + suffixes[i];
      if (before[i].size < 0) {
        unlink(target.c_str());
        continue;
      }
      const int failed = copy_file(path + suffixes[i], target);
      if (failed == ENOENT && i > 0) {
        unlink(target.c_str());
        continue;
      }
      if (failed == ENOSPC || failed == EDQUOT)
        return Error{"no_room", "the folder for the private copy is full"};
      if (failed != 0) return Error{"unreadable", std::strerror(failed)};
    }
    copy.torn_ = false;
    for (int i = 0; i < 3; ++i) copy.torn_ |= !(stamp_of(path + suffixes[i]) == before[i]);
    if (!copy.torn_) break;
  }
  return copy;
}

PrivateCopy::PrivateCopy(PrivateCopy&& other) noexcept
    : folder_(std::move(other.folder_)), slot_(std::exchange(other.slot_, -1)), torn_(other.torn_) {
  other.folder_.clear();
}

PrivateCopy::~PrivateCopy() {
  if (slot_ < 0) return;
  remove_folder(folder_.c_str());
  slots[static_cast<std::size_t>(slot_)].state.store(0);
}

void remove_private_copies() noexcept {
  const int saved = errno;
  for (Slot& slot : slots) {
    if (slot.state.load() == 2) remove_folder(slot.folder);
  }
  errno = saved;
}

}  // namespace kimiguard::store

#include "scanner/source/files/mapped_window.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <mutex>

namespace kimiguard::files {
namespace {

// The window of this thread. A signal handler needs it; nothing else may be reached from one.
struct Guarded {
  std::uintptr_t begin;
  std::uintptr_t end;
  bool cut;
};
thread_local volatile Guarded guarded{0, 0, false};

struct sigaction before;

// mmap is safe in a handler: it is a system call and nothing else.
void on_bus_error(int number, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (address >= guarded.begin && address < guarded.end) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    void* at = reinterpret_cast<void*>(address & ~(page - 1));
    if (::mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
      guarded.cut = true;
      return;
    }
  }
  // Not ours: as if this handler were not there.
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(number, info, context);
    return;
  }
  ::sigaction(number, &before, nullptr);
}

bool install() {
  static std::once_flag once;
  static bool installed = false;
  std::call_once(once, [] {
    struct sigaction ours {};
    ours.sa_sigaction = on_bus_error;
    ours.sa_flags = SA_SIGINFO;
    sigemptyset(&ours.sa_mask);
    installed = ::sigaction(SIGBUS, &ours, &before) == 0;
  });
  return installed;
}

}  // namespace

MappedWindow::MappedWindow(int descriptor, std::uint64_t offset, std::size_t size) {
  if (size == 0 || !install()) return;
  // Not MAP_POPULATE: it looks each page up once more, where a fault maps sixteen (189 MB looked at, 27.4 ms against 29.7).
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, static_cast<off_t>(offset));
  if (address == MAP_FAILED) return;
  data_ = static_cast<const char*>(address);
  size_ = size;
  guarded.cut = false;
  guarded.begin = reinterpret_cast<std::uintptr_t>(address);
  guarded.end = guarded.begin + size;
}

MappedWindow::~MappedWindow() {
  if (data_ == nullptr) return;
  guarded.begin = 0;
  guarded.end = 0;
  ::munmap(const_cast<char*>(data_), size_);
}

bool MappedWindow::cut() const { return guarded.cut; }

}  // namespace kimiguard::files

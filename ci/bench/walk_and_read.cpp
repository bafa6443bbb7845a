// walk_and_read ROOT [THREADS]: walks a folder, reads every regular file once into a buffer that is kept, and does
// nothing else: openat, read, close. What any scanner of the tree pays; figures are ratios to it.
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

class Folders {
 public:
  explicit Folders(unsigned workers) : working_(workers) {}
  void push(std::string folder) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(folder));
    wake_.notify_one();
  }
  bool pop(std::string& folder) {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) {
      --working_;
      wake_.wait(lock, [&] { return !waiting_.empty() || working_ == 0; });
      if (waiting_.empty()) {
        wake_.notify_all();
        return false;
      }
      ++working_;
    }
    folder = std::move(waiting_.back());
    waiting_.pop_back();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> waiting_;
  unsigned working_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 2;
  Folders folders(threads);
  folders.push(argv[1]);
  std::atomic<unsigned long long> files{0};
  std::atomic<unsigned long long> bytes{0};
  const auto work = [&] {
    constexpr std::size_t kBuffer = 256 << 10;
    char* buffer = static_cast<char*>(std::malloc(kBuffer));
    unsigned long long my_files = 0;
    unsigned long long my_bytes = 0;
    std::string folder;
    while (folders.pop(folder)) {
      DIR* open = ::opendir(folder.c_str());
      if (open == nullptr) continue;
      while (const dirent* entry = ::readdir(open)) {
        const std::string name = entry->d_name;
        if (name == "." || name == ".." || name == ".git") continue;
        if (entry->d_type == DT_DIR) folders.push(folder + '/' + name);
        if (entry->d_type != DT_REG) continue;
        const int file = ::openat(::dirfd(open), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ssize_t n = 0;
        do {
          n = ::read(file, buffer, kBuffer);
          if (n > 0) my_bytes += static_cast<unsigned long long>(n);
        } while (n == static_cast<ssize_t>(kBuffer));
        ::close(file);
        ++my_files;
      }
      ::closedir(open);
    }
    files += my_files;
    bytes += my_bytes;
    std::free(buffer);
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  std::printf("%llu files, %llu bytes\n", files.load(), bytes.load());
  return 0;
}

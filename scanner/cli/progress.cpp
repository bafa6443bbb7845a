#include "scanner/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace kimiguard::cli {
namespace {

std::string human(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace

Progress::Progress(bool wanted, std::string language) : language_(std::move(language)) {
  const char* term = std::getenv("TERM");
  if (!wanted || ::isatty(STDERR_FILENO) == 0 || (term != nullptr && std::string_view(term) == "dumb")) return;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    if (stop_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) return;
    while (!stopping_) {
      draw();
      stop_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stopping_; });
    }
  });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void Progress::stage(std::string what, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
  total_ = total;
  done = 0;
  bytes = 0;
}

void Progress::draw() {
  winsize size{};
  const std::size_t width = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  const std::uint64_t count = done.load(std::memory_order_relaxed);
  const std::uint64_t read = bytes.load(std::memory_order_relaxed);
  std::string line = what_ + "  ";
  if (total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(count) / static_cast<double>(total_));
    const std::size_t room = width > 60 ? 24 : 10;
    const auto full = static_cast<std::size_t>(part * static_cast<double>(room));
    line += '[' + std::string(full, '#') + std::string(room - full, '.') + "] " + std::to_string(static_cast<int>(part * 100)) + "%  ";
  }
  line += std::to_string(count);
  if (read > 0) line += "  " + human(read);
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "  %.0f s", seconds);
  line += time.data();
  if (line.size() + 1 > width) line.resize(width - 1);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace kimiguard::cli

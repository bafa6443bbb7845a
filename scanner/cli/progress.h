// A progress line on a terminal, for work that takes longer than a second.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace kimiguard::cli {

// Counts may be raised from any thread. The line is drawn on standard error by a thread of its own, begins
// after a second, is redrawn ten times a second and is wiped at the end. Without a terminal nothing is drawn.
class Progress {
 public:
  explicit Progress(bool wanted, std::string language);
  ~Progress();

  // What is going on now: "files", "history of .git"; `total` of the unit that `done` counts, 0 if unknown.
  void stage(std::string what, std::uint64_t total = 0);

  std::atomic<std::uint64_t> done{0};   // files, objects
  std::atomic<std::uint64_t> bytes{0};

 private:
  void draw();

  bool shown_ = false;
  std::string language_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::string what_;
  std::uint64_t total_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

}  // namespace kimiguard::cli

// The same work on several threads.
#pragma once

#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace kimiguard::git {

// Calls work(i) for i in [0, threads), the last on the calling thread, and waits for all. The first
// exception is thrown again here.
template <class Work>
void on_threads(unsigned threads, const Work& work) {
  std::exception_ptr failure;
  std::mutex mutex;
  const auto guarded = [&](unsigned index) {
    try {
      work(index);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 0; i + 1 < threads; ++i) others.emplace_back(guarded, i);
  guarded(threads == 0 ? 0 : threads - 1);
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace kimiguard::git

// Time for tests that something is not slow beyond all measure: that of this process on processors, so that a busy
// machine does not turn them red. What can be counted is counted instead.
#pragma once

#include <ctime>

namespace kimiguard::test {

// Seconds that the threads of this process have run so far, together.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace kimiguard::test

// A private copy of a database and its journals, so that the original is never locked, written or
// touched, whatever SQLite decides to recover.
#pragma once

#include <cstdint>
#include <string>

#include "scanner/core/result.h"

namespace kimiguard::store {

// A folder of mode 0700 below $XDG_RUNTIME_DIR (or $TMPDIR, or /tmp, whichever first has the room)
// with the files `db`, `db-wal` and `db-journal`. Removed by the destructor, and by
// remove_private_copies() from a signal handler.
class PrivateCopy {
 public:
  // Copies `path`, `path-wal` and `path-journal` (the last two where they are); `path-shm` is not
  // copied: SQLite builds it anew. A copy that changed under the hands is made again, twice at most;
  // `torn()` tells if it still had changed. Errors: "unreadable", "no_room".
  static Result<PrivateCopy> make(const std::string& path);

  PrivateCopy(PrivateCopy&& other) noexcept;
  PrivateCopy& operator=(PrivateCopy&&) = delete;
  ~PrivateCopy();

  std::string database() const { return folder_ + "/db"; }
  bool torn() const { return torn_; }

 private:
  PrivateCopy(std::string folder, int slot) : folder_(std::move(folder)), slot_(slot) {}

  std::string folder_;
  int slot_ = -1;
  bool torn_ = false;
};

// Removes every private copy of this process. Async-signal-safe (unlink and rmdir only): call it
// from the handlers of SIGINT, SIGTERM and SIGHUP, and before _exit. Needs the one table this
// program keeps outside its objects.
void remove_private_copies() noexcept;

}  // namespace kimiguard::store

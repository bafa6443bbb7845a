// Every regular file below a folder, read once, by several threads.
//
// In: a root. Out: pieces of files to one visitor a thread, and a Coverage of what was left out. Never
// follows a link (a target inside the root is met by itself; one outside is named), never enters a
// `.git` folder or the object folder of a bare repository: those are announced instead.
//
// Three system calls a file (openat, read, close): no stat, because a short read ends a regular file,
// and getdents tells the type.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"

namespace kimiguard::files {

// A file is handed over in pieces of at most kPiece + kOverlap bytes; each piece but the first begins with
// the last kOverlap bytes of the one before, or with as many zeros where a hole of a sparse file was passed over. What ends in the last kLater bytes of a piece that is not the
// last is for the next piece to report, so that everything is reported with kLater bytes around it.
//
// Measured over 140 MB of which 122 MB are in large files: a buffer that fits the second level cache beats
// one of 4 MB by a quarter, because what read() has just copied is scanned where it lies.
inline constexpr std::size_t kPiece = 512 << 10;
inline constexpr std::size_t kOverlap = 64 << 10;
inline constexpr std::size_t kLater = 32 << 10;

struct Piece {
  std::string_view bytes;     // valid during the call
  std::uint64_t offset = 0;   // of bytes[0] in the file
  std::uint64_t seen = 0;     // leading bytes whose matches the piece before reported
  std::uint64_t later = 0;    // trailing bytes whose matches the next piece reports
  bool whole = false;         // this is the whole file
  bool last = false;
};

// What is known of an open file. Valid during the call.
struct OpenFile {
  std::string_view path;      // root as given, "/" and the path below it
  std::string_view name;      // last part
  int descriptor = -1;        // open for reading at no particular offset
  bool rereadable = false;    // pread from 0 gives the file again: not a pipe, not standard input
  std::uint32_t mode() const; // st_mode by fstat, 0 if that fails
  std::uint64_t size() const; // by fstat
};

// One a thread; called from that thread only.
class Visitor {
 public:
  virtual ~Visitor() = default;
  // Called for each piece in order. Return false to skip the rest of the file.
  virtual bool piece(const OpenFile& file, const Piece& piece) = 0;
  // A name (of a file, folder or link) or a link's target that is long enough to hold a key.
  virtual void long_name(std::string_view path, std::string_view text, bool link_target) = 0;
  // A folder that is a repository: `path` is the work tree's folder with .git, or the bare one.
  virtual void repository(std::string_view path, bool bare) = 0;
  // What the visitor could not do is added to the walk's coverage.
  virtual Coverage coverage() { return {}; }
};

struct WalkOptions {
  unsigned threads = 1;
  // Asked for each entry when set: true leaves it out (not counted, not named). Any thread.
  std::function<bool(std::string_view path, bool folder)> leave_out;
  // Counts for a progress bar, if wanted: files and bytes so far.
  std::function<void(std::uint64_t files, std::uint64_t bytes)> progress;
};

using VisitorFactory = std::function<std::unique_ptr<Visitor>(unsigned thread)>;

// Walks `root` (a folder; as the user gave it). Visitors are made before and destroyed after the walk
// on the calling thread, in order of thread.
Coverage walk_folder(const std::string& root, const WalkOptions& options, const VisitorFactory& factory);

// The files at `paths`, which the caller found itself, by several threads; links are followed. In the
// order of the list as far as one thread goes: neighbours go to the same visitor.
Coverage read_files(const std::vector<std::string>& paths, const WalkOptions& options, const VisitorFactory& factory);

// One file, on the calling thread. `path` may be a link: the user named it. Special files (a pipe, a
// device) are read to their end.
Coverage read_file(const std::string& path, Visitor& visitor);

// Everything that `descriptor` gives, to its end (standard input, a pipe), as one file called `path`.
Coverage read_stream(int descriptor, const std::string& path, Visitor& visitor);

// "permission denied" and so on, for Gap::reason; and the short code for Gap::code.
Gap gap_of_errno(int error, std::string place);

}  // namespace kimiguard::files

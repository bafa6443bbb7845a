#include "scanner/source/files/file_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "scanner/source/files/mapped_window.h"

namespace kimiguard::files {
namespace {

// A name shorter than the shortest key cannot hold one.
constexpr std::size_t kLongName = 51;
// Files of one folder that another thread may take.
constexpr std::size_t kShare = 64;
constexpr std::size_t kFirstBuffer = 256 << 10;
// What is read before it is known that a file is large: one that is mapped is read in vain so far (a tree with
// 122 MB in 81 large files: 16 MB less to copy, 3 ms of 58).
constexpr std::size_t kFirstRead = 64 << 10;
// Of a file that is mapped, at a time; a multiple of kOverlap.
constexpr std::size_t kWindow = 4 << 20;
// For getdents64: a folder of a thousand files at once.
constexpr std::size_t kEntries = 64 << 10;

struct LinuxDirent {  // getdents64(2)
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[1];
};

// What it means to read on a file system.
enum class FileSystem {
  exact,   // a short read of a regular file is its end
  other,   // FUSE, network: read until nothing comes
  kernels  // /proc, /sys and their like: no files, and some never end (pagemap, kcore)
};

// Numbers: linux/magic.h, those of file systems by the name in the comment.
FileSystem file_system_of(int descriptor) {
  struct statfs system {};
  if (::fstatfs(descriptor, &system) != 0) return FileSystem::other;
  switch (static_cast<unsigned long>(system.f_type)) {
    case 0x9FA0:      // proc
    case 0x62656572:  // sysfs
    case 0x64626720:  // debugfs
    case 0x74726163:  // tracefs
    case 0x73636673:  // securityfs
    case 0x27E0EB:    // cgroup
    case 0x63677270:  // cgroup2
    case 0xCAFE4A11:  // bpf
    case 0x6165676C:  // pstore
    case 0x62656570:  // configfs
    case 0xF97CFF8C:  // selinuxfs
      return FileSystem::kernels;
    case 0xEF53:      // ext2, ext3, ext4
    case 0x58465342:  // xfs
    case 0x9123683E:  // btrfs
    case 0x01021994:  // tmpfs
    case 0x794C7630:  // overlayfs
    case 0x2FC12FC1:  // zfs
    case 0xF2F52010:  // f2fs
      return FileSystem::exact;
    default: return FileSystem::other;
  }
}

bool reads_whole(int descriptor) { return file_system_of(descriptor) == FileSystem::exact; }

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  // Closes it, and holds `fd` from now on.
  void reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A folder to read, or some files of one.
struct Job {
  std::string folder;              // below the root, "" for the root itself
  std::vector<std::string> files;  // empty: list the folder
};

// Jobs that nobody does yet. Last in, first out: few are waiting at a time.
class JobStack {
 public:
  explicit JobStack(unsigned workers) : working_(workers) {}

  void push(std::vector<Job>&& jobs) {
    if (jobs.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      for (Job& job : jobs) jobs_.push_back(std::move(job));
      lying_.store(static_cast<unsigned>(jobs_.size()), std::memory_order_relaxed);
    }
    if (waiting_.load(std::memory_order_relaxed) > 0) wake_.notify_all();
    jobs.clear();
  }

  // Nothing when every job is done.
  std::optional<Job> pop() {
    std::unique_lock lock(mutex_);
    if (jobs_.empty()) {
      --working_;
      waiting_.fetch_add(1, std::memory_order_relaxed);
      wake_.wait(lock, [&] { return !jobs_.empty() || working_ == 0; });
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      if (jobs_.empty()) {
        wake_.notify_all();
        return std::nullopt;
      }
      ++working_;
    }
    Job job = std::move(jobs_.back());
    jobs_.pop_back();
    lying_.store(static_cast<unsigned>(jobs_.size()), std::memory_order_relaxed);
    return job;
  }

  // Whether a thread has nothing to do, and nothing lies here that it is about to take.
  bool lacks_jobs() const { return waiting_.load(std::memory_order_relaxed) > lying_.load(std::memory_order_relaxed); }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;
  unsigned working_;
  std::atomic<unsigned> waiting_{0};
  std::atomic<unsigned> lying_{0};  // jobs_.size()
};

ssize_t read_fully(int fd, char* to, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(fd, to + done, size - done);
    if (n < 0) {
      if (errno == EINTR) continue;
      return done > 0 ? static_cast<ssize_t>(done) : -1;
    }
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

// Reads one file in pieces with a buffer that is kept from file to file and never cleared: fresh pages
// cost more than the reading.
class PieceReader {
 public:
  // False if nothing could be read (errno is set). `exact`: a short read is the end.
  bool read(const OpenFile& file, Visitor& visitor, bool exact, std::uint64_t& bytes) {
    if (size_ == 0) grow(kFirstBuffer);
    const ssize_t n = exact ? ::read(file.descriptor, buffer_.get(), kFirstRead) : read_fully(file.descriptor, buffer_.get(), size_);
    if (n < 0) return false;
    auto have = static_cast<std::size_t>(n);
    if (have == kFirstRead && exact) {
      struct stat status {};
      if (::fstat(file.descriptor, &status) == 0 && S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > kFirstBuffer)
        return mapped(file, visitor, status, bytes);
      const ssize_t more = read_fully(file.descriptor, buffer_.get() + have, size_ - have);
      if (more < 0) return false;
      have += static_cast<std::size_t>(more);
    }
    if (have == size_ && size_ < kPiece + kOverlap) {
      grow(kPiece + kOverlap, have);
      const ssize_t more = read_fully(file.descriptor, buffer_.get() + have, size_ - have);
      if (more < 0) return false;
      have += static_cast<std::size_t>(more);
    }
    std::uint64_t offset = 0;
    std::size_t kept = 0;  // leading bytes that the piece before had
    while (true) {
      const bool last = have < size_;
      bytes += have - kept;
      const Piece piece{{buffer_.get(), have}, offset, kept > 0 ? kept - kLater : 0, last ? 0 : kLater, last && offset == 0, last};
      if (!visitor.piece(file, piece) || last) return true;
      // The tail goes first into the next piece.
      std::memmove(buffer_.get(), buffer_.get() + have - kOverlap, kOverlap);
      offset += have - kOverlap;
      kept = kOverlap;
      const ssize_t next = read_fully(file.descriptor, buffer_.get() + kept, size_ - kept);
      if (next < 0) return false;
      have = kept + static_cast<std::size_t>(next);
    }
  }

 private:
  // In windows of the file itself. False (errno ESTALE) if it became shorter; what was there was looked at.
  static bool mapped(const OpenFile& file, Visitor& visitor, const struct stat& status, std::uint64_t& bytes) {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const bool sparse = static_cast<std::uint64_t>(status.st_blocks) * 512 < size;
    std::uint64_t offset = 0;
    while (true) {
      const std::size_t have = static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, kWindow));
      const bool last = offset + have == size;
      const MappedWindow window(file.descriptor, offset, have);
      if (window.bytes().empty()) return false;
      bytes += have - (offset > 0 ? kOverlap : 0);
      const Piece piece{window.bytes(), offset, offset > 0 ? kOverlap - kLater : 0, last ? 0 : kLater, last && offset == 0, last};
      const bool more = visitor.piece(file, piece);
      if (window.cut()) {
        errno = ESTALE;
        return false;
      }
      if (!more || last) return true;
      offset += have - kOverlap;
      if (!sparse) continue;
      const std::uint64_t behind = behind_hole(file.descriptor, offset, size);
      bytes += behind - offset;
      offset = behind;
    }
  }

  // Where the next window begins when the one before ends kOverlap behind `offset`: there, or, if that end and what
  // follows lies in a hole of the file, kOverlap before the hole's end. A hole reads as zeros, and at the speed of
  // memory: a file that takes no space (a disk image, lastlog) can claim 16 TB, a morning's work.
  static std::uint64_t behind_hole(int descriptor, std::uint64_t offset, std::uint64_t size) {
    const off_t found = ::lseek(descriptor, static_cast<off_t>(offset), SEEK_DATA);
    if (found < 0 && errno != ENXIO) return offset;  // ENXIO: no data up to the end
    const std::uint64_t data = found < 0 ? size - 1 : static_cast<std::uint64_t>(found);
    if (data < offset + 2 * kOverlap) return offset;
    return data / kOverlap * kOverlap - kOverlap;
  }

  // Keeps the first `have` bytes.
  void grow(std::size_t size, std::size_t have = 0) {
    std::unique_ptr<char[]> larger(new char[size]);
    if (have > 0) std::memcpy(larger.get(), buffer_.get(), have);
    buffer_ = std::move(larger);
    size_ = size;
  }

  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
};

// Everything the threads of one walk share.
struct Walk {
  Walk(std::string given, const WalkOptions& wanted)
      : root(std::move(given)), options(wanted), jobs(std::max(1u, wanted.threads)) {
    shown_root = root;
    while (shown_root.size() > 1 && shown_root.back() == '/') shown_root.pop_back();
    if (const std::unique_ptr<char, decltype(&std::free)> real(::realpath(root.c_str(), nullptr), std::free); real)
      real_root = real.get();
  }
  std::string root;
  std::string shown_root;
  std::string real_root;
  const WalkOptions& options;
  JobStack jobs;
  std::atomic<std::uint64_t> files{0};
  std::atomic<std::uint64_t> bytes{0};

  std::string shown(std::string_view below) const {
    if (below.empty()) return shown_root;
    return (shown_root == "/" ? shown_root : shown_root + "/") + std::string(below);
  }
};

class Worker {
 public:
  Worker(Walk& walk, Visitor& visitor) : walk_(walk), visitor_(visitor), entries_(new char[kEntries]) {}

  void run(int root) {
    while (std::optional<Job> job = walk_.jobs.pop()) {
      const Descriptor folder = open_folder(root, job->folder);
      if (!folder) {
        coverage_.gaps.push_back(gap_of_errno(errno, walk_.shown(job->folder)));
      } else {
        const FileSystem system = file_system_of(folder.get());
        if (system == FileSystem::kernels) {
          // A PATH of its own was asked for, and is not read; one on the way is what nobody means.
          coverage_.gaps.push_back({job->folder.empty() ? GapKind::unreadable : GapKind::set_aside, "kernel-files",
                                    walk_.shown(job->folder), "the kernel's own, not files; name the one that is meant", 1});
          report();
          continue;
        }
        short_read_ends_ = system == FileSystem::exact;
        if (job->files.empty()) list(folder.get(), job->folder);
        files(folder.get(), job->folder, job->files);
      }
      report();
    }
  }

  Coverage coverage() { return std::move(coverage_); }

 private:
  // In steps, for paths longer than the kernel takes at once.
  static Descriptor open_folder(int root, std::string_view below) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (below.empty()) return Descriptor(::openat(root, ".", kFlags));
    int from = root;
    std::optional<Descriptor> held;
    while (true) {
      std::size_t cut = below.size();
      if (cut >= PATH_MAX - 1) {
        cut = below.rfind('/', PATH_MAX - 2);
        if (cut == std::string_view::npos || cut == 0) {
          errno = ENAMETOOLONG;
          return Descriptor(-1);
        }
      }
      Descriptor next(::openat(from, std::string(below.substr(0, cut)).c_str(), kFlags));
      if (!next || cut == below.size()) return next;
      below.remove_prefix(cut + 1);
      held.emplace(std::move(next));
      from = held->get();
    }
  }

  void list(int folder, const std::string& below) {
    std::vector<std::string> names;
    std::vector<std::string> folders;
    std::vector<std::string> links;
    bool head = false, objects = false, refs = false, git = false;
    while (true) {
      const long n = ::syscall(SYS_getdents64, folder, entries_.get(), kEntries);
      if (n < 0) {
        coverage_.gaps.push_back(gap_of_errno(errno, walk_.shown(below)));
        break;
      }
      if (n == 0) break;
      for (long at = 0; at < n;) {
        const auto* entry = reinterpret_cast<const LinuxDirent*>(entries_.get() + at);
        at += entry->length;
        const std::string_view name = entry->name;
        if (name == "." || name == "..") continue;
        unsigned char type = entry->type;
        if (type == DT_UNKNOWN) type = type_by_stat(folder, entry->name);
        if (name == ".git") {
          git = true;
          if (type == DT_DIR) continue;
        }
        head = head || name == "HEAD";
        objects = objects || (name == "objects" && type == DT_DIR);
        refs = refs || (name == "refs" && type == DT_DIR);
        if (name.size() >= kLongName) visitor_.long_name(walk_.shown(join(below, name)), name, false);
        if (walk_.options.leave_out && walk_.options.leave_out(walk_.shown(join(below, name)), type == DT_DIR)) continue;
        if (type == DT_REG)
          names.emplace_back(name);
        else if (type == DT_DIR)
          folders.emplace_back(name);
        else if (type == DT_LNK)
          links.emplace_back(name);
        else
          coverage_.gaps.push_back({GapKind::set_aside, "special-file", walk_.shown(join(below, name)),
                                    "a pipe, socket or device is not read", 1});
      }
    }
    const bool bare = head && objects && refs;
    if (git) visitor_.repository(walk_.shown(below), false);
    if (bare) visitor_.repository(walk_.shown(below), true);
    std::vector<Job> jobs;
    for (const std::string& name : folders)
      if (!(bare && (name == "objects" || name == "refs" || name == "logs"))) jobs.push_back({join(below, name), {}});
    // Let others have a share of a large folder before the files are read.
    while (names.size() > 2 * kShare && walk_.options.threads > 1) {
      Job job{below, {}};
      job.files.assign(std::make_move_iterator(names.end() - kShare), std::make_move_iterator(names.end()));
      names.resize(names.size() - kShare);
      jobs.push_back(std::move(job));
    }
    walk_.jobs.push(std::move(jobs));
    for (const std::string& name : links) link(folder, below, name);
    files(folder, below, names);
  }

  // Hands half of what is left to a thread that has nothing to do: a folder may hold most of a tree's bytes (in
  // RooCodeInc/Roo-Code 115 of 139 MB lie in 72 files of one, which one thread read while the other waited).
  void files(int folder, const std::string& below, std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names.size() - i > 1 && walk_.jobs.lacks_jobs()) {
        const auto half = names.begin() + static_cast<std::ptrdiff_t>(i + (names.size() - i + 1) / 2);
        std::vector<Job> jobs(1, Job{below, {}});
        jobs[0].files.assign(std::make_move_iterator(half), std::make_move_iterator(names.end()));
        names.erase(half, names.end());
        walk_.jobs.push(std::move(jobs));
      }
      file(folder, below, names[i]);
    }
  }

  static unsigned char type_by_stat(int folder, const char* name) {
    struct stat status {};
    if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_REG;
    if (S_ISREG(status.st_mode)) return DT_REG;
    if (S_ISDIR(status.st_mode)) return DT_DIR;
    if (S_ISLNK(status.st_mode)) return DT_LNK;
    return DT_FIFO;
  }

  void link(int folder, const std::string& below, const std::string& name) {
    std::string target(PATH_MAX, '\0');
    const ssize_t n = ::readlinkat(folder, name.c_str(), target.data(), target.size());
    const std::string place = walk_.shown(join(below, name));
    if (n < 0) {
      coverage_.gaps.push_back(gap_of_errno(errno, place));
      return;
    }
    target.resize(static_cast<std::size_t>(n));
    if (target.size() >= kLongName) visitor_.long_name(place, target, true);
    // Inside the root the target is met by itself.
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(place.c_str(), nullptr), std::free);
    if (real == nullptr) return;  // it leads nowhere: there is nothing to read
    const std::string_view where = real.get();
    const bool inside = where == walk_.real_root || walk_.real_root == "/" ||
                        (where.starts_with(walk_.real_root) && where[walk_.real_root.size()] == '/');
    if (!inside)
      coverage_.gaps.push_back({GapKind::set_aside, "link-out", place, "a link that leads out of the scanned folder is not followed", 1});
  }

  void file(int folder, const std::string& below, const std::string& name) {
    const int fd = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
      if (errno != ENOENT)  // gone since it was listed
        coverage_.gaps.push_back(gap_of_errno(errno, walk_.shown(join(below, name))));
      return;
    }
    const Descriptor held(fd);
    path_.assign(walk_.shown_root);
    if (path_.back() != '/') path_ += '/';
    if (!below.empty()) (path_ += below) += '/';
    path_ += name;
    ++coverage_.files;
    const OpenFile open{path_, std::string_view(path_).substr(path_.size() - name.size()), fd, true};
    if (!reader_.read(open, visitor_, short_read_ends_, coverage_.bytes)) coverage_.gaps.push_back(gap_of_errno(errno, path_));
  }

  static std::string join(const std::string& below, std::string_view name) {
    std::string path;
    path.reserve(below.size() + name.size() + 1);
    if (!below.empty()) (path += below) += '/';
    return path += name;
  }

  void report() {
    if (!walk_.options.progress) return;
    const std::uint64_t files = walk_.files += coverage_.files - told_files_;
    const std::uint64_t bytes = walk_.bytes += coverage_.bytes - told_bytes_;
    told_files_ = coverage_.files;
    told_bytes_ = coverage_.bytes;
    walk_.options.progress(files, bytes);
  }

  Walk& walk_;
  Visitor& visitor_;
  PieceReader reader_;
  std::unique_ptr<char[]> entries_;
  std::string path_;
  Coverage coverage_;
  bool short_read_ends_ = false;
  std::uint64_t told_files_ = 0;
  std::uint64_t told_bytes_ = 0;
};

}  // namespace

std::uint32_t OpenFile::mode() const {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? status.st_mode : 0;
}

std::uint64_t OpenFile::size() const {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Gap gap_of_errno(int error, std::string place) {
  const auto made = [&](const char* code, const char* reason) {
    return Gap{GapKind::unreadable, code, std::move(place), reason, 1};
  };
  switch (error) {
    case EACCES:
    case EPERM: return made("permission", "permission denied");
    case ENOENT: return made("gone", "it was removed while the scan ran");
    case EIO: return made("io", "the device gave an input/output error");
    case ELOOP: return made("link", "it became a link while the scan ran");
    case ENAMETOOLONG: return made("name-too-long", "its path is longer than the system takes");
    case EMFILE:
    case ENFILE: return made("too-many-files", "too many open files");
    case ESTALE: return made("changed", "it became shorter while it was read");
    case EISDIR: return made("folder", "it is a folder");
    default: return made("unreadable", "it could not be read");
  }
}

Coverage walk_folder(const std::string& root, const WalkOptions& options, const VisitorFactory& factory) {
  Coverage total;
  const Descriptor top(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top) {
    total.gaps.push_back(gap_of_errno(errno, root));
    return total;
  }
  const unsigned threads = std::max(1u, options.threads);
  Walk walk(root, options);
  std::vector<std::unique_ptr<Visitor>> visitors;
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < threads; ++i) {
    visitors.push_back(factory(i));
    workers.push_back(std::make_unique<Worker>(walk, *visitors.back()));
  }
  std::vector<Job> first;
  first.push_back({});
  walk.jobs.push(std::move(first));
  std::vector<std::thread> running;
  for (unsigned i = 1; i < threads; ++i) running.emplace_back([&, i] { workers[i]->run(top.get()); });
  workers[0]->run(top.get());
  for (std::thread& thread : running) thread.join();
  for (unsigned i = 0; i < threads; ++i) {
    total.add(workers[i]->coverage());
    total.add(visitors[i]->coverage());
  }
  return total;
}

Coverage read_files(const std::vector<std::string>& paths, const WalkOptions& options, const VisitorFactory& factory) {
  constexpr std::size_t kTogether = 16;
  const unsigned threads =
      static_cast<unsigned>(std::clamp<std::size_t>(paths.size() / kTogether, 1, std::max(1u, options.threads)));
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> files{0};
  std::atomic<std::uint64_t> bytes{0};
  std::vector<std::unique_ptr<Visitor>> visitors;
  std::vector<Coverage> coverages(threads);
  for (unsigned i = 0; i < threads; ++i) visitors.push_back(factory(i));
  const auto work = [&](unsigned thread) {
    Coverage& coverage = coverages[thread];
    Visitor& visitor = *visitors[thread];
    PieceReader reader;
    std::string_view folder;
    Descriptor opened;
    bool exact = false;
    while (true) {
      const std::size_t first = next.fetch_add(kTogether, std::memory_order_relaxed);
      if (first >= paths.size()) return;
      const Coverage before{coverage.files, 0, coverage.bytes, 0, 0, 0, {}};
      const std::size_t end = std::min(first + kTogether, paths.size());
      for (std::size_t i = first; i < end; ++i) {
        const std::string& path = paths[i];
        const std::size_t slash = path.rfind('/');
        const std::size_t cut = slash == std::string::npos ? 0 : slash + 1;
        const std::string_view in = std::string_view(path).substr(0, cut);
        const bool entered = in != folder;
        if (entered) {
          folder = in;
          opened.reset();
          // A folder of several files is opened itself: the kernel then looks up one name a file.
          if (i + 1 < end && cut > 0 && std::string_view(paths[i + 1]).starts_with(in))
            opened.reset(::open(std::string(in).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        }
        constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
        const Descriptor file(opened ? ::openat(opened.get(), path.c_str() + cut, kFlags)
                                                : ::open(path.c_str(), kFlags));
        if (!file) {
          if (errno != ENOENT) coverage.gaps.push_back(gap_of_errno(errno, path));
          folder = {};
          continue;
        }
        // Links aside, the files of one folder lie on one file system.
        if (entered) exact = reads_whole(file.get());
        const OpenFile open{path, std::string_view(path).substr(cut), file.get()};
        if (open.name.size() >= kLongName) visitor.long_name(path, open.name, false);
        ++coverage.files;
        if (!reader.read(open, visitor, exact, coverage.bytes)) coverage.gaps.push_back(gap_of_errno(errno, path));
      }
      if (options.progress) {
        files += coverage.files - before.files;
        bytes += coverage.bytes - before.bytes;
        options.progress(files, bytes);
      }
    }
  };
  std::vector<std::thread> running;
  for (unsigned i = 1; i < threads; ++i) running.emplace_back(work, i);
  work(0);
  for (std::thread& thread : running) thread.join();
  Coverage total;
  for (unsigned i = 0; i < threads; ++i) {
    total.add(coverages[i]);
    total.add(visitors[i]->coverage());
  }
  return total;
}

Coverage read_file(const std::string& path, Visitor& visitor) {
  Coverage coverage;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) {
    coverage.gaps.push_back(gap_of_errno(errno, path));
    return coverage;
  }
  const std::size_t slash = path.rfind('/');
  struct stat status {};
  const bool regular = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
  const OpenFile open{path, std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1), file.get(), regular};
  if (open.name.size() >= kLongName) visitor.long_name(path, open.name, false);
  PieceReader reader;
  ++coverage.files;
  if (!reader.read(open, visitor, regular && reads_whole(file.get()), coverage.bytes))
    coverage.gaps.push_back(gap_of_errno(errno, path));
  coverage.add(visitor.coverage());
  return coverage;
}

Coverage read_stream(int descriptor, const std::string& path, Visitor& visitor) {
  Coverage coverage;
  const OpenFile open{path, path, descriptor, false};
  PieceReader reader;
  ++coverage.files;
  if (!reader.read(open, visitor, false, coverage.bytes)) coverage.gaps.push_back(gap_of_errno(errno, path));
  coverage.add(visitor.coverage());
  return coverage;
}

}  // namespace kimiguard::files

#include "scanner/source/git/repository/plain_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kimiguard::git {
namespace {

Error error_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return {"absent", "there is no such file"};
    case EACCES:
    case EPERM:
      return {"permission", "reading it is not permitted"};
    case ELOOP:
    case ENXIO:
      return {"special", "it is a link or a special file"};
    default:
      return {"unreadable", "it cannot be read"};
  }
}

// Closes a descriptor when it goes.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_with(const std::string& path, std::size_t limit, int extra_flags) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | extra_flags));
  if (fd.get() < 0) return error_of(errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return error_of(errno);
  if (!S_ISREG(status.st_mode)) return Error{"special", "it is not a regular file"};
  if (static_cast<std::uint64_t>(status.st_size) > limit) return Error{"limit", "it is too long"};
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  // The file may grow or shrink meanwhile; what was announced is what is taken.
  while (have < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0) {
      if (errno == EINTR) continue;
      return error_of(errno == EACCES ? EACCES : EIO);
    }
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

EntryKind kind_from_mode(mode_t mode) {
  if (S_ISREG(mode)) return EntryKind::file;
  if (S_ISDIR(mode)) return EntryKind::folder;
  if (S_ISLNK(mode)) return EntryKind::link;
  return EntryKind::other;
}

}  // namespace

Result<std::string> read_plain_file(const std::string& path, std::size_t limit) {
  return read_with(path, limit, 0);
}

Result<std::string> read_plain_file_no_link(const std::string& path, std::size_t limit) {
  return read_with(path, limit, O_NOFOLLOW);
}

Result<PlainMap> PlainMap::open(const std::string& path, std::uint64_t limit) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return error_of(errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return error_of(errno);
  if (!S_ISREG(status.st_mode)) return Error{"special", "it is not a regular file"};
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit) return Error{"limit", "it is too long"};
  PlainMap map;
  if (size == 0) return map;
  void* at = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (at == MAP_FAILED) return Error{"unreadable", "it cannot be mapped"};
  map.data_ = static_cast<const char*>(at);
  map.size_ = static_cast<std::size_t>(size);
  return map;
}

PlainMap::~PlainMap() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

PlainMap::PlainMap(PlainMap&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

PlainMap& PlainMap::operator=(PlainMap&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

EntryKind kind_of(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return EntryKind::absent;
  return kind_from_mode(status.st_mode);
}

EntryKind target_kind_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return EntryKind::absent;
  return kind_from_mode(status.st_mode);
}

Result<std::vector<FolderEntry>> list_folder(const std::string& path, std::size_t limit) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return error_of(errno);
  std::vector<FolderEntry> entries;
  bool too_many = false;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (entries.size() == limit) {
      too_many = true;
      break;
    }
    EntryKind kind = EntryKind::other;
    switch (entry->d_type) {
      case DT_REG:
        kind = EntryKind::file;
        break;
      case DT_DIR:
        kind = EntryKind::folder;
        break;
      case DT_LNK:
        kind = EntryKind::link;
        break;
      case DT_UNKNOWN:
        kind = kind_of(join_path(path, name));
        break;
      default:
        break;
    }
    entries.push_back({std::string(name), kind});
  }
  ::closedir(folder);
  if (too_many) return Error{"limit", "the folder has too many entries"};
  std::sort(entries.begin(), entries.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return entries;
}

FoundFiles find_files(const std::string& folder, std::size_t limit,
                      const std::vector<std::string_view>& skip) {
  constexpr int kDepth = 64;
  struct Pending {
    std::string name;  // "" or ending in "/"
    int depth;
  };
  FoundFiles found;
  std::vector<Pending> stack = {{"", 0}};
  while (!stack.empty()) {
    const Pending pending = std::move(stack.back());
    stack.pop_back();
    const auto entries = list_folder(join_path(folder, pending.name), limit);
    if (!entries) {
      if (entries.error().code == "limit") found.cut = true;
      if (entries.error().code != "absent") found.unread_folders.push_back(pending.name);
      continue;
    }
    for (const FolderEntry& entry : *entries) {
      if (entry.kind != EntryKind::folder) {
        if (found.files.size() == limit) {
          found.cut = true;
          break;
        }
        found.files.push_back({pending.name + entry.name, entry.kind});
      } else if (pending.depth == kDepth || stack.size() > limit) {
        found.cut = true;
      } else if (pending.depth > 0 || std::find(skip.begin(), skip.end(), entry.name) == skip.end()) {
        stack.push_back({pending.name + entry.name + "/", pending.depth + 1});
      }
    }
  }
  std::sort(found.files.begin(), found.files.end(),
            [](const FoundFile& a, const FoundFile& b) { return a.name < b.name; });
  return found;
}

std::string join_path(std::string_view folder, std::string_view name) {
  if (name.empty()) return std::string(folder);
  if (name.front() == '/' || folder.empty()) return std::string(name);
  std::string path;
  path.reserve(folder.size() + 1 + name.size());
  path += folder;
  if (path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string fold_path(std::string_view path) {
  std::vector<std::string_view> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    std::size_t end = path.find('/', at);
    if (end == std::string_view::npos) end = path.size();
    const std::string_view part = path.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
      continue;
    }
    parts.push_back(part);
  }
  std::string folded;
  for (const std::string_view part : parts) {
    folded += '/';
    folded += part;
  }
  return folded.empty() ? std::string(1, '/') : folded;
}

std::string_view parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return path.substr(0, slash == 0 ? 1 : slash);
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace kimiguard::git

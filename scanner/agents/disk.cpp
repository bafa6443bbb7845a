#include "scanner/agents/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <system_error>

namespace kimiguard::agents {
namespace {

Error error_of(int number) {
  const std::string words = std::generic_category().message(number);
  if (number == ENOENT || number == ENOTDIR) return {"missing", words};
  if (number == EACCES || number == EPERM) return {"permission", words};
  return {"unreadable", words};
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

}  // namespace

Result<std::vector<Entry>> PosixDisk::list(const std::string& folder) const {
  const std::unique_ptr<DIR, CloseFolder> open(opendir(folder.c_str()));
  if (!open) return error_of(errno);
  std::vector<Entry> entries;
  while (const dirent* entry = readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    Entry::Kind kind = Entry::Kind::other;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {
      struct stat facts = {};
      if (lstat((folder + "/" + name).c_str(), &facts) == 0)
        type = S_ISREG(facts.st_mode)   ? DT_REG
               : S_ISDIR(facts.st_mode) ? DT_DIR
               : S_ISLNK(facts.st_mode) ? DT_LNK
                                        : DT_UNKNOWN;
    }
    if (type == DT_REG) kind = Entry::Kind::file;
    if (type == DT_DIR) kind = Entry::Kind::folder;
    if (type == DT_LNK) kind = Entry::Kind::link;
    entries.push_back({name, kind});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

std::uint32_t PosixDisk::mode(const std::string& path) const {
  struct stat facts = {};
  return stat(path.c_str(), &facts) == 0 ? facts.st_mode : 0;
}

std::string PosixDisk::real_path(const std::string& path) const {
  struct FreeText {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, FreeText> resolved(realpath(path.c_str(), nullptr));
  return resolved ? std::string(resolved.get()) : std::string();
}

Result<std::string> PosixDisk::read(const std::string& path, std::size_t most) const {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return error_of(errno);
  struct stat facts = {};
  if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    close(descriptor);
    return Error{"special", "not a regular file"};
  }
  std::string bytes;
  bytes.resize(std::min<std::size_t>(most, static_cast<std::size_t>(facts.st_size) + 1));
  std::size_t filled = 0;
  while (filled < most) {
    if (filled == bytes.size()) bytes.resize(std::min(most, bytes.size() * 2 + 4096));
    const ssize_t count = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const Error error = error_of(errno);
      close(descriptor);
      return error;
    }
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  close(descriptor);
  bytes.resize(filled);
  return bytes;
}

}  // namespace kimiguard::agents

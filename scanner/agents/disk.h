// The one seam to the file system: what the audit asks of it. Tests and copied homes use the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"

namespace kimiguard::agents {

struct Entry {
  enum class Kind { file, folder, link, other };
  std::string name;
  Kind kind = Kind::other;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // Entries of a folder in order of name, without "." and "..". Error "missing" or as gap codes are
  // named.
  virtual Result<std::vector<Entry>> list(const std::string& folder) const = 0;
  // st_mode of what the path leads to, links followed; 0 if nothing is there.
  virtual std::uint32_t mode(const std::string& path) const = 0;
  // The path with every link resolved; "" if nothing is there.
  virtual std::string real_path(const std::string& path) const = 0;
  // The first `most` bytes of a regular file. Never blocks on a pipe or device.
  virtual Result<std::string> read(const std::string& path, std::size_t most) const = 0;
};

class PosixDisk final : public Disk {
 public:
  Result<std::vector<Entry>> list(const std::string& folder) const override;
  std::uint32_t mode(const std::string& path) const override;
  std::string real_path(const std::string& path) const override;
  Result<std::string> read(const std::string& path, std::size_t most) const override;
};

}  // namespace kimiguard::agents

#include "scanner/source/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "scanner/source/store/leveldb.h"
#include "scanner/source/store/sqlite.h"
#include "scanner/source/store/sqlite_pages.h"

namespace kimiguard::store {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view innermost_name(const Origin& origin) {
  return origin.inside.empty() ? std::string_view(origin.path)
                               : std::string_view(origin.inside.back().name);
}

// A LevelDB file is a few MiB (2 by default); it is read whole.
void read_leveldb_file(container::Unpacking& unpacking, const std::string& path,
                       const container::OriginPtr& origin) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    unpacking.gap(GapKind::unreadable, errno == EACCES ? "permission" : "unreadable", *origin,
                  std::strerror(errno));
    return;
  }
  const Bytes file = Bytes::of_descriptor(fd);
  container::Unpacking::Hold hold(unpacking);
  if (!hold.grow_to(file.size)) {
    unpacking.limit(*origin, "memory for a LevelDB file");
  } else {
    std::string bytes(file.size, '\0');
    if (!file.read(0, bytes.data(), bytes.size())) {
      unpacking.gap(GapKind::unreadable, "unreadable", *origin, "the file changed while it was read");
    } else {
      read_nested(unpacking, bytes, origin, 0);
    }
  }
  close(fd);
}

}  // namespace

Kind kind_of(std::string_view path, std::string_view first_bytes) {
  if (first_bytes.substr(0, 16) == std::string_view("SQLite format 3\0", 16)) return Kind::sqlite;
  if (first_bytes.size() >= 32 && first_bytes.substr(0, 3) == std::string_view("\x37\x7F\x06", 3) &&
      (first_bytes[3] == '\x82' || first_bytes[3] == '\x83')) {
    return Kind::sqlite_log;
  }
  if (first_bytes.starts_with("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")) return Kind::sqlite_journal;
  const std::string_view name = base_name(path);
  if (name.ends_with("-journal") && first_bytes.size() >= 28 && first_bytes.substr(0, 28).find_first_not_of('\0') == std::string_view::npos)
    return Kind::sqlite_journal;
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && all_digits(name.substr(0, dot))) {
    const std::string_view extension = name.substr(dot + 1);
    if (extension == "ldb" || extension == "sst") return Kind::leveldb_table;
    if (extension == "log" && may_be_leveldb_log(first_bytes)) return Kind::leveldb_log;
  }
  if (name.substr(0, 9) == "MANIFEST-" && all_digits(name.substr(9)) &&
      may_be_leveldb_log(first_bytes)) {
    return Kind::leveldb_log;
  }
  return Kind::none;
}

std::string database_of_side_file(std::string_view path) {
  for (const std::string_view suffix :
       {std::string_view("-wal"), std::string_view("-shm"), std::string_view("-journal")}) {
    if (path.size() > suffix.size() && path.substr(path.size() - suffix.size()) == suffix) {
      return std::string(path.substr(0, path.size() - suffix.size()));
    }
  }
  return {};
}

bool read_nested(container::Unpacking& unpacking, std::string_view bytes,
                 const container::OriginPtr& origin, int depth) {
  switch (kind_of(innermost_name(*origin), bytes)) {
    case Kind::sqlite:
    case Kind::sqlite_log:
    case Kind::sqlite_journal:
      read_sqlite(unpacking, bytes, origin, depth);
      return true;
    case Kind::leveldb_table:
      read_leveldb_table(unpacking, bytes, origin, depth);
      return true;
    case Kind::leveldb_log:
      read_leveldb_log(unpacking, bytes, origin, depth);
      return true;
    case Kind::none:
      break;
  }
  return false;
}

bool read_file(container::Unpacking& unpacking, const std::string& path,
               const container::OriginPtr& origin) {
  char start[64];
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    unpacking.gap(GapKind::unreadable, errno == EACCES ? "permission" : "unreadable", *origin,
                  std::strerror(errno));
    return false;
  }
  const ssize_t got = pread(fd, start, sizeof start, 0);
  close(fd);
  if (got <= 0) return false;
  switch (kind_of(path, {start, static_cast<std::size_t>(got)})) {
    case Kind::sqlite:
    case Kind::sqlite_log:
    case Kind::sqlite_journal:
      read_sqlite(unpacking, path, origin);
      return true;
    case Kind::leveldb_table:
    case Kind::leveldb_log:
      read_leveldb_file(unpacking, path, origin);
      return true;
    case Kind::none:
      break;
  }
  return false;
}

Coverage read(const std::string& path, const container::OriginPtr& origin,
              const container::Limits& limits, const container::Sink& sink) {
  container::Unpacking unpacking(limits, sink);
  read_file(unpacking, path, origin);
  return unpacking.coverage();
}

Coverage read_bytes(std::string_view bytes, const container::OriginPtr& origin,
                    const container::Limits& limits, const container::Sink& sink) {
  container::Unpacking unpacking(limits, sink);
  unpacking.set_outer_size(bytes.size());
  read_nested(unpacking, bytes, origin, 0);
  return unpacking.coverage();
}

}  // namespace kimiguard::store

// Bounded reading of the small files of a git directory, and read-only maps of its larger ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"

namespace kimiguard::git {

// The whole of a regular file of at most `limit` bytes. Never blocks on a pipe or a device.
// Codes: "absent" (no such file or folder), "permission", "special" (not a regular file), "limit"
// (longer), "unreadable" (an input error). Messages are one clause without the path.
Result<std::string> read_plain_file(const std::string& path, std::size_t limit);

// The same for a file below a hostile folder: a symbolic link in the last part is "special".
Result<std::string> read_plain_file_no_link(const std::string& path, std::size_t limit);

// A read-only map of a regular file; moves, does not copy. An empty file has an empty view.
// git replaces such files by rename, so the map stays as it was while it is used.
class PlainMap {
 public:
  // Codes as read_plain_file.
  static Result<PlainMap> open(const std::string& path, std::uint64_t limit);

  PlainMap() = default;
  ~PlainMap();
  PlainMap(PlainMap&& other) noexcept;
  PlainMap& operator=(PlainMap&& other) noexcept;
  PlainMap(const PlainMap&) = delete;
  PlainMap& operator=(const PlainMap&) = delete;

  // Valid as long as the map.
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

enum class EntryKind { absent, file, folder, link, other };

// What stands at `path`; the last part is not followed when it is a link.
EntryKind kind_of(const std::string& path);
// The same, links followed (never `link`).
EntryKind target_kind_of(const std::string& path);

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::other;
};

// Names in a folder, sorted bytewise, without "." and "..", at most `limit` of them.
// Codes: "absent", "permission", "unreadable", "limit".
Result<std::vector<FolderEntry>> list_folder(const std::string& path, std::size_t limit);

struct FoundFile {
  std::string name;                  // below the folder, parts joined by "/"
  EntryKind kind = EntryKind::file;  // file, link or other
};

struct FoundFiles {
  std::vector<FoundFile> files;             // sorted by name
  std::vector<std::string> unread_folders;  // names of folders that could not be listed
  bool cut = false;  // deeper than 64 folders or more than `limit` entries: not all are here
};

// Everything below a folder that is no folder itself. Links are named, not followed. `skip` names
// folders directly below `folder` that are not entered. An absent folder gives nothing.
FoundFiles find_files(const std::string& folder, std::size_t limit,
                      const std::vector<std::string_view>& skip = {});

// Joins with one "/" unless `name` is absolute; `name` empty gives `folder`.
std::string join_path(std::string_view folder, std::string_view name);
// Folds ".", ".." and doubled "/" in an absolute path by its text alone; links are not looked at.
std::string fold_path(std::string_view path);
// The part before the last "/" ("/" for "/x"), and the part after it.
std::string_view parent_path(std::string_view path);
std::string_view last_part(std::string_view path);

}  // namespace kimiguard::git

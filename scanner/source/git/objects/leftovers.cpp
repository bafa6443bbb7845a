#include "scanner/source/git/objects/leftovers.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <string_view>

namespace kimiguard::git {
namespace {

constexpr int kDeepest = 8;

enum class Kind { file, folder, other };

Kind kind_of(const std::string& path, unsigned char type) {
  if (type == DT_REG) return Kind::file;
  if (type == DT_DIR) return Kind::folder;
  if (type != DT_UNKNOWN) return Kind::other;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return Kind::other;
  return S_ISREG(status.st_mode) ? Kind::file : S_ISDIR(status.st_mode) ? Kind::folder : Kind::other;
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_made_from_packs(std::string_view name) {
  if (name.starts_with("multi-pack-index") || name.starts_with("tmp_idx_") || name.starts_with("tmp_rev_")) return true;
  for (const std::string_view ending : {".pack", ".idx", ".rev", ".bitmap", ".mtimes"})
    if (name.ends_with(ending)) return true;
  return false;
}

}  // namespace

std::vector<std::string> leftover_files(const std::string& objects_dir, HashKind kind, std::size_t most) {
  std::vector<std::string> found;
  const std::size_t rest = hash_bytes(kind) * 2 - 2;
  // `is_known`: of a name in that folder, whether it is none of ours to look at.
  const std::function<void(const std::string&, int, const std::function<bool(std::string_view)>&)> list =
      [&](const std::string& folder, int depth, const std::function<bool(std::string_view)>& is_known) {
        DIR* listing = ::opendir((objects_dir + "/" + folder).c_str());
        if (listing == nullptr) return;  // the walk says so
        std::vector<std::string> folders;
        while (const dirent* entry = ::readdir(listing)) {
          const std::string_view name = entry->d_name;
          if (name == "." || name == ".." || is_known(name)) continue;
          const std::string below = folder.empty() ? std::string(name) : folder + "/" + std::string(name);
          switch (kind_of(objects_dir + "/" + below, entry->d_type)) {
            case Kind::file:
              if (found.size() < most) found.push_back(below);
              break;
            case Kind::folder: folders.push_back(below); break;
            case Kind::other: break;
          }
        }
        ::closedir(listing);
        if (depth == kDeepest) return;
        for (const std::string& below : folders) {
          if (below == "pack")
            list(below, depth + 1, is_made_from_packs);
          else if (below == "info")
            list(below, depth + 1, [](std::string_view name) { return name.starts_with("commit-graph"); });
          else if (below.size() == 2 && is_hex(below))
            list(below, depth + 1, [&](std::string_view name) { return name.size() == rest && is_hex(name); });
          else
            list(below, depth + 1, [](std::string_view) { return false; });
        }
      };
  list("", 0, [](std::string_view) { return false; });
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace kimiguard::git

// The entries of a tree object, one after the other, without copies.
//
// Format: "<mode in octal> <name>\0<raw id>", gitformat-pack(5) and git-mktree(1). A cursor stops at the
// first entry that is not one; broken() tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

struct TreeEntry {
  std::string_view name;             // raw bytes
  const std::uint8_t* id = nullptr;  // the hash's length of bytes
  std::uint32_t mode = 0;

  bool is_tree() const { return (mode & 0170000) == 0040000; }
  bool is_submodule() const { return (mode & 0170000) == 0160000; }
  bool is_blob() const { return !is_tree() && !is_submodule(); }
};

// Views live as long as `bytes`.
class TreeCursor {
 public:
  TreeCursor(std::string_view bytes, std::size_t id_bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), id_bytes_(id_bytes) {}

  // The next entry, or false at the end.
  bool next(TreeEntry& entry) {
    if (at_ == end_) return false;
    std::uint32_t mode = 0;
    const char* p = at_;
    while (p != end_ && *p >= '0' && *p <= '7' && p - at_ < 8)
      mode = mode * 8 + static_cast<std::uint32_t>(*p++ - '0');
    if (p == at_ || p == end_ || *p != ' ') return fail();
    ++p;
    const auto* nul = static_cast<const char*>(std::memchr(p, 0, static_cast<std::size_t>(end_ - p)));
    if (nul == nullptr || static_cast<std::size_t>(end_ - nul - 1) < id_bytes_) return fail();
    entry.mode = mode;
    entry.name = std::string_view(p, static_cast<std::size_t>(nul - p));
    entry.id = reinterpret_cast<const std::uint8_t*>(nul + 1);
    at_ = nul + 1 + id_bytes_;
    return true;
  }

  bool broken() const { return broken_; }

 private:
  bool fail() {
    at_ = end_;
    broken_ = true;
    return false;
  }

  const char* at_;
  const char* end_;
  std::size_t id_bytes_;
  bool broken_ = false;
};

// The order of names in a tree and of paths in an index: as if folders ended in "/".
inline int compare_tree_names(std::string_view a, bool a_is_tree, std::string_view b, bool b_is_tree) {
  const std::size_t common = a.size() < b.size() ? a.size() : b.size();
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  if (order != 0) return order;
  const auto next = [common](std::string_view text, bool tree) {
    return text.size() > common ? static_cast<unsigned char>(text[common]) : tree ? '/' : 0;
  };
  return static_cast<int>(next(a, a_is_tree)) - static_cast<int>(next(b, b_is_tree));
}

}  // namespace kimiguard::git

// The index (staging area): which blob stands at which path for the next commit.
//
// Reads versions 2, 3 and 4, split indexes (extension `link` and its shared file), sparse indexes
// (`sdir`) and the cache tree (`TREE`). Format: gitformat-index(5); EWAH bitmaps: ewah/ewok.h of git,
// "EWAH bitmaps" in gitformat-bitmap(5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/result.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/repository/plain_file.h"

namespace kimiguard::git {

// Modes as in trees: 0100644, 0100755, 0120000 (link), 0160000 (submodule), 040000 (a sparse folder).
constexpr std::uint32_t kModeTree = 0040000;
constexpr std::uint32_t kModeFile = 0100644;
constexpr std::uint32_t kModeExecutable = 0100755;
constexpr std::uint32_t kModeLink = 0120000;
constexpr std::uint32_t kModeSubmodule = 0160000;
constexpr std::uint32_t kModeKind = 0170000;

struct IndexEntry {
  std::string_view path;             // raw bytes, from the work tree's root; a sparse folder ends in "/"
  const std::uint8_t* id = nullptr;  // WorkTreeIndex::hash_size() bytes
  std::uint32_t mode = 0;
  std::uint32_t size = 0;  // of the file when it was added, modulo 2^32
  std::uint8_t stage = 0;  // 0; 1 to 3 in a conflict
  bool assume_valid = false;
  bool skip_worktree = false;
  bool intent_to_add = false;  // `git add -N`: the path is tracked, its content is not staged
};

// A folder of the cache tree. `entries` < 0: changed since the tree was written.
struct CacheTree {
  std::string_view name;             // last part of its path; empty for the root
  std::int64_t entries = -1;         // index entries below it
  const std::uint8_t* id = nullptr;  // of its tree object; null when entries < 0
  std::uint32_t next = 0;            // index in cache_tree() one past its last descendant
};

struct IndexOptions {
  // Whether the file's trailing hash is checked (git itself does not when it reads).
  bool verify_checksum = false;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
};

// Immutable once read. Views and pointers live as long as it.
class WorkTreeIndex {
 public:
  // `path` is the index file (for git's default: <git_dir>/index); a shared index is looked for beside
  // it and in `git_dir`. Codes: "absent" (nothing was ever added), "permission", "special", "limit",
  // "damaged", "unsupported" (an extension that changes the meaning and is not known here).
  static Result<WorkTreeIndex> read(const std::string& path, const std::string& git_dir, HashKind hash,
                                    const IndexOptions& options = {});
  // The same from bytes that outlive the index; no shared index can be followed then.
  static Result<WorkTreeIndex> parse(std::string_view bytes, HashKind hash,
                                     const IndexOptions& options = {});

  // Sorted by path bytewise, then by stage. What could not be understood at the end of a damaged file is
  // missing; gaps() says so.
  const std::vector<IndexEntry>& entries() const { return entries_; }
  // Pre-order; empty where the index has none or it does not fit the entries.
  const std::vector<CacheTree>& cache_tree() const { return cache_tree_; }
  std::size_t hash_size() const { return hash_size_; }
  ObjectId id_of(const IndexEntry& entry) const { return ObjectId(entry.id, hash_size_); }
  std::uint32_t version() const { return version_; }
  bool sparse() const { return sparse_; }
  bool split() const { return split_; }
  const std::vector<Gap>& gaps() const { return gaps_; }

  // First entry whose path is not below `path` in order.
  std::size_t lower_bound(std::string_view path) const;
  // The entry of stage 0, or the first of a conflict; nullptr if the path is not tracked. A path below a
  // sparse folder is not found here: see covers().
  const IndexEntry* find(std::string_view path) const;
  // Whether the path is tracked: an entry of its own or a sparse folder above it.
  bool covers(std::string_view path) const;

 private:
  friend class IndexReader;
  PlainMap map_;
  std::vector<PlainMap> shared_;
  std::vector<std::unique_ptr<std::string>> arenas_;  // paths of version 4
  std::vector<IndexEntry> entries_;
  std::vector<CacheTree> cache_tree_;
  std::vector<Gap> gaps_;
  std::size_t hash_size_ = 20;
  std::uint32_t version_ = 2;
  bool sparse_ = false;
  bool split_ = false;
};

}  // namespace kimiguard::git

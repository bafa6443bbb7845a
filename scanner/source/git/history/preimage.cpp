#include "scanner/source/git/history/preimage.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "scanner/source/git/history/commit_text.h"
#include "scanner/source/git/history/tree_entries.h"

namespace kimiguard::git {
namespace {

constexpr int kDeepest = 1024;
constexpr std::size_t kMostFiles = 4096;
constexpr std::size_t kMostTrees = 100'000;

class GoneFiles {
 public:
  explicit GoneFiles(const ObjectStore& store) : store_(store) {}

  void compare(const std::string& prefix, const ObjectId& before, const ObjectId& after, int depth) {
    if (depth > kDeepest || files.size() >= kMostFiles || ++trees_ > kMostTrees || before == after) return;
    const std::string old_bytes = bytes_of(before);
    const std::string new_bytes = bytes_of(after);
    TreeCursor old_cursor(old_bytes, before.size());
    TreeCursor new_cursor(new_bytes, before.size());
    TreeEntry now;
    bool have = new_cursor.next(now);
    for (TreeEntry old; files.size() < kMostFiles && old_cursor.next(old);) {
      if (old.is_submodule()) continue;
      const auto order = [&] { return compare_tree_names(now.name, now.is_tree(), old.name, old.is_tree()); };
      while (have && order() < 0) have = new_cursor.next(now);
      const bool same = have && order() == 0;
      const ObjectId id(old.id, before.size());
      std::string path = prefix + std::string(old.name);
      if (old.is_tree())
        compare(path + "/", id, same ? ObjectId(now.id, before.size()) : ObjectId(), depth + 1);
      else if (!same)
        files.push_back({std::move(path), id});
    }
  }

  std::vector<OldFile> files;

 private:
  std::string bytes_of(const ObjectId& tree) {
    if (tree.empty()) return {};
    auto object = store_.read(tree);
    return object && object->type == ObjectType::tree ? std::move(object->bytes) : std::string();
  }

  const ObjectStore& store_;
  std::size_t trees_ = 0;
};

// Calls back with each line, or 64 bytes of one.
template <class Sink>
void pieces_of(std::string_view text, Sink sink) {
  constexpr std::size_t kLongest = 64;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, std::min(text.substr(0, kLongest).find('\n'), kLongest - 1) + 1);
    sink(piece);
    text.remove_prefix(piece.size());
  }
}

}  // namespace

std::vector<OldFile> gone_files(const ObjectStore& store, const ObjectId& before, const ObjectId& after) {
  GoneFiles gone(store);
  gone.compare("", before, after, 0);
  return std::move(gone.files);
}

CommitTrees trees_of(const ObjectStore& store, const ObjectId& commit, HashKind hash) {
  CommitTrees trees;
  const auto object = store.read(commit);
  if (!object || object->type != ObjectType::commit) return trees;
  const auto head = read_commit(object->bytes, hash);
  if (!head) return trees;
  trees.tree = head->tree;
  for (const ObjectId& id : head->parents) {
    const auto parent = store.read(id);
    if (!parent || parent->type != ObjectType::commit) continue;
    if (const auto parent_head = read_commit(parent->bytes, hash)) trees.parents.push_back(parent_head->tree);
  }
  return trees;
}

bool is_similar(std::string_view a, std::string_view b) {
  std::unordered_map<std::size_t, std::size_t> bytes;
  const std::hash<std::string_view> hash;
  pieces_of(a, [&](std::string_view piece) { bytes[hash(piece)] += piece.size(); });
  std::size_t common = 0;
  pieces_of(b, [&](std::string_view piece) {
    std::size_t& left = bytes[hash(piece)];
    const std::size_t taken = std::min(left, piece.size());
    left -= taken;
    common += taken;
  });
  return common * 2 >= std::max(a.size(), b.size());
}

}  // namespace kimiguard::git

#include "scanner/source/git/history/staged.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "scanner/source/git/history/commit_text.h"
#include "scanner/source/git/history/tree_entries.h"
#include "scanner/source/git/repository/plain_file.h"
#include "scanner/source/git/repository/ref_snapshot.h"

namespace kimiguard::git {
namespace {

constexpr int kDeepest = 1024;  // folders in a path
// Entries of folders compared as trees. A tree of trees of trees can hold more than ever could be
// listed.
constexpr std::size_t kMostWork = 5'000'000;

class Comparison {
 public:
  Comparison(const ObjectStore& store, const WorkTreeIndex& index)
      : store_(store), index_(index), entries_(index.entries()), id_bytes_(index.hash_size()) {}

  void run(const std::optional<ObjectId>& head_tree, std::string_view head_bytes, Staged& staged) {
    staged_ = &staged;
    const std::int64_t cache = index_.cache_tree().empty() ? -1 : 0;
    if (!head_tree)
      add_all(0, entries_.size());
    else if (!same_folder(cache, *head_tree, entries_.size()))
      folder("", 0, entries_.size(), head_bytes, cache, 0);
    name_renames();
    std::stable_sort(staged.changes.begin(), staged.changes.end(),
                     [](const StagedChange& a, const StagedChange& b) {
                       const int order = a.path.compare(b.path);
                       return order != 0 ? order < 0 : a.stage < b.stage;
                     });
    staged.equals_head = std::all_of(
        staged.changes.begin(), staged.changes.end(),
        [](const StagedChange& change) { return change.kind == StagedChange::Kind::intent_to_add; });
  }

 private:
  struct Side {
    std::string_view name;
    bool tree = false;
  };

  bool same_folder(std::int64_t cache, const ObjectId& tree, std::size_t count) const {
    if (cache < 0) return false;
    const CacheTree& node = index_.cache_tree()[static_cast<std::size_t>(cache)];
    return node.entries >= 0 && static_cast<std::size_t>(node.entries) == count && node.id != nullptr &&
           ObjectId(node.id, id_bytes_) == tree;
  }

  using Children = std::vector<std::pair<std::string_view, std::int64_t>>;

  // The folders directly below `cache` in the cache tree, by name; there they are in another order.
  Children children_of(std::int64_t cache) const {
    Children children;
    if (cache < 0) return children;
    const auto& nodes = index_.cache_tree();
    const std::uint32_t end = nodes[static_cast<std::size_t>(cache)].next;
    for (std::uint32_t at = static_cast<std::uint32_t>(cache) + 1; at < end; at = nodes[at].next)
      children.emplace_back(nodes[at].name, at);
    std::sort(children.begin(), children.end());
    return children;
  }

  static std::int64_t child(const Children& children, std::string_view name) {
    const auto at =
        std::lower_bound(children.begin(), children.end(), name,
                         [](const auto& one, std::string_view text) { return one.first < text; });
    return at != children.end() && at->first == name ? at->second : -1;
  }

  // Index entries [from, to), all below `prefix`, against the tree in `bytes`.
  void folder(const std::string& prefix, std::size_t from, std::size_t to, std::string_view bytes,
              std::int64_t cache, int depth) {
    if (depth > kDeepest) {
      staged_->gaps.push_back({GapKind::unreadable, "limit", prefix, "the folder lies too deep", 1});
      return;
    }
    TreeCursor cursor(bytes, id_bytes_);
    TreeEntry head;
    bool have_head = cursor.next(head);
    std::size_t at = from;
    const Children children = children_of(cache);
    while (at < to || have_head) {
      std::string_view below;
      std::size_t slash = std::string_view::npos;
      Side mine;
      if (at < to) {
        below = entries_[at].path.substr(prefix.size());
        slash = below.find('/');
        mine = {below.substr(0, slash), slash != std::string_view::npos};
      }
      const int order = at == to ? 1
                        : !have_head
                            ? -1
                            : compare_tree_names(mine.name, mine.tree, head.name, head.is_tree());
      if (order > 0) {
        gone(prefix + std::string(head.name), head, depth);
        have_head = cursor.next(head);
        continue;
      }
      // The entries of this name: a file in its stages, or a folder's content.
      std::size_t end = at + 1;
      if (mine.tree) {
        const std::size_t length = prefix.size() + mine.name.size() + 1;
        const std::string_view start = entries_[at].path.substr(0, length);
        const auto past = std::partition_point(
            entries_.begin() + static_cast<std::ptrdiff_t>(at),
            entries_.begin() + static_cast<std::ptrdiff_t>(to),
            [&](const IndexEntry& entry) { return entry.path.substr(0, length) == start; });
        end = static_cast<std::size_t>(past - entries_.begin());
        end = std::max(end, at + 1);
      } else {
        while (end < to && entries_[end].path == entries_[at].path) ++end;
      }
      if (order < 0) {
        add_all(at, end);
        at = end;
        continue;
      }
      if (mine.tree)
        same_named_folder(prefix, mine.name, at, end, head, child(children, mine.name), depth);
      else
        same_named_file(at, end, head);
      at = end;
      have_head = cursor.next(head);
    }
    if (cursor.broken())
      staged_->gaps.push_back(
          {GapKind::unreadable, "damaged", prefix, "HEAD's tree of this folder is damaged", 1});
  }

  void same_named_folder(const std::string& prefix, std::string_view name, std::size_t from,
                         std::size_t to, const TreeEntry& head, std::int64_t cache, int depth) {
    const ObjectId tree(head.id, id_bytes_);
    if (same_folder(cache, tree, to - from)) return;
    const std::string path = prefix + std::string(name) + "/";
    if (entries_[from].mode == kModeTree && entries_[from].path.size() == path.size()) {
      // A folder of a sparse index, whole.
      const ObjectId staged = index_.id_of(entries_[from]);
      if (staged != tree) tree_against_tree(path, tree, staged, depth + 1);
      return;
    }
    auto object = read_tree(tree, path);
    if (!object) {
      add_all(from, to);
      return;
    }
    folder(path, from, to, object->bytes, cache, depth + 1);
  }

  void same_named_file(std::size_t from, std::size_t to, const TreeEntry& head) {
    const ObjectId old_id(head.id, id_bytes_);
    for (std::size_t i = from; i < to; ++i) {
      const IndexEntry& entry = entries_[i];
      StagedChange change = change_of(entry);
      change.old_id = old_id;
      change.old_mode = head.mode;
      const bool same = !entry.intent_to_add && change.id == old_id;
      if (entry.stage != 0) {
        change.kind = StagedChange::Kind::conflicted;
      } else if (entry.intent_to_add) {
        change.kind = StagedChange::Kind::intent_to_add;
      } else if (same) {
        if (entry.mode == head.mode || equal_modes(entry.mode, head.mode)) continue;
        change.kind = StagedChange::Kind::mode_changed;
      } else {
        change.kind = StagedChange::Kind::modified;
      }
      staged_->changes.push_back(std::move(change));
    }
  }

  // Old trees hold modes such as 100664, which the index knows as 100644.
  static bool equal_modes(std::uint32_t index_mode, std::uint32_t tree_mode) {
    if ((tree_mode & kModeKind) != (kModeFile & kModeKind)) return index_mode == tree_mode;
    return index_mode == ((tree_mode & 0100) != 0 ? kModeExecutable : kModeFile);
  }

  StagedChange change_of(const IndexEntry& entry) const {
    StagedChange change;
    change.path = std::string(entry.path);
    if (!entry.intent_to_add) change.id = index_.id_of(entry);
    change.mode = entry.mode;
    change.stage = entry.stage;
    return change;
  }

  void add_all(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const IndexEntry& entry = entries_[i];
      if (entry.mode == kModeTree) {
        tree_against_tree(std::string(entry.path), std::nullopt, index_.id_of(entry), 1);
        continue;
      }
      StagedChange change = change_of(entry);
      change.kind = entry.stage != 0      ? StagedChange::Kind::conflicted
                    : entry.intent_to_add ? StagedChange::Kind::intent_to_add
                                          : StagedChange::Kind::added;
      staged_->changes.push_back(std::move(change));
    }
  }

  // HEAD has it, the index does not.
  void gone(std::string path, const TreeEntry& head, int depth) {
    if (head.is_tree()) {
      tree_against_tree(path + "/", ObjectId(head.id, id_bytes_), std::nullopt, depth + 1);
      return;
    }
    StagedChange change;
    change.kind = StagedChange::Kind::deleted;
    change.path = std::move(path);
    change.old_id = ObjectId(head.id, id_bytes_);
    change.old_mode = head.mode;
    staged_->changes.push_back(std::move(change));
  }

  void staged_file(std::string path, const TreeEntry& entry, const TreeEntry* head) {
    StagedChange change;
    change.path = std::move(path);
    change.id = ObjectId(entry.id, id_bytes_);
    change.mode = entry.mode;
    if (head != nullptr) {
      change.old_id = ObjectId(head->id, id_bytes_);
      change.old_mode = head->mode;
      if (change.id == change.old_id) {
        if (entry.mode == head->mode) return;
        change.kind = StagedChange::Kind::mode_changed;
      } else {
        change.kind = StagedChange::Kind::modified;
      }
    }
    staged_->changes.push_back(std::move(change));
  }

  // Both sides are trees: a folder of a sparse index, or one that is gone or new as a whole.
  void tree_against_tree(const std::string& prefix, const std::optional<ObjectId>& head_tree,
                         const std::optional<ObjectId>& staged_tree, int depth) {
    if (depth > kDeepest || work_ > kMostWork) {
      staged_->gaps.push_back(
          {GapKind::unreadable, "limit", prefix, "the folder lies too deep or is too large", 1});
      return;
    }
    Object old_object;
    Object new_object;
    if (head_tree) {
      if (auto object = read_tree(*head_tree, prefix)) old_object = std::move(*object);
    }
    if (staged_tree) {
      auto object = read_tree(*staged_tree, prefix);
      if (!object) return;
      new_object = std::move(*object);
    }
    TreeCursor old_cursor(old_object.bytes, id_bytes_);
    TreeCursor new_cursor(new_object.bytes, id_bytes_);
    TreeEntry a;
    TreeEntry b;
    bool have_a = old_cursor.next(a);
    bool have_b = new_cursor.next(b);
    while ((have_a || have_b) && work_ <= kMostWork) {
      ++work_;
      const int order = !have_a   ? 1
                        : !have_b ? -1
                                  : compare_tree_names(a.name, a.is_tree(), b.name, b.is_tree());
      if (order < 0) {
        gone(prefix + std::string(a.name), a, depth);
        have_a = old_cursor.next(a);
        continue;
      }
      std::string path = prefix + std::string(b.name);
      if (b.is_tree()) {
        const ObjectId id(b.id, id_bytes_);
        std::optional<ObjectId> other;
        if (order == 0) other = ObjectId(a.id, id_bytes_);
        if (other != id) tree_against_tree(path + "/", other, id, depth + 1);
      } else {
        staged_file(std::move(path), b, order == 0 ? &a : nullptr);
      }
      if (order == 0) have_a = old_cursor.next(a);
      have_b = new_cursor.next(b);
    }
  }

  std::optional<Object> read_tree(const ObjectId& id, const std::string& path) {
    auto object = store_.read(id);
    if (object && object->type == ObjectType::tree) return std::move(*object);
    const bool not_here = !object && object.error().code == "not_here";
    staged_->gaps.push_back({not_here ? GapKind::not_here : GapKind::unreadable,
                             object ? std::string("damaged") : object.error().code, path,
                             "a tree cannot be read: everything in the folder counts as staged", 1});
    return std::nullopt;
  }

  void name_renames() {
    std::unordered_map<ObjectId, const std::string*> from;
    for (const StagedChange& change : staged_->changes)
      if (change.kind == StagedChange::Kind::deleted) from.emplace(change.old_id, &change.path);
    if (from.empty()) return;
    for (StagedChange& change : staged_->changes) {
      if (change.kind != StagedChange::Kind::added) continue;
      if (const auto source = from.find(change.id); source != from.end())
        change.renamed_from = *source->second;
    }
  }

  const ObjectStore& store_;
  const WorkTreeIndex& index_;
  const std::vector<IndexEntry>& entries_;
  std::size_t id_bytes_;
  Staged* staged_ = nullptr;
  std::size_t work_ = 0;
};

}  // namespace

Result<Staged> staged_changes(const Repository& repository, const ObjectStore& store,
                              const WorkTreeIndex& index) {
  Staged staged;
  staged.gaps = index.gaps();
  std::optional<ObjectId> tree;
  std::string tree_bytes;
  auto head = read_ref(repository, "HEAD");
  if (!head) return Error{head.error().code, "HEAD cannot be read: " + head.error().message};
  if (head->id.empty() || head->id.null()) {
    staged.first_commit = true;
  } else {
    staged.head = head->id;
    auto commit = store.read(head->id);
    if (!commit)
      return Error{commit.error().code, "HEAD's commit cannot be read: " + commit.error().message};
    const auto parsed =
        commit->type == ObjectType::commit ? read_commit(commit->bytes, repository.hash) : std::nullopt;
    if (!parsed) return Error{"damaged", "HEAD names an object that is no commit"};
    tree = parsed->tree;
    // An index that is HEAD's tree as a whole needs no look at it.
    const auto& cache = index.cache_tree();
    const bool same = !cache.empty() && cache[0].entries >= 0 && cache[0].id != nullptr &&
                      static_cast<std::size_t>(cache[0].entries) == index.entries().size() &&
                      ObjectId(cache[0].id, index.hash_size()) == *tree;
    if (!same) {
      auto object = store.read(*tree);
      if (!object)
        return Error{object.error().code, "HEAD's tree cannot be read: " + object.error().message};
      if (object->type != ObjectType::tree)
        return Error{"damaged", "HEAD's commit names a tree that is none"};
      tree_bytes = std::move(object->bytes);
    }
  }
  Comparison(store, index).run(tree, tree_bytes, staged);
  return staged;
}

Result<StagedIndex> read_staged(const Repository& repository, const ObjectStore& store,
                                const std::string& index_file) {
  const std::string path = index_file.empty() ? join_path(repository.git_dir, "index") : index_file;
  auto index = WorkTreeIndex::read(path, repository.git_dir, repository.hash);
  StagedIndex result;
  if (index) {
    result.index = std::move(*index);
  } else if (index.error().code != "absent") {
    return index.error();
  }
  auto staged = staged_changes(repository, store, result.index);
  if (!staged) return staged.error();
  result.staged = std::move(*staged);
  return result;
}

Result<TreePlace> find_in_tree(const ObjectStore& store, const ObjectId& tree, std::string_view path) {
  TreePlace place{tree, kModeTree};
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if ((place.mode & kModeKind) != kModeTree) return TreePlace{};
    const auto object = store.read(place.id);
    if (!object) return object.error();
    TreeCursor cursor(object->bytes, place.id.size());
    TreeEntry entry;
    bool found = false;
    while (!found && cursor.next(entry)) found = entry.name == name;
    if (!found) return TreePlace{};
    place = {ObjectId(entry.id, place.id.size()), entry.mode};
  }
  return place;
}

}  // namespace kimiguard::git

#include "scanner/source/git/history/provenance.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "scanner/source/git/history/commit_text.h"
#include "scanner/source/git/history/origin_pass.h"
#include "scanner/source/git/history/revision.h"
#include "scanner/source/git/history/short_map.h"
#include "scanner/source/git/history/staged.h"
#include "scanner/source/git/repository/plain_file.h"
#include "scanner/source/git/repository/work_tree_index.h"

namespace kimiguard::git {
namespace {

constexpr std::uint32_t kNone = ShortMap::kNone;
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kMostListed = 10;         // refs and remotes named
constexpr std::size_t kMostItems = 50'000'000;  // of all sets together

// What reaches a commit: one bit a class, in the order of strength, and whether a remote has it.
using Reach = std::uint16_t;
constexpr Reach kPushed = 1U << 15;
Reach bit(ProvenanceClass reach) { return static_cast<Reach>(1U << static_cast<unsigned>(reach)); }

ProvenanceClass strongest(Reach reach) {
  for (const ProvenanceClass one :
       {ProvenanceClass::head, ProvenanceClass::staged, ProvenanceClass::branch, ProvenanceClass::tag,
        ProvenanceClass::stash, ProvenanceClass::note, ProvenanceClass::pull, ProvenanceClass::reflog})
    if ((reach & bit(one)) != 0) return one;
  return ProvenanceClass::unreachable;
}

// A wanted object at a path, relative to the tree whose set it stands in.
struct Item {
  std::uint32_t wanted = 0;
  std::uint32_t path = 0;
  friend auto operator<=>(const Item&, const Item&) = default;
};

// Sets of items and paths, each distinct one once. Set 0 is empty, path 0 is "".
class ItemSets {
 public:
  ItemSets(std::size_t most_paths, std::vector<Gap>& gaps) : most_paths_(most_paths), gaps_(gaps) {
    sets_.emplace_back();
    set_numbers_.emplace(std::string(), 0);
    paths_.emplace_back();
    path_numbers_.emplace(std::string(), 0);
  }

  const std::vector<Item>& items(std::uint32_t set) const { return sets_[set]; }
  const std::string& path(std::uint32_t number) const { return paths_[number]; }

  // One wanted object at a name.
  std::uint32_t single(std::uint32_t wanted, std::string_view name) {
    const auto number = path_number(std::string(name));
    return keep({{wanted, number}});
  }

  // The same set seen from a folder above: "name/" before every path.
  std::uint32_t below(std::uint32_t set, std::string_view name) {
    if (set == 0) return 0;
    std::string key(reinterpret_cast<const char*>(&set), sizeof set);
    key += name;
    if (const auto known = below_.find(key); known != below_.end()) return known->second;
    std::vector<Item> items;
    for (const Item& item : sets_[set]) {
      const std::string& tail = paths_[item.path];
      if (name.size() + 1 + tail.size() > kLongestPath) {
        limit("a path is too long");
        continue;
      }
      std::string whole(name);
      if (!tail.empty()) {
        whole += '/';
        whole += tail;
      }
      items.push_back({item.wanted, path_number(std::move(whole))});
    }
    const std::uint32_t number = keep(std::move(items));
    below_.emplace(std::move(key), number);
    return number;
  }

  // All of them together. `parts` is put into order.
  std::uint32_t join(std::vector<std::uint32_t>& parts) {
    std::sort(parts.begin(), parts.end());
    parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
    if (!parts.empty() && parts.front() == 0) parts.erase(parts.begin());
    if (parts.empty()) return 0;
    if (parts.size() == 1) return parts.front();
    std::string key(reinterpret_cast<const char*>(parts.data()), parts.size() * sizeof parts[0]);
    if (const auto known = joined_.find(key); known != joined_.end()) return known->second;
    std::vector<Item> items;
    for (const std::uint32_t part : parts)
      items.insert(items.end(), sets_[part].begin(), sets_[part].end());
    const std::uint32_t number = keep(std::move(items));
    joined_.emplace(std::move(key), number);
    return number;
  }

 private:
  std::uint32_t path_number(std::string path) {
    const auto [at, fresh] =
        path_numbers_.try_emplace(std::move(path), static_cast<std::uint32_t>(paths_.size()));
    if (fresh) paths_.push_back(at->first);
    return at->second;
  }

  std::uint32_t keep(std::vector<Item> items) {
    std::sort(items.begin(), items.end());
    items.erase(std::unique(items.begin(), items.end()), items.end());
    // An object at more places than anyone reads about keeps the first of them.
    std::vector<Item> kept;
    kept.reserve(items.size());
    std::size_t run = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      run = i != 0 && items[i].wanted == items[i - 1].wanted ? run + 1 : 0;
      if (run < most_paths_)
        kept.push_back(items[i]);
      else
        limit("an object lies at more paths than are kept");
    }
    if (total_ + kept.size() > kMostItems) {
      limit("objects lie at more paths than are kept");
      return 0;
    }
    std::string key(reinterpret_cast<const char*>(kept.data()), kept.size() * sizeof(Item));
    const auto [at, fresh] =
        set_numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(sets_.size()));
    if (fresh) {
      total_ += kept.size();
      sets_.push_back(std::move(kept));
    }
    return at->second;
  }

  void limit(const char* reason) {
    for (const Gap& gap : gaps_)
      if (gap.reason == reason) return;
    gaps_.push_back({GapKind::not_parsed, "limit", "provenance", reason, 1});
  }

  std::size_t most_paths_;
  std::vector<Gap>& gaps_;
  std::vector<std::vector<Item>> sets_;
  std::unordered_map<std::string, std::uint32_t> set_numbers_;
  std::unordered_map<std::string, std::uint32_t> below_;
  std::unordered_map<std::string, std::uint32_t> joined_;
  std::vector<std::string> paths_;
  std::unordered_map<std::string, std::uint32_t> path_numbers_;
  std::size_t total_ = 0;
};

class Origins {
 public:
  Origins(const Repository& repository, const ObjectStore& store, const RefSnapshot& refs,
          const std::vector<ObjectId>& wanted, const ProvenanceOptions& options)
      : repository_(repository),
        store_(store),
        refs_(refs),
        wanted_(wanted),
        options_(options),
        sought_(wanted),
        sets_(options.most_paths, report_.gaps),
        found_(wanted.size()) {}

  ProvenanceReport run() {
    if (wanted_.empty()) return std::move(report_);
    bool trees = false;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      const auto info = store_.info(wanted_[i]);
      if (!info || info->type == ObjectType::blob || info->type == ObjectType::tree) trees = true;
      sought_.absent[i] = !info && !store_.contains(wanted_[i]);
    }
    parts_ = origin_pass(store_, sought_, trees, options_.threads, options_.linked);
    gather_commits();
    close_upwards();
    for (std::uint32_t tree = 0; tree < closure_.size(); ++tree) set_of(tree);
    for (Commit& commit : commits_) commit.set = set_of_root(commit.tree);
    order_commits();
    read_roots();
    spread_reach();
    find_introductions();
    name_refs();
    read_indexes();
    for (std::uint32_t i = 0; i < wanted_.size(); ++i) report_.objects.push_back(answer(i));
    return std::move(report_);
  }

 private:
  struct Commit {
    ObjectId id;
    std::uint64_t tree = 0;
    std::int64_t date = 0;
    std::uint32_t first_parent = 0;  // in parents_
    std::uint32_t parent_count = 0;
    std::uint32_t generation = 0;  // 1 for one without parents here; 0: not known yet
    std::uint32_t set = 0;
    std::uint32_t wanted = kNone;  // the commit itself is
    Reach reach = 0;
  };
  // A tree on a way from a commit to a wanted object.
  struct ClosureTree {
    std::uint32_t part = 0;
    std::uint32_t tree = 0;
    std::uint32_t set = kNone;
    bool open = false;
    bool has_parent = false;
  };
  struct Found {
    Reach reach = 0;
    bool in_head = false;
    std::string index_path;
    std::vector<std::uint32_t> introductions;  // commits
    std::uint32_t last = kNone;                // commit that has it
    Reach last_reach = 0;
    std::vector<std::string> refs;
    std::vector<std::string> remotes;
    std::unordered_set<std::uint32_t> paths;
  };
  // A root after annotated tags.
  struct Leaf {
    const Root* root = nullptr;
    std::uint32_t commit = kNone;
    std::uint64_t object = 0;         // when it is no commit
    std::vector<std::uint32_t> tags;  // wanted tags on the way
  };

  void gather_commits() {
    std::size_t count = 0;
    for (const auto& part : parts_) count += part->commits.size();
    commits_.reserve(count);
    commit_numbers_ = ShortMap(count);
    for (auto& part : parts_) {
      for (std::size_t i = 0; i < part->commits.size(); ++i) {
        const OriginPart::Commit& from = part->commits[i];
        const auto number = static_cast<std::uint32_t>(commits_.size());
        const std::uint64_t key = short_id(from.id);
        if (commit_numbers_.insert(key, number) != number) continue;
        const std::size_t end =
            i + 1 < part->commits.size() ? part->commits[i + 1].parents : part->parents.size();
        Commit commit;
        commit.id = from.id;
        commit.tree = from.tree;
        commit.date = from.date;
        commit.first_parent = static_cast<std::uint32_t>(raw_parents_.size());
        commit.parent_count = static_cast<std::uint32_t>(end - from.parents);
        raw_parents_.insert(raw_parents_.end(), part->parents.begin() + from.parents,
                            part->parents.begin() + static_cast<std::ptrdiff_t>(end));
        commit.wanted = sought_.find(from.id.data());
        commits_.push_back(commit);
      }
      std::vector<OriginPart::Commit>().swap(part->commits);
    }
    // Parents that are not here (shallow, partial, damaged) are left out.
    parents_.reserve(raw_parents_.size());
    for (Commit& commit : commits_) {
      const std::uint32_t begin = commit.first_parent;
      commit.first_parent = static_cast<std::uint32_t>(parents_.size());
      for (std::uint32_t i = 0; i < commit.parent_count; ++i) {
        const std::uint32_t parent = commit_numbers_.find(raw_parents_[begin + i]);
        if (parent != kNone) parents_.push_back(parent);
      }
      commit.parent_count = static_cast<std::uint32_t>(parents_.size()) - commit.first_parent;
    }
    std::vector<std::uint64_t>().swap(raw_parents_);
  }

  std::pair<const std::uint32_t*, const std::uint32_t*> links_of(std::uint32_t part,
                                                                 std::uint32_t tree) const {
    const OriginPart& from = *parts_[part];
    const std::size_t begin = from.trees[tree].links;
    const std::size_t end =
        tree + 1 < from.trees.size() ? from.trees[tree + 1].links : from.links.size();
    return {from.links.data() + begin, from.links.data() + end};
  }

  // Every tree from which a wanted object is reached, in rounds: those that hold one, those that hold
  // these, …
  void close_upwards() {
    std::vector<std::vector<std::uint8_t>> leads(
        parts_.size());  // by link: to a wanted object or a closure tree
    std::vector<std::vector<std::uint8_t>> taken(parts_.size());  // by tree
    closure_numbers_ = ShortMap(1024);
    const auto take = [&](std::uint32_t part, std::uint32_t tree) {
      taken[part][tree] = 1;
      const auto number = static_cast<std::uint32_t>(closure_.size());
      if (closure_numbers_.insert(parts_[part]->trees[tree].id, number) != number) return;
      closure_.push_back({part, tree, kNone, false, false});
    };
    for (std::uint32_t part = 0; part < parts_.size(); ++part) {
      const OriginPart& from = *parts_[part];
      taken[part].assign(from.trees.size(), 0);
      leads[part].assign(from.link_table.size(), 0);
      for (std::size_t i = 0; i < from.link_table.size(); ++i)
        if (from.link_table[i].wanted != kNone) leads[part][i] = 1;
      for (std::uint32_t tree = 0; tree < from.trees.size(); ++tree)
        if (sought_.numbers.contains(from.trees[tree].id)) take(part, tree);
    }
    bool more = true;
    for (int round = 0; more; ++round) {
      if (round > options_.deepest) {
        report_.gaps.push_back(
            {GapKind::not_parsed, "limit", "provenance", "objects lie too deep in folders", 1});
        break;
      }
      more = false;
      for (std::uint32_t part = 0; part < parts_.size(); ++part) {
        const OriginPart& from = *parts_[part];
        for (std::size_t i = 0; i < from.link_table.size(); ++i)
          if (leads[part][i] == 0 && closure_numbers_.contains(from.link_table[i].object))
            leads[part][i] = 1;
      }
      for (std::uint32_t part = 0; part < parts_.size(); ++part) {
        const std::uint8_t* lead = leads[part].data();
        for (std::uint32_t tree = 0; tree < parts_[part]->trees.size(); ++tree) {
          if (taken[part][tree] != 0) continue;
          const auto [begin, end] = links_of(part, tree);
          std::uint8_t any = 0;
          for (const std::uint32_t* link = begin; link != end; ++link) any |= lead[*link];
          if (any == 0) continue;
          take(part, tree);
          more = true;
        }
      }
    }
    leads_ = std::move(leads);
  }

  // What the tree holds, children first, without recursion. A tree cannot hold itself: its id is a hash
  // of its content; short ids can be made to, and then the inner one counts as empty.
  std::uint32_t set_of(std::uint32_t wanted_tree) {
    if (closure_[wanted_tree].set != kNone) return closure_[wanted_tree].set;
    std::vector<std::uint32_t> stack = {wanted_tree};
    std::vector<std::uint32_t> parts;
    while (!stack.empty()) {
      const std::uint32_t number = stack.back();
      ClosureTree& tree = closure_[number];
      if (tree.set != kNone) {
        stack.pop_back();
        continue;
      }
      const OriginPart& from = *parts_[tree.part];
      const auto [begin, end] = links_of(tree.part, tree.tree);
      const std::vector<std::uint8_t>& leads = leads_[tree.part];
      if (!tree.open) {
        tree.open = true;
        bool waits = false;
        for (const std::uint32_t* link = begin; link != end; ++link) {
          if (leads[*link] == 0 || from.link_table[*link].wanted != kNone) continue;
          const std::uint32_t child = closure_numbers_.find(from.link_table[*link].object);
          if (child == kNone) continue;
          closure_[child].has_parent = true;
          if (closure_[child].set == kNone && !closure_[child].open) {
            stack.push_back(child);
            waits = true;
          }
        }
        if (waits) continue;
      }
      parts.clear();
      const std::uint32_t self = sought_.numbers.find(from.trees[tree.tree].id);
      if (self != kNone) parts.push_back(sets_.single(self, ""));
      for (const std::uint32_t* link = begin; link != end; ++link) {
        if (leads[*link] == 0) continue;
        const TreeLink& entry = from.link_table[*link];
        if (entry.wanted != kNone) {
          parts.push_back(sets_.single(entry.wanted, from.name_of(entry)));
          continue;
        }
        const std::uint32_t child = closure_numbers_.find(entry.object);
        if (child == kNone || closure_[child].set == kNone) continue;
        parts.push_back(sets_.below(closure_[child].set, from.name_of(entry)));
      }
      closure_[number].set = sets_.join(parts);
      stack.pop_back();
    }
    return closure_[wanted_tree].set;
  }

  std::uint32_t set_of_root(std::uint64_t tree) const {
    const std::uint32_t number = closure_numbers_.find(tree);
    return number == kNone ? 0 : closure_[number].set;
  }

  // order_: parents before children; generation: the longest way to a commit without parents.
  void order_commits() {
    order_.reserve(commits_.size());
    struct Frame {
      std::uint32_t commit;
      std::uint32_t next;
    };
    std::vector<Frame> stack;
    std::vector<std::uint8_t> seen(commits_.size(), 0);
    for (std::uint32_t first = 0; first < commits_.size(); ++first) {
      if (seen[first] != 0) continue;
      seen[first] = 1;
      stack.push_back({first, 0});
      while (!stack.empty()) {
        Frame& frame = stack.back();
        Commit& commit = commits_[frame.commit];
        if (frame.next < commit.parent_count) {
          const std::uint32_t parent = parents_[commit.first_parent + frame.next++];
          if (seen[parent] == 0) {
            seen[parent] = 1;
            stack.push_back({parent, 0});
          }
          continue;
        }
        std::uint32_t generation = 0;
        for (std::uint32_t i = 0; i < commit.parent_count; ++i)
          generation = std::max(generation, commits_[parents_[commit.first_parent + i]].generation);
        commit.generation = generation + 1;
        order_.push_back(frame.commit);
        stack.pop_back();
      }
    }
  }

  void read_roots() {
    roots_ = roots_of(refs_);
    ShortMap tags(1024);
    std::vector<const OriginPart::Tag*> tag_list;
    for (const auto& part : parts_)
      for (const OriginPart::Tag& tag : part->tags)
        if (tags.insert(short_id(tag.id), static_cast<std::uint32_t>(tag_list.size())) ==
            tag_list.size())
          tag_list.push_back(&tag);
    for (Root& root : roots_) {
      Leaf leaf;
      leaf.root = &root;
      std::uint64_t at = short_id(root.id);
      const OriginPart::Tag* tag = nullptr;
      for (int depth = 0; depth < 64; ++depth) {
        const std::uint32_t number = tags.find(at);
        if (number == kNone) break;
        tag = tag_list[number];
        const std::uint32_t sought = sought_.find(tag->id.data());
        if (sought != kNone) leaf.tags.push_back(sought);
        at = short_id(tag->target);
      }
      leaf.commit = commit_numbers_.find(at);
      leaf.object = at;
      leaves_.push_back(std::move(leaf));
    }
  }

  Reach reach_of(const Root& root) const {
    const bool pushed = root.remote_tracking || (options_.every_ref_is_pushed && root.is_ref);
    return static_cast<Reach>(bit(root.reach) | (pushed ? kPushed : 0));
  }

  void spread_reach() {
    for (const Leaf& leaf : leaves_)
      if (leaf.commit != kNone) commits_[leaf.commit].reach |= reach_of(*leaf.root);
    // HEAD's own history, for choosing among commits; not a class of its own.
    const Ref* head = refs_.head();
    head_commit_ =
        head != nullptr && !head->id.empty() ? commit_numbers_.find(short_id(head->id)) : kNone;
    if (head_commit_ != kNone) commits_[head_commit_].reach |= bit(ProvenanceClass::head);
    for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
      const Commit& commit = commits_[*at];
      for (std::uint32_t i = 0; i < commit.parent_count; ++i)
        commits_[parents_[commit.first_parent + i]].reach |= commit.reach;
    }
  }

  // A commit's place among those of the same object: strength of class, then the order of history.
  bool comes_first(std::uint32_t a, std::uint32_t b) const {
    const Commit& x = commits_[a];
    const Commit& y = commits_[b];
    const auto sx = strongest(x.reach);
    const auto sy = strongest(y.reach);
    return std::tie(sx, x.generation, x.date, x.id) < std::tie(sy, y.generation, y.date, y.id);
  }
  bool comes_last(std::uint32_t a, std::uint32_t b) const {
    const Commit& x = commits_[a];
    const Commit& y = commits_[b];
    const auto sx = strongest(x.reach);
    const auto sy = strongest(y.reach);
    if (sx != sy) return sx < sy;
    return std::tie(x.generation, x.date, x.id) > std::tie(y.generation, y.date, y.id);
  }

  void find_introductions() {
    // For each set: what reaches its commits, and the last of these. Then to the objects in it.
    std::unordered_map<std::uint32_t, std::pair<Reach, std::uint32_t>> by_set;
    std::vector<std::uint32_t> mine;
    std::vector<std::uint32_t> theirs;
    const auto objects_in = [&](std::uint32_t set, std::vector<std::uint32_t>& list) {
      for (const Item& item : sets_.items(set))
        if (list.empty() || list.back() != item.wanted) list.push_back(item.wanted);
    };
    for (const std::uint32_t number : order_) {
      const Commit& commit = commits_[number];
      if (commit.wanted != kNone) {
        Found& found = found_[commit.wanted];
        found.reach |= static_cast<Reach>(commit.reach & ~bit(ProvenanceClass::head));
        found.introductions.push_back(number);
        found.last = number;
      }
      if (commit.set == 0) continue;
      const auto [at, fresh] = by_set.try_emplace(commit.set, std::pair{commit.reach, number});
      if (!fresh) {
        at->second.first |= commit.reach;
        if (comes_last(number, at->second.second)) at->second.second = number;
      }
      bool same = false;
      theirs.clear();
      for (std::uint32_t i = 0; i < commit.parent_count; ++i) {
        const std::uint32_t set = commits_[parents_[commit.first_parent + i]].set;
        same = same || set == commit.set;
        if (set != 0) objects_in(set, theirs);
      }
      if (same) continue;
      mine.clear();
      objects_in(commit.set, mine);
      std::sort(theirs.begin(), theirs.end());
      for (const std::uint32_t object : mine)
        if (!std::binary_search(theirs.begin(), theirs.end(), object))
          found_[object].introductions.push_back(number);
    }
    for (const auto& [set, seen] : by_set) {
      for (const Item& item : sets_.items(set)) {
        Found& found = found_[item.wanted];
        found.reach |= static_cast<Reach>(seen.first & ~bit(ProvenanceClass::head));
        if (found.last == kNone || comes_last(seen.second, found.last)) found.last = seen.second;
        found.paths.insert(item.path);
      }
    }
    if (head_commit_ != kNone)
      for (const Item& item : sets_.items(commits_[head_commit_].set)) {
        found_[item.wanted].in_head = true;
        found_[item.wanted].reach |= bit(ProvenanceClass::head);
      }
    // Refs that name a tree, a blob or a tag itself.
    for (const Leaf& leaf : leaves_) {
      for (const std::uint32_t tag : leaf.tags) found_[tag].reach |= reach_of(*leaf.root);
      if (leaf.commit != kNone) continue;
      for_each_object_of(leaf,
                         [&](std::uint32_t object) { found_[object].reach |= reach_of(*leaf.root); });
      if (const std::uint32_t tree = closure_numbers_.find(leaf.object); tree != kNone)
        for (const Item& item : sets_.items(closure_[tree].set))
          found_[item.wanted].paths.insert(item.path);
    }
    // In trees that no commit has, as a dropped index leaves them, a path is better than none.
    for (const ClosureTree& tree : closure_) {
      if (tree.has_parent || tree.set == kNone) continue;
      for (const Item& item : sets_.items(tree.set))
        if (found_[item.wanted].paths.empty()) stray_paths_[item.wanted].insert(item.path);
    }
  }

  template <class Visit>
  void for_each_object_of(const Leaf& leaf, Visit visit) const {
    const std::uint32_t sought = sought_.numbers.find(leaf.object);
    if (sought != kNone) visit(sought);
    const std::uint32_t tree = closure_numbers_.find(leaf.object);
    if (tree == kNone) return;
    std::uint32_t last = kNone;
    for (const Item& item : sets_.items(closure_[tree].set)) {
      if (item.wanted != last && item.wanted != sought) visit(item.wanted);
      last = item.wanted;
    }
  }

  // Which refs reach which objects: a ref reaches an object if it reaches a commit that introduced it.
  // Sixty-four objects at a time, one bit each, carried from parents to children.
  void name_refs() {
    std::vector<const Leaf*> named;
    for (const Leaf& leaf : leaves_)
      if (leaf.root->is_ref) named.push_back(&leaf);
    std::stable_sort(named.begin(), named.end(),
                     [](const Leaf* a, const Leaf* b) { return a->root->name < b->root->name; });
    const auto add = [&](std::uint32_t object, const Root& root) {
      Found& found = found_[object];
      const auto list = [&](std::vector<std::string>& names) {
        if (names.size() < kMostListed && (names.empty() || names.back() != root.name))
          names.push_back(root.name);
      };
      list(found.refs);
      if (root.remote_tracking) list(found.remotes);
    };
    std::vector<std::uint32_t> with_commits;
    for (std::uint32_t i = 0; i < found_.size(); ++i)
      if (!found_[i].introductions.empty()) with_commits.push_back(i);
    std::vector<std::uint64_t> bits(commits_.size());
    for (std::size_t begin = 0; begin < with_commits.size(); begin += 64) {
      const std::size_t end = std::min(begin + 64, with_commits.size());
      std::fill(bits.begin(), bits.end(), 0);
      for (std::size_t i = begin; i < end; ++i)
        for (const std::uint32_t commit : found_[with_commits[i]].introductions)
          bits[commit] |= std::uint64_t{1} << (i - begin);
      for (const std::uint32_t number : order_) {
        const Commit& commit = commits_[number];
        std::uint64_t all = bits[number];
        for (std::uint32_t i = 0; i < commit.parent_count; ++i)
          all |= bits[parents_[commit.first_parent + i]];
        bits[number] = all;
      }
      for (const Leaf* leaf : named) {
        if (leaf->commit == kNone) continue;
        std::uint64_t reached = bits[leaf->commit];
        while (reached != 0) {
          const auto place = static_cast<std::size_t>(__builtin_ctzll(reached));
          reached &= reached - 1;
          add(with_commits[begin + place], *leaf->root);
        }
      }
    }
    for (const Leaf* leaf : named) {
      for (const std::uint32_t tag : leaf->tags) add(tag, *leaf->root);
      if (leaf->commit == kNone)
        for_each_object_of(*leaf, [&](std::uint32_t object) { add(object, *leaf->root); });
    }
    for (Found& found : found_) {
      std::sort(found.refs.begin(), found.refs.end());
      std::sort(found.remotes.begin(), found.remotes.end());
    }
  }

  void read_indexes() {
    if (!options_.indexes) return;
    std::vector<std::string> folders = {repository_.git_dir};
    if (repository_.linked) folders.push_back(repository_.common_dir);
    for (const LinkedWorkTree& tree : repository_.linked_work_trees)
      if (tree.git_dir != repository_.git_dir) folders.push_back(tree.git_dir);
    for (const std::string& folder : folders) {
      const auto index = WorkTreeIndex::read(join_path(folder, "index"), folder, repository_.hash);
      if (!index) continue;  // the caller reads it too, and says what is wrong with it
      for (const IndexEntry& entry : index->entries()) {
        if (entry.intent_to_add) continue;
        const std::uint32_t sought = sought_.find(entry.id);
        if (sought == kNone) continue;
        Found& found = found_[sought];
        // Another work tree's index mostly holds what is committed there.
        if (folder != repository_.git_dir && (found.reach & bit(ProvenanceClass::branch)) != 0) continue;
        found.reach |= bit(ProvenanceClass::staged);
        if (found.index_path.empty()) found.index_path = std::string(entry.path);
      }
    }
  }

  // The first by name of the paths that a wanted object has in a commit; empty if it has none there.
  std::string path_in(std::uint32_t commit, std::uint32_t wanted) const {
    std::string best;
    for (const Item& item : sets_.items(commits_[commit].set))
      if (item.wanted == wanted && (best.empty() || sets_.path(item.path) < best)) best = sets_.path(item.path);
    return best;
  }

  ObjectProvenance answer(std::uint32_t number) {
    ObjectProvenance object;
    object.id = wanted_[number];
    // Equal ids share the answer of the first.
    const std::uint32_t first = object.id.empty() ? number : sought_.find(object.id.data());
    const Found& found = found_[first == kNone ? number : first];
    Provenance& result = object.provenance;
    result.provenance = strongest(found.reach);
    const bool names_missing = repository_.ref_storage != RefStorage::files;
    result.pushed = (found.reach & kPushed) != 0 ? Pushed::yes
                    : names_missing              ? Pushed::unknown
                                                 : Pushed::no;
    result.in_head = found.in_head;
    result.refs = found.refs;
    result.remotes = found.remotes;
    std::vector<std::uint32_t> paths(found.paths.begin(), found.paths.end());
    if (paths.empty())
      if (const auto stray = stray_paths_.find(first); stray != stray_paths_.end())
        paths.assign(stray->second.begin(), stray->second.end());
    for (const std::uint32_t path : paths)
      if (path != 0) result.paths.push_back(sets_.path(path));
    if (!found.index_path.empty()) result.paths.push_back(found.index_path);
    std::sort(result.paths.begin(), result.paths.end());
    result.paths.erase(std::unique(result.paths.begin(), result.paths.end()), result.paths.end());
    if (!found.introductions.empty()) {
      const std::uint32_t commit =
          *std::min_element(found.introductions.begin(), found.introductions.end(),
                            [&](std::uint32_t a, std::uint32_t b) { return comes_first(a, b); });
      result.commit = commits_[commit].id.hex();
      result.commit_path = path_in(commit, first);
      const bool elsewhere = (commits_[commit].reach & bit(ProvenanceClass::head)) == 0;
      result.first_order = std::uint64_t{elsewhere} << 32 | commits_[commit].generation;
      if (const auto text = store_.read(commits_[commit].id)) {
        if (const auto head = read_commit(text->bytes, repository_.hash)) {
          Identity author = read_identity(head->author);
          result.author = std::move(author.name);
          result.date = std::move(author.date);
        }
      }
    }
    if (found.last != kNone && !found.in_head) {
      result.last_commit = commits_[found.last].id.hex();
      const bool of_head = (commits_[found.last].reach & bit(ProvenanceClass::head)) != 0;
      result.last_order = std::uint64_t{of_head} << 32 | commits_[found.last].generation;
    }
    const std::uint32_t shown = found.in_head ? head_commit_ : found.last;
    if (shown != kNone) object.path = path_in(shown, first);
    if (object.path.empty())
      object.path = !found.index_path.empty() ? found.index_path
                    : result.paths.empty()    ? std::string()
                                              : result.paths.front();
    return object;
  }

  const Repository& repository_;
  const ObjectStore& store_;
  const RefSnapshot& refs_;
  const std::vector<ObjectId>& wanted_;
  const ProvenanceOptions& options_;
  ProvenanceReport report_;
  WantedIds sought_;
  ItemSets sets_;
  std::vector<Found> found_;
  std::vector<std::unique_ptr<OriginPart>> parts_;
  std::vector<Commit> commits_;
  ShortMap commit_numbers_;
  std::vector<std::uint64_t> raw_parents_;
  std::vector<std::uint32_t> parents_;
  std::vector<std::uint32_t> order_;
  std::vector<ClosureTree> closure_;
  ShortMap closure_numbers_;
  std::vector<std::vector<std::uint8_t>> leads_;
  std::vector<Root> roots_;
  std::vector<Leaf> leaves_;
  std::uint32_t head_commit_ = kNone;
  std::unordered_map<std::uint32_t, std::unordered_set<std::uint32_t>> stray_paths_;
};

}  // namespace

ProvenanceReport find_provenance(const Repository& repository, const ObjectStore& store,
                                 const RefSnapshot& refs, const std::vector<ObjectId>& wanted,
                                 const ProvenanceOptions& options) {
  return Origins(repository, store, refs, wanted, options).run();
}

}  // namespace kimiguard::git

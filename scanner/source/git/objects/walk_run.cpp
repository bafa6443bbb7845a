#include "scanner/source/git/objects/walk_run.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "scanner/source/git/objects/loose_object.h"
#include "scanner/source/git/objects/mapped_file.h"

namespace kimiguard::git {
namespace {

// Roots a thread takes at a time: near enough to stay in the same pages, few enough to end together.
constexpr std::size_t kRootBatch = 8;
// Below this many entries a subtree is not worth handing over.
constexpr std::uint32_t kWorthOffering = 4;
// Unused buffers that one thread keeps.
constexpr std::size_t kPoolBytes = std::size_t{24} << 20;
constexpr unsigned kProgressStep = 1024;

}  // namespace

WalkWorker::WalkWorker(WalkShared& shared, ObjectVisitor& visitor)
    : shared_(shared),
      visitor_(visitor),
      finder_(visitor.finder()),
      trees_(visitor.trees()),
      every_(visitor.every_object()),
      stack_limit_(shared.options.stack_bytes / std::max(1U, shared.threads)),
      pool_(kPoolBytes) {
  if (finder_ != nullptr) {
    reach_ = std::max<std::uint64_t>(finder_->reach(), 1);
    context_ = finder_->context();
    shortest_name_ = finder_->shortest_name();
    cost_ = finder_->cost();
  }
  if (trees_ != nullptr) {
    links_.emplace(*trees_, shared.store.hash_kind());
    every_tree_ = trees_->every_tree();
  }
}

const PackEntries& WalkWorker::entries_of(Node node) {
  const std::vector<PackEntries>& packs = shared_.forest.packs;
  const PackEntries& last = packs[pack_];
  if (node - last.first < last.count) return last;
  pack_ = shared_.forest.pack_of(node);
  return packs[pack_];
}

void WalkWorker::run() {
  const std::vector<Node>& roots = shared_.forest.roots;
  for (;;) {
    for (std::size_t begin = shared_.next_root.fetch_add(kRootBatch, std::memory_order_relaxed);
         begin < roots.size();
         begin = shared_.next_root.fetch_add(kRootBatch, std::memory_order_relaxed)) {
      const std::size_t end = std::min(begin + kRootBatch, roots.size());
      for (std::size_t i = begin; i < end && !shared_.stopped(); ++i) {
        if (i + 1 < end) prefetch(roots[i + 1]);
        root(roots[i]);
      }
    }
    Subtree taken;
    {
      std::unique_lock lock(shared_.mutex);
      if (shared_.offered.empty()) {
        if (shared_.hungry.fetch_add(1) + 1 == shared_.threads) {
          shared_.finished = true;
          shared_.changed.notify_all();
          return;
        }
        shared_.changed.wait(lock, [&] { return shared_.finished || !shared_.offered.empty(); });
        if (shared_.offered.empty()) return;
        shared_.hungry.fetch_sub(1);
      }
      taken = std::move(shared_.offered.front());
      shared_.offered.pop_front();
      shared_.offers.store(static_cast<unsigned>(shared_.offered.size()), std::memory_order_relaxed);
    }
    ++stats.subtrees_taken;
    subtree(std::move(taken));
  }
}

void WalkWorker::subtree(Subtree subtree) {
  type_ = subtree.type;
  Base base;
  base.buffer = std::move(subtree.buffer);
  base.bytes = subtree.bytes;
  base.hits = std::move(subtree.hits);
  if (looks_into(type_)) {
    // What the giver's visitor kept with the entries means nothing to this one.
    base.marks = spare_marks();
    links_->whole(base.bytes, base.marks);
  }
  push(subtree.node, std::move(base));
  stack_[depth_ - 1].keep = subtree.keep;
  stack_[depth_ - 1].next = subtree.begin;
  stack_[depth_ - 1].end = subtree.end;
  descend();
}

// Gives the last and heaviest child of the shallowest base to whoever waits.
void WalkWorker::offer() {
  for (std::size_t i = 0; i < depth_; ++i) {
    Level& level = stack_[i];
    if (level.next >= level.end || !level.present) continue;
    // The only child left of the deepest level is what this thread does next itself.
    if (i + 1 == depth_ && level.end - level.next < 2) continue;
    const DeltaForest& forest = shared_.forest;
    if (forest.weight[forest.children[level.end - 1]] < kWorthOffering) continue;
    Subtree given;
    given.node = level.node;
    given.type = type_;
    char* copy = given.buffer.reserve(level.bytes.size() + kDeltaSlack);
    std::memcpy(copy, level.bytes.data(), level.bytes.size());
    given.bytes = {copy, level.bytes.size()};
    given.hits = level.hits;
    given.end = level.end;
    given.begin = --level.end;
    const std::lock_guard lock(shared_.mutex);
    shared_.offered.push_back(std::move(given));
    shared_.offers.store(static_cast<unsigned>(shared_.offered.size()), std::memory_order_relaxed);
    shared_.changed.notify_one();
    return;
  }
}

void WalkWorker::fail(Node node, Fault fault) {
  shared_.state[node] = kFailed;
  failed.push_back({node, fault});
}

void WalkWorker::finish(Node node, std::uint64_t size) {
  shared_.state[node] = kDone;
  if (shared_.forest.duplicate[node] != kLaterCopy && !delivered_before(node)) {
    ++objects;
    bytes += size;
  }
  if (++until_progress_ == kProgressStep) {
    if (shared_.options.done != nullptr) shared_.options.done->fetch_add(until_progress_);
    until_progress_ = 0;
  }
}

bool WalkWorker::delivered_before(Node node) const {
  const std::vector<ObjectId>* names = shared_.delivered;
  return names != nullptr &&
         std::binary_search(names->begin(), names->end(), shared_.forest.id(node, shared_.store.hash_kind()));
}

bool WalkWorker::affordable(std::uint64_t result, std::uint64_t stored) {
  spent_ += result;
  allowed_ += stored * shared_.options.work_ratio;
  if (spent_ > (std::uint64_t{64} << 20)) {
    shared_.spent.fetch_add(std::exchange(spent_, 0));
    shared_.allowed.fetch_add(std::exchange(allowed_, 0));
  }
  if (result <= stored * shared_.options.work_ratio + 65536) return true;
  return shared_.spent.load(std::memory_order_relaxed) + spent_ <=
         shared_.allowed.load(std::memory_order_relaxed) + allowed_ + shared_.options.work_floor;
}

bool WalkWorker::crc_differs(const PackEntries& entries, std::uint32_t entry, std::uint64_t end) {
  const std::uint64_t begin = entries.offsets[entry];
  if (end != entries.offsets[entry + 1])
    shared_.irregular[static_cast<std::size_t>(&entries - shared_.forest.packs.data())].store(
        true, std::memory_order_relaxed);
  // Version 1 has no sums: the object itself is hashed then.
  if (!entries.index->has_crc()) return true;
  return libdeflate_crc32(0, entries.pack->bytes().data() + begin, static_cast<std::size_t>(end - begin)) !=
         entries.index->crc(entries.positions[entry]);
}

bool WalkWorker::is_named(Node node, ObjectType type, std::string_view text) {
  const HashKind kind = shared_.store.hash_kind();
  return hash_object(kind, type, text) == shared_.forest.id(node, kind);
}

void WalkWorker::find_whole(std::string_view text, std::vector<Hit>& hits) {
  stats.scanned += text.size();
  finder_->find(text, hits);
  if (hits.size() > 1) {
    std::sort(hits.begin(), hits.end());
    hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
  }
}

void WalkWorker::deliver(Node node, ObjectType type, std::string_view text, const std::vector<Hit>& hits) {
  if (hits.empty() && (every_ & type_bit(type)) == 0) return;
  const HashKind kind = shared_.store.hash_kind();
  ObjectView view{shared_.forest.id(node, kind), type, text};
  const bool duplicate = shared_.forest.duplicate[node] == kLaterCopy;
  const auto is_so_named = [&] { return hash_object(kind, type, text) == view.id; };
  if (duplicate && is_so_named()) return;
  // Many hits are nothing; hashing what they stand in was a third of the time for github/codeql-action.
  const bool speaks = !hits.empty() && visitor_.speaks(view, hits);
  if (!speaks && !duplicate && (every_ & type_bit(type)) == 0) return;
  // A lying index could pass a hit off as a copy of something harmless: names are checked where it
  // matters.
  if (duplicate || (speaks && !is_so_named())) {
    wrong_names.push_back(view.id);
    if (node < shared_.forest.loose_first)
      shared_.irregular[shared_.forest.pack_of(node)].store(true, std::memory_order_relaxed);
    view.id = hash_object(kind, type, text);
    if (shared_.forest.named(view.id.data())) return;
  }
  if (!speaks && (every_ & type_bit(type)) == 0) return;
  if (shared_.delivered != nullptr &&
      std::binary_search(shared_.delivered->begin(), shared_.delivered->end(), view.id))
    return;
  visitor_.object(view, hits);
}

void WalkWorker::recovered(Node node, ObjectType type, std::string_view text) {
  last_hits_.clear();
  if (finder_ != nullptr) find_whole(text, last_hits_);
  last_marks_.clear();
  if (looks_into(type)) {
    links_->whole(text, last_marks_);
    tell_tree(node, last_marks_);
  }
  deliver(node, type, text, last_hits_);
  finish(node, text.size());
}

TreeMarks WalkWorker::spare_marks() {
  if (spare_marks_.empty()) return {};
  TreeMarks marks = std::move(spare_marks_.back());
  spare_marks_.pop_back();
  return marks;
}

void WalkWorker::tell_tree(Node node, const TreeMarks& marks) {
  if (!every_tree_ && !marks.fresh) return;
  if (shared_.forest.duplicate[node] == kLaterCopy || delivered_before(node)) return;
  kept_.clear();
  for (const TreeMarks::Kept& kept : marks.kept) kept_.push_back(kept.number);
  trees_->tree(shared_.forest.id(node, shared_.store.hash_kind()), kept_);
}

// Inflates the whole object at `node`. Nothing is delivered yet.
bool WalkWorker::open_root(Node node, ObjectType& type, Base& base, bool& suspicious) {
  const DeltaForest& forest = shared_.forest;
  const std::uint64_t max_bytes = shared_.store.options().max_object_bytes;
  if (node >= forest.loose_first) {
    const LooseEntry& entry = forest.loose[node - forest.loose_first];
    const Result<MappedFile> file = MappedFile::open(loose_path(shared_.store.folders()[entry.folder], entry.id));
    if (!file) {
      fail(node, Fault::damaged);
      return false;
    }
    base.buffer = pool_.take(std::min<std::size_t>(file->bytes().size() * 4, std::size_t{4} << 20) + 16384 + kDeltaSlack);
    Result<LooseObject> loose = inflate_loose(file->bytes(), inflater_, base.buffer, max_bytes);
    if (!loose) {
      pool_.give(std::move(base.buffer));
      fail(node, loose.error().code == "limit" ? Fault::limit : Fault::damaged);
      return false;
    }
    type = loose->type;
    base.bytes = loose->bytes;
    stats.inflated += loose->bytes.size();
    suspicious = false;
    return true;
  }
  const PackEntries& entries = entries_of(node);
  const std::uint32_t index = node - entries.first;
  const std::optional<EntryHead> head = entries.pack->head(entries.offsets[index]);
  if (!head || head->delta()) {
    fail(node, Fault::damaged);
    return false;
  }
  type = static_cast<ObjectType>(head->kind);
  const std::string_view stream =
      entries.pack->bytes().substr(head->data, entries.pack->entries_end() - head->data);
  if (head->size > max_bytes || head->size > stream.size() * kMaxInflation) {
    fail(node, head->size > max_bytes ? Fault::limit : Fault::damaged);
    return false;
  }
  const auto size = static_cast<std::size_t>(head->size);
  base.buffer = pool_.take(size + kDeltaSlack);
  const std::optional<std::size_t> read = inflater_.exactly(stream, base.buffer.data(), size);
  if (!read) {
    pool_.give(std::move(base.buffer));
    fail(node, Fault::damaged);
    return false;
  }
  base.bytes = {base.buffer.data(), size};
  stats.inflated += size;
  allowed_ += *read * shared_.options.work_ratio;
  suspicious = crc_differs(entries, index, head->data + *read);
  return true;
}

void WalkWorker::root(Node node) {
  const DeltaForest& forest = shared_.forest;
  if (node < forest.loose_first && shared_.options.types != 0) {
    const PackEntries& entries = entries_of(node);
    const std::optional<EntryHead> head = entries.pack->head(entries.offsets[node - entries.first]);
    if (head && !head->delta() && (shared_.options.types & (1U << head->kind)) == 0) {
      shared_.state[node] = kSkipped;
      skipped += forest.weight[node];
      return;
    }
  }
  Base base;
  bool suspicious = false;
  ++stats.entries;
  if (!open_root(node, type_, base, suspicious)) return;
  if (suspicious && !is_named(node, type_, base.bytes)) {
    pool_.give(std::move(base.buffer));
    fail(node, Fault::damaged);
    return;
  }
  if ((shared_.options.types & type_bit(type_)) == 0) {
    pool_.give(std::move(base.buffer));
    shared_.state[node] = kSkipped;
    skipped += forest.weight[node];
    return;
  }
  const bool tree = looks_into(type_);
  if (tree) {
    base.marks = spare_marks();
    links_->whole(base.bytes, base.marks);
    tell_tree(node, base.marks);
  }
  if (finder_ != nullptr && !(tree && names_nothing(base.marks))) find_whole(base.bytes, base.hits);
  deliver(node, type_, base.bytes, base.hits);
  finish(node, base.bytes.size());
  if (forest.child_begin[node] == forest.child_begin[node + 1]) {
    pool_.give(std::move(base.buffer));
    if (looks_into(type_)) spare_marks_.push_back(std::move(base.marks));
    return;
  }
  push(node, std::move(base));
  descend();
}

void WalkWorker::push(Node node, Base base) {
  if (depth_ == stack_.size()) stack_.emplace_back();
  Level& level = stack_[depth_++];
  level.node = node;
  level.buffer = std::move(base.buffer);
  level.bytes = base.bytes;
  level.present = true;
  level.keep = false;
  level.next = shared_.forest.child_begin[node];
  level.end = shared_.forest.child_begin[node + 1];
  level.hits = std::move(base.hits);
  if (links_) {
    // Two vectors a level are kept as buffers are.
    std::swap(level.marks, base.marks);
    if (base.marks.ends.capacity() != 0 && spare_marks_.size() < 64) spare_marks_.push_back(std::move(base.marks));
  }
  live_bytes_ += level.bytes.size();
  if (live_bytes_ > stack_limit_) evict(depth_ - 1);
}

void WalkWorker::release(Level& level) {
  if (!level.present) return;
  live_bytes_ -= level.bytes.size();
  level.present = false;
  pool_.give(std::move(level.buffer));
}

// Drops bases, shallowest first, until the rest is within the limit; level `keep` stays.
void WalkWorker::evict(std::size_t keep) {
  for (std::size_t i = 0; i < depth_ && live_bytes_ > stack_limit_; ++i)
    if (i != keep && stack_[i].present && !stack_[i].keep) {
      const std::size_t size = stack_[i].bytes.size();
      live_bytes_ -= size;
      stack_[i].present = false;
      stack_[i].buffer.clear();
    }
}

// Rebuilds the bytes of a level that was evicted, from its nearest ancestor still held or from the
// root of its tree.
bool WalkWorker::restore(std::size_t level) {
  const DeltaForest& forest = shared_.forest;
  std::vector<Node> path;
  Node at = stack_[level].node;
  std::string_view base_bytes;
  Base base;
  bool have = false;
  while (!have) {
    for (std::size_t i = 0; i < depth_ && !have; ++i)
      if (stack_[i].present && stack_[i].node == at) {
        base_bytes = stack_[i].bytes;
        have = true;
      }
    if (have) break;
    if (forest.parent[at] >= kMissingNode) {
      ObjectType type{};
      bool suspicious = false;
      const std::size_t faults = failed.size();
      if (!open_root(at, type, base, suspicious)) {
        // It was read before; what changed is the file. The children are reported, not the root.
        failed.resize(faults);
        shared_.state[at] = kDone;
        return false;
      }
      base_bytes = base.bytes;
      break;
    }
    path.push_back(at);
    at = forest.parent[at];
  }
  while (!path.empty()) {
    const Node node = path.back();
    path.pop_back();
    const PackEntries& entries = entries_of(node);
    const std::optional<EntryHead> head = entries.pack->head(entries.offsets[node - entries.first]);
    if (!head) return false;
    bool suspicious = false;
    const std::optional<std::string_view> delta = inflate_delta(node, entries, *head, suspicious);
    const std::optional<DeltaHead> sizes = delta ? read_delta_head(*delta) : std::nullopt;
    if (!sizes) return false;
    spent_ += sizes->result_size;
    const auto size = static_cast<std::size_t>(sizes->result_size);
    RawBuffer result = pool_.take(size + kDeltaSlack);
    if (!apply_delta(base_bytes, *delta, *sizes, result.data())) return false;
    pool_.give(std::move(base.buffer));
    base.buffer = std::move(result);
    base_bytes = {base.buffer.data(), size};
  }
  ++stats.bases_rebuilt;
  Level& restored = stack_[level];
  restored.buffer = std::move(base.buffer);
  restored.bytes = base_bytes;
  restored.present = true;
  live_bytes_ += base_bytes.size();
  if (live_bytes_ > stack_limit_) evict(level);
  return true;
}

void WalkWorker::descend() {
  while (depth_ > 0) {
    if (shared_.stopped()) {
      while (depth_ > 0) release(stack_[--depth_]);
      return;
    }
    Level& level = stack_[depth_ - 1];
    if (level.next == level.end) {
      release(level);
      --depth_;
      continue;
    }
    if (shared_.hungry.load(std::memory_order_relaxed) > shared_.offers.load(std::memory_order_relaxed))
      offer();
    if (!level.present && !restore(depth_ - 1)) {
      for (; level.next < level.end; ++level.next) {
        ++stats.entries;
        fail(shared_.forest.children[level.next], Fault::damaged);
      }
      continue;
    }
    const Node node = shared_.forest.children[level.next++];
    const std::uint32_t* below = &shared_.forest.child_begin[node];
    if (below[0] != below[1])
      prefetch(shared_.forest.children[below[0]]);
    else if (level.next != level.end)
      prefetch(shared_.forest.children[level.next]);
    child(depth_ - 1, node, level.next == level.end);
  }
}

// What the next entry needs first: its head in the pack and its checksum in the index. Asked for one
// entry ahead, both misses pass while this entry inflates: git.git 1.76 -> 1.69 s, cline
// 1.06 -> 1.02 s on 2 threads.
void WalkWorker::prefetch(Node node) {
  if (node >= shared_.forest.loose_first) return;
  const PackEntries& entries = entries_of(node);
  const std::uint32_t index = node - entries.first;
  __builtin_prefetch(entries.pack->bytes().data() + entries.offsets[index]);
  __builtin_prefetch(entries.index->crc_address(entries.positions[index]));
  if (every_tree_) __builtin_prefetch(entries.index->name(entries.positions[index]));
}

std::optional<std::string_view> WalkWorker::inflate_delta(Node node, const PackEntries& entries,
                                                          const EntryHead& head, bool& suspicious) {
  const std::string_view stream =
      entries.pack->bytes().substr(head.data, entries.pack->entries_end() - head.data);
  if (head.size > shared_.store.options().max_object_bytes || head.size > stream.size() * kMaxInflation)
    return std::nullopt;
  const auto size = static_cast<std::size_t>(head.size);
  if (delta_.capacity() > (std::size_t{16} << 20) && size < (std::size_t{1} << 20)) delta_.clear();
  char* out = delta_.reserve(size + kDeltaSlack);
  const std::optional<std::size_t> read = inflater_.exactly(stream, out, size);
  if (!read) return std::nullopt;
  stats.inflated += size;
  suspicious = crc_differs(entries, node - entries.first, head.data + *read);
  return std::string_view(out, size);
}

// Builds `node` from the base at `level_index`, matches, delivers, and makes it a base itself if it has
// children. `last`: the base is not needed afterwards.
void WalkWorker::child(std::size_t level_index, Node node, bool last) {
  ++stats.entries;
  const DeltaForest& forest = shared_.forest;
  const PackEntries& entries = entries_of(node);
  const std::uint32_t index = node - entries.first;
  const std::optional<EntryHead> head = entries.pack->head(entries.offsets[index]);
  if (!head || !head->delta()) return fail(node, Fault::damaged);
  bool suspicious = false;
  const std::optional<std::string_view> delta = inflate_delta(node, entries, *head, suspicious);
  if (!delta) return fail(node, Fault::damaged);
  const std::optional<DeltaHead> sizes = read_delta_head(*delta);
  const std::string_view base = stack_[level_index].bytes;
  if (!sizes || sizes->base_size != base.size()) return fail(node, Fault::damaged);
  if (sizes->result_size > shared_.store.options().max_object_bytes) return fail(node, Fault::limit);
  if (sizes->result_size > base.size() * 2 + (std::uint64_t{1} << 20) &&
      !delta_is_sound(*delta, *sizes, base.size()))
    return fail(node, Fault::damaged);
  const auto size = static_cast<std::size_t>(sizes->result_size);
  if (!affordable(size, entries.offsets[index + 1] - entries.offsets[index]))
    return fail(node, Fault::limit);

  const bool leaf = forest.child_begin[node] == forest.child_begin[node + 1];
  const bool every = (every_ & type_bit(type_)) != 0;
  const bool tree = looks_into(type_);
  const std::vector<Hit>& base_hits = stack_[level_index].hits;
  std::vector<Hit> hits;
  TreeMarks marks;
  bool steps = false;  // plan_.steps are read
  const auto read_steps = [&] {
    steps = steps || read_delta_steps(*delta, *sizes, base.size(), plan_.steps);
    return steps;
  };
  const auto read_entries = [&](const char* result) {
    marks = spare_marks();
    links_->derived(plan_.steps, size, stack_[level_index].marks, base, *delta, result, !leaf, marks);
    tell_tree(node, marks);
  };
  if (tree && !read_steps()) return fail(node, Fault::damaged);
  // Most trees differ from their base in ids only: those need no finder. (Of git/git 2.9 GB are scanned, not 4.4.)
  bool silent = false;
  const bool told = tree && shortest_name_ > 0 && !suspicious && base_hits.empty() && !stack_[level_index].marks.broken;
  if (told) {
    read_entries(nullptr);
    silent = names_nothing(marks);
  }
  // By windows, if what they leave out costs more to scan than the calls they take.
  bool windows = false;
  const double whole_ns = static_cast<double>(size) * cost_.byte_ns;
  if (finder_ != nullptr && !silent && shared_.options.scan != WalkOptions::Scan::whole &&
      (whole_ns > cost_.call_ns || shared_.options.scan == WalkOptions::Scan::windows)) {
    if (!read_steps()) return fail(node, Fault::damaged);
    const std::uint64_t join =
        shared_.options.scan == WalkOptions::Scan::windows
            ? 0
            : static_cast<std::uint64_t>(cost_.call_ns / std::max(cost_.byte_ns, 1e-3));
    plan_windows(plan_, base.size(), size, reach_, join);
    const double windows_ns = static_cast<double>(plan_.window_bytes) * cost_.byte_ns +
                              static_cast<double>(plan_.windows.size()) * cost_.call_ns;
    windows = windows_ns < whole_ns || shared_.options.scan == WalkOptions::Scan::windows;
  }
  if (windows) {
    ++stats.windows;
    carry_hits(plan_, base_hits, base.size(), size, context_, hits);
    if (leaf && !every && !suspicious) {
      // Nothing is made from it: only the windows are built.
      std::size_t step = 0;
      for (const Window& window : plan_.windows) {
        const auto length = static_cast<std::size_t>(window.end - window.begin);
        char* out = window_.reserve(length + kDeltaSlack);
        copy_window(plan_, window, base, *delta, step, out);
        seen_.clear();
        stats.scanned += length;
        finder_->find({out, length}, seen_);
        if (!seen_.empty()) keep_decided(seen_, window, size, context_, hits);
      }
    }
  }
  if (leaf && !every && !suspicious && (windows ? hits.empty() : silent || (finder_ == nullptr && (tree || steps)))) {
    ++stats.not_rebuilt;
    if (tree) {
      if (!told) read_entries(nullptr);
      spare_marks_.push_back(std::move(marks));
    }
    return finish(node, size);
  }
  Base built;
  built.buffer = pool_.take(size + kDeltaSlack);
  built.bytes = {built.buffer.data(), size};
  stats.rebuilt += size;
  if (steps) {
    apply_steps(base, *delta, plan_.steps, built.buffer.data());
  } else if (!apply_delta(base, *delta, *sizes, built.buffer.data())) {
    pool_.give(std::move(built.buffer));
    return fail(node, Fault::damaged);
  }
  if (suspicious && !is_named(node, type_, built.bytes)) {
    pool_.give(std::move(built.buffer));
    return fail(node, Fault::damaged);
  }
  if (windows && !(leaf && !every && !suspicious)) {
    for (const Window& window : plan_.windows) {
      const auto length = static_cast<std::size_t>(window.end - window.begin);
      seen_.clear();
      stats.scanned += length;
      finder_->find({built.bytes.data() + window.begin, length}, seen_);
      if (!seen_.empty()) keep_decided(seen_, window, size, context_, hits);
    }
  }
  if (windows) {
    std::sort(hits.begin(), hits.end());
    hits.erase(std::unique(hits.begin(), hits.end()), hits.end());
  } else if (finder_ != nullptr && !silent) {
    find_whole(built.bytes, hits);
  }
  if (tree && !told) read_entries(built.buffer.data());
  deliver(node, type_, built.bytes, hits);
  finish(node, size);
  if (leaf) {
    pool_.give(std::move(built.buffer));
    if (tree) spare_marks_.push_back(std::move(marks));
    return;
  }
  built.hits = std::move(hits);
  built.marks = std::move(marks);
  if (last && !stack_[level_index].keep) {
    // The base goes before its last child's own children come: a chain of any length needs two
    // buffers.
    release(stack_[level_index]);
    --depth_;
  }
  push(node, std::move(built));
}

}  // namespace kimiguard::git

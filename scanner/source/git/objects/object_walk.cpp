#include "scanner/source/git/objects/object_walk.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "scanner/source/git/objects/loose_object.h"
#include "scanner/source/git/objects/pack_salvage.h"
#include "scanner/source/git/objects/parallel.h"
#include "scanner/source/git/objects/walk_run.h"

namespace kimiguard::git {
namespace {

// Gaps named one by one for each code; the rest is a number.
constexpr std::size_t kNamedGaps = 100;
// Bytes that may be rebuilt for entries that failed, from other copies.
constexpr std::uint64_t kRecoveryBytes = std::uint64_t{16} << 30;
constexpr std::size_t kRecoveryReads = 1'000'000;

std::string_view code_of(Fault fault) {
  switch (fault) {
    case Fault::damaged: return "damaged";
    case Fault::missing_base: return "missing_base";
    case Fault::cycle: return "cycle";
    case Fault::limit: return "limit";
    case Fault::wrong_name: return "wrong_name";
  }
  return "damaged";
}

std::string_view reason_of(Fault fault) {
  switch (fault) {
    case Fault::damaged: return "a stored object that is damaged, or made from one that is";
    case Fault::missing_base: return "a delta whose base is not stored";
    case Fault::cycle: return "a delta whose base is, in the end, itself";
    case Fault::limit: return "an object larger than what is read";
    case Fault::wrong_name: return "an object stored under the name of another one";
  }
  return "damaged";
}

// One pass and what follows it.
class Pass {
 public:
  Pass(const ObjectStore& store, const WalkOptions& options, unsigned threads, DeltaForest& forest,
       std::vector<std::unique_ptr<ObjectVisitor>>& visitors, WalkReport& report)
      : store_(store), options_(options), visitors_(visitors), report_(report),
        shared_(store, options, forest) {
    shared_.threads = threads;
    shared_.state = std::make_unique<std::uint8_t[]>(std::size_t{forest.size} + 1);
    shared_.irregular = std::make_unique<std::atomic<bool>[]>(forest.packs.size() + 1);
    for (std::size_t i = 0; i < forest.packs.size(); ++i) shared_.irregular[i] = forest.packs[i].irregular;
  }

  void run() {
    for (auto& visitor : visitors_) workers_.push_back(std::make_unique<WalkWorker>(shared_, *visitor));
    on_threads(shared_.threads, [&](unsigned index) {
      try {
        workers_[index]->run();
      } catch (...) {
        // The others must not wait for this one.
        shared_.ended = true;
        const std::lock_guard lock(shared_.mutex);
        shared_.finished = true;
        shared_.changed.notify_all();
        throw;
      }
    });
    // From here on one thread works: nobody waits for subtrees any more.
    shared_.hungry = 0;
    if (!shared_.stopped()) recover();
    for (const auto& worker : workers_) add(*worker);
  }

  // Names that are not to be delivered again. Sorted; REQUIRES: they live as long as run().
  void leave_out(const std::vector<ObjectId>& names) { shared_.delivered = &names; }

  // The names of all that was delivered, sorted.
  std::vector<ObjectId> delivered() const {
    std::vector<ObjectId> wrong;
    for (const auto& worker : workers_)
      wrong.insert(wrong.end(), worker->wrong_names.begin(), worker->wrong_names.end());
    std::sort(wrong.begin(), wrong.end());
    std::vector<ObjectId> names;
    for (Node node = 0; node < shared_.forest.size; ++node) {
      if (shared_.state[node] != kDone) continue;
      const ObjectId id = shared_.forest.id(node, store_.hash_kind());
      if (!std::binary_search(wrong.begin(), wrong.end(), id)) names.push_back(id);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  bool irregular(std::size_t pack) const { return shared_.irregular[pack]; }
  const WalkShared& shared() const { return shared_; }

 private:
  void add(const WalkWorker& worker) {
    report_.coverage.objects += worker.objects;
    report_.coverage.bytes += worker.bytes;
    WalkStats& sum = report_.stats;
    const WalkStats& one = worker.stats;
    sum.entries += one.entries;
    sum.inflated += one.inflated;
    sum.rebuilt += one.rebuilt;
    sum.scanned += one.scanned;
    sum.windows += one.windows;
    sum.not_rebuilt += one.not_rebuilt;
    sum.bases_rebuilt += one.bases_rebuilt;
    sum.subtrees_taken += one.subtrees_taken;
    for (const ObjectId& id : worker.wrong_names) gap(Fault::wrong_name, id.hex());
  }

  void gap(Fault fault, const std::string& object) {
    std::uint64_t& count = counts_[fault];
    if (++count > kNamedGaps) {
      if (count == kNamedGaps + 1) {
        rest_[fault] = report_.coverage.gaps.size();
        report_.coverage.gaps.push_back({GapKind::unreadable, std::string(code_of(fault)), place(""),
                                         std::string(reason_of(fault)), 0});
      }
      ++report_.coverage.gaps[rest_[fault]].count;
      return;
    }
    Gap gap{GapKind::unreadable, std::string(code_of(fault)), place(object), std::string(reason_of(fault))};
    if (fault == Fault::missing_base && store_.has_promisor()) {
      gap.kind = GapKind::not_here;
      gap.code = "promisor";
      gap.reason = "a delta whose base a promisor remote may have";
    }
    report_.coverage.gaps.push_back(std::move(gap));
  }

  std::string place(const std::string& object) const {
    return object.empty() ? store_.folders().front() : store_.folders().front() + "/" + object;
  }

  // Entries that failed, and what is made from them: from other copies where there are any.
  void recover() {
    const DeltaForest& forest = shared_.forest;
    WalkWorker& worker = *workers_.back();
    std::vector<WalkWorker::Failed> queue;
    std::uint64_t seen = 0;
    for (const auto& one : workers_) {
      queue.insert(queue.end(), one->failed.begin(), one->failed.end());
      one->failed.clear();
      seen += one->stats.entries + one->skipped;
    }
    if (seen == forest.size) {
      drain(queue, worker);
      return;
    }
    for (Node node = 0; node < forest.size; ++node)
      if (forest.parent[node] == kMissingNode && shared_.state[node] == kUnvisited) {
        shared_.state[node] = kFailed;
        queue.push_back({node, Fault::missing_base});
      }
    drain(queue, worker);
    // What was reached neither from a root nor from a failure stands in a cycle or behind one.
    mark_skipped();
    for (Node node = 0; node < forest.size; ++node)
      if (shared_.state[node] == kUnvisited) {
        shared_.state[node] = kFailed;
        queue.push_back({node, Fault::cycle});
      }
    drain(queue, worker);
  }

  void mark_skipped() {
    const DeltaForest& forest = shared_.forest;
    std::vector<Node> open;
    for (const Node node : forest.roots)
      if (shared_.state[node] == kSkipped) open.push_back(node);
    while (!open.empty()) {
      const Node node = open.back();
      open.pop_back();
      for (std::uint32_t i = forest.child_begin[node]; i < forest.child_begin[node + 1]; ++i) {
        shared_.state[forest.children[i]] = kSkipped;
        open.push_back(forest.children[i]);
      }
    }
  }

  void drain(std::vector<WalkWorker::Failed>& queue, WalkWorker& worker) {
    const DeltaForest& forest = shared_.forest;
    std::vector<WalkWorker::Failed> lost;
    std::sort(queue.begin(), queue.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
    for (std::size_t i = 0; i < queue.size() && !shared_.stopped(); ++i) {
      const WalkWorker::Failed failure = queue[i];
      const Node node = failure.node;
      std::optional<Object> other = other_copy(failure);
      if (other && (options_.types & type_bit(other->type)) == 0) other.reset();
      if (other) {
        worker.recovered(node, other->type, other->bytes);
        if (forest.child_begin[node] != forest.child_begin[node + 1]) {
          Subtree below;
          below.node = node;
          below.keep = true;
          below.type = other->type;
          char* copy = below.buffer.reserve(other->bytes.size() + kDeltaSlack);
          std::copy(other->bytes.begin(), other->bytes.end(), copy);
          below.bytes = {copy, other->bytes.size()};
          below.hits = worker.last_hits();
          below.begin = forest.child_begin[node];
          below.end = forest.child_begin[node + 1];
          worker.subtree(std::move(below));
          queue.insert(queue.end(), worker.failed.begin(), worker.failed.end());
          worker.failed.clear();
        }
        continue;
      }
      lost.push_back(failure);
      for (std::uint32_t child = forest.child_begin[node]; child < forest.child_begin[node + 1]; ++child) {
        const Node below = forest.children[child];
        if (shared_.state[below] != kUnvisited) continue;
        shared_.state[below] = kFailed;
        queue.push_back({below, failure.fault});
      }
    }
    queue.clear();
    std::sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
    const HashKind kind = store_.hash_kind();
    for (const WalkWorker::Failed& failure : lost) {
      // A later copy's loss is none: the first copy was delivered, or is in this list.
      if (forest.duplicate[failure.node] != kLaterCopy) gap(failure.fault, forest.id(failure.node, kind).hex());
    }
  }

  std::optional<Object> other_copy(const WalkWorker::Failed& failure) {
    const DeltaForest& forest = shared_.forest;
    const bool elsewhere =
        forest.duplicate[failure.node] != kOnlyCopy || failure.fault == Fault::missing_base;
    if (!elsewhere) return std::nullopt;
    if (++reads_ > kRecoveryReads || recovered_bytes_ > kRecoveryBytes) return std::nullopt;
    const ObjectId id = forest.id(failure.node, store_.hash_kind());
    Result<Object> object = store_.read(id);
    if (!object) return std::nullopt;
    recovered_bytes_ += object->bytes.size();
    // Only what has the right name is worth anything here.
    if (!(hash_object(store_.hash_kind(), object->type, object->bytes) == id)) return std::nullopt;
    return std::move(*object);
  }

  const ObjectStore& store_;
  const WalkOptions& options_;
  std::vector<std::unique_ptr<ObjectVisitor>>& visitors_;
  WalkReport& report_;
  WalkShared shared_;
  std::vector<std::unique_ptr<WalkWorker>> workers_;
  std::map<Fault, std::uint64_t> counts_;
  std::map<Fault, std::size_t> rest_;
  std::size_t reads_ = 0;
  std::uint64_t recovered_bytes_ = 0;
};

}  // namespace

WalkReport walk(const ObjectStore& store, const WalkOptions& options, const VisitorFactory& factory) {
  WalkReport report;
  report.coverage.gaps = store.gaps();
  const unsigned threads = std::max(1U, options.threads);
  std::vector<std::unique_ptr<ObjectVisitor>> visitors;
  for (unsigned i = 0; i < threads; ++i) visitors.push_back(factory(i));

  // A walk leans on every name and offset of an index, so its own checksum is looked at first.
  const auto& packs = store.packs();
  std::vector<const PackIndex*> indexes(packs.size(), nullptr);
  std::vector<std::unique_ptr<Salvaged>> salvaged(packs.size());
  const BaseReader elsewhere = [&](const ObjectId& id) -> std::optional<Object> {
    Result<Object> base = store.read(id);
    if (!base || !(hash_object(store.hash_kind(), base->type, base->bytes) == id)) return std::nullopt;
    return std::move(*base);
  };
  const auto salvage_pack = [&](std::size_t i, const char* reason) {
    salvaged[i] = std::make_unique<Salvaged>(salvage(*packs[i], elsewhere, store.options().max_object_bytes));
    report.coverage.gaps.push_back({GapKind::not_parsed, "index", packs[i]->path(), reason});
  };
  for (std::size_t i = 0; i < packs.size(); ++i)
    if (packs[i]->indexed()) indexes[i] = &packs[i]->index();
  std::shared_ptr<DeltaForest> linked = options.linked;
  std::vector<LooseEntry> loose;
  if (options.loose && !linked)
    for (std::size_t folder = 0; folder < store.folders().size(); ++folder)
      for (const ObjectId& id : list_loose(store.folders()[folder], store.hash_kind()))
        loose.push_back({id, static_cast<std::uint32_t>(folder)});

  // The checks run beside the linking, most of which is on one thread; they nearly always pass.
  std::vector<PackIndex::Check> checks(packs.size());
  const auto check_all = [&](unsigned on) {
    std::atomic<std::size_t> next{0};
    on_threads(packs.size() > 1 ? on : 1, [&](unsigned) {
      for (std::size_t i = next++; i < packs.size(); i = next++)
        if (packs[i]->indexed()) checks[i] = packs[i]->index().check();
    });
  };
  DeltaForest made;
  if (linked) {
    // All of this was done and was sound.
  } else if (threads > 1) {
    on_threads(2, [&](unsigned index) {
      if (index == 0)
        check_all(threads - 1);
      else
        made = DeltaForest::build(packs, indexes, loose, threads);
    });
  } else {
    check_all(1);
    made = DeltaForest::build(packs, indexes, loose, threads);
  }
  bool repeats = false;
  bool renewed = false;
  for (std::size_t i = 0; i < packs.size() && !linked; ++i) {
    if (!packs[i]->indexed()) continue;
    repeats |= checks[i].repeats || !checks[i].sound;
    if (checks[i].sound) continue;
    salvage_pack(i, "the index is damaged: objects were read in the order of the pack");
    indexes[i] = &salvaged[i]->index;
    renewed = true;
    report_unread(*packs[i], *salvaged[i], report.coverage.gaps);
    if (salvaged[i]->nameless > 0)
      report.coverage.gaps.push_back({GapKind::unreadable, "damaged", packs[i]->path(),
                                      "deltas made from objects that are damaged or not stored",
                                      salvaged[i]->nameless});
  }
  if (renewed) made = DeltaForest::build(packs, indexes, loose, threads);
  if (!linked) {
    made.mark_duplicates(store.hash_kind(), repeats, threads);
    linked = std::make_shared<DeltaForest>(std::move(made));
  }
  if (!renewed) report.linked = linked;
  DeltaForest& forest = *linked;
  Pass pass(store, options, threads, forest, visitors, report);
  pass.run();

  // An index whose own checksum is right can still lie. Where entries do not follow each other without
  // a gap, or a name was wrong, the pack is read once more from its own entries.
  std::vector<ObjectId> delivered;
  for (std::size_t i = 0; i < forest.packs.size() && !pass.shared().stopped(); ++i) {
    if (!pass.irregular(i)) continue;
    if (delivered.empty()) delivered = pass.delivered();
    const auto at = static_cast<std::size_t>(
        std::find(packs.begin(), packs.end(), forest.packs[i].pack) - packs.begin());
    if (salvaged[at] != nullptr) continue;
    salvage_pack(at, "the index does not fit the pack: objects were read in the order of the pack too");
    DeltaForest again =
        DeltaForest::build({packs[at]}, {&salvaged[at]->index}, {}, threads);
    again.mark_duplicates(store.hash_kind(), true, threads);
    Pass second(store, options, threads, again, visitors, report);
    second.leave_out(delivered);
    second.run();
    const std::vector<ObjectId> more = second.delivered();
    delivered.insert(delivered.end(), more.begin(), more.end());
    std::sort(delivered.begin(), delivered.end());
  }
  for (const auto& one : salvaged)
    for (std::uint32_t i = 0; one != nullptr && i < one->index.size(); ++i) report.salvaged.push_back(one->index.id(i));
  std::sort(report.salvaged.begin(), report.salvaged.end());
  report.coverage.settle();
  return report;
}

}  // namespace kimiguard::git

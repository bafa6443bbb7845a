// One pass over a set of packs and loose objects: the machinery behind object_walk.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "scanner/source/git/objects/buffer_pool.h"
#include "scanner/source/git/objects/delta_forest.h"
#include "scanner/source/git/objects/inflate.h"
#include "scanner/source/git/objects/object_walk.h"
#include "scanner/source/git/objects/window_scan.h"

namespace kimiguard::git {

// Why an entry could not be delivered from where it stands.
enum class Fault : std::uint8_t { damaged, missing_base, cycle, limit, wrong_name };

// A base and those of its children that another thread gives away.
struct Subtree {
  Node node = 0;
  ObjectType type = ObjectType::blob;
  RawBuffer buffer;
  std::string_view bytes;  // in buffer
  std::vector<Hit> hits;
  std::uint32_t begin = 0;  // into DeltaForest::children
  std::uint32_t end = 0;
  // The bytes came from another copy than the node's own entry: they cannot be rebuilt from it.
  bool keep = false;
};

// What the workers share.
struct WalkShared {
  WalkShared(const ObjectStore& from, const WalkOptions& with, DeltaForest& over)
      : store(from), options(with), forest(over) {}

  const ObjectStore& store;
  const WalkOptions& options;
  DeltaForest& forest;
  // Names already delivered by an earlier pass, or null.
  const std::vector<ObjectId>* delivered = nullptr;
  unsigned threads = 1;

  std::unique_ptr<std::uint8_t[]> state;  // of each node: enum NodeState; written by its worker alone
  std::unique_ptr<std::atomic<bool>[]> irregular;  // of each pack

  std::atomic<std::size_t> next_root{0};
  std::atomic<std::uint64_t> spent{0};    // bytes rebuilt
  std::atomic<std::uint64_t> allowed{0};  // by what was read so far
  std::atomic<bool> ended{false};

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Subtree> offered;         // guarded by mutex
  bool finished = false;               // guarded by mutex
  std::atomic<unsigned> hungry{0};     // threads that wait; raised under mutex
  std::atomic<unsigned> offers{0};     // offered.size(), to look at without the mutex

  bool stopped() const {
    return ended.load(std::memory_order_relaxed) ||
           (options.stop != nullptr && options.stop->load(std::memory_order_relaxed));
  }
};

enum NodeState : std::uint8_t { kUnvisited = 0, kDone = 1, kFailed = 2, kSkipped = 3 };

// One thread's part of a walk.
class WalkWorker {
 public:
  struct Failed {
    Node node;
    Fault fault;
  };

  WalkWorker(WalkShared& shared, ObjectVisitor& visitor);

  // Takes roots and offered subtrees until there are none anywhere.
  void run();
  // Walks what is below a base.
  void subtree(Subtree subtree);
  // Matches and delivers bytes that a node should have; for those recovered from another copy.
  void recovered(Node node, ObjectType type, std::string_view bytes);
  // The hits recovered() found last.
  const std::vector<Hit>& last_hits() const { return last_hits_; }

  std::vector<Failed> failed;
  std::vector<ObjectId> wrong_names;  // names that were given to other bytes
  WalkStats stats;
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
  std::uint64_t skipped = 0;  // nodes below roots of types not wanted

 private:
  struct Level {
    Node node = 0;
    RawBuffer buffer;
    std::string_view bytes;
    bool present = false;
    bool keep = false;  // as in Subtree: stays until all below it is done
    std::uint32_t next = 0;  // into children
    std::uint32_t end = 0;
    std::vector<Hit> hits;
    TreeMarks marks;
  };
  // A rebuilt or inflated object that its children will need.
  struct Base {
    RawBuffer buffer;
    std::string_view bytes;
    std::vector<Hit> hits;
    TreeMarks marks;
  };

  void root(Node node);
  bool open_root(Node node, ObjectType& type, Base& base, bool& suspicious);
  void child(std::size_t level, Node node, bool last);
  void descend();
  void push(Node node, Base base);
  bool restore(std::size_t level);
  void evict(std::size_t keep);
  void release(Level& level);
  void offer();
  std::optional<std::string_view> inflate_delta(Node node, const PackEntries& entries, const EntryHead& head,
                                                bool& suspicious);
  bool crc_differs(const PackEntries& entries, std::uint32_t entry, std::uint64_t end);
  void find_whole(std::string_view text, std::vector<Hit>& hits);
  bool is_named(Node node, ObjectType type, std::string_view text);
  void deliver(Node node, ObjectType type, std::string_view text, const std::vector<Hit>& hits);
  bool looks_into(ObjectType type) const { return links_ && type == ObjectType::tree; }
  // Whether a tree's names, those that it does not have from its base, are too short for a hit.
  bool names_nothing(const TreeMarks& marks) const { return !marks.broken && marks.longest < shortest_name_; }
  void tell_tree(Node node, const TreeMarks& marks);
  TreeMarks spare_marks();
  void finish(Node node, std::uint64_t size);
  bool delivered_before(Node node) const;
  void fail(Node node, Fault fault);
  void prefetch(Node node);
  bool affordable(std::uint64_t result, std::uint64_t stored);
  const PackEntries& entries_of(Node node);

  WalkShared& shared_;
  ObjectVisitor& visitor_;
  Finder* finder_;
  TreeVisitor* trees_;
  std::optional<TreeLinks> links_;
  bool every_tree_ = false;
  unsigned every_;  // types
  std::uint64_t reach_ = 0;
  std::size_t context_ = 0;
  std::size_t shortest_name_ = 0;
  FindCost cost_;
  std::uint64_t stack_limit_;
  Inflater inflater_;
  BufferPool pool_;
  RawBuffer delta_;
  RawBuffer window_;
  WindowPlan plan_;
  std::vector<Hit> seen_;
  std::vector<Hit> last_hits_;
  TreeMarks last_marks_;
  std::vector<TreeMarks> spare_marks_;
  std::vector<std::uint32_t> kept_;
  std::vector<Level> stack_;   // levels beyond depth_ are kept for their vectors
  std::size_t depth_ = 0;
  std::uint64_t live_bytes_ = 0;  // of bases on the stack
  ObjectType type_ = ObjectType::blob;  // of the tree at work
  std::size_t pack_ = 0;  // where entries_of looks first
  std::uint64_t spent_ = 0;
  std::uint64_t allowed_ = 0;
  unsigned until_progress_ = 0;
};

}  // namespace kimiguard::git

// Every object of a store, as fast as its entries inflate.
//
// The packs are read as packs, not as commits (design §6): entries in the order in which they lie,
// each inflated once; each tree of deltas depth first, so that a base is still in cache when its
// children are built from it; the heaviest child last, so that a base can be let go before it (then at
// most log2(objects) bases are held at a time, whatever the depth). Threads take roots in small
// batches, and when these run out, subtrees of what others are at.
//
// Matching comes in as a Finder for each thread. Where only a small part of an object differs from its
// base, windows around the inserted bytes and the seams of copies are scanned and the base's hits are
// carried through the copies (window_scan.h); an object that nothing is built from is then not rebuilt
// at all. Which way is taken is decided for each object by cost; hits are the same.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/source/git/objects/finder.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/objects/tree_links.h"

namespace kimiguard::git {

class DeltaForest;

constexpr unsigned type_bit(ObjectType type) { return 1U << static_cast<unsigned>(type); }
constexpr unsigned kEveryType = type_bit(ObjectType::commit) | type_bit(ObjectType::tree) |
                                type_bit(ObjectType::blob) | type_bit(ObjectType::tag);

struct ObjectView {
  ObjectId id;
  ObjectType type = ObjectType::blob;
  std::string_view bytes;  // valid during the call
};

// One a thread, made by the factory on the calling thread before the walk starts; only its own thread
// calls it. Order across threads is not fixed: what must be deterministic is sorted afterwards.
class ObjectVisitor {
 public:
  virtual ~ObjectVisitor() = default;
  // Asked once. May be null: then every object is delivered without hits, or none at all.
  virtual Finder* finder() { return nullptr; }
  // Looks at what trees name. Asked once; may be null. A tree is not rebuilt for it alone.
  virtual TreeVisitor* trees() { return nullptr; }
  // Types, as type_bit()s, of which objects without hits are wanted too. Asked once.
  virtual unsigned every_object() const { return 0; }
  // Whether anything comes of an object's hits; if not, object() is not called for their sake, and the object is
  // not hashed to check its name. Called directly before object(); the id is not checked yet.
  virtual bool speaks(const ObjectView&, const std::vector<Hit>&) { return true; }
  // `hits` are sorted and each is there once. An exception ends the walk and leaves it.
  virtual void object(const ObjectView& view, const std::vector<Hit>& hits) = 0;
};

using VisitorFactory = std::function<std::unique_ptr<ObjectVisitor>(unsigned thread)>;

struct WalkOptions {
  unsigned threads = 1;
  // Object types wanted, as type_bit()s. Deltas of other types are not even inflated.
  unsigned types = kEveryType;
  // Bytes of bases kept for their children by all threads together. Above it, bases are dropped and
  // rebuilt when needed. The objects at work themselves come on top: two for each thread.
  std::uint64_t stack_bytes = std::uint64_t{128} << 20;
  // Bytes that may be rebuilt for each byte of pack, beyond `work_floor`: a delta of ten bytes can
  // make a gigabyte, and a million of them would never end. Above it, objects that are far larger
  // than their entries are passed over with gap `limit`.
  std::uint64_t work_ratio = 4096;
  std::uint64_t work_floor = std::uint64_t{64} << 30;
  // How to match objects made from deltas; `automatic` weighs. The others are for tests and benches.
  enum class Scan { automatic, whole, windows } scan = Scan::automatic;
  bool loose = true;  // loose objects too
  // What an earlier walk over the same store, with the same `loose`, has linked (WalkReport::linked); may be null.
  // Linking is a tenth of a walk.
  std::shared_ptr<DeltaForest> linked = nullptr;
  // Set by anyone to end early; what was not delivered is not reported then.
  const std::atomic<bool>* stop = nullptr;
  // Raised while walking by the number of entries done; for progress.
  std::atomic<std::uint64_t>* done = nullptr;
};

struct WalkStats {
  std::uint64_t entries = 0;         // of packs, plus loose objects
  std::uint64_t inflated = 0;        // bytes out of zlib
  std::uint64_t rebuilt = 0;         // bytes of objects made from deltas
  std::uint64_t scanned = 0;         // bytes given to find()
  std::uint64_t windows = 0;         // objects matched by windows
  std::uint64_t not_rebuilt = 0;     // of these, those that were not even rebuilt
  std::uint64_t bases_rebuilt = 0;   // bases dropped for memory and built again
  std::uint64_t subtrees_taken = 0;  // by idle threads
};

struct WalkReport {
  // objects: each once. bytes: their full size. gaps: what could not be delivered, and the store's own.
  // Codes: `damaged`, `missing_base`, `cycle`, `limit`, `promisor` (not_here), `wrong_name`, `index`.
  Coverage coverage;
  WalkStats stats;
  // Names that only packs read in their own order showed, sorted: the store does not know them.
  std::vector<ObjectId> salvaged;
  // For a further walk. Null where an index was not sound. About 33 bytes an object.
  std::shared_ptr<DeltaForest> linked = nullptr;
};

// Walks the whole store. Each object is delivered once however often it is stored; where one copy is
// damaged another serves. An object with hits is checked against its name by hashing.
WalkReport walk(const ObjectStore& store, const WalkOptions& options, const VisitorFactory& factory);

}  // namespace kimiguard::git

// Which entry is made from which: the entries of several packs, in pack order, linked to their bases.
//
// A node is a number: entries of the first pack by offset, then those of the next, then the loose
// objects by id. Memory: about 33 bytes a node while a walk lasts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/pack.h"

namespace kimiguard::git {

using Node = std::uint32_t;
constexpr Node kNoNode = 0xffffffffU;       // a whole object: no base
constexpr Node kMissingNode = 0xfffffffeU;  // a delta whose base is not among the nodes

// A pack as the walk sees it: the entries its index names, by offset.
struct PackEntries {
  std::shared_ptr<const Pack> pack;
  const PackIndex* index = nullptr;  // the pack's own or one made by salvage
  Node first = 0;
  std::uint32_t count = 0;
  std::unique_ptr<std::uint64_t[]> offsets;    // count + 1: the last is where entries end
  std::unique_ptr<std::uint32_t[]> positions;  // in the index
  // Entry of the first offset not below bucket << shift: finds a base in constant time. A binary
  // search cost 0.1 s for 850,000 entries.
  std::unique_ptr<std::uint32_t[]> buckets;
  unsigned shift = 0;
  // The index does not fit the pack: offsets outside, twice the same, another number of entries.
  bool irregular = false;

  // The entry that begins at `offset`.
  std::optional<std::uint32_t> at(std::uint64_t offset) const;
};

// Whether a node's name is held by other nodes too.
enum Copy : std::uint8_t { kOnlyCopy = 0, kFirstCopy = 1, kLaterCopy = 2 };

struct LooseEntry {
  ObjectId id;
  std::uint32_t folder = 0;
};

class DeltaForest {
 public:
  std::vector<PackEntries> packs;
  std::vector<LooseEntry> loose;  // sorted by id
  Node loose_first = 0;
  Node size = 0;

  std::unique_ptr<Node[]> parent;
  std::unique_ptr<std::uint32_t[]> child_begin;  // size + 1, into children
  std::unique_ptr<Node[]> children;              // of each node together, the heaviest last
  std::unique_ptr<std::uint32_t[]> weight;       // nodes of the subtree, itself included
  std::unique_ptr<std::uint8_t[]> duplicate;     // of the same name: enum Copy
  std::vector<Node> roots;                       // nodes without base, in order

  // Reads every entry's head and links them, on `threads` threads.
  // `indexes[i]` serves `packs[i]`; entries whose index is null are left out. Nothing an index says is
  // believed without a look, so one that is not sound does no harm here.
  static DeltaForest build(const std::vector<std::shared_ptr<const Pack>>& packs,
                           const std::vector<const PackIndex*>& indexes, std::vector<LooseEntry> loose,
                           unsigned threads);
  // Fills `duplicate`. `repeats`: some index holds a name twice.
  void mark_duplicates(HashKind kind, bool repeats, unsigned threads);

  std::size_t pack_of(Node node) const;  // REQUIRES: node < loose_first
  ObjectId id(Node node, HashKind kind) const;
  // The first node of that name, in pack order and then loose.
  std::optional<Node> named(const std::uint8_t* id) const;
};

}  // namespace kimiguard::git

// Objects that others name and that are not stored: damage, or what a promisor remote keeps.
//
// Trees' own entries (tree_links.h), commits' trees and parents, tags' targets, refs and the index are
// looked up while the walk has them at hand. On git/git that adds 3 % to the walk.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/source/git/history/provenance.h"
#include "scanner/source/git/objects/id_set.h"
#include "scanner/source/git/objects/object_walk.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/git/repository/repository.h"
#include "scanner/source/git/repository/work_tree_index.h"

namespace kimiguard::git {

struct MissingObject {
  ObjectId id;
  // Who names it: "tree", "commit", "tag", "ref", "index".
  const char* namer = "tree";
  ObjectId by;       // the commit or tag
  std::string name;  // the tree entry's, the ref's or the index's path, raw bytes
  ObjectType type = ObjectType::blob;
};

class MissingObjects {
 public:
  // REQUIRES: both live as long as this.
  MissingObjects(const Repository& repository, const ObjectStore& store);

  // One a thread, for a walk's visitor; hands over what it saw when it goes.
  class Seeker final : public TreeVisitor {
   public:
    explicit Seeker(MissingObjects& owner) : owner_(owner), known_(kKnown, 0) {}
    ~Seeker() override;
    std::uint32_t entry(std::uint32_t mode, std::string_view name, const std::uint8_t* id) override;
    void tree(const ObjectId&, const std::vector<std::uint32_t>&) override {}
    // Commits and tags, whole; others are passed over.
    void object(const ObjectView& view);

   private:
    friend class MissingObjects;
    // An entry that is looked up a few entries later, when what its place in the table holds has come from memory.
    struct Waiting {
      std::uint8_t id[32];
      std::uint32_t mode;
      std::uint32_t name_size;  // 0: none waits
      char name[60];            // its beginning
    };
    void miss(MissingObject one);
    bool known(const std::uint8_t* id) const;
    bool stored(const std::uint8_t* id);
    void settle(Waiting& one);
    static constexpr std::size_t kKnown = 16384;
    static constexpr std::size_t kWaiting = 8;
    MissingObjects& owner_;
    // Eight bytes of ids that were found lately: roots of delta trees repeat each other's entries.
    std::vector<std::uint64_t> known_;
    std::unordered_map<ObjectId, MissingObject> seen_;
    Waiting waiting_[kWaiting] = {};
    std::size_t next_ = 0;
    std::uint64_t beyond_ = 0;
  };

  void look(const RefSnapshot& refs);
  void look(const WorkTreeIndex& index);

  // After the walk: what is missing, by id. `salvaged`: names that the walk found elsewhere (WalkReport).
  std::vector<MissingObject> settled(const std::vector<ObjectId>& salvaged);

  // Whether the objects that are missing may be had from a promisor remote.
  bool promised() const;
  // Of which objects to ask the origin to tell why `missing` matters and where it was; at most 1000 of them.
  // Empty in a partial clone, where it costs more than it tells.
  std::vector<ObjectId> questions(const std::vector<MissingObject>& missing) const;
  // `origins`: answers to the questions, by id.
  std::vector<Gap> gaps(const std::vector<MissingObject>& missing,
                        const std::unordered_map<ObjectId, const ObjectProvenance*>& origins) const;

 private:
  const Repository& repository_;
  const ObjectStore& store_;
  IdSet stored_;
  std::mutex mutex_;
  std::unordered_map<ObjectId, MissingObject> missing_;  // guarded by mutex_
  std::uint64_t beyond_ = 0;                             // guarded by mutex_
};

}  // namespace kimiguard::git

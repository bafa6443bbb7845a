// Where objects with findings come from: which commits, paths and refs hold them, and whether a remote
// has them.
//
// One pass over commits and trees in the order of the packs, whatever the number of objects. Of a tree
// only what leads on is kept: its subfolders and the entries that are wanted, each distinct (object,
// name) pair once and then as a number. From the trees that hold a wanted object the way goes upwards in
// memory: to the trees that hold these, and to the commits whose root they are. Trees whose wanted
// content is the same share one set, so thousands of root trees cost thousands of look-ups, not
// thousands of path lists. Objects are told apart by the first 8 bytes of their ids here: who makes two
// that agree in these gets a wrong origin for their own objects.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/exposure.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::git {

class DeltaForest;

struct ProvenanceOptions {
  unsigned threads = 1;
  // WalkReport::linked of a walk over the same store; may be null.
  std::shared_ptr<DeltaForest> linked = nullptr;
  // A bare repository, or pre-receive: what any ref reaches is out (design §3).
  bool every_ref_is_pushed = false;
  // Read the index of this work tree and of linked ones, for class `staged`.
  bool indexes = true;
  // Bounds for hostile trees of trees: paths kept for each object, folders above an object.
  std::size_t most_paths = 1000;
  int deepest = 256;
};

struct ObjectProvenance {
  ObjectId id;
  // provenance: the strongest class. commit, author, date: the first commit that has the object and none
  // of whose parents has it, among those of the strongest class; of several, the one with fewest
  // generations above it, then the oldest by date, then by id. For a commit: itself. last_commit: the
  // one with most generations above it.
  Provenance provenance;
  // Where it lies in HEAD, or else in last_commit, or else in the index; empty if no path is known.
  std::string path;
};

struct ProvenanceReport {
  std::vector<ObjectProvenance> objects;  // in the order of the ids asked for
  std::vector<Gap> gaps;  // limits that were reached; damage is reported by the full walk
};

// `wanted`: blobs, trees (a finding in a name), commits and tags; doubled ones are answered twice.
// Missing objects are no error: what they would lead to stays unknown. `refs` should have been read with
// reflogs.
ProvenanceReport find_provenance(const Repository& repository, const ObjectStore& store,
                                 const RefSnapshot& refs, const std::vector<ObjectId>& wanted,
                                 const ProvenanceOptions& options = {});

}  // namespace kimiguard::git

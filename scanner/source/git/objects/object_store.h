// A repository's object database: every pack, every loose object, and those of its alternates.
//
// In: the path of an `objects` folder and the repository's hash. Out: objects by id (here) or all of
// them in the order of the packs (object_walk.h). It knows nothing of refs, configuration or
// environment variables, and writes nothing. Formats: gitformat-pack(5), gitrepository-layout(5).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/result.h"
#include "scanner/source/git/objects/bundle.h"
#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

class Pack;

struct Object {
  ObjectType type = ObjectType::blob;
  std::string bytes;
};

struct ObjectInfo {
  ObjectType type = ObjectType::blob;
  std::uint64_t size = 0;  // bytes
};

struct StoreOptions {
  // Further object folders, as GIT_ALTERNATE_OBJECT_DIRECTORIES names them. For a push that git holds
  // in quarantine: open() the quarantine's folder and name the repository's own objects here.
  std::vector<std::string> alternates;
  // Whether `info/alternates` files are followed (nested, relative, cycles are cut).
  bool follow_alternates = true;
  // Objects that claim more are not read: error or gap `limit`.
  std::uint64_t max_object_bytes = std::uint64_t{1} << 30;
};

// Thread-safe after open(): every method may be called from any thread. Packs that git adds later
// are not seen; packs it removes stay readable, because they stay mapped.
class ObjectStore {
 public:
  // Maps the packs below `objects_dir` and its alternates; reads no object. A pack whose index is
  // missing or broken is read through once here, to find its objects' names. Fails with `unreadable`
  // when objects_dir is no folder that can be listed; anything less becomes a gap.
  static Result<std::shared_ptr<ObjectStore>> open(const std::string& objects_dir, HashKind kind,
                                                   const StoreOptions& options = {});
  // The objects of a bundle (bundle.h), read through once to find their names. Objects that the bundle leaves to
  // its receiver count as kept by a promisor. `file` is all of its bytes and outlives the store; `name` is for messages.
  static Result<std::shared_ptr<ObjectStore>> open_bundle(const std::string& name, std::string_view file, const BundleHead& head,
                                                          const StoreOptions& options = {});
  ~ObjectStore();
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  // The object with its bytes, which are checked against its name. Looks in packs first, then among loose
  // objects, then in packs whose index turns out to be damaged; goes on to the next copy when one is damaged. Error codes: `missing` (stored nowhere), `not_here` (missing, and
  // a promisor remote may have it), `damaged`, `limit`.
  Result<Object> read(const ObjectId& id) const;
  // Type and size without rebuilding the bytes (a delta's head is inflated). Errors as read().
  Result<ObjectInfo> info(const ObjectId& id) const;
  // Whether a copy is stored; it may yet be damaged.
  bool contains(const ObjectId& id) const;
  // Ids that begin with these hex digits, sorted, at most `limit`. Fewer than 4 digits: none.
  std::vector<ObjectId> starting_with(std::string_view hex, std::size_t limit = 2) const;

  HashKind hash_kind() const;
  // The folders read, objects_dir first; absolute where they could be resolved.
  const std::vector<std::string>& folders() const;
  // Some pack came from a promisor remote: an object that is not stored is not damage.
  bool has_promisor() const;
  // What open() could not read: alternates that are not there, damaged packs and indexes.
  const std::vector<Gap>& gaps() const;
  const StoreOptions& options() const;

  // For the walk: every pack of every folder. Sorted by folder, then by name.
  const std::vector<std::shared_ptr<const Pack>>& packs() const;

 private:
  struct State;
  explicit ObjectStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kimiguard::git

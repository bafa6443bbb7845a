// Every name a repository gives to objects, read once: refs, HEADs, pseudo refs, reflogs.
//
// Formats: gitrepository-layout(5), git-pack-refs(1), git-update-ref(1), git-check-ref-format(1). A
// reftable repository's names are not read; the gap says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/exposure.h"
#include "scanner/core/result.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::git {

struct Ref {
  std::string name;    // refs/heads/main, HEAD, worktrees/<name>/HEAD, ORIG_HEAD …; raw bytes
  ObjectId id;         // what it leads to after following symbolic refs; empty: nothing (unborn)
  std::string target;  // symbolic refs: the ref named
  std::optional<ObjectId> peeled;  // packed annotated tags: what the tag is of
  // The class of what it reaches (design §4). A detached HEAD is `branch`; git does not count pseudo
  // refs (ORIG_HEAD, FETCH_HEAD, MERGE_HEAD …) as refs and drops what only they name, so theirs is
  // `reflog`.
  ProvenanceClass reach = ProvenanceClass::pull;
  bool remote_tracking = false;
  bool packed = false;
  std::uint64_t packed_line = 0;  // line in packed-refs, 1-based
};

struct ReflogEntry {
  ObjectId before;  // null: created here
  ObjectId after;   // null: deleted here
  std::string identity;
  std::string message;
};

struct Reflog {
  std::string ref;                   // as Ref::name
  std::string path;                  // the file
  std::vector<ReflogEntry> entries;  // oldest first
};

struct RefSnapshot {
  std::vector<Ref> refs;         // below refs/, those of linked worktrees too; sorted by name
  std::vector<Ref> heads;        // HEAD of this work tree first, then those of the others
  std::vector<Ref> pseudo_refs;  // one for each id, so FETCH_HEAD may stand here often
  std::vector<Reflog> reflogs;   // sorted by ref
  std::vector<Gap> gaps;

  // The ref of exactly this name, among all three lists.
  const Ref* find(std::string_view name) const;
  // HEAD of this work tree; nullptr if there is none.
  const Ref* head() const;
  const Reflog* reflog(std::string_view ref) const;
};

struct RefOptions {
  bool reflogs = true;  // false: reflogs are not read
};

// Reads what is there; a broken ref or log becomes a gap, never a failure.
RefSnapshot read_refs(const Repository& repository, const RefOptions& options = {});

// One ref by its full name, without reading the others: for staged checks and revision look-up.
// Follows symbolic refs (at most 5). Codes: "absent", "broken-ref".
Result<Ref> read_ref(const Repository& repository, std::string_view name);

// Where a root of reachability comes from.
struct Root {
  ObjectId id;
  ProvenanceClass reach = ProvenanceClass::unreachable;
  std::string name;  // ref or reflog's ref
  bool remote_tracking = false;
  bool is_ref =
      false;  // a name to list as a ref that reaches an object (not a reflog, pseudo or symbolic ref)
};

// Refs, heads, pseudo refs and reflog entries as roots, without null ids; every entry of refs/stash's
// reflog has class `stash`. Same id and class from many reflog entries come once.
std::vector<Root> roots_of(const RefSnapshot& snapshot);

// Class of a ref by its name alone.
ProvenanceClass class_of_ref(std::string_view name);
// git-check-ref-format(1), for full names ("HEAD", "refs/…"): whether git would take it.
bool is_well_formed_ref(std::string_view name);

}  // namespace kimiguard::git

// What a range of commits, or a push, brought in.
//
// A commit brings in every file that differs from that of each of its parents at the same path: for a
// merge that is what none of its parents has, which `git log -p` does not show. A key that a range adds
// and removes again is in what it brought in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/result.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::git {

// Which commits: those that `include` reaches and `exclude` does not.
struct RangeSpec {
  std::vector<ObjectId>
      include;  // commits, or annotated tags, trees and blobs that are pushed by themselves
  std::vector<ObjectId> exclude;  // commits; what is not stored is left out
  // A...B: the two sides must meet, or history that is cut could make old commits look new.
  bool needs_merge_base = false;
  // The revision whose suppressions count (design §7): A of A..B, the merge base is not looked for.
  // Empty: none.
  ObjectId base;
};

// "A..B", "A...B", "A..", "..B": an empty side is HEAD. Code "no-range" without dots; others as
// resolve_revision, "shallow" among them.
Result<RangeSpec> range_of(const Repository& repository, const RefSnapshot& refs,
                           const ObjectStore& store, std::string_view text);
// Commits on HEAD since `revision`.
Result<RangeSpec> range_since(const Repository& repository, const RefSnapshot& refs,
                              const ObjectStore& store, std::string_view revision);
// Commits on this branch only: against its upstream, else the default branch of origin or the only
// remote, else local main or master. Code "no-base" where there is none of these.
Result<RangeSpec> range_of_branch(const Repository& repository, const RefSnapshot& refs,
                                  const ObjectStore& store);

// A line of what git tells a hook on standard input. For pre-push: "<local ref> <local id> <remote ref>
// <remote id>"; for pre-receive: "<old id> <new id> <ref>". A null id: not there, or deleted.
struct PushLine {
  std::string ref;  // on the receiving side
  ObjectId before;  // what the receiving side has
  ObjectId after;   // what it shall have
};
// Code "bad-input" for a line of another form.
Result<std::vector<PushLine>> read_pre_push_lines(std::string_view text, HashKind hash);
Result<std::vector<PushLine>> read_pre_receive_lines(std::string_view text, HashKind hash);

// What a push sends that the remote is not known to have: against the ids it has and against this
// clone's remote-tracking refs of `remote` (a name; of all remotes where it is empty or no configured
// name).
RangeSpec range_of_push(const Repository& repository, const RefSnapshot& refs, const ObjectStore& store,
                        const std::vector<PushLine>& lines, std::string_view remote);
// What a push brings into this repository: against every ref it has. `store` must include git's
// quarantine (open GIT_OBJECT_DIRECTORY, with GIT_ALTERNATE_OBJECT_DIRECTORIES as
// StoreOptions::alternates).
RangeSpec range_of_receive(const RefSnapshot& refs, const ObjectStore& store,
                           const std::vector<PushLine>& lines);

struct RangeBlob {
  ObjectId id;
  std::uint32_t mode = 0;  // a file or a link, never a submodule
  std::string path;        // raw bytes
  ObjectId commit;         // the first commit of the range, in order, that has it there
  std::vector<ObjectId> before;  // what that commit's parents have at the path
};

struct Range {
  std::vector<ObjectId> commits;  // parents before children
  std::vector<ObjectId> tags;     // annotated tags among what was included
  std::vector<RangeBlob> blobs;   // each id and path once; in the order of commits, then by path
  ObjectId base;                  // as RangeSpec::base
  std::vector<Gap> gaps;  // damaged or missing commits and trees; a shallow border that was reached
};

// Codes: "shallow" (the sides do not meet and history is cut), "no-merge-base", "missing", "not_here",
// "damaged" (a commit that was named cannot be read).
Result<Range> read_range(const Repository& repository, const ObjectStore& store, const RangeSpec& spec);

}  // namespace kimiguard::git

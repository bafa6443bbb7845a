// What the next commit would change: the index against HEAD, or against nothing before the first commit.
//
// The index's cache tree names folders whose content is a known tree; where that is HEAD's, nothing
// below is looked at. So a commit of ten files reads the trees on the way to ten files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/result.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/repository/repository.h"
#include "scanner/source/git/repository/work_tree_index.h"

namespace kimiguard::git {

struct StagedChange {
  enum class Kind {
    added,
    modified,      // other content, perhaps another mode
    mode_changed,  // the same content
    deleted,
    intent_to_add,  // `git add -N`: the path is announced, no content is staged
    conflicted      // one stage of a conflict (two or three changes of one path)
  };
  Kind kind = Kind::added;
  std::string path;  // raw bytes from the work tree's root
  ObjectId id;       // what is staged; empty for deleted and intent_to_add
  std::uint32_t mode = 0;
  ObjectId old_id;  // what HEAD has there; empty if nothing
  std::uint32_t old_mode = 0;
  std::uint8_t stage = 0;
  std::string renamed_from;  // added: a path of HEAD with the same content that is gone from the index

  // Whether `id` names bytes to read: a file or a link, not a submodule's commit.
  bool has_content() const { return !id.empty() && (mode & kModeKind) != kModeSubmodule; }
};

struct Staged {
  std::vector<StagedChange> changes;  // by path, then stage
  bool first_commit = false;          // HEAD has no commit yet
  // The index holds exactly HEAD: nothing is staged, as under `pre-commit run --all-files`. The caller
  // then falls back to files named to it, or to all tracked ones (the index's entries).
  bool equals_head = false;
  ObjectId head;  // HEAD's commit; empty before the first
  std::vector<Gap> gaps;
};

// Compares. Codes: "broken-ref" (HEAD cannot be read), "missing", "not_here", "damaged" (HEAD's commit
// or root tree cannot be read: what is staged cannot be told). A tree further down that cannot be read
// becomes a gap, and everything in its folder counts as staged.
Result<Staged> staged_changes(const Repository& repository, const ObjectStore& store,
                              const WorkTreeIndex& index);

// The same, from the index file: `index_file` as GIT_INDEX_FILE names it, or empty for the usual one. No
// index at all is an empty one. Codes as above and as WorkTreeIndex::read.
struct StagedIndex {
  WorkTreeIndex index;
  Staged staged;
};
Result<StagedIndex> read_staged(const Repository& repository, const ObjectStore& store,
                                const std::string& index_file = {});

// The blob at `path` in `tree`, without reading more than the folders on the way; empty id if there is
// none.
struct TreePlace {
  ObjectId id;
  std::uint32_t mode = 0;
};
Result<TreePlace> find_in_tree(const ObjectStore& store, const ObjectId& tree, std::string_view path);

}  // namespace kimiguard::git

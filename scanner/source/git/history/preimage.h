// What a file was before a commit: the version at the same path in its parents, or, where there was none, a file that the
// commit takes away and that has at least half in common with it, as git tells a rename (git-diff(1), -M).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"

namespace kimiguard::git {

struct OldFile {
  std::string path;  // raw bytes
  ObjectId id;
};

// Files of the tree `before` at whose path the tree `after` has none, at most a few thousand. What cannot be read is left out:
// then less is known of before, and more counts as new.
std::vector<OldFile> gone_files(const ObjectStore& store, const ObjectId& before, const ObjectId& after);

// The trees of a commit's parents; none if it cannot be read.
struct CommitTrees {
  ObjectId tree;
  std::vector<ObjectId> parents;
};
CommitTrees trees_of(const ObjectStore& store, const ObjectId& commit, HashKind hash);

// Whether at least half of the larger text, by lines or by 64 bytes of a line, stands in the other too.
bool is_similar(std::string_view a, std::string_view b);

}  // namespace kimiguard::git

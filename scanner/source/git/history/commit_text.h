// The heads of commit and tag objects.
//
// Format: header lines "<key> <value>\n", a blank line, the message; git-commit-tree(1), git-mktag(1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

struct CommitHead {
  ObjectId tree;
  std::vector<ObjectId> parents;
  std::string_view author;  // "Name <address> seconds zone"
  std::string_view committer;
};

struct TagHead {
  ObjectId target;
  ObjectType type = ObjectType::commit;  // of the target, as the tag says
  std::string_view name;
};

// Views live as long as `bytes`. Nothing if there is no tree (object) line with an id of `hash`.
std::optional<CommitHead> read_commit(std::string_view bytes, HashKind hash);
std::optional<TagHead> read_tag(std::string_view bytes, HashKind hash);

// Parts of an identity line.
struct Identity {
  std::string name;          // "Name <address>", as written
  std::int64_t seconds = 0;  // since 1970; 0 if unreadable
  std::string date;  // ISO 8601 in its own zone, "2026-11-24T03:36:19+02:00"; empty if unreadable
};
Identity read_identity(std::string_view line);

}  // namespace kimiguard::git

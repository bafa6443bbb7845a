// Where a git repository is, what kind it is, and what it says of itself.
//
// In: a path. Out: the places of its parts, all absolute, and the gaps that opening it showed. Layout:
// gitrepository-layout(5), git-worktree(1) "DETAILS", gitsubmodules(7), gitformat-index(5).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/result.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/repository/git_config.h"

namespace kimiguard::git {

enum class RefStorage { files, reftable, unknown };

struct Remote {
  std::string name;
  std::vector<std::string> urls;       // as written: may hold credentials
  std::vector<std::string> push_urls;  // likewise
  std::vector<std::string> fetch;      // refspecs
  bool promisor = false;
};

struct LinkedWorkTree {
  std::string name;     // its folder's name below worktrees/
  std::string git_dir;  // <common>/worktrees/<name>
  std::string path;     // work tree, as its `gitdir` file says; may be gone
};

struct Repository {
  std::string git_dir;  // HEAD, index, ORIG_HEAD … of this work tree
  std::string
      common_dir;  // objects, refs, packed-refs, config; equal to git_dir but in linked worktrees
  std::string objects_dir;
  std::string work_tree;  // empty for a bare repository and for a store opened by itself
  bool bare = false;
  bool linked = false;    // opened through a linked worktree
  bool has_head = false;  // HEAD is there (it may yet be broken)
  HashKind hash = HashKind::sha1;
  RefStorage ref_storage = RefStorage::files;
  GitConfig config;  // config, then config.worktree if extensions.worktreeConfig says so
  std::vector<Remote> remotes;
  std::vector<std::string> promisor_remotes;
  bool partial_clone = false;
  std::vector<ObjectId> shallow;        // commits whose parents are not here, sorted
  std::vector<std::string> alternates;  // object folders, nested ones too, absolute
  std::vector<LinkedWorkTree> linked_work_trees;
  bool has_grafts = false;
  std::vector<Gap> gaps;  // what is known already; places begin with git_dir's path
};

// Whether `path` is a git directory: HEAD, objects/ and refs/ (or reftable/), with or without config. A
// linked worktree's own folder (HEAD and commondir) is one too.
bool is_git_directory(const std::string& path);
// Also one whose HEAD is gone: objects/ that looks like an object database, beside refs/, packed-refs or
// config. For folders named `.git` or `*.git` and for the very path a user gave.
bool is_damaged_git_directory(const std::string& path);

// The repository at exactly this place: a git directory, or a folder with `.git` (folder or file).
// Codes: "no-repository", "unreadable" (a `.git` file that leads nowhere: says where it points).
Result<Repository> open_repository(const std::string& path);

// The repository that holds `path` (a file or folder, there or not), nearest first. Codes as above.
Result<Repository> discover_repository(const std::string& path);

// Git directories kept inside this one: submodules' stores below modules/, any depth up to 16.
std::vector<std::string> submodule_stores(const Repository& repository);

// "origin/main" for refs/heads/main by branch.<name>.remote, .merge and the remote's refspecs: a full
// ref name such as refs/remotes/origin/main; none where no upstream is set.
std::optional<std::string> upstream_of(const Repository& repository, std::string_view branch_ref);
// What a refspec ("+refs/heads/*:refs/remotes/origin/*") makes of a ref of the other side.
std::optional<std::string> map_refspec(std::string_view refspec, std::string_view ref);
// Whether a ref name mirrors what a remote has: refs/remotes/…, or the target of a remote's refspec that
// does not lie in refs/heads/ or refs/tags/.
bool is_remote_tracking(const Repository& repository, std::string_view ref);

// Git LFS: what a blob holds in place of a large file. Format: git-lfs spec.md v1.
struct LfsPointer {
  std::string oid;  // SHA-256 in hex
  std::string size;
};
std::optional<LfsPointer> lfs_pointer(std::string_view blob);
// Where the content lies if this clone has it: <common>/lfs/objects/aa/bb/<oid>.
std::string lfs_object_path(const Repository& repository, const LfsPointer& pointer);

}  // namespace kimiguard::git

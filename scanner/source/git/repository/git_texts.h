// git's own files as documents: configuration, hooks, messages being written, reflogs, names of refs.
//
// Everything in a git directory that is no object, index or ref is read, whatever tool put it there:
// git's files, and those of rebase, sequencer, rerere, LFS, git-annex, linked work trees and agents.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "scanner/core/coverage.h"
#include "scanner/core/document.h"
#include "scanner/core/exposure.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::git {

struct GitText {
  Document
      document;  // valid during the call; Origin::Kind::git_text, absolute_path the common directory
  // `reflog` for a reflog's texts, a ref's own class for its name, `worktree` for git's own files.
  ProvenanceClass provenance = ProvenanceClass::worktree;
  bool remote_tracking = false;  // the name of a remote-tracking ref: the remote knows it
};

struct GitTextOptions {
  std::string place = ".git";  // how people see the git directory: ".git", ".git/modules/<name>" …
  int root = 0;                // Origin::root
  // Sample hooks equal to those installed here are not read.
  std::string template_folder = "/usr/share/git-core/templates";
  std::uint64_t piece_bytes = 64u << 20;    // larger files come in pieces
  std::uint64_t overlap_bytes = 64u << 10;  // which overlap by this much
  std::size_t most_files = 200'000;
  // Names shorter than this can hold no key and are left out.
  std::size_t least_name = 20;
};

// Calls `visit` for each text, in the order of their places. Stores of submodules (modules/) are
// repositories of their own and are not entered. Counts files and bytes; unreadable ones become gaps.
Coverage read_git_texts(const Repository& repository, const RefSnapshot& refs,
                        const GitTextOptions& options, const std::function<void(const GitText&)>& visit);

}  // namespace kimiguard::git

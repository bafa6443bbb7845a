// Who can see a place: what the severity table of design §3 asks about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard {

// Why an object of a git repository is still there, strongest first; `worktree` is a file, not an
// object (design §4).
enum class ProvenanceClass {
  head, staged, branch, tag, stash, note, pull, reflog, worktree, unreachable
};
enum class Pushed { no, yes, unknown };

std::string_view name(ProvenanceClass provenance);
std::string_view name(Pushed pushed);

struct Provenance {
  ProvenanceClass provenance = ProvenanceClass::worktree;
  Pushed pushed = Pushed::unknown;
  bool in_head = false;              // a path of HEAD's tree still holds it
  std::string commit;                // full hex of the first commit (by topology) that brought it in
  std::string commit_path;           // where `commit` has it, raw bytes
  std::string last_commit;           // last commit that still has it; empty if HEAD has it
  // To compare `commit`, and `last_commit`, of several objects: the lowest came first, the highest is the last; by
  // topology, not by date, and what HEAD's history has goes before what only other refs have.
  std::uint64_t first_order = 0;
  std::uint64_t last_order = 0;
  std::string author;                // "Name <address>" of `commit`
  std::string date;                  // author date of `commit`, ISO 8601 with its own zone
  std::vector<std::string> paths;    // every path it had, raw bytes, sorted
  std::vector<std::string> refs;     // names of refs that reach it, at most ten, sorted
  std::vector<std::string> remotes;  // remote-tracking refs that reach it, at most ten, sorted
};

// The kind of place: what kind of file or stream the secret lies in, for severity and for advice.
enum class PlaceKind {
  ordinary, transcript, prompt_history, shell_history, log, backup, export_, checkpoint, cache,
  tool_store,        // a tool's own credential store (audit)
  login_file,        // a start-up file of the login, where its variables belong (audit)
  standard_input, environment, process,
  git_internal       // git's own files: config, hooks, reflog texts, COMMIT_EDITMSG, ref names
};

std::string_view name(PlaceKind kind);

struct Exposure {
  PlaceKind place = PlaceKind::ordinary;
  bool in_repository = false;  // a work tree or object of some git repository
  bool staged = false;
  bool tracked = false;
  bool ignored = false;
  bool browser_variable = false;  // VITE_, NEXT_PUBLIC_, REACT_APP_ …
  bool sent_elsewhere = false;    // goes to another party's host
  bool readable_by_others = false;
  std::uint32_t mode = 0;         // permission bits; 0 if there is no file
};

}  // namespace kimiguard

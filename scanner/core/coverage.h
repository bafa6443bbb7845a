// What a run read, and what it could not or would not. A scan that saw nothing must not look like a
// scan that found nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard {

// Why something was not read, by what it does to the exit status (design §2).
enum class GapKind {
  unreadable,   // here, but could not be read: permission, damage, a limit reached. Exit 3.
  not_here,     // known not to be here: shallow border, promisor object, LFS content, submodule. Strict only.
  set_aside,    // left aside by design: link out of the root, special file, encrypted member. Strict only.
  not_parsed    // read as text but not parsed. Strict only.
};

std::string_view name(GapKind kind);

struct Gap {
  GapKind kind = GapKind::unreadable;
  std::string code;    // short and stable: "permission", "truncated", "limit", "shallow" …
  std::string place;   // path or object, as people see it; keys in it are masked by the report
  std::string reason;  // one clause for people, English
  std::uint64_t count = 1;
};

struct Coverage {
  std::uint64_t files = 0;     // files opened
  std::uint64_t objects = 0;   // git objects read
  std::uint64_t bytes = 0;     // bytes examined, decoded objects at their full size
  std::uint64_t archives = 0;
  std::uint64_t databases = 0;
  std::uint64_t repositories = 0;
  std::vector<Gap> gaps;

  // Joins counts; gaps are appended.
  void add(const Coverage& other);
  // Puts gaps into a stable order and joins equal ones (same kind, code, place).
  void settle();
  bool has(GapKind kind) const;
};

}  // namespace kimiguard

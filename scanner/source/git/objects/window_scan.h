// Matching an object made from a delta by looking only where it differs from its base.
//
// Let R be the finder's reach and k its context. A hit [b, e) is decided by [b-k, e+k), at most R
// bytes. If that range lies within one copy instruction, the base has the same hit: it is carried. If
// not, it holds a changed place: an inserted byte, a seam between two instructions, or an end of the
// object that was not an end of the base; so it lies within R of that place. Windows reach R to both
// sides of every changed place, hence every hit that is not carried lies in a window with all that
// decides it. A hit seen in a window whose range leaves the window is not believed: if it is true, no
// changed place is in its range and it is carried anyway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scanner/source/git/objects/delta.h"
#include "scanner/source/git/objects/finder.h"

namespace kimiguard::git {

struct Window {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// What of a result must be looked at: the windows, in order, not overlapping.
struct WindowPlan {
  std::vector<DeltaStep> steps;  // neighbouring copies joined
  std::vector<Window> windows;
  std::uint64_t window_bytes = 0;
};

// Fills `plan` for plan.steps, already read by read_delta_steps. `reach` is R; `join` says from which
// distance on two windows are kept apart.
void plan_windows(WindowPlan& plan, std::uint64_t base_size, std::uint64_t result_size,
                  std::uint64_t reach, std::uint64_t join);

// Writes the bytes of one window of the result to `out` (with kDeltaSlack behind) from base and delta.
// `step` is where to begin looking and is moved on; windows are asked for in order, from step 0.
void copy_window(const WindowPlan& plan, Window window, std::string_view base, std::string_view delta,
                 std::size_t& step, char* out);

// Appends the base's hits (sorted) that copies carry into the result.
void carry_hits(const WindowPlan& plan, const std::vector<Hit>& base_hits, std::uint64_t base_size,
                std::uint64_t result_size, std::size_t context, std::vector<Hit>& hits);

// Appends to `hits` those of `seen` (relative to the window) that the window decides.
void keep_decided(const std::vector<Hit>& seen, Window window, std::uint64_t result_size,
                  std::size_t context, std::vector<Hit>& hits);

}  // namespace kimiguard::git

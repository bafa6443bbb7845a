#include "scanner/source/git/objects/window_scan.h"

#include <algorithm>
#include <cstring>

namespace kimiguard::git {

void plan_windows(WindowPlan& plan, std::uint64_t base_size, std::uint64_t result_size,
                  std::uint64_t reach, std::uint64_t join) {
  plan.windows.clear();
  plan.window_bytes = 0;
  const auto add = [&](std::uint64_t begin, std::uint64_t end) {
    if (begin >= end) return;
    plan.windows.push_back({begin, end});
    plan.window_bytes += end - begin;
  };
  // Windows are what the insides of long copies leave over.
  std::uint64_t from = 0;
  for (const DeltaStep& step : plan.steps) {
    if (!step.copy) continue;
    // The beginning of the object is a changed place unless it is the beginning of the base; the same
    // holds for its end.
    const bool keeps_start = step.to == 0 && step.from == 0;
    const bool keeps_end =
        step.to + step.length == result_size && step.from + step.length == base_size;
    const std::uint64_t inside = keeps_start ? step.to : step.to + reach;
    const std::uint64_t end = step.to + step.length;
    const std::uint64_t outside = keeps_end ? end : (end > reach ? end - reach : 0);
    if (inside >= outside || outside - inside <= join) continue;
    add(from, inside);
    from = outside;
  }
  add(from, result_size);
}

void copy_window(const WindowPlan& plan, Window window, std::string_view base, std::string_view delta,
                 std::size_t& step, char* out) {
  while (plan.steps[step].to + plan.steps[step].length <= window.begin) ++step;
  std::uint64_t at = window.begin;
  for (std::size_t i = step; at < window.end; ++i) {
    const DeltaStep& current = plan.steps[i];
    const std::uint64_t skip = at - current.to;
    const std::uint64_t length = std::min<std::uint64_t>(current.length - skip, window.end - at);
    const char* source = (current.copy ? base.data() : delta.data()) + current.from + skip;
    std::memcpy(out, source, static_cast<std::size_t>(length));
    out += length;
    at += length;
  }
}

void carry_hits(const WindowPlan& plan, const std::vector<Hit>& base_hits, std::uint64_t base_size,
                std::uint64_t result_size, std::size_t context, std::vector<Hit>& hits) {
  if (base_hits.empty()) return;
  for (const DeltaStep& step : plan.steps) {
    if (!step.copy) continue;
    const bool keeps_start = step.to == 0 && step.from == 0;
    const bool keeps_end =
        step.to + step.length == result_size && step.from + step.length == base_size;
    const std::uint64_t end = step.from + step.length;
    const std::uint64_t lowest = keeps_start ? 0 : step.from + context;
    auto hit = std::lower_bound(base_hits.begin(), base_hits.end(), lowest,
                                [](const Hit& one, std::uint64_t begin) { return one.begin < begin; });
    for (; hit != base_hits.end() && hit->begin < end; ++hit) {
      if (keeps_end ? hit->end > end : hit->end + context > end) continue;
      const auto moved = [&](std::size_t offset) {
        return static_cast<std::size_t>(offset - step.from + step.to);
      };
      hits.push_back({moved(hit->begin), moved(hit->end), hit->tag});
    }
  }
}

void keep_decided(const std::vector<Hit>& seen, Window window, std::uint64_t result_size,
                  std::size_t context, std::vector<Hit>& hits) {
  const std::uint64_t size = window.end - window.begin;
  for (const Hit& hit : seen) {
    if (window.begin != 0 && hit.begin < context) continue;
    if (window.end != result_size && hit.end + context > size) continue;
    hits.push_back({static_cast<std::size_t>(hit.begin + window.begin),
                    static_cast<std::size_t>(hit.end + window.begin), hit.tag});
  }
}

}  // namespace kimiguard::git

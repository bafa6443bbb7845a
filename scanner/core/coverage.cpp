#include "scanner/core/coverage.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>

namespace kimiguard {

std::string_view name(GapKind kind) {
  static constexpr std::array<std::string_view, 4> kNames = {"unreadable", "not-here", "set-aside",
                                                             "not-parsed"};
  return kNames[static_cast<std::size_t>(kind)];
}

void Coverage::add(const Coverage& other) {
  files += other.files;
  objects += other.objects;
  bytes += other.bytes;
  archives += other.archives;
  databases += other.databases;
  repositories += other.repositories;
  gaps.insert(gaps.end(), other.gaps.begin(), other.gaps.end());
}

void Coverage::settle() {
  const auto key = [](const Gap& gap) { return std::tie(gap.kind, gap.code, gap.place, gap.reason); };
  std::sort(gaps.begin(), gaps.end(),
            [&](const Gap& a, const Gap& b) { return key(a) < key(b); });
  std::vector<Gap> joined;
  for (Gap& gap : gaps) {
    if (!joined.empty() && key(joined.back()) == key(gap))
      joined.back().count += gap.count;
    else
      joined.push_back(std::move(gap));
  }
  gaps = std::move(joined);
}

bool Coverage::has(GapKind kind) const {
  return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.kind == kind; });
}

}  // namespace kimiguard

#include "scanner/source/git/objects/tree_links.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kimiguard::git {
namespace {

// Trees beyond this are not looked into: their entries' ends would not fit 32 bits.
constexpr std::size_t kLargestTree = 0xf0000000U;

// The first NUL in [p, end), or end. Names are short: a vector compare in place took a third of the time
// of calls of memchr.
inline const char* nul_from(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  while (end - p >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(block, zero));
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    p += 16;
  }
#endif
  const void* at = p == end ? nullptr : std::memchr(p, 0, static_cast<std::size_t>(end - p));
  return at == nullptr ? end : static_cast<const char*>(at);
}

// The first end not below `value`, looked for near `hint` first: copies mostly go forward. Plain binary
// searches were two thirds of the time here, by mispredicted branches.
std::size_t end_from(const std::vector<std::uint32_t>& ends, std::size_t hint, std::uint32_t value) {
  std::size_t low = 0;
  std::size_t high = ends.size();
  if (hint < high && ends[hint] < value) {
    low = hint + 1;
    for (std::size_t step = 1; low + step < high; step *= 4) {
      if (ends[low + step - 1] >= value) {
        high = low + step - 1;
        break;
      }
      low += step;
    }
  } else if (hint < high) {
    if (hint == 0 || ends[hint - 1] < value) return hint;
    high = hint;
  }
  return static_cast<std::size_t>(
      std::lower_bound(ends.begin() + static_cast<std::ptrdiff_t>(low), ends.begin() + static_cast<std::ptrdiff_t>(high), value) -
      ends.begin());
}

}  // namespace

const char* TreeLinks::parse(const char* begin, const char* end, std::uint32_t at, TreeMarks& marks) {
  std::uint32_t mode = 0;
  const char* name = begin;
  // "100644 name" and "40000 name" are all that git writes; anything else is read step by step.
  while (name != end && *name >= '0' && *name <= '7' && name - begin < 8)
    mode = mode * 8 + static_cast<std::uint32_t>(*name++ - '0');
  if (name == begin || name == end || *name != ' ') return nullptr;
  ++name;
  const char* const nul = nul_from(name, end);
  if (static_cast<std::size_t>(end - nul) < id_bytes_ + 1) return nullptr;
  const char* const after = nul + 1 + id_bytes_;
  marks.longest = std::max(marks.longest, static_cast<std::size_t>(nul - name));
  const std::uint32_t kept = visitor_.entry(mode, {name, static_cast<std::size_t>(nul - name)},
                                            reinterpret_cast<const std::uint8_t*>(nul + 1));
  if (kept != 0) {
    marks.kept.push_back({at + static_cast<std::uint32_t>(after - begin), kept});
    marks.fresh = true;
  }
  return after;
}

void TreeLinks::whole(std::string_view tree, TreeMarks& marks) {
  marks.clear();
  marks.broken = true;
  if (tree.size() > kLargestTree) return;
  const char* p = tree.data();
  const char* const end = p + tree.size();
  while (p != end) {
    p = parse(p, end, static_cast<std::uint32_t>(p - tree.data()), marks);
    if (p == nullptr) return;
    marks.ends.push_back(static_cast<std::uint32_t>(p - tree.data()));
  }
  marks.broken = false;
}

struct TreeLinks::Source {
  const std::vector<DeltaStep>& steps;
  std::size_t size;
  std::string_view base;
  std::string_view delta;
  const char* built;
};

std::uint32_t TreeLinks::one(const Source& source, std::size_t at, std::size_t& step, TreeMarks& marks) {
  const auto place = static_cast<std::uint32_t>(at);
  if (source.built != nullptr) {
    const char* const begin = source.built + at;
    const char* const after = parse(begin, source.built + source.size, place, marks);
    return after == nullptr ? 0 : place + static_cast<std::uint32_t>(after - begin);
  }
  while (source.steps[step].to + source.steps[step].length <= at) ++step;
  // Enough for nearly every entry, then more.
  for (std::size_t want = 128;; want *= 8) {
    const std::size_t length = std::min(want, source.size - at);
    piece_.clear();
    for (std::size_t i = step; piece_.size() < length; ++i) {
      const DeltaStep& from = source.steps[i];
      const std::size_t skip = at + piece_.size() - static_cast<std::size_t>(from.to);
      const std::size_t take = std::min<std::size_t>(from.length - skip, length - piece_.size());
      piece_.append((from.copy ? source.base.data() : source.delta.data()) + from.from + skip, take);
    }
    const char* const after = parse(piece_.data(), piece_.data() + piece_.size(), place, marks);
    if (after != nullptr) return place + static_cast<std::uint32_t>(after - piece_.data());
    if (length == source.size - at) return 0;
  }
}

void TreeLinks::derived(const std::vector<DeltaStep>& steps, std::size_t size, const TreeMarks& base,
                        std::string_view base_bytes, std::string_view delta, const char* built, bool ends,
                        TreeMarks& marks) {
  marks.clear();
  marks.broken = true;
  if (size > kLargestTree || base_bytes.size() > kLargestTree) return;
  const Source source{steps, size, base_bytes, delta, built};
  std::size_t at = 0;  // an entry begins here
  std::size_t near = 0;
  std::size_t hint = 0;
  for (const DeltaStep& step : steps) {
    const auto step_end = static_cast<std::size_t>(step.to + step.length);
    while (at < step_end) {
      if (step.copy) {
        // Does an entry of the base begin there too?
        const auto in_base = static_cast<std::uint32_t>(at - step.to + step.from);
        if (in_base != 0) hint = end_from(base.ends, hint, in_base);
        if (in_base == 0 || (hint < base.ends.size() && base.ends[hint] == in_base)) {
          const std::size_t first = in_base == 0 ? 0 : hint + 1;
          const auto limit = static_cast<std::uint32_t>(step.from + step.length);
          const std::size_t last = base.ends.empty() || base.ends.back() <= limit ? base.ends.size()
                                                                                  : end_from(base.ends, first, limit + 1);
          const auto shift = static_cast<std::uint32_t>(step.to - step.from);
          if (last > first) {
            hint = last - 1;
            const std::uint32_t carried_to = base.ends[last - 1];
            if (ends) {
              const std::size_t old = marks.ends.size();
              marks.ends.resize(old + last - first);
              const std::uint32_t* const from = base.ends.data() + first;
              std::transform(from, from + (last - first), marks.ends.data() + old,
                             [shift](std::uint32_t end) { return end + shift; });
            }
            if (!base.kept.empty()) {
              auto kept = std::upper_bound(base.kept.begin(), base.kept.end(), in_base,
                                           [](std::uint32_t value, const TreeMarks::Kept& one) { return value < one.end; });
              for (; kept != base.kept.end() && kept->end <= carried_to; ++kept)
                marks.kept.push_back({kept->end + shift, kept->number});
            }
            at = carried_to + shift;
            if (at >= step_end) break;
          }
        }
      }
      const std::uint32_t after = one(source, at, near, marks);
      if (after == 0) return;
      at = after;
      if (ends) marks.ends.push_back(after);
    }
  }
  marks.broken = false;
}

}  // namespace kimiguard::git

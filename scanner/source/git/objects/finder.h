// What the walk matches with. Detection implements it; the walk knows nothing of rules.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kimiguard::git {

// A place in an object, in bytes; `tag` is the finder's own.
struct Hit {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t tag = 0;
  friend auto operator<=>(const Hit&, const Hit&) = default;
};

// What finding costs here, about: the walk weighs scanning a whole object against scanning windows.
struct FindCost {
  double byte_ns = 0;  // for each byte of text without hits
  double call_ns = 0;  // for each call of find()

  // A few literal-led patterns or a run finder: some 15 GB/s.
  static constexpr FindCost narrow() { return {0.06, 40}; }
  // Hundreds of broad rules: some 700 MB/s.
  static constexpr FindCost wide() { return {1.4, 150}; }
};

// One a thread: only that thread calls it.
//
// The contract that lets the hits of a base be carried into the objects made from it: whether [begin,
// end) is a hit is decided by the bytes in [begin - context(), end + context()) and by whether the
// text begins or ends within them, and by nothing else; and that range is never longer than reach().
// So find() reports every hit, overlapping ones too, and never lets one hit hide another. A match
// without a known start is reported with the earliest start it may have; one without a bounded length
// (a long token, a run) by a bounded piece of it.
class Finder {
 public:
  virtual ~Finder() = default;
  // Appends the hits in `bytes`, in any order, with offsets from the start of `bytes`. The bytes are
  // an object or a piece of one.
  virtual void find(std::string_view bytes, std::vector<Hit>& hits) = 0;
  virtual std::size_t reach() const = 0;
  virtual std::size_t context() const { return 8; }
  // A tree none of whose names is as long as this holds no hit; 0: any may. Asked once.
  virtual std::size_t shortest_name() const { return 0; }
  virtual FindCost cost() const { return FindCost::narrow(); }
};

}  // namespace kimiguard::git

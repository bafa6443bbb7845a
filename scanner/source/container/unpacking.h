// The shared state of opening one outer file: what was used up of the limits, what could not be
// read, and where documents go. One thread at a time; the readers of archives and stores get it by
// reference and pass it down.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/document.h"
#include "scanner/source/container/limits.h"

namespace kimiguard::container {

// Called for each document. `Document::bytes` lives as long as the call; the origin may be kept.
using Sink = std::function<void(const Document&)>;
using OriginPtr = std::shared_ptr<const Origin>;

// A copy of `outer` with one more level inside.
OriginPtr inside(const Origin& outer, Inside level);

// How people see a place in a container: `a.zip!/b.tar!/c`, `state.db!/ItemTable[7].value`.
std::string place_of(const Origin& origin);

class Unpacking {
 public:
  // What opening a nested container gave. `complete`: its members were all delivered, so that its raw
  // bytes need not be a document, too. `partial`: they do (damage, a limit, or a format in which plain
  // bytes lie outside of what the reader understands).
  enum class Opened { no, partial, complete };
  // Opens a nested container: `bytes` are a whole member or value that `origin` names, `depth` its
  // level (1 = inside the outer file).
  using Opener =
      std::function<Opened(Unpacking&, std::string_view bytes, const OriginPtr& origin, int depth)>;
  // Tells whether bytes that begin so look like a container worth holding in memory whole.
  using Prober = std::function<bool(std::string_view first_bytes, std::string_view name)>;

  // `sink` must outlive the object. Without an opener nested containers stay closed (their raw bytes
  // are still documents).
  Unpacking(const Limits& limits, const Sink& sink, Opener opener = {}, Prober prober = {});
  Unpacking(const Limits& limits, const Sink&& sink, Opener opener = {}, Prober prober = {}) = delete;  // it is kept

  const Limits& limits() const { return limits_; }
  const Coverage& coverage() const { return coverage_; }
  Coverage& coverage() { return coverage_; }

  void gap(GapKind kind, std::string code, const Origin& origin, std::string reason);
  // "limit": `name` is a member of Limits in words.
  void limit(const Origin& origin, std::string_view name);

  // The size of the outer file, for Limits::ratio; without it that limit is not asked.
  void set_outer_size(std::uint64_t bytes) { outer_size_ = bytes; }
  // Gaps so far, those that were only counted included: to see whether a reader met any.
  std::uint64_t gap_count() const { return gap_count_; }

  // Takes one member of the count; false (and one gap) when there are none left.
  bool take_member(const Origin& origin);
  // Takes unpacked bytes of the total; false (and one gap) when the total is used up.
  bool take_bytes(std::uint64_t bytes, const Origin& origin);
  // Whether that would be true.
  bool may_take(std::uint64_t bytes) const { return !exhausted_ && !is_bomb(total_ + bytes) && total_ + bytes <= limits_.total_bytes; }
  bool exhausted() const { return exhausted_; }

  // Hands out a document that is in memory whole, in pieces if it is large, and counts its bytes.
  void deliver(std::string_view bytes, const OriginPtr& origin, std::string_view context = {});
  // Values that touch each other (Document::joined), at most a page of a database.
  void deliver_joined(std::string_view bytes, const OriginPtr& origin);
  // The same as deliver() for a value that may be a container itself: it is opened if depth allows, and its own
  // bytes are a document unless opening was complete. `depth` is the level of this document.
  void deliver_and_open(std::string_view bytes, const OriginPtr& origin, int depth,
                        std::string_view context = {});
  // Hands out one piece as it is.
  // `again`: leading bytes that the piece before had too.
  void deliver_piece(const Document& document, std::size_t again);

  bool looks_nested(std::string_view first_bytes, std::string_view name) const;

  // Memory held by the readers on the way down, in bytes, against Limits::held_bytes.
  class Hold {
   public:
    explicit Hold(Unpacking& unpacking) : unpacking_(unpacking) {}
    ~Hold() { unpacking_.held_ -= bytes_; }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    // Grows the hold to `bytes`; false when the limit forbids it (the hold stays as it was).
    bool grow_to(std::uint64_t bytes);

   private:
    Unpacking& unpacking_;
    std::uint64_t bytes_ = 0;
  };
  std::uint64_t may_hold() const { return held_ < limits_.held_bytes ? limits_.held_bytes - held_ : 0; }

 private:
  bool is_bomb(std::uint64_t total) const {
    return outer_size_ > 0 && total > limits_.ratio_from && total / limits_.ratio > outer_size_;
  }

  Limits limits_;
  const Sink& sink_;
  Opener opener_;
  Prober prober_;
  Coverage coverage_;
  std::map<std::string, std::size_t> overflowing_;  // kind+code -> index of the gap that counts the rest
  std::uint64_t members_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t outer_size_ = 0;
  std::uint64_t gap_count_ = 0;
  bool exhausted_ = false;
};

// Cuts a stream into documents of Limits::piece_bytes that overlap, keeping offset, line and column.
class PieceWriter {
 public:
  PieceWriter(Unpacking& unpacking, OriginPtr origin, std::string_view context = {});
  // Appends; hands out pieces as they fill.
  void append(std::string_view bytes);
  // Hands out what is left. A stream that fits one piece is one whole document.
  void finish();
  // Before the first piece was handed out: everything so far.
  std::string_view buffered() const { return buffer_; }
  bool cut() const { return cut_; }
  std::uint64_t written() const { return written_; }

 private:
  void flush(bool last);

  Unpacking& unpacking_;
  OriginPtr origin_;
  std::string_view context_;
  std::string buffer_;
  std::uint64_t written_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t column_ = 1;
  std::uint64_t seen_ = 0;
  bool cut_ = false;
};

}  // namespace kimiguard::container

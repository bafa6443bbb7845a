// A matcher for expressions that are asked once or twice in a run, of a few kilobytes.
//
// RE2 compiles an expression into automata that pay when much text is looked at: 0.1 to 0.3 ms each, and a scan of 1 KB
// with a key in it asks some twenty. This one reads the expression into a program in some microseconds and walks through
// it with backtracking. That a branch was taken at a place is noted, and it is taken there only once, so a search takes
// at most (branches x bytes) steps, as in RE2's own search of short texts (re2/bitstate.cc). Of a branch only the ways are
// taken that the next byte allows. Where an expression begins as gitleaks' do, [\w.-]{0,50}?rest, the rest alone is looked
// for: the first place where it matches has the leftmost beginning too, as far to the left as those bytes reach. (Together
// 87,000 cycles become 6,000 for its generic-api-key in 365 bytes, which RE2 takes 80,000 for, making states for each text.)
//
// It answers as RE2 does with EncodingLatin1: byte by byte, leftmost match, the first alternative that fits. What it does
// not know of RE2's syntax (flags but i and s, most classes by name, bytes beyond ASCII, something empty without end), and
// what would grow large, it refuses: ask understood(), and RE2 then. A test holds it against RE2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"

namespace kimiguard::rulebook {

class SmallMatcher {
 public:
  // `any_byte`: a dot stands for line ends too. Keeps no reference to `expression`.
  SmallMatcher(std::string_view expression, bool ignore_case, bool any_byte);

  bool understood() const { return understood_; }
  unsigned groups() const { return groups_; }  // that capture
  // Whether it answers about `text` as RE2 does that reads it as UTF-8, which it is.
  bool answers_utf8(std::string_view text) const;

  enum class Extent { anywhere, all };  // all: from `within`'s begin to its end
  enum class Answer { no, yes, too_large };
  // Looks for a match that lies in `within`, a part of `text`: what ^ $ and \b stand beside is seen beyond it. With
  // `captured`: where its groups lie (0 is the match), 2 numbers each, the end behind the last byte; kNone for those
  // without part in it.
  static constexpr std::size_t kNone = ~std::size_t{0};
  Answer match(std::string_view text, Span within, Extent extent, std::vector<std::size_t>* captured = nullptr) const;

 private:
  friend class SmallMatcherReader;
  using Bytes = std::array<std::uint64_t, 4>;
  enum class Op : std::uint8_t { bytes, branch, jump, save, begin, end, word_edge, no_word_edge, found };
  struct Step {
    Op op;
    std::uint16_t a = 0;  // bytes: which set; branch: the better way; jump: where to; save: which number
    std::uint16_t b = 0;  // branch: the other way
    std::uint16_t number = 0;  // of a branch
  };

  // What comes first behind a step.
  struct Ahead {
    Bytes bytes{};
    bool any = false;  // the end, too
  };
  void look_ahead();
  Ahead ahead_of(std::size_t step, std::vector<std::optional<Ahead>>& known) const;

  bool understood_ = false;
  bool ascii_only_ = false;  // no step takes a byte beyond ASCII
  unsigned groups_ = 0;
  std::uint16_t branches_ = 0;
  std::vector<Step> steps_;
  std::vector<Bytes> sets_;
  Ahead first_;
  std::vector<std::array<Ahead, 2>> ahead_;  // behind both ways of each branch
  // A lazy repetition of some bytes, at most so often, with which the expression begins: it is not among the steps.
  std::optional<Bytes> lead_;
  std::size_t most_lead_ = 0;
};

}  // namespace kimiguard::rulebook

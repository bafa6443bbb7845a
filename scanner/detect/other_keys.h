// What stands near a candidate may speak for another key: the name of the next provider in a list, the label of the
// object beside this one, the base URL in it. Asked only of words and hosts that would be evidence.
//
// No grammar is known: brackets, indentation and [section] lines are read as in surroundings.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"
#include "scanner/detect/lines.h"

namespace kimiguard::detect {

class OtherKeys {
 public:
  // Looks for other keys in `window` of `text`, which must outlive this. A second place of the candidate's own text is
  // no other key.
  OtherKeys(std::string_view text, Span window, Span candidate);

  enum class Bond {
    none,     // free to speak for the candidate
    sibling,  // labels an object in which the candidate is not, nor any other key
    apart,    // prose of something else: another key and a blank line between, the line above another key, another heading
    named,    // the name of another key: `KIMI_KEY=sk-…`
    held,     // stands in, or labels, an object, section or indented block that holds another key and not the candidate
  };
  Bond bond(Span word) const;
  // Flat pairs, URL and key in turn: whether this URL is the neighbouring key's, not the candidate's.
  bool is_neighbours_url(Span url) const;

 private:
  bool holds_one(Span span) const;
  bool is_text(Span line) const;  // neither blank nor with a key in it
  // held, if the span has another key and not the candidate.
  bool holds_only_others(Span span) const;
  Span subtree(Span word) const;
  Span labelled(Span word) const;
  bool names_one(Span word) const;
  bool in_section_of_another(Span word) const;
  bool in_block_of_another(Span word) const;
  bool in_element_of_another(Span word) const;
  bool in_paragraph_of_another(Span word) const;
  bool heads_another(Span word) const;
  bool under_another_heading(Span word) const;
  bool has_url(std::uint64_t from, std::uint64_t to) const;
  std::uint64_t line_begin(std::uint64_t at) const { return line_begin_in(text_, window_, at); }
  std::uint64_t line_end(std::uint64_t at) const { return line_end_in(text_, window_, at); }
  std::uint64_t matching(std::uint64_t open) const;

  std::string_view text_;
  Span window_;
  Span candidate_;
  std::vector<Span> keys_;  // in order
  mutable std::optional<std::vector<std::uint64_t>> headers_;  // lines that are [section]s, once asked
};

}  // namespace kimiguard::detect

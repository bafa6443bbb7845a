// The structure of the text around a candidate, whatever the language: which assignment, object, call,
// section, table row or statement it stands in, and what else stands there.
//
// No grammar is known. Brackets are matched, indentation and section headers are read, and the text
// before a value is asked for the name it is assigned to. Everything works on a window of a few
// kilobytes, so the cost of a candidate is bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"
#include "scanner/detect/lines.h"

namespace kimiguard::detect {

// Bytes before and after a candidate that are looked at.
inline constexpr std::size_t kWindow = 4096;

// How close something stands to the candidate, nearest first. Everything up to `reference` is the
// same scope (design §3); `block` is the small block around it.
enum class Scope { assignment, group, section, statement, pair, reference, block, none };

// The names a value at `at` is assigned to, nearest first: `OPENAI_API_KEY` in
// `os.environ["OPENAI_API_KEY"] = "…"`, {X, key} in `key = getenv("X", "…")`, `Authorization` in a
// header, the name in a name/value pair of JSON, YAML or XML.
std::vector<std::string> names_before(std::string_view text, std::uint64_t at);

// One pair of brackets that encloses the candidate.
struct Group {
  char bracket = '{';        // ( [ {
  Span span;                 // from the opening to one past the closing bracket, clipped to the window
  std::string label;         // names directly before the opening bracket: `"moonshot"`, `new OpenAI`
  bool code = false;         // a block of statements, not an object
};

// The name of something that encloses the candidate.
struct Label {
  std::string name;
  std::uint64_t level = 0;  // as Surroundings::level_of
};

class Surroundings {
 public:
  // `text` must outlive this; `candidate` lies in it.
  Surroundings(std::string_view text, Span candidate);

  const std::vector<std::string>& names() const { return names_; }
  // Keys of enclosing objects, sections and YAML parents, innermost first.
  const std::vector<Label>& labels() const { return labels_; }
  // How far out the bracket stands that encloses both `at` and the candidate: 0 for the innermost, and where there is none.
  std::uint64_t level_of(std::uint64_t at) const;
  bool enclosed() const { return !groups_.empty(); }
  // True if what encloses the candidate, nearer than `level`, has a name of its own: "deepseek", not "auth" or "options".
  bool named_within(std::uint64_t level) const;
  // The candidate's own name without the words that only say that it is a key (stem_of).
  const std::string& stem() const { return stem_; }
  Span window() const { return window_; }
  Span line() const { return line_; }

  // Where something at `at` (a host, a word) stands in relation to the candidate. `names` are
  // names_before of it: they decide whether two flat assignments belong together.
  Scope scope_of(std::uint64_t at, const std::vector<std::string>& names) const;

  // Lines between, 0 on the same line.
  std::uint64_t lines_apart(std::uint64_t at) const;
  // True if the line at `at` is a comment in most languages.
  bool in_comment(std::uint64_t at) const;

 private:
  void find_groups();
  void find_section();
  void find_yaml();
  void find_elements();
  void find_statement();
  void find_references();
  bool direct_in(const Group& group, std::uint64_t at, bool innermost) const;
  // True if `at` stands in a bracket without the candidate in which something else is assigned to a key's name.
  bool with_another_key(std::uint64_t at) const;
  std::uint64_t line_begin(std::uint64_t at) const { return line_begin_in(text_, window_, at); }
  std::uint64_t line_end(std::uint64_t at) const { return line_end_in(text_, window_, at); }

  std::string_view text_;
  Span candidate_;
  Span window_;
  Span line_;
  Span statement_;
  std::vector<Group> groups_;          // innermost first, up to the first code block
  std::vector<Span> section_;          // spans that are the candidate's section or YAML mapping
  std::vector<Span> references_;       // groups in which the candidate's variable is used
  std::vector<std::string> names_;
  std::vector<Label> labels_;
  std::string stem_;
  bool key_named_ = false;
};

}  // namespace kimiguard::detect

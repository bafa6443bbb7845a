// Words of a Unix shell's text, decoded as the shell would, with expansions left as they stand.
//
// POSIX (Shell Command Language, IEEE 1003.1 chapter 2.2-2.3, with bash's and zsh's $'…') and fish
// (fishshell.com, "The fish language": quotes). Nothing is expanded: `$X`, `${X:-y}`, `$(cmd)` and
// backquotes stay in the word's text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/config/builder.h"

namespace kimiguard::config {

enum class Dialect { posix, fish };

// `text` holds value, bytes (quotes at the ends excluded), pieces and verbatim; no path, no position.
struct Word {
  Setting text;
  Span raw;             // as written, with quotes
  bool quoted = false;  // some of it is
};

class WordReader {
 public:
  // `builder` gets the gaps and must outlive the reader.
  WordReader(Builder& builder, Dialect dialect)
      : builder_(builder), text_(builder.text()), dialect_(dialect) {}

  // True if a word may begin at `at`: no blank, line end or operator.
  bool begins(std::size_t at) const;

  // Reads the word that begins at `at`. REQUIRES: begins(at). A quote that does not end is taken to the
  // end of its line, with a gap.
  Word read(std::size_t at);

 private:
  std::size_t substitution_end(std::size_t at);
  std::size_t ansi_escape(std::size_t at, ValueText& out) const;

  Builder& builder_;
  std::string_view text_;
  Dialect dialect_;
  std::size_t failures_ = 0;  // searches that ran to the end of the text for nothing
};

// `part` [begin, end) of `whole.value`, with its own bytes and pieces; path and tag are not taken over.
Setting part_of(const Setting& whole, std::size_t begin, std::size_t end);

// Splits NAME=value, also NAME+=value, where NAME is a variable's name ([A-Za-z_][A-Za-z0-9_]*, with
// `lenient` also "." and "-" inside). The result's path is {NAME}; key_bytes is NAME's place.
std::optional<Setting> assignment(const Setting& text, bool lenient = false);

bool variable_name(std::string_view text, bool lenient = false);

}  // namespace kimiguard::config

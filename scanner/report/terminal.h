// Text for terminals: safe characters, columns, lines that break where people expect it, colour.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::report {

// Columns that `text` takes (UTF-8): East Asian wide and fullwidth characters and emoji two, combining
// and invisible ones none, everything else one (Unicode 15 EastAsianWidth; ambiguous counts one).
int display_width(std::string_view text);

// Any bytes as one line of harmless text: control characters, and those that hide or turn text, as
// \xNN or \uNNNN, line ends included; bytes that are no UTF-8 as \xNN; likewise the first sign of what a runner of GitHub
// Actions would take for a command ("::error::…").
std::string printable_line(std::string_view bytes);

// `text` broken into lines of at most `width` columns (at least 10): at spaces, between and after
// Chinese characters but not before closing punctuation, inside a word only where it is longer than a
// line. Never empty.
std::vector<std::string> wrapped(std::string_view text, int width);

// At most `width` columns: the middle of a longer text, which matters least in a path, becomes "…".
std::string shortened(std::string_view text, int width);

// `text` filled with spaces up to `width` columns.
std::string padded(std::string_view text, int width);

// The few colours of the report (SGR codes of ECMA-48, the eight base colours, which every theme sets
// to something readable). Off, everything stays plain.
class Paint {
 public:
  enum class Ink { plain, bold, dim, critical, high, medium, low, good, link };
  explicit Paint(bool on) : on_(on) {}
  std::string operator()(Ink ink, std::string_view text) const;

 private:
  bool on_;
};

}  // namespace kimiguard::report

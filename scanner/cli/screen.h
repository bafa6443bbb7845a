// What is known of the terminal that a page goes to.
#pragma once

#include <string>
#include <string_view>

namespace kimiguard::cli {

struct Screen {
  int width = 80;      // columns
  bool color = false;  // escape sequences are understood and wanted
};

// `color` is auto, always or never; NO_COLOR and TERM=dumb count under auto. Not a terminal: COLUMNS,
// else 80.
Screen screen_of(int descriptor, std::string_view color);

// Standard input up to its end, at most `most` bytes; what is longer is cut.
std::string read_standard_input(std::size_t most);

}  // namespace kimiguard::cli

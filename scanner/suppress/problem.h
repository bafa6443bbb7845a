// What is wrong with a marker, an entry or a baseline: said to the user, never silently obeyed.
#pragma once

#include <string>

namespace kimiguard::suppress {

struct Problem {
  std::string where;    // "path:line"
  std::string message;  // one sentence that says what to write instead
};

}  // namespace kimiguard::suppress

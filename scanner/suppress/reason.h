// What counts as a reason.
#pragma once

#include <string_view>

namespace kimiguard::suppress {

// Whether there is a letter or digit of any script in it. "…", which stands in the ready command, says nothing.
bool says_something(std::string_view reason);

}  // namespace kimiguard::suppress

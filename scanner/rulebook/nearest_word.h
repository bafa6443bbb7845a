// "Did you mean": the known word that is nearest to a mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::rulebook {

// The nearest of `known` by edit distance (ASCII case ignored), or "" if none is near
// enough to be what was meant (more than a third of the word differs). Words over 64 bytes: "".
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace kimiguard::rulebook

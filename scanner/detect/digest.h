// Digests of packages, which fill lock files: "sha512-" and 88 digits of base64, "sha256:" and 64 of hexadecimal.
#pragma once

#include <string_view>

#include "scanner/core/span.h"

namespace kimiguard::detect {

// Whether the run is named a digest by what stands right before it, has just a digest's length, and does not decode to text.
// No key is such: nothing needs to be asked about it. Where only a part of the run or of the name is seen, it is none.
bool is_digest(std::string_view bytes, Span run);

}  // namespace kimiguard::detect

// Lists of characters, as source code and JSON write bytes: {115, 107, 45}, {0x73, 0x6b}, ['s','k','-'],
// String.fromCharCode(115,107), {"type":"Buffer","data":[115,107]}.
//
// An item is a number of ASCII (decimal, 0x…, octal with a leading 0; with a cast before it or a suffix of its type
// behind it) or a literal of one character. A comma stands directly behind it, then perhaps white space, also as strings
// of strings escape it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "scanner/core/span.h"
#include "scanner/text/view.h"

namespace kimiguard::text {

// Most bytes from the end of one item to that of the next: a line each, indented by ten, has them.
inline constexpr std::size_t kCodeStride = 16;
// Items that a key has at least: "sk-" and 48.
inline constexpr std::size_t kCodesOfKey = 51;

// Whether "s", "k", "-" and 48 letters, digits or "-" are listed from `at` on, where the first digit or the quote of the first
// item stands. Gives where the third item ends.
std::optional<std::uint64_t> key_in_codes(std::string_view bytes, std::uint64_t at);

// The window with every list of at least 24 items replaced by what it says. Named "codes".
std::optional<View> decode_codes(std::string_view bytes, Span window);

}  // namespace kimiguard::text

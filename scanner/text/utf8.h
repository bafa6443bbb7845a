// One UTF-8 sequence at a time (Unicode 15, table 3-7: no overlong forms, no surrogates).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kimiguard::text {

// Bytes of the well-formed sequence at `at`, 1 to 4; 0 if there is none. REQUIRES: at < bytes.size().
std::size_t utf8_length(std::string_view bytes, std::size_t at);

// The code point of the well-formed sequence of `length` bytes at `at`.
char32_t utf8_code_point(std::string_view bytes, std::size_t at, std::size_t length);

// Appends `code` as UTF-8; a surrogate or anything above U+10FFFF as U+FFFD.
void append_utf8(std::string& out, char32_t code);

// Code points in `bytes`, an invalid byte counting one.
std::uint64_t count_code_points(std::string_view bytes);

// `bytes` with every invalid byte replaced by U+FFFD: always valid UTF-8.
std::string valid_utf8(std::string_view bytes);

}  // namespace kimiguard::text

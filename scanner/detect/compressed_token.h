// Base64 of something compressed: Helm's releases (base64 in base64 of gzip), data: addresses, cookies of web frameworks,
// settings that are pasted as one word. No encoded form of a key shows in it; the first digits tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "scanner/core/span.h"
#include "scanner/text/view.h"

namespace kimiguard::detect {

// At most so much comes out of one token, and out of all tokens of one document.
inline constexpr std::uint64_t kMostInflated = 32 << 20;
inline constexpr std::uint64_t kMostInflatedOfAll = 256 << 20;

// Where in the run of digits at `run` (a candidate of run_finder.h) such a token begins: gzip, zlib or zstd in base64 or
// base64url, itself perhaps in base64 up to two times more. A few comparisons.
std::optional<std::uint64_t> compressed_token(std::string_view bytes, Span run);

struct Unpacked {
  text::View view;  // "base64", …, then "gzip", "zlib" or "zstd"; every place in it is the whole token
  // Not all came out: the limit was reached, or the token is damaged or cut.
  enum class Outcome { whole, limit, damaged } outcome = Outcome::whole;
};

// The token that begins at `begin`, its wrapped lines too. At most `most` bytes come out; none if it is not compressed
// after all. Places end at `last` at most (a piece of a large file reports what ends in it).
std::optional<Unpacked> unpack_token(std::string_view bytes, std::uint64_t begin, std::uint64_t most, std::uint64_t last);

}  // namespace kimiguard::detect

// Finds the places in a byte string that could hold a built-in key in any encoding, fast enough to go
// first over everything.
//
// Observation (design §6): plain, base64 in each alignment, hex, percent-, \u-, \x- and entity-encoded
// keys and JWTs all contain an unbroken run of at least 48 bytes of [A-Za-z0-9+/], unless every character
// is escaped or the token is wrapped into short lines. Keys that are broken up (escapes, colours,
// quoted-printable, line wraps, concatenation) still begin with "sk-" and some letters; UTF-16
// keys begin with "s", "k", "-" two bytes apart. So one pass looks for: a class run of 48 or more; a
// line end between two runs of 20 or more; a row of 33 or more escapes of ASCII characters; a key in a list of characters
// (text/codes.h); "sk-" followed
// by kBrokenLead letters or digits, by fewer and a colour, or by "kimi"; and wide "sk-".
//
// Measured on a Xeon with AVX-512, git/git's work tree: 14.7 GB/s from the second level cache, 11.5 from memory; by AVX2
// 10.4 and 8.9. A log with "task-" and "disk-" in each line: 4.7 and 5.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"

namespace kimiguard::detect {

inline constexpr std::size_t kRunLength = 48;
inline constexpr std::size_t kBrokenLead = 8;
// Letters on either side of a line end in a wrapped token.
inline constexpr std::size_t kWrappedRun = 20;
// Escapes in a row that may be a key, and the most bytes from one to the next.
inline constexpr std::size_t kEscapes = 33;
inline constexpr std::size_t kEscapeGap = 12;

// Spans of candidates in rising order of begin. A run is reported whole (it may be megabytes of
// base64), a row of escapes too; "sk-" and wide candidates and those in lists cover the prefix, a wrap the run before the
// line end. Overlaps are possible.
// Appends to `found`, which the caller clears and keeps for reuse.
void find_candidates(std::string_view bytes, std::vector<Span>& found);

// The same, one byte at a time: the twin that a test holds against the fast ones.
void find_candidates_plainly(std::string_view bytes, std::vector<Span>& found);

// The same by the instructions named; false, and nothing appended, where the processor lacks them. For tests.
enum class Instructions { avx2, avx512 };
bool find_candidates_by(Instructions instructions, std::string_view bytes, std::vector<Span>& found);

// True if find_candidates would report anything; stops at the first.
bool has_candidate(std::string_view bytes);

}  // namespace kimiguard::detect

// How far containers are opened. Every limit that is reached becomes a Gap with code "limit" and the
// limit's name in its reason; nothing is cut silently.
#pragma once

#include <cstdint>

namespace kimiguard::container {

struct Limits {
  int depth = 8;                            // containers inside containers
  std::uint64_t members = 2'000'000;        // members of one outer file, all levels together
  std::uint64_t member_bytes = 2ULL << 30;  // one member, unpacked
  std::uint64_t total_bytes = 64ULL << 30;  // everything unpacked from one outer file
  std::uint64_t ratio = 400;                // unpacked : packed …
  std::uint64_t ratio_from = 256ULL << 20;  // … asked only after so many unpacked bytes
  std::uint64_t held_bytes = 128ULL << 20;  // memory for members that must be whole, all levels together
  std::uint64_t copy_bytes = 1ULL << 30;    // a database (with its journals) is copied up to this size
  // Larger documents come in pieces of this size … (a buffer of 4 MB cost a scan of git/git 2,400 page faults)
  std::uint64_t piece_bytes = 1ULL << 20;
  std::uint64_t overlap_bytes = 64ULL << 10;  // … which overlap by this much
  std::uint64_t gaps = 200;                   // gaps listed one by one; the rest is counted
};

}  // namespace kimiguard::container

// Ordinary zip and tar archives, read without libarchive.
//
// Loading libarchive and what it links to costs 1.3 ms, and its zlib a millisecond for each 3 MB; an ordinary
// repository holds a few small zips and tars and nothing else that needs it. So these two formats are read here as
// long as everything about them is ordinary, and libarchive, which knows their many dialects, goes on from the first
// member that is not. It counts members in the same order, so nothing is read twice or left out.
//
// Ordinary is: members in memory up to kPlainMember; names of printable ASCII; zip (APPNOTE.TXT) with a central
// directory that ends the file, agrees with the local headers and does not overlap, methods stored and deflate,
// sizes of 32 bits, checksums that are right; tar with plain, GNU long or pax names (POSIX.1-2001 pax, GNU tar
// manual "Basic Tar Format"), no sparse files, no other extensions. What is damaged is left to libarchive too, so
// that its words for it stay; but a tar cut short within a member is so common as a test's input that it is named here.
#pragma once

#include <cstdint>

#include "scanner/source/archive/kind.h"
#include "scanner/source/container/random_access.h"
#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Larger members, packed or unpacked, are not held.
inline constexpr std::uint64_t kPlainMember = 8 << 20;

struct PlainRead {
  bool ended = false;         // nothing is left to read; otherwise libarchive goes on
  std::uint64_t members = 0;  // headers of members that were dealt with
};

// `depth` is the archive's own level. Any kind but zip and tar is left alone. Gaps go to `unpacking`.
PlainRead read_plain(container::Unpacking& unpacking, const container::Bytes& bytes, Kind kind,
                     const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive

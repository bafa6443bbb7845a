// Binary property lists. Format source: Apple's CFBinaryPList.c (opensource.apple.com, CF): a trailer
// of 32 bytes gives widths, the number of objects and where their offsets stand.
#pragma once

#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Delivers one document of all strings, dictionary entries as `key = value` lines so that a key stays
// beside its name, and one for each data object. Returns false if it met a gap.
bool read_plist(container::Unpacking& unpacking, std::string_view bytes,
                const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive

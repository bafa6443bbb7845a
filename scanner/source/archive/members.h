// Members of the formats that libarchive reads; it is loaded only where `plain` does not do.
#pragma once

#include <string_view>

#include "scanner/source/archive/kind.h"
#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// `depth` is the archive's own level. Returns false if it met a gap.
bool read_members_of_file(container::Unpacking& unpacking, int descriptor, Kind kind,
                          const container::OriginPtr& origin, int depth);
bool read_members_of_bytes(container::Unpacking& unpacking, std::string_view bytes, Kind kind,
                           const container::OriginPtr& origin, int depth);

// The second with libarchive alone, whatever the kind: what `plain` has to agree with.
bool read_members_with_libarchive(container::Unpacking& unpacking, std::string_view bytes, Kind kind,
                                  const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive

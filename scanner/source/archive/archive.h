// Archives, compressed files and the documents that carry compressed text, as one Document a member.
//
// In: a path or bytes, with the Origin of the outer file; out: documents with Origin::inside extended
// by the member's name (exactly as the archive has it, `..`, control characters and all: it is a
// name, never a path to open), and the Coverage of what could not be read. A member that is an
// archive again is opened up to Limits::depth: formats that are read front to back directly from
// their parent, others held in memory up to Limits::held_bytes. A member that is a database goes to
// Unpacking's opener (`source/unpack` sets it).
//
// The raw bytes of the outer file are the caller's to scan. Of a container inside, the raw bytes are
// a document only if it was damaged or cut; so a secret rarely shows twice, and if it does, the place
// with more levels is the better one.
//
// Gaps: "limit" (named), "damaged" (members before the damage were delivered), "encrypted" and
// "keystore" (set aside), "unsupported", "no_libarchive".
#pragma once

#include <string>
#include <string_view>

#include "scanner/source/archive/kind.h"
#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Reads the file at `path`; false if it is no container of these kinds.
bool read_file(container::Unpacking& unpacking, const std::string& path,
               const container::OriginPtr& origin);

// Reads a container that is in memory whole. `depth` is its level, 0 for an outer file.
container::Unpacking::Opened read_nested(container::Unpacking& unpacking, std::string_view bytes,
                                         const container::OriginPtr& origin, int depth);

// Stand-alone, without databases inside.
Coverage read(const std::string& path, const container::OriginPtr& origin,
              const container::Limits& limits, const container::Sink& sink);
Coverage read_bytes(std::string_view bytes, const container::OriginPtr& origin,
                    const container::Limits& limits, const container::Sink& sink);

}  // namespace kimiguard::archive

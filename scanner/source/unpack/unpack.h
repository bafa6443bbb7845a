// The front door to everything that lies inside a file: archives, compressed files and databases,
// each inside the other up to the limits.
//
// In: a file, or bytes in memory (a git blob, standard input), with the Origin of the outer file. Out:
// Documents for what is inside (never the outer bytes themselves; the caller scans those), with
// Origin::inside filled, outermost first, and the Coverage of what could not be read. Must not know:
// rules, detection, reports.
#pragma once

#include <string>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::unpack {

// How many first bytes kind questions want. Fewer are fine when the file is shorter.
inline constexpr std::size_t kFirstBytes = 4096;

// True if a file of that name that begins so has an inside that this library reads. Cheap: call it for
// every file and blob.
bool has_inside(std::string_view path, std::string_view first_bytes);

// The same by the last bytes of a file: a zip behind a program or a script. Cheap.
bool has_inside_at_end(std::string_view last_bytes);

// Reads what is inside the file at `path`. Documents come in a stable order, all from this call's
// thread; any number of calls may run at the same time.
Coverage read_file(const std::string& path, const container::OriginPtr& origin,
                   const container::Limits& limits, const container::Sink& sink);
// The same for bytes in memory, which are left as they are; the kind is told by content and by
// `origin`'s innermost name.
Coverage read_bytes(std::string_view bytes, const container::OriginPtr& origin,
                    const container::Limits& limits, const container::Sink& sink);

}  // namespace kimiguard::unpack

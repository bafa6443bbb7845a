// Electron's asar archives. Format source: github.com/electron/asar, README and lib/disk.js: two
// pickles (4-byte little-endian sizes), a JSON header of nested "files" with offset (a decimal string,
// from the end of the header) and size, then the files one after the other, not compressed.
#pragma once

#include "scanner/source/container/random_access.h"
#include "scanner/source/container/unpacking.h"

namespace kimiguard::archive {

// Returns false if it met a gap. Members marked `unpacked` lie beside the archive, in
// `<name>.asar.unpacked/`, and are files of their own; links are left aside.
bool read_asar(container::Unpacking& unpacking, const container::Bytes& bytes,
               const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive

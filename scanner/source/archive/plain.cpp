#include "scanner/source/archive/plain.h"

#include "scanner/source/archive/plain_tar.h"
#include "scanner/source/archive/plain_zip.h"

namespace kimiguard::archive {

PlainRead read_plain(container::Unpacking& unpacking, const container::Bytes& bytes, Kind kind,
                     const container::OriginPtr& origin, int depth) {
  if (kind == Kind::zip) return read_plain_zip(unpacking, bytes, origin, depth);
  if (kind == Kind::tar) return read_plain_tar(unpacking, bytes, origin, depth);
  return {};
}

}  // namespace kimiguard::archive

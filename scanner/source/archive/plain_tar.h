// Tar, see plain.h.
#pragma once

#include "scanner/source/archive/plain.h"

namespace kimiguard::archive {

PlainRead read_plain_tar(container::Unpacking& unpacking, const container::Bytes& bytes,
                         const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive

// Zip, see plain.h.
#pragma once

#include "scanner/source/archive/plain.h"

namespace kimiguard::archive {

PlainRead read_plain_zip(container::Unpacking& unpacking, const container::Bytes& bytes,
                         const container::OriginPtr& origin, int depth);

}  // namespace kimiguard::archive

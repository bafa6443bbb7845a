// What happens to one value of a store: delivered as it is, inflated if it is compressed, opened if
// it is a container.
#pragma once

#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::store {

// `depth` is the level of the value itself.
void deliver_value(container::Unpacking& unpacking, std::string_view value,
                   const container::OriginPtr& origin, int depth, std::string_view context = {});

}  // namespace kimiguard::store

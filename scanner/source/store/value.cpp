#include "scanner/source/store/value.h"

#include <algorithm>

#include "scanner/source/container/inflate.h"

namespace kimiguard::store {

using container::Compression;
using container::Inflated;

void deliver_value(container::Unpacking& unpacking, std::string_view value,
                   const container::OriginPtr& origin, int depth, std::string_view context) {
  const Compression compression = container::compression_of(value);
  if (compression == Compression::none) {
    unpacking.deliver_and_open(value, origin, depth, context);
    return;
  }
  unpacking.deliver(value, origin, context);
  if (depth >= unpacking.limits().depth) {
    unpacking.limit(*origin, "containers inside containers");
    return;
  }
  container::Unpacking::Hold hold(unpacking);
  const std::uint64_t room = std::min(unpacking.may_hold() / 2, unpacking.limits().member_bytes);
  const Inflated inflated = container::inflate(value, compression, room);
  if (inflated.outcome == Inflated::Outcome::damaged && compression == Compression::zlib) {
    // Its mark is two bytes, so most of what fails here never was zlib.
    if (inflated.bytes.size() < 64) return;
  } else if (inflated.outcome == Inflated::Outcome::damaged) {
    unpacking.gap(GapKind::unreadable, "damaged", *origin, "a compressed value is damaged");
  } else if (inflated.outcome == Inflated::Outcome::limit) {
    unpacking.limit(*origin, "a value held in memory");
  }
  if (inflated.bytes.empty() || !hold.grow_to(inflated.bytes.size()) ||
      !unpacking.take_bytes(inflated.bytes.size(), *origin)) {
    return;
  }
  const auto deeper = container::inside(
      *origin, {Inside::Kind::archive_member, std::string(container::name(compression)), "", ""});
  unpacking.deliver_and_open(inflated.bytes, deeper, depth + 1, context);
}

}  // namespace kimiguard::store

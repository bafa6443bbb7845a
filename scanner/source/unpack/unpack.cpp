#include "scanner/source/unpack/unpack.h"

#include "scanner/source/store/store.h"

namespace kimiguard::unpack {
namespace {

container::Unpacking make(const container::Limits& limits, const container::Sink& sink) {
  return {
      limits, sink,
      [](container::Unpacking& unpacking, std::string_view bytes, const container::OriginPtr& origin,
         int depth) { return store::read_nested(unpacking, bytes, origin, depth); },
      [](std::string_view first_bytes, std::string_view name) { return has_inside(name, first_bytes); }};
}

std::string_view innermost_name(const Origin& origin) {
  return origin.inside.empty() ? std::string_view(origin.path)
                               : std::string_view(origin.inside.back().name);
}

}  // namespace

bool has_inside(std::string_view path, std::string_view first_bytes) {
  return store::kind_of(path, first_bytes) != store::Kind::none;
}

Coverage read_file(const std::string& path, const container::OriginPtr& origin,
                   const container::Limits& limits, const container::Sink& sink) {
  container::Unpacking unpacking = make(limits, sink);
  store::read_file(unpacking, path, origin);
  return unpacking.coverage();
}

Coverage read_bytes(std::string_view bytes, const container::OriginPtr& origin,
                    const container::Limits& limits, const container::Sink& sink) {
  container::Unpacking unpacking = make(limits, sink);
  if (has_inside(innermost_name(*origin), bytes.substr(0, kFirstBytes))) {
    store::read_nested(unpacking, bytes, origin, 0);
  }
  return unpacking.coverage();
}

}  // namespace kimiguard::unpack

#include "scanner/source/unpack/unpack.h"

#include <sys/stat.h>

#include "scanner/source/archive/archive.h"
#include "scanner/source/store/store.h"
#include "scanner/source/unpack/git_objects.h"

namespace kimiguard::unpack {
namespace {

using container::OriginPtr;
using container::Unpacking;
using Opened = Unpacking::Opened;

std::string_view innermost_name(const Origin& origin) {
  return origin.inside.empty() ? std::string_view(origin.path)
                               : std::string_view(origin.inside.back().name);
}

// Deleted rows lie in a database's raw bytes, so those stay a document.
Opened open_nested(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  if (store::read_nested(unpacking, bytes, origin, depth)) return Opened::partial;
  if (const Opened opened = read_git_nested(unpacking, bytes, origin, depth); opened != Opened::no) return opened;
  return archive::read_nested(unpacking, bytes, origin, depth);
}

Unpacking make(const container::Limits& limits, const container::Sink& sink) {
  return {limits, sink, open_nested, [](std::string_view first_bytes, std::string_view name) {
            return has_inside(name, first_bytes);
          }};
}

}  // namespace

bool has_inside(std::string_view path, std::string_view first_bytes) {
  return store::kind_of(path, first_bytes) != store::Kind::none || git_kind_of(first_bytes) != GitKind::none ||
         archive::kind_of(first_bytes.substr(0, kFirstBytes), path) != archive::Kind::none;
}

bool has_inside_at_end(std::string_view last_bytes) { return archive::ends_as_zip(last_bytes); }

Coverage read_file(const std::string& path, const OriginPtr& origin, const container::Limits& limits,
                   const container::Sink& sink) {
  Unpacking unpacking = make(limits, sink);
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) unpacking.set_outer_size(static_cast<std::uint64_t>(info.st_size));
  if (!store::read_file(unpacking, path, origin) && unpacking.gap_count() == 0 && !read_git_file(unpacking, path, origin)) {
    archive::read_file(unpacking, path, origin);
  }
  return unpacking.coverage();
}

Coverage read_bytes(std::string_view bytes, const OriginPtr& origin, const container::Limits& limits,
                    const container::Sink& sink) {
  Unpacking unpacking = make(limits, sink);
  unpacking.set_outer_size(bytes.size());
  if (has_inside(innermost_name(*origin), bytes.substr(0, kFirstBytes)) || has_inside_at_end(bytes)) {
    open_nested(unpacking, bytes, origin, 0);
  }
  return unpacking.coverage();
}

}  // namespace kimiguard::unpack

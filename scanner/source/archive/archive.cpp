#include "scanner/source/archive/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "scanner/source/archive/asar.h"
#include "scanner/source/archive/mail.h"
#include "scanner/source/archive/members.h"
#include "scanner/source/archive/pdf.h"
#include "scanner/source/archive/plist.h"
#include "scanner/source/archive/uuencode.h"
#include "scanner/source/container/random_access.h"

namespace kimiguard::archive {
namespace {

using container::Bytes;
using container::OriginPtr;
using container::Unpacking;
using Opened = Unpacking::Opened;

std::string_view innermost_name(const Origin& origin) {
  return origin.inside.empty() ? std::string_view(origin.path)
                               : std::string_view(origin.inside.back().name);
}

// A name alone makes no disk image: its mark stands behind what kind_of() sees.
bool is_iso(const Bytes& bytes) {
  char mark[5];
  return bytes.read(32769, mark, sizeof mark) && std::string_view(mark, sizeof mark) == "CD001";
}

// A program or a script may carry a zip behind itself.
Kind kind_by_end(const Bytes& bytes) {
  char end[22];
  return bytes.size >= sizeof end && bytes.read(bytes.size - sizeof end, end, sizeof end) && ends_as_zip({end, sizeof end}) ? Kind::zip : Kind::none;
}

Opened read_kind(Unpacking& unpacking, std::string_view bytes, Kind kind, const OriginPtr& origin,
                 int depth) {
  switch (kind) {
    case Kind::none:
      return Opened::no;
    case Kind::asar:
      return read_asar(unpacking, Bytes::of(bytes), origin, depth) ? Opened::complete : Opened::partial;
    // Plain text stands between what these two readers decode.
    case Kind::pdf:
      read_pdf(unpacking, bytes, origin, depth);
      return Opened::partial;
    case Kind::mail:
      read_mail(unpacking, bytes, origin, depth);
      return Opened::partial;
    case Kind::uuencoded:
      read_uuencoded(unpacking, bytes, origin, depth);
      return Opened::partial;
    case Kind::plist:
      return read_plist(unpacking, bytes, origin, depth) ? Opened::complete : Opened::partial;
    case Kind::keystore:
      unpacking.gap(GapKind::set_aside, "keystore", *origin, "a key store is not opened");
      return Opened::partial;
    case Kind::iso:
      if (!is_iso(Bytes::of(bytes))) return Opened::no;
      break;
    default:
      break;
  }
  return read_members_of_bytes(unpacking, bytes, kind, origin, depth) ? Opened::complete
                                                                      : Opened::partial;
}

struct CloseDescriptor {
  int fd;
  ~CloseDescriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

Opened read_nested(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  Kind kind = kind_of(bytes.substr(0, 4096), innermost_name(*origin));
  const bool by_end = kind == Kind::none && ends_as_zip(bytes);
  if (by_end) kind = Kind::zip;
  const Opened opened = read_kind(unpacking, bytes, kind, origin, depth);
  // What stands before it is no part of it.
  return by_end && opened == Opened::complete ? Opened::partial : opened;
}

bool read_file(Unpacking& unpacking, const std::string& path, const OriginPtr& origin) {
  const CloseDescriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    unpacking.gap(GapKind::unreadable, errno == EACCES ? "permission" : "unreadable", *origin,
                  std::strerror(errno));
    return false;
  }
  const Bytes bytes = Bytes::of_descriptor(file.fd);
  std::string start(std::min<std::uint64_t>(bytes.size, 4096), '\0');
  if (!bytes.read(0, start.data(), start.size())) return false;
  Kind kind = kind_of(start, path);
  if (kind == Kind::none) kind = kind_by_end(bytes);
  switch (kind) {
    case Kind::none:
      return false;
    case Kind::asar:
      read_asar(unpacking, bytes, origin, 0);
      return true;
    case Kind::keystore:
      read_kind(unpacking, start, kind, origin, 0);
      return true;
    case Kind::pdf:
    case Kind::mail:
    case Kind::uuencoded:
    case Kind::plist: {
      Unpacking::Hold hold(unpacking);
      std::string whole;
      if (bytes.size > unpacking.limits().held_bytes / 2 || !hold.grow_to(bytes.size)) {
        unpacking.limit(*origin, "memory for a document");
        return true;
      }
      whole.resize(bytes.size);
      if (!bytes.read(0, whole.data(), whole.size())) {
        unpacking.gap(GapKind::unreadable, "unreadable", *origin, "the file changed while it was read");
        return true;
      }
      read_kind(unpacking, whole, kind, origin, 0);
      return true;
    }
    case Kind::iso:
      if (!is_iso(bytes)) return false;
      break;
    default:
      break;
  }
  read_members_of_file(unpacking, file.fd, kind, origin, 0);
  return true;
}

Coverage read(const std::string& path, const OriginPtr& origin, const container::Limits& limits,
              const container::Sink& sink) {
  Unpacking unpacking(
      limits, sink,
      [](Unpacking& u, std::string_view bytes, const OriginPtr& o, int depth) {
        return read_nested(u, bytes, o, depth);
      },
      [](std::string_view first, std::string_view name) { return kind_of(first, name) != Kind::none; });
  read_file(unpacking, path, origin);
  return unpacking.coverage();
}

Coverage read_bytes(std::string_view bytes, const OriginPtr& origin, const container::Limits& limits,
                    const container::Sink& sink) {
  Unpacking unpacking(
      limits, sink,
      [](Unpacking& u, std::string_view b, const OriginPtr& o, int depth) {
        return read_nested(u, b, o, depth);
      },
      [](std::string_view first, std::string_view name) { return kind_of(first, name) != Kind::none; });
  unpacking.set_outer_size(bytes.size());
  read_nested(unpacking, bytes, origin, 0);
  return unpacking.coverage();
}

}  // namespace kimiguard::archive

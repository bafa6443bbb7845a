// Git's containers outside of a repository: a pack by itself, a bundle inside something, a loose object. Backups, images
// of disks, test fixtures and what an aborted fetch left behind hold them.
#pragma once

#include <string>
#include <string_view>

#include "scanner/source/container/unpacking.h"

namespace kimiguard::unpack {

enum class GitKind { none, pack, bundle, loose };

// Cheap: looks further than two bytes only where a zlib stream may begin.
GitKind git_kind_of(std::string_view first_bytes);

// Delivers each object as a member "blob/<id>", of a loose one "blob". Deltas whose base is elsewhere are counted as
// not here. False if the file is none of these.
bool read_git_file(container::Unpacking& unpacking, const std::string& path, const container::OriginPtr& origin);
container::Unpacking::Opened read_git_nested(container::Unpacking& unpacking, std::string_view bytes, const container::OriginPtr& origin,
                                             int depth);

}  // namespace kimiguard::unpack

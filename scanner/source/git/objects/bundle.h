// The head of a bundle: a pack in a file by itself, with the names of what it brings.
//
// Format: gitformat-bundle(5), versions 2 and 3: a signature line, "@" capabilities (version 3), "-<id>" for
// what the receiver must have, "<id> <ref>", an empty line, a pack without an index.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

struct BundleHead {
  HashKind hash = HashKind::sha1;
  // Objects are left out on purpose: the receiver has them, or a filter took them.
  bool partial = false;
  std::vector<std::pair<std::string, ObjectId>> refs;
  std::size_t length = 0;  // bytes before the pack
};

// Whether a file that begins so is a bundle. Cheap.
bool is_bundle(std::string_view first_bytes);
// Nothing where the head is cut short or names no pack behind it; heads beyond 64 MB are not read.
std::optional<BundleHead> read_bundle_head(std::string_view bytes);

}  // namespace kimiguard::git

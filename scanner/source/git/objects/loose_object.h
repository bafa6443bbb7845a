// Loose objects: one zlib stream a file, "<type> <size>\0" and the bytes.
//
// Format: gitrepository-layout(5), `objects/[0-9a-f][0-9a-f]/`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/source/git/objects/inflate.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/raw_buffer.h"

namespace kimiguard::git {

// Where in a buffer a loose object lies.
struct LooseObject {
  ObjectType type = ObjectType::blob;
  std::string_view bytes;  // into the buffer, lives as long as its contents
};

// Inflates a loose object's file into `buffer`. Errors: `damaged`, `limit` (claims more than
// max_bytes).
Result<LooseObject> inflate_loose(std::string_view file, Inflater& inflater, RawBuffer& buffer,
                                  std::uint64_t max_bytes);

// `folder`/ab/cdef…
std::string loose_path(const std::string& folder, const ObjectId& id);

// Every loose object of an objects folder, sorted by id. Names that are no ids are passed over.
std::vector<ObjectId> list_loose(const std::string& folder, HashKind kind);

}  // namespace kimiguard::git

// Reading a pack without its index, from its own entries in order.
//
// Each entry is inflated to find where the next begins; where one is damaged, the next place at which
// an entry inflates to what it claims, with its checksum right, is looked for. Then every object is
// rebuilt once and hashed, as git index-pack does, which gives its name and, by that, the bases of
// REF_DELTAs. What comes out is an index like one read from a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/objects/pack.h"

namespace kimiguard::git {

// Fetches a base that is not in the pack; nothing if it is nowhere.
using BaseReader = std::function<std::optional<Object>(const ObjectId&)>;

struct Salvaged {
  PackIndex index;
  std::uint64_t unread_bytes = 0;   // of the pack that belong to no readable entry
  std::uint64_t absent = 0;         // entries that the pack's head counts and that do not stand in it
  std::uint64_t nameless = 0;       // readable deltas whose object could not be rebuilt
  std::uint64_t missing_bases = 0;  // of these, those whose base is stored nowhere
};

// Bounded by max_object_bytes for each object, and by a fixed amount of work beyond the pack's size.
Salvaged salvage(const Pack& pack, const BaseReader& elsewhere, std::uint64_t max_object_bytes);

// What of the pack's own bytes could not be read, as gaps.
void report_unread(const Pack& pack, const Salvaged& found, std::vector<Gap>& gaps);

}  // namespace kimiguard::git

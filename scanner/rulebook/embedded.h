// What the build put into the program: every file of rules/ as text, and the built-in pattern
// database serialized for a generic platform (so that it loads on any x86-64 or arm64 machine).
#pragma once

#include <cstddef>
#include <string_view>

namespace kimiguard {

struct EmbeddedFile {
  std::string_view name;  // "secrets.toml", "agents/cline.toml"
  std::string_view text;
};

// Sorted by name. Defined in the generated embedded_rules.cpp.
extern const EmbeddedFile* const kEmbeddedFiles;
extern const std::size_t kEmbeddedFileCount;

// The pattern database of the built-in leak rules as it lies in memory after hs_deserialize_database_at, at a
// multiple of 64: used in place, for copying and checking 0.8 MB cost half a millisecond at each start. Empty
// if it could not be made.
extern const unsigned char* const kEmbeddedDatabase;
extern const std::size_t kEmbeddedDatabaseSize;

// write_snapshot of the built-in rulebook (snapshot.h).
extern const unsigned char* const kEmbeddedSnapshot;
extern const std::size_t kEmbeddedSnapshotSize;

// agents::write_snapshot of the built-in profiles (agents/profile_snapshot.h).
extern const unsigned char* const kEmbeddedProfiles;
extern const std::size_t kEmbeddedProfilesSize;

}  // namespace kimiguard

// Packs made entry by entry, right or wrong as a test wants them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git::testing {

// A zlib stream.
std::string deflated(std::string_view bytes, int level = 6);

// Builds a delta's bytes.
class DeltaWriter {
 public:
  DeltaWriter(std::uint64_t base_size, std::uint64_t result_size);
  DeltaWriter& copy(std::uint32_t from, std::uint32_t length);
  DeltaWriter& insert(std::string_view bytes);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class PackWriter {
 public:
  explicit PackWriter(HashKind kind = HashKind::sha1);
  // Each gives the entry's offset. The index names the entry `id`.
  std::uint64_t whole(ObjectType type, std::string_view bytes);
  std::uint64_t offset_delta(std::uint64_t base, std::string_view delta, const ObjectId& id);
  std::uint64_t ref_delta(const ObjectId& base, std::string_view delta, const ObjectId& id);
  // An entry of any type with any claimed size over any stream.
  std::uint64_t raw(unsigned type, std::uint64_t claimed_size, std::string_view before_stream,
                    std::string_view stream, const ObjectId& id);

  struct Row {
    ObjectId id;
    std::uint64_t offset;
    std::uint32_t crc;
  };
  std::vector<Row> rows;  // what the index will say; tests may bend it

  std::string pack() const;
  std::string index() const;  // version 2
  // Writes pack-<name>.pack and .idx below `objects_dir`/pack.
  void write(const std::string& objects_dir, const std::string& name = "0000", bool with_index = true) const;

 private:
  HashKind kind_;
  std::string body_;
  std::uint32_t count_ = 0;
};

// The digest alone, not that of an object.
std::string digest(HashKind kind, std::string_view bytes);

}  // namespace kimiguard::git::testing

// Compressed values in memory: gzip (RFC 1952), zlib (RFC 1950), raw deflate (RFC 1951) and zstd
// (RFC 8878) frames, by libdeflate and libzstd.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kimiguard::container {

enum class Compression { none, gzip, zlib, zstd };

// By magic number only; zlib has just a 2-byte checksum, so expect failures to inflate there.
Compression compression_of(std::string_view bytes);
std::string_view name(Compression compression);

struct Inflated {
  enum class Outcome { whole, limit, damaged };
  Outcome outcome = Outcome::damaged;
  std::string bytes;  // what came out, also when the outcome is not `whole`
};

// At most `limit` bytes come out. All members of a gzip file and all frames of a zstd file are read;
// other bytes after the first are ignored.
Inflated inflate(std::string_view bytes, Compression compression, std::uint64_t limit);

// A raw deflate stream without a header.
Inflated inflate_raw(std::string_view bytes, std::uint64_t limit);

}  // namespace kimiguard::container

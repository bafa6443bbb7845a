// zlib streams in memory, by libdeflate (5-15 % faster than ISA-L on two packs, design §6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct libdeflate_decompressor;

namespace kimiguard::git {

// No stream can hold more than this many bytes for each of its own (RFC 1951: 258 bytes for 2 bits).
constexpr std::uint64_t kMaxInflation = 1032;

// One thread at a time.
class Inflater {
 public:
  Inflater();
  // Inflates the zlib stream at the start of `in` into exactly `size` bytes at `out`. Gives the bytes
  // of `in` it took; nothing when the stream is broken, its checksum is wrong or its size differs.
  std::optional<std::size_t> exactly(std::string_view in, char* out, std::size_t size);

  struct Outcome {
    enum class Kind { done, too_small, bad };
    Kind kind = Kind::bad;
    std::size_t read = 0;     // bytes of `in` taken, when done
    std::size_t written = 0;  // bytes of `out` filled, when done
  };
  // For a stream whose size is not known. When it is too small, `out` holds in practice the first
  // bytes of the stream (libdeflate writes in order but promises nothing): a hint, to be checked.
  Outcome at_most(std::string_view in, char* out, std::size_t capacity);

 private:
  struct Free {
    void operator()(libdeflate_decompressor* decompressor) const;
  };
  std::unique_ptr<libdeflate_decompressor, Free> decompressor_;
};

}  // namespace kimiguard::git

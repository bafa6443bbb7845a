#include "scanner/source/container/inflate.h"

#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace kimiguard::container {
namespace {

using Outcome = Inflated::Outcome;

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

// libdeflate wants the whole output buffer at once, so it is grown until the stream fits. After
// damage it does not say how far it came; the buffer is zeroed before, and what follows the last
// byte it wrote is cut.
template <class Decompress>
Inflated grow(std::string_view in, std::uint64_t limit, std::size_t& used, Decompress decompress) {
  Inflated out;
  std::unique_ptr<libdeflate_decompressor, FreeDecompressor> state(libdeflate_alloc_decompressor());
  if (!state || limit == 0) return out;
  std::uint64_t room = std::min<std::uint64_t>(limit, std::max<std::uint64_t>(in.size() * 4, 4096));
  while (true) {
    out.bytes.assign(room, '\0');
    std::size_t written = 0;
    const libdeflate_result result = decompress(state.get(), in.data(), in.size(), out.bytes.data(),
                                                out.bytes.size(), &used, &written);
    if (result == LIBDEFLATE_SUCCESS) {
      out.bytes.resize(written);
      out.outcome = Outcome::whole;
      return out;
    }
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (room == limit) {
        out.outcome = Outcome::limit;
        return out;
      }
      room = std::min<std::uint64_t>(limit, room * 4);
      continue;
    }
    out.bytes.erase(out.bytes.find_last_not_of('\0') + 1);
    out.outcome = Outcome::damaged;
    return out;
  }
}

Inflated gunzip(std::string_view in, std::uint64_t limit) {
  Inflated all;
  bool first = true;
  while (first || compression_of(in) == Compression::gzip) {
    std::size_t used = 0;
    Inflated part = grow(in, limit - all.bytes.size(), used, libdeflate_gzip_decompress_ex);
    all.bytes += part.bytes;
    all.outcome = part.outcome;
    if (part.outcome != Outcome::whole || used == 0 || all.bytes.size() >= limit) break;
    in.remove_prefix(std::min(used, in.size()));
    first = false;
  }
  return all;
}

Inflated unzstd(std::string_view in, std::uint64_t limit) {
  Inflated out;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> state(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (!state) return out;
  ZSTD_DCtx_setParameter(state.get(), ZSTD_d_windowLogMax, 26);  // 64 MiB of window at most
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  std::vector<char> block(ZSTD_DStreamOutSize());
  while (true) {
    ZSTD_outBuffer target{block.data(), block.size(), 0};
    const std::size_t left = ZSTD_decompressStream(state.get(), &target, &source);
    const std::size_t room = static_cast<std::size_t>(limit - out.bytes.size());
    out.bytes.append(block.data(), std::min(target.pos, room));
    if (target.pos > room) {
      out.outcome = Outcome::limit;
      return out;
    }
    if (ZSTD_isError(left)) {
      // Bytes after a complete frame are no damage of that frame.
      out.outcome = out.outcome == Outcome::whole ? Outcome::whole : Outcome::damaged;
      return out;
    }
    out.outcome = left == 0 ? Outcome::whole : Outcome::damaged;
    if (source.pos == source.size && target.pos < target.size) return out;
  }
}

}  // namespace

Compression compression_of(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() >= 18 && at(0) == 0x1F && at(1) == 0x8B && at(2) == 8 && (at(3) & 0xE0) == 0) {
    return Compression::gzip;
  }
  if (bytes.size() >= 8 && at(0) == 0x28 && at(1) == 0xB5 && at(2) == 0x2F && at(3) == 0xFD) {
    return Compression::zstd;
  }
  // Every common writer uses the 32 KiB window, hence 0x78.
  if (bytes.size() >= 8 && at(0) == 0x78 && (at(1) & 0x20) == 0 && (at(0) * 256 + at(1)) % 31 == 0) {
    return Compression::zlib;
  }
  return Compression::none;
}

std::string_view name(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gzip";
    case Compression::zlib:
      return "zlib";
    case Compression::zstd:
      return "zstd";
    case Compression::none:
      break;
  }
  return "none";
}

Inflated inflate(std::string_view bytes, Compression compression, std::uint64_t limit) {
  std::size_t used = 0;
  switch (compression) {
    case Compression::gzip:
      return gunzip(bytes, limit);
    case Compression::zlib:
      return grow(bytes, limit, used, libdeflate_zlib_decompress_ex);
    case Compression::zstd:
      return unzstd(bytes, limit);
    case Compression::none:
      break;
  }
  return {};
}

Inflated inflate_raw(std::string_view bytes, std::uint64_t limit) {
  std::size_t used = 0;
  return grow(bytes, limit, used, libdeflate_deflate_decompress_ex);
}

}  // namespace kimiguard::container

#include "scanner/source/git/objects/inflate.h"

#include <libdeflate.h>

#include <algorithm>
#include <new>

namespace kimiguard::git {

void Inflater::Free::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

Inflater::Inflater() : decompressor_(libdeflate_alloc_decompressor()) {
  if (!decompressor_) throw std::bad_alloc();
}

std::optional<std::size_t> Inflater::exactly(std::string_view in, char* out, std::size_t size) {
  // libdeflate wants somewhere to point even when there is nothing to write.
  char nothing = 0;
  std::size_t read = 0;
  const libdeflate_result result = libdeflate_zlib_decompress_ex(
      decompressor_.get(), in.data(), in.size(), size == 0 ? &nothing : out, size, &read, nullptr);
  if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
  return read;
}

Inflater::Outcome Inflater::at_most(std::string_view in, char* out, std::size_t capacity) {
  Outcome outcome;
  const libdeflate_result result = libdeflate_zlib_decompress_ex(
      decompressor_.get(), in.data(), in.size(), out, capacity, &outcome.read, &outcome.written);
  if (result == LIBDEFLATE_SUCCESS) {
    outcome.kind = Outcome::Kind::done;
  } else {
    outcome.kind =
        result == LIBDEFLATE_INSUFFICIENT_SPACE ? Outcome::Kind::too_small : Outcome::Kind::bad;
    outcome.read = outcome.written = 0;
  }
  return outcome;
}

}  // namespace kimiguard::git

// floor OBJECTS [THREADS]: inflates every entry of every pack once and does nothing else. No reader of
// the object database can be faster than this with the same inflater; figures are ratios to it.
#include <libdeflate.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/objects/pack.h"
#include "scanner/source/git/objects/parallel.h"

int main(int argc, char** argv) {
  using namespace kimiguard::git;
  if (argc < 2) return 2;
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 2;
  const HashKind kind = argc > 3 && std::string(argv[3]) == "sha256" ? HashKind::sha256 : HashKind::sha1;
  const auto start = std::chrono::steady_clock::now();
  auto store = ObjectStore::open(argv[1], kind);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  std::atomic<std::uint64_t> inflated{0};
  std::uint64_t entries = 0;
  for (const auto& pack : (*store)->packs()) {
    if (!pack->indexed()) continue;
    const PackIndex& index = pack->index();
    entries += index.size();
    std::atomic<std::uint32_t> next{0};
    on_threads(threads, [&](unsigned) {
      libdeflate_decompressor* inflater = libdeflate_alloc_decompressor();
      std::vector<char> out(std::size_t{1} << 20);
      std::uint64_t sum = 0;
      for (std::uint32_t begin = next.fetch_add(256); begin < index.size(); begin = next.fetch_add(256)) {
        for (std::uint32_t i = begin; i < index.size() && i < begin + 256; ++i) {
          const auto head = pack->head(index.offset(i));
          if (!head) continue;
          if (out.size() < head->size) out.resize(head->size);
          libdeflate_zlib_decompress(inflater, pack->bytes().data() + head->data,
                                     pack->bytes().size() - head->data, out.data(), head->size, nullptr);
          sum += head->size;
        }
      }
      inflated += sum;
      libdeflate_free_decompressor(inflater);
    });
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("floor %.3f s, %u threads, %llu entries, %.0f MB inflated; user %.2f sys %.2f\n", seconds, threads,
              static_cast<unsigned long long>(entries), static_cast<double>(inflated.load()) / 1e6,
              static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6,
              static_cast<double>(usage.ru_stime.tv_sec) + static_cast<double>(usage.ru_stime.tv_usec) / 1e6);
  return 0;
}

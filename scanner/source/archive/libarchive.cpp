#include "scanner/source/archive/libarchive.h"

#include <dlfcn.h>

#include <memory>

namespace kimiguard::archive {
namespace {

std::unique_ptr<LibArchive> load() {
  // Lazily: most of the dozen libraries behind it are never called.
  void* library = dlopen("libarchive.so.13", RTLD_LAZY | RTLD_LOCAL);
  if (!library) return nullptr;
  auto table = std::make_unique<LibArchive>();
  bool complete = true;
#define KIMIGUARD_LOAD(name)                                                    \
  table->name = reinterpret_cast<decltype(table->name)>(dlsym(library, #name)); \
  complete = complete && table->name != nullptr;
  KIMIGUARD_LIBARCHIVE(KIMIGUARD_LOAD)
#undef KIMIGUARD_LOAD
  if (!complete) return nullptr;
  // A filter without its library answers ARCHIVE_WARN: "using external program".
  ::archive* probe = table->archive_read_new();
  for (auto* filter :
       {table->archive_read_support_filter_gzip, table->archive_read_support_filter_bzip2,
        table->archive_read_support_filter_xz, table->archive_read_support_filter_lzma,
        table->archive_read_support_filter_lzip, table->archive_read_support_filter_zstd,
        table->archive_read_support_filter_lz4, table->archive_read_support_filter_compress,
        table->archive_read_support_filter_rpm}) {
    if (probe && filter(probe) == ARCHIVE_OK) table->filters.push_back(filter);
  }
  if (probe) table->archive_read_free(probe);
  return table;
}

}  // namespace

const LibArchive* libarchive() {
  static const std::unique_ptr<LibArchive> table = load();
  return table.get();
}

}  // namespace kimiguard::archive

// libgit2_read GITDIR [THREADS]: what libgit2 takes to read every blob, in the order of the packs, which
// is its best.
#include <git2.h>

#include <algorithm>
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
  git_libgit2_init();
  const std::string objects = std::string(argv[1]) + "/objects";
  git_odb* odb = nullptr;
  if (git_odb_open(&odb, objects.c_str()) != 0) return 1;
  auto store = ObjectStore::open(objects, HashKind::sha1);
  if (!store) return 1;
  struct Row {
    std::size_t pack;
    std::uint64_t offset;
    ObjectId id;
  };
  std::vector<Row> rows;
  for (std::size_t p = 0; p < (*store)->packs().size(); ++p) {
    const Pack& pack = *(*store)->packs()[p];
    for (std::uint32_t i = 0; pack.indexed() && i < pack.index().size(); ++i)
      rows.push_back({p, pack.index().offset(i), pack.index().id(i)});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.pack != b.pack ? a.pack < b.pack : a.offset < b.offset;
  });
  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> blobs{0};
  on_threads(threads, [&](unsigned) {
    for (std::size_t begin = next.fetch_add(512); begin < rows.size(); begin = next.fetch_add(512)) {
      for (std::size_t i = begin; i < rows.size() && i < begin + 512; ++i) {
        git_oid id;
        git_oid_fromraw(&id, rows[i].id.data());
        std::size_t size = 0;
        git_object_t type = GIT_OBJECT_INVALID;
        if (git_odb_read_header(&size, &type, odb, &id) != 0 || type != GIT_OBJECT_BLOB) continue;
        git_odb_object* object = nullptr;
        if (git_odb_read(&object, odb, &id) != 0) continue;
        bytes += git_odb_object_size(object);
        ++blobs;
        git_odb_object_free(object);
      }
    }
  });
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("libgit2_read %.3f s, %u threads, %llu blobs, %.0f MB\n", seconds, threads,
              static_cast<unsigned long long>(blobs.load()), static_cast<double>(bytes.load()) / 1e6);
  git_odb_free(odb);
  git_libgit2_shutdown();
  return 0;
}

// libFuzzer target: any bytes as a pack with its index, or as a loose object, walked whole. The first byte chooses,
// the next two say how many bytes are the index. Build with the `fuzz` preset.
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/objects/object_walk.h"

namespace {

using namespace kimiguard::git;

// In memory where there is /dev/shm.
std::string folder() {
  std::string form = (::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + std::string("/kimiguard-fuzz-XXXXXX");
  if (::mkdtemp(form.data()) == nullptr) std::abort();
  for (const char* below : {"/pack", "/ab"}) ::mkdir((form + below).c_str(), 0700);
  return form;
}

void put(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class Count final : public ObjectVisitor {
 public:
  Finder* finder() override { return nullptr; }
  void object(const ObjectView& view, const std::vector<Hit>&) override { bytes += view.bytes.size(); }
  std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string home = folder();
  if (size < 4) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t split = std::min<std::size_t>(all.size(), data[1] * 256u + data[2]);
  const std::string stem = home + "/pack/pack-0000000000000000000000000000000000000000";
  const std::string loose = home + "/ab/00000000000000000000000000000000000000";
  for (const std::string& old : {stem + ".pack", stem + ".idx", loose}) ::unlink(old.c_str());
  if (data[0] % 3 == 0) {
    put(loose, all);
  } else {
    put(stem + ".pack", all.substr(split));
    if (data[0] % 3 == 1) put(stem + ".idx", all.substr(0, split));
  }
  auto store = ObjectStore::open(home, HashKind::sha1, {});
  if (!store) return 0;
  WalkOptions options;
  walk(**store, options, [](unsigned) { return std::make_unique<Count>(); });
  return 0;
}

// equality GITDIR: every object that the walk delivers against `git cat-file` and against libgit2: same names,
// types, sizes and bytes (by a digest of the bytes alone, not git's own name for them). Exit 1: they differ.
#include <git2.h>
#include <sha2.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "scanner/source/git/objects/object_walk.h"

namespace {

using namespace kimiguard::git;

struct Known {
  std::string type;
  std::uint64_t size = 0;
  std::array<std::uint8_t, 16> digest{};
  bool operator==(const Known&) const = default;
};
using Objects = std::unordered_map<std::string, Known>;

Known known(std::string_view type, std::string_view bytes) {
  Known made{std::string(type), bytes.size(), {}};
  SHA2_CTX context;
  std::uint8_t whole[SHA256_DIGEST_LENGTH];
  ::SHA256Init(&context);
  ::SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  ::SHA256Final(whole, &context);
  std::memcpy(made.digest.data(), whole, made.digest.size());
  return made;
}

class Collector : public ObjectVisitor {
 public:
  Collector(Objects& to, std::mutex& mutex) : to_(to), mutex_(mutex) {}
  unsigned every_object() const override { return kEveryType; }
  void object(const ObjectView& view, const std::vector<Hit>&) override {
    Known one = known(name(view.type), view.bytes);
    const std::lock_guard lock(mutex_);
    to_.emplace(view.id.hex(), std::move(one));
  }

 private:
  Objects& to_;
  std::mutex& mutex_;
};

// Counts what differs and names the first.
struct Comparison {
  const char* with;
  const Objects& ours;
  std::size_t seen = 0;
  std::size_t wrong = 0;
  std::unordered_set<std::string> ids;

  void one(const std::string& id, const Known& theirs) {
    if (!ids.insert(id).second) return;  // libgit2 lists what two packs hold twice
    ++seen;
    const auto found = ours.find(id);
    if (found != ours.end() && found->second == theirs) return;
    if (++wrong <= 5) std::printf("  %s: %s %s\n", with, id.c_str(), found == ours.end() ? "not delivered" : "differs");
  }
  bool report() {
    std::printf("%s: %zu objects, %zu differ, %zu only here\n", with, seen, wrong, ours.size() - (seen - wrong));
    return wrong == 0 && seen == ours.size();
  }
};

bool against_git(const std::string& git_dir, const Objects& ours) {
  const std::string command = "git --git-dir='" + git_dir + "' cat-file --batch-all-objects --batch --unordered --buffer 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return false;
  Comparison comparison{"git cat-file", ours, 0, 0, {}};
  char head[256];
  std::vector<char> bytes;
  while (std::fgets(head, sizeof head, pipe) != nullptr) {
    char id[80];
    char type[16];
    unsigned long long size = 0;
    if (std::sscanf(head, "%79s %15s %llu", id, type, &size) != 3) continue;
    bytes.resize(size + 1);
    if (std::fread(bytes.data(), 1, size + 1, pipe) != size + 1) break;
    comparison.one(id, known(type, {bytes.data(), size}));
  }
  ::pclose(pipe);
  return comparison.report();
}

bool against_libgit2(const std::string& git_dir, const Objects& ours) {
  ::git_libgit2_init();
  git_odb* odb = nullptr;
  if (::git_odb_open(&odb, (git_dir + "/objects").c_str()) != 0) return false;
  struct Context {
    git_odb* odb;
    Comparison comparison;
  } context{odb, {"libgit2", ours, 0, 0, {}}};
  ::git_odb_foreach(
      odb,
      [](const git_oid* id, void* payload) {
        auto& with = *static_cast<Context*>(payload);
        git_odb_object* object = nullptr;
        if (::git_odb_read(&object, with.odb, id) != 0) return 0;
        char hex[GIT_OID_HEXSZ + 1];
        ::git_oid_tostr(hex, sizeof hex, id);
        with.comparison.one(hex, known(::git_object_type2string(::git_odb_object_type(object)),
                                       {static_cast<const char*>(::git_odb_object_data(object)), ::git_odb_object_size(object)}));
        ::git_odb_object_free(object);
        return 0;
      },
      &context);
  ::git_odb_free(odb);
  ::git_libgit2_shutdown();
  return context.comparison.report();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string git_dir = argv[1];
  auto store = ObjectStore::open(git_dir + "/objects", HashKind::sha1);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 2;
  }
  Objects ours;
  std::mutex mutex;
  WalkOptions options;
  options.threads = 2;
  const WalkReport report = walk(**store, options, [&](unsigned) { return std::make_unique<Collector>(ours, mutex); });
  std::printf("%s: %zu objects delivered, %zu gaps\n", argv[1], ours.size(), report.coverage.gaps.size());
  const bool git = against_git(git_dir, ours);
  const bool libgit2 = against_libgit2(git_dir, ours);
  return git && libgit2 ? 0 : 1;
}

#include "scanner/cli/bundle_read.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scanner/cli/detect_finder.h"
#include "scanner/source/git/history/provenance.h"
#include "scanner/source/git/objects/bundle.h"
#include "scanner/source/git/objects/mapped_file.h"
#include "scanner/source/git/objects/object_walk.h"

namespace kimiguard::cli {
namespace {

struct Held {
  git::ObjectId id;
  git::ObjectType type = git::ObjectType::blob;
  std::string bytes;
};

class Visitor final : public git::ObjectVisitor {
 public:
  Visitor(detect::Detector& detector, std::vector<Held>& to) : finder_(detector, true), to_(to) {}
  git::Finder* finder() override { return &finder_; }
  void object(const git::ObjectView& view, const std::vector<git::Hit>&) override {
    to_.push_back({view.id, view.type, std::string(view.bytes)});
  }

 private:
  DetectFinder finder_;
  std::vector<Held>& to_;
};

}  // namespace

Coverage read_bundle(const std::string& path, const std::shared_ptr<const Origin>& outer, detect::Detector& detector,
                     const std::function<void(const Document&)>& visit) {
  Coverage coverage;
  ++coverage.archives;
  const auto file = git::MappedFile::open(path);
  const auto head = file ? git::read_bundle_head(file->bytes()) : std::nullopt;
  auto store = head ? git::ObjectStore::open_bundle(path, file->bytes(), *head) : Result<std::shared_ptr<git::ObjectStore>>(Error{"damaged", "its head is cut short"});
  if (!store) {
    coverage.gaps.push_back({GapKind::unreadable, store.error().code, outer->path, "a git bundle that cannot be read: " + store.error().message, 1});
    return coverage;
  }
  std::vector<Held> held;
  const git::WalkReport report = git::walk(**store, {}, [&](unsigned) { return std::make_unique<Visitor>(detector, held); });
  coverage.objects += report.coverage.objects;
  coverage.bytes += report.coverage.bytes;
  for (Gap gap : report.coverage.gaps) {
    if (gap.code == "index") continue;  // a bundle has none
    if (gap.code == "promisor") gap.reason = "made from objects that the bundle leaves to its receiver";
    gap.place = outer->path;
    coverage.gaps.push_back(std::move(gap));
  }
  if (held.empty()) return coverage;
  std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) { return a.id < b.id; });
  git::Repository repository;
  repository.git_dir = repository.common_dir = repository.objects_dir = path;
  repository.hash = head->hash;
  git::RefSnapshot refs;
  for (const auto& [name, id] : head->refs) {
    git::Ref ref;
    ref.name = name;
    ref.id = id;
    refs.refs.push_back(std::move(ref));
  }
  std::vector<git::ObjectId> wanted;
  for (const Held& one : held) wanted.push_back(one.id);
  git::ProvenanceOptions options;
  options.indexes = false;
  std::unordered_map<git::ObjectId, std::string> paths;
  for (const git::ObjectProvenance& known : git::find_provenance(repository, **store, refs, wanted, options).objects)
    paths.emplace(known.id, known.path);
  for (const Held& one : held) {
    auto origin = std::make_shared<Origin>(*outer);
    std::string inside = one.type == git::ObjectType::blob ? paths[one.id] : std::string();
    if (inside.empty()) inside = std::string(git::name(one.type)) + "/" + one.id.hex().substr(0, 12);
    origin->inside.push_back({Inside::Kind::archive_member, std::move(inside), "", ""});
    Document document;
    document.bytes = one.bytes;
    document.origin = std::move(origin);
    visit(document);
  }
  return coverage;
}

}  // namespace kimiguard::cli

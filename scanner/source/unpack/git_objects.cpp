#include "scanner/source/unpack/git_objects.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "scanner/source/git/objects/bundle.h"
#include "scanner/source/git/objects/inflate.h"
#include "scanner/source/git/objects/loose_object.h"
#include "scanner/source/git/objects/mapped_file.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/objects/object_walk.h"
#include "scanner/source/git/objects/raw_buffer.h"

namespace kimiguard::unpack {
namespace {

using container::OriginPtr;
using container::Unpacking;
using Opened = Unpacking::Opened;

// "blob 12\0"
bool is_object_head(std::string_view text) {
  for (const std::string_view type : {"blob ", "tree ", "commit ", "tag "}) {
    if (!text.starts_with(type)) continue;
    const std::size_t end = text.find_first_not_of("0123456789", type.size());
    return end != std::string_view::npos && end > type.size() && text[end] == '\0';
  }
  return false;
}

OriginPtr member(const OriginPtr& origin, std::string name) {
  return container::inside(*origin, {Inside::Kind::archive_member, std::move(name), "", ""});
}

class Visitor final : public git::ObjectVisitor {
 public:
  Visitor(Unpacking& unpacking, const OriginPtr& origin, int depth, std::atomic<bool>& stop)
      : unpacking_(unpacking), origin_(origin), depth_(depth), stop_(stop) {}
  unsigned every_object() const override { return git::kEveryType; }
  void object(const git::ObjectView& view, const std::vector<git::Hit>&) override {
    if (stop_) return;
    const OriginPtr inside = member(origin_, std::string(git::name(view.type)) + "/" + view.id.hex().substr(0, 12));
    if (!unpacking_.take_member(*inside) || !unpacking_.take_bytes(view.bytes.size(), *inside)) {
      stop_ = true;
      return;
    }
    if (view.type == git::ObjectType::blob)
      unpacking_.deliver_and_open(view.bytes, inside, depth_ + 1);
    else
      unpacking_.deliver(view.bytes, inside);
  }

 private:
  Unpacking& unpacking_;
  const OriginPtr& origin_;
  int depth_;
  std::atomic<bool>& stop_;
};

// Test data of git's own kind is often damaged on purpose, and its bytes are read as they stand all the same: what cannot be
// taken apart is told and is no fault of what is scanned.
GapKind told(GapKind kind) { return kind == GapKind::unreadable ? GapKind::not_parsed : kind; }

void read_pack(Unpacking& unpacking, const std::string& name, std::string_view bytes, GitKind kind, const OriginPtr& origin, int depth) {
  std::optional<git::BundleHead> head;
  if (kind == GitKind::bundle) {
    head = git::read_bundle_head(bytes);
  } else {
    head.emplace();
    head->partial = true;  // a pack by itself may lean on others
  }
  auto store = head ? git::ObjectStore::open_bundle(name, bytes, *head)
                    : Result<std::shared_ptr<git::ObjectStore>>(Error{"damaged", "its head is cut short"});
  if (!store) {
    unpacking.gap(GapKind::not_parsed, store.error().code, *origin, "a git pack that cannot be read: " + store.error().message);
    return;
  }
  std::atomic<bool> stop = false;
  git::WalkOptions options;
  options.stop = &stop;
  const git::WalkReport report =
      git::walk(**store, options, [&](unsigned) { return std::make_unique<Visitor>(unpacking, origin, depth, stop); });
  for (const Gap& gap : report.coverage.gaps) {
    if (gap.code == "index") continue;  // it has none
    unpacking.gap(told(gap.kind), gap.code, *origin, gap.code == "promisor" ? "made from objects that stand in another pack" : gap.reason);
  }
}

Opened read_loose(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  git::Inflater inflater;
  git::RawBuffer buffer;
  const Result<git::LooseObject> object =
      git::inflate_loose(bytes, inflater, buffer, std::min(unpacking.limits().member_bytes, unpacking.may_hold()));
  if (!object) {
    unpacking.gap(GapKind::not_parsed, object.error().code, *origin, object.error().message);
    return Opened::partial;
  }
  const OriginPtr inside = member(origin, std::string(git::name(object->type)));
  if (!unpacking.take_member(*inside) || !unpacking.take_bytes(object->bytes.size(), *inside)) return Opened::partial;
  if (object->type == git::ObjectType::blob)
    unpacking.deliver_and_open(object->bytes, inside, depth + 1);
  else
    unpacking.deliver(object->bytes, inside);
  return Opened::complete;
}

}  // namespace

GitKind git_kind_of(std::string_view first_bytes) {
  if (first_bytes.size() < 8) return GitKind::none;
  if (first_bytes.starts_with(std::string_view("PACK\0\0\0\2", 8)) || first_bytes.starts_with(std::string_view("PACK\0\0\0\3", 8)))
    return GitKind::pack;
  if (first_bytes[0] == '#') return git::is_bundle(first_bytes) ? GitKind::bundle : GitKind::none;
  // A zlib stream (RFC 1950) with a window of 32 KB, at any level.
  if (first_bytes[0] != '\x78' || std::string_view("\x01\x5e\x9c\xda", 4).find(first_bytes[1]) == std::string_view::npos) return GitKind::none;
  std::array<char, 32> out{};
  git::Inflater().at_most(first_bytes, out.data(), out.size());
  return is_object_head({out.data(), out.size()}) ? GitKind::loose : GitKind::none;
}

bool read_git_file(Unpacking& unpacking, const std::string& path, const OriginPtr& origin) {
  const auto file = git::MappedFile::open(path);
  if (!file) return false;
  const GitKind kind = git_kind_of(file->bytes().substr(0, 4096));
  if (kind == GitKind::none) return false;
  if (kind == GitKind::loose)
    read_loose(unpacking, file->bytes(), origin, 0);
  else
    read_pack(unpacking, path, file->bytes(), kind, origin, 0);
  return true;
}

Opened read_git_nested(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  const GitKind kind = git_kind_of(bytes.substr(0, 4096));
  if (kind == GitKind::none) return Opened::no;
  if (kind == GitKind::loose) return read_loose(unpacking, bytes, origin, depth);
  read_pack(unpacking, container::place_of(*origin), bytes, kind, origin, depth);
  return Opened::partial;
}

}  // namespace kimiguard::unpack

#include "scanner/source/git/history/missing_objects.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "scanner/source/git/history/commit_text.h"

namespace kimiguard::git {
namespace {

// Ids that are kept; of more there is only a number.
constexpr std::size_t kMostKept = 1'000'000;
// Ids whose place is looked for.
constexpr std::size_t kMostAsked = 1000;
// Gaps that name an object each.
constexpr std::size_t kMostNamed = 10;

const ObjectId& question(const MissingObject& one) {
  return one.by.empty() || one.namer == std::string_view("tree") ? one.id : one.by;
}

// Of several namers the smallest is kept, whichever was seen first and by what thread.
bool comes_before(const MissingObject& a, const MissingObject& b) {
  return std::tie(a.by, a.name, a.type) < std::tie(b.by, b.name, b.type);
}

}  // namespace

MissingObjects::MissingObjects(const Repository& repository, const ObjectStore& store)
    : repository_(repository), store_(store), stored_(store) {}

MissingObjects::Seeker::~Seeker() {
  for (Waiting& one : waiting_) settle(one);
  const std::lock_guard lock(owner_.mutex_);
  owner_.beyond_ += beyond_;
  for (auto& [id, one] : seen_) {
    const auto [at, fresh] = owner_.missing_.try_emplace(id, one);
    if (!fresh && comes_before(one, at->second)) at->second = std::move(one);
  }
}

void MissingObjects::Seeker::miss(MissingObject one) {
  if (one.id.null()) return;
  const auto known = seen_.find(one.id);
  if (known != seen_.end()) {
    if (comes_before(one, known->second)) known->second = std::move(one);
    return;
  }
  if (seen_.size() >= kMostKept) {
    ++beyond_;
    return;
  }
  const ObjectId id = one.id;
  seen_.emplace(id, std::move(one));
}

// Whether the id was found stored lately. One that is not is looked at whoever names it.
bool MissingObjects::Seeker::known(const std::uint8_t* id) const {
  std::uint64_t head = 0;
  std::memcpy(&head, id, sizeof head);
  return known_[head % kKnown] == head;
}

bool MissingObjects::Seeker::stored(const std::uint8_t* id) {
  if (!owner_.stored_.may_contain(id)) return false;
  std::uint64_t head = 0;
  std::memcpy(&head, id, sizeof head);
  known_[head % kKnown] = head;
  return true;
}

std::uint32_t MissingObjects::Seeker::entry(std::uint32_t mode, std::string_view name, const std::uint8_t* id) {
  if (known(id)) return 0;
  owner_.stored_.prefetch(id);
  Waiting& one = waiting_[next_++ % kWaiting];
  settle(one);
  std::memcpy(one.id, id, hash_bytes(owner_.store_.hash_kind()));
  one.mode = mode;
  one.name_size = static_cast<std::uint32_t>(std::min(std::max<std::size_t>(name.size(), 1), sizeof one.name));
  std::memcpy(one.name, name.data(), std::min(name.size(), sizeof one.name));
  return 0;
}

void MissingObjects::Seeker::settle(Waiting& one) {
  if (one.name_size == 0) return;
  const std::uint32_t size = std::exchange(one.name_size, 0);
  if (stored(one.id)) return;
  const std::uint32_t kind = one.mode & 0170000;
  if (kind == 0160000) return;  // a submodule's commit lies elsewhere
  MissingObject missing;
  missing.id = ObjectId(one.id, hash_bytes(owner_.store_.hash_kind()));
  missing.name = std::string(one.name, size);
  missing.type = kind == 0040000 ? ObjectType::tree : ObjectType::blob;
  miss(std::move(missing));
}

void MissingObjects::Seeker::object(const ObjectView& view) {
  const auto look = [&](const ObjectId& id, ObjectType type, const char* namer) {
    if (id.empty() || known(id.data()) || stored(id.data())) return;
    MissingObject one;
    one.id = id;
    one.namer = namer;
    one.by = view.id;
    one.type = type;
    miss(std::move(one));
  };
  if (view.type == ObjectType::commit) {
    const auto head = read_commit(view.bytes, owner_.store_.hash_kind());
    if (!head) return;
    look(head->tree, ObjectType::tree, "commit");
    const auto& shallow = owner_.repository_.shallow;
    if (!shallow.empty() && std::binary_search(shallow.begin(), shallow.end(), view.id)) return;
    for (const ObjectId& parent : head->parents) look(parent, ObjectType::commit, "commit");
  } else if (view.type == ObjectType::tag) {
    if (const auto head = read_tag(view.bytes, owner_.store_.hash_kind())) look(head->target, head->type, "tag");
  }
}

void MissingObjects::look(const RefSnapshot& refs) {
  const auto one = [&](const Ref& ref) {
    if (ref.id.empty() || ref.id.null() || stored_.may_contain(ref.id.data())) return;
    const std::lock_guard lock(mutex_);
    MissingObject& missing = missing_[ref.id];
    missing.id = ref.id;
    missing.namer = "ref";
    missing.by = {};
    missing.name = ref.name;
    missing.type = ObjectType::commit;
  };
  for (const Ref& ref : refs.refs) one(ref);
  for (const Ref& ref : refs.heads) one(ref);
}

void MissingObjects::look(const WorkTreeIndex& index) {
  for (const IndexEntry& entry : index.entries()) {
    if (entry.intent_to_add || (entry.mode & kModeKind) == kModeSubmodule || stored_.may_contain(entry.id)) continue;
    const ObjectId id(entry.id, index.hash_size());
    if (id.null()) continue;
    const std::lock_guard lock(mutex_);
    MissingObject& missing = missing_[id];
    if (!missing.id.empty()) continue;
    missing.id = id;
    missing.namer = "index";
    missing.name = std::string(entry.path);
  }
}

std::vector<MissingObject> MissingObjects::settled(const std::vector<ObjectId>& salvaged) {
  const std::lock_guard lock(mutex_);
  std::vector<MissingObject> all;
  for (auto& [id, one] : missing_)
    if (!std::binary_search(salvaged.begin(), salvaged.end(), id)) all.push_back(one);
  std::sort(all.begin(), all.end(), [](const MissingObject& a, const MissingObject& b) { return a.id < b.id; });
  return all;
}

bool MissingObjects::promised() const {
  return store_.has_promisor() || repository_.partial_clone || !repository_.promisor_remotes.empty();
}

std::vector<ObjectId> MissingObjects::questions(const std::vector<MissingObject>& missing) const {
  std::vector<ObjectId> ids;
  if (promised()) return ids;
  for (const MissingObject& one : missing)
    if (ids.size() < kMostAsked) ids.push_back(question(one));
  return ids;
}

std::vector<Gap> MissingObjects::gaps(const std::vector<MissingObject>& missing,
                                      const std::unordered_map<ObjectId, const ObjectProvenance*>& origins) const {
  std::vector<Gap> made;
  if (missing.empty()) return made;
  const bool promised = this->promised();
  struct Kind {
    GapKind kind;
    const char* code;
    const char* reason;
    std::uint64_t count = 0;
  };
  Kind kinds[] = {
      {GapKind::not_here, "promisor", "not in this partial clone, but maybe at its remote"},
      {GapKind::unreadable, "missing", "named here, but not stored"},
      {GapKind::not_here, "missing-unreachable", "not stored, and nothing that is reached names it"},
  };
  for (const MissingObject& one : missing) {
    const auto known = origins.find(question(one));
    const ObjectProvenance* const origin = known == origins.end() ? nullptr : known->second;
    const bool unreachable = origin != nullptr && origin->provenance.provenance == ProvenanceClass::unreachable &&
                             one.namer != std::string_view("ref") && one.namer != std::string_view("index");
    Kind& kind = kinds[promised ? 0 : unreachable ? 2 : 1];
    if (++kind.count > kMostNamed) continue;
    std::string place = one.name;
    if (one.namer == std::string_view("tree") && origin != nullptr && !origin->path.empty()) place = origin->path;
    const std::string object = std::string(name(one.type)) + " " + one.id.hex().substr(0, 12);
    made.push_back({kind.kind, kind.code, place.empty() ? object : place + " (" + object + ")", kind.reason, 1});
  }
  for (const Kind& kind : kinds) {
    const std::uint64_t more = kind.count > kMostNamed ? kind.count - kMostNamed : 0;
    if (more > 0) made.push_back({kind.kind, kind.code, "further objects", kind.reason, more});
  }
  if (beyond_ > 0)
    made.push_back({promised ? GapKind::not_here : GapKind::unreadable, kinds[promised ? 0 : 1].code, "names beyond the limit of what is kept",
                    kinds[promised ? 0 : 1].reason, beyond_});
  return made;
}

}  // namespace kimiguard::git

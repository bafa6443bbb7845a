#include "scanner/source/git/objects/object_store.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "scanner/source/git/objects/alternates.h"
#include "scanner/source/git/objects/delta.h"
#include "scanner/source/git/objects/inflate.h"
#include "scanner/source/git/objects/loose_object.h"
#include "scanner/source/git/objects/pack.h"
#include "scanner/source/git/objects/pack_salvage.h"
#include "scanner/source/git/objects/raw_buffer.h"

namespace kimiguard::git {
namespace {

// A chain longer than any tool makes (git's own limit is 4,095), so that a cycle of REF_DELTAs ends.
constexpr std::size_t kMaxChain = 100'000;
// Bytes one read may rebuild over the whole chain: a thousand deltas of a few bytes on a large base
// would otherwise cost minutes.
constexpr std::uint64_t kMaxChainBytes = std::uint64_t{16} << 30;
// How often a read may fall back from a damaged copy of a base to another one.
constexpr int kMaxFallbacks = 8;

// What one read works with; kept and reused.
struct Scratch {
  Inflater inflater;
  RawBuffer base;
  RawBuffer delta;
  RawBuffer result;
};

std::vector<std::string> pack_stems(const std::string& folder, std::vector<Gap>& gaps) {
  std::vector<std::string> stems;
  const std::string path = folder + "/pack";
  DIR* listing = ::opendir(path.c_str());
  if (listing == nullptr) {
    if (errno != ENOENT)
      gaps.push_back({GapKind::unreadable, errno == EACCES ? "permission" : "unreadable", path,
                      "the folder of packs could not be listed"});
    return stems;
  }
  while (const dirent* entry = ::readdir(listing)) {
    const std::string_view name = entry->d_name;
    if (name.size() > 5 && name.substr(name.size() - 5) == ".pack")
      stems.push_back(path + "/" + std::string(name.substr(0, name.size() - 5)));
  }
  ::closedir(listing);
  std::sort(stems.begin(), stems.end());
  return stems;
}

}  // namespace

struct ObjectStore::State {
  HashKind kind = HashKind::sha1;
  StoreOptions options;
  std::vector<std::string> folders;
  std::vector<std::shared_ptr<const Pack>> packs;
  std::vector<Gap> gaps;
  bool promisor = false;

  mutable std::mutex mutex;
  mutable std::vector<std::unique_ptr<Scratch>> idle;  // guarded by mutex
  // Entries by offset, for packs in which damage was met. Guarded by mutex.
  mutable std::map<const Pack*, std::vector<std::pair<std::uint64_t, std::uint32_t>>> by_offset;

  struct Link {
    const Pack* pack;
    EntryHead head;
    std::uint64_t offset;
  };
  struct Rebuilt {
    ObjectType type;
    std::string_view bytes;  // in scratch.base
  };

  std::unique_ptr<Scratch> take() const {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Scratch>();
    std::unique_ptr<Scratch> scratch = std::move(idle.back());
    idle.pop_back();
    return scratch;
  }
  void give(std::unique_ptr<Scratch> scratch) const {
    // What a large object needed is not kept: these live as long as the store.
    for (RawBuffer* buffer : {&scratch->base, &scratch->delta, &scratch->result})
      if (buffer->capacity() > (std::size_t{8} << 20)) buffer->clear();
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(scratch));
  }

  bool loose_exists(const ObjectId& id) const {
    return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
      return ::access(loose_path(folder, id).c_str(), F_OK) == 0;
    });
  }

  // Follows a chain from an entry to the first whole object. The last link may be a REF_DELTA whose
  // base is in no pack.
  Status follow(const Pack* pack, std::uint64_t offset, std::vector<Link>& chain) const {
    for (;;) {
      const std::optional<EntryHead> head = pack->head(offset);
      if (!head) return Error{"damaged", pack->path() + ": an entry's head makes no sense"};
      chain.push_back({pack, *head, offset});
      if (!head->delta()) return Nothing{};
      if (chain.size() > kMaxChain) return Error{"damaged", pack->path() + ": a chain of deltas without end"};
      if (head->kind == EntryHead::offset_delta) {
        offset = head->base_offset;
        continue;
      }
      const Pack* next = nullptr;
      if (pack->indexed()) {
        if (const auto position = pack->index().find(head->base_id)) {
          next = pack;
          offset = pack->index().offset(*position);
        }
      }
      for (std::size_t i = 0; next == nullptr && i < packs.size(); ++i) {
        if (!packs[i]->indexed()) continue;
        if (const auto position = packs[i]->index().find(head->base_id)) {
          next = packs[i].get();
          offset = next->index().offset(*position);
        }
      }
      if (next == nullptr) return Nothing{};
      pack = next;
    }
  }

  // Inflates one entry's stream into `buffer`, which gets slack behind it.
  Result<std::string_view> inflate(const Link& link, Inflater& inflater, RawBuffer& buffer) const {
    const std::string_view stream = link.pack->bytes().substr(0, link.pack->entries_end()).substr(link.head.data);
    if (link.head.size > options.max_object_bytes) return Error{"limit", "an entry larger than what is read"};
    if (link.head.size > stream.size() * kMaxInflation)
      return Error{"damaged", "an entry that claims more than its bytes can hold"};
    char* out = buffer.reserve(static_cast<std::size_t>(link.head.size) + kDeltaSlack);
    if (!inflater.exactly(stream, out, static_cast<std::size_t>(link.head.size)))
      return Error{"damaged", "an entry that does not inflate to what it claims"};
    return std::string_view(out, static_cast<std::size_t>(link.head.size));
  }

  // The id an index gives the entry at `offset`. Its table is made when damage is first met.
  std::optional<ObjectId> id_at(const Pack& pack, std::uint64_t offset) const {
    if (!pack.indexed()) return std::nullopt;
    const std::lock_guard lock(mutex);
    auto& table = by_offset[&pack];
    if (table.empty()) {
      table.reserve(pack.index().size());
      for (std::uint32_t i = 0; i < pack.index().size(); ++i) table.emplace_back(pack.index().offset(i), i);
      std::sort(table.begin(), table.end());
    }
    const auto row = std::lower_bound(table.begin(), table.end(), std::make_pair(offset, std::uint32_t{0}));
    if (row == table.end() || row->first != offset) return std::nullopt;
    return pack.index().id(row->second);
  }

  // Rebuilds the entry at `offset`.
  Result<Rebuilt> rebuild(const Pack* pack, std::uint64_t offset, Scratch& scratch, int& fallbacks) const {
    std::vector<Link> chain;
    const Status followed = follow(pack, offset, chain);
    std::uint64_t spent = 0;
    // Start from the far end; where a link is damaged, from another copy of what it should yield.
    std::size_t next = chain.size();
    std::optional<Rebuilt> rebuilt;
    Error failure{"damaged", pack->path() + ": damaged"};
    if (!followed) failure = followed.error();
    if (followed && !chain.back().head.delta()) {
      Result<std::string_view> whole = inflate(chain.back(), scratch.inflater, scratch.base);
      if (whole) {
        rebuilt = Rebuilt{static_cast<ObjectType>(chain.back().head.kind), *whole};
        --next;
      } else {
        failure = whole.error();
      }
    } else if (followed) {
      const ObjectId base(chain.back().head.base_id, hash_bytes(kind));
      Result<Rebuilt> other = copy_of(base, nullptr, 0, scratch, fallbacks);
      if (other)
        rebuilt = *other;
      else
        failure = other.error();
    }
    if (!rebuilt) {
      for (std::size_t i = chain.size(); i-- > 1 && !rebuilt;) {
        if (fallbacks >= kMaxFallbacks) return failure;
        const std::optional<ObjectId> id = id_at(*chain[i].pack, chain[i].offset);
        if (!id) continue;
        Result<Rebuilt> other = copy_of(*id, chain[i].pack, chain[i].offset, scratch, fallbacks);
        if (!other) continue;
        rebuilt = *other;
        next = i;
      }
      if (!rebuilt) return failure;
    }
    while (next-- > 0) {
      const Link& link = chain[next];
      Result<std::string_view> delta = inflate(link, scratch.inflater, scratch.delta);
      Status applied = Nothing{};
      std::optional<DeltaHead> head;
      if (!delta) {
        applied = delta.error();
      } else if (head = read_delta_head(*delta); !head || head->base_size != rebuilt->bytes.size()) {
        applied = Error{"damaged", "a delta made for another base"};
      } else if (head->result_size > options.max_object_bytes ||
                 (spent += head->result_size) > kMaxChainBytes) {
        return Error{"limit", "an object larger than what is read"};
      } else if (head->result_size > rebuilt->bytes.size() * 2 + (std::uint64_t{1} << 20) &&
                 !delta_is_sound(*delta, *head, rebuilt->bytes.size())) {
        applied = Error{"damaged", "a delta that does not fill what it claims"};
      } else {
        char* out = scratch.result.reserve(static_cast<std::size_t>(head->result_size) + kDeltaSlack);
        if (apply_delta(rebuilt->bytes, *delta, *head, out)) {
          std::swap(scratch.base, scratch.result);
          rebuilt->bytes = {scratch.base.data(), static_cast<std::size_t>(head->result_size)};
        } else {
          applied = Error{"damaged", "a delta that does not fill what it claims"};
        }
      }
      if (applied) continue;
      if (next == 0 || fallbacks >= kMaxFallbacks) return applied.error();
      const std::optional<ObjectId> id = id_at(*link.pack, link.offset);
      if (!id) return applied.error();
      Result<Rebuilt> other = copy_of(*id, link.pack, link.offset, scratch, fallbacks);
      if (!other) return applied.error();
      rebuilt = *other;
    }
    return *rebuilt;
  }

  // For a pack that is read from its own entries: bases that stand elsewhere.
  BaseReader from_other_packs() const {
    return [this](const ObjectId& id) -> std::optional<Object> {
      Scratch scratch;
      int fallbacks = 0;
      const Result<Rebuilt> base = copy_of(id, nullptr, 0, scratch, fallbacks);
      if (!base) return std::nullopt;
      return Object{base->type, std::string(base->bytes)};
    };
  }

  // Gives every pack that has no good index one made from its entries. Twice, as one such pack may hold
  // bases of another.
  void salvage_packs() {
    const BaseReader elsewhere = from_other_packs();
    std::vector<std::uint64_t> missing(packs.size(), 0);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < packs.size(); ++i) {
        if (round == 0 ? packs[i]->indexed() : missing[i] == 0) continue;
        Pack renewed = *packs[i];
        Salvaged found = salvage(renewed, elsewhere, options.max_object_bytes);
        missing[i] = found.missing_bases;
        if (round == 0) {
          gaps.push_back({GapKind::not_parsed, "index", renewed.path(),
                          "the index is missing, damaged or not this pack's: objects were read in the "
                          "order of the pack"});
          report_unread(renewed, found, gaps);
        }
        if (found.nameless > 0 && (round == 1 || missing[i] == 0)) report_nameless(renewed, found);
        renewed.set_index(std::move(found.index));
        packs[i] = std::make_shared<const Pack>(std::move(renewed));
      }
      if (std::all_of(missing.begin(), missing.end(), [](std::uint64_t count) { return count == 0; })) break;
    }
  }
  void report_nameless(const Pack& pack, const Salvaged& found) {
    if (found.missing_bases > 0) {
      Gap gap{GapKind::unreadable, "missing_base", pack.path(), "deltas whose base is not stored",
              found.missing_bases};
      if (promisor) {
        gap.kind = GapKind::not_here;
        gap.code = "promisor";
        gap.reason = "deltas whose base a promisor remote may have";
      }
      gaps.push_back(std::move(gap));
    }
    if (found.nameless > found.missing_bases)
      gaps.push_back({GapKind::unreadable, "damaged", pack.path(),
                      "deltas made from objects that are damaged", found.nameless - found.missing_bases});
  }

  // What no index of a pack that was opened gives: packs whose own checksum shows that their index is damaged,
  // read in the order of their entries. Looked for when something is not found or not right, once.
  const std::vector<std::shared_ptr<const Pack>>& repaired() const {
    std::call_once(repair, [this] {
      const BaseReader elsewhere = from_other_packs();
      for (const auto& pack : packs) {
        if (!pack->indexed() || pack->index().check().sound) continue;
        Pack renewed = *pack;
        Salvaged found = salvage(renewed, elsewhere, options.max_object_bytes);
        renewed.set_index(std::move(found.index));
        renewed_packs.push_back(std::make_shared<const Pack>(std::move(renewed)));
      }
    });
    return renewed_packs;
  }
  mutable std::once_flag repair;
  mutable std::vector<std::shared_ptr<const Pack>> renewed_packs;  // written under `repair`

  // A name is the hash of what it names: an index can lie, and zlib's own check sum can be made to fit.
  bool is_named(const ObjectId& id, const Rebuilt& rebuilt) const {
    return hash_object(kind, rebuilt.type, rebuilt.bytes) == id;
  }

  // From a repaired pack.
  std::optional<Rebuilt> repaired_copy_of(const ObjectId& id, Scratch& scratch) const {
    for (const auto& pack : repaired()) {
      const std::optional<std::uint32_t> position = pack->index().find(id.data());
      if (!position) continue;
      int fallbacks = 0;
      const Result<Rebuilt> rebuilt = rebuild(pack.get(), pack->index().offset(*position), scratch, fallbacks);
      if (rebuilt && is_named(id, *rebuilt)) return *rebuilt;
    }
    return std::nullopt;
  }

  // Any sound copy of `id` but the one at (not_pack, not_offset).
  Result<Rebuilt> copy_of(const ObjectId& id, const Pack* not_pack, std::uint64_t not_offset,
                          Scratch& scratch, int& fallbacks) const {
    if (not_pack != nullptr) ++fallbacks;
    std::optional<Error> failure;
    for (const auto& pack : packs) {
      if (!pack->indexed()) continue;
      std::optional<std::uint32_t> position = pack->index().find(id.data());
      if (!position) continue;
      const std::uint64_t offset = pack->index().offset(*position);
      if (pack.get() == not_pack && offset == not_offset) continue;
      if (failure && ++fallbacks > kMaxFallbacks) break;
      Result<Rebuilt> rebuilt = rebuild(pack.get(), offset, scratch, fallbacks);
      if (rebuilt && is_named(id, *rebuilt)) return rebuilt;
      if (rebuilt) rebuilt = Error{"damaged", pack->path() + ": an object stored under the name of another one"};
      if (!failure || rebuilt.error().code == "limit") failure = rebuilt.error();
    }
    for (const std::string& folder : folders) {
      const Result<MappedFile> file = MappedFile::open(loose_path(folder, id));
      if (!file) {
        if (file.error().code != "missing" && !failure) failure = file.error();
        continue;
      }
      Result<LooseObject> loose =
          inflate_loose(file->bytes(), scratch.inflater, scratch.base, options.max_object_bytes);
      if (loose && is_named(id, Rebuilt{loose->type, loose->bytes})) return Rebuilt{loose->type, loose->bytes};
      if (loose) loose = Error{"damaged", "an object stored under the name of another one"};
      if (!failure || loose.error().code == "limit") failure = loose.error();
    }
    if (failure) return Error{failure->code, id.hex() + ": " + failure->message};
    if (promisor) return Error{"not_here", id.hex() + ": not stored here; a promisor remote may have it"};
    return Error{"missing", id.hex() + ": stored nowhere"};
  }
};

ObjectStore::ObjectStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectStore::~ObjectStore() = default;

Result<std::shared_ptr<ObjectStore>> ObjectStore::open(const std::string& objects_dir, HashKind kind,
                                                       const StoreOptions& options) {
  auto state = std::make_unique<State>();
  state->kind = kind;
  state->options = options;
  DIR* listing = ::opendir(objects_dir.c_str());
  if (listing == nullptr)
    return Error{"unreadable", objects_dir + ": cannot be listed: " + std::strerror(errno)};
  ::closedir(listing);
  ObjectFolders found = find_object_folders(objects_dir, options.alternates, options.follow_alternates);
  state->folders = std::move(found.folders);
  state->gaps = std::move(found.gaps);
  for (const std::string& folder : state->folders) {
    for (const std::string& stem : pack_stems(folder, state->gaps)) {
      Result<Pack> pack = Pack::open(stem, kind);
      if (!pack) {
        state->gaps.push_back({GapKind::unreadable, pack.error().code, stem + ".pack", pack.error().message});
        continue;
      }
      state->promisor |= pack->promisor();
      if (pack->header_damaged())
        state->gaps.push_back({GapKind::unreadable, "damaged", stem + ".pack",
                               "the head of the pack is damaged; its entries were read all the same"});
      state->packs.push_back(std::make_shared<const Pack>(std::move(*pack)));
    }
  }
  state->salvage_packs();
  return std::shared_ptr<ObjectStore>(new ObjectStore(std::move(state)));
}

Result<std::shared_ptr<ObjectStore>> ObjectStore::open_bundle(const std::string& name, std::string_view file,
                                                              const BundleHead& head, const StoreOptions& options) {
  if (file.size() < head.length) return Error{"damaged", name + ": cut short"};
  Result<Pack> pack = Pack::of_bytes(name, file.substr(head.length), head.hash);
  if (!pack) return pack.error();
  auto state = std::make_unique<State>();
  state->kind = head.hash;
  state->options = options;
  state->promisor = head.partial;
  state->packs.push_back(std::make_shared<const Pack>(std::move(*pack)));
  state->salvage_packs();
  return std::shared_ptr<ObjectStore>(new ObjectStore(std::move(state)));
}

Result<Object> ObjectStore::read(const ObjectId& id) const {
  if (id.size() != hash_bytes(state_->kind)) return Error{"missing", id.hex() + ": stored nowhere"};
  std::unique_ptr<Scratch> scratch = state_->take();
  int fallbacks = 0;
  Result<State::Rebuilt> rebuilt = state_->copy_of(id, nullptr, 0, *scratch, fallbacks);
  // A limit too: a wrong offset may lead to any number.
  if (!rebuilt)
    if (const auto other = state_->repaired_copy_of(id, *scratch)) rebuilt = *other;
  Result<Object> result =
      rebuilt ? Result<Object>(Object{rebuilt->type, std::string(rebuilt->bytes)}) : rebuilt.error();
  state_->give(std::move(scratch));
  return result;
}

Result<ObjectInfo> ObjectStore::info(const ObjectId& id) const {
  if (id.size() != hash_bytes(state_->kind)) return Error{"missing", id.hex() + ": stored nowhere"};
  for (const auto& pack : state_->packs) {
    if (!pack->indexed()) continue;
    const std::optional<std::uint32_t> position = pack->index().find(id.data());
    if (!position) continue;
    std::vector<State::Link> chain;
    if (!state_->follow(pack.get(), pack->index().offset(*position), chain)) continue;
    if (chain.back().head.delta()) break;
    ObjectInfo info{static_cast<ObjectType>(chain.back().head.kind), chain.front().head.size};
    if (chain.size() == 1) return info;
    std::unique_ptr<Scratch> scratch = state_->take();
    Result<std::string_view> delta = state_->inflate(chain.front(), scratch->inflater, scratch->delta);
    const std::optional<DeltaHead> head = delta ? read_delta_head(*delta) : std::nullopt;
    state_->give(std::move(scratch));
    if (!head) continue;
    info.size = head->result_size;
    return info;
  }
  Result<Object> object = read(id);
  if (!object) return object.error();
  return ObjectInfo{object->type, object->bytes.size()};
}

bool ObjectStore::contains(const ObjectId& id) const {
  if (id.size() != hash_bytes(state_->kind)) return false;
  for (const auto& pack : state_->packs)
    if (pack->indexed() && pack->index().find(id.data())) return true;
  if (state_->loose_exists(id)) return true;
  const auto& repaired = state_->repaired();
  return std::any_of(repaired.begin(), repaired.end(), [&](const auto& pack) { return pack->index().find(id.data()).has_value(); });
}

std::vector<ObjectId> ObjectStore::starting_with(std::string_view hex, std::size_t limit) const {
  const std::size_t digits = hash_bytes(state_->kind) * 2;
  if (hex.size() < 4 || hex.size() > digits) return {};
  std::string lowest(hex);
  lowest.resize(digits, '0');
  const std::optional<ObjectId> from = ObjectId::from_hex(lowest);
  if (!from) return {};
  const std::string lower = from->hex().substr(0, hex.size());
  const auto begins = [&](const ObjectId& id) { return id.hex().compare(0, lower.size(), lower) == 0; };
  std::vector<ObjectId> found;
  for (const auto& pack : state_->packs) {
    if (!pack->indexed()) continue;
    const PackIndex& index = pack->index();
    for (std::uint32_t i = index.lower_bound(from->data()), taken = 0; i < index.size() && taken < limit;
         ++i, ++taken) {
      const ObjectId id = index.id(i);
      if (!begins(id)) break;
      found.push_back(id);
    }
  }
  for (const std::string& folder : state_->folders) {
    DIR* listing = ::opendir((folder + "/" + lower.substr(0, 2)).c_str());
    if (listing == nullptr) continue;
    while (const dirent* entry = ::readdir(listing)) {
      const std::optional<ObjectId> id = ObjectId::from_hex(lower.substr(0, 2) + entry->d_name);
      if (id && id->size() * 2 == digits && begins(*id)) found.push_back(*id);
    }
    ::closedir(listing);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  if (found.size() > limit) found.resize(limit);
  return found;
}

HashKind ObjectStore::hash_kind() const { return state_->kind; }
const std::vector<std::string>& ObjectStore::folders() const { return state_->folders; }
bool ObjectStore::has_promisor() const { return state_->promisor; }
const std::vector<Gap>& ObjectStore::gaps() const { return state_->gaps; }
const StoreOptions& ObjectStore::options() const { return state_->options; }
const std::vector<std::shared_ptr<const Pack>>& ObjectStore::packs() const { return state_->packs; }

}  // namespace kimiguard::git

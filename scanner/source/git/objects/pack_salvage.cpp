#include "scanner/source/git/objects/pack_salvage.h"

#include <libdeflate.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "scanner/core/find_class.h"
#include "scanner/source/git/objects/buffer_pool.h"
#include "scanner/source/git/objects/delta.h"
#include "scanner/source/git/objects/inflate.h"

namespace kimiguard::git {
namespace {

constexpr std::uint32_t kNone = 0xffffffffU;
// Bases kept for their children; above it they are rebuilt.
constexpr std::uint64_t kStackBytes = std::uint64_t{128} << 20;
// Bytes that trial inflations may yield while looking for the next entry, and that rebuilding may.
constexpr std::uint64_t kTrialFloor = std::uint64_t{1} << 30;
constexpr std::uint64_t kWorkFloor = std::uint64_t{32} << 30;
// Nine bytes of size, nine of an offset or 32 of a name, at most.
constexpr std::uint64_t kLongestHead = 42;

struct Entry {
  std::uint64_t offset = 0;
  std::uint32_t crc = 0;
  std::uint32_t base = kNone;  // an entry, once known
  bool delta = false;
  bool named = false;
};

class Salvage {
 public:
  Salvage(const Pack& pack, const BaseReader& elsewhere, std::uint64_t max_object_bytes)
      : pack_(pack), elsewhere_(elsewhere), max_bytes_(max_object_bytes), pool_(std::size_t{32} << 20) {}

  Salvaged run() {
    scan();
    link();
    for (std::uint32_t i = 0; i < entries_.size(); ++i)
      if (!entries_[i].delta) whole(i);
    thin();
    Salvaged result;
    result.index = PackIndex::from_entries(std::move(found_), pack_.hash_kind());
    result.unread_bytes = unread_;
    // Where bytes could not be read, these are what the head counts.
    if (unread_ == 0 && pack_.claimed_count() > entries_.size())
      result.absent = pack_.claimed_count() - entries_.size();
    for (const Entry& entry : entries_) result.nameless += entry.named ? 0 : 1;
    result.missing_bases = missing_bases_;
    return result;
  }

 private:
  struct Level {
    std::uint32_t entry = kNone;  // kNone: a base from elsewhere, never dropped
    RawBuffer buffer;
    std::string_view bytes;
    bool present = false;
    std::size_t near_next = 0, near_end = 0;  // into near_
    std::size_t far_next = 0, far_end = 0;    // into far_
  };

  std::string_view stream(std::uint64_t from) const {
    return pack_.bytes().substr(from, pack_.entries_end() - from);
  }

  // Inflates the entry at `offset` into scratch_; its end, or nothing.
  std::optional<std::uint64_t> read_entry(std::uint64_t offset, EntryHead& head) {
    const std::optional<EntryHead> read = pack_.head(offset);
    if (!read) return std::nullopt;
    head = *read;
    const std::string_view in = stream(head.data);
    if (head.size > max_bytes_ || head.size > in.size() * kMaxInflation || in.size() < 6)
      return std::nullopt;
    const auto size = static_cast<std::size_t>(head.size);
    if (scratch_.capacity() > (std::size_t{64} << 20) && size < (std::size_t{1} << 20)) scratch_.clear();
    const std::optional<std::size_t> taken =
        inflater_.exactly(in, scratch_.reserve(size + kDeltaSlack), size);
    if (!taken) return std::nullopt;
    return head.data + *taken;
  }

  // Whether a zlib stream (RFC 1950) without a dictionary may begin here.
  bool may_begin_stream(std::uint64_t offset) const {
    const std::string_view in = stream(offset);
    if (in.size() < 6) return false;
    const unsigned first = static_cast<std::uint8_t>(in[0]);
    const unsigned second = static_cast<std::uint8_t>(in[1]);
    return (first & 0x8fU) == 8 && (first * 256 + second) % 31 == 0 && (second & 32U) == 0;
  }

  // Where from `offset` on a stream may begin; the end of the entries, if nowhere.
  std::uint64_t next_stream(std::uint64_t offset) const {
    const std::uint64_t end = pack_.entries_end();
    const auto method = [](auto c, auto all) { return (c & all('\x8f')) == all(8); };
    while ((offset = first_of_class(pack_.bytes(), offset, end, method)) < end && !may_begin_stream(offset)) ++offset;
    return offset;
  }

  // Where the next entry begins that can be inflated, from `at` on, which moves there; nothing, if there is none.
  std::optional<std::uint64_t> find_entry(std::uint64_t& at, EntryHead& head, std::uint64_t& trials) {
    const std::uint64_t end = pack_.entries_end();
    for (std::uint64_t begins = next_stream(at); begins < end; ++at) {
      if (begins <= at) begins = next_stream(at + 1);
      if (begins == end) break;
      if (begins - at > kLongestHead) at = begins - kLongestHead;
      const std::optional<EntryHead> trial = pack_.head(at);
      if (!trial || trial->size > trials || !may_begin_stream(trial->data)) continue;
      if (const std::optional<std::uint64_t> next = read_entry(at, head)) return next;
      // A failed trial may have inflated nearly all it claims.
      trials -= std::min(trials, std::min<std::uint64_t>(trial->size, (end - at) * 4));
    }
    at = end;
    return std::nullopt;
  }

  void scan() {
    const std::uint64_t end = pack_.entries_end();
    const std::size_t hash = hash_bytes(pack_.hash_kind());
    std::uint64_t trials = kTrialFloor + 4 * pack_.bytes().size();
    std::uint64_t at = Pack::kHeader;
    while (at < end && entries_.size() < kNone - 1) {
      EntryHead head;
      std::optional<std::uint64_t> next = read_entry(at, head);
      if (!next) {
        const std::uint64_t bad = at++;
        next = find_entry(at, head, trials);
        // What is left at the very end is the trailer.
        if (next || at - bad != hash) unread_ += at - bad;
        if (!next) break;
      }
      Entry entry;
      entry.offset = at;
      entry.delta = head.delta();
      entry.crc = libdeflate_crc32(0, pack_.bytes().data() + at, static_cast<std::size_t>(*next - at));
      entries_.push_back(entry);
      at = *next;
    }
  }

  void link() {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      if (!entries_[i].delta) continue;
      const EntryHead head = *pack_.head(entries_[i].offset);
      if (head.kind == EntryHead::offset_delta) {
        const auto base = std::lower_bound(entries_.begin(), entries_.end(), head.base_offset,
                                           [](const Entry& one, std::uint64_t to) { return one.offset < to; });
        if (base != entries_.end() && base->offset == head.base_offset)
          near_.emplace_back(static_cast<std::uint32_t>(base - entries_.begin()), i);
      } else {
        far_.emplace_back(ObjectId(head.base_id, hash_bytes(pack_.hash_kind())), i);
      }
    }
    std::sort(near_.begin(), near_.end());
    std::sort(far_.begin(), far_.end());
  }

  void whole(std::uint32_t entry) {
    EntryHead head;
    if (!read_entry(entries_[entry].offset, head)) return;
    RawBuffer buffer = pool_.take(static_cast<std::size_t>(head.size) + kDeltaSlack);
    std::swap(buffer, scratch_);
    type_ = static_cast<ObjectType>(head.kind);
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(head.size));
    push(entry, std::move(buffer), bytes, name(entry, bytes));
    descend();
  }

  // REF_DELTAs whose base is not in this pack, as a thin pack has them.
  void thin() {
    for (std::size_t i = 0; i < far_.size();) {
      std::size_t end = i;
      bool open = false;
      for (; end < far_.size() && far_[end].first == far_[i].first; ++end)
        open |= !entries_[far_[end].second].named;
      if (open) {
        if (std::optional<Object> base = elsewhere_(far_[i].first)) {
          RawBuffer buffer = pool_.take(base->bytes.size() + kDeltaSlack);
          std::copy(base->bytes.begin(), base->bytes.end(), buffer.data());
          type_ = base->type;
          const std::string_view bytes(buffer.data(), base->bytes.size());
          push(kNone, std::move(buffer), bytes, far_[i].first);
          descend();
        } else {
          missing_bases_ += end - i;
        }
      }
      i = end;
    }
  }

  ObjectId name(std::uint32_t entry, std::string_view bytes) {
    const ObjectId id = hash_object(pack_.hash_kind(), type_, bytes);
    entries_[entry].named = true;
    found_.push_back({id, entries_[entry].offset, entries_[entry].crc});
    return id;
  }

  void push(std::uint32_t entry, RawBuffer buffer, std::string_view bytes, const ObjectId& id) {
    Level level;
    level.entry = entry;
    level.buffer = std::move(buffer);
    level.bytes = bytes;
    level.present = true;
    const auto near = [&](std::uint32_t base) {
      return static_cast<std::size_t>(
          std::lower_bound(near_.begin(), near_.end(), std::make_pair(base, std::uint32_t{0})) - near_.begin());
    };
    if (entry != kNone) {
      level.near_next = near(entry);
      level.near_end = near(entry + 1);
    }
    const auto begin = std::lower_bound(far_.begin(), far_.end(), std::make_pair(id, std::uint32_t{0}));
    level.far_next = level.far_end = static_cast<std::size_t>(begin - far_.begin());
    while (level.far_end < far_.size() && far_[level.far_end].first == id) ++level.far_end;
    live_ += bytes.size();
    stack_.push_back(std::move(level));
    for (std::size_t i = 0; i + 1 < stack_.size() && live_ > kStackBytes; ++i) {
      if (!stack_[i].present || stack_[i].entry == kNone) continue;
      live_ -= stack_[i].bytes.size();
      stack_[i].present = false;
      stack_[i].buffer.clear();
    }
  }

  void release(Level& level) {
    if (!level.present) return;
    live_ -= level.bytes.size();
    level.present = false;
    pool_.give(std::move(level.buffer));
  }

  void descend() {
    while (!stack_.empty()) {
      Level& level = stack_.back();
      std::uint32_t entry = kNone;
      if (level.near_next < level.near_end)
        entry = near_[level.near_next++].second;
      else if (level.far_next < level.far_end)
        entry = far_[level.far_next++].second;
      if (entry == kNone) {
        release(level);
        stack_.pop_back();
        continue;
      }
      if (entries_[entry].named) continue;
      if (!level.present && !restore(stack_.size() - 1)) {
        level.near_next = level.near_end;
        level.far_next = level.far_end;
        continue;
      }
      RawBuffer buffer;
      const std::optional<std::string_view> bytes = apply(entry, level.bytes, buffer);
      if (!bytes) continue;
      entries_[entry].base = level.entry;
      const ObjectId id = name(entry, *bytes);
      if (level.near_next == level.near_end && level.far_next == level.far_end && level.entry != kNone) {
        release(level);
        stack_.pop_back();
      }
      push(entry, std::move(buffer), *bytes, id);
    }
  }

  std::optional<std::string_view> apply(std::uint32_t entry, std::string_view base, RawBuffer& buffer) {
    EntryHead head;
    if (!read_entry(entries_[entry].offset, head)) return std::nullopt;
    const std::string_view delta(scratch_.data(), static_cast<std::size_t>(head.size));
    const std::optional<DeltaHead> sizes = read_delta_head(delta);
    if (!sizes || sizes->result_size > max_bytes_ || !delta_is_sound(delta, *sizes, base.size()))
      return std::nullopt;
    const auto size = static_cast<std::size_t>(sizes->result_size);
    if ((spent_ += size) > kWorkFloor + 4096 * std::uint64_t{pack_.bytes().size()}) return std::nullopt;
    buffer = pool_.take(size + kDeltaSlack);
    if (!apply_delta(base, delta, *sizes, buffer.data())) return std::nullopt;
    return std::string_view(buffer.data(), size);
  }

  // Builds a dropped base again, from the nearest one still held.
  bool restore(std::size_t level) {
    std::vector<std::uint32_t> path;
    std::uint32_t at = stack_[level].entry;
    std::string_view bytes;
    RawBuffer buffer;
    for (;;) {
      const auto held = std::find_if(stack_.begin(), stack_.end(),
                                     [&](const Level& one) { return one.present && one.entry == at; });
      if (held != stack_.end()) {
        bytes = held->bytes;
        break;
      }
      if (at == kNone) return false;
      if (!entries_[at].delta) {
        EntryHead head;
        if (!read_entry(entries_[at].offset, head)) return false;
        std::swap(buffer, scratch_);
        bytes = {buffer.data(), static_cast<std::size_t>(head.size)};
        spent_ += head.size;
        break;
      }
      path.push_back(at);
      at = entries_[at].base;
    }
    for (; !path.empty(); path.pop_back()) {
      RawBuffer next;
      const std::optional<std::string_view> built = apply(path.back(), bytes, next);
      if (!built) return false;
      pool_.give(std::move(buffer));
      buffer = std::move(next);
      bytes = *built;
    }
    stack_[level].buffer = std::move(buffer);
    stack_[level].bytes = bytes;
    stack_[level].present = true;
    live_ += bytes.size();
    return true;
  }

  const Pack& pack_;
  const BaseReader& elsewhere_;
  std::uint64_t max_bytes_;
  Inflater inflater_;
  BufferPool pool_;
  RawBuffer scratch_;
  std::vector<Entry> entries_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> near_;  // base entry, delta entry
  std::vector<std::pair<ObjectId, std::uint32_t>> far_;        // base id, delta entry
  std::vector<FoundEntry> found_;
  std::vector<Level> stack_;
  ObjectType type_ = ObjectType::blob;
  std::uint64_t live_ = 0;
  std::uint64_t spent_ = 0;
  std::uint64_t unread_ = 0;
  std::uint64_t missing_bases_ = 0;
};

}  // namespace

Salvaged salvage(const Pack& pack, const BaseReader& elsewhere, std::uint64_t max_object_bytes) {
  return Salvage(pack, elsewhere, max_object_bytes).run();
}

void report_unread(const Pack& pack, const Salvaged& found, std::vector<Gap>& gaps) {
  if (found.unread_bytes > 0)
    gaps.push_back({GapKind::unreadable, "damaged", pack.path(),
                    std::to_string(found.unread_bytes) + " bytes of the pack are no readable objects"});
  // A file that was cut where an object ends.
  if (found.absent > 0)
    gaps.push_back({GapKind::unreadable, "damaged", pack.path(),
                    "objects that the pack's head counts do not stand in it", found.absent});
}

}  // namespace kimiguard::git

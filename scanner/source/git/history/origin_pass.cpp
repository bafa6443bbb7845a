#include "scanner/source/git/history/origin_pass.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#include "scanner/source/git/history/commit_text.h"

namespace kimiguard::git {
namespace {

class OriginVisitor final : public ObjectVisitor, public TreeVisitor {
 public:
  OriginVisitor(const WantedIds& wanted, HashKind hash, OriginPart& part)
      : wanted_(wanted), hash_(hash), part_(part), slots_(1024, 0) {
    // Unknown to whoever chose the ids, so that they cannot all be made to collide.
    std::random_device random;
    factor_ = (std::uint64_t{random()} << 32 | random()) | 1;
  }

  TreeVisitor* trees() override { return this; }
  unsigned every_object() const override { return type_bit(ObjectType::commit) | type_bit(ObjectType::tag); }

  void object(const ObjectView& view, const std::vector<Hit>&) override {
    switch (view.type) {
      case ObjectType::commit:
        commit(view);
        break;
      case ObjectType::tag:
        if (const auto tag = read_tag(view.bytes, hash_)) part_.tags.push_back({view.id, tag->target});
        break;
      case ObjectType::tree:
      case ObjectType::blob:
        break;
    }
  }

  bool every_tree() const override { return true; }

  std::uint32_t entry(std::uint32_t mode, std::string_view name, const std::uint8_t* id) override {
    const bool folder = (mode & 0170000) == 0040000;
    std::uint32_t number = wanted_.find(id);
    // A wanted tree is found by its own id, unless it is not stored.
    if (folder && number != ShortMap::kNone && !wanted_.absent[number]) number = ShortMap::kNone;
    if (!folder && number == ShortMap::kNone) return 0;
    return number_of(short_id(id), number, name) + 1;
  }

  void tree(const ObjectId& id, const std::vector<std::uint32_t>& kept) override {
    part_.trees.push_back({short_id(id), part_.links.size()});
    for (const std::uint32_t link : kept) part_.links.push_back(link - 1);
  }

 private:
  void commit(const ObjectView& view) {
    const auto head = read_commit(view.bytes, hash_);
    if (!head) return;
    OriginPart::Commit commit;
    commit.id = view.id;
    commit.tree = short_id(head->tree);
    commit.date = seconds_of(head->committer);
    commit.parents = static_cast<std::uint32_t>(part_.parents.size());
    for (const ObjectId& parent : head->parents) part_.parents.push_back(short_id(parent));
    part_.commits.push_back(commit);
  }

  static std::int64_t seconds_of(std::string_view identity) {
    const std::size_t close = identity.rfind('>');
    if (close == std::string_view::npos) return 0;
    std::int64_t seconds = 0;
    for (std::size_t at = close + 2; at < identity.size() && at < close + 14; ++at) {
      if (identity[at] < '0' || identity[at] > '9') break;
      seconds = seconds * 10 + (identity[at] - '0');
    }
    return seconds;
  }

  bool same(const TreeLink& link, std::uint64_t object, std::string_view name) const {
    return link.object == object && link.name_size == name.size() &&
           std::memcmp(part_.names.data() + link.name, name.data(), name.size()) == 0;
  }

  std::uint32_t number_of(std::uint64_t object, std::uint32_t wanted, std::string_view name) {
    if ((part_.link_table.size() + 1) * 2 > slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = spread(object) & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask)
      if (same(part_.link_table[slots_[at] - 1], object, name)) return slots_[at] - 1;
    TreeLink fresh;
    fresh.object = object;
    fresh.wanted = wanted;
    // Names of 4 GB together are nobody's; without them paths are incomplete, no more.
    if (part_.names.size() + name.size() > 0xfffffff0U) name = {};
    fresh.name_size = static_cast<std::uint32_t>(name.size());
    // The same name again and again: one copy of the last one is enough to save most.
    const std::string_view names = part_.names;
    if (!part_.link_table.empty() && part_.name_of(part_.link_table.back()) == name) {
      fresh.name = part_.link_table.back().name;
    } else {
      fresh.name = static_cast<std::uint32_t>(names.size());
      part_.names.append(name);
    }
    part_.link_table.push_back(fresh);
    slots_[at] = static_cast<std::uint32_t>(part_.link_table.size());
    return slots_[at] - 1;
  }

  std::size_t spread(std::uint64_t object) const {
    return static_cast<std::size_t>((object * factor_) >> 20);
  }

  void grow() {
    std::vector<std::uint32_t> bigger(slots_.size() * 2, 0);
    const std::size_t mask = bigger.size() - 1;
    for (const std::uint32_t number : slots_) {
      if (number == 0) continue;
      std::size_t at = spread(part_.link_table[number - 1].object) & mask;
      while (bigger[at] != 0) at = (at + 1) & mask;
      bigger[at] = number;
    }
    slots_ = std::move(bigger);
  }

  const WantedIds& wanted_;
  HashKind hash_;
  OriginPart& part_;
  std::uint64_t factor_ = 1;
  std::vector<std::uint32_t> slots_;  // number + 1 in link_table, 0 for none
};

}  // namespace

WantedIds::WantedIds(const std::vector<ObjectId>& ids) : absent(ids.size(), false), numbers(ids.size()) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i].empty()) continue;
    std::uint16_t head = 0;
    std::memcpy(&head, ids[i].data(), sizeof head);
    heads.set(head);
    numbers.insert(short_id(ids[i]), static_cast<std::uint32_t>(i));
  }
}

std::vector<std::unique_ptr<OriginPart>> origin_pass(const ObjectStore& store, const WantedIds& wanted,
                                                     bool trees, unsigned threads,
                                                     const std::shared_ptr<DeltaForest>& linked) {
  std::vector<std::unique_ptr<OriginPart>> parts;
  WalkOptions options;
  options.threads = std::max(1U, threads);
  options.linked = linked;
  options.types = type_bit(ObjectType::commit) | type_bit(ObjectType::tag);
  if (trees) options.types |= type_bit(ObjectType::tree);
  walk(store, options, [&](unsigned) -> std::unique_ptr<ObjectVisitor> {
    parts.push_back(std::make_unique<OriginPart>());
    return std::make_unique<OriginVisitor>(wanted, store.hash_kind(), *parts.back());
  });
  return parts;
}

}  // namespace kimiguard::git

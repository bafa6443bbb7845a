#include "scanner/source/git/objects/id_set.h"

#include "scanner/source/git/objects/loose_object.h"
#include "scanner/source/git/objects/pack.h"

namespace kimiguard::git {

IdSet::IdSet(const ObjectStore& store) {
  std::vector<ObjectId> loose;
  for (const std::string& folder : store.folders()) {
    const std::vector<ObjectId> some = list_loose(folder, store.hash_kind());
    loose.insert(loose.end(), some.begin(), some.end());
  }
  std::size_t count = loose.size();
  for (const auto& pack : store.packs())
    if (pack->indexed()) count += pack->index().size();
  marks_.assign(count * 2 + 16, 0);
  for (const auto& pack : store.packs()) {
    if (!pack->indexed()) continue;
    const PackIndex& index = pack->index();
    for (std::uint32_t i = 0; i < index.size(); ++i) add(index.name(i));
  }
  for (const ObjectId& id : loose) add(id.data());
}

void IdSet::add(const std::uint8_t* id) {
  const std::uint32_t mark = mark_of(id);
  std::size_t at = place_of(id);
  while (marks_[at] != 0 && marks_[at] != mark) at = at + 1 == marks_.size() ? 0 : at + 1;
  marks_[at] = mark;
}

}  // namespace kimiguard::git

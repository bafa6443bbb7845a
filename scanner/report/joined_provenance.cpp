#include "scanner/report/joined_provenance.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace kimiguard::report {
namespace {

constexpr std::size_t kMostRefs = 10;
constexpr std::size_t kMostPaths = 1000;  // as many as an object keeps

bool is_object(const Place& place) { return place.provenance.provenance != ProvenanceClass::worktree; }

bool in_branches(ProvenanceClass known) { return known == ProvenanceClass::head || known == ProvenanceClass::branch; }

std::vector<std::string> listed(std::set<std::string_view> names, std::size_t most) {
  std::vector<std::string> list;
  for (const std::string_view name : names)
    if (list.size() < most) list.emplace_back(name);
  return list;
}

}  // namespace

Provenance joined_provenance(const std::vector<const Place*>& places) {
  const Place* strongest = nullptr;
  for (const Place* place : places)
    if (is_object(*place) && (strongest == nullptr || place->provenance.provenance < strongest->provenance.provenance))
      strongest = place;
  if (strongest == nullptr) return places.front()->provenance;
  Provenance joined = strongest->provenance;
  const ProvenanceClass known = joined.provenance;
  std::set<std::string_view> paths, refs, remotes;
  const Provenance* first = nullptr;
  const Provenance* last = nullptr;
  for (const Place* place : places) {
    const Provenance& one = place->provenance;
    if (!is_object(*place)) continue;
    joined.in_head |= one.in_head;
    if (one.pushed == Pushed::yes) joined.pushed = Pushed::yes;
    if (joined.pushed == Pushed::unknown) joined.pushed = one.pushed;
    if (one.provenance != known && !(in_branches(known) && in_branches(one.provenance))) continue;
    paths.insert(one.paths.begin(), one.paths.end());
    refs.insert(one.refs.begin(), one.refs.end());
    remotes.insert(one.remotes.begin(), one.remotes.end());
    if (!one.commit.empty() && (first == nullptr || one.first_order < first->first_order)) first = &one;
    if (!one.last_commit.empty() && (last == nullptr || one.last_order > last->last_order)) last = &one;
  }
  joined.paths = listed(std::move(paths), kMostPaths);
  joined.refs = listed(std::move(refs), kMostRefs);
  joined.remotes = listed(std::move(remotes), kMostRefs);
  if (first != nullptr) {
    joined.commit = first->commit;
    joined.commit_path = first->commit_path;
    joined.first_order = first->first_order;
    joined.author = first->author;
    joined.date = first->date;
  }
  joined.last_commit = joined.in_head || last == nullptr ? std::string() : last->last_commit;
  joined.last_order = last == nullptr ? 0 : last->last_order;
  return joined;
}

}  // namespace kimiguard::report

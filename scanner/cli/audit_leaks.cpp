#include "scanner/cli/audit_leaks.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "scanner/agents/glob.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/git_scan.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/places.h"
#include "scanner/source/files/file_walk.h"
#include "scanner/source/git/repository/repository.h"
#include "scanner/source/store/store.h"

namespace kimiguard::cli {
namespace {

// Hands what it collected over before the walk lets go of it.
class Keep final : public files::Visitor {
 public:
  // `repositories`: null where histories are not wanted.
  Keep(std::shared_ptr<detect::Detection> detection, CollectOptions options, std::vector<Match>& to,
       std::vector<suppress::Problem>& problems, std::vector<std::string>* repositories)
      : inner_(std::move(detection), options), matches_(to), problems_(problems), repositories_(repositories) {}
  ~Keep() override {
    std::move(inner_.matches().begin(), inner_.matches().end(), std::back_inserter(matches_));
    std::move(inner_.problems().begin(), inner_.problems().end(), std::back_inserter(problems_));
    if (repositories_ == nullptr) return;
    for (MatchCollector::Nested& nested : inner_.repositories()) repositories_->push_back(std::move(nested.path));
  }
  bool piece(const files::OpenFile& file, const files::Piece& piece) override { return inner_.piece(file, piece); }
  void long_name(std::string_view path, std::string_view text, bool link) override {
    inner_.long_name(path, text, link);
  }
  void repository(std::string_view path, bool bare) override { inner_.repository(path, bare); }
  Coverage coverage() override { return inner_.coverage(); }

 private:
  MatchCollector inner_;
  std::vector<Match>& matches_;
  std::vector<suppress::Problem>& problems_;
  std::vector<std::string>* repositories_;
};

// Of two tools that know one file, the one that keeps its keys there speaks; ordinary says nothing.
int rank(PlaceKind place) {
  if (place == PlaceKind::tool_store || place == PlaceKind::login_file) return 0;
  return place == PlaceKind::ordinary ? 2 : 1;
}

}  // namespace

AuditLeaks::AuditLeaks(std::shared_ptr<detect::Detection> detection, LeakOptions options,
                       const AuditPlaces& places, Progress& progress)
    : detection_(std::move(detection)), options_(options), places_(places), progress_(progress) {}

CollectOptions AuditLeaks::options_at(int root) const {
  CollectOptions made;
  made.open_containers = options_.open_containers;
  made.root = root;
  made.markers.read = root >= 0 && options_.markers;
  return made;
}

void AuditLeaks::walk(const std::string& folder, const files::WalkOptions& options, int root) {
  coverage_.add(files::walk_folder(
      folder, options, [&](unsigned) { return std::make_unique<Keep>(detection_, options_at(root), matches_, problems_, root < 0 ? &shadows_ : nullptr); }));
}

files::WalkOptions AuditLeaks::walk_options() {
  files::WalkOptions walk;
  walk.threads = options_.threads;
  // Each walk counts from nothing.
  walk.progress = [this, files = coverage_.files, bytes = coverage_.bytes](std::uint64_t count, std::uint64_t read) {
    progress_.done = files + count;
    progress_.bytes = bytes + read;
  };
  return walk;
}

void AuditLeaks::files(const std::vector<agents::SeenFile>& seen, const std::vector<agents::SeenTree>& trees) {
  progress_.stage("files");
  take_trees(trees);
  // A tree inside another is walked with it.
  std::vector<std::string> roots;
  for (const Tree& tree : trees_)
    if ((roots.empty() || roots.back() != tree.path) && !is_inside_tree(tree.path) && places_.path_of(tree.path) < 0)
      roots.push_back(tree.path);

  std::vector<std::string> list;
  list.reserve(seen.size());
  for (const agents::SeenFile& file : seen) {
    const Known known{file.place, !file.project.empty(), file.store_tables};
    if (!known_.empty() && known_.back().first == file.path) {
      if (rank(known.place) < rank(known_.back().second.place)) known_.back().second = known;
      continue;
    }
    known_.emplace_back(file.path, known);
    if (places_.path_of(file.path) < 0 && tree_over(file.path) == nullptr) list.push_back(file.path);
  }
  if (!list.empty())
    coverage_.add(files::read_files(list, walk_options(), [&](unsigned) {
      return std::make_unique<Keep>(detection_, options_at(-1), matches_, problems_, nullptr);
    }));
  for (const std::string& root : roots) walk_tree(root);
  histories();
}

// Repositories in tools' own folders: checkpoints and snapshots of a work tree that lies elsewhere. Nobody pushes or
// clones them, so what they hold is as exposed as a file beside them; their paths are shown below their own folder.
void AuditLeaks::histories() {
  std::sort(shadows_.begin(), shadows_.end());
  shadows_.erase(std::unique(shadows_.begin(), shadows_.end()), shadows_.end());
  for (const std::string& folder : shadows_) {
    auto repository = git::open_repository(folder);
    if (!repository) {
      if (repository.error().code != "no-repository")
        coverage_.gaps.push_back({GapKind::unreadable, repository.error().code, folder, repository.error().message, 1});
      continue;
    }
    repository->work_tree.clear();
    PlaceNamer namer({folder});
    GitScanOptions options;
    options.threads = options_.threads;
    options.open_containers = options_.open_containers;
    GitScanned scanned = GitScan(detection_, options, namer, progress_).everything(*repository);
    coverage_.add(scanned.coverage);
    for (judge::Sighting& sighting : scanned.sightings) {
      const std::string base = sighting.uri_base == "SRCROOT" ? namer.source_root() : folder;
      const std::string path = base + "/" + sighting.uri;
      sighting.path = places_.shown(path);
      const AuditPlaces::Named named = places_.name(path);
      sighting.uri_base = named.base;
      sighting.uri = named.below;
      if (const PlaceKind place = place_of(path); place != PlaceKind::ordinary) sighting.exposure.place = place;
      sighting.exposure.tracked = false;
      if (sighting.provenance.provenance == ProvenanceClass::head) sighting.provenance.provenance = ProvenanceClass::branch;
      shadow_sightings_.push_back(std::move(sighting));
    }
  }
}

void AuditLeaks::below(const std::string& path) {
  if (is_folder(path)) {
    walk(path, walk_options(), 0);
    return;
  }
  Keep keep(detection_, options_at(0), matches_, problems_, nullptr);
  coverage_.add(files::read_file(path, keep));
}

void AuditLeaks::take_trees(const std::vector<agents::SeenTree>& seen) {
  for (const agents::SeenTree& tree : seen) trees_.push_back({tree.path, tree.name, tree.place});
  // Of two tools that know one tree the one of lower rank speaks.
  std::stable_sort(trees_.begin(), trees_.end(), [](const Tree& a, const Tree& b) {
    return std::tuple(std::string_view(a.path), std::string_view(a.name), rank(a.place)) <
           std::tuple(std::string_view(b.path), std::string_view(b.name), rank(b.place));
  });
  trees_.erase(std::unique(trees_.begin(), trees_.end(),
                           [](const Tree& a, const Tree& b) { return a.path == b.path && a.name == b.name; }),
               trees_.end());
}

std::span<const AuditLeaks::Tree> AuditLeaks::trees_at(std::string_view folder) const {
  const auto first = std::lower_bound(trees_.begin(), trees_.end(), folder,
                                      [](const Tree& known, std::string_view wanted) { return known.path < wanted; });
  auto last = first;
  while (last != trees_.end() && last->path == folder) ++last;
  return {first, last};
}

bool AuditLeaks::is_whole(std::string_view folder) const {
  const std::span<const Tree> trees = trees_at(folder);
  return !trees.empty() && trees.front().name.empty();
}

// Whether a tree, of whatever names, lies around a folder.
bool AuditLeaks::is_inside_tree(std::string_view path) const {
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0; slash = path.rfind('/')) {
    path = path.substr(0, slash);
    if (!trees_at(path).empty()) return true;
  }
  return false;
}

// The innermost tree that a file is read with; null if none.
const AuditLeaks::Tree* AuditLeaks::tree_over(std::string_view path) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos && slash > 0; slash = path.rfind('/')) {
    path = path.substr(0, slash);
    const Tree* best = nullptr;
    for (const Tree& tree : trees_at(path))
      if ((tree.name.empty() || agents::name_matches(tree.name, name)) && (best == nullptr || rank(tree.place) < rank(best->place)))
        best = &tree;
    if (best != nullptr) return best;
  }
  return nullptr;
}

// Where only some names are wanted, of the tree itself or of one inside it, the others are left out.
void AuditLeaks::walk_tree(const std::string& root) {
  files::WalkOptions options = walk_options();
  const bool holds_path = places_.holds_path(root);  // a PATH inside is read as such
  const bool whole = is_whole(root);
  if (holds_path || !whole)
    options.leave_out = [this, holds_path, whole](std::string_view path, bool folder) {
      if (holds_path && places_.path_of(std::string(path)) >= 0) return true;
      return !whole && !folder && tree_over(path) == nullptr;
    };
  walk(root, options, -1);
}

// What the audit knows of a place: of the file itself, else of the innermost tree around it.
PlaceKind AuditLeaks::place_of(const std::string& path) const {
  const auto at = std::lower_bound(known_.begin(), known_.end(), path,
                                   [](const auto& known, const std::string& wanted) { return known.first < wanted; });
  if (at != known_.end() && at->first == path) {
    // A project's own settings are no store of the user's: `scan` judges them.
    const bool store = at->second.place == PlaceKind::tool_store || at->second.place == PlaceKind::login_file;
    if (at->second.place != PlaceKind::ordinary && !(store && at->second.project)) return at->second.place;
  }
  if (const Tree* tree = tree_over(path); tree != nullptr) return tree->place;
  // A tree's folder itself, and what a repository in a tree holds under any name.
  for (std::string_view folder = path; folder.size() > 1; folder = folder.substr(0, folder.rfind('/'))) {
    if (const std::span<const Tree> trees = trees_at(folder); !trees.empty()) return trees.front().place;
    if (folder.rfind('/') == std::string_view::npos) break;
  }
  return PlaceKind::ordinary;
}

PlaceKind AuditLeaks::place_of(const std::string& path, const Origin& origin) const {
  const PlaceKind place = place_of(path);
  if (place != PlaceKind::tool_store || origin.inside.empty()) return place;
  const Inside& cell = origin.inside.front();
  // "(page 7)": of which table cannot be known.
  if (cell.kind != Inside::Kind::table_cell || cell.name.starts_with('(')) return place;
  const auto at = std::lower_bound(known_.begin(), known_.end(), path,
                                   [](const auto& known, const std::string& wanted) { return known.first < wanted; });
  if (at == known_.end() || at->first != path || at->second.store_tables.empty()) return place;
  const std::vector<std::string>& tables = at->second.store_tables;
  const bool of_store = std::any_of(tables.begin(), tables.end(), [&](const std::string& table) {
    return agents::name_matches(table, cell.name);
  });
  return of_store ? place : PlaceKind::transcript;
}

void AuditLeaks::text(const std::string& path, const std::string& bytes, Origin::Kind kind) {
  if (bytes.empty()) return;
  detect::Detector detector(detection_);
  Document document;
  document.bytes = bytes;
  auto origin = std::make_shared<Origin>();
  origin->kind = kind;
  origin->path = path;
  origin->absolute_path = path;
  origin->root = -1;
  document.origin = origin;
  std::vector<Match> found = detector.examine(document);
  std::move(found.begin(), found.end(), std::back_inserter(matches_));
}

void AuditLeaks::environment(const std::string& bytes) { text("proc/self/environ", bytes, Origin::Kind::environment); }

void AuditLeaks::process(const OwnProcess& process) {
  const std::string at = "proc/" + std::to_string(process.pid);
  text(at + "/environ", process.environment, Origin::Kind::process);
  text(at + "/cmdline", process.command, Origin::Kind::process);
}

std::vector<judge::Sighting> AuditLeaks::sightings() {
  // A database's log is reported as the database; what is read from the database itself says more.
  std::unordered_set<std::string> in_database;
  for (const Match& match : matches_)
    if (!match.origin->inside.empty()) in_database.insert(match.origin->absolute_path + '\0' + match.secret.id());
  std::vector<judge::Sighting> sightings;
  sightings.reserve(matches_.size());
  for (Match& match : matches_) {
    judge::Sighting sighting;
    sighting.provenance.provenance = ProvenanceClass::worktree;
    const Origin& origin = *match.origin;
    std::string path = origin.absolute_path;
    switch (origin.kind) {
      case Origin::Kind::environment: sighting.exposure.place = PlaceKind::environment; break;
      case Origin::Kind::process: sighting.exposure.place = PlaceKind::process; break;
      default: {
        const std::string database = store::database_of_side_file(path);
        if (!database.empty() && is_there(database)) {
          if (in_database.contains(database + '\0' + match.secret.id())) continue;
          path = database;
        }
        sighting.exposure = status_.exposure_of(path);
        sighting.exposure.place = place_of(path, origin);
        if (options_.judge_modes) {
          sighting.exposure.mode = origin.mode & 07777;
          sighting.exposure.readable_by_others = (origin.mode & 0044) != 0;
        }
      }
    }
    sighting.exposure.browser_variable = match.browser_variable;
    sighting.exposure.sent_elsewhere = match.sent_elsewhere;
    sighting.path = places_.shown(path);
    const AuditPlaces::Named named = places_.name(path);
    sighting.uri_base = named.base;
    sighting.uri = named.below;
    sighting.match = std::move(match);
    sightings.push_back(std::move(sighting));
  }
  matches_.clear();
  std::move(shadow_sightings_.begin(), shadow_sightings_.end(), std::back_inserter(sightings));
  shadow_sightings_.clear();
  return sightings;
}

}  // namespace kimiguard::cli

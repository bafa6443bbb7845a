#include "scanner/cli/git_scan.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "scanner/cli/detect_finder.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/held_before.h"
#include "scanner/source/git/history/commit_text.h"
#include "scanner/source/git/history/missing_objects.h"
#include "scanner/source/git/history/preimage.h"
#include "scanner/source/git/history/provenance.h"
#include "scanner/source/git/history/range.h"
#include "scanner/source/git/history/revision.h"
#include "scanner/source/git/history/staged.h"
#include "scanner/source/git/objects/leftovers.h"
#include "scanner/source/git/objects/object_store.h"
#include "scanner/source/git/objects/object_walk.h"
#include "scanner/source/git/repository/file_status.h"
#include "scanner/source/git/repository/git_texts.h"
#include "scanner/source/git/repository/plain_file.h"
#include "scanner/source/git/repository/ref_snapshot.h"
#include "scanner/source/unpack/unpack.h"

namespace kimiguard::cli {
namespace {

using judge::Sighting;

// A match in an object, before it is known where the object belongs.
struct ObjectMatch {
  Match match;
  git::ObjectId id;
  git::ObjectType type = git::ObjectType::blob;
  std::string name;  // tree: the entry's name; tag: the tag's
  bool in_name = false;  // in the path of a file
};

// A blob that may hold settings, at the path that it was read for.
struct ObjectConfig {
  git::ObjectId id;
  std::string path;
  std::string bytes;
};

std::string entry_name_at(std::string_view tree, std::uint64_t at) {
  // "<mode> <name>\0<id>": back to the space after the mode, on to the NUL.
  std::uint64_t begin = at;
  while (begin > 0 && tree[begin - 1] != ' ' && tree[begin - 1] != '\0' && at - begin < 4096) --begin;
  const std::size_t end = tree.find('\0', at);
  return std::string(tree.substr(begin, (end == std::string_view::npos ? tree.size() : end) - begin));
}

std::shared_ptr<Origin> origin_of(const git::ObjectId& id, git::ObjectType type, const std::string& git_dir) {
  auto origin = std::make_shared<Origin>();
  origin->kind = Origin::Kind::git_object;
  origin->object_id = id.hex();
  origin->object_type = std::string(git::name(type));
  origin->path = ".git/objects/" + origin->object_id;
  origin->absolute_path = git_dir;
  return origin;
}

// Reads one object into matches, with what is inside it.
class ObjectReader {
 public:
  ObjectReader(std::shared_ptr<detect::Detection> detection, const GitScanOptions& options, const git::Repository& repository)
      : detection_(detection), collector_(std::move(detection), {options.open_containers, -1, options.markers}),
        repository_(repository),
        keep_configs_(options.keep_configs) {}

  detect::Detector& detector() { return collector_.detector(); }

  void read(const git::ObjectId& id, git::ObjectType type, std::string_view bytes, std::string_view path = {}) {
    look(id, type, bytes, path);
    keep(id, type, bytes);
  }

  // Reads an object; whether anything came of it.
  bool look(const git::ObjectId& id, git::ObjectType type, std::string_view bytes, std::string_view path = {}) {
    Document document;
    document.bytes = bytes;
    document.origin = origin_of(id, type, repository_.git_dir);
    looked_ = id;
    collector_.matches().clear();
    if (type == git::ObjectType::blob)
      collector_.document_and_inside(document, path);
    else
      collector_.document(document);
    if (keep_configs_ && type == git::ObjectType::blob && !path.empty() &&
        settings_in(path, bytes, !collector_.matches().empty(), *detection_) != Settings::none)
      configs_.push_back({id, std::string(path), std::string(bytes)});
    return !collector_.matches().empty() || (type == git::ObjectType::blob && git::lfs_pointer(bytes));
  }

  // Keeps what look() found; `id` is its true name.
  void keep(const git::ObjectId& id, git::ObjectType type, std::string_view bytes) {
    if (!(id == looked_)) look(id, type, bytes);
    for (Match& match : collector_.matches()) {
      ObjectMatch found;
      found.id = id;
      found.type = type;
      if (type == git::ObjectType::tree) found.name = entry_name_at(bytes, match.region.bytes.begin);
      if (type == git::ObjectType::tag)
        if (const auto head = git::read_tag(bytes, id.size() == 20 ? git::HashKind::sha1 : git::HashKind::sha256))
          found.name = std::string(head->name);
      found.match = std::move(match);
      found_.push_back(std::move(found));
    }
    collector_.matches().clear();
    if (type == git::ObjectType::blob)
      if (const auto pointer = git::lfs_pointer(bytes); pointer && !is_there(git::lfs_object_path(repository_, *pointer))) ++lfs_;
  }

  std::vector<ObjectMatch>& found() { return found_; }
  std::vector<ObjectConfig>& configs() { return configs_; }
  std::vector<suppress::Problem>& problems() { return collector_.problems(); }
  Coverage coverage() {
    Coverage all = collector_.coverage();
    if (lfs_ > 0)
      all.gaps.push_back({GapKind::not_here, "lfs", ".git/lfs/objects",
                          "Git LFS content that this clone has not (git lfs fetch --all brings it)", std::exchange(lfs_, 0)});
    return all;
  }

 private:
  std::shared_ptr<detect::Detection> detection_;
  MatchCollector collector_;
  const git::Repository& repository_;
  git::ObjectId looked_;
  std::uint64_t lfs_ = 0;  // pointers without their content
  bool keep_configs_;
  std::vector<ObjectMatch> found_;
  std::vector<ObjectConfig> configs_;
};

class WalkVisitor final : public git::ObjectVisitor {
 public:
  WalkVisitor(std::shared_ptr<detect::Detection> detection, const GitScanOptions& options, const git::Repository& repository,
              std::vector<ObjectMatch>& to, GitScanned& scanned, std::mutex& mutex, git::MissingObjects& missing)
      : reader_(std::move(detection), options, repository),
        finder_(reader_.detector(), options.open_containers),
        missing_(missing),
        to_(to),
        scanned_(scanned),
        mutex_(mutex) {}
  ~WalkVisitor() override {
    const std::lock_guard lock(mutex_);
    std::move(reader_.found().begin(), reader_.found().end(), std::back_inserter(to_));
    scanned_.coverage.add(reader_.coverage());
    std::move(reader_.problems().begin(), reader_.problems().end(), std::back_inserter(scanned_.problems));
  }
  git::Finder* finder() override { return &finder_; }
  git::TreeVisitor* trees() override { return &missing_; }
  unsigned every_object() const override { return git::type_bit(git::ObjectType::commit) | git::type_bit(git::ObjectType::tag); }
  bool speaks(const git::ObjectView& view, const std::vector<git::Hit>&) override {
    return reader_.look(view.id, view.type, view.bytes);
  }
  void object(const git::ObjectView& view, const std::vector<git::Hit>& hits) override {
    missing_.object(view);
    if (!hits.empty()) reader_.keep(view.id, view.type, view.bytes);
  }

 private:
  ObjectReader reader_;
  DetectFinder finder_;
  git::MissingObjects::Seeker missing_;
  std::vector<ObjectMatch>& to_;
  GitScanned& scanned_;
  std::mutex& mutex_;
};

class Placer {
 public:
  Placer(const git::Repository& repository, PlaceNamer& namer)
      : namer_(namer), folder_(work_folder(repository)) {}

  Sighting sighting(ObjectMatch found, const git::ObjectProvenance* known, const std::string& given_path) const {
    Sighting sighting;
    std::string below;
    std::string path = given_path;
    if (known != nullptr) {
      sighting.provenance = known->provenance;
      if (path.empty()) path = known->path;
    } else {
      sighting.provenance.provenance = ProvenanceClass::unreachable;
      sighting.provenance.pushed = Pushed::no;
    }
    switch (found.type) {
      case git::ObjectType::commit: below = ".git/commit/" + found.id.hex().substr(0, 12); break;
      case git::ObjectType::tag: below = ".git/tag/" + (found.name.empty() ? found.id.hex().substr(0, 12) : found.name); break;
      case git::ObjectType::tree: below = path.empty() ? found.name : path + "/" + found.name; break;
      case git::ObjectType::blob:
        if (sighting.provenance.provenance == ProvenanceClass::note && !path.empty()) {
          std::string noted = path;
          std::erase(noted, '/');
          below = ".git/note/" + noted.substr(0, 12);
        } else {
          below = path.empty() ? ".git/objects/" + found.id.hex() : path;
        }
        break;
    }
    place(sighting, below);
    sighting.match = std::move(found.match);
    sighting.exposure.in_repository = true;
    sighting.exposure.staged = sighting.provenance.provenance == ProvenanceClass::staged;
    sighting.exposure.tracked = sighting.provenance.provenance == ProvenanceClass::head;
    finish(sighting);
    return sighting;
  }

  ConfigText config(std::string below, std::string bytes, Provenance provenance) const {
    Sighting sighting;
    place(sighting, below);
    ConfigText text;
    text.path = sighting.path;
    text.uri_base = sighting.uri_base;
    text.uri = sighting.uri;
    text.exposure.in_repository = true;
    text.exposure.staged = provenance.provenance == ProvenanceClass::staged;
    text.exposure.tracked = !text.exposure.staged;
    text.provenance = std::move(provenance);
    text.bytes = std::move(bytes);
    return text;
  }

  Sighting text(Match match, ProvenanceClass provenance, bool remote_tracking) const {
    Sighting sighting;
    const std::string below = match.origin->path;
    sighting.match = std::move(match);
    sighting.provenance.provenance = provenance;
    sighting.provenance.pushed = remote_tracking ? Pushed::yes : Pushed::no;
    place(sighting, below);
    sighting.exposure.in_repository = true;
    sighting.exposure.place = PlaceKind::git_internal;
    finish(sighting);
    return sighting;
  }

  // As people see a path below the repository's folder.
  std::string shown(const std::string& below) const { return namer_.shown(folder_ == "/" ? "/" + below : folder_ + "/" + below); }

 private:
  void place(Sighting& sighting, const std::string& below) const {
    const std::string absolute = folder_ == "/" ? "/" + below : folder_ + "/" + below;
    const PlaceNamer::Named named = namer_.name(absolute, 0);
    sighting.uri_base = named.base;
    sighting.uri = named.below;
    sighting.path = namer_.shown(absolute);
  }
  static void finish(Sighting& sighting) {
    sighting.exposure.browser_variable = sighting.match.browser_variable;
    sighting.exposure.sent_elsewhere = sighting.match.sent_elsewhere;
  }

  PlaceNamer& namer_;
  std::string folder_;
};

void add_gaps(Coverage& coverage, const std::vector<Gap>& gaps) {
  coverage.gaps.insert(coverage.gaps.end(), gaps.begin(), gaps.end());
}

// Asks where the objects belong and makes sightings of their matches; of missing objects, gaps.
void settle(std::vector<ObjectMatch>& found, const git::Repository& repository, const git::ObjectStore& store,
            const git::RefSnapshot& refs, unsigned threads, const Placer& placer, const detect::Detection& detection, GitScanned& scanned,
            const std::unordered_map<std::string, std::string>& paths = {}, const git::MissingObjects* missing = nullptr,
            const std::vector<git::MissingObject>& missed = {}, std::shared_ptr<git::DeltaForest> linked = nullptr) {
  std::sort(found.begin(), found.end(), [](const ObjectMatch& a, const ObjectMatch& b) {
    if (!(a.id == b.id)) return a.id < b.id;
    return a.match.region.bytes.begin < b.match.region.bytes.begin;
  });
  std::vector<git::ObjectId> wanted;
  for (const ObjectMatch& match : found)
    if (wanted.empty() || !(wanted.back() == match.id)) wanted.push_back(match.id);
  if (missing != nullptr) {
    const std::vector<git::ObjectId> questions = missing->questions(missed);
    wanted.insert(wanted.end(), questions.begin(), questions.end());
  }
  git::ProvenanceOptions options;
  options.threads = threads;
  options.every_ref_is_pushed = repository.bare;
  options.linked = std::move(linked);
  const git::ProvenanceReport report = git::find_provenance(repository, store, refs, wanted, options);
  scanned.coverage.gaps.insert(scanned.coverage.gaps.end(), report.gaps.begin(), report.gaps.end());
  std::unordered_map<git::ObjectId, const git::ObjectProvenance*> known;
  for (const git::ObjectProvenance& object : report.objects) known.emplace(object.id, &object);
  if (missing != nullptr) add_gaps(scanned.coverage, missing->gaps(missed, known));
  for (ObjectMatch& match : found) {
    const auto it = known.find(match.id);
    const auto path = paths.find(match.id.hex());
    std::vector<std::string> known_by;
    if (it != known.end()) known_by = it->second->provenance.paths;
    if (path != paths.end()) known_by.push_back(path->second);
    if (!detection.stands_at(match.match, known_by, it == known.end() ? "" : it->second->provenance.commit)) continue;
    scanned.sightings.push_back(
        placer.sighting(std::move(match), it == known.end() ? nullptr : it->second, path == paths.end() ? "" : path->second));
  }
}

git::StoreOptions store_options() { return {}; }

Result<std::shared_ptr<git::ObjectStore>> open_store(const git::Repository& repository, bool quarantine = false) {
  git::StoreOptions options = store_options();
  std::string folder = repository.objects_dir;
  if (quarantine) {
    // git puts what is pushed aside and tells the hook where (githooks(5), pre-receive).
    const char* aside = std::getenv("GIT_OBJECT_DIRECTORY");
    if (aside != nullptr && *aside != '\0') {
      options.alternates.push_back(folder);
      folder = absolute_path(aside);
    }
    if (const char* more = std::getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"); more != nullptr) {
      std::string_view rest = more;
      while (!rest.empty()) {
        const std::size_t colon = rest.find(':');
        const std::string_view one = rest.substr(0, colon);
        if (!one.empty()) options.alternates.push_back(absolute_path(one));
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
      }
    }
  }
  return git::ObjectStore::open(folder, repository.hash, options);
}

// What a broken fetch or push left in the objects folder, and whatever else lies there that git never looks at. It was
// cut off where it was, so what of it cannot be read is said and is no fault.
Coverage read_leftovers(const git::Repository& repository, const GitScanOptions& options, const std::shared_ptr<detect::Detection>& detection,
                        const Placer& placer, std::vector<judge::Sighting>& sightings) {
  Coverage coverage;
  const std::vector<std::string> names = git::leftover_files(repository.objects_dir, repository.hash);
  if (names.empty()) return coverage;
  MatchCollector collector(detection, {options.open_containers, -1, {}, false});
  for (const std::string& name : names) {
    const std::string place = ".git/objects/" + name;
    Coverage read = files::read_file(repository.objects_dir + "/" + name, collector);
    for (Gap& gap : read.gaps) {
      if (gap.code != "permission") gap.kind = GapKind::not_parsed;
      gap.place = place;
    }
    coverage.add(read);
    for (Match& match : collector.matches()) {
      auto origin = std::make_shared<Origin>(*match.origin);
      origin->path = place;
      match.origin = std::move(origin);
      sightings.push_back(placer.text(std::move(match), ProvenanceClass::worktree, false));
    }
    collector.matches().clear();
  }
  return coverage;
}

}  // namespace

GitScanned GitScan::everything(const git::Repository& repository) {
  GitScanned scanned;
  ++scanned.coverage.repositories;
  add_gaps(scanned.coverage, repository.gaps);
  const Placer placer(repository, namer_);

  // Names first: the texts of git's own, and what objects are reached from.
  git::RefSnapshot refs = git::read_refs(repository);
  add_gaps(scanned.coverage, refs.gaps);
  MatchCollector texts(detection_, {false, -1, {}, false});
  git::GitTextOptions text_options;
  Coverage own = git::read_git_texts(repository, refs, text_options, [&](const git::GitText& text) {
    texts.document(text.document);
    for (Match& match : texts.matches())
      scanned.sightings.push_back(placer.text(std::move(match), text.provenance, text.remote_tracking));
    texts.matches().clear();
  });
  own.add(read_leftovers(repository, options_, detection_, placer, scanned.sightings));
  // There may be many repositories.
  for (Gap& gap : own.gaps) gap.place = placer.shown(gap.place);
  scanned.coverage.add(own);

  auto store = open_store(repository);
  if (!store) {
    scanned.coverage.gaps.push_back({GapKind::unreadable, store.error().code, namer_.shown(repository.objects_dir), store.error().message, 1});
    return scanned;
  }
  std::vector<ObjectMatch> found;
  std::mutex mutex;
  git::MissingObjects missing(repository, **store);
  git::WalkOptions walk;
  walk.threads = options_.threads;
  progress_.stage("history");
  walk.done = &progress_.done;
  const git::WalkReport report = git::walk(**store, walk, [&](unsigned) {
    return std::make_unique<WalkVisitor>(detection_, options_, repository, found, scanned, mutex, missing);
  });
  scanned.coverage.add(report.coverage);
  missing.look(refs);
  if (!repository.work_tree.empty()) {
    const std::string file = options_.index_file.empty() ? repository.git_dir + "/index" : options_.index_file;
    if (const auto index = git::WorkTreeIndex::read(file, repository.git_dir, repository.hash); index) {
      missing.look(*index);
      add_gaps(scanned.coverage, git::missing_submodules(repository, *index));
    } else if (index.error().code != "absent") {
      scanned.coverage.gaps.push_back({GapKind::unreadable, index.error().code, namer_.shown(file), index.error().message, 1});
    }
  }
  settle(found, repository, **store, refs, options_.threads, placer, *detection_, scanned, {}, &missing, missing.settled(report.salvaged),
         report.linked);
  return scanned;
}

namespace {

// Objects by id, read by several threads; the order of what is found does not matter.
void read_objects(const git::ObjectStore& store, const std::vector<std::pair<git::ObjectId, std::string>>& wanted,
                  const std::shared_ptr<detect::Detection>& detection, const GitScanOptions& options, const git::Repository& repository,
                  std::vector<ObjectMatch>& found, std::vector<ObjectConfig>& configs, GitScanned& scanned) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const auto work = [&] {
    ObjectReader reader(detection, options, repository);
    Coverage mine;
    for (std::size_t i = next.fetch_add(16); i < wanted.size(); i = next.fetch_add(16)) {
      for (std::size_t j = i; j < std::min(i + 16, wanted.size()); ++j) {
        auto object = store.read(wanted[j].first);
        if (!object) {
          const bool elsewhere = object.error().code == "not_here";
          mine.gaps.push_back({elsewhere ? GapKind::not_here : GapKind::unreadable, object.error().code,
                               wanted[j].second.empty() ? wanted[j].first.hex() : wanted[j].second, object.error().message, 1});
          continue;
        }
        ++mine.objects;
        mine.bytes += object->bytes.size();
        reader.read(wanted[j].first, object->type, object->bytes, wanted[j].second);
      }
    }
    const std::lock_guard lock(mutex);
    std::move(reader.found().begin(), reader.found().end(), std::back_inserter(found));
    std::move(reader.configs().begin(), reader.configs().end(), std::back_inserter(configs));
    std::move(reader.problems().begin(), reader.problems().end(), std::back_inserter(scanned.problems));
    scanned.coverage.add(mine);
    scanned.coverage.add(reader.coverage());
  };
  const unsigned threads = std::min<unsigned>(options.threads, static_cast<unsigned>(wanted.size() / 32 + 1));
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
}

// Takes out what stood at its path, or at the one it was renamed from, before the range. In the order of commits: what one of
// the range brings in stays new in those that follow.
std::uint64_t drop_held_before(std::vector<ObjectMatch>& found, const git::Range& range, const git::ObjectStore& store, HeldBefore& held,
                               git::HashKind hash) {
  std::unordered_map<std::string, std::vector<const ObjectMatch*>> by_blob;
  for (const ObjectMatch& match : found)
    if (match.type == git::ObjectType::blob) by_blob[match.id.hex()].push_back(&match);
  if (by_blob.empty()) return 0;
  std::unordered_map<std::string, std::vector<git::OldFile>> gone;  // by commit
  const auto gone_in = [&](const git::ObjectId& commit) -> const std::vector<git::OldFile>& {
    const auto [known, fresh] = gone.try_emplace(commit.hex());
    if (fresh && !commit.empty()) {
      const git::CommitTrees trees = git::trees_of(store, commit, hash);
      for (const git::ObjectId& parent : trees.parents)
        for (git::OldFile& file : git::gone_files(store, parent, trees.tree)) known->second.push_back(std::move(file));
    }
    return known->second;
  };
  std::set<std::pair<std::string, std::string>> brought;       // secret and path
  std::set<std::pair<std::string, std::string>> new_in;  // secret and blob
  std::set<std::pair<std::string, std::string>> old_in;
  for (const git::RangeBlob& blob : range.blobs) {
    const auto matches = by_blob.find(blob.id.hex());
    if (matches == by_blob.end()) continue;
    for (const ObjectMatch* match : matches->second) {
      const std::string secret = match->match.secret.id();
      std::string place;  // where it was; "" nowhere
      if (std::any_of(blob.before.begin(), blob.before.end(), [&](const git::ObjectId& old) { return held.holds(old, blob.path, secret); }))
        place = blob.path;
      else if (blob.before.empty())
        if (const git::OldFile* from = held.renamed_from(gone_in(blob.commit), blob.id, secret); from != nullptr) place = from->path;
      if (place.empty() || brought.contains({secret, place})) {
        brought.insert({secret, blob.path});
        new_in.insert({secret, blob.id.hex()});
      } else {
        old_in.insert({secret, blob.path});
      }
    }
  }
  std::erase_if(found, [&](const ObjectMatch& match) {
    return match.type == git::ObjectType::blob && !new_in.contains({match.match.secret.id(), match.id.hex()});
  });
  return old_in.size();
}

Result<GitScanned> scan_range(const git::Repository& repository, const git::ObjectStore& store, const git::RefSnapshot& refs,
                              const git::RangeSpec& spec, const std::shared_ptr<detect::Detection>& detection,
                              const GitScanOptions& options, PlaceNamer& namer) {
  auto range = git::read_range(repository, store, spec);
  if (!range) return range.error();
  GitScanned scanned;
  ++scanned.coverage.repositories;
  add_gaps(scanned.coverage, range->gaps);
  scanned.base = range->base.empty() ? "" : range->base.hex();
  std::vector<std::pair<git::ObjectId, std::string>> wanted;
  std::unordered_map<std::string, std::string> paths;
  for (const git::ObjectId& id : range->commits) wanted.emplace_back(id, "");
  for (const git::ObjectId& id : range->tags) wanted.emplace_back(id, "");
  MatchCollector names(detection, {false, -1, {}, false});
  const Placer placer(repository, namer);
  for (const git::RangeBlob& blob : range->blobs) {
    if (paths.emplace(blob.id.hex(), blob.path).second) wanted.emplace_back(blob.id, blob.path);
    if (blob.path.size() < 51 || !blob.before.empty()) continue;
    // A name can be a leak, too.
    Document document;
    document.bytes = blob.path;
    auto origin = std::make_shared<Origin>();
    origin->kind = Origin::Kind::git_object;
    origin->path = blob.path;
    origin->object_id = blob.id.hex();
    document.origin = origin;
    names.document(document);
  }
  std::vector<ObjectMatch> found;
  std::vector<ObjectConfig> configs;
  read_objects(store, wanted, detection, options, repository, found, configs, scanned);
  HeldBefore held(store, detection, options.open_containers);
  scanned.held_before = drop_held_before(found, *range, store, held, repository.hash);
  for (ObjectConfig& config : configs) {
    // Only what stands at the end of the range is in force.
    const bool stands = std::any_of(spec.include.begin(), spec.include.end(), [&](const git::ObjectId& tip) {
      const auto there = git::resolve_revision(repository, refs, store, tip.hex() + ":" + config.path);
      return there && *there == config.id;
    });
    if (!stands) continue;
    Provenance provenance;
    provenance.provenance = ProvenanceClass::branch;
    provenance.paths = {config.path};
    scanned.configs.push_back(placer.config(std::move(config.path), std::move(config.bytes), std::move(provenance)));
  }
  for (Match& match : names.matches()) {
    ObjectMatch named;
    named.id = *git::ObjectId::from_hex(match.origin->object_id);
    named.match = std::move(match);
    found.push_back(std::move(named));
  }
  settle(found, repository, store, refs, options.threads, placer, *detection, scanned, paths);
  return scanned;
}

}  // namespace

Result<GitScanned> GitScan::range(const git::Repository& repository, RangeKind kind, const std::string& text) {
  auto store = open_store(repository);
  if (!store) return store.error();
  const git::RefSnapshot refs = git::read_refs(repository);
  auto spec = kind == RangeKind::range   ? git::range_of(repository, refs, **store, text)
              : kind == RangeKind::since ? git::range_since(repository, refs, **store, text)
                                         : git::range_of_branch(repository, refs, **store);
  if (!spec) return spec.error();
  return scan_range(repository, **store, refs, *spec, detection_, options_, namer_);
}

Result<GitScanned> GitScan::push(const git::Repository& repository, bool receiving, const std::string& text,
                                 const std::string& remote) {
  auto store = open_store(repository, receiving);
  if (!store) return store.error();
  const git::RefSnapshot refs = git::read_refs(repository);
  auto lines = receiving ? git::read_pre_receive_lines(text, repository.hash) : git::read_pre_push_lines(text, repository.hash);
  if (!lines) return lines.error();
  const git::RangeSpec spec = receiving ? git::range_of_receive(refs, **store, *lines)
                                        : git::range_of_push(repository, refs, **store, *lines, remote);
  auto scanned = scan_range(repository, **store, refs, spec, detection_, options_, namer_);
  if (!scanned) return scanned;
  for (judge::Sighting& sighting : scanned->sightings)
    if (receiving) sighting.provenance.pushed = Pushed::yes;
  return scanned;
}

namespace {

// What the parents of the commit to come have at a path: HEAD, and in a merge what is merged.
class StagedBefore {
 public:
  StagedBefore(const git::Repository& repository, const git::ObjectStore& store, const git::Staged& staged)
      : repository_(repository), store_(store) {
    for (const git::StagedChange& change : staged.changes) {
      if (change.kind == git::StagedChange::Kind::deleted) gone_.push_back({change.path, change.old_id});
      else if (!change.old_id.empty()) old_[change.path] = change.old_id;
    }
  }

  bool has(const std::string& path) const { return old_.contains(path); }

  bool held(HeldBefore& held, const std::string& path, const git::ObjectId& id, const std::string& secret) const {
    const auto old = old_.find(path);
    if (old != old_.end() ? held.holds(old->second, path, secret) : held.renamed_from(gone_, id, secret) != nullptr) return true;
    for (const git::ObjectId& tree : merged()) {
      const auto place = git::find_in_tree(store_, tree, path);
      if (place && !place->id.empty() && held.holds(place->id, path, secret)) return true;
    }
    return false;
  }

 private:
  // Trees of MERGE_HEAD, read when first asked for.
  const std::vector<git::ObjectId>& merged() const {
    if (merged_) return *merged_;
    merged_.emplace();
    const auto file = git::read_plain_file(repository_.git_dir + "/MERGE_HEAD", 64 << 10);
    const std::string text = file ? *file : std::string();
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (const auto id = git::ObjectId::from_hex(std::string_view(text).substr(at, end - at)))
        if (const git::CommitTrees trees = git::trees_of(store_, *id, repository_.hash); !trees.tree.empty()) merged_->push_back(trees.tree);
      at = end + 1;
    }
    return *merged_;
  }

  const git::Repository& repository_;
  const git::ObjectStore& store_;
  std::vector<git::OldFile> gone_;
  std::unordered_map<std::string, git::ObjectId> old_;
  mutable std::optional<std::vector<git::ObjectId>> merged_;
};

}  // namespace

Result<GitScanned> GitScan::staged(const git::Repository& repository, const std::vector<std::string>& named) {
  auto store = open_store(repository);
  if (!store) return store.error();
  auto read = git::read_staged(repository, **store, options_.index_file);
  if (!read) return read.error();
  GitScanned scanned;
  ++scanned.coverage.repositories;
  add_gaps(scanned.coverage, read->staged.gaps);
  std::vector<std::pair<git::ObjectId, std::string>> wanted;
  if (read->staged.equals_head && options_.changes_only) {
    scanned.equals_head = true;
    return scanned;
  }
  if (read->staged.equals_head) {
    scanned.equals_head = true;
    const auto is_named = [&](std::string_view path) {
      return named.empty() || std::any_of(named.begin(), named.end(), [&](const std::string& name) {
               return path == name || (path.size() > name.size() && path.starts_with(name) && path[name.size()] == '/');
             });
    };
    for (const git::IndexEntry& entry : read->index.entries())
      if (!entry.intent_to_add && (entry.mode & git::kModeKind) != git::kModeSubmodule && !entry.path.ends_with("/") && is_named(entry.path))
        wanted.emplace_back(git::ObjectId(entry.id, read->index.hash_size()), std::string(entry.path));
    scanned.notes.push_back(named.empty() ? "Nothing is staged: all tracked files were read instead."
                                          : "Nothing is staged: the named files were read instead.");
  } else {
    for (const git::StagedChange& change : read->staged.changes)
      if (change.has_content() && change.kind != git::StagedChange::Kind::mode_changed) wanted.emplace_back(change.id, change.path);
  }
  std::vector<ObjectMatch> found;
  std::vector<ObjectConfig> configs;
  read_objects(**store, wanted, detection_, options_, repository, found, configs, scanned);
  const Placer placer(repository, namer_);
  for (ObjectConfig& config : configs) {
    Provenance provenance;
    provenance.provenance = scanned.equals_head ? ProvenanceClass::head : ProvenanceClass::staged;
    provenance.in_head = scanned.equals_head;
    provenance.paths = {config.path};
    scanned.configs.push_back(placer.config(std::move(config.path), std::move(config.bytes), std::move(provenance)));
  }
  // The same blob may be staged at several paths: each is a place.
  std::unordered_map<std::string, std::vector<std::string>> paths;
  for (const auto& [id, path] : wanted) paths[id.hex()].push_back(path);
  const StagedBefore before(repository, **store, read->staged);
  HeldBefore held(**store, detection_, options_.open_containers);
  std::set<std::string> old;
  MatchCollector names(detection_, {false, -1, {}, false});
  for (const auto& [id, path] : wanted) {
    if (path.size() < 51 || before.has(path)) continue;
    Document document;
    document.bytes = path;
    document.origin = origin_of(id, git::ObjectType::blob, repository.git_dir);
    names.document(document);
    for (Match& match : names.matches()) {
      ObjectMatch as_name;
      as_name.id = id;
      as_name.in_name = true;
      as_name.match = std::move(match);
      found.push_back(std::move(as_name));
    }
    names.matches().clear();
  }
  std::vector<std::string> done;
  for (ObjectMatch& match : found) {
    git::ObjectProvenance known;
    known.provenance.provenance = scanned.equals_head ? ProvenanceClass::head : ProvenanceClass::staged;
    known.provenance.pushed = Pushed::unknown;
    known.provenance.in_head = scanned.equals_head;
    for (const std::string& path : paths[match.id.hex()]) {
      // Objects are read once for each path they are wanted at; a match belongs to each of these once.
      const std::string once = path + '\0' + std::to_string(match.match.region.bytes.begin) + '\0' + match.match.secret.id();
      if (std::find(done.begin(), done.end(), once) != done.end()) continue;
      done.push_back(once);
      if (!detection_->stands_at(match.match, {path}, "")) continue;
      if (!scanned.equals_head && !match.in_name && before.held(held, path, match.id, match.match.secret.id())) {
        old.insert(path + '\0' + match.match.secret.id());
        continue;
      }
      ObjectMatch copy = match;
      known.provenance.paths = {path};
      scanned.sightings.push_back(placer.sighting(std::move(copy), &known, path));
    }
  }
  scanned.held_before = old.size();
  return scanned;
}

std::string work_folder(const git::Repository& repository) {
  if (!repository.work_tree.empty()) return repository.work_tree;
  const std::string& dir = repository.common_dir;
  if (dir.ends_with("/.git")) return dir.substr(0, dir.size() - 5);
  return dir;
}

Repository describe(const git::Repository& repository, PlaceNamer& namer) {
  Repository described;
  const std::string folder = work_folder(repository);
  described.uri_base = namer.name(folder, 0).base;
  const git::Remote* remote = nullptr;
  for (const git::Remote& one : repository.remotes)
    if (remote == nullptr || one.name == "origin") remote = &one;
  if (remote != nullptr && !remote->urls.empty()) {
    std::string url = remote->urls.front();
    // Credentials never leave: scheme://user:password@host.
    const std::size_t scheme = url.find("://");
    if (scheme != std::string::npos) {
      const std::size_t slash = url.find('/', scheme + 3);
      const std::size_t at = url.rfind('@', slash == std::string::npos ? url.size() : slash);
      if (at != std::string::npos && at > scheme) url.erase(scheme + 3, at - scheme - 2);
    }
    described.remote = url;
  }
  if (auto head = git::read_ref(repository, "HEAD"); head) {
    described.revision = head->id.empty() ? "" : head->id.hex();
    if (head->target.starts_with("refs/heads/")) described.branch = head->target.substr(11);
  }
  return described;
}

}  // namespace kimiguard::cli

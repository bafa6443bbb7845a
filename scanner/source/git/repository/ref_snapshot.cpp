#include "scanner/source/git/repository/ref_snapshot.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <functional>
#include <unordered_set>
#include <utility>

#include "scanner/source/git/repository/plain_file.h"

namespace kimiguard::git {
namespace {

constexpr std::size_t kRefLimit = 64 * 1024;  // bytes of a loose ref
constexpr std::size_t kPackedLimit = std::size_t{1} << 30;
constexpr std::size_t kLogLimit = 256u << 20;
constexpr std::size_t kMostRefs = 4'000'000;
constexpr int kSymbolicDepth = 5;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

// An id at the start of `text`, followed by a blank or the end; both hash lengths are taken.
std::optional<ObjectId> leading_id(std::string_view text, HashKind hash) {
  const std::size_t digits = hash_bytes(hash) * 2;
  if (text.size() < digits || (text.size() > digits && !is_space(text[digits]))) return std::nullopt;
  return ObjectId::from_hex(text.substr(0, digits));
}

struct LooseValue {
  ObjectId id;
  std::string target;
};

std::optional<LooseValue> parse_loose(std::string_view text, HashKind hash) {
  if (text.starts_with("ref:")) {
    text.remove_prefix(4);
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    if (text.empty() || text.find('\0') != std::string_view::npos) return std::nullopt;
    return LooseValue{{}, std::string(text)};
  }
  if (auto id = leading_id(text, hash)) return LooseValue{*id, {}};
  return std::nullopt;
}

// A ref or HEAD kept as a symbolic link to another ref, as git once did.
std::optional<LooseValue> parse_link(const std::string& path) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t length = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (length <= 0 || static_cast<std::size_t>(length) == buffer.size()) return std::nullopt;
  const std::string_view target(buffer.data(), static_cast<std::size_t>(length));
  if (!target.starts_with("refs/") || !is_well_formed_ref(target)) return std::nullopt;
  return LooseValue{{}, std::string(target)};
}

Result<LooseValue> read_loose(const std::string& path, HashKind hash) {
  auto text = read_plain_file_no_link(path, kRefLimit);
  if (!text) {
    if (text.error().code == "special")
      if (auto value = parse_link(path)) return *value;
    return text.error();
  }
  if (auto value = parse_loose(*text, hash)) return *value;
  return Error{"broken-ref", "it holds neither an object id nor the name of a ref"};
}

class SnapshotReader {
 public:
  SnapshotReader(const Repository& repository, const RefOptions& options)
      : repository_(repository), options_(options) {}

  RefSnapshot read() {
    if (repository_.ref_storage != RefStorage::files) {
      snapshot_.gaps.push_back(
          {GapKind::unreadable, "ref-storage", repository_.git_dir,
           "names of branches, tags and reflogs are kept in a form that is not read (reftable)", 1});
      // HEAD of a reftable repository is a stub; pseudo refs are files still.
      read_pseudo_refs(repository_.git_dir, "");
      return std::move(snapshot_);
    }
    read_packed();
    read_folder(repository_.common_dir, "", {});
    if (repository_.linked) read_folder(repository_.git_dir, "", {});
    for (const LinkedWorkTree& tree : repository_.linked_work_trees)
      if (tree.git_dir != repository_.git_dir)
        read_folder(tree.git_dir, "worktrees/" + tree.name + "/", {});
    settle_refs();

    read_head(repository_.git_dir, "HEAD");
    if (repository_.linked) read_head(repository_.common_dir, "main-worktree/HEAD");
    read_pseudo_refs(repository_.git_dir, "");
    if (repository_.linked) read_pseudo_refs(repository_.common_dir, "main-worktree/");
    for (const LinkedWorkTree& tree : repository_.linked_work_trees) {
      if (tree.git_dir == repository_.git_dir) continue;
      const std::string prefix = "worktrees/" + tree.name + "/";
      read_head(tree.git_dir, prefix + "HEAD");
      read_pseudo_refs(tree.git_dir, prefix);
    }
    follow_symbolic(snapshot_.refs);
    follow_symbolic(snapshot_.heads);

    if (options_.reflogs) {
      read_logs(repository_.common_dir, "", repository_.linked ? "main-worktree/HEAD" : "HEAD");
      if (repository_.linked) read_logs(repository_.git_dir, "", "HEAD");
      for (const LinkedWorkTree& tree : repository_.linked_work_trees) {
        if (tree.git_dir == repository_.git_dir) continue;
        const std::string prefix = "worktrees/" + tree.name + "/";
        read_logs(tree.git_dir, prefix, prefix + "HEAD");
      }
      std::sort(snapshot_.reflogs.begin(), snapshot_.reflogs.end(),
                [](const Reflog& a, const Reflog& b) { return a.ref < b.ref; });
    }
    const auto replaced =
        std::count_if(snapshot_.refs.begin(), snapshot_.refs.end(),
                      [](const Ref& ref) { return ref.name.starts_with("refs/replace/"); });
    if (replaced != 0)
      snapshot_.gaps.push_back(
          {GapKind::set_aside, "replace-refs", repository_.git_dir,
           "objects are read as they are stored, and their replacements beside them",
           static_cast<std::uint64_t>(replaced)});
    return std::move(snapshot_);
  }

 private:
  Ref make_ref(std::string name) const {
    Ref ref;
    ref.reach = class_of_ref(name);
    ref.remote_tracking = is_remote_tracking(repository_, name);
    ref.name = std::move(name);
    return ref;
  }

  void gap(GapKind kind, std::string code, std::string place, std::string reason,
           std::uint64_t count = 1) {
    snapshot_.gaps.push_back({kind, std::move(code), std::move(place), std::move(reason), count});
  }

  void read_packed() {
    const std::string path = join_path(repository_.common_dir, "packed-refs");
    const auto map = PlainMap::open(path, kPackedLimit);
    if (!map) {
      if (map.error().code != "absent")
        gap(GapKind::unreadable, map.error().code, path, map.error().message);
      return;
    }
    std::string_view rest = map->bytes();
    const std::size_t digits = hash_bytes(repository_.hash) * 2;
    std::uint64_t line_number = 0;
    std::uint64_t broken = 0;
    while (!rest.empty()) {
      ++line_number;
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty() || line.front() == '#') continue;
      if (line.front() == '^') {
        const auto id = leading_id(line.substr(1), repository_.hash);
        if (!id || snapshot_.refs.empty())
          ++broken;
        else
          snapshot_.refs.back().peeled = *id;
        continue;
      }
      const auto id = leading_id(line, repository_.hash);
      if (!id || line.size() < digits + 2 || line[digits] != ' ' ||
          line.find('\0') != std::string_view::npos) {
        ++broken;
        continue;
      }
      if (snapshot_.refs.size() == kMostRefs) {
        gap(GapKind::unreadable, "limit", path, "there are too many refs");
        break;
      }
      Ref ref = make_ref(std::string(line.substr(digits + 1)));
      ref.id = *id;
      ref.packed = true;
      ref.packed_line = line_number;
      snapshot_.refs.push_back(std::move(ref));
    }
    if (broken != 0) gap(GapKind::unreadable, "broken-ref", path, "some lines are no refs", broken);
  }

  // Loose refs below <git_dir>/refs, each named prefix + "refs/…".
  void read_folder(const std::string& git_dir, const std::string& prefix,
                   const std::vector<std::string_view>& skip) {
    const std::string folder = join_path(git_dir, "refs");
    const FoundFiles found = find_files(folder, kMostRefs, skip);
    if (found.cut) gap(GapKind::unreadable, "limit", folder, "refs lie too deep or are too many");
    for (const std::string& name : found.unread_folders)
      gap(GapKind::unreadable, "permission", join_path(folder, name), "the folder cannot be listed");
    for (const FoundFile& file : found.files) {
      if (file.name.ends_with(".lock") || file.kind == EntryKind::other) continue;
      const std::string path = join_path(folder, file.name);
      auto value = read_loose(path, repository_.hash);
      if (!value) {
        // A ref deleted while we read is no ref.
        if (value.error().code != "absent")
          gap(GapKind::unreadable, value.error().code, path, value.error().message);
        continue;
      }
      Ref ref = make_ref(prefix + "refs/" + file.name);
      ref.id = value->id;
      ref.target = std::move(value->target);
      snapshot_.refs.push_back(std::move(ref));
    }
  }

  // Sorts by name; of two with the same name the one read later (loose, or this work tree's) stays.
  void settle_refs() {
    std::vector<Ref>& refs = snapshot_.refs;
    std::stable_sort(refs.begin(), refs.end(),
                     [](const Ref& a, const Ref& b) { return a.name < b.name; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < refs.size(); ++i) {
      if (i + 1 < refs.size() && refs[i + 1].name == refs[i].name) continue;
      if (kept != i) refs[kept] = std::move(refs[i]);
      ++kept;
    }
    refs.resize(kept);
  }

  void read_head(const std::string& git_dir, const std::string& name) {
    const std::string path = join_path(git_dir, "HEAD");
    auto value = read_loose(path, repository_.hash);
    if (!value) {
      if (value.error().code != "absent")
        gap(GapKind::unreadable, value.error().code, path, value.error().message);
      return;
    }
    Ref ref;
    ref.name = name;
    ref.reach = ProvenanceClass::branch;
    ref.id = value->id;
    ref.target = std::move(value->target);
    snapshot_.heads.push_back(std::move(ref));
  }

  void add_pseudo(const std::string& name, std::string_view text) {
    constexpr std::size_t kMostLines = 100'000;
    std::size_t lines = 0;
    std::unordered_set<ObjectId> seen;
    while (!text.empty() && lines++ < kMostLines) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const auto id = leading_id(text.substr(0, end), repository_.hash);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!id || id->null() || !seen.insert(*id).second) continue;
      Ref ref;
      ref.name = name;
      ref.reach = ProvenanceClass::reflog;
      ref.id = *id;
      snapshot_.pseudo_refs.push_back(std::move(ref));
    }
  }

  void read_pseudo_refs(const std::string& git_dir, const std::string& prefix) {
    const auto entries = list_folder(git_dir, kMostRefs);
    if (entries) {
      for (const FolderEntry& entry : *entries) {
        if (entry.kind != EntryKind::file || entry.name == "HEAD") continue;
        if (entry.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != std::string::npos) continue;
        const auto text = read_plain_file_no_link(join_path(git_dir, entry.name), kLogLimit);
        if (text) add_pseudo(prefix + entry.name, *text);
      }
    }
    for (const char* name : {"rebase-merge/autostash", "rebase-merge/onto", "rebase-merge/orig-head",
                             "rebase-merge/stopped-sha", "rebase-apply/autostash", "rebase-apply/onto",
                             "rebase-apply/orig-head", "sequencer/head"}) {
      const auto text = read_plain_file_no_link(join_path(git_dir, name), kRefLimit);
      if (text) add_pseudo(prefix + name, *text);
    }
  }

  // Gives refs that name others the id these lead to.
  void follow_symbolic(std::vector<Ref>& refs) {
    for (Ref& ref : refs) {
      if (ref.target.empty()) continue;
      const std::string* target = &ref.target;
      for (int step = 0; step < kSymbolicDepth; ++step) {
        const Ref* next = find_ref(*target);
        if (next == nullptr) break;
        if (next->target.empty()) {
          ref.id = next->id;
          break;
        }
        target = &next->target;
      }
    }
  }

  const Ref* find_ref(std::string_view name) const {
    const auto at =
        std::lower_bound(snapshot_.refs.begin(), snapshot_.refs.end(), name,
                         [](const Ref& ref, std::string_view text) { return ref.name < text; });
    return at != snapshot_.refs.end() && at->name == name ? &*at : nullptr;
  }

  void read_logs(const std::string& git_dir, const std::string& prefix, const std::string& head_name) {
    const std::string folder = join_path(git_dir, "logs");
    const FoundFiles found = find_files(folder, kMostRefs);
    if (found.cut) gap(GapKind::unreadable, "limit", folder, "reflogs lie too deep or are too many");
    for (const std::string& name : found.unread_folders)
      gap(GapKind::unreadable, "permission", join_path(folder, name), "the folder cannot be listed");
    for (const FoundFile& file : found.files) {
      if (file.kind != EntryKind::file || file.name.ends_with(".lock")) continue;
      Reflog log;
      log.ref = file.name == "HEAD" ? head_name : prefix + file.name;
      log.path = join_path(folder, file.name);
      const auto map = PlainMap::open(log.path, kLogLimit);
      if (!map) {
        if (map.error().code != "absent")
          gap(GapKind::unreadable, map.error().code, log.path, map.error().message);
        continue;
      }
      parse_log(map->bytes(), log);
      snapshot_.reflogs.push_back(std::move(log));
    }
  }

  void parse_log(std::string_view rest, Reflog& log) {
    const std::size_t digits = hash_bytes(repository_.hash) * 2;
    std::uint64_t broken = 0;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.empty()) continue;
      const auto before = leading_id(line, repository_.hash);
      const auto after =
          line.size() > digits ? leading_id(line.substr(digits + 1), repository_.hash) : std::nullopt;
      if (!before || !after) {
        ++broken;
        continue;
      }
      line.remove_prefix(std::min(line.size(), 2 * digits + 2));
      const std::size_t tab = line.find('\t');
      ReflogEntry entry;
      entry.before = *before;
      entry.after = *after;
      entry.identity = std::string(line.substr(0, std::min(tab, line.size())));
      if (tab != std::string_view::npos) entry.message = std::string(line.substr(tab + 1));
      log.entries.push_back(std::move(entry));
    }
    if (broken != 0)
      gap(GapKind::unreadable, "broken-reflog", log.path, "some lines are no reflog entries", broken);
  }

  const Repository& repository_;
  const RefOptions& options_;
  RefSnapshot snapshot_;
};

}  // namespace

const Ref* RefSnapshot::find(std::string_view name) const {
  const auto at =
      std::lower_bound(refs.begin(), refs.end(), name,
                       [](const Ref& ref, std::string_view text) { return ref.name < text; });
  if (at != refs.end() && at->name == name) return &*at;
  for (const std::vector<Ref>* list : {&heads, &pseudo_refs})
    for (const Ref& ref : *list)
      if (ref.name == name) return &ref;
  return nullptr;
}

const Ref* RefSnapshot::head() const {
  return !heads.empty() && heads.front().name == "HEAD" ? &heads.front() : nullptr;
}

const Reflog* RefSnapshot::reflog(std::string_view ref) const {
  for (const Reflog& log : reflogs)
    if (log.ref == ref) return &log;
  return nullptr;
}

RefSnapshot read_refs(const Repository& repository, const RefOptions& options) {
  return SnapshotReader(repository, options).read();
}

Result<Ref> read_ref(const Repository& repository, std::string_view name) {
  if (repository.ref_storage != RefStorage::files)
    return Error{"ref-storage", "this repository keeps its refs in a form that is not read (reftable)"};
  Ref ref;
  ref.name = std::string(name);
  ref.reach = name.ends_with("HEAD") && !name.starts_with("refs/") ? ProvenanceClass::branch
                                                                   : class_of_ref(name);
  ref.remote_tracking = is_remote_tracking(repository, name);
  std::string at(name);
  for (int step = 0; step <= kSymbolicDepth; ++step) {
    if (!is_well_formed_ref(at)) return Error{"broken-ref", "it is no well-formed name of a ref"};
    const bool own = !at.starts_with("refs/") || at.starts_with("refs/bisect/") ||
                     at.starts_with("refs/worktree/") || at.starts_with("refs/rewritten/");
    auto value =
        read_loose(join_path(own ? repository.git_dir : repository.common_dir, at), repository.hash);
    if (!value && value.error().code != "absent" && value.error().code != "special")
      return Error{"broken-ref", "the ref cannot be read: " + value.error().message};
    if (!value) {
      const auto map = PlainMap::open(join_path(repository.common_dir, "packed-refs"), kPackedLimit);
      const std::size_t digits = hash_bytes(repository.hash) * 2;
      bool found = false;
      if (map) {
        const std::string_view bytes = map->bytes();
        const std::string wanted = " " + at;
        std::size_t hit = 0;
        while ((hit = bytes.find(wanted, hit)) != std::string_view::npos) {
          const std::size_t end = hit + wanted.size();
          const bool whole = end == bytes.size() || bytes[end] == '\n' || bytes[end] == '\r';
          if (whole && hit >= digits && (hit == digits || bytes[hit - digits - 1] == '\n')) {
            if (auto id = leading_id(bytes.substr(hit - digits), repository.hash)) {
              ref.id = *id;
              found = true;
              break;
            }
          }
          hit = end;
        }
      }
      if (found) return ref;
      if (step == 0) return Error{"absent", "there is no ref of that name"};
      return ref;  // a symbolic ref to a branch that is not born yet
    }
    if (value->target.empty()) {
      ref.id = value->id;
      return ref;
    }
    if (ref.target.empty()) ref.target = value->target;
    at = value->target;
  }
  return Error{"broken-ref", "symbolic refs lead in a circle"};
}

std::vector<Root> roots_of(const RefSnapshot& snapshot) {
  std::vector<Root> roots;
  const auto add = [&](const Ref& ref, bool is_ref) {
    if (ref.id.empty() || ref.id.null()) return;
    roots.push_back({ref.id, ref.reach, ref.name, ref.remote_tracking, is_ref});
  };
  for (const Ref& ref : snapshot.refs) add(ref, ref.target.empty());
  for (const Ref& ref : snapshot.heads) add(ref, ref.target.empty());
  for (const Ref& ref : snapshot.pseudo_refs) add(ref, false);
  for (const Reflog& log : snapshot.reflogs) {
    const bool stash = log.ref == "refs/stash";
    const ProvenanceClass reach = stash ? ProvenanceClass::stash : ProvenanceClass::reflog;
    std::unordered_set<ObjectId> seen;
    for (const ReflogEntry& entry : log.entries) {
      // A dropped stash is gone from the log, but stays the `before` of the entry above it.
      for (const ObjectId* id : {&entry.before, &entry.after}) {
        if (stash && id == &entry.before) continue;
        if (id->null() || !seen.insert(*id).second) continue;
        roots.push_back({*id, reach, log.ref, false, false});
      }
    }
  }
  return roots;
}

ProvenanceClass class_of_ref(std::string_view name) {
  // Another work tree's: worktrees/<name>/refs/…
  if (name.starts_with("worktrees/") || name.starts_with("main-worktree/")) {
    const std::size_t at = name.find("/refs/");
    if (at != std::string_view::npos) name.remove_prefix(at + 1);
  }
  if (name.starts_with("refs/heads/") || name.starts_with("refs/remotes/"))
    return ProvenanceClass::branch;
  if (name.starts_with("refs/tags/")) return ProvenanceClass::tag;
  if (name == "refs/stash") return ProvenanceClass::stash;
  if (name.starts_with("refs/notes/")) return ProvenanceClass::note;
  if (name == "HEAD" || name.ends_with("/HEAD")) return ProvenanceClass::branch;
  return ProvenanceClass::pull;
}

bool is_well_formed_ref(std::string_view name) {
  if (name.empty() || name.size() > PATH_MAX || name == "@" || name.back() == '/' ||
      name.back() == '.' || name.front() == '/')
    return false;
  std::size_t at = 0;
  while (at <= name.size()) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part.empty() || part.front() == '.' || part.ends_with(".lock")) return false;
    at = end + 1;
  }
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7f || std::string_view(" ~^:?*[\\").find(name[i]) != std::string_view::npos)
      return false;
    if (i + 1 < name.size() && ((c == '.' && name[i + 1] == '.') || (c == '@' && name[i + 1] == '{')))
      return false;
  }
  return true;
}

}  // namespace kimiguard::git

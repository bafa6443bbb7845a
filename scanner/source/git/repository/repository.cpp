#include "scanner/source/git/repository/repository.h"

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <utility>

#include "scanner/source/git/repository/plain_file.h"

namespace kimiguard::git {
namespace {

constexpr std::size_t kPointerLimit = 64 * 1024;  // .git files, commondir, gitdir
constexpr std::size_t kConfigLimit = 16u << 20;
constexpr std::size_t kListLimit = 64u << 20;  // shallow
constexpr std::size_t kFolderLimit = 100'000;
constexpr int kAlternateDepth = 6;  // git stops at 5

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return fold_path(path);
  char* cwd = ::getcwd(nullptr, 0);
  if (cwd == nullptr) return path;
  std::string whole = join_path(cwd, path);
  std::free(cwd);
  return fold_path(whole);
}

// Links resolved where the path exists; its folded text otherwise.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return fold_path(path);
  std::string text = real;
  std::free(real);
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool is_hex_pair(const std::string& name) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return name.size() == 2 && hex(name[0]) && hex(name[1]);
}

bool looks_like_objects(const std::string& path) {
  if (target_kind_of(path) != EntryKind::folder) return false;
  if (target_kind_of(join_path(path, "pack")) == EntryKind::folder) return true;
  if (target_kind_of(join_path(path, "info")) == EntryKind::folder) return true;
  const auto entries = list_folder(path, 1024);
  return entries && std::any_of(entries->begin(), entries->end(), [](const FolderEntry& entry) {
           return is_hex_pair(entry.name) && entry.kind == EntryKind::folder;
         });
}

bool has_head(const std::string& path) {
  const EntryKind kind = kind_of(join_path(path, "HEAD"));
  return kind == EntryKind::file || kind == EntryKind::link;
}

// Where a linked worktree's folder says the shared part is.
std::optional<std::string> common_of(const std::string& git_dir) {
  const auto text = read_plain_file(join_path(git_dir, "commondir"), kPointerLimit);
  if (!text) return std::nullopt;
  const std::string_view target = trimmed(*text);
  if (target.empty() || target.find('\0') != std::string_view::npos) return std::nullopt;
  return resolved(join_path(git_dir, target));
}

// Which hash the stored names show, by their length; none if nothing is stored yet.
std::optional<HashKind> hash_by_names(const std::string& objects_dir) {
  const auto by_length = [](std::size_t digits) -> std::optional<HashKind> {
    if (digits == 40) return HashKind::sha1;
    if (digits == 64) return HashKind::sha256;
    return std::nullopt;
  };
  if (const auto packs = list_folder(join_path(objects_dir, "pack"), kFolderLimit)) {
    for (const FolderEntry& pack : *packs) {
      const std::string_view name = pack.name;
      if (!name.starts_with("pack-") || !name.ends_with(".idx")) continue;
      if (auto kind = by_length(name.size() - 9)) return kind;
    }
  }
  for (int first = 0; first < 256; ++first) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const std::string pair = {kDigits[first >> 4], kDigits[first & 15]};
    const auto loose = list_folder(join_path(objects_dir, pair), kFolderLimit);
    if (!loose) continue;
    for (const FolderEntry& object : *loose)
      if (auto kind = by_length(object.name.size() + 2)) return kind;
  }
  return std::nullopt;
}

void read_configuration(Repository& repository) {
  const auto read = [&](const std::string& path) {
    auto text = read_plain_file(path, kConfigLimit);
    if (!text) {
      if (text.error().code != "absent")
        repository.gaps.push_back(
            {GapKind::unreadable, text.error().code, path, text.error().message, 1});
      return;
    }
    GitConfig config = GitConfig::parse(*text);
    if (config.broken_lines() != 0)
      repository.gaps.push_back({GapKind::not_parsed, "git-config", path,
                                 "some lines are no git configuration", config.broken_lines()});
    if (config.truncated())
      repository.gaps.push_back({GapKind::not_parsed, "limit", path, "it has too many settings", 1});
    repository.config.append(std::move(config));
  };
  read(join_path(repository.common_dir, "config"));
  if (repository.config.get_bool("extensions", "", "worktreeconfig", false))
    read(join_path(repository.git_dir, "config.worktree"));
  for (const ConfigEntry& entry : repository.config.entries())
    if ((entry.section == "include" || entry.section == "includeif") && entry.key == "path")
      repository.gaps.push_back({GapKind::set_aside, "config-include",
                                 join_path(repository.common_dir, "config"),
                                 "files that it includes are not followed", 1});
}

void read_remotes(Repository& repository) {
  const GitConfig& config = repository.config;
  const auto copies = [&](std::string_view name, std::string_view key) {
    std::vector<std::string> values;
    for (const std::string_view value : config.get_all("remote", name, key)) values.emplace_back(value);
    return values;
  };
  constexpr std::size_t kMostRemotes = 1000;
  const std::string promised(config.get("extensions", "", "partialclone").value_or(""));
  for (const std::string& name : config.subsections("remote")) {
    if (repository.remotes.size() == kMostRemotes) break;
    Remote remote;
    remote.name = name;
    remote.urls = copies(name, "url");
    remote.push_urls = copies(name, "pushurl");
    remote.fetch = copies(name, "fetch");
    remote.promisor = config.get_bool("remote", name, "promisor", false) ||
                      config.get("remote", name, "partialclonefilter").has_value() || name == promised;
    if (remote.promisor) repository.promisor_remotes.push_back(name);
    repository.remotes.push_back(std::move(remote));
  }
  if (!promised.empty() && repository.promisor_remotes.empty())
    repository.promisor_remotes.push_back(promised);
  repository.partial_clone = !repository.promisor_remotes.empty();
}

void read_shallow(Repository& repository) {
  const std::string path = join_path(repository.common_dir, "shallow");
  const auto text = read_plain_file(path, kListLimit);
  if (!text) {
    if (text.error().code != "absent")
      repository.gaps.push_back({GapKind::unreadable, text.error().code, path, text.error().message, 1});
    return;
  }
  std::string_view rest = *text;
  std::uint64_t broken = 0;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (auto id = ObjectId::from_hex(line))
      repository.shallow.push_back(*id);
    else
      ++broken;
  }
  std::sort(repository.shallow.begin(), repository.shallow.end());
  if (broken != 0)
    repository.gaps.push_back(
        {GapKind::not_parsed, "shallow-file", path, "some lines are no object id", broken});
  if (!repository.shallow.empty())
    repository.gaps.push_back({GapKind::not_here, "shallow", repository.git_dir,
                               "history is cut at these commits (git fetch --unshallow brings the rest)",
                               repository.shallow.size()});
}

// A quoted alternate: C escapes as git writes them.
std::string unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  std::string plain;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'n')
      plain += '\n';
    else if (c == 't')
      plain += '\t';
    else if (c == 'r')
      plain += '\r';
    else if (c == 'a')
      plain += '\a';
    else if (c == 'b')
      plain += '\b';
    else if (c == 'f')
      plain += '\f';
    else if (c == 'v')
      plain += '\v';
    else if (c >= '0' && c <= '3' && i + 2 < text.size()) {
      plain += static_cast<char>((c - '0') * 64 + (text[i + 1] - '0') * 8 + (text[i + 2] - '0'));
      i += 2;
    } else {
      plain += c;
    }
  }
  return plain;
}

void read_alternates(Repository& repository) {
  struct Pending {
    std::string objects_dir;
    int depth;
  };
  std::vector<Pending> queue = {{repository.objects_dir, 0}};
  std::vector<std::string> seen = {resolved(repository.objects_dir)};
  constexpr std::size_t kMostAlternates = 256;
  for (std::size_t at = 0; at < queue.size() && seen.size() < kMostAlternates; ++at) {
    const Pending pending = queue[at];
    const auto text = read_plain_file(join_path(pending.objects_dir, "info/alternates"), kConfigLimit);
    if (!text) continue;
    std::string_view rest = *text;
    while (!rest.empty() && seen.size() < kMostAlternates) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.empty() || line.front() == '#') continue;
      const std::string path = resolved(join_path(pending.objects_dir, unquoted(line)));
      if (std::find(seen.begin(), seen.end(), path) != seen.end()) continue;
      seen.push_back(path);
      repository.alternates.push_back(path);
      if (pending.depth + 1 < kAlternateDepth) queue.push_back({path, pending.depth + 1});
    }
  }
}

void read_linked_work_trees(Repository& repository) {
  const std::string folder = join_path(repository.common_dir, "worktrees");
  const auto entries = list_folder(folder, kFolderLimit);
  if (!entries) {
    if (entries.error().code != "absent")
      repository.gaps.push_back(
          {GapKind::unreadable, entries.error().code, folder, entries.error().message, 1});
    return;
  }
  for (const FolderEntry& entry : *entries) {
    if (entry.kind != EntryKind::folder) continue;
    LinkedWorkTree tree;
    tree.name = entry.name;
    tree.git_dir = join_path(folder, entry.name);
    if (const auto text = read_plain_file(join_path(tree.git_dir, "gitdir"), kPointerLimit)) {
      const std::string_view target = trimmed(*text);
      if (!target.empty())
        tree.path = std::string(parent_path(fold_path(join_path(tree.git_dir, target))));
    }
    repository.linked_work_trees.push_back(std::move(tree));
  }
}

// `git_dir` is one; `work_tree` is where its `.git` was found, or empty.
Repository load(std::string git_dir, std::string work_tree) {
  Repository repository;
  repository.git_dir = std::move(git_dir);
  repository.common_dir = repository.git_dir;
  if (auto common = common_of(repository.git_dir)) {
    repository.common_dir = std::move(*common);
    repository.linked = repository.common_dir != repository.git_dir;
  }
  repository.objects_dir = join_path(repository.common_dir, "objects");
  repository.has_head = has_head(repository.git_dir);
  if (!repository.has_head)
    repository.gaps.push_back({GapKind::unreadable, "no-head", join_path(repository.git_dir, "HEAD"),
                               "the repository has no HEAD: what is checked out is unknown", 1});
  read_configuration(repository);

  const GitConfig& config = repository.config;
  repository.bare = config.get_bool("core", "", "bare", false) && !repository.linked;
  if (work_tree.empty() && repository.linked) {
    // Opened by its folder below worktrees/: the work tree is where `gitdir` points.
    if (const auto text = read_plain_file(join_path(repository.git_dir, "gitdir"), kPointerLimit))
      work_tree = std::string(parent_path(fold_path(join_path(repository.git_dir, trimmed(*text)))));
  }
  if (work_tree.empty() && !repository.bare) {
    if (last_part(repository.git_dir) == ".git") {
      work_tree = std::string(parent_path(repository.git_dir));
    } else if (const auto configured = config.get("core", "", "worktree")) {
      // A submodule's store. Believed only where the work tree points back here.
      const std::string folder = resolved(join_path(repository.git_dir, *configured));
      const auto back = read_plain_file(join_path(folder, ".git"), kPointerLimit);
      if (back && back->starts_with("gitdir:")) {
        std::string_view target = trimmed(std::string_view(*back).substr(7));
        while (target.starts_with(' ')) target.remove_prefix(1);
        if (resolved(join_path(folder, target)) == resolved(repository.git_dir)) work_tree = folder;
      }
    }
  }
  if (!repository.bare) repository.work_tree = std::move(work_tree);
  if (repository.work_tree.empty()) repository.bare = true;

  const std::string_view format = config.get("extensions", "", "objectformat").value_or("");
  if (format == "sha256") repository.hash = HashKind::sha256;
  const auto shown = hash_by_names(repository.objects_dir);
  if (shown && *shown != repository.hash) {
    if (!format.empty())
      repository.gaps.push_back(
          {GapKind::not_parsed, "object-format", join_path(repository.common_dir, "config"),
           "objects are named by another hash than extensions.objectFormat says", 1});
    repository.hash = *shown;
  }
  const std::string_view storage = config.get("extensions", "", "refstorage").value_or("files");
  const std::string_view kind = storage.substr(0, storage.find(':'));
  if (kind == "reftable")
    repository.ref_storage = RefStorage::reftable;
  else if (kind != "files")
    repository.ref_storage = RefStorage::unknown;
  if (repository.ref_storage == RefStorage::files &&
      target_kind_of(join_path(repository.common_dir, "reftable/tables.list")) == EntryKind::file)
    repository.ref_storage = RefStorage::reftable;

  read_remotes(repository);
  read_shallow(repository);
  read_alternates(repository);
  read_linked_work_trees(repository);
  const std::string grafts = join_path(repository.common_dir, "info/grafts");
  if (const auto text = read_plain_file(grafts, kListLimit); text && !trimmed(*text).empty()) {
    repository.has_grafts = true;
    repository.gaps.push_back({GapKind::set_aside, "grafts", grafts,
                               "commits are read as they are stored, not as the graft file changes them",
                               1});
  }
  return repository;
}

// What a `.git` file points at.
Result<std::string> follow_git_file(const std::string& path) {
  const auto text = read_plain_file(path, kPointerLimit);
  if (!text) return Error{"unreadable", "the .git file cannot be read: " + text.error().message};
  if (!text->starts_with("gitdir:")) return Error{"no-repository", "the .git file is not one of git's"};
  std::string_view target = trimmed(std::string_view(*text).substr(7));
  while (target.starts_with(' ') || target.starts_with('\t')) target.remove_prefix(1);
  if (target.empty() || target.find('\0') != std::string_view::npos)
    return Error{"unreadable", "the .git file names no folder"};
  return resolved(join_path(parent_path(path), target));
}

}  // namespace

bool is_git_directory(const std::string& path) {
  if (!has_head(path)) return false;
  if (target_kind_of(join_path(path, "objects")) == EntryKind::folder)
    return target_kind_of(join_path(path, "refs")) == EntryKind::folder ||
           target_kind_of(join_path(path, "reftable")) == EntryKind::folder;
  const auto common = common_of(path);
  return common && target_kind_of(join_path(*common, "objects")) == EntryKind::folder;
}

bool is_damaged_git_directory(const std::string& path) {
  if (!looks_like_objects(join_path(path, "objects"))) return false;
  return target_kind_of(join_path(path, "refs")) == EntryKind::folder ||
         target_kind_of(join_path(path, "packed-refs")) == EntryKind::file ||
         target_kind_of(join_path(path, "config")) == EntryKind::file || has_head(path);
}

Result<Repository> open_repository(const std::string& path) {
  const std::string folder = resolved(absolute(path));
  const std::string dot_git = join_path(folder, ".git");
  switch (target_kind_of(dot_git)) {
    case EntryKind::folder: {
      if (is_git_directory(dot_git) || is_damaged_git_directory(dot_git)) {
        const std::string git_dir = resolved(dot_git);
        return load(git_dir, folder);
      }
      break;
    }
    case EntryKind::file: {
      auto git_dir = follow_git_file(dot_git);
      if (!git_dir) {
        if (git_dir.error().code == "no-repository") break;
        return git_dir.error();
      }
      if (!is_git_directory(*git_dir) && !is_damaged_git_directory(*git_dir))
        return Error{"unreadable",
                     "the .git file points at a folder that is no repository or is not there"};
      return load(std::move(*git_dir), folder);
    }
    default:
      break;
  }
  if (is_git_directory(folder) || is_damaged_git_directory(folder)) return load(folder, "");
  return Error{"no-repository", "there is no git repository here"};
}

Result<Repository> discover_repository(const std::string& path) {
  std::string at = absolute(path);
  // The folder's real place decides, as for git; a file's own link does not lead elsewhere.
  if (target_kind_of(at) == EntryKind::folder && kind_of(at) != EntryKind::link) {
    at = resolved(at);
  } else if (kind_of(at) == EntryKind::link && target_kind_of(at) == EntryKind::folder) {
    at = resolved(at);
  } else {
    at = resolved(std::string(parent_path(at)));
  }
  bool first = true;
  while (true) {
    const std::string dot_git = join_path(at, ".git");
    const EntryKind kind = target_kind_of(dot_git);
    if (kind == EntryKind::folder || kind == EntryKind::file) {
      auto found = open_repository(at);
      if (found || found.error().code != "no-repository") return found;
    }
    if (is_git_directory(at)) return load(at, "");
    if ((first || last_part(at).ends_with(".git")) && is_damaged_git_directory(at)) return load(at, "");
    first = false;
    if (at == "/" || at.empty()) break;
    at = std::string(parent_path(at));
  }
  return Error{"no-repository", "no folder above it is a git repository"};
}

std::vector<std::string> submodule_stores(const Repository& repository) {
  struct Pending {
    std::string folder;
    int depth;
  };
  std::vector<std::string> stores;
  std::vector<Pending> stack = {{join_path(repository.common_dir, "modules"), 0}};
  // Linked worktrees keep their own.
  for (const LinkedWorkTree& tree : repository.linked_work_trees)
    stack.push_back({join_path(tree.git_dir, "modules"), 0});
  constexpr int kDepth = 16;
  constexpr std::size_t kMostStores = 10'000;
  while (!stack.empty() && stores.size() < kMostStores) {
    const Pending pending = stack.back();
    stack.pop_back();
    const auto entries = list_folder(pending.folder, kFolderLimit);
    if (!entries) continue;
    for (const FolderEntry& entry : *entries) {
      if (entry.kind != EntryKind::folder) continue;
      const std::string path = join_path(pending.folder, entry.name);
      if (is_git_directory(path) || is_damaged_git_directory(path)) {
        stores.push_back(path);
        if (pending.depth < kDepth) stack.push_back({join_path(path, "modules"), pending.depth + 1});
      } else if (pending.depth < kDepth) {
        stack.push_back({path, pending.depth + 1});  // a name with "/" in it
      }
    }
  }
  std::sort(stores.begin(), stores.end());
  return stores;
}

std::optional<std::string> map_refspec(std::string_view refspec, std::string_view ref) {
  if (refspec.starts_with('+')) refspec.remove_prefix(1);
  if (refspec.starts_with('^')) return std::nullopt;
  const std::size_t colon = refspec.find(':');
  if (colon == std::string_view::npos || colon + 1 == refspec.size()) return std::nullopt;
  const std::string_view from = refspec.substr(0, colon);
  const std::string_view to = refspec.substr(colon + 1);
  const std::size_t star = from.find('*');
  if (star == std::string_view::npos)
    return from == ref ? std::optional<std::string>(std::string(to)) : std::nullopt;
  const std::string_view before = from.substr(0, star);
  const std::string_view after = from.substr(star + 1);
  const std::size_t to_star = to.find('*');
  if (to_star == std::string_view::npos || ref.size() < before.size() + after.size() ||
      !ref.starts_with(before) || !ref.ends_with(after))
    return std::nullopt;
  std::string mapped(to.substr(0, to_star));
  mapped += ref.substr(before.size(), ref.size() - before.size() - after.size());
  mapped += to.substr(to_star + 1);
  return mapped;
}

std::optional<std::string> upstream_of(const Repository& repository, std::string_view branch_ref) {
  constexpr std::string_view kHeads = "refs/heads/";
  if (branch_ref.starts_with(kHeads)) branch_ref.remove_prefix(kHeads.size());
  const auto remote_name = repository.config.get("branch", branch_ref, "remote");
  const auto merge = repository.config.get("branch", branch_ref, "merge");
  if (!remote_name || !merge || merge->empty()) return std::nullopt;
  if (*remote_name == ".") return std::string(*merge);
  for (const Remote& remote : repository.remotes) {
    if (remote.name != *remote_name) continue;
    for (const std::string& refspec : remote.fetch)
      if (auto mapped = map_refspec(refspec, *merge)) return mapped;
  }
  return std::nullopt;
}

bool is_remote_tracking(const Repository& repository, std::string_view ref) {
  if (ref.starts_with("refs/remotes/")) return true;
  if (!ref.starts_with("refs/") || ref.starts_with("refs/heads/") || ref.starts_with("refs/tags/"))
    return false;
  for (const Remote& remote : repository.remotes) {
    for (std::string_view refspec : remote.fetch) {
      const std::size_t colon = refspec.find(':');
      if (refspec.starts_with('^') || colon == std::string_view::npos) continue;
      const std::string_view to = refspec.substr(colon + 1);
      const std::size_t star = to.find('*');
      if (star == std::string_view::npos
              ? to == ref
              : star >= 5 && ref.starts_with(to.substr(0, star)) && ref.ends_with(to.substr(star + 1)))
        return true;
    }
  }
  return false;
}

std::optional<LfsPointer> lfs_pointer(std::string_view blob) {
  if (blob.size() > 1024 || !blob.starts_with("version https://git-lfs.github.com/spec/v1\n"))
    return std::nullopt;
  const auto field = [&](std::string_view name) -> std::string {
    const std::size_t at = blob.find(name);
    if (at == std::string_view::npos) return {};
    const std::size_t from = at + name.size();
    return std::string(blob.substr(from, std::min(blob.find('\n', from), blob.size()) - from));
  };
  LfsPointer pointer{field("\noid sha256:"), field("\nsize ")};
  if (pointer.oid.size() != 64 || pointer.oid.find_first_not_of("0123456789abcdef") != std::string::npos)
    return std::nullopt;
  return pointer;
}

std::string lfs_object_path(const Repository& repository, const LfsPointer& pointer) {
  return join_path(repository.common_dir, "lfs/objects/" + pointer.oid.substr(0, 2) + "/" +
                                              pointer.oid.substr(2, 2) + "/" + pointer.oid);
}

}  // namespace kimiguard::git

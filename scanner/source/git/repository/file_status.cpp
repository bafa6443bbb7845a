#include "scanner/source/git/repository/file_status.h"

#include <algorithm>
#include <utility>

#include "scanner/source/git/repository/plain_file.h"

namespace kimiguard::git {

RepositoryFiles::RepositoryFiles(Repository repository, const FileStatusOptions& options)
    : repository_(std::move(repository)),
      ignore_(repository_.work_tree, IgnoreOptions{join_path(repository_.common_dir, "info/exclude"),
                                                   options.user_ignore_file}) {
  const std::string path =
      options.index_file.empty() ? join_path(repository_.git_dir, "index") : options.index_file;
  auto index = WorkTreeIndex::read(path, repository_.git_dir, repository_.hash);
  if (!index) {
    if (index.error().code != "absent")
      gaps_.push_back({GapKind::unreadable, index.error().code, path, index.error().message, 1});
    return;
  }
  index_ = std::make_unique<WorkTreeIndex>(std::move(*index));
  gaps_.insert(gaps_.end(), index_->gaps().begin(), index_->gaps().end());
  tracked_.reserve(index_->entries().size());
  for (const IndexEntry& entry : index_->entries()) tracked_.insert(entry.path);
}

FileStatus RepositoryFiles::status(std::string_view path, bool folder) {
  FileStatus status;
  status.in_repository = true;
  status.git_dir = repository_.git_dir;
  status.work_tree = repository_.work_tree;
  status.path = std::string(path);
  status.tracked = tracked_.contains(path) || (index_ && index_->sparse() && index_->covers(path));
  status.staged = status.tracked && staged_.contains(status.path);
  if (!status.tracked) status.ignored = ignore_.ignored(path, folder);
  return status;
}

void RepositoryFiles::set_staged(std::vector<std::string> paths) {
  staged_.clear();
  for (std::string& path : paths) staged_.insert(std::move(path));
}

RepositoryFiles* FileStatusFinder::of_folder(const std::string& folder) {
  // Up to the nearest folder whose answer is known, then the answer for all on the way.
  std::vector<std::string> way;
  std::string at = folder;
  RepositoryFiles* found = nullptr;
  while (true) {
    if (const auto known = folders_.find(at); known != folders_.end()) {
      found = known->second;
      break;
    }
    way.push_back(at);
    const EntryKind kind = target_kind_of(join_path(at, ".git"));
    if (kind == EntryKind::folder || kind == EntryKind::file) {
      auto repository = open_repository(at);
      if (repository && !repository->work_tree.empty()) {
        auto& place = repositories_[at];
        if (!place) {
          place = std::make_unique<RepositoryFiles>(std::move(*repository), options_);
          gaps_.insert(gaps_.end(), place->gaps().begin(), place->gaps().end());
        }
        found = place.get();
        break;
      }
      if (!repository && repository.error().code != "no-repository")
        gaps_.push_back(
            {GapKind::unreadable, repository.error().code, at, repository.error().message, 1});
    }
    if (at == "/" || at.empty()) break;
    at = std::string(parent_path(at));
  }
  for (std::string& step : way) folders_.emplace(std::move(step), found);
  return found;
}

RepositoryFiles* FileStatusFinder::repository_of(const std::string& path) {
  return of_folder(std::string(parent_path(path)));
}

FileStatus FileStatusFinder::status(const std::string& path, bool folder) {
  // A name such as "/a/../b" would lead to the wrong folder.
  const bool plain = path.find("/.") == std::string::npos && path.find("//") == std::string::npos;
  const std::string folded = plain ? path : fold_path(path);
  std::string above(parent_path(folded));
  RepositoryFiles* files = of_folder(above);
  if (files == nullptr) return {};
  // The folder where the repository was found is a text prefix of the path, links or not.
  std::string root = above;
  while (!repositories_.contains(root)) root = std::string(parent_path(root));
  std::string_view below = folded;
  below.remove_prefix(std::min(below.size(), root == "/" ? 1 : root.size() + 1));
  return files->status(below, folder);
}

Exposure FileStatusFinder::exposure_of(const std::string& path) {
  const FileStatus found = status(path);
  Exposure exposure;
  exposure.in_repository = found.in_repository;
  exposure.tracked = found.tracked;
  exposure.staged = found.staged;
  exposure.ignored = found.ignored;
  return exposure;
}

std::vector<Gap> FileStatusFinder::gaps() const {
  std::vector<Gap> all = gaps_;
  return all;
}

std::vector<Gap> missing_submodules(const Repository& repository, const WorkTreeIndex& index) {
  std::vector<Gap> gaps;
  if (repository.work_tree.empty()) return gaps;
  const std::vector<std::string> stores = submodule_stores(repository);
  const std::string modules_dir = join_path(repository.common_dir, "modules");
  const auto text = read_plain_file_no_link(join_path(repository.work_tree, ".gitmodules"), 4u << 20);
  const GitConfig modules = text ? GitConfig::parse(*text) : GitConfig();
  std::unordered_map<std::string_view, std::string_view> names_by_path;
  for (const ConfigEntry& setting : modules.entries())
    if (setting.section == "submodule" && setting.key == "path")
      names_by_path[setting.value] = setting.subsection;
  for (const IndexEntry& entry : index.entries()) {
    if ((entry.mode & kModeKind) != kModeSubmodule) continue;
    const std::string path = join_path(repository.work_tree, entry.path);
    if (kind_of(join_path(path, ".git")) != EntryKind::absent) continue;
    // A store is named after the submodule: its path, unless .gitmodules says otherwise.
    std::vector<std::string> names = {std::string(entry.path)};
    if (const auto named = names_by_path.find(entry.path); named != names_by_path.end())
      names.emplace_back(named->second);
    const bool stored = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return std::binary_search(stores.begin(), stores.end(), join_path(modules_dir, name));
    });
    if (stored) continue;
    gaps.push_back({GapKind::not_here, "submodule", std::string(entry.path),
                    "the submodule is not initialised: its content is not in this clone", 1});
  }
  return gaps;
}

}  // namespace kimiguard::git

#include "scanner/agents/project_files.h"

#include <algorithm>

#include "scanner/agents/glob.h"

namespace kimiguard::agents {
namespace {

constexpr std::string_view kProject = "{project}";

std::string_view last_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The folder before what the pattern names: the longest one, so that the project is the nearest.
std::string folder_before(std::string_view path, std::string_view pattern) {
  const auto parts = static_cast<std::size_t>(std::count(pattern.begin(), pattern.end(), '/'));
  std::size_t end = path.size();
  // Without ** the number of parts is the pattern's own.
  if (pattern.find("**") == std::string_view::npos) {
    for (std::size_t i = 0; i < parts; ++i) {
      end = path.rfind('/', end == 0 ? 0 : end - 1);
      if (end == std::string_view::npos) return {};
    }
    return std::string(path.substr(0, end));
  }
  // With it: before the last folder that bears the pattern's first name.
  const std::size_t slash = pattern.find('/', 1);
  const std::string first = "/" + std::string(pattern.substr(1, slash - 1)) + "/";
  const std::string whole = "/" + std::string(path);
  const std::size_t at = whole.rfind(first);
  if (at == std::string::npos || at == 0) return {};
  return whole.substr(1, at - 1);
}

}  // namespace

ProjectFiles::ProjectFiles(const Profiles& profiles) {
  for (const bool generic : {false, true}) {
    for (const Profile& profile : profiles.tools) {
      if (profile.generic != generic) continue;
      for (const FileSpec& spec : profile.files) {
        for (const std::string& path : spec.paths) {
          if (!path.starts_with(kProject)) continue;
          for (std::string& text : alternatives(std::string_view(path).substr(kProject.size()))) {
            const std::string name(last_name(text));
            if (name.find('*') == std::string::npos)
              by_name_[name].push_back(patterns_.size());
            else
              others_.push_back(patterns_.size());
            patterns_.push_back({&profile, &spec, std::move(text)});
          }
        }
      }
    }
  }
}

std::vector<ProjectFile> ProjectFiles::of(std::string_view path) const {
  std::vector<std::size_t> fitting;
  const auto named = by_name_.find(std::string(last_name(path)));
  if (named != by_name_.end())
    for (const std::size_t index : named->second)
      if (ends_with_pattern(path, patterns_[index].text)) fitting.push_back(index);
  for (const std::size_t index : others_)
    if (name_matches(last_name(patterns_[index].text), last_name(path)) &&
        ends_with_pattern(path, patterns_[index].text))
      fitting.push_back(index);
  std::sort(fitting.begin(), fitting.end());
  // .kilo/opencode.json is Kilo Code's, though opencode reads a file of that name in any other folder.
  const auto depth = [&](std::size_t index) {
    return std::count(patterns_[index].text.begin(), patterns_[index].text.end(), '/');
  };
  std::ptrdiff_t deepest = 0;
  for (const std::size_t index : fitting)
    if (!patterns_[index].profile->generic) deepest = std::max(deepest, depth(index));
  std::erase_if(fitting, [&](std::size_t index) {
    const Pattern& pattern = patterns_[index];
    return !pattern.profile->generic && depth(index) < deepest && pattern.text.find('*') == std::string::npos;
  });
  std::vector<ProjectFile> found;
  for (const std::size_t index : fitting) {
    const Pattern& pattern = patterns_[index];
    const bool known = std::any_of(found.begin(), found.end(), [&](const ProjectFile& other) {
      return other.profile == pattern.profile;
    });
    if (!known) found.push_back({pattern.profile, pattern.spec, folder_before(path, pattern.text)});
  }
  return found;
}

}  // namespace kimiguard::agents

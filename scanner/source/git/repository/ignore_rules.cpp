#include "scanner/source/git/repository/ignore_rules.h"

#include <algorithm>
#include <utility>

#include "scanner/source/git/repository/plain_file.h"

namespace kimiguard::git {
namespace {

constexpr std::size_t kFileLimit = 16u << 20;
constexpr std::size_t kMostPatterns = 100'000;  // of one file
constexpr std::size_t kLongestPattern = 4096;   // no path is longer
constexpr std::size_t kDeepest = 1024;          // folders in a path

}  // namespace

IgnoreRules::IgnoreRules(std::string work_tree, IgnoreOptions options)
    : work_tree_(std::move(work_tree)) {
  if (!options.exclude_file.empty()) exclude_ = load(options.exclude_file, true);
  if (!options.user_file.empty()) user_ = load(options.user_file, true);
}

std::shared_ptr<const IgnoreRules::File> IgnoreRules::load(const std::string& path, bool follow_links) {
  const auto text =
      follow_links ? read_plain_file(path, kFileLimit) : read_plain_file_no_link(path, kFileLimit);
  if (!text) {
    // git, too, reads no .gitignore that is a link.
    if (text.error().code != "absent" && text.error().code != "special")
      gaps_.push_back({GapKind::unreadable, text.error().code, path, text.error().message, 1});
    return nullptr;
  }
  auto file = std::make_shared<File>();
  file->source = path;
  std::string_view rest = *text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  std::uint64_t number = 0;
  while (!rest.empty()) {
    ++number;
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    const bool ended = end < rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (ended && line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kLongestPattern) continue;
    auto pattern = IgnorePattern::parse(line);
    if (!pattern) continue;
    if (file->lines.size() == kMostPatterns) {
      gaps_.push_back(
          {GapKind::not_parsed, "limit", path, "it has too many patterns; the first were used", 1});
      break;
    }
    file->lines.push_back({std::move(*pattern), number});
  }
  if (file->lines.empty()) return nullptr;
  return file;
}

std::optional<IgnoreMatch> IgnoreRules::last_match(const Folder& folder, std::string_view path,
                                                   bool is_folder) const {
  const auto search = [&](const File* file, std::size_t base) -> std::optional<IgnoreMatch> {
    if (file == nullptr) return std::nullopt;
    const std::string_view below = path.substr(base);
    for (auto line = file->lines.rbegin(); line != file->lines.rend(); ++line)
      if (line->pattern.matches(below, is_folder))
        return IgnoreMatch{file->source, line->number, line->pattern.text(), line->pattern.negated()};
    return std::nullopt;
  };
  for (const Folder* at = &folder; at != nullptr; at = at->parent)
    if (auto match = search(at->file.get(), at->base)) return match;
  if (auto match = search(exclude_.get(), 0)) return match;
  return search(user_.get(), 0);
}

const IgnoreRules::Folder& IgnoreRules::folder_of(std::string_view path) {
  if (const auto known = folders_.find(std::string(path)); known != folders_.end())
    return *known->second;
  // Down from the nearest folder that is known.
  std::size_t depth = 0;
  const Folder* parent = nullptr;
  std::size_t at = 0;
  while (true) {
    const std::string_view here = path.substr(0, at);
    auto& place = folders_[std::string(here)];
    if (!place) {
      auto folder = std::make_unique<Folder>();
      folder->parent = parent;
      folder->base = here.empty() ? 0 : here.size() + 1;
      if (parent != nullptr) {
        folder->excluded = parent->excluded;
        folder->why = parent->why;
        if (!folder->excluded) {
          auto match = last_match(*parent, here, true);
          if (match && !match->negated) {
            folder->excluded = true;
            folder->why = std::move(match);
          }
        }
      }
      // Nothing in an ignored folder can be taken back in, so its own file says nothing.
      if (!folder->excluded && depth < kDeepest)
        folder->file = load(join_path(join_path(work_tree_, here), ".gitignore"), false);
      place = std::move(folder);
    }
    parent = place.get();
    if (at == path.size()) return *parent;
    at = std::min(path.find('/', at == 0 ? 0 : at + 1), path.size());
    ++depth;
  }
}

std::optional<IgnoreMatch> IgnoreRules::decide(std::string_view path, bool folder) {
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return std::nullopt;
  const std::size_t slash = path.rfind('/');
  const Folder& above =
      folder_of(slash == std::string_view::npos ? std::string_view() : path.substr(0, slash));
  if (above.excluded) return above.why;
  return last_match(above, path, folder);
}

bool IgnoreRules::ignored(std::string_view path, bool folder) {
  const auto match = decide(path, folder);
  return match && !match->negated;
}

}  // namespace kimiguard::git

#include "scanner/source/git/objects/alternates.h"

#include <sys/stat.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "scanner/source/git/objects/mapped_file.h"

namespace kimiguard::git {
namespace {

constexpr std::size_t kMaxFolders = 256;
constexpr std::size_t kMaxFile = std::size_t{1} << 20;

// A line that begins with a quote is a C string (git's quote_c_style).
std::optional<std::string> unquote(std::string_view line) {
  if (line.size() < 2 || line.front() != '"' || line.back() != '"') return std::nullopt;
  line = line.substr(1, line.size() - 2);
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      text.push_back(line[i]);
      continue;
    }
    if (++i == line.size()) return std::nullopt;
    static constexpr std::string_view kLetters = "abfnrtv\"\\";
    static constexpr std::string_view kMeaning = "\a\b\f\n\r\t\v\"\\";
    if (const std::size_t found = kLetters.find(line[i]); found != std::string_view::npos) {
      text.push_back(kMeaning[found]);
      continue;
    }
    if (i + 2 >= line.size()) return std::nullopt;
    int value = 0;
    for (std::size_t digit = 0; digit < 3; ++digit) {
      const char c = line[i + digit];
      if (c < '0' || c > '7') return std::nullopt;
      value = value * 8 + (c - '0');
    }
    text.push_back(static_cast<char>(value));
    i += 2;
  }
  return text;
}

std::string resolved(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : path;
}

}  // namespace

ObjectFolders find_object_folders(const std::string& first, const std::vector<std::string>& more,
                                  bool follow) {
  ObjectFolders found;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<std::string> waiting(more.rbegin(), more.rend());
  waiting.push_back(first);
  while (!waiting.empty()) {
    const std::string path = std::move(waiting.back());
    waiting.pop_back();
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      if (!found.folders.empty() || path != first)
        found.gaps.push_back({GapKind::unreadable, "alternate_missing", path,
                              "an alternate object folder that is not there or is no folder"});
      continue;
    }
    if (!seen.emplace(status.st_dev, status.st_ino).second) continue;
    if (found.folders.size() >= kMaxFolders) {
      found.gaps.push_back({GapKind::unreadable, "limit", path, "more alternate object folders than are read"});
      break;
    }
    found.folders.push_back(resolved(path));
    if (!follow) continue;
    const std::string& folder = found.folders.back();
    Result<std::string> text = read_small_file(folder + "/info/alternates", kMaxFile);
    if (!text) {
      if (text.error().code != "missing")
        found.gaps.push_back({GapKind::unreadable, text.error().code, folder + "/info/alternates",
                              "the list of alternate object folders could not be read"});
      continue;
    }
    std::vector<std::string> named;
    std::string_view rest = *text;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      if (line.empty() || line.front() == '#') continue;
      std::string target(line);
      if (line.front() == '"')
        if (std::optional<std::string> plain = unquote(line)) target = std::move(*plain);
      if (target.find('\0') != std::string::npos) continue;
      if (target.front() != '/') target = folder + "/" + target;
      named.push_back(std::move(target));
      if (named.size() > kMaxFolders) break;
    }
    waiting.insert(waiting.end(), named.rbegin(), named.rend());
  }
  return found;
}

}  // namespace kimiguard::git

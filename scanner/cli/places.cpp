#include "scanner/cli/places.h"

#include <sys/stat.h>

#include <algorithm>

#include "scanner/cli/disk_file.h"
#include "scanner/cli/match_collector.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::cli {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return "/";
  return path.substr(0, slash);
}

// The outermost folder at or above `path` that is a repository; empty if none is.
std::string outermost_repository(const std::string& path) {
  std::string found;
  std::string at = path;
  while (true) {
    if (is_there(at + "/.git") || (is_there(at + "/HEAD") && git::is_git_directory(at))) found = at;
    if (at == "/" || at.empty()) break;
    at = parent_of(at);
  }
  // A git directory given itself belongs to its work tree.
  return found;
}

bool below(const std::string& path, const std::string& folder) {
  if (folder == "/") return true;
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

std::string strip(const std::string& path, const std::string& folder) {
  if (path == folder) return "";
  return path.substr(folder == "/" ? 1 : folder.size() + 1);
}

}  // namespace

std::optional<std::string> path_below(const std::string& path, const std::string& folder) {
  if (!below(path, folder)) return std::nullopt;
  return strip(path, folder);
}

std::string uri_path(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       std::string_view("-._~/!$&'()*+,;=@").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

PlaceNamer::PlaceNamer(const std::vector<std::string>& paths) : here_(absolute_path(".")) {
  for (const std::string& path : paths) {
    absolute_.push_back(absolute_path(path));
    is_file_.push_back(!is_folder(absolute_.back()));
    roots_.push_back(outermost_repository(is_file_.back() ? parent_of(absolute_.back()) : absolute_.back()));
    relative_ = relative_ && !path.starts_with("/");
  }
  if (!roots_.empty() && !roots_.front().empty() &&
      std::all_of(roots_.begin(), roots_.end(), [&](const std::string& root) { return root == roots_.front(); }))
    source_root_ = roots_.front();
}

PlaceNamer::Named PlaceNamer::name(const std::string& absolute, int root) {
  if (!source_root_.empty() && below(absolute, source_root_)) return {"SRCROOT", strip(absolute, source_root_)};
  const auto base_of = [&](std::size_t i) { return is_file_[i] ? parent_of(absolute_[i]) : absolute_[i]; };
  if (root >= 0 && static_cast<std::size_t>(root) < absolute_.size()) {
    const std::string base = base_of(static_cast<std::size_t>(root));
    if (below(absolute, base)) return {"PATH" + std::to_string(root + 1), strip(absolute, base)};
  }
  for (std::size_t i = 0; i < absolute_.size(); ++i)
    if (below(absolute, base_of(i))) return {"PATH" + std::to_string(i + 1), strip(absolute, base_of(i))};
  return {"SYSTEM", strip(absolute, "/")};
}

std::map<std::string, std::string> PlaceNamer::uri_bases() const {
  std::map<std::string, std::string> bases;
  const auto uri = [](const std::string& folder) { return "file://" + uri_path(folder == "/" ? "" : folder) + "/"; };
  if (!source_root_.empty()) bases["SRCROOT"] = uri(source_root_);
  if (source_root_.empty())
    for (std::size_t i = 0; i < absolute_.size(); ++i)
      bases["PATH" + std::to_string(i + 1)] = uri(is_file_[i] ? parent_of(absolute_[i]) : absolute_[i]);
  bases["SYSTEM"] = "file:///";
  return bases;
}

std::string PlaceNamer::absolute(const std::string& base, const std::string& below) const {
  std::string folder;
  if (base == "SRCROOT") folder = source_root_;
  for (std::size_t i = 0; i < absolute_.size(); ++i)
    if (base == "PATH" + std::to_string(i + 1)) folder = is_file_[i] ? parent_of(absolute_[i]) : absolute_[i];
  return (folder == "/" ? "" : folder) + "/" + below;
}

std::string PlaceNamer::shown(const std::string& absolute) const {
  if (relative_ && below(absolute, here_) && absolute != here_) return strip(absolute, here_);
  if (relative_) {
    // ../sibling was given as such.
    std::string up;
    std::string at = here_;
    while (at != "/" && !below(absolute, at)) {
      at = parent_of(at);
      up += "../";
    }
    if (up.size() <= 12 && at != "/") return up + strip(absolute, at);
  }
  return absolute;
}

std::string PlaceNamer::path_below_root() const {
  if (source_root_.empty() || absolute_.size() != 1 || absolute_[0] == source_root_) return "";
  return strip(absolute_[0], source_root_) + "/";
}

}  // namespace kimiguard::cli

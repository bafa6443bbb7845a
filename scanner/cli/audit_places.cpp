#include "scanner/cli/audit_places.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "scanner/cli/disk_file.h"
#include "scanner/cli/places.h"

namespace kimiguard::cli {
namespace {

std::string below(const std::string& path, const std::string& folder) {
  if (path == folder) return "";
  return path.substr(folder == "/" ? 1 : folder.size() + 1);
}

std::string joined(const std::string& folder, const std::string& rest) {
  if (rest.empty()) return folder;
  if (folder.empty() || folder == ".") return rest;
  return folder.back() == '/' ? folder + rest : folder + "/" + rest;
}

std::string file_uri(const std::string& folder) {
  return "file://" + uri_path(folder == "/" ? "" : folder) + "/";
}

}  // namespace

bool is_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with("/");
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

AuditPlaces::AuditPlaces(std::string home, std::string shown_home, std::vector<std::string> paths,
                         std::vector<std::string> shown_paths)
    : home_(std::move(home)),
      shown_home_(std::move(shown_home)),
      paths_(std::move(paths)),
      shown_paths_(std::move(shown_paths)) {
  for (const std::string& path : paths_) {
    const std::size_t slash = path.rfind('/');
    bases_.push_back(is_folder(path) ? path : slash == 0 ? "/" : path.substr(0, slash));
  }
  for (std::string& shown : shown_paths_) {
    while (shown.size() > 1 && shown.back() == '/') shown.pop_back();
    if (shown.starts_with("./") && shown.size() > 2) shown.erase(0, 2);
  }
}

int AuditPlaces::path_of(const std::string& path) const {
  for (std::size_t i = 0; i < paths_.size(); ++i)
    if (is_below(path, paths_[i])) return static_cast<int>(i);
  return -1;
}

bool AuditPlaces::holds_path(const std::string& folder) const {
  return std::any_of(paths_.begin(), paths_.end(), [&](const std::string& path) { return is_below(path, folder); });
}

AuditPlaces::Named AuditPlaces::name(const std::string& path) const {
  if (path.starts_with("proc/")) return {"SYSTEM", path};
  if (is_below(path, home_)) return {"HOME", below(path, home_)};
  if (const int at = path_of(path); at >= 0)
    return {"PATH" + std::to_string(at + 1), below(path, bases_[static_cast<std::size_t>(at)])};
  return {"SYSTEM", path.starts_with("/") ? path.substr(1) : path};
}

std::string AuditPlaces::on_disk(const std::string& base, const std::string& rest) const {
  if (base == "HOME") return joined(home_, rest);
  if (base == "SYSTEM") return rest.starts_with("proc/") ? "" : "/" + rest;
  for (std::size_t i = 0; i < bases_.size(); ++i)
    if (base == "PATH" + std::to_string(i + 1)) return joined(bases_[i], rest);
  return {};
}

std::string AuditPlaces::shown(const std::string& path) const {
  if (const int at = path_of(path); at >= 0) {
    const auto i = static_cast<std::size_t>(at);
    return joined(shown_paths_[i], below(path, paths_[i]));
  }
  if (is_below(path, home_)) return joined(shown_home_, below(path, home_));
  return path;
}

std::string AuditPlaces::shown_in(std::string_view text) const {
  std::string out(text);
  if (out.starts_with("/")) return shown(out);
  return out;
}

std::map<std::string, std::string> AuditPlaces::uri_bases() const {
  std::map<std::string, std::string> bases;
  bases["HOME"] = file_uri(home_);
  bases["SYSTEM"] = "file:///";
  for (std::size_t i = 0; i < paths_.size(); ++i)
    if (!is_below(paths_[i], home_)) bases["PATH" + std::to_string(i + 1)] = file_uri(bases_[i]);
  return bases;
}

}  // namespace kimiguard::cli

#include "scanner/agents/home_layout.h"

#include <sys/stat.h>

#include <array>
#include <utility>

namespace kimiguard::agents {
namespace {

constexpr int kDeepest = 6;  // folders that name folders

// Names of VS Code and of what was made from it, as their user data folders are called.
constexpr std::array<std::string_view, 10> kProducts = {
    "Code", "Code - Insiders", "VSCodium", "Code - OSS", "Cursor", "Windsurf",
    "Trae", "Trae CN",         "Kiro",     "Antigravity"};
constexpr std::array<std::string_view, 5> kServers = {".vscode-server", ".vscode-server-insiders",
                                                      ".cursor-server", ".windsurf-server",
                                                      ".vscodium-server"};

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// A folder's name is literal: what is special in a glob is not special in it.
std::string literal(std::string_view path) {
  std::string text;
  for (const char c : path) {
    if (c == '*' || c == '{' || c == '}' || c == '\\' || c == '?') text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string_view name(System system) {
  static constexpr std::array<std::string_view, 3> kNames = {"linux", "macos", "windows"};
  return kNames[static_cast<std::size_t>(system)];
}

std::optional<System> system_named(std::string_view text) {
  for (const System system : {System::linux, System::macos, System::windows})
    if (name(system) == text) return system;
  return std::nullopt;
}

System system_of_home(const Disk& disk, const std::string& home) {
  const auto there = [&](const char* below) { return S_ISDIR(disk.mode(home + below)); };
  // A Windows home is not mixed with others; a Linux home may hold a Library folder, never its
  // Keychains.
  if (there("/AppData/Roaming") || there("/AppData/Local")) return System::windows;
  if (there("/Library/Application Support") || there("/Library/Keychains")) return System::macos;
  return System::linux;
}

HomeLayout::HomeLayout(System system, std::string home, std::map<std::string, std::string> variables,
                       bool present)
    : system_(system),
      home_(without_slash(std::move(home))),
      variables_(std::move(variables)),
      present_(present) {}

std::string HomeLayout::variable(const std::string& wanted) const {
  const auto found = variables_.find(wanted);
  if (found == variables_.end()) return {};
  std::string value = found->second;
  if (value == "~" || value.starts_with("~/")) value = home_ + value.substr(1);
  if (value.starts_with("$HOME")) value = home_ + value.substr(5);
  if (value.starts_with("${HOME}")) value = home_ + value.substr(7);
  // The XDG specification ignores relative paths; so do we for all: they depend on where one stands.
  return value.starts_with('/') ? without_slash(value) : std::string();
}

std::vector<std::string> HomeLayout::folder(const Profile& profile, std::string_view wanted,
                                            int depth) const {
  if (depth > kDeepest) return {};
  for (const FolderSpec& spec : profile.folders) {
    if (spec.name != wanted) continue;
    for (const std::string& entry : spec.variables) {
      const std::size_t slash = entry.find('/');
      const std::string value = variable(entry.substr(0, slash));
      if (!value.empty())
        return {literal(value + (slash == std::string::npos ? "" : entry.substr(slash)))};
    }
    std::vector<std::string> texts = spec.all;
    const auto& own = system_ == System::linux   ? spec.linux
                      : system_ == System::macos ? spec.macos
                                                 : spec.windows;
    texts.insert(texts.end(), own.begin(), own.end());
    std::vector<std::string> found;
    for (const std::string& text : texts)
      for (std::string& path : expand(profile, text, depth + 1)) found.push_back(std::move(path));
    return found;
  }
  const std::string home = literal(home_);
  const auto xdg = [&](const char* name, const char* below) -> std::vector<std::string> {
    const std::string moved = variable(name);
    return {moved.empty() ? home + below : literal(moved)};
  };
  if (wanted == "home") return {home};
  if (wanted == "config") return xdg("XDG_CONFIG_HOME", "/.config");
  if (wanted == "data") return xdg("XDG_DATA_HOME", "/.local/share");
  if (wanted == "state") return xdg("XDG_STATE_HOME", "/.local/state");
  if (wanted == "cache") return xdg("XDG_CACHE_HOME", "/.cache");
  if (wanted == "downloads") return {home + "/Downloads"};
  if (wanted == "documents") return {home + "/Documents"};
  if (wanted == "appsupport")
    return system_ == System::macos ? std::vector{home + "/Library/Application Support"}
                                    : std::vector<std::string>{};
  if (wanted == "appdata")
    return system_ == System::windows ? std::vector{home + "/AppData/Roaming"}
                                      : std::vector<std::string>{};
  if (wanted == "localappdata")
    return system_ == System::windows ? std::vector{home + "/AppData/Local"}
                                      : std::vector<std::string>{};
  // Where applications keep their own data: Electron's "userData".
  if (wanted == "application")
    return system_ == System::macos     ? std::vector{home + "/Library/Application Support"}
           : system_ == System::windows ? std::vector{home + "/AppData/Roaming"}
                                        : xdg("XDG_CONFIG_HOME", "/.config");
  if (wanted.starts_with("vscode_user")) {
    const std::string_view only =
        wanted.starts_with("vscode_user:") ? wanted.substr(12) : std::string_view{};
    std::vector<std::string> found;
    const std::vector<std::string> application = folder(profile, "application", depth + 1);
    for (const std::string_view product : kProducts) {
      if (!only.empty() && product != only && !(only == "Trae" && product == "Trae CN")) continue;
      for (const std::string& base : application)
        found.push_back(base + "/" + std::string(product) + "/User");
    }
    if (only.empty())
      for (const std::string_view server : kServers)
        found.push_back(home + "/" + std::string(server) + "/data/User");
    if (only == "Cursor") found.push_back(home + "/.cursor-server/data/User");
    return found;
  }
  return {};
}

std::vector<std::string> HomeLayout::expand(const Profile& profile, std::string_view path,
                                            int depth) const {
  if (depth > kDeepest) return {};
  if (path == "~" || path.starts_with("~/")) return {literal(home_) + std::string(path.substr(1))};
  if (path.starts_with('{')) {
    const std::size_t close = path.find('}');
    const std::string_view wanted = path.substr(1, close == std::string_view::npos ? 0 : close - 1);
    if (wanted.find(',') == std::string_view::npos && !wanted.empty()) {
      std::vector<std::string> found;
      if (wanted == "project") return found;
      for (const std::string& base : folder(profile, wanted, depth))
        found.push_back(base + std::string(path.substr(close + 1)));
      return found;
    }
  }
  if (path.starts_with('/')) {
    if (!present_) return {};
    return {std::string(path)};
  }
  return {};
}

std::vector<std::string> HomeLayout::resolve(const Profile& profile, std::string_view path) const {
  return expand(profile, path, 0);
}

}  // namespace kimiguard::agents

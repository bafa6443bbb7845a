// git's configuration files, read as data: nothing in them is obeyed here.
//
// Format: git-config(1), "Syntax". Includes (`include.path`, `includeIf.*.path`) are listed, not
// followed: a repository must not make a scanner open files elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::git {

struct ConfigEntry {
  std::string section;     // lower case
  std::string subsection;  // as written; lower case in the old form [section.subsection]
  std::string key;         // lower case
  std::string value;       // escapes and quotes resolved
  bool has_value = true;   // false for a bare key, which means true
  std::uint64_t line = 0;  // 1-based line of the key
};

class GitConfig {
 public:
  // Reads `text`; a line that is no configuration is skipped and counted. At most 100,000 entries are
  // kept.
  static GitConfig parse(std::string_view text);

  // Appends another file's entries: later ones win.
  void append(GitConfig other);

  // The last value of section.subsection.key; section and key in lower case.
  std::optional<std::string_view> get(std::string_view section, std::string_view subsection,
                                      std::string_view key) const;
  // git's booleans (true, yes, on, 1, bare key …); `fallback` if unset or not one.
  bool get_bool(std::string_view section, std::string_view subsection, std::string_view key,
                bool fallback) const;
  // Every value, in file order.
  std::vector<std::string_view> get_all(std::string_view section, std::string_view subsection,
                                        std::string_view key) const;
  // Subsections of `section` in order of first appearance.
  std::vector<std::string> subsections(std::string_view section) const;

  const std::vector<ConfigEntry>& entries() const { return entries_; }
  // Lines that could not be understood.
  std::uint64_t broken_lines() const { return broken_lines_; }
  bool truncated() const { return truncated_; }

 private:
  std::vector<ConfigEntry> entries_;
  std::uint64_t broken_lines_ = 0;
  bool truncated_ = false;
};

// The URL without user name, password, query and fragment; the form host:path becomes ssh://host/path.
// For reports: what is left out may be a credential.
std::string url_without_credentials(std::string_view url);

}  // namespace kimiguard::git

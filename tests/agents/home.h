// A home folder made at test time, and the audit of it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/audit.h"
#include "scanner/agents/built_in_profiles.h"
#include "scanner/rulebook/built_in.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {

inline const Rulebook& book() {
  static const Rulebook kBook = [] {
    auto read = read_rulebook(built_in_rule_files());
    if (!read) FAIL(read.error().message);
    return *read;
  }();
  return kBook;
}

inline const agents::Profiles& profiles() {
  static const agents::Profiles kProfiles = [] {
    auto read = agents::read_profiles(agents::built_in_profile_files());
    if (!read) FAIL(read.error().message);
    return *read;
  }();
  return kProfiles;
}

class Home {
 public:
  Home() {
    const char* folder = std::getenv("TMPDIR");
    root_ = std::string(folder == nullptr ? "/tmp" : folder) + "/kimiguard-home-XXXXXX";
    if (mkdtemp(root_.data()) == nullptr) FAIL("no folder can be made at " << root_);
    ::mkdir((root_ + "/home").c_str(), 0700);
  }
  ~Home() {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  std::string path(const std::string& below = {}) const {
    return root_ + "/home" + (below.empty() ? "" : "/" + below);
  }
  // Beside the home.
  std::string outside(const std::string& below) const { return root_ + "/" + below; }

  void write(const std::string& below, std::string_view text, unsigned mode = 0600) {
    write_at(path(below), text, mode);
  }
  void write_at(const std::string& at, std::string_view text, unsigned mode = 0600) {
    std::filesystem::create_directories(std::filesystem::path(at).parent_path());
    std::ofstream(at, std::ios::binary) << text;
    ::chmod(at.c_str(), mode);
  }

  agents::AuditInput input() const {
    agents::AuditInput input;
    input.rulebook = &book();
    input.profiles = &profiles();
    input.home = path();
    input.as_of = "2026-11-24";
    return input;
  }
  agents::AuditResult audit() const { return agents::audit(input()); }

 private:
  std::string root_;
};

inline std::vector<std::string> rules_of(const agents::AuditResult& result) {
  std::vector<std::string> rules;
  for (const Finding& finding : result.findings) rules.push_back(finding.rule);
  std::sort(rules.begin(), rules.end());
  return rules;
}
inline std::size_t count_of(const agents::AuditResult& result, std::string_view rule) {
  return static_cast<std::size_t>(std::count_if(result.findings.begin(), result.findings.end(),
                                                [&](const Finding& f) { return f.rule == rule; }));
}
inline const Finding* find_rule(const agents::AuditResult& result, std::string_view rule,
                                std::string_view key_path = {}) {
  for (const Finding& finding : result.findings)
    if (finding.rule == rule && (key_path.empty() || finding.key_path == key_path)) return &finding;
  return nullptr;
}
// Findings above note, as "rule at path:line key" lines, for messages of failed tests.
inline std::string above_note(const agents::AuditResult& result) {
  std::string text;
  for (const Finding& f : result.findings)
    if (f.severity > Severity::note)
      text += f.rule + " at " + f.places.front().path + ":" +
              std::to_string(f.places.front().region.begin.line) + " " + f.key_path + "\n";
  return text;
}
inline const Connection* connection_of(const agents::AuditResult& result, std::string_view tool,
                                       std::string_view slot = {}) {
  for (const Connection& connection : result.connections)
    if (connection.tool == tool && (slot.empty() || connection.slot == slot)) return &connection;
  return nullptr;
}
inline std::string url_of(const Connection* connection) {
  return connection == nullptr || !connection->base_url ? "(none)" : connection->base_url->value;
}
inline std::string key_of(const Connection* connection) {
  return connection == nullptr || !connection->key ? "(none)"
                                                   : std::string(connection->key->secret.reveal());
}

}  // namespace kimiguard::test

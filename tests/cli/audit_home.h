// A home folder of a test's own, and `kimiguard audit` over it as a process.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {

using Json = nlohmann::json;

// What one run of the command said.
struct Audited {
  int status = -1;
  std::string out, err;
  Json report;

  std::vector<std::string> rules() const {
    std::vector<std::string> rules;
    for (const Json& finding : report.at("findings")) rules.push_back(finding.at("ruleId"));
    std::sort(rules.begin(), rules.end());
    return rules;
  }
  std::size_t count(const std::string& rule) const {
    const std::vector<std::string> all = rules();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), rule));
  }
  // The first finding of a rule, at a file that ends so; null if there is none.
  Json finding(const std::string& rule, const std::string& file = {}) const {
    for (const Json& finding : report.at("findings"))
      if (finding.at("ruleId") == rule &&
          finding.at("places").at(0).at("path").get<std::string>().ends_with(file))
        return finding;
    return nullptr;
  }
  // The first finding of a rule about one key; null if there is none. In one's own home others' processes may
  // hold keys, too.
  Json finding_of(const std::string& rule, const std::string& key) const {
    for (const Json& finding : report.at("findings"))
      if (finding.at("ruleId") == rule && finding.value("secret", "").ends_with(key.substr(key.size() - 4))) return finding;
    return nullptr;
  }
  // Findings above a note, for messages.
  std::string above_note() const {
    std::string text;
    for (const Json& finding : report.at("findings")) {
      const std::string severity = finding.at("severity");
      if (severity == "note" || severity == "inventory") continue;
      text += finding.at("ruleId").get<std::string>() + " (" + severity + ") at " +
              finding.at("places").at(0).at("path").get<std::string>() + ": " +
              finding.at("message").get<std::string>() + "\n";
    }
    return text;
  }
  Json connection(const std::string& tool, const std::string& slot = {}) const {
    for (const Json& connection : report.at("inventory").at("connections"))
      if (connection.at("tool") == tool && (slot.empty() || connection.at("slot") == slot)) return connection;
    return nullptr;
  }
  Json key(const std::string& end) const {
    for (const Json& key : report.at("inventory").at("keys"))
      if (key.at("masked").get<std::string>().ends_with(end)) return key;
    return nullptr;
  }
};

class AuditHome {
 public:
  explicit AuditHome(std::uint32_t seed = 1) : keys(seed) { fs::create_directory(home()); }

  fs::path home() const { return folder / "home"; }
  std::string path(const std::string& below = {}) const { return (home() / below).string(); }
  void write(const std::string& below, const std::string& text, unsigned mode = 0600) const {
    const fs::path file = folder.write("home/" + below, text);
    ::chmod(file.c_str(), mode);
  }
  // Beside the home.
  fs::path outside(const std::string& below, const std::string& text, unsigned mode = 0600) const {
    const fs::path file = folder.write(below, text);
    ::chmod(file.c_str(), mode);
    return file;
  }

  // As the home of somebody else: no environment, no processes.
  Ran run(std::vector<std::string> words = {}) const {
    std::vector<std::string> all = {"audit", "--home", home().string(), "--as-of", "2026-11-24"};
    all.insert(all.end(), words.begin(), words.end());
    return kimiguard(all);
  }
  Audited audit(std::vector<std::string> words = {}) const {
    words.insert(words.end(), {"-f", "json"});
    return audited(run(words));
  }
  // As one's own.
  Ran run_present(std::map<std::string, std::string> environment, std::vector<std::string> words = {}) const {
    std::vector<std::string> all = {"audit", "--as-of", "2026-11-24"};
    all.insert(all.end(), words.begin(), words.end());
    RunOptions options;
    options.environment = std::move(environment);
    options.environment["HOME"] = home().string();
    return kimiguard(all, options);
  }
  Audited audit_present(std::map<std::string, std::string> environment, std::vector<std::string> words = {}) const {
    words.insert(words.end(), {"-f", "json"});
    return audited(run_present(std::move(environment), words));
  }

  Folder folder;
  Keys keys;

 private:
  static Audited audited(const Ran& ran) {
    INFO(ran.err);
    Audited made{ran.status, ran.out, ran.err, Json::parse(ran.out, nullptr, false)};
    REQUIRE(made.report.is_object());
    return made;
  }
};

}  // namespace kimiguard::test

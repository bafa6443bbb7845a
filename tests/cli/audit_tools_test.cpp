// One home with every tool in it, right and wrong in several ways, on three layouts: what is found by rule and by tool
// (recall), and that nothing else is (precision). KIMIGUARD_AUDIT_TABLE=1 prints the table.
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "tests/agents/tool_cases.h"
#include "tests/cli/audit_home.h"

namespace kimiguard::test {
namespace {

using Case = ToolCase<AuditHome>;

// rule -> planted, found, others of that rule
struct Score {
  std::size_t planted = 0;
  std::size_t found = 0;
  std::size_t extra = 0;
};
using Table = std::map<std::string, Score>;

Table& table() {
  static Table rows;
  return rows;
}

std::vector<std::string> words(const Layout& layout) { return {"--os", std::string(agents::name(layout.system))}; }

// Rows of the inventory of one tool whose verdict names a rule.
bool is_wrong_by(const Audited& audited, const std::string& tool, const std::string& rule) {
  for (const Json& connection : audited.report.at("inventory").at("connections")) {
    if (connection.at("tool") != tool) continue;
    for (const Json& fault : connection.at("faults"))
      if (fault.at("ruleId") == rule) return true;
  }
  return false;
}

// Every finding above a note whose rule was not planted is one too many.
void count_extra(const Audited& audited, const std::set<std::string>& planted) {
  for (const Json& finding : audited.report.at("findings")) {
    const std::string severity = finding.at("severity");
    const std::string rule = finding.at("ruleId");
    if (severity == "note" || severity == "inventory" || planted.count(rule) != 0) continue;
    ++table()[rule].extra;
    INFO(finding.dump());
    CHECK(rule == "");
  }
}

}  // namespace

TEST_CASE("audit tools: a home with every tool in its right state has no finding above note") {
  for (const Layout& layout : kLayouts) {
    INFO(agents::name(layout.system));
    AuditHome home(301);
    const std::string key = home.keys.platform();
    std::set<std::string> tools;
    for (const Case& one : tool_cases<AuditHome>()) {
      one.write(home, layout, key, "ai");
      tools.insert(one.tool);
    }
    const Audited audited = home.audit(words(layout));
    INFO(audited.above_note());
    // A downloaded export is no store: that it holds a key is right to say.
    for (const Json& finding : audited.report.at("findings")) {
      const std::string severity = finding.at("severity");
      if (severity == "note" || severity == "inventory") continue;
      const std::string path = finding.at("places").at(0).at("path");
      INFO(finding.dump());
      CHECK(finding.at("ruleId") == "moonshot-platform-key");
      CHECK(path.find("/Downloads/") != std::string::npos);
    }
    for (const std::string& tool : tools) {
      INFO(tool);
      bool right = false;
      for (const Json& connection : audited.report.at("inventory").at("connections")) {
        if (connection.at("tool") != tool || !connection.contains("secretSha256")) continue;
        CHECK(connection.at("verdict") != "wrong");
        right = right || connection.at("host") == "api.moonshot.ai";
      }
      CHECK(right);
    }
    CHECK(audited.report.at("inventory").at("system") == agents::name(layout.system));
  }
}

TEST_CASE("audit tools: a Kimi Code key in each tool's platform connection, all in one home") {
  for (const Layout& layout : kLayouts) {
    INFO(agents::name(layout.system));
    AuditHome home(302);
    std::set<std::string> tools;
    // Zed's key is the login's MOONSHOT_API_KEY, which others obey, and cc-switch writes Claude Code's: that they
    // differ would be a fault of its own.
    const std::string exported = home.keys.kimi_code();
    const std::string switched = home.keys.kimi_code();
    for (const Case& one : tool_cases<AuditHome>()) {
      const bool shared = one.tool == "zed" || one.tool == "goose" || one.tool == "openclaw" || one.tool == "qwen-code";
      const bool claude = one.tool == "claude-code" || one.tool == "cc-switch";
      one.write(home, layout, shared ? exported : claude ? switched : home.keys.kimi_code(), "ai");
      tools.insert(one.tool);
    }
    const Audited audited = home.audit(words(layout));
    CHECK(audited.status == 1);
    Score& score = table()["kimi-host-mismatch"];
    for (const std::string& tool : tools) {
      INFO(tool);
      ++score.planted;
      const bool found = is_wrong_by(audited, tool, "kimi-host-mismatch");
      score.found += found;
      CHECK(found);
    }
    // Each of the keys is seen where it lies.
    Score& leaks = table()["kimi-code-key"];
    leaks.planted += tools.size() - 4;
    std::set<std::string> ids;
    for (const Json& finding : audited.report.at("findings"))
      if (finding.at("ruleId") == "kimi-code-key") ids.insert(finding.at("secretSha256"));
    leaks.found += ids.size();
    CHECK(ids.size() == tools.size() - 4);
    count_extra(audited, {"kimi-host-mismatch", "kimi-code-key"});
  }
}

TEST_CASE("audit tools: one key at .cn in every tool and at .ai in kimi-cli is one conflict that names them all") {
  for (const Layout& layout : kLayouts) {
    INFO(agents::name(layout.system));
    AuditHome home(303);
    const std::string key = home.keys.platform();
    std::set<std::string> tools;
    for (const Case& one : tool_cases<AuditHome>()) {
      one.write(home, layout, key, one.tool == "kimi-cli" ? "ai" : "cn");
      tools.insert(one.tool);
    }
    const Audited audited = home.audit(words(layout));
    CHECK(audited.status == 1);
    CHECK(audited.count("kimi-region-conflict") == 1);
    Score& score = table()["kimi-region-conflict"];
    for (const std::string& tool : tools) {
      INFO(tool);
      ++score.planted;
      const bool found = is_wrong_by(audited, tool, "kimi-region-conflict");
      score.found += found;
      CHECK(found);
    }
    count_extra(audited, {"kimi-region-conflict", "moonshot-platform-key"});
  }
}

TEST_CASE("audit tools: every file with a key that others can read, on the layouts that have modes") {
  for (const Layout& layout : kLayouts) {
    INFO(agents::name(layout.system));
    AuditHome home(304);
    const std::string key = home.keys.platform();
    for (const Case& one : tool_cases<AuditHome>()) one.write(home, layout, key, "ai");
    std::set<std::string> with_key;
    for (const auto& entry : fs::recursive_directory_iterator(home.home())) {
      if (!entry.is_regular_file()) continue;
      ::chmod(entry.path().c_str(), 0644);
      if (read_file(entry.path()).find(key) == std::string::npos) continue;
      std::string path = entry.path().string();
      if (path.ends_with("-wal")) path.resize(path.size() - 4);
      with_key.insert(path);
    }
    const Audited audited = home.audit(words(layout));
    std::set<std::string> told;
    for (const Json& finding : audited.report.at("findings"))
      if (finding.at("ruleId") == "kimi-file-mode") told.insert(finding.at("places").at(0).at("path"));
    if (layout.system == System::windows) {
      CHECK(told.empty());
      continue;
    }
    Score& score = table()["kimi-file-mode"];
    for (const std::string& path : with_key) {
      INFO(path);
      ++score.planted;
      score.found += told.count(path);
      CHECK(told.count(path) == 1);
    }
    count_extra(audited, {"kimi-file-mode", "moonshot-platform-key"});
  }
}

TEST_CASE("audit tools: the table") {
  if (std::getenv("KIMIGUARD_AUDIT_TABLE") == nullptr) return;
  std::cout << "| rule | planted | found | recall | others of a rule that was not planted |\n|---|---|---|---|---|\n";
  for (const auto& [rule, score] : table())
    std::cout << "| " << rule << " | " << score.planted << " | " << score.found << " | "
              << (score.planted == 0 ? 100 : 100 * score.found / score.planted) << " % | " << score.extra << " |\n";
}

}  // namespace kimiguard::test

// kimiguard audit
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "scanner/agents/built_in_profiles.h"
#include "scanner/agents/profile.h"
#include "scanner/cli/audit_options.h"
#include "scanner/cli/audit_run.h"
#include "scanner/cli/command.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/exit_status.h"
#include "scanner/cli/output.h"
#include "scanner/cli/parse.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/signals.h"
#include "scanner/report/terminal.h"

namespace kimiguard::cli {
namespace {

// The built-in profiles, then those in the folder `agents` of each --rules folder, which replace them by id.
Result<agents::Profiles> read_profiles(const std::vector<std::string>& rule_paths) {
  std::vector<RuleFile> more;
  for (const std::string& path : rule_paths) {
    std::error_code error;
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(path) / "agents", error))
      if (entry.path().extension() == ".toml") found.push_back(entry.path().string());
    std::sort(found.begin(), found.end());
    for (const std::string& file : found) {
      auto text = read_whole_file(file, std::size_t{4} << 20);
      if (!text) return text.error();
      more.push_back({file, std::move(*text)});
    }
  }
  if (more.empty())
    if (auto built_in = agents::built_in_profiles(); built_in) return built_in;
  std::vector<RuleFile> files = agents::built_in_profile_files();
  std::move(more.begin(), more.end(), std::back_inserter(files));
  return agents::read_profiles(files);
}

int list_tools(const agents::Profiles& profiles, const std::string& format) {
  if (format == "json") {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const agents::Profile& profile : profiles.tools)
      list.push_back({{"id", profile.id},
                      {"title", profile.title},
                      {"vendor", profile.vendor},
                      {"generic", profile.generic},
                      {"asOf", profile.as_of}});
    const Status written = write_all(1, list.dump(2) + "\n");
    return written ? kClean : usage_error(written.error().message);
  }
  std::string text;
  for (const bool generic : {false, true})
    for (const agents::Profile& profile : profiles.tools)
      if (profile.generic == generic)
        text += report::padded(profile.id, 20) + "  " + report::padded(profile.title, 44) + "  " + profile.as_of + "\n";
  const Status written = write_all(1, text);
  return written ? kClean : usage_error(written.error().message);
}

}  // namespace

int run_audit(const std::vector<std::string>& words) {
  AuditOptions options;
  CLI::App app("What every agent here really talks to, with which key, and whether that fits.", "audit");
  app.get_formatter()->column_width(34);
  app.add_option("PATH", options.paths, "Projects whose files are read too (all of them, as scan --only files does)");
  app.add_option("--home", options.home, "The home folder to audit, a copied or mounted one too (default: yours)")->type_name("DIR");
  app.add_option("--os", options.system, "Whose layout that home has (default: told by what lies in it)")
      ->type_name("linux|macos|windows")
      ->check(CLI::IsMember({"linux", "macos", "windows"}));
  app.add_option("--only-tool", options.only_tools, "Only this tool; may be repeated")->type_name("ID")->take_all()->allow_extra_args(false);
  app.add_flag("--list-tools", options.list_tools, "List the tools and kinds of place that are known, and stop");
  app.add_flag("--graph", options.graph, "Print keys, tools and hosts as a Mermaid diagram instead of the report");
  app.add_flag("--no-containers", options.no_containers, "Do not open archives and databases to look for leaks");
  app.add_flag("--no-inline", options.no_inline, "Markers and ignore files below the PATHs allow nothing (as where CI is set)");
  add_common_options(app, options.common, kOutput | kRules | kJudging | kRunning | kSuppression);
  app.footer(
      "Only places that profiles and generic lists name are read, never the whole home. Nothing is run, decrypted,\n"
      "written or sent. The environment and your own processes count when the home is yours.\n"
      "Exit status: 0 nothing found, 1 found, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  kimiguard audit                             this home\n"
      "  kimiguard audit ~/work                      and every project below ~/work\n"
      "  kimiguard audit --home /mnt/c/Users/ann     another home, of Windows\n"
      "  kimiguard audit --only-tool cline -v        one tool, everything about it");
  if (const auto over = parse(app, words)) return *over;
  options.common.lang_given = !options.common.lang.empty();
  if (const Status outputs = check_outputs(options.common); !outputs) return usage_error(outputs.error().message);

  auto rules = RulebookSource::open(options.common.rules);
  if (!rules) return usage_error(rules.error().message);
  auto profiles = read_profiles(options.common.rules);
  if (!profiles) return usage_error(profiles.error().message);
  if (options.list_tools) return list_tools(*profiles, options.common.format);

  remove_copies_on_signals();
  auto report = audit(options, *rules, *profiles);
  if (!report) return usage_error(report.error().message);
  if (options.graph) {
    const Status written = write_graph(options.common, *report, *(*rules)->rulebook());
    if (!written) return usage_error(written.error().message);
    return report->exit_status;
  }
  if (const Status written = write_outputs(options.common, *report, *(*rules)->rulebook()); !written)
    return usage_error(written.error().message);
  return report->exit_status;
}

}  // namespace kimiguard::cli

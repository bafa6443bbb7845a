#include "scanner/cli/common_options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <ctime>

#include "scanner/report/writer.h"

namespace kimiguard::cli {

std::string CommonOptions::language() const {
  if (!lang.empty()) return lang;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::string_view(value).starts_with("zh") ? "zh" : "en";
  }
  return "en";
}

std::string CommonOptions::date() const {
  if (!as_of.empty()) return as_of;
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

void add_common_options(CLI::App& app, CommonOptions& o, unsigned groups) {
  if (groups & kOutput) {
    app.add_option("-f,--format", o.format, "How to print findings: " + report::writer_names())
        ->type_name("FORMAT")
        ->check(CLI::Validator(
            [](std::string& name) {
              return report::writer_named(name) != nullptr ? std::string()
                                                           : "'" + name + "' is no format; use one of " + report::writer_names();
            },
            ""));
    app.add_option("-o,--output", o.output, "Write the report to FILE; the summary for people is still printed")->type_name("FILE");
    app.add_option("--report", o.reports, "Also write FORMAT to FILE; may be repeated")->type_name("FORMAT=FILE")->take_all()->allow_extra_args(false);
    app.add_flag("--show-secrets", o.show_secrets, "Print keys in full (text on this terminal only)");
    app.add_flag("-q,--quiet", o.quiet, "Findings and coverage only");
    app.add_flag("-v,--verbose", o.verbose, "Every key, every place, everything that was skipped");
    app.add_flag("--with-suppressed", o.with_suppressed, "List suppressed findings too");
    app.add_option("--color", o.color, "Colours: auto, always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
  }
  app.add_option("--lang", o.lang, "Language of what people read: en or zh (default: the locale's)")
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}));
  if (groups & kRules)
    app.add_option("--rules", o.rules, "Add or replace rules by those in a file or folder; may be repeated")->type_name("PATH")->take_all()->allow_extra_args(false);
  if (groups & kJudging) {
    app.add_option("--fail-on", o.fail_on, "Exit with 1 from this severity on (default medium)")
        ->type_name("SEVERITY")
        ->check(CLI::IsMember({"note", "low", "medium", "high", "critical"}));
    app.add_flag("--exit-zero", o.exit_zero, "Exit with 0 where 1 would say that something was found");
    app.add_option("--min-confidence", o.min_confidence, "Report from this confidence on (default low)")
        ->type_name("CONFIDENCE")
        ->check(CLI::IsMember({"low", "medium", "high"}));
    app.add_flag("--strict", o.strict, "Exit with 3 also for what is known not to be here or was set aside");
    app.add_option("--as-of", o.as_of, "Judge retired models and expiries as on this day (default today)")
        ->type_name("YYYY-MM-DD")
        ->check(CLI::Validator(
            [](std::string& day) {
              int y = 0, m = 0, d = 0;
              char end = 0;
              return std::sscanf(day.c_str(), "%4d-%2d-%2d%c", &y, &m, &d, &end) == 3 && day.size() == 10 && m >= 1 && m <= 12 && d >= 1 && d <= 31
                         ? std::string()
                         : "'" + day + "' is no date; write it as 2026-11-24";
            },
            ""));
  }
  if (groups & kSuppression)
    app.add_option("--baseline", o.baseline, "Leave out what an earlier JSON or SARIF report already lists")->type_name("FILE");
  if (groups & kRunning) {
    app.add_option("-j,--threads", o.threads, "Threads (default: one for each processor)")->type_name("N")->check(CLI::Range(1, 1024));
    app.add_flag("--no-progress", o.no_progress, "Show no progress bar");
    app.set_config("--config", "", "Read options from a TOML file", false)->type_name("FILE");
    app.allow_config_extras(CLI::config_extras_mode::error);
  }
}

bool takes_value(std::string_view option) {
  static constexpr std::array<std::string_view, 17> kWith = {
      "-f", "--format", "-o", "--output", "--report", "--color", "--lang", "--rules", "--fail-on", "--min-confidence",
      "--as-of", "--baseline", "-j", "--threads", "--config", "--home", "--stdin-name"};
  for (const std::string_view name : kWith)
    if (option == name) return true;
  return false;
}

}  // namespace kimiguard::cli

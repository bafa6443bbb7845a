// kimiguard scan
#include <CLI/CLI.hpp>
#include <algorithm>

#include "scanner/cli/command.h"
#include "scanner/cli/output.h"
#include "scanner/cli/parse.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/scan_options.h"
#include "scanner/cli/scan_run.h"
#include "scanner/cli/signals.h"

namespace kimiguard::cli {
namespace {

// What is scanned is said in one way: of two, one would be left unread without a word.
Status one_selection(const ScanOptions& options) {
  const int selections = int{options.staged} + int{!options.range.empty()} + int{!options.since.empty()} + int{options.branch};
  if (selections > 1) return Error{"usage", "give one of --staged, --range, --since and --branch"};
  if (selections == 1 && std::find(options.paths.begin(), options.paths.end(), "-") != options.paths.end())
    return Error{"usage", "standard input (-) cannot be read together with --staged, --range, --since or --branch; scan it by itself"};
  return Nothing{};
}

}  // namespace

int run_scan(const std::vector<std::string>& words) {
  ScanOptions options;
  CLI::App app("Find leaked Moonshot/Kimi keys in files, whole git histories and pipes.", "scan");
  app.get_formatter()->column_width(34);
  app.add_option("PATH", options.paths, "Files, folders or repositories; - is standard input (default: .)");
  app.add_option("--only", options.only, "Read only files, or only history")->type_name("files|history")->check(CLI::IsMember({"files", "history"}));
  app.add_flag("--staged", options.staged, "What the next commit would bring in: the index against HEAD");
  app.add_option("--range", options.range, "What the commits A..B (or A...B: since their merge base) brought in")->type_name("A..B");
  app.add_option("--since", options.since, "The same for REV..HEAD")->type_name("REV");
  app.add_flag("--branch", options.branch, "What this branch has over its upstream or the default branch");
  app.add_option("--stdin-name", options.stdin_name, "The path to show for standard input")->type_name("PATH");
  app.add_flag("--respect-gitignore", options.respect_gitignore, "Skip files that git ignores (they are read otherwise)");
  app.add_flag("--no-containers", options.no_containers, "Do not open archives and databases");
  app.add_flag("--no-configs", options.no_configs, "Do not judge settings: look for keys only");
  app.add_flag("--no-inline", options.no_inline, "Nothing in the scanned tree allows a finding: no marker, no .kimiguardignore");
  app.add_flag("--foreign-allow", options.foreign_allow, "Markers of other scanners count too (gitleaks:allow and so on)");
  app.add_flag("--how-to-purge", options.common.how_to_purge, "Also print how to take keys out of history, and what that costs");
  add_common_options(app, options.common, kOutput | kRules | kJudging | kRunning | kSuppression);
  app.footer(
      "Exit status: 0 nothing found, 1 found, 2 wrong usage, 3 something could not be read.\n"
      "Examples:\n"
      "  kimiguard scan                              this folder and its history\n"
      "  kimiguard scan --format sarif -o k.sarif    for GitHub code scanning\n"
      "  git diff | kimiguard scan -                 a pipe");
  if (const auto over = parse(app, words)) return *over;
  options.common.lang_given = !options.common.lang.empty();
  if (const Status chosen = one_selection(options); !chosen) return usage_error(chosen.error().message + "\nSee 'kimiguard scan --help'.");
  if (const Status outputs = check_outputs(options.common); !outputs) return usage_error(outputs.error().message);

  auto rules = RulebookSource::open(options.common.rules);
  if (!rules) return usage_error(rules.error().message);
  remove_copies_on_signals();
  auto report = scan(options, *rules);
  if (!report) return usage_error(report.error().message);
  // Reading the rules takes longer than a small scan; a clean text report says nothing of them.
  static const Rulebook kNone;
  const bool plain = report->findings.empty() && only_text(options.common);
  if (const Status written = write_outputs(options.common, *report, plain ? kNone : *(*rules)->rulebook()); !written)
    return usage_error(written.error().message);
  return report->exit_status;
}

}  // namespace kimiguard::cli

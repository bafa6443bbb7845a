// kimiguard merge: JSON reports of many runs, one record a key.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "scanner/cli/command.h"
#include "scanner/cli/common_options.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/merged_page.h"
#include "scanner/cli/output.h"
#include "scanner/cli/parse.h"

namespace kimiguard::cli {

int run_merge(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  std::vector<std::string> files;
  std::vector<std::string> owners;
  std::string format = "text";
  std::string output;
  CommonOptions common;
  CLI::App app("Join JSON reports of many repositories or machines: one record a key.", "merge");
  app.get_formatter()->column_width(34);
  app.add_option("FILE", files, "Reports made with --format json; - is standard input")->required();
  app.add_option("-f,--format", format, "text, json, markdown or csv")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "markdown", "csv"}));
  app.add_option("-o,--output", output, "Write to FILE instead of standard output")->type_name("FILE");
  app.add_option("--codeowners", owners,
                 "Who owns which path: a CODEOWNERS file, for one repository or all; may be repeated")
      ->type_name("[REPOSITORY=]FILE")
      ->take_all()->allow_extra_args(false);
  app.add_option("--color", common.color, "Colours: auto, always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--lang", common.lang, "Language of what people read: en or zh (default: the locale's)")
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}));
  app.footer("Exit status: 0 joined, 2 wrong usage or no report.");
  if (const auto over = parse(app, words)) return *over;

  std::vector<report::MergeInput> reports;
  for (const std::string& file : files) {
    auto text = read_whole_file(file, kMost);
    if (!text) return usage_error(text.error().message);
    reports.push_back({file, std::move(*text)});
  }
  std::vector<report::OwnersInput> owned;
  for (const std::string& one : owners) {
    // A repository's address may itself hold "="; a file name that does is given as "=FILE".
    const std::size_t equals = one.rfind('=');
    const std::string repository = equals == std::string::npos ? "" : one.substr(0, equals);
    auto text = read_whole_file(equals == std::string::npos ? one : one.substr(equals + 1), kMost);
    if (!text) return usage_error(text.error().message);
    owned.push_back({repository, std::move(*text)});
  }
  auto merged = report::merge_reports(reports, owned);
  if (!merged) return usage_error(merged.error().message);
  std::string text;
  if (format == "json")
    text = report::merged_json(*merged);
  else if (format == "csv")
    text = merged_csv(*merged);
  else if (format == "markdown")
    text = merged_markdown(*merged, common.language());
  else
    text = merged_text(*merged, common.language(),
                       output.empty() ? screen_of(STDOUT_FILENO, common.color) : Screen{});
  const Status written =
      output.empty() || output == "-" ? write_all(STDOUT_FILENO, text) : write_file(output, text);
  return written ? 0 : usage_error(written.error().message);
}

}  // namespace kimiguard::cli

// kimiguard rules: the rules in force.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "scanner/cli/command.h"
#include "scanner/cli/output.h"
#include "scanner/cli/page.h"
#include "scanner/cli/parse.h"
#include "scanner/cli/rule_page.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/screen.h"
#include "scanner/cli/text_scan.h"
#include "scanner/cli/tool_options.h"
#include "scanner/report/redactor.h"
#include "scanner/report/voice.h"
#include "scanner/rulebook/check.h"
#include "scanner/rulebook/export_rules.h"
#include "scanner/rulebook/nearest_word.h"

namespace kimiguard::cli {
namespace {

using report::Voice;

// Examples are filled from a fixed seed, so that a check fails for everybody or for nobody.
constexpr std::uint64_t kSeed = 20261124;

int print(const std::string& text) {
  const Status written = write_all(STDOUT_FILENO, text);
  return written ? 0 : usage_error(written.error().message);
}

int no_such_rule(const Rulebook& book, const std::string& id) {
  std::vector<std::string_view> ids;
  for (const Rule& rule : book.rules) ids.push_back(rule.id);
  std::string message = "there is no rule '" + id + "'";
  std::error_code ignored;
  if (std::filesystem::exists(id, ignored))
    return usage_error(message + "; to use a file of rules: --rules " + id);
  if (const std::string_view near = rulebook::nearest_word(id, ids); !near.empty())
    message += "; did you mean '" + std::string(near) + "'?";
  return usage_error(message + "\n'kimiguard rules list' names them all.");
}

std::string list_text(const Rulebook& book, const Voice& voice, const Screen& screen) {
  const report::Paint paint(screen.color);
  int ids = 0;
  for (const Rule& rule : book.rules) ids = std::max(ids, report::display_width(rule.id));
  const int severities = voice.chinese() ? 6 : 10;
  const int precisions = 11;
  std::string out;
  for (const Rule::Kind kind : {Rule::Kind::leak, Rule::Kind::configuration}) {
    bool first = true;
    for (const Rule& rule : book.rules) {
      if (rule.kind != kind) continue;
      if (first) {
        if (!out.empty()) out += "\n";
        out += paint(report::Paint::Ink::bold,
                     kind == Rule::Kind::leak ? voice("Leaks", "泄露") : voice("Settings", "配置")) +
               "\n";
      }
      first = false;
      std::string title = report::printable_line(rule.title.in(voice.language()));
      if (!rule.file.starts_with("built-in:")) title += "  [" + report::printable_line(rule.file) + "]";
      const std::string head = "  " + report::padded(report::printable_line(rule.id), ids + 2);
      const std::string facts = report::padded(voice.severity(rule.worst), severities) +
                                report::padded(rule.precision, precisions);
      const int room = screen.width - 2 - ids - 2 - severities - precisions;
      if (room >= report::display_width(title)) {
        out += head + facts + title + "\n";
      } else {
        // A narrow terminal: the title on lines of its own.
        out += head + report::padded(voice.severity(rule.worst), severities) + rule.precision + "\n";
        for (const std::string& line : report::wrapped(title, std::max(screen.width - 4, 20)))
          out += "    " + line + "\n";
      }
    }
  }
  out += "\n" + voice.count(book.rules.size(), "rule", "rules", "条规则") +
         std::string(
             voice(". Columns: worst severity, precision. `kimiguard rules show ID` tells all of one.\n",
                   "。各列：最高级别、准确度。用 kimiguard rules show ID 查看详情。\n"));
  return out;
}

int check(RulebookSource& source, const std::string& only, const ToolOptions& options) {
  const std::shared_ptr<const Rulebook> book = source.rulebook();
  if (!only.empty() && book->rule(only) == nullptr) return no_such_rule(*book, only);
  auto detection = source.detection();
  if (!detection) return usage_error(detection.error().message);
  TextScan scan(*detection, book);
  const Yields yields = [&](std::string_view text) -> Result<std::vector<std::string>> {
    std::set<std::string> ids;
    for (const Finding& finding : scan.findings(text, {})) ids.insert(finding.rule);
    return std::vector<std::string>(ids.begin(), ids.end());
  };
  const CheckOutcome outcome = check_examples(*book, yields, kSeed, only);
  if (options.json()) {
    report::Json object;
    object["format"] = "kimiguard-rules-check/1";
    object["rules"] = outcome.rules;
    object["examples"] = outcome.examples;
    report::Json failures = report::Json::array();
    for (const CheckFailure& failure : outcome.failures)
      failures.push_back(report::Json{{"rule", failure.rule},
                                      {"file", failure.file},
                                      {"line", failure.line},
                                      {"example", failure.example},
                                      {"words", failure.words}});
    object["failures"] = failures;
    if (const int bad = print(report::Redactor()(report::dumped(object, 2)) + "\n"); bad != 0)
      return bad;
    return outcome.failures.empty() ? 0 : 1;
  }
  const Voice voice(options.language());
  std::string out;
  for (const CheckFailure& failure : outcome.failures)
    out += report::printable_line(failure.file + ":" + std::to_string(failure.line) + ": " +
                                  failure.rule + ": " + failure.words) +
           "\n    " + report::printable_line(failure.example) + "\n";
  out += voice.count(outcome.examples, "example", "examples", "个示例") +
         std::string(voice(" of ", "，来自 ")) + voice.count(outcome.rules, "rule", "rules", "条规则") +
         std::string(voice.colon());
  out += outcome.failures.empty()
             ? std::string(voice("all as they should be.", "全部符合预期。"))
             : voice.count(outcome.failures.size(), "failure", "failures", "个不符合") +
                   std::string(voice.full_stop());
  out += "\n";
  if (const int bad = print(report::Redactor()(out)); bad != 0) return bad;
  return outcome.failures.empty() ? 0 : 1;
}

// `rules export`: our rules for another program.
int run_export(const std::vector<std::string>& words) {
  std::string format;
  std::vector<std::string> paths;
  CLI::App app("Write our secret rules as a rule file of another program.", "rules export");
  app.get_formatter()->column_width(34);
  app.add_option("-f,--format", format, "gitleaks, betterleaks, kingfisher or github-custom-pattern")
      ->type_name("FORMAT")
      ->required()
      ->check(CLI::IsMember({"gitleaks", "betterleaks", "kingfisher", "github-custom-pattern"}));
  app.add_option("--rules", paths, "Add or replace rules by those in a file or folder; may be repeated")
      ->type_name("PATH")
      ->take_all()->allow_extra_args(false);
  app.footer(
      "What the other program cannot ask is said in the file.\n"
      "Example:\n"
      "  kimiguard rules export --format gitleaks > kimi.gitleaks.toml");
  if (const auto over = parse(app, words)) return *over;
  auto source = RulebookSource::open(paths);
  if (!source) return usage_error(source.error().message);
  return print(export_rules(*(*source)->rulebook(), *export_format_named(format)));
}

}  // namespace

int run_rules(const std::vector<std::string>& words) {
  if (!words.empty() && words.front() == "export") return run_export({words.begin() + 1, words.end()});
  ToolOptions options;
  std::string what = "list";
  std::string id;
  CLI::App app("List the rules in force, show one, or run every rule's own examples.", "rules");
  app.get_formatter()->column_width(34);
  app.add_option("ACTION", what, "list (default), show, check, or export for another program")
      ->type_name("list|show|check|export")
      ->check(CLI::IsMember({"list", "show", "check"}));
  app.add_option("ID", id, "A rule's id: which to show, or the only one to check");
  add_tool_options(app, options, true);
  app.footer(
      "Exit status: 0 fine, 1 an example did not do what its rule says, 2 wrong usage or a broken rule "
      "file.\n"
      "Examples:\n"
      "  kimiguard rules show kimi-code-key\n"
      "  kimiguard rules check --rules my-rules.toml");
  if (const auto over = parse(app, words)) return *over;
  auto source = RulebookSource::open(options.rules);
  if (!source) return usage_error(source.error().message);
  const std::shared_ptr<const Rulebook> book = (*source)->rulebook();
  const Screen screen = screen_of(STDOUT_FILENO, options.color);
  if (what == "check") return check(**source, id, options);
  if (what == "show") {
    if (id.empty())
      return usage_error(
          "which rule? Write 'kimiguard rules show ID'; 'kimiguard rules list' names them all.");
    const Rule* rule = book->rule(id);
    if (rule == nullptr) return no_such_rule(*book, id);
    return print(options.json() ? report::Redactor()(report::dumped(
                                      rule_facts(*rule, *book, options.machine_language(), true), 2)) +
                                      "\n"
                                : rule_text(*rule, *book, options.language(), screen));
  }
  if (!id.empty())
    return usage_error("'kimiguard rules list' takes no id; write 'kimiguard rules show " + id + "'");
  if (!options.json())
    return print(report::Redactor()(list_text(*book, Voice(options.language()), screen)));
  report::Json rules = report::Json::array();
  for (const Rule& rule : book->rules)
    rules.push_back(rule_facts(rule, *book, options.machine_language(), false));
  report::Json object;
  object["format"] = "kimiguard-rules/1";
  object["rules"] = rules;
  return print(report::Redactor()(report::dumped(object, 2)) + "\n");
}

}  // namespace kimiguard::cli

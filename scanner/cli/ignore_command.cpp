// kimiguard ignore: writes a reviewed suppression into .kimiguardignore.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "scanner/cli/command.h"
#include "scanner/cli/common_options.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/ignore_place.h"
#include "scanner/cli/output.h"
#include "scanner/cli/parse.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/report/redactor.h"
#include "scanner/report/terminal.h"
#include "scanner/report/voice.h"
#include "scanner/rulebook/nearest_word.h"
#include "scanner/suppress/ignore_file.h"

namespace kimiguard::cli {
namespace {

constexpr std::size_t kMost = std::size_t{1} << 20;  // as much as is read back

std::uint64_t line_of(std::string_view text, std::string_view line) {
  std::uint64_t number = 1;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (text.substr(0, end) == line) return number;
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
  }
  return 0;
}

}  // namespace

int run_ignore(const std::vector<std::string>& words) {
  suppress::IgnoreEntry entry;
  std::string lang;
  std::vector<std::string> rule_paths;
  CLI::App app("Accept a finding that was looked at: adds a line with the reason to .kimiguardignore.",
               "ignore");
  app.get_formatter()->column_width(34);
  app.add_option("ID", entry.id, "The id beside the finding: 8 to 16 hex digits");
  app.add_option("--reason", entry.reason, "Why it is fine (required)")->type_name("TEXT");
  app.add_option("--rule", entry.rule, "Only findings of this rule")->type_name("RULE-ID");
  app.add_option("--path", entry.path, "Only below paths that fit this glob, as in .gitignore")
      ->type_name("GLOB");
  bool in_home = false;
  app.add_flag("--in-home", in_home, "Write into the home folder's file, which every audit reads");
  app.add_option("--expires", entry.expires, "The last day on which this counts")
      ->type_name("YYYY-MM-DD");
  app.add_option("--rules", rule_paths, "Where rules of your own stand, if --rule names one")
      ->type_name("PATH")
      ->take_all()->allow_extra_args(false);
  app.add_option("--lang", lang, "Language of what people read: en or zh (default: the locale's)")
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}));
  app.footer(
      "The file is written at the root of the repository that holds this folder; with --in-home, for what an audit\n"
      "found, in the home folder. An id names a key wherever it lies, or one setting; --path narrows it to some places.\n"
      "Examples:\n"
      "  kimiguard ignore 7e831dac --reason \"revoked on 2026-03-01, kept as evidence\"\n"
      "  kimiguard ignore --rule kimi-model-retired --path 'docs/**' --reason \"a page about old "
      "models\" --expires 2027-01-31");
  if (const auto over = parse(app, words)) return *over;
  CommonOptions common;
  common.lang = lang;
  const report::Voice voice(common.language());

  std::transform(entry.id.begin(), entry.id.end(), entry.id.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  // A key in the file would be the leak that it allows.
  const report::Redactor redact;
  for (const std::string* value : {&entry.id, &entry.reason, &entry.rule, &entry.path})
    if (redact(*value) != *value)
      return usage_error(
          "that holds a key. Give the id that stands beside the finding, and leave the key out of the "
          "reason.");
  if (!entry.rule.empty()) {
    auto rules = RulebookSource::open(rule_paths);
    if (!rules) return usage_error(rules.error().message);
    const std::shared_ptr<const Rulebook> book = (*rules)->rulebook();
    if (book->rule(entry.rule) == nullptr) {
      std::vector<std::string_view> ids;
      for (const Rule& rule : book->rules) ids.push_back(rule.id);
      std::string message = "there is no rule '" + entry.rule + "'";
      if (const std::string_view near = rulebook::nearest_word(entry.rule, ids); !near.empty())
        message += "; did you mean '" + std::string(near) + "'?";
      return usage_error(message + "\n'kimiguard rules list' names them all.");
    }
  }

  const std::string root = in_home ? home_ignore_folder() : ignore_folder();
  if (root.empty()) return usage_error("HOME is not set, so there is no home folder to write into");
  const std::string file = root + "/" + std::string(kIgnoreFile);
  std::string before;
  if (is_there(file)) {
    if (!is_plain_file(file)) return usage_error(file + " is a link or no file; it is not written to");
    auto read = read_whole_file(file, kMost);
    if (!read) return usage_error(read.error().message);
    before = std::move(*read);
  }
  auto after = suppress::add_ignore_entry(before, entry);
  if (!after) return usage_error(after.error().message + "\nSee 'kimiguard ignore --help'.");
  const std::string line = suppress::ignore_line(entry);
  const std::uint64_t number = line_of(*after, line);
  // Asked before: the same line changes nothing.
  const bool same = *after == before;
  if (!same)
    if (const Status written = write_file(file, *after); !written)
      return usage_error(written.error().message);

  std::string out;
  const auto say = [&](std::string_view en, std::string_view zh) {
    out += std::string(voice(en, zh)) + "\n";
  };
  const std::string place = file + ":" + std::to_string(number);
  if (same)
    say("Nothing to do: " + place + " says so already.", "无需更改：" + place + " 已有该条。");
  else
    say("Added to " + place, "已写入 " + place);
  out += "  " + line + "\n";
  if (!entry.id.empty() && entry.rule.empty() && entry.path.empty())
    say((in_home ? "It accepts this key (or this setting) in every audit" : "It accepts this key (or this setting) wherever it lies below that folder") +
            (entry.expires.empty() ? std::string() : ", up to and with " + entry.expires) +
            "; every report counts it as suppressed.",
        (in_home ? "它在每次 audit 中接受此密钥（或此处设置）" : "它在该目录下的任何位置接受此密钥（或此处设置）") +
            (entry.expires.empty() ? std::string() : "，有效至 " + entry.expires + "（含当日）") +
            "；每份报告都会计入被抑制的数量。");
  else
    say("It accepts what fits all of these" +
            (entry.expires.empty() ? std::string() : ", up to and with " + entry.expires) +
            "; every report counts it as suppressed.",
        "它接受同时符合以上各项的结果" +
            (entry.expires.empty() ? std::string() : "，有效至 " + entry.expires + "（含当日）") +
            "；每份报告都会计入被抑制的数量。");
  if (!entry.expires.empty() && entry.expires < common.date())
    say("That day is past: the line counts for nothing until you renew it.",
        "该日期已过：更新之前此条不起作用。");
  if (in_home)
    say("To undo, delete that line.", "如需撤销，删除该行即可。");
  else
    say("To undo, delete that line. Commit the file, so that others see the reason.",
        "如需撤销，删除该行即可。请提交此文件，让其他人看到理由。");
  const Status written = write_all(STDOUT_FILENO, out);
  return written ? 0 : usage_error(written.error().message);
}

}  // namespace kimiguard::cli

// Markdown for a job summary or a comment: a table of keys, then what to do, folded where long.
#include <algorithm>

#include "scanner/core/finding_id.h"
#include "scanner/report/purge.h"
#include "scanner/report/about.h"
#include "scanner/report/changes.h"
#include "scanner/report/digest.h"
#include "scanner/report/inventory.h"
#include "scanner/report/markup.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"

namespace kimiguard::report {
namespace {

constexpr std::size_t kMaxRows = 200;  // GitHub cuts a summary at 1 MiB
constexpr std::size_t kMaxPlaces = 5;
constexpr std::size_t kMaxGaps = 50;

std::string mark(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "🟥";
    case Severity::high:
      return "🟧";
    case Severity::medium:
      return "🟨";
    case Severity::low:
      return "🟦";
    default:
      return "⬜";
  }
}

std::string code_or_nothing(const std::string& text) { return text.empty() ? std::string() : markdown_code(text); }

// "`value`<br>from".
std::string part(const std::string& value, const SettingPlace& from, std::string_view language) {
  std::string text = code_or_nothing(value);
  const std::string source = source_words(from, language);
  if (!source.empty()) text += (text.empty() ? "" : "<br>") + markdown_text(source);
  return text;
}

void inventory(const Inventory& all, const Rulebook& rulebook, const Options& options, std::ostream& out) {
  const Voice voice(options.language);
  if (!all.connections.empty()) {
    out << "### " << voice("What each tool talks to", "各工具实际连接的地址") << "\n\n| | " << voice("Tool", "工具") << " | "
        << voice("Address", "地址") << " | " << voice("Key", "密钥") << " | " << voice("Model", "模型") << " | "
        << voice("Verdict", "结论") << " |\n|---|---|---|---|---|---|\n";
    std::size_t right = 0;
    std::size_t rows = 0;
    std::string folded;
    for (const ConnectionEntry& connection : all.connections) {
      if (!connection.wrong() && !options.verbose) {
        if (++right <= 40) folded += (folded.empty() ? "" : ", ") + connection_name(connection) + " → " + target_words(connection, options.language);
        continue;
      }
      if (++rows > kMaxRows) continue;
      std::string verdicts;
      for (const std::string& verdict : verdict_words(connection, rulebook, options.language))
        verdicts += (verdicts.empty() ? "" : "<br>") + markdown_text(verdict);
      if (!connection.active) verdicts += (verdicts.empty() ? "" : "<br>") + std::string(voice("not in use now", "当前未使用"));
      out << "| " << (connection.wrong() ? mark(connection.worst()) : "🟩") << " | " << markdown_text(connection_name(connection)) << " | "
          << part(target_words(connection, options.language), connection.url, options.language) << " | "
          << part(utf8_name(connection.key.value), connection.key, options.language) << " | "
          << part(utf8_name(connection.model.value), connection.model, options.language) << " | " << verdicts << " |\n";
    }
    out << "\n";
    if (right > 0) {
      out << "🟩 " << voice.count(right, "right", "right", "处无误") << voice.colon() << markdown_text(folded);
      if (right > 40) out << " …";
      out << "\n\n";
    }
  }
  if (all.keys.empty()) return;
  out << "### " << voice("Keys and where they lie", "密钥及其位置") << "\n\n| | " << voice("Key", "密钥") << " | "
      << voice("What it is", "是什么") << " | " << voice("Where", "位置") << " | " << voice("Used by", "使用者") << " | "
      << voice("There since, or longer (file dates)", "至少自何时起（据文件日期）") << " |\n|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < all.keys.size() && i < kMaxRows; ++i) {
    const KeyEntry& key = all.keys[i];
    out << "| " << (key.worst > Severity::note ? mark(key.worst) : "🟩") << " | " << markdown_code(key.masked) << " | "
        << markdown_text(key_words(key, rulebook, options.language)) << " | ";
    for (std::size_t p = 0; p < key.places.size() && p < kMaxPlaces; ++p) {
      const KeyPlace& place = key.places[p];
      std::string where = utf8_name(place.path);
      if (place.line > 0) where += ":" + std::to_string(place.line);
      out << (p > 0 ? "<br>" : "") << markdown_code(where) << " " << mode_words(place.mode) << " "
          << markdown_text(kind_words(place.kind, options.language));
    }
    if (key.places.size() > kMaxPlaces) out << "<br>+" << key.places.size() - kMaxPlaces;
    out << " | ";
    for (std::size_t u = 0; u < key.users.size() && u < 8; ++u) out << (u > 0 ? ", " : "") << markdown_text(utf8_name(key.users[u]));
    if (key.users.size() > 8) out << " +" << key.users.size() - 8;
    out << " | " << key.since << " |\n";
  }
  out << "\n";
}

}  // namespace

namespace {

// What is wrong, and below it each change.
std::string configuration_cell(const Group& group, std::string_view language) {
  const Voice voice(language);
  std::string text = markdown_text(message_of(group.first(), group.rule, language, When::now).text);
  for (const ChangeStep& step : change_steps(group.first()))
    text += "<br>**" + std::string(change_label(step, voice)) + "** " + markdown_text(change_words(step, voice));
  return text;
}

}  // namespace

void write_markdown(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                    std::ostream& out) {
  const Voice voice(options.language);
  const Digest all = digest(report, rulebook, options.language);
  out << "## kimiguard\n\n";
  const bool missed = report->coverage.has(GapKind::unreadable);
  if (all.groups.empty()) {
    out << "**"
        << (missed ? voice("Nothing found in what could be read.", "在能读取的内容中未发现问题。")
                   : voice("Nothing found.", "未发现问题。"))
        << "** ";
  } else {
    out << "**";
    if (all.keys > 0)
      out << voice.count(all.keys, "key where it should not be", "keys where they should not be",
                         "个密钥出现在不该出现的地方");
    if (all.keys > 0 && all.settings > 0) out << voice(", ", "，");
    if (all.settings > 0)
      out << voice.count(all.settings, "setting to look at", "settings to look at", "处配置需要检查");
    out << "**\n\n| | " << voice("What", "是什么") << " | " << voice("Where", "位置") << " | "
        << voice("Issued by", "签发方") << " | ID |\n|---|---|---|---|---|\n";
    for (std::size_t i = 0; i < all.groups.size() && i < kMaxRows; ++i) {
      const Group& group = all.groups[i];
      out << "| " << mark(group.severity) << " " << voice.severity(group.severity) << " | "
          << markdown_text(group.title);
      if (!group.key.empty()) out << "<br>" << markdown_code(group.key);
      out << " | ";
      for (std::size_t p = 0; p < group.places.size() && p < kMaxPlaces; ++p) {
        const std::string words = place_words(*group.places[p], options.language);
        out << (p > 0 ? "<br>" : "") << markdown_code(utf8_name(spot(*group.places[p])));
        if (!words.empty()) out << " " << markdown_text(words);
      }
      if (group.places.size() > kMaxPlaces)
        out << "<br>"
            << (voice.chinese() ? "另有 " + std::to_string(group.places.size() - kMaxPlaces) + " 处"
                                : "and " + std::to_string(group.places.size() - kMaxPlaces) + " more");
      std::string git;
      for (const std::string& sentence : provenance_sentences(group, options.language))
        git += (git.empty() ? "" : voice.chinese() ? "" : " ") + sentence;
      if (!git.empty()) out << "<br>" << markdown_text(git);
      out << " | ";
      if (group.configuration)
        out << configuration_cell(group, options.language);
      else
        out << markdown_text(issuer_sentence(group, options.language));
      out << " | " << markdown_code(group.id.substr(0, kShownIdDigits)) << " |\n";
    }
    if (all.groups.size() > kMaxRows)
      out << "\n"
          << (voice.chinese() ? "另有 " + std::to_string(all.groups.size() - kMaxRows) + " 项"
                              : "and " + std::to_string(all.groups.size() - kMaxRows) + " more")
          << "\n";
    out << "\n";
    if (!all.advice.empty()) out << "### " << voice("What to do", "怎么做") << "\n\n";
    for (const SharedAdvice& shared : all.advice) {
      if (&shared - all.advice.data() >= static_cast<std::ptrdiff_t>(kMaxRows)) break;
      out << "**" << markdown_text(shared.advice.title) << "**";
      for (std::size_t i = 0; i < shared.groups.size() && i < 8; ++i)
        out << " " << markdown_code(shared.groups[i]->id.substr(0, kShownIdDigits));
      out << "\n\n";
      for (std::size_t i = 0; i < shared.advice.steps.size(); ++i)
        out << i + 1 << ". " << markdown_text(shared.advice.steps[i]) << "\n";
      out << "\n";
    }
    if (options.how_to_purge) {
      out << "### " << voice("Taking keys out of git history", "从 git 历史中清除密钥") << "\n\n";
      std::size_t number = 0;
      for (const std::string& step : purge_steps(all, options.language)) {
        const std::size_t end = step.find('\n');
        out << ++number << ". " << markdown_text(step.substr(0, end)) << "\n";
        if (end != std::string::npos) out << "\n   ```sh\n" << step.substr(end + 1) << "\n   ```\n";
      }
      out << "\n";
    }
    out << voice("To accept one: ", "接受某一项：") << "`kimiguard ignore ID" << (report->command == "audit" ? " --in-home" : "")
        << " --reason \"…\"`\n\n";
  }
  if (report->inventory) inventory(*report->inventory, rulebook, options, out);
  out << markdown_text(coverage_line(*report, options.language));
  if (report->suppressed > 0)
    out << (voice.chinese() ? std::to_string(report->suppressed) + " 处被抑制。"
                            : " " + std::to_string(report->suppressed) + " suppressed.");
  out << "\n";
  if (options.with_suppressed && !all.suppressed.empty()) {
    out << "\n### " << voice("Suppressed", "已抑制") << "\n\n";
    for (std::size_t i = 0; i < all.suppressed.size() && i < kMaxRows; ++i) {
      const Finding& finding = *all.suppressed[i];
      out << "- " << markdown_code(finding_id(finding).substr(0, kShownIdDigits)) << " "
          << markdown_text(finding.rule);
      if (!finding.places.empty()) out << " " << markdown_code(utf8_name(spot(finding.places.front())));
      out << ": " << markdown_text(finding.suppression->justification) << " ("
          << markdown_text(finding.suppression->where) << ")\n";
    }
  }
  const std::vector<std::string> gaps = gap_lines(*report, options.language);
  if (!gaps.empty()) {
    out << "\n<details><summary>" << voice("What was not read", "未读取的内容") << " (" << gaps.size()
        << ")</summary>\n\n";
    for (std::size_t i = 0; i < gaps.size() && i < kMaxGaps; ++i)
      out << "- " << markdown_text(gaps[i]) << "\n";
    if (gaps.size() > kMaxGaps) out << "- +" << gaps.size() - kMaxGaps << "\n";
    out << "\n</details>\n";
  }
  for (const std::string& note : report->notes) out << "\n" << markdown_text(note) << "\n";
}

}  // namespace kimiguard::report

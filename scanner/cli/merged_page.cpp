#include "scanner/cli/merged_page.h"

#include <algorithm>
#include <vector>

#include "scanner/cli/page.h"
#include "scanner/core/finding_id.h"
#include "scanner/report/markup.h"
#include "scanner/report/redactor.h"
#include "scanner/report/voice.h"

namespace kimiguard::cli {
namespace {

using report::Merged;
using report::MergedPlace;
using report::MergedRecord;
using report::Voice;

constexpr std::size_t kPlaces = 5;  // shown of each record in texts for people

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

std::string spot(const MergedPlace& place) {
  std::string text = place.repository;
  if (!text.empty()) text += "  ";
  text += place.path;
  if (place.line > 0) text += ":" + std::to_string(place.line);
  return text;
}

std::string pushed_word(Pushed pushed, const Voice& voice) {
  switch (pushed) {
    case Pushed::yes:
      return std::string(voice("pushed", "已推送"));
    case Pushed::no:
      return std::string(voice("not pushed as far as is known", "据所知未推送"));
    default:
      return std::string(voice("not known", "未知"));
  }
}

std::string what_of(const MergedRecord& record) {
  std::string text = joined(record.rules);
  if (!record.secret.empty()) text += "  " + record.secret;
  return text;
}

// A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection).
std::string cell(std::string_view text) {
  std::string out = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
    out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

}  // namespace

std::string merged_text(const Merged& merged, std::string_view language, const Screen& screen) {
  const Voice voice(language);
  Page page(screen, voice.chinese() ? 8 : 10);
  page.title(voice.count(merged.records.size(), "record", "records", "条记录") +
             std::string(voice(" from ", "，来自 ")) +
             voice.count(merged.reports, "report", "reports", "份报告"));
  for (const MergedRecord& record : merged.records) {
    page.blank();
    page.title(upper(voice.severity(record.severity)) + "  " + what_of(record),
               record.id.substr(0, kShownIdDigits));
    page.field(voice("Realm", "归属"), record.realm);
    page.field(voice("First seen", "最早"), record.first_seen);
    page.field(voice("Pushed", "推送"), pushed_word(record.pushed, voice));
    page.field(voice("Owners", "负责人"), joined(record.owners, " "));
    for (std::size_t i = 0; i < std::min(record.places.size(), kPlaces); ++i)
      page.field(i == 0 ? voice("Where", "位置") : std::string_view(), spot(record.places[i]));
    if (record.places.size() > kPlaces)
      page.field("", std::string(voice("and ", "另有 ")) +
                         report::grouped_digits(record.places.size() - kPlaces) +
                         std::string(voice(" more", " 处")));
  }
  if (!merged.incomplete.empty()) {
    page.blank();
    page.paragraph(
        std::string(voice("Not everything could be read in: ", "以下报告未能读取全部内容：")) +
            joined(merged.incomplete),
        0, Page::Ink::medium);
  }
  return report::Redactor()(page.text());
}

std::string merged_markdown(const Merged& merged, std::string_view language) {
  const Voice voice(language);
  std::string out = "## kimiguard\n\n" +
                    voice.count(merged.records.size(), "record", "records", "条记录") +
                    std::string(voice(" from ", "，来自 ")) +
                    voice.count(merged.reports, "report", "reports", "份报告") + "\n\n";
  if (!merged.records.empty()) {
    out += voice("| severity | id | what | repositories | first seen | pushed | owners | where |\n",
                 "| 级别 | ID | 内容 | 仓库 | 最早 | 推送 | 负责人 | 位置 |\n");
    out += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  }
  for (const MergedRecord& record : merged.records) {
    std::string where;
    for (std::size_t i = 0; i < std::min<std::size_t>(record.places.size(), 3); ++i)
      where += (i > 0 ? "<br>" : "") +
               report::markdown_code(
                   record.places[i].path +
                   (record.places[i].line > 0 ? ":" + std::to_string(record.places[i].line) : ""));
    if (record.places.size() > 3) where += "<br>+" + std::to_string(record.places.size() - 3);
    out += "| " + std::string(voice.severity(record.severity)) + " | " +
           report::markdown_code(record.id.substr(0, kShownIdDigits)) + " | " +
           report::markdown_text(what_of(record)) + " | " +
           report::markdown_text(joined(record.repositories)) + " | " +
           report::markdown_text(record.first_seen) + " | " + std::string(name(record.pushed)) + " | " +
           report::markdown_text(joined(record.owners, " ")) + " | " + where + " |\n";
  }
  if (!merged.incomplete.empty())
    out += "\n" + std::string(voice("Not everything could be read in: ", "以下报告未能读取全部内容：")) +
           report::markdown_text(joined(merged.incomplete)) + "\n";
  return report::Redactor()(out);
}

std::string merged_csv(const Merged& merged) {
  std::string out =
      "id,kind,severity,rules,secret,realm,first_seen,pushed,owners,repository,path,line,class,place_"
      "pushed,commit,date,place_owners\r\n";
  for (const MergedRecord& record : merged.records)
    for (const MergedPlace& place : record.places)
      out += cell(record.id) + ',' + cell(record.setting ? "setting" : "key") + ',' +
             cell(name(record.severity)) + ',' + cell(joined(record.rules, " ")) + ',' +
             cell(record.secret) + ',' + cell(record.realm) + ',' + cell(record.first_seen) + ',' +
             cell(name(record.pushed)) + ',' + cell(joined(record.owners, " ")) + ',' +
             cell(place.repository) + ',' + cell(place.path) + ',' + std::to_string(place.line) + ',' +
             cell(place.provenance) + ',' + cell(place.pushed) + ',' + cell(place.commit) + ',' +
             cell(place.date) + ',' + cell(joined(place.owners, " ")) + "\r\n";
  return report::Redactor()(out);
}

}  // namespace kimiguard::cli

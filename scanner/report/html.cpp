// One page for a browser or a printer: no script, no address outside itself, light and dark.
#include <algorithm>

#include "scanner/core/finding_id.h"
#include "scanner/report/about.h"
#include "scanner/report/changes.h"
#include "scanner/report/digest.h"
#include "scanner/report/inventory.h"
#include "scanner/report/markup.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"
#include "scanner/text/mask.h"

namespace kimiguard::report {
namespace {

constexpr std::size_t kOpenPlaces = 5;
constexpr std::size_t kMaxPlaces = 1000;

constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#5a636e;--line:#d8dee4;--box:#f6f8fa;
--critical:#b3142a;--high:#c4460b;--medium:#8f6400;--low:#0a62b0;--note:#5a636e;--inventory:#5a636e;--good:#1a7f37}
@media(prefers-color-scheme:dark){:root{--paper:#0e1116;--ink:#e6edf3;--soft:#9aa5b1;--line:#2f3742;--box:#161b22;
--critical:#ff7b86;--high:#ffa066;--medium:#e3b341;--low:#79b8ff;--note:#9aa5b1;--inventory:#9aa5b1;--good:#56d364}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC",
"Microsoft YaHei",sans-serif}
main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
h2{font-size:1.15rem;margin:2.5rem 0 .75rem}
h3{font-size:1.05rem;margin:0}
p{margin:.35rem 0}
code,pre{font:.88em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono CJK SC",monospace}
code{overflow-wrap:anywhere}
pre{margin:.5rem 0 0;padding:.6rem .75rem;background:var(--box);border-radius:6px;overflow-x:auto;white-space:pre-wrap;
overflow-wrap:anywhere}
.tally{display:flex;flex-wrap:wrap;gap:.5rem;padding:0;margin:.75rem 0 0;list-style:none}
.tally li,.level{border:1px solid currentColor;border-radius:99px;padding:.05rem .7rem;font-size:.85rem;font-weight:600;
white-space:nowrap}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3em .6em .3em 0}
.note{color:var(--note)}.inventory{color:var(--inventory)}.good{color:var(--good)}
article{border:1px solid var(--line);border-left:4px solid var(--edge,var(--line));border-radius:8px;
padding:1rem 1.15rem;margin:0 0 1rem;break-inside:avoid}
article header{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:baseline;margin-bottom:.5rem}
article header .id{margin-left:auto;color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;margin:0}
dt{color:var(--soft)}dd{margin:0;min-width:0}
ul.places{list-style:none;margin:0;padding:0}
ul.places .words,.soft{color:var(--soft)}
details summary{cursor:pointer;color:var(--soft)}
ol{margin:.4rem 0;padding-left:1.5rem}li{margin:.15rem 0}
footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.92rem}
@media(max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}article header .id{margin-left:0}}
@media print{main{max-width:none;padding:0}body{font-size:11pt}}
)";

class Page {
 public:
  Page(const CleanReport& report, const Rulebook& rulebook, const Options& options, std::ostream& out)
      : report_(*report),
        rulebook_(rulebook),
        options_(options),
        voice_(options.language),
        digest_(digest(report, rulebook, options.language)),
        out_(out) {}

  void write() {
    const std::string title = verdict();
    out_ << "<!doctype html>\n<html lang=\"" << (voice_.chinese() ? "zh-CN" : "en")
         << "\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src "
            "'unsafe-inline'\">\n"
            "<title>kimiguard: "
         << safe(title) << "</title>\n<style>" << kStyle << "</style>\n</head>\n<body>\n<main>\n";
    out_ << "<h1" << (digest_.groups.empty() && whole() ? " class=\"good\"" : "") << ">" << safe(title)
         << "</h1>\n<p class=\"soft\">" << safe(coverage_line(report_, options_.language));
    if (report_.suppressed > 0)
      out_ << (voice_.chinese() ? std::to_string(report_.suppressed) + " 处被抑制。"
                                : " " + std::to_string(report_.suppressed) + " suppressed.");
    out_ << "</p>\n";
    tally();
    if (!digest_.groups.empty()) {
      out_ << "<h2>" << voice_("What was found", "发现的问题") << "</h2>\n";
      for (const Group& group : digest_.groups) article(group);
    }
    advice();
    inventory();
    suppressed();
    gaps();
    out_ << "<footer>";
    for (const std::string& note : report_.notes) out_ << "<p>" << safe(utf8_name(note)) << "</p>";
    for (const Repository& repository : report_.repositories) {
      const std::string remote = remote_uri(repository.remote);
      if (remote.empty() && repository.revision.empty()) continue;
      out_ << "<p>" << safe(remote) << " <code>" << safe(repository.revision.substr(0, 12)) << "</code> "
           << safe(utf8_name(repository.branch)) << "</p>";
    }
    out_ << "<p>kimiguard " << safe(report_.version) << " · " << safe(report_.automation_id) << " · "
         << voice_(kDisclaimer, "与月之暗面 (Moonshot AI) 无隶属关系。")
         << "</p></footer>\n</main>\n</body>\n</html>\n";
  }

 private:
  static std::string safe(std::string_view text) { return xml_text(text::printable(text)); }
  bool whole() const { return !report_.coverage.has(GapKind::unreadable); }

  std::string verdict() const {
    if (digest_.groups.empty())
      return std::string(
          whole() ? voice_("Nothing found", "未发现问题")
                  : voice_("Nothing found in what could be read", "在能读取的内容中未发现问题"));
    std::string text;
    if (digest_.keys > 0)
      text = voice_.count(digest_.keys, "key where it should not be", "keys where they should not be",
                          "个密钥出现在不该出现的地方");
    if (digest_.settings > 0) {
      if (!text.empty()) text += voice_(" and ", "，");
      text +=
          voice_.count(digest_.settings, "setting to look at", "settings to look at", "处配置需要检查");
    }
    return text;
  }

  void tally() {
    if (digest_.groups.empty()) return;
    out_ << "<ul class=\"tally\">";
    for (int severity = static_cast<int>(Severity::critical); severity >= 0; --severity) {
      const auto level = static_cast<Severity>(severity);
      const auto count = std::count_if(digest_.groups.begin(), digest_.groups.end(),
                                       [&](const Group& group) { return group.severity == level; });
      if (count > 0)
        out_ << "<li class=\"" << name(level) << "\">" << count << " " << voice_.severity(level)
             << "</li>";
    }
    out_ << "</ul>\n";
  }

  void place(const Place& one) {
    const std::string words = place_words(one, options_.language);
    out_ << "<li><code>" << safe(utf8_name(spot(one))) << "</code>";
    if (!one.role.empty()) out_ << " <span class=\"words\">" << safe(utf8_name(one.role)) << "</span>";
    if (!words.empty()) out_ << " <span class=\"words\">" << safe(words) << "</span>";
    out_ << "</li>";
  }

  void article(const Group& group) {
    const Finding& finding = group.first();
    out_ << "<article id=\"k" << group.id << "\" style=\"--edge:var(--" << name(group.severity)
         << ")\">\n<header><span class=\"level " << name(group.severity) << "\">"
         << voice_.severity(group.severity) << "</span><h3>" << safe(group.title) << "</h3>";
    if (!group.key.empty()) out_ << "<code>" << safe(group.key) << "</code>";
    out_ << "<code class=\"id\">" << safe(group.id.substr(0, kShownIdDigits)) << "</code></header>\n";
    if (group.configuration)
      out_ << "<p>" << safe(message_of(finding, group.rule, options_.language, When::now).text)
           << "</p>\n";
    out_ << "<dl>";
    if (!group.configuration) {
      row(voice_("Issued by", "签发方"), safe(issuer_sentence(group, options_.language)));
      const std::string sure(voice_.confidence(group.confidence));
      row(voice_("Evidence", "依据"),
          safe(evidence_words(finding, options_.language)) + " <span class=\"soft\">" +
              (voice_.chinese() ? "可信度" + sure : sure + " confidence") + "</span>");
    }
    out_ << "<dt>" << voice_("Where", "位置") << "</dt><dd><ul class=\"places\">";
    for (std::size_t i = 0; i < group.places.size() && i < kOpenPlaces; ++i) place(*group.places[i]);
    if (group.configuration)
      for (std::size_t i = 0; i < finding.settings.size() && i < kMaxPlaces; ++i)
        place(finding.settings[i]);
    out_ << "</ul>";
    if (group.places.size() > kOpenPlaces) {
      const std::string rest = grouped_digits(group.places.size() - kOpenPlaces);
      out_ << "<details><summary>"
           << (voice_.chinese() ? "另有 " + rest + " 处" : "and " + rest + " more")
           << "</summary><ul class=\"places\">";
      for (std::size_t i = kOpenPlaces; i < group.places.size() && i < kMaxPlaces; ++i)
        place(*group.places[i]);
      out_ << "</ul></details>";
    }
    out_ << "</dd>";
    std::string git;
    for (const std::string& sentence : provenance_sentences(group, options_.language))
      git += (git.empty() ? "" : "<br>") + safe(sentence);
    if (!git.empty()) row(voice_("In git", "在 git 中"), git);
    for (const ChangeStep& step : change_steps(finding)) row(change_label(step, voice_), "<code>" + safe(change_words(step, voice_)) + "</code>");
    row(voice_("If fine", "若无妨"), "<code>" + safe(ignore_command(finding)) + "</code>");
    out_ << "</dl>\n";
    if (!group.places.empty()) {
      const Region& region = group.places.front()->region;
      const std::string& snippet =
          region.context_snippet.empty() ? region.snippet : region.context_snippet;
      if (!snippet.empty()) out_ << "<pre>" << safe(snippet) << "</pre>\n";
    }
    out_ << "</article>\n";
  }

  void row(std::string_view label, const std::string& html) {
    out_ << "<dt>" << label << "</dt><dd>" << html << "</dd>";
  }

  void advice() {
    if (digest_.advice.empty()) return;
    out_ << "<h2>" << voice_("What to do", "怎么做") << "</h2>\n";
    for (const SharedAdvice& shared : digest_.advice) {
      out_ << "<article><header><h3>" << safe(shared.advice.title) << "</h3><span class=\"soft\">";
      for (std::size_t i = 0; i < shared.groups.size() && i < 50; ++i)
        out_ << (i > 0 ? " " : "") << "<a href=\"#k" << shared.groups[i]->id << "\"><code>"
             << safe(shared.groups[i]->id.substr(0, kShownIdDigits)) << "</code></a>";
      out_ << "</span></header><ol>";
      for (const std::string& step : shared.advice.steps) out_ << "<li>" << safe(step) << "</li>";
      out_ << "</ol></article>\n";
    }
  }

  void part(const std::string& value, const SettingPlace& from) {
    out_ << "<td>";
    if (!value.empty()) out_ << "<code>" << safe(value) << "</code>";
    const std::string source = source_words(from, options_.language);
    if (!source.empty()) out_ << (value.empty() ? "" : "<br>") << "<span class=\"words\">" << safe(source) << "</span>";
    out_ << "</td>";
  }

  void connections(const Inventory& all) {
    if (all.connections.empty()) return;
    out_ << "<h2>" << voice_("What each tool talks to", "各工具实际连接的地址") << "</h2>\n";
    const auto rows = [&](bool wrong) {
      out_ << "<div class=\"wide\"><table><thead><tr><th></th><th>" << voice_("Tool", "工具") << "</th><th>"
           << voice_("Address", "地址") << "</th><th>" << voice_("Key", "密钥") << "</th><th>" << voice_("Model", "模型")
           << "</th><th>" << voice_("Verdict", "结论") << "</th></tr></thead><tbody>\n";
      for (const ConnectionEntry& connection : all.connections) {
        if (connection.wrong() != wrong) continue;
        out_ << "<tr><td class=\"" << (wrong ? name(connection.worst()) : "good") << "\">"
             << (wrong ? voice_.severity(connection.worst()) : voice_("right", "无误")) << "</td><td>"
             << safe(connection_name(connection));
        if (!connection.active) out_ << "<br><span class=\"words\">" << voice_("not in use now", "当前未使用") << "</span>";
        if (connection.followed)
          out_ << "<br><span class=\"words\">" << voice_("judged where it is written", "在其写入处判定") << "</span>";
        out_ << "</td>";
        part(target_words(connection, options_.language), connection.url);
        part(utf8_name(connection.key.value), connection.key);
        part(utf8_name(connection.model.value), connection.model);
        out_ << "<td>";
        bool first = true;
        for (const std::string& verdict : verdict_words(connection, rulebook_, options_.language)) {
          out_ << (first ? "" : "<br>") << safe(verdict);
          first = false;
        }
        out_ << "</td></tr>\n";
      }
      out_ << "</tbody></table></div>\n";
    };
    const auto wrong = std::count_if(all.connections.begin(), all.connections.end(),
                                     [](const ConnectionEntry& connection) { return connection.wrong(); });
    const std::uint64_t right = all.connections.size() - static_cast<std::uint64_t>(wrong);
    if (wrong > 0) rows(true);
    if (right == 0) return;
    out_ << "<details><summary>" << voice_.count(right, "right", "right", "处无误") << "</summary>\n";
    rows(false);
    out_ << "</details>\n";
  }

  void keys(const Inventory& all) {
    if (all.keys.empty()) return;
    out_ << "<h2>" << voice_("Keys and where they lie", "密钥及其位置")
         << "</h2>\n<div class=\"wide\"><table><thead><tr><th></th><th>" << voice_("Key", "密钥") << "</th><th>"
         << voice_("What it is", "是什么") << "</th><th>" << voice_("Where", "位置") << "</th><th>" << voice_("Used by", "使用者")
         << "</th><th>" << voice_("There since, or longer (file dates)", "至少自何时起（据文件日期）") << "</th></tr></thead><tbody>\n";
    for (const KeyEntry& key : all.keys) {
      out_ << "<tr><td class=\"" << name(key.worst) << "\">" << voice_.severity(key.worst) << "</td><td><code>" << safe(key.masked)
           << "</code></td><td>" << safe(key_words(key, rulebook_, options_.language)) << "</td><td><ul class=\"places\">";
      for (std::size_t i = 0; i < key.places.size() && i < kMaxPlaces; ++i) {
        const KeyPlace& place = key.places[i];
        std::string where = utf8_name(place.path);
        if (place.line > 0) where += ":" + std::to_string(place.line);
        out_ << "<li><code>" << safe(where) << "</code> <span class=\"words\">" << mode_words(place.mode) << " "
             << kind_words(place.kind, options_.language) << "</span></li>";
      }
      out_ << "</ul></td><td>";
      for (std::size_t i = 0; i < key.users.size(); ++i) out_ << (i > 0 ? "<br>" : "") << safe(utf8_name(key.users[i]));
      out_ << "</td><td>" << key.since << "</td></tr>\n";
    }
    out_ << "</tbody></table></div>\n";
  }

  void inventory() {
    if (report_.inventory) {
      connections(*report_.inventory);
      keys(*report_.inventory);
      return;
    }
    if (digest_.inventory.empty()) return;
    out_ << "<h2>" << voice_("Keys where their tools keep them", "存放在工具自己存储中的密钥")
         << "</h2>\n<ul>";
    for (const Group& group : digest_.inventory) {
      out_ << "<li><code>" << safe(group.key) << "</code>";
      for (std::size_t i = 0; i < group.places.size() && i < kMaxPlaces; ++i)
        out_ << " <code>" << safe(utf8_name(spot(*group.places[i]))) << "</code>";
      out_ << "</li>";
    }
    out_ << "</ul>\n";
  }

  void suppressed() {
    if (!options_.with_suppressed || digest_.suppressed.empty()) return;
    out_ << "<h2>" << voice_("Suppressed", "已抑制") << "</h2>\n<ul>";
    for (const Finding* finding : digest_.suppressed) {
      out_ << "<li><code>" << safe(finding_id(*finding).substr(0, kShownIdDigits)) << "</code> "
           << safe(finding->rule);
      if (!finding->places.empty())
        out_ << " <code>" << safe(utf8_name(spot(finding->places.front()))) << "</code>";
      out_ << ": " << safe(utf8_name(finding->suppression->justification)) << " <span class=\"soft\">"
           << safe(utf8_name(finding->suppression->where)) << "</span></li>";
    }
    out_ << "</ul>\n";
  }

  void gaps() {
    const std::vector<std::string> lines = gap_lines(report_, options_.language);
    if (lines.empty()) return;
    out_ << "<h2>" << voice_("What was not read", "未读取的内容") << "</h2>\n<details"
         << (lines.size() <= 10 ? " open" : "") << "><summary>" << lines.size() << "</summary><ul>";
    for (const std::string& line : lines) out_ << "<li>" << safe(line) << "</li>";
    out_ << "</ul></details>\n";
  }

  const Report& report_;
  const Rulebook& rulebook_;
  const Options& options_;
  Voice voice_;
  Digest digest_;
  std::ostream& out_;
};

}  // namespace

void write_html(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                std::ostream& out) {
  Page(report, rulebook, options, out).write();
}

}  // namespace kimiguard::report

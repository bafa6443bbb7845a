// Workflow commands of GitHub Actions: `::error file=…,line=…::message`. Data escapes %, CR and LF;
// properties escape ":" and "," too (actions/toolkit, command.ts). GitHub shows ten of each level a
// step, so the most severe come first, one for each finding.
#include "scanner/report/digest.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"
#include "scanner/text/mask.h"

namespace kimiguard::report {
namespace {

std::string escaped_data(std::string_view text) {
  std::string out;
  // The log shows what is printed: no control character of a file name reaches it.
  for (const char c : text::printable(text)) {
    if (c == '%')
      out += "%25";
    else if (c == '\n')
      out += "%0A";
    else
      out += c;
  }
  return out;
}

std::string escaped_property(std::string_view text) {
  std::string out;
  for (const char c : escaped_data(text)) {
    if (c == ':')
      out += "%3A";
    else if (c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

}  // namespace

void write_github(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                  std::ostream& out) {
  const Voice voice(options.language);
  for (const Finding& finding : report->findings) {
    if (finding.suppression || finding.severity == Severity::inventory) continue;
    const std::string_view command = finding.severity >= Severity::high     ? "error"
                                     : finding.severity >= Severity::medium ? "warning"
                                                                            : "notice";
    const Rule* rule = rulebook.rule(finding.rule);
    const std::string title =
        rule != nullptr && !rule->title.empty() ? rule->title.in(voice.language()) : finding.rule;
    out << "::" << command << ' ';
    if (!finding.places.empty()) {
      const Place& place = finding.places.front();
      const Region& region = place.region;
      out << "file=" << escaped_property(utf8_name(place_path(place))) << ",line=" << region.begin.line
          << ",endLine=" << region.end.line << ",col=" << region.begin.column;
      if (region.end.line == region.begin.line) out << ",endColumn=" << region.end.column;
      out << ',';
    }
    std::string text = message_of(finding, rule, options.language, when_of(finding)).text;
    if (finding.places.size() > 1) {
      text += voice.chinese() ? "另有 " + std::to_string(finding.places.size() - 1) + " 处。"
                              : " And in " + voice.count(finding.places.size() - 1, "more place.",
                                                         "more places.", "");
    }
    for (const Advice& advice : advice_for(finding, situation_of(finding), rulebook, options.language)) {
      text += "\n" + advice.title;
      for (std::size_t i = 0; i < advice.steps.size(); ++i)
        text += "\n" + std::to_string(i + 1) + ". " + advice.steps[i];
    }
    text += "\n" + ignore_command(finding);
    out << "title=" << escaped_property(title) << "::" << escaped_data(text) << "\n";
  }
  for (const Gap& gap : report->coverage.gaps) {
    if (gap.kind != GapKind::unreadable) continue;
    out << "::warning title="
        << escaped_property(voice("kimiguard could not read", "kimiguard 无法读取"))
        << "::" << escaped_data(utf8_name(gap.place) + ": " + utf8_name(gap.reason))
        << "\n";
  }
  out << "::notice title=kimiguard::" << escaped_data(coverage_line(*report, options.language));
  if (report->suppressed > 0)
    out << escaped_data(voice.chinese() ? std::to_string(report->suppressed) + " 处被抑制。"
                                        : " " + std::to_string(report->suppressed) + " suppressed.");
  out << "\n";
}

}  // namespace kimiguard::report

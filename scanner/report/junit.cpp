// JUnit XML as Jenkins, GitLab and others read it: a suite for each rule of the rulebook or of a
// finding, a failing case for each finding, one passing case for a rule that found nothing.
#include <map>
#include <vector>

#include "scanner/core/finding_id.h"
#include "scanner/report/digest.h"
#include "scanner/report/help.h"
#include "scanner/report/markup.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/writer.h"

namespace kimiguard::report {
namespace {

bool fails(const Finding& finding, const Report& report) {
  return finding.severity >= report.fail_on && finding.severity != Severity::inventory &&
         !finding.suppression;
}

}  // namespace

void write_junit(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                 std::ostream& out) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<const Finding*>> by_rule;
  for (const Rule& rule : rulebook.rules)
    if (by_rule.try_emplace(rule.id).second) order.push_back(rule.id);
  std::size_t failures = 0;
  std::size_t tests = 0;
  for (const Finding& finding : report->findings) {
    if (finding.suppression && !options.with_suppressed) continue;
    if (by_rule.try_emplace(finding.rule).second) order.push_back(finding.rule);
    by_rule[finding.rule].push_back(&finding);
    failures += fails(finding, *report) ? 1 : 0;
    ++tests;
  }
  std::size_t unread = 0;
  for (const Gap& gap : report->coverage.gaps) unread += gap.kind == GapKind::unreadable ? 1 : 0;
  for (const auto& [rule, findings] : by_rule) tests += findings.empty() ? 1 : 0;
  tests += unread;
  const std::string stamp = iso_time(options.time);
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kimiguard\" tests=\"" << tests
      << "\" failures=\"" << failures << "\" errors=\"" << unread << "\" time=\"0\">\n";
  for (const std::string& rule : order) {
    const std::vector<const Finding*>& findings = by_rule[rule];
    std::size_t failed = 0;
    std::size_t skipped = 0;
    for (const Finding* finding : findings) {
      failed += fails(*finding, *report) ? 1 : 0;
      skipped += finding->suppression ? 1 : 0;
    }
    out << "  <testsuite name=\"" << xml_text(rule) << "\" tests=\""
        << std::max<std::size_t>(findings.size(), 1) << "\" failures=\"" << failed
        << "\" errors=\"0\" skipped=\"" << skipped << "\" time=\"0\" timestamp=\"" << stamp << "\">\n";
    if (findings.empty())
      out << "    <testcase classname=\"" << xml_text(rule)
          << "\" name=\"nothing found\" time=\"0\"/>\n";
    for (const Finding* finding : findings) {
      const Place nowhere;
      const Place& place = finding->places.empty() ? nowhere : finding->places.front();
      const std::string message =
          message_of(*finding, rulebook.rule(rule), options.language, when_of(*finding)).text;
      out << "    <testcase classname=\"" << xml_text(rule) << "\" name=\""
          << xml_text(utf8_name(spot(place)) + " " + finding_id(*finding).substr(0, kShownIdDigits))
          << "\" file=\"" << xml_text(utf8_name(place_path(place))) << "\" line=\""
          << place.region.begin.line << "\" time=\"0\"";
      std::string body;
      for (std::size_t i = 0; i < finding->places.size() && i < 100; ++i)
        body += utf8_name(spot(finding->places[i])) + "\n";
      if (finding->places.size() > 100)
        body += "and " + std::to_string(finding->places.size() - 100) + " more\n";
      for (const Advice& advice :
           advice_for(*finding, situation_of(*finding), rulebook, options.language)) {
        body += advice.title + "\n";
        for (std::size_t i = 0; i < advice.steps.size(); ++i)
          body += std::to_string(i + 1) + ". " + advice.steps[i] + "\n";
      }
      body += ignore_command(*finding) + "\n";
      if (finding->suppression) {
        out << ">\n      <skipped message=\"" << xml_text(utf8_name(finding->suppression->justification))
            << "\"/>\n    </testcase>\n";
      } else if (fails(*finding, *report)) {
        out << ">\n      <failure type=\"" << name(finding->severity) << "\" message=\""
            << xml_text(message) << "\">" << xml_text(body) << "</failure>\n    </testcase>\n";
      } else {
        out << ">\n      <system-out>"
            << xml_text(std::string(name(finding->severity)) + ": " + message + "\n" + body)
            << "</system-out>\n    </testcase>\n";
      }
    }
    out << "  </testsuite>\n";
  }
  if (unread > 0) {
    out << "  <testsuite name=\"coverage\" tests=\"" << unread << "\" failures=\"0\" errors=\"" << unread
        << "\" skipped=\"0\" time=\"0\" timestamp=\"" << stamp << "\">\n";
    for (const Gap& gap : report->coverage.gaps) {
      if (gap.kind != GapKind::unreadable) continue;
      out << "    <testcase classname=\"coverage\" name=\"" << xml_text(utf8_name(gap.place))
          << "\" time=\"0\">\n      <error type=\"" << xml_text(gap.code) << "\" message=\""
          << xml_text(utf8_name(gap.reason)) << "\"/>\n    </testcase>\n";
    }
    out << "  </testsuite>\n";
  }
  out << "</testsuites>\n";
}

}  // namespace kimiguard::report

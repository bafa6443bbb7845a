// GitLab's secret detection report, version 15.0.4 of its schema (gitlab-org/security-products/
// security-report-schemas). The format demands times and a commit for every place.
#include <algorithm>

#include "scanner/core/finding_id.h"
#include "scanner/report/about.h"
#include "scanner/report/changes.h"
#include "scanner/report/digest.h"
#include "scanner/report/facts.h"
#include "scanner/report/help.h"
#include "scanner/report/markup.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"
#include "scanner/text/utf8.h"

namespace kimiguard::report {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxSolution = 7000;

// At most `most` bytes, cut between characters.
std::string cut(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string_view severity_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "Critical";
    case Severity::high:
      return "High";
    case Severity::medium:
      return "Medium";
    case Severity::low:
      return "Low";
    default:
      return "Info";
  }
}

// RFC 9562 version 8: a UUID made of a hash, the same in every run.
std::string uuid(const std::string& seed) {
  std::string hex = sha256_hex(seed).substr(0, 32);
  hex[12] = '8';
  hex[16] = "89ab"[hex[16] % 4];
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) +
         "-" + hex.substr(20);
}

Json agent(const std::string& version) {
  return {{"id", kName},
          {"name", "Kimiguard"},
          {"url", kAboutPage},
          {"version", version.empty() ? "0" : version},
          {"vendor", {{"name", kName}}}};
}

Json vulnerability(const Finding& finding, const Report& report, const Rulebook& rulebook,
                   const Options& options) {
  const Rule* rule = rulebook.rule(finding.rule);
  const Help help = help_of(finding.rule, rulebook, options.language);
  const Place nowhere;
  const Place& place = finding.places.empty() ? nowhere : finding.places.front();
  std::string description =
      markdown_text(message_of(finding, rule, options.language, when_of(finding)).text) + "\n\n";
  for (std::size_t i = 0; i < finding.places.size() && i < 20; ++i)
    description += "- " + markdown_code(utf8_name(spot(finding.places[i]))) + "\n";
  if (finding.places.size() > 20)
    description += "- +" + std::to_string(finding.places.size() - 20) + "\n";
  std::string solution;
  for (const Advice& advice : advice_for(finding, situation_of(finding), rulebook, options.language)) {
    solution += advice.title + "\n";
    for (std::size_t i = 0; i < advice.steps.size(); ++i)
      solution += std::to_string(i + 1) + ". " + advice.steps[i] + "\n";
  }
  const Voice voice(options.language);
  for (const ChangeStep& step : change_steps(finding))
    solution += std::string(change_label(step, voice)) + std::string(voice.colon()) + change_words(step, voice) + "\n";
  // The commit that brought it in, or the one that was checked out.
  std::string sha = place.provenance.commit;
  if (sha.empty())
    for (const Repository& repository : report.repositories)
      if (sha.empty() || repository.uri_base == place.uri_base)
        if (!repository.revision.empty()) sha = repository.revision;
  if (sha.empty()) sha = "0000000";
  Json commit{{"sha", sha}};
  if (!place.provenance.date.empty()) commit["date"] = place.provenance.date;
  Json identifiers = Json::array({{{"type", "kimiguard_rule_id"},
                                   {"name", "Kimiguard rule " + finding.rule},
                                   {"value", finding.rule}}});
  if (rule != nullptr)
    for (const std::string& tag : rule->tags)
      if (tag.starts_with("external/cwe/cwe-")) {
        const std::string number = tag.substr(17);
        identifiers.push_back({{"type", "cwe"},
                               {"name", "CWE-" + number},
                               {"value", number},
                               {"url", "https://cwe.mitre.org/data/definitions/" + number + ".html"}});
      }
  Json links = Json::array();
  if (rule != nullptr)
    for (const std::string& reference : rule->references)
      if (reference.starts_with("https://") || reference.starts_with("http://"))
        links.push_back({{"url", reference}});
  const std::string file = utf8_name(place_path(place));
  Json signatures = Json::array(
      {{{"algorithm", "scope_offset"},
        {"value", finding.fingerprint.empty() ? finding_id(finding) : finding.fingerprint}}});
  Json object{{"id", uuid(finding.rule + "\n" + place_path(place) + "\n" + finding_id(finding) + "\n" +
                          finding.fingerprint)},
              {"category", "secret_detection"},
              {"name", cut(help.title, kMaxName)},
              {"description", description},
              {"severity", severity_of(finding.severity)},
              {"solution", cut(solution, kMaxSolution)},
              {"scanner", {{"id", kName}, {"name", "Kimiguard"}}},
              {"location",
               {{"file", file},
                {"commit", std::move(commit)},
                {"start_line", place.region.begin.line},
                {"end_line", place.region.end.line}}},
              {"identifiers", std::move(identifiers)},
              {"tracking",
               {{"type", "source"},
                {"items", Json::array({{{"file", file},
                                        {"start_line", place.region.begin.line},
                                        {"end_line", place.region.end.line},
                                        {"signatures", std::move(signatures)}}})}}},
              {"raw_source_code_extract", place.region.snippet}};
  if (!links.empty()) object["links"] = std::move(links);
  return object;
}

}  // namespace

void write_gitlab(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                  std::ostream& out) {
  Json messages = Json::array();
  for (const Gap& gap : report->coverage.gaps)
    messages.push_back({{"level", gap.kind == GapKind::unreadable ? "warn" : "info"},
                        {"value", utf8_name(gap.place) + ": " + utf8_name(gap.reason)}});
  if (report->suppressed > 0)
    messages.push_back(
        {{"level", "info"}, {"value", std::to_string(report->suppressed) + " suppressed"}});
  const std::string time = iso_time(options.time);
  Json scan{{"analyzer", agent(report->version)},
            {"scanner", agent(report->version)},
            {"start_time", time},
            {"end_time", time},
            {"status", report->exit_status == 2 ? "failure" : "success"},
            {"type", "secret_detection"},
            {"messages", std::move(messages)}};
  Json identifiers = Json::array();
  for (const Rule& rule : rulebook.rules)
    identifiers.push_back(
        {{"type", "kimiguard_rule_id"}, {"name", "Kimiguard rule " + rule.id}, {"value", rule.id}});
  scan["primary_identifiers"] = std::move(identifiers);
  out << "{\n\"version\":\"15.0.4\",\n\"scan\":" << dumped(scan) << ",\n\"vulnerabilities\":[";
  bool first = true;
  for (const Finding& finding : report->findings) {
    // GitLab has no word for "accepted" or "as it should be".
    if (finding.suppression || finding.severity == Severity::inventory) continue;
    out << (first ? "\n" : ",\n") << dumped(vulnerability(finding, *report, rulebook, options));
    first = false;
  }
  out << (first ? "]" : "\n]") << "\n}\n";
}

}  // namespace kimiguard::report

// JSON: one object with every fact and every place (schema/kimiguard-report.schema.json), and JSONL:
// the same findings one a line, then the summary. The names are those of SARIF's properties.
#include <algorithm>
#include <array>

#include "scanner/core/finding_id.h"
#include "scanner/report/about.h"
#include "scanner/report/digest.h"
#include "scanner/report/facts.h"
#include "scanner/report/inventory.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"

namespace kimiguard::report {
namespace {

Json position_facts(const Region& region) {
  Json object{{"startLine", region.begin.line},   {"startColumn", region.begin.column},
              {"endLine", region.end.line},       {"endColumn", region.end.column},
              {"byteOffset", region.bytes.begin}, {"byteLength", region.bytes.size()}};
  if (region.binary) object["binary"] = true;
  if (!region.snippet.empty()) object["snippet"] = region.snippet;
  if (!region.context_snippet.empty())
    object["context"] = {{"startLine", region.context_begin.line},
                         {"endLine", region.context_end.line},
                         {"snippet", region.context_snippet}};
  if (!region.line_hash.empty()) object["lineHash"] = region.line_hash;
  return object;
}

Json place_facts(const Place& place) {
  Json object{{"path", utf8_name(shown_path(place))},
              {"uriBaseId", place.uri_base},
              {"uri", relative_uri(place_path(place))},
              {"severity", name(place.severity)},
              {"region", position_facts(place.region)},
              {"exposure", exposure_facts(place.exposure)},
              {"provenance", provenance_facts(place.provenance)},
              {"decoded", decoded_facts(place.decoded)}};
  if (!place.inside.empty()) object["inside"] = inside_facts(place.inside);
  if (!place.variable.empty()) object["variable"] = utf8_name(place.variable);
  if (!place.role.empty()) object["role"] = utf8_name(place.role);
  if (!place.fingerprint.empty()) object["fingerprint"] = place.fingerprint;
  return object;
}

Json places_facts(const std::vector<Place>& places) {
  Json list = Json::array();
  for (const Place& place : places) list.push_back(place_facts(place));
  return list;
}

Json finding_facts(const Finding& finding, const Rulebook& rulebook, const Options& options) {
  const Rule* rule = rulebook.rule(finding.rule);
  const Voice voice(options.language);
  Json object{{"ruleId", finding.rule},
              {"title", rule != nullptr && !rule->title.empty() ? rule->title.in(voice.language())
                                                                : finding.rule},
              {"message", message_of(finding, rule, options.language, when_of(finding)).text}};
  add_finding_facts(object, finding);
  if (!finding.fingerprint.empty()) object["fingerprint"] = finding.fingerprint;
  object["places"] = places_facts(finding.places);
  if (!finding.settings.empty()) object["settings"] = places_facts(finding.settings);
  const Issuer issuer = issuer_of(finding, rulebook);
  if (finding.secret && !issuer.realms.empty()) {
    Json consoles = Json::array();
    for (const Realm* realm : issuer.realms)
      if (!realm->console.empty()) consoles.push_back(realm->console);
    object["consoles"] = std::move(consoles);
  }
  if (finding.suppression)
    object["suppression"] = {{"kind", finding.suppression->kind},
                             {"justification", utf8_name(finding.suppression->justification)},
                             {"where", utf8_name(finding.suppression->where)}};
  else if (!finding_id(finding).empty())
    object["ignoreCommand"] = ignore_command(finding);
  return object;
}

bool listed(const Finding& finding, const Options& options) {
  return options.with_suppressed || !finding.suppression;
}

Json head(const Report& report) {
  Json bases = Json::object();
  for (const auto& [name, uri] : report.uri_bases) bases[name] = uri;
  Json repositories = Json::array();
  for (const Repository& repository : report.repositories)
    repositories.push_back({{"uriBaseId", repository.uri_base},
                            {"remote", remote_uri(repository.remote)},
                            {"revision", repository.revision},
                            {"branch", utf8_name(repository.branch)}});
  return {{"format", "kimiguard-report/1"}, {"tool", {{"name", kName}, {"version", report.version}}},
          {"command", report.command},      {"automationId", utf8_name(report.automation_id)},
          {"uriBases", std::move(bases)},   {"repositories", std::move(repositories)}};
}

Json summary(const Report& report, const Options& options) {
  std::array<std::uint64_t, 6> counts{};
  std::uint64_t findings = 0;
  for (const Finding& finding : report.findings) {
    if (!listed(finding, options)) continue;
    ++findings;
    ++counts[static_cast<std::size_t>(finding.severity)];
  }
  Json by_severity = Json::object();
  for (std::size_t i = counts.size(); i-- > 0;)
    by_severity[std::string(name(static_cast<Severity>(i)))] = counts[i];
  Json gaps = Json::array();
  for (const Gap& gap : report.coverage.gaps) gaps.push_back(gap_facts(gap));
  Json notes = Json::array();
  for (const std::string& note : report.notes) notes.push_back(utf8_name(note));
  return {{"findings", findings},
          {"bySeverity", std::move(by_severity)},
          {"suppressed", report.suppressed},
          {"failOn", name(report.fail_on)},
          {"exitStatus", report.exit_status},
          {"coverage",
           {{"complete", !report.coverage.has(GapKind::unreadable)},
            {"files", report.coverage.files},
            {"objects", report.coverage.objects},
            {"bytes", report.coverage.bytes},
            {"archives", report.coverage.archives},
            {"databases", report.coverage.databases},
            {"repositories", report.coverage.repositories},
            {"gaps", std::move(gaps)}}},
          {"notes", std::move(notes)}};
}

// Members of `object`, indented by two, without the closing brace.
void write_members(const Json& object, std::ostream& out) {
  bool first = true;
  for (const auto& [key, value] : object.items()) {
    out << (first ? "\n  " : ",\n  ") << dumped(key) << ": " << dumped(value);
    first = false;
  }
}

}  // namespace

void write_json(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                std::ostream& out) {
  out << "{";
  write_members(head(*report), out);
  out << ",\n  \"findings\": [";
  bool first = true;
  for (const Finding& finding : report->findings) {
    if (!listed(finding, options)) continue;
    out << (first ? "\n    " : ",\n    ") << dumped(finding_facts(finding, rulebook, options));
    first = false;
  }
  out << (first ? "]" : "\n  ]");
  if (report->inventory) out << ",\n  \"inventory\": " << dumped(inventory_facts(*report->inventory));
  out << ",\n  \"summary\": " << dumped(summary(*report, options)) << "\n}\n";
}

void write_jsonl(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                 std::ostream& out) {
  for (const Finding& finding : report->findings) {
    if (!listed(finding, options)) continue;
    Json line{{"type", "finding"}};
    line.update(finding_facts(finding, rulebook, options));
    out << dumped(line) << "\n";
  }
  Json line{{"type", "summary"}};
  line.update(head(*report));
  if (report->inventory) line["inventory"] = inventory_facts(*report->inventory);
  line["summary"] = summary(*report, options);
  out << dumped(line) << "\n";
}

}  // namespace kimiguard::report

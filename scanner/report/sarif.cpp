// SARIF 2.1.0 (OASIS, 2020), as design §4 fixes it: what GitHub code scanning reads and what
// Microsoft's Sarif.Multitool validates with --rule-kind 'Sarif;Gh'.
#include <algorithm>
#include <array>
#include <map>

#include "scanner/core/finding_id.h"
#include "scanner/report/about.h"
#include "scanner/report/digest.h"
#include "scanner/report/facts.h"
#include "scanner/report/help.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/voice.h"
#include "scanner/report/writer.h"

namespace kimiguard::report {
namespace {

constexpr std::size_t kMaxResults = 5000;  // GitHub shows no more of a run
constexpr std::size_t kMaxRelated = 100;   // and no more locations of a result
constexpr std::size_t kMaxTags = 20;

std::string base_name(std::string_view base) {
  return base == "SRCROOT" ? "%SRCROOT%" : std::string(base);
}

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
    case Severity::high:
      return "error";
    case Severity::medium:
      return "warning";
    case Severity::low:
    case Severity::note:
      return "note";
    case Severity::inventory:
      return "none";
  }
  return "note";
}

// GitHub: over 9.0 is critical, 7.0 to 8.9 high, 4.0 to 6.9 medium, below low.
std::string_view security_severity(Severity severity) {
  static constexpr std::array<std::string_view, 6> kScores = {"0.0", "1.0", "3.0", "5.5", "8.0", "9.5"};
  return kScores[static_cast<std::size_t>(severity)];
}

// SARIF2001 wants an ASCII full stop at the end of a message, also of a Chinese one.
std::string ascii_stop(std::string text) {
  static constexpr std::string_view kChineseStop = "。";
  if (text.ends_with(kChineseStop)) {
    text.resize(text.size() - kChineseStop.size());
    text += '.';
  }
  return text;
}

class Run {
 public:
  Run(const CleanReport& report, const Rulebook& rulebook, const Options& options)
      : report_(*report), rulebook_(rulebook), options_(options), voice_(options.language) {
    for (const auto& [name, uri] : report_.uri_bases)
      if (default_base_.empty()) default_base_ = name;
    for (const Finding& finding : report_.findings)
      if (options.with_suppressed || !finding.suppression) listed_.push_back(&finding);
    // The report is sorted already; stable, so that equals keep its order.
    std::stable_sort(listed_.begin(), listed_.end(), [](const Finding* a, const Finding* b) {
      return static_cast<int>(a->severity) > static_cast<int>(b->severity);
    });
    if (listed_.size() > kMaxResults) {
      left_out_.assign(listed_.begin() + kMaxResults, listed_.end());
      listed_.resize(kMaxResults);
    }
  }

  void write(std::ostream& out) {
    index_rules();
    Json run;
    run["tool"] = tool();
    run["invocations"] = Json::array({invocation()});
    Json bases = base_ids();
    if (!bases.empty()) run["originalUriBaseIds"] = std::move(bases);
    Json provenance = version_control();
    if (!provenance.empty()) run["versionControlProvenance"] = std::move(provenance);
    if (!report_.automation_id.empty())
      run["automationDetails"] = {{"id", utf8_name(report_.automation_id)}};
    run["columnKind"] = "unicodeCodePoints";
    run["language"] = voice_.chinese() ? "zh-CN" : "en-US";
    run["properties"] = {{"command", report_.command},
                         {"suppressed", report_.suppressed},
                         {"failOn", name(report_.fail_on)},
                         {"coverage",
                          {{"files", report_.coverage.files},
                           {"objects", report_.coverage.objects},
                           {"bytes", report_.coverage.bytes},
                           {"archives", report_.coverage.archives},
                           {"databases", report_.coverage.databases},
                           {"repositories", report_.coverage.repositories},
                           {"complete", !report_.coverage.has(GapKind::unreadable)}}}};
    out << "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\n\"version\":\"2.1.0\",\n"
           "\"runs\":[{";
    bool first = true;
    for (const auto& [key, value] : run.items()) {
      out << (first ? "\n" : ",\n") << dumped(key) << ":" << dumped(value);
      first = false;
    }
    out << ",\n\"results\":[";
    // One by one: a report of thousands never stands in memory as a tree.
    for (std::size_t i = 0; i < listed_.size(); ++i)
      out << (i == 0 ? "\n" : ",\n") << dumped(result(*listed_[i]));
    out << (listed_.empty() ? "]" : "\n]") << "\n}]}\n";
  }

 private:
  void index_rules() {
    for (const Rule& rule : rulebook_.rules) {
      if (rule_index_.try_emplace(rule.id, rule_ids_.size()).second) rule_ids_.push_back(rule.id);
    }
    for (const Finding* finding : listed_)
      if (rule_index_.try_emplace(finding->rule, rule_ids_.size()).second)
        rule_ids_.push_back(finding->rule);
  }

  Json rule_descriptor(const std::string& id) const {
    const Rule* rule = rulebook_.rule(id);
    const Help help = help_of(id, rulebook_, options_.language);
    Json properties;
    const Severity worst = rule != nullptr ? rule->worst : Severity::high;
    std::vector<std::string> tags = rule != nullptr ? rule->tags : std::vector<std::string>();
    // GitHub counts security-severity only where this tag is.
    if (std::find(tags.begin(), tags.end(), "security") == tags.end())
      tags.insert(tags.begin(), "security");
    if (tags.size() > kMaxTags) tags.resize(kMaxTags);
    properties["security-severity"] = security_severity(worst);
    properties["precision"] = rule != nullptr && !rule->precision.empty() ? rule->precision : "medium";
    properties["tags"] = tags;
    properties["problem.severity"] = worst >= Severity::high     ? "error"
                                     : worst >= Severity::medium ? "warning"
                                                                 : "recommendation";
    Json strings = Json::object();
    for (const auto& [name, pattern] : message_patterns(rule, id, options_.language))
      strings[name] = {{"text", ascii_stop(pattern)}};
    Json descriptor;
    descriptor["id"] = id;
    descriptor["name"] = pascal_case(id);
    descriptor["shortDescription"] = {{"text", help.title}};
    descriptor["fullDescription"] = {{"text", help.description}};
    descriptor["messageStrings"] = std::move(strings);
    descriptor["help"] = {{"text", help.text}, {"markdown", help.markdown}};
    descriptor["helpUri"] = help.uri;
    descriptor["defaultConfiguration"] = {{"level", level_of(worst)}};
    descriptor["properties"] = std::move(properties);
    return descriptor;
  }

  static std::string pascal_case(std::string_view id) {
    std::string text;
    bool up = true;
    for (const char c : id) {
      const bool lower = c >= 'a' && c <= 'z';
      const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!lower && !other) {
        up = true;
        continue;
      }
      text += up && lower ? static_cast<char>(c - 'a' + 'A') : c;
      up = false;
    }
    return text.empty() ? "Rule" : text;
  }

  Json tool() const {
    Json rules = Json::array();
    for (const std::string& id : rule_ids_) rules.push_back(rule_descriptor(id));
    Json driver{{"name", kName},
                {"fullName", std::string(kName) + " " + report_.version},
                {"version", report_.version},
                {"semanticVersion", report_.version},
                {"informationUri", kAboutPage},
                {"shortDescription", {{"text", kPurpose}}},
                {"fullDescription", {{"text", std::string(kPurpose) + " " + std::string(kDisclaimer)}}},
                {"rules", std::move(rules)}};
    return {{"driver", std::move(driver)}};
  }

  static std::string gap_id(const Gap& gap) {
    return "coverage/" + std::string(name(gap.kind)) + "/" + (gap.code.empty() ? "other" : gap.code);
  }

  // Notifications are named by id alone: GitHub's rules (GH2012) ask for a help page of whatever the
  // driver describes.
  static Json notification(const std::string& id, std::string_view level, const std::string& text) {
    return {{"descriptor", {{"id", id}}}, {"level", level}, {"message", {{"text", text}}}};
  }

  Json invocation() const {
    Json list = Json::array();
    if (!left_out_.empty()) list.push_back(notification("results-cut", "warning", cut_sentence()));
    for (const Gap& gap : report_.coverage.gaps) {
      std::string text = utf8_name(gap.reason.empty() ? gap.code : gap.reason);
      if (!gap.place.empty()) text = "'" + utf8_name(gap.place) + "': " + text;
      if (gap.count > 1) text += " (" + voice_.count(gap.count, "time", "times", "次") + ")";
      if (!text.ends_with('.')) text += ".";
      Json one = notification(gap_id(gap),
                              gap.kind == GapKind::unreadable ? "error"
                              : gap.kind == GapKind::not_here ? "warning"
                                                              : "note",
                              text);
      one["properties"] = gap_facts(gap);
      list.push_back(std::move(one));
    }
    for (const std::string& note : report_.notes)
      list.push_back(notification("note", "note", utf8_name(note)));
    const bool whole = !report_.coverage.has(GapKind::unreadable) && report_.exit_status < 2;
    Json object{{"executionSuccessful", whole},
                {"exitCode", report_.exit_status},
                {"exitCodeDescription", exit_words()}};
    object["toolExecutionNotifications"] = std::move(list);
    return object;
  }

  std::string exit_words() const {
    switch (report_.exit_status) {
      case 0:
        return std::string(
            voice_("Nothing found at or above the level asked for.", "未发现达到所设级别的问题。"));
      case 1:
        return std::string(voice_("Something was found at or above the level asked for.",
                                  "发现了达到所设级别的问题。"));
      case 3:
        return std::string(
            voice_("Nothing found, but something could not be read.", "未发现问题，但有内容无法读取。"));
      default:
        return std::string(voice_("The run could not be carried out as asked.", "无法按要求完成运行。"));
    }
  }

  std::string cut_sentence() const {
    std::map<int, std::uint64_t, std::greater<>> by_severity;
    std::map<std::string, std::uint64_t> by_rule;
    for (const Finding* finding : left_out_) {
      ++by_severity[static_cast<int>(finding->severity)];
      ++by_rule[finding->rule];
    }
    const std::size_t all = listed_.size() + left_out_.size();
    std::string text;
    if (voice_.chinese())
      text = "共 " + std::to_string(all) + " 条结果，此处列出最严重的 " +
             std::to_string(listed_.size()) + " 条；未列出 " + std::to_string(left_out_.size()) +
             " 条：";
    else
      text = "The " + std::to_string(listed_.size()) + " most severe of " + std::to_string(all) +
             " results are listed; " + std::to_string(left_out_.size()) + " are left out: ";
    bool first = true;
    for (const auto& [severity, count] : by_severity) {
      text += (first ? "" : ", ") + std::to_string(count) + " " +
              std::string(voice_.severity(static_cast<Severity>(severity)));
      first = false;
    }
    text += " (";
    first = true;
    for (const auto& [rule, count] : by_rule) {
      text += (first ? "" : ", ") + rule + " " + std::to_string(count);
      first = false;
    }
    return text + ")" +
           std::string(voice_("; the json format lists every one.", "；json 格式会列出全部。"));
  }

  std::string_view base_of(const Place& place) const {
    if (!place.uri_base.empty()) return place.uri_base;
    return default_base_.empty() ? std::string_view("PATH1") : std::string_view(default_base_);
  }

  Json location(const Place& place, bool with_text) const {
    Json physical;
    Json artifact{{"uri", relative_uri(place_path(place))}};
    artifact["uriBaseId"] = base_name(base_of(place));
    physical["artifactLocation"] = std::move(artifact);
    const Region& region = place.region;
    const Position begin{std::max<std::uint64_t>(region.begin.line, 1),
                         std::max<std::uint64_t>(region.begin.column, 1)};
    Position end = region.end;
    if (end.line < begin.line || (end.line == begin.line && end.column < begin.column)) end = begin;
    Json span{{"startLine", begin.line},
              {"startColumn", begin.column},
              {"endLine", end.line},
              {"endColumn", std::max<std::uint64_t>(end.column, 1)}};
    if (region.binary) {
      span["byteOffset"] = region.bytes.begin;
      span["byteLength"] = region.bytes.size();
    }
    const std::string snippet = region.snippet.empty() ? "…" : region.snippet;
    span["snippet"] = {{"text", snippet}};
    physical["region"] = std::move(span);
    // Wider than the region in every case: whole lines, or the lines around.
    Json context;
    const bool around = !region.context_snippet.empty() && region.context_begin.line <= begin.line &&
                        region.context_end.line >= end.line;
    std::uint64_t last = end.line;
    if (around) {
      last = region.context_end.line;
      if (region.context_end.column <= 1 && last > end.line) --last;  // ends before that line
    }
    context["startLine"] = around ? std::max<std::uint64_t>(region.context_begin.line, 1) : begin.line;
    context["endLine"] = last;
    context["snippet"] = {{"text", region.context_snippet.empty() ? snippet : region.context_snippet}};
    physical["contextRegion"] = std::move(context);
    Json object{{"physicalLocation", std::move(physical)}};
    Json logical = Json::array();
    for (const Inside& part : place.inside) {
      if (part.kind == Inside::Kind::archive_member) continue;
      std::string full = utf8_name(part.name);
      if (!part.row.empty()) full += "/" + utf8_name(part.row);
      if (!part.column.empty()) full += "/" + utf8_name(part.column);
      Json one{{"name", utf8_name(part.column.empty() ? part.name : part.column)},
               {"fullyQualifiedName", full},
               {"kind", part.kind == Inside::Kind::table_cell ? "cell" : "key"}};
      one["properties"] = part.kind == Inside::Kind::table_cell
                              ? Json{{"table", utf8_name(part.name)},
                                     {"row", utf8_name(part.row)},
                                     {"column", utf8_name(part.column)}}
                              : Json{{"key", utf8_name(part.name)}};
      logical.push_back(std::move(one));
    }
    if (!logical.empty()) object["logicalLocations"] = std::move(logical);
    if (with_text) {
      object["message"] = {{"text", related_text(place)}};
      if (!place.fingerprint.empty()) object["properties"] = {{"kimiguard/v1", place.fingerprint}};
    }
    return object;
  }

  std::string related_text(const Place& place) const {
    std::string text =
        place.role.empty() ? std::string(voice_("Also here", "这里也有")) : utf8_name(place.role);
    const std::string words = place_words(place, options_.language);
    if (!words.empty()) text += " (" + words + ")";
    return text + std::string(voice_.full_stop());
  }

  Json result(const Finding& finding) const {
    const Rule* rule = rulebook_.rule(finding.rule);
    const Message message = message_of(finding, rule, options_.language, when_of(finding));
    Json arguments = Json::array();
    for (const std::string& argument : message.arguments) arguments.push_back(argument);
    Json object;
    object["ruleId"] = finding.rule;
    object["ruleIndex"] = rule_index_.at(finding.rule);
    object["kind"] = finding.severity == Severity::inventory ? "informational" : "fail";
    object["level"] = level_of(finding.severity);
    object["message"] = {{"id", message.id}, {"text", ascii_stop(message.text)}};
    if (!arguments.empty()) object["message"]["arguments"] = std::move(arguments);
    const Place nowhere;
    const Place& place = finding.places.empty() ? nowhere : finding.places.front();
    object["locations"] = Json::array({location(place, false)});
    Json related = Json::array();
    std::size_t others = 0;
    const auto add_related = [&](const Place& other) {
      if (++others > kMaxRelated) return;
      Json one = location(other, true);
      one["id"] = others;
      related.push_back(std::move(one));
    };
    // The other settings of a connection first: they are few, and without them it cannot be read.
    for (const Place& setting : finding.settings) add_related(setting);
    for (std::size_t i = 1; i < finding.places.size(); ++i) add_related(finding.places[i]);
    if (!related.empty()) object["relatedLocations"] = std::move(related);
    Json prints;
    // Without the text of the file the line itself is all there is to tell one place from another.
    prints["primaryLocationLineHash"] =
        place.region.line_hash.empty() ? fallback_hash(finding, place) : place.region.line_hash;
    if (!finding.fingerprint.empty()) prints["kimiguard/v1"] = finding.fingerprint;
    object["partialFingerprints"] = std::move(prints);
    if (options_.with_suppressed) {
      Json list = Json::array();
      if (finding.suppression) {
        const Suppression& suppression = *finding.suppression;
        list.push_back(
            {{"kind", suppression.kind == "inline" ? "inSource" : "external"},
             {"status", "accepted"},
             {"justification", utf8_name(suppression.justification)},
             {"properties", {{"by", suppression.kind}, {"where", utf8_name(suppression.where)}}}});
      }
      object["suppressions"] = std::move(list);
    }
    Json properties;
    add_finding_facts(properties, finding);
    // Names and addresses of people have no place in a report that is uploaded.
    if (properties.contains("provenance")) properties["provenance"].erase("author");
    properties["placeCount"] = std::max<std::size_t>(finding.places.size(), 1);
    if (others > kMaxRelated) properties["placesNotListed"] = others - kMaxRelated;
    if (!finding_id(finding).empty()) properties["ignoreCommand"] = ignore_command(finding);
    object["properties"] = std::move(properties);
    return object;
  }

  // Sixteen digits and an ordinal, like the codeql-action's, from what stays when lines move.
  static std::string fallback_hash(const Finding& finding, const Place& place) {
    const std::string seed = finding.fingerprint.empty() ? finding.rule + '\n' + place_path(place) +
                                                               '\n' + place.region.line_without_secret
                                                         : finding.fingerprint;
    return sha256_hex("line\n" + seed).substr(0, 16) + ":1";
  }

  Json base_ids() const {
    Json object = Json::object();
    for (const auto& [base, uri] : report_.uri_bases) object[base_name(base)] = {{"uri", uri}};
    // A base that a place names and the report forgot still has to be there.
    const auto add = [&](const Place& place) {
      const std::string base(base_of(place));
      if (!report_.uri_bases.contains(base))
        object[base_name(base)] = {{"description", {{"text", "A place that was scanned."}}}};
    };
    for (const Finding* finding : listed_) {
      if (finding->places.empty()) add({});
      for (const Place& place : finding->places) add(place);
      for (const Place& place : finding->settings) add(place);
    }
    return object;
  }

  Json version_control() const {
    Json list = Json::array();
    for (const Repository& repository : report_.repositories) {
      std::string uri = remote_uri(repository.remote);
      if (uri.empty()) {
        const auto base = report_.uri_bases.find(repository.uri_base);
        if (base == report_.uri_bases.end()) continue;
        uri = base->second;
      }
      Json one{{"repositoryUri", uri}};
      if (!repository.revision.empty()) one["revisionId"] = repository.revision;
      if (!repository.branch.empty()) one["branch"] = utf8_name(repository.branch);
      if (!repository.uri_base.empty())
        one["mappedTo"] = {{"uriBaseId", base_name(repository.uri_base)}};
      list.push_back(std::move(one));
    }
    return list;
  }

  const Report& report_;
  const Rulebook& rulebook_;
  const Options& options_;
  Voice voice_;
  std::string default_base_;
  std::vector<const Finding*> listed_;
  std::vector<const Finding*> left_out_;
  std::vector<std::string> rule_ids_;
  std::map<std::string, std::size_t, std::less<>> rule_index_;
};

}  // namespace

void write_sarif(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                 std::ostream& out) {
  Run(report, rulebook, options).write(out);
}

}  // namespace kimiguard::report

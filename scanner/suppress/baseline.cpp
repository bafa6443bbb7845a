#include "scanner/suppress/baseline.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "scanner/suppress/fingerprint.h"
#include "scanner/suppress/suppression.h"

namespace kimiguard::suppress {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrint = "kimiguard/v1";

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(name));
  return found == object.end() ? nullptr : &*found;
}

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

constexpr int kMaxDepth = 64;  // reports of ours are nested a dozen deep; writing a tree recurses

// Discarded if it is no JSON or nested too deep.
Json parse_json(std::string_view text) {
  bool deep = false;
  Json value = Json::parse(
      text.begin(), text.end(),
      [&](int depth, Json::parse_event_t, Json&) {
        deep |= depth > kMaxDepth;
        return depth <= kMaxDepth;
      },
      false);
  return deep ? Json(Json::value_t::discarded) : value;
}

// A report as JSON: the object, for JSONL an array of lines. Null if it is neither.
struct Parsed {
  enum class Form { json, jsonl, sarif } form = Form::json;
  Json value;
};

Error not_a_report(std::string_view name) {
  return {"not-a-report", std::string(name) +
                              " is no report of kimiguard; give one made with --format json or "
                              "--format sarif"};
}

Result<Parsed> parse(std::string_view text, std::string_view name) {
  const auto refuse = [&] { return not_a_report(name); };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Parsed parsed;
  parsed.value = parse_json(text);
  if (parsed.value.is_object()) {
    if (text_of(member(parsed.value, "format")) == "kimiguard-report/1") return parsed;
    if (text_of(member(parsed.value, "type")).empty()) {
      const Json* runs = member(parsed.value, "runs");
      if (runs == nullptr || !runs->is_array()) return refuse();
      for (const Json& run : *runs) {
        const Json* tool = member(run, "tool");
        const Json* driver = tool == nullptr ? nullptr : member(*tool, "driver");
        if (driver == nullptr || text_of(member(*driver, "name")) != "kimiguard") return refuse();
      }
      parsed.form = Parsed::Form::sarif;
      return parsed;
    }
  }
  // JSONL: each line an object, the last a summary.
  parsed.form = Parsed::Form::jsonl;
  parsed.value = Json::array();
  bool summary = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Json one = parse_json(line);
    const std::string type = text_of(member(one, "type"));
    if (type != "finding" && type != "summary") return refuse();
    summary |= type == "summary" && text_of(member(one, "format")) == "kimiguard-report/1";
    parsed.value.push_back(std::move(one));
  }
  if (!summary) return refuse();
  return parsed;
}

// One place of the report as it stands in the tree.
struct Spot {
  BaselineEntry entry;
  Json* uri = nullptr;  // the string to change where the file was renamed
  Json* base = nullptr;
  Json* path = nullptr;  // JSON only: the name for people
};

// Whether what a report says of a finding or place ("provenance") is that a tree of today has it. Where nothing is
// said, as in an audit, it does.
bool in_tree(const Json& properties) {
  const Json* provenance = member(properties, "provenance");
  if (provenance == nullptr) return true;
  const Json* in_head = member(*provenance, "inHead");
  if (in_head != nullptr && in_head->is_boolean() && in_head->get<bool>()) return true;
  const std::string known = text_of(member(*provenance, "class"));
  return known.empty() || known == name(ProvenanceClass::head) || known == name(ProvenanceClass::staged) ||
         known == name(ProvenanceClass::worktree);
}
bool in_tree(const Provenance& provenance) {
  return provenance.in_head || provenance.provenance == ProvenanceClass::head ||
         provenance.provenance == ProvenanceClass::staged || provenance.provenance == ProvenanceClass::worktree;
}

std::optional<Spot> json_spot(Json& place) {
  if (!place.is_object()) return std::nullopt;
  const std::string print = text_of(member(place, "fingerprint"));
  const std::string uri = text_of(member(place, "uri"));
  if (print.empty() || uri.empty()) return std::nullopt;
  Spot spot{{print, baseline_path(text_of(member(place, "uriBaseId")), percent_decoded(uri)), in_tree(place)},
            &place["uri"],
            nullptr,
            nullptr};
  if (place.contains("uriBaseId")) spot.base = &place["uriBaseId"];
  if (place.contains("path")) spot.path = &place["path"];
  return spot;
}

// `tree`: of the result, whose places are all of one kind.
std::optional<Spot> sarif_spot(Json& location, const std::string& print, bool tree) {
  const Json* physical = member(location, "physicalLocation");
  const Json* artifact = physical == nullptr ? nullptr : member(*physical, "artifactLocation");
  const std::string uri = artifact == nullptr ? std::string() : text_of(member(*artifact, "uri"));
  if (print.empty() || uri.empty()) return std::nullopt;
  Json& target = location["physicalLocation"]["artifactLocation"];
  Spot spot{{print, baseline_path(text_of(member(target, "uriBaseId")), percent_decoded(uri)), tree},
            &target["uri"],
            nullptr,
            nullptr};
  if (target.contains("uriBaseId")) spot.base = &target["uriBaseId"];
  return spot;
}

// Keeps the elements of `array` for which `keep` is true.
template <class Keep>
void filter(Json& array, const Keep& keep) {
  Json kept = Json::array();
  for (Json& one : array)
    if (keep(one)) kept.push_back(std::move(one));
  array = std::move(kept);
}

// Shows every place to `keep(spot)`; a place for which it is false goes, and a finding without a place
// too.
template <class Keep>
void visit_json_finding(Json& finding, const Keep& keep, bool& any) {
  any = false;
  if (!finding.is_object() || !finding.contains("places") || !finding["places"].is_array()) return;
  filter(finding["places"], [&](Json& place) {
    std::optional<Spot> spot = json_spot(place);
    return spot && keep(*spot);
  });
  any = !finding["places"].empty();
  if (any && finding["places"][0].is_object() && finding["places"][0].contains("fingerprint"))
    finding["fingerprint"] = finding["places"][0]["fingerprint"];
}

template <class Keep>
bool visit_sarif_result(Json& result, const Keep& keep) {
  if (!result.is_object()) return false;
  const Json* prints = member(result, "partialFingerprints");
  const Json* facts = member(result, "properties");
  const bool tree = facts == nullptr || in_tree(*facts);
  bool any = false;
  if (prints != nullptr && result.contains("locations") && result["locations"].is_array() &&
      !result["locations"].empty()) {
    std::optional<Spot> spot = sarif_spot(result["locations"][0], text_of(member(*prints, kPrint)), tree);
    if (spot) any = keep(*spot);
  }
  bool related = false;
  if (result.contains("relatedLocations") && result["relatedLocations"].is_array()) {
    filter(result["relatedLocations"], [&](Json& location) {
      const Json* properties = member(location, "properties");
      const std::string print =
          properties == nullptr ? std::string() : text_of(member(*properties, kPrint));
      if (print.empty()) return true;  // a setting of the connection, not a place of the finding
      std::optional<Spot> spot = sarif_spot(location, print, tree);
      const bool stays = spot && keep(*spot);
      related |= stays;
      return stays;
    });
    if (!any && related && prints != nullptr && prints->is_object()) {
      // The first place is gone and another is left: it stands for the result now.
      for (std::size_t i = 0; i < result["relatedLocations"].size(); ++i) {
        Json& location = result["relatedLocations"][i];
        const Json* properties = member(location, "properties");
        const std::string print =
            properties == nullptr ? std::string() : text_of(member(*properties, kPrint));
        if (print.empty()) continue;
        result["partialFingerprints"][std::string(kPrint)] = print;
        Json first{{"physicalLocation", location["physicalLocation"]}};
        result["locations"] = Json::array({std::move(first)});
        result["relatedLocations"].erase(i);
        break;
      }
    }
    if (result["relatedLocations"].empty()) result.erase("relatedLocations");
  }
  return any || related;
}

template <class Keep>
void visit(Parsed& parsed, const Keep& keep) {
  switch (parsed.form) {
    case Parsed::Form::json:
      if (parsed.value.contains("findings") && parsed.value["findings"].is_array())
        filter(parsed.value["findings"], [&](Json& finding) {
          bool any = false;
          visit_json_finding(finding, keep, any);
          return any;
        });
      break;
    case Parsed::Form::jsonl:
      filter(parsed.value, [&](Json& line) {
        if (text_of(member(line, "type")) != "finding") return true;
        bool any = false;
        visit_json_finding(line, keep, any);
        return any;
      });
      break;
    case Parsed::Form::sarif:
      for (Json& run : parsed.value["runs"])
        if (run.is_object() && run.contains("results") && run["results"].is_array())
          filter(run["results"], [&](Json& result) { return visit_sarif_result(result, keep); });
      break;
  }
}

using Spotted = std::pair<std::string, std::string>;  // fingerprint, path
Spotted spotted(const BaselineEntry& entry) { return {entry.fingerprint, entry.path}; }
Spotted spotted(const Place& place) { return {place.fingerprint, baseline_path(place)}; }

// Which of the present places the entries know, and where each entry went.
struct Pairing {
  std::set<Spotted> known;                // present places
  std::map<Spotted, const Place*> moved;  // entry that is nowhere at its path -> a place at the new one
  std::set<Spotted> found;                // entries at their own path
  std::uint64_t renamed = 0;
};

Pairing pair_up(const std::vector<Finding>& findings, const std::vector<BaselineEntry>& entries) {
  struct Present {
    const Place* place;
    bool tree;
  };
  Pairing pairing;
  std::map<Spotted, Present> present;
  for (const Finding& finding : findings)
    for (const Place& place : finding.places) {
      const bool tree = in_tree(place.provenance);
      const auto [it, fresh] = present.try_emplace(spotted(place), Present{&place, tree});
      if (!fresh) it->second.tree |= tree;
    }
  // What a path has lost: all of it, or what was in the tree and is left in history only.
  std::map<std::string_view, std::vector<const BaselineEntry*>> lost;
  for (const BaselineEntry& entry : entries) {
    const auto there = present.find(spotted(entry));
    if (there != present.end()) {
      pairing.found.insert(spotted(entry));
      pairing.known.insert(spotted(entry));
      if (there->second.tree || !entry.in_tree) continue;
    }
    lost[entry.fingerprint].push_back(&entry);
  }
  // A file that only moved keeps its name most often, so equal names are paired before any others, and the file of
  // today before its own past. All is sorted, so the pairing is the same every time.
  const auto base = [](std::string_view path) { return path.substr(path.rfind('/') + 1); };
  for (const bool tree : {true, false})
    for (const bool same_name : {true, false})
      for (const auto& [place, where] : present) {
        if (where.tree != tree || pairing.known.contains(place)) continue;
        const auto candidates = lost.find(place.first);
        if (candidates == lost.end()) continue;
        std::vector<const BaselineEntry*>& left = candidates->second;
        const std::string_view name = base(place.second);
        const auto match = std::find_if(left.begin(), left.end(), [&](const BaselineEntry* one) {
          return !same_name || base(one->path) == name;
        });
        if (match == left.end()) continue;
        if (!pairing.found.contains(spotted(**match))) pairing.moved[spotted(**match)] = where.place;
        left.erase(match);
        pairing.known.insert(place);
        ++pairing.renamed;
      }
  return pairing;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("-._~!@+,=/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

void count_again(Json& report) {
  if (!report.contains("summary") || !report["summary"].is_object() || !report.contains("findings"))
    return;
  std::map<std::string, std::uint64_t> counts;
  for (const Json& finding : report["findings"]) ++counts[text_of(member(finding, "severity"))];
  Json& summary = report["summary"];
  summary["findings"] = report["findings"].size();
  if (summary.contains("bySeverity") && summary["bySeverity"].is_object())
    for (auto& [severity, count] : summary["bySeverity"].items())
      count = counts.contains(severity) ? counts[severity] : 0;
}

std::string dumped(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<Baseline> read_baseline(std::string_view text, std::string_view name) try {
  Result<Parsed> parsed = parse(text, name);
  if (!parsed) return parsed.error();
  Baseline baseline;
  baseline.name = std::string(name);
  visit(*parsed, [&](Spot& spot) {
    baseline.entries.push_back(spot.entry);
    return true;
  });
  // One that the tree has stands before those of history.
  std::sort(baseline.entries.begin(), baseline.entries.end(), [](const BaselineEntry& a, const BaselineEntry& b) {
    return std::tie(a.fingerprint, a.path, b.in_tree) < std::tie(b.fingerprint, b.path, a.in_tree);
  });
  baseline.entries.erase(std::unique(baseline.entries.begin(), baseline.entries.end(),
                                     [](const BaselineEntry& a, const BaselineEntry& b) { return spotted(a) == spotted(b); }),
                         baseline.entries.end());
  return baseline;
} catch (const Json::exception&) {  // a member of a type that no report of ours has
  return not_a_report(name);
}

BaselineOutcome apply_baseline(std::vector<Finding>& findings, const Baseline& baseline) {
  const Pairing pairing = pair_up(findings, baseline.entries);
  BaselineOutcome outcome;
  outcome.renamed = pairing.renamed;
  outcome.gone = baseline.entries.size() - pairing.found.size() - pairing.moved.size();
  outcome.suppressed =
      suppress_places(findings, [&](const Finding&, const Place& place) -> std::optional<Suppression> {
        if (!pairing.known.contains(spotted(place))) return std::nullopt;
        return Suppression{"baseline", "known since the baseline", baseline.name};
      });
  return outcome;
}

Result<BaselineUpdate> update_baseline(std::string_view text, std::string_view name,
                                       const std::vector<Finding>& findings) try {
  const Result<Baseline> before = read_baseline(text, name);
  if (!before) return before.error();
  Result<Parsed> parsed = parse(text, name);
  if (!parsed) return parsed.error();
  const Pairing pairing = pair_up(findings, before->entries);
  BaselineUpdate update;
  visit(*parsed, [&](Spot& spot) {
    if (pairing.found.contains(spotted(spot.entry))) {
      ++update.kept;
      return true;
    }
    const auto moved = pairing.moved.find(spotted(spot.entry));
    if (moved == pairing.moved.end()) {
      ++update.gone;
      return false;
    }
    // baseline_path is "<base>/<path>", without the ids of objects.
    const std::string path = baseline_path(*moved->second);
    const std::size_t slash = path.find('/');
    const std::string below =
        percent_encoded(slash == std::string::npos ? path : path.substr(slash + 1));
    if (spot.path != nullptr) *spot.path = below;
    *spot.uri = below;
    if (spot.base != nullptr)
      *spot.base = parsed->form == Parsed::Form::sarif && moved->second->uri_base == "SRCROOT"
                       ? "%SRCROOT%"
                       : moved->second->uri_base;
    ++update.renamed;
    return true;
  });
  switch (parsed->form) {
    case Parsed::Form::json:
      count_again(parsed->value);
      update.text = dumped(parsed->value, 1) + "\n";
      break;
    case Parsed::Form::jsonl:
      for (const Json& line : parsed->value) update.text += dumped(line, -1) + "\n";
      break;
    case Parsed::Form::sarif:
      update.text = dumped(parsed->value, 1) + "\n";
      break;
  }
  return update;
} catch (const Json::exception&) {
  return not_a_report(name);
}

}  // namespace kimiguard::suppress

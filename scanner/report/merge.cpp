#include "scanner/report/merge.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "scanner/report/facts.h"
#include "scanner/report/redactor.h"
#include "scanner/suppress/glob.h"

namespace kimiguard::report {
namespace {

constexpr int kMaxDepth = 64;

const Json* member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(name));
  return found == object.end() ? nullptr : &*found;
}

std::string text_at(const Json& object, std::string_view name) {
  const Json* value = member(object, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

struct Owners {
  struct Line {
    std::string glob;
    std::vector<std::string> names;
  };
  std::string repository;
  std::vector<Line> lines;
};

Owners read_owners(const OwnersInput& input) {
  Owners owners{input.repository, {}};
  std::string_view text = input.text;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::vector<std::string> words;
    std::string word;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (c == '#' && word.empty()) break;
      if (c == '\\' && i + 1 < line.size() && (line[i + 1] == ' ' || line[i + 1] == '#')) {
        word += line[++i];
      } else if (c == ' ' || c == '\t' || c == '\r') {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
      } else {
        word += c;
      }
    }
    if (!word.empty()) words.push_back(word);
    // GitLab: "[Section] @default" and "^[Optional section]".
    if (words.empty() || words[0].starts_with('[') || words[0].starts_with("^[")) continue;
    Owners::Line one{words[0], {words.begin() + 1, words.end()}};
    owners.lines.push_back(std::move(one));
  }
  return owners;
}

bool owner_glob_fits(const std::string& glob, std::string_view path) {
  // "docs/*" is for files right below docs, unlike in .gitignore.
  if (glob.ends_with("/*") && !glob.ends_with("**/*")) {
    const std::string_view pattern = std::string_view(glob).substr(glob.starts_with('/') ? 1 : 0);
    if (std::count(pattern.begin(), pattern.end(), '/') != std::count(path.begin(), path.end(), '/'))
      return false;
  }
  return suppress::glob_fits(glob, path);
}

std::vector<std::string> owners_of(const std::vector<Owners>& all, const std::string& repository,
                                   const std::string& report, std::string_view path) {
  std::vector<std::string> names;
  for (const Owners& owners : all) {
    if (!owners.repository.empty() && owners.repository != repository && owners.repository != report)
      continue;
    for (const Owners::Line& line : owners.lines)
      if (owner_glob_fits(line.glob, path)) names = line.names;
  }
  return names;
}

// Seconds since 1970 of "2026-01-02T03:04:05+08:00"; only the day where there is no more. None for what
// is no date.
std::optional<std::int64_t> instant(std::string_view text) {
  const auto number = [&](std::size_t at, std::size_t size) -> int {
    int value = 0;
    for (std::size_t i = at; i < at + size; ++i) {
      if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  if (text.size() < 10 || number(0, 4) < 0 || number(5, 2) < 1 || number(8, 2) < 1) return std::nullopt;
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  if (text.size() >= 19) {
    parts.tm_hour = std::max(number(11, 2), 0);
    parts.tm_min = std::max(number(14, 2), 0);
    parts.tm_sec = std::max(number(17, 2), 0);
  }
  std::int64_t seconds = timegm(&parts);
  if (text.size() >= 22 && (text[19] == '+' || text[19] == '-')) {
    const int hours = number(20, 2);
    const int minutes = text.size() >= 25 && text[22] == ':' ? number(23, 2) : number(22, 2);
    const std::int64_t offset = (std::max(hours, 0) * 60 + std::max(minutes, 0)) * 60;
    seconds -= text[19] == '+' ? offset : -offset;
  }
  return seconds;
}

template <class T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool before(const MergedPlace& a, const MergedPlace& b) {
  return std::tie(a.repository, a.path, a.line, a.provenance, a.commit) <
         std::tie(b.repository, b.path, b.line, b.provenance, b.commit);
}

bool same(const MergedPlace& a, const MergedPlace& b) { return !before(a, b) && !before(b, a); }

class Merge {
 public:
  explicit Merge(const std::vector<OwnersInput>& owners) {
    for (const OwnersInput& input : owners) owners_.push_back(read_owners(input));
  }

  Status add(const MergeInput& input) {
    bool deep = false;
    const Json report = Json::parse(
        input.text.begin(), input.text.end(),
        [&](int depth, Json::parse_event_t, Json&) {
          deep |= depth > kMaxDepth;
          return depth <= kMaxDepth;
        },
        false);
    if (deep || text_at(report, "format") != "kimiguard-report/1")
      return Error{"not-a-report",
                   input.name + " is no JSON report of kimiguard; make one with --format json"};
    ++merged_.reports;
    std::map<std::string, std::string> repositories;
    if (const Json* list = member(report, "repositories"); list != nullptr && list->is_array()) {
      for (const Json& one : *list) {
        const std::string remote = text_at(one, "remote");
        repositories[text_at(one, "uriBaseId")] = remote.empty() ? input.name : remote;
      }
    }
    if (const Json* summary = member(report, "summary"))
      if (const Json* coverage = member(*summary, "coverage"))
        if (const Json* complete = member(*coverage, "complete");
            complete != nullptr && *complete == false)
          merged_.incomplete.push_back(redact_(input.name));
    const Json* findings = member(report, "findings");
    if (findings == nullptr || !findings->is_array()) return Nothing{};
    for (const Json& finding : *findings) add_finding(finding, repositories, input.name);
    return Nothing{};
  }

  Merged finish() {
    for (auto& [id, record] : records_) {
      sort_unique(record.rules);
      std::sort(record.places.begin(), record.places.end(), before);
      record.places.erase(std::unique(record.places.begin(), record.places.end(), same),
                          record.places.end());
      std::optional<std::int64_t> first;
      bool yes = false;
      bool no = false;
      for (const MergedPlace& place : record.places) {
        record.repositories.push_back(place.repository);
        record.owners.insert(record.owners.end(), place.owners.begin(), place.owners.end());
        yes |= place.pushed == "yes";
        no |= place.pushed == "no";
        const std::optional<std::int64_t> when = instant(place.date);
        if (when && (!first || *when < *first)) {
          first = when;
          record.first_seen = place.date;
        }
      }
      record.pushed = yes ? Pushed::yes : no ? Pushed::no : Pushed::unknown;
      sort_unique(record.repositories);
      sort_unique(record.owners);
      merged_.records.push_back(std::move(record));
    }
    std::stable_sort(merged_.records.begin(), merged_.records.end(), [](const auto& a, const auto& b) {
      return static_cast<int>(a.severity) > static_cast<int>(b.severity);
    });
    std::sort(merged_.incomplete.begin(), merged_.incomplete.end());
    return std::move(merged_);
  }

 private:
  void add_finding(const Json& finding, const std::map<std::string, std::string>& repositories,
                   const std::string& report) {
    const std::string id = redact_(text_at(finding, "id"));
    if (id.empty() || finding.contains("suppression")) return;
    MergedRecord& record = records_[id];
    record.id = id;
    record.setting = !text_at(finding, "keyPath").empty() || text_at(finding, "secretSha256").empty();
    record.rules.push_back(redact_(text_at(finding, "ruleId")));
    if (record.secret.empty()) record.secret = redact_(text_at(finding, "secret"));
    const std::string realm = redact_(text_at(finding, "realm"));
    if (record.realm.empty() || record.realm == "unknown") record.realm = realm;
    if (const auto severity = severity_named(text_at(finding, "severity")))
      record.severity = std::max(record.severity, *severity);
    const Json* places = member(finding, "places");
    if (places == nullptr || !places->is_array()) return;
    for (const Json& one : *places) {
      MergedPlace place;
      const auto repository = repositories.find(text_at(one, "uriBaseId"));
      const std::string name = repository == repositories.end() ? report : repository->second;
      place.repository = redact_(name);
      place.path = redact_(text_at(one, "uri"));
      if (const Json* region = member(one, "region"))
        if (const Json* line = member(*region, "startLine");
            line != nullptr && line->is_number_unsigned())
          place.line = line->get<std::uint64_t>();
      if (const Json* provenance = member(one, "provenance")) {
        place.provenance = redact_(text_at(*provenance, "class"));
        place.pushed = redact_(text_at(*provenance, "pushed"));
        place.commit = redact_(text_at(*provenance, "commit"));
        place.date = redact_(text_at(*provenance, "date"));
      }
      for (const std::string& owner : owners_of(owners_, name, report, text_at(one, "uri")))
        place.owners.push_back(redact_(owner));
      record.places.push_back(std::move(place));
    }
  }

  Redactor redact_;
  std::vector<Owners> owners_;
  std::map<std::string, MergedRecord> records_;
  Merged merged_;
};

}  // namespace

Result<Merged> merge_reports(const std::vector<MergeInput>& reports,
                             const std::vector<OwnersInput>& owners) {
  Merge merge(owners);
  for (const MergeInput& report : reports)
    if (const Status status = merge.add(report); !status) return status.error();
  return merge.finish();
}

std::string merged_json(const Merged& merged) {
  Json records = Json::array();
  for (const MergedRecord& record : merged.records) {
    Json places = Json::array();
    for (const MergedPlace& place : record.places) {
      Json one{{"repository", place.repository}, {"uri", place.path}, {"line", place.line}};
      if (!place.provenance.empty()) one["class"] = place.provenance;
      if (!place.pushed.empty()) one["pushed"] = place.pushed;
      if (!place.commit.empty()) one["commit"] = place.commit;
      if (!place.date.empty()) one["date"] = place.date;
      if (!place.owners.empty()) one["owners"] = place.owners;
      places.push_back(std::move(one));
    }
    Json one{{"id", record.id},
             {"kind", record.setting ? "setting" : "key"},
             {"severity", name(record.severity)},
             {"rules", record.rules}};
    if (!record.secret.empty()) one["secret"] = record.secret;
    if (!record.realm.empty()) one["realm"] = record.realm;
    if (!record.first_seen.empty()) one["firstSeen"] = record.first_seen;
    one["pushed"] = name(record.pushed);
    one["repositories"] = record.repositories;
    one["owners"] = record.owners;
    one["places"] = std::move(places);
    records.push_back(std::move(one));
  }
  const Json object{{"format", "kimiguard-merge/1"},
                    {"reports", merged.reports},
                    {"incomplete", merged.incomplete},
                    {"records", std::move(records)}};
  return dumped(object, 1) + "\n";
}

}  // namespace kimiguard::report

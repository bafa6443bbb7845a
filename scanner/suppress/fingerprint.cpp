#include "scanner/suppress/fingerprint.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace kimiguard::suppress {
namespace {

std::string squeezed(std::string_view line) {
  std::string out;
  bool space = false;
  for (const char c : line) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      space = true;
      continue;
    }
    if (space && !out.empty()) out += ' ';
    space = false;
    out += c;
  }
  return out;
}

std::string subject_of(const Finding& finding) {
  return finding.secret ? finding.secret->id() : "setting " + finding.key_path;
}

// Where ".git/logs/HEAD" and ".git/worktrees/<name>/logs/HEAD" go on behind ".git"; the end for other paths.
std::size_t logs_at(const std::vector<std::string_view>& parts) {
  for (std::size_t i = 0; i + 2 < parts.size(); ++i)
    if (parts[i] == ".git" && (parts[i + 1] == "logs" || (parts[i + 1] == "worktrees" && i + 4 < parts.size() && parts[i + 3] == "logs")))
      return i + 1;
  return parts.size();
}

}  // namespace

std::string fingerprint(std::string_view rule, std::string_view subject, std::string_view line,
                        std::uint64_t ordinal) {
  std::string text;
  const auto field = [&](std::string_view part) {
    text += part;
    text += '\0';
  };
  field("kimiguard/v1");
  field(rule);
  field(subject);
  field(squeezed(line));
  field(std::to_string(ordinal));
  return sha256_hex(text).substr(0, 32);
}

std::string baseline_path(std::string_view base, std::string_view path) {
  // A base's name without the percent signs that SARIF puts around the root's.
  while (base.starts_with('%')) base.remove_prefix(1);
  while (base.ends_with('%')) base.remove_suffix(1);
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
      continue;
    }
    parts.push_back(part);
  }
  for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
    if (parts[i] == ".git" && (parts[i + 1] == "commit" || parts[i + 1] == "objects")) {
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 2);
      break;
    }
  }
  if (const std::size_t logs = logs_at(parts); logs < parts.size()) {
    parts.resize(logs);
    parts.push_back("logs");
  }
  std::string text(base);
  for (const std::string_view part : parts) {
    text += '/';
    text += part;
  }
  return text;
}

std::string baseline_path(const Place& place) {
  std::string path = place.uri.empty() ? place.path : place.uri;
  std::string members;
  for (const Inside& part : place.inside)
    if (part.kind == Inside::Kind::archive_member) members += "!/" + part.name;
  if (!path.ends_with(members)) path += members;
  return baseline_path(place.uri_base, path);
}

void assign_fingerprints(std::vector<Finding>& findings) {
  // Same rule, subject, line and file; then in order of position.
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, std::vector<Place*>> alike;
  for (Finding& finding : findings) {
    const std::string subject = subject_of(finding);
    for (Place& place : finding.places) {
      // git writes a commit's message into a reflog anew with every rebase, beside ids and times: all lines of the logs
      // are one.
      if (place.provenance.provenance == ProvenanceClass::reflog && baseline_path(place).ends_with("/.git/logs")) {
        place.fingerprint = fingerprint(finding.rule, subject, "", 0);
        continue;
      }
      alike[{finding.rule, subject, squeezed(place.region.line_without_secret), baseline_path(place),
             // One version of a file; another commit's is counted by itself, and so is HEAD's, which is told with the
             // commit of the first that had the key.
             std::string(name(place.provenance.provenance)) + place.provenance.commit + place.path}]
          .push_back(&place);
    }
  }
  for (auto& [key, places] : alike) {
    std::stable_sort(places.begin(), places.end(), [](const Place* a, const Place* b) {
      const auto where = [](const Place* place) {
        return std::tuple(place->region.begin.line, place->region.begin.column,
                          place->region.bytes.begin);
      };
      return where(a) < where(b);
    });
    for (std::size_t i = 0; i < places.size(); ++i)
      places[i]->fingerprint = fingerprint(std::get<0>(key), std::get<1>(key), std::get<2>(key), i);
  }
  for (Finding& finding : findings)
    finding.fingerprint = finding.places.empty() ? fingerprint(finding.rule, subject_of(finding), "", 0)
                                                 : finding.places.front().fingerprint;
}

}  // namespace kimiguard::suppress

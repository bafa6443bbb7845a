#include "scanner/suppress/ignore_file.h"

#include <algorithm>
#include <map>
#include <set>

#include "scanner/core/finding_id.h"
#include "scanner/core/lowered.h"
#include "scanner/suppress/fingerprint.h"
#include "scanner/suppress/glob.h"
#include "scanner/suppress/reason.h"
#include "scanner/suppress/suppression.h"

namespace kimiguard::suppress {
namespace {

constexpr std::size_t kMaxBytes = 1U << 20;
constexpr std::size_t kMaxEntries = 10000;
constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kFullId = 16;

constexpr std::string_view kHeader =
    "# Findings that were looked at and need not be shown again (kimiguard ignore writes these lines).\n"
    "# id=… rule=… path=… expires=YYYY-MM-DD reason=…   docs/suppression.md has the details.\n";

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return text.size() >= kShownIdDigits && text.size() <= kFullId && is_hex(text);
}

bool blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Control characters have no place in a line of the file; a tab stands in quotes.
bool has_control(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

// Reads one line; the error's message is a clause.
Result<IgnoreEntry> read_line(std::string_view line) {
  IgnoreEntry entry;
  const auto broken = [](std::string message) { return Error{"broken", std::move(message)}; };
  std::string_view rest = trimmed(line);
  bool reason = false;
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    const std::size_t space = std::min(rest.find_first_of(" \t"), rest.size());
    if (equals == std::string_view::npos || equals > space)
      return broken("write id=, rule=, path=, expires= or reason= before each value");
    const std::string_view name = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    if (name == "reason") {
      entry.reason = std::string(trimmed(rest));
      if (entry.reason.size() >= 2 && entry.reason.front() == '"' && entry.reason.back() == '"')
        entry.reason = entry.reason.substr(1, entry.reason.size() - 2);
      reason = true;
      break;
    }
    std::string value;
    if (rest.starts_with('"')) {
      std::size_t at = 1;
      for (; at < rest.size() && rest[at] != '"'; ++at) {
        if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
        value += rest[at];
      }
      if (at >= rest.size()) return broken("a quoted value has no closing quote");
      rest.remove_prefix(at + 1);
      if (!rest.empty() && !blank(rest.front())) return broken("put a space after a quoted value");
    } else {
      const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
      value = std::string(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    rest = trimmed(rest);
    if (value.empty()) return broken("a value is empty");
    for (const auto& [field, given] : {std::pair<std::string_view, const std::string*>{"id", &entry.id}, {"rule", &entry.rule},
                                       {"path", &entry.path}, {"expires", &entry.expires}})
      if (name == field && !given->empty()) return broken("give " + std::string(field) + "= once; write a line for each");
    if (has_control(value)) return broken("a value holds a control character");
    if (name == "id") {
      entry.id = lowered(value);
      if (!is_id(entry.id)) return broken("an id is 8 to 16 hex digits");
    } else if (name == "rule") {
      entry.rule = value;
    } else if (name == "path") {
      entry.path = value;
    } else if (name == "expires") {
      if (!is_date(value)) return broken("write the last day as YYYY-MM-DD");
      entry.expires = value;
    } else {
      return broken("fields are id, rule, path, expires and, last, reason");
    }
  }
  if (entry.id.empty() && entry.rule.empty() && entry.path.empty())
    return broken("say which finding is meant: id=, rule= or path=");
  if (!reason || !says_something(entry.reason)) return broken("add reason= and why this is fine");
  return entry;
}

// Calls `each` with number and text of every line.
template <class Each>
void for_lines(std::string_view text, const Each& each) {
  std::uint64_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!each(++number, line)) return;
  }
}

bool is_entry(std::string_view line) {
  const std::string_view text = trimmed(line);
  return !text.empty() && text.front() != '#';
}

}  // namespace

std::string path_below_base(const Place& place) {
  std::string path = place.uri.empty() ? place.path : place.uri;
  std::string members;
  for (const Inside& part : place.inside)
    if (part.kind == Inside::Kind::archive_member) members += "!/" + part.name;
  if (!path.ends_with(members)) path += members;
  return path;
}

namespace {

std::string quoted(std::string_view value) {
  if (value.find_first_of(" \t\"\\") == std::string_view::npos) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int digits[8];
  std::size_t n = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) continue;
    if (text[i] < '0' || text[i] > '9') return false;
    digits[n++] = text[i] - '0';
  }
  const int year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
  const int month = digits[4] * 10 + digits[5];
  const int day = digits[6] * 10 + digits[7];
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

IgnoreFile read_ignore_file(std::string_view text, std::string_view name) {
  IgnoreFile file;
  file.name = std::string(name);
  const auto complain = [&](std::uint64_t line, std::string message) {
    if (file.problems.size() < kMaxProblems)
      file.problems.push_back({file.name + ":" + std::to_string(line), std::move(message)});
  };
  if (text.size() > kMaxBytes) {
    complain(1, "only the first 1 MiB of the file counts");
    text = text.substr(0, text.rfind('\n', kMaxBytes) + 1);
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for_lines(text, [&](std::uint64_t number, std::string_view line) {
    if (!is_entry(line)) return true;
    if (file.entries.size() == kMaxEntries) {
      complain(number, "only the first 10,000 entries count");
      return false;
    }
    Result<IgnoreEntry> entry = read_line(line);
    if (!entry) {
      complain(number, entry.error().message);
      return true;
    }
    entry->line = number;
    file.entries.push_back(std::move(*entry));
    return true;
  });
  return file;
}

IgnoreOutcome apply_ignore_file(std::vector<Finding>& findings, const IgnoreFile& file,
                                std::string_view as_of, const PathBelow& path_below) {
  IgnoreOutcome outcome;
  outcome.problems = file.problems;
  std::set<std::string> ids;
  for (const Finding& finding : findings) ids.insert(finding_id(finding));
  const auto where = [&](const IgnoreEntry& entry) {
    return file.name + ":" + std::to_string(entry.line);
  };
  std::vector<const IgnoreEntry*> entries;
  for (const IgnoreEntry& entry : file.entries) {
    if (!entry.expires.empty() && std::string_view(entry.expires) < as_of) {
      outcome.problems.push_back({where(entry), "expired after " + entry.expires +
                                                    "; look again, then renew or remove the line"});
      continue;
    }
    if (!entry.id.empty()) {
      auto first = ids.lower_bound(entry.id);
      std::size_t fits = 0;
      for (; first != ids.end() && first->starts_with(entry.id) && fits < 2; ++first) ++fits;
      if (fits > 1) {
        outcome.problems.push_back(
            {where(entry), "the id " + entry.id + " fits more than one; write more digits"});
        continue;
      }
    }
    entries.push_back(&entry);
  }
  std::set<std::uint64_t> used;
  outcome.suppressed = suppress_places(
      findings, [&](const Finding& finding, const Place& place) -> std::optional<Suppression> {
        if (entries.empty()) return std::nullopt;
        const std::string id = finding_id(finding);
        const std::optional<std::string> path = path_below(place);
        if (!path) return std::nullopt;
        std::optional<Suppression> suppression;
        for (const IgnoreEntry* entry : entries) {
          if (!entry->id.empty() && (id.empty() || !id.starts_with(entry->id))) continue;
          if (!entry->rule.empty() && entry->rule != finding.rule) continue;
          if (!entry->path.empty() && !glob_fits(entry->path, *path)) continue;
          used.insert(entry->line);
          if (!suppression) suppression = Suppression{"ignore_file", entry->reason, where(*entry)};
        }
        return suppression;
      });
  for (const IgnoreEntry* entry : entries)
    if (!used.contains(entry->line)) outcome.unused.push_back(entry->line);
  return outcome;
}

Result<std::string> resolve_id(std::string_view prefix, const std::vector<Finding>& findings) {
  const std::string wanted = lowered(prefix);
  if (!is_id(wanted))
    return Error{"short-id", "an id is 8 to 16 hex digits, as it stands beside the finding"};
  std::set<std::string> fits;
  for (const Finding& finding : findings) {
    const std::string id = finding_id(finding);
    if (id.starts_with(wanted)) fits.insert(id);
  }
  if (fits.empty()) return Error{"unknown-id", "no finding has an id that begins with " + wanted};
  if (fits.size() > 1) {
    std::string all;
    for (const std::string& id : fits) all += " " + id;
    return Error{"ambiguous-id", "more than one id begins with " + wanted + ":" + all};
  }
  return *fits.begin();
}

std::string ignore_line(const IgnoreEntry& entry) {
  std::string line;
  const auto field = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!line.empty()) line += ' ';
    line += name;
    line += '=';
    line += quoted(value);
  };
  field("id", entry.id);
  field("rule", entry.rule);
  field("path", entry.path);
  field("expires", entry.expires);
  std::string reason = entry.reason;
  for (char& c : reason)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line + " reason=" + std::string(trimmed(reason));
}

Result<std::string> add_ignore_entry(std::string_view text, const IgnoreEntry& entry) {
  if (entry.id.empty() && entry.rule.empty() && entry.path.empty())
    return Error{"no-selector", "say which finding is meant: an id, --rule or --path"};
  if (!says_something(entry.reason))
    return Error{"no-reason", "say why this is fine: --reason \"revoked on 2026-03-01\""};
  if (!entry.id.empty() && !is_id(entry.id)) return Error{"bad-id", "an id is 8 to 16 hex digits"};
  if (!entry.expires.empty() && !is_date(entry.expires))
    return Error{"bad-date", "write the last day as YYYY-MM-DD"};
  for (const std::string* value : {&entry.rule, &entry.path})
    if (has_control(*value))
      return Error{"no-selector", "a rule or path in the ignore file cannot hold control characters"};
  const std::string line = ignore_line(entry);
  std::string out;
  if (trimmed(text).empty()) out = kHeader;
  bool placed = false;
  for_lines(text, [&](std::uint64_t, std::string_view old) {
    if (is_entry(old)) {
      const Result<IgnoreEntry> parsed = read_line(old);
      if (parsed && parsed->id == entry.id && parsed->rule == entry.rule && parsed->path == entry.path) {
        if (!placed) out += line + "\n";
        placed = true;
        return true;
      }
    }
    out += std::string(old) + "\n";
    return true;
  });
  if (!placed) out += line + "\n";
  return out;
}

}  // namespace kimiguard::suppress

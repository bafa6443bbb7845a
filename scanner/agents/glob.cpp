#include "scanner/agents/glob.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace kimiguard::agents {
namespace {

constexpr std::size_t kMostAlternatives = 256;

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : path) {
    if (c != '/') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(std::move(part));
      part.clear();
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

bool is_literal(std::string_view part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\') {
      ++i;
      continue;
    }
    if (part[i] == '*' || part[i] == '?') return false;
  }
  return true;
}

std::string unescaped(std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\' && i + 1 < part.size()) ++i;
    text += part[i];
  }
  return text;
}

// Whether path parts [p, …) match pattern parts [q, …) as a whole. Both are short.
bool parts_match(const std::vector<std::string>& path, std::size_t p,
                 const std::vector<std::string>& pattern) {
  std::vector<char> states(pattern.size() + 1, 0);
  std::vector<char> next(states.size(), 0);
  const auto close = [&](std::vector<char>& s) {
    for (std::size_t i = 0; i < pattern.size(); ++i)
      if (s[i] != 0 && pattern[i] == "**") s[i + 1] = 1;
  };
  states[0] = 1;
  close(states);
  for (; p < path.size(); ++p) {
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (states[i] == 0) continue;
      if (pattern[i] == "**")
        next[i] = 1;
      else if (name_matches(pattern[i], path[p]))
        next[i + 1] = 1;
    }
    close(next);
    states.swap(next);
  }
  return states.back() != 0;
}

}  // namespace

bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (escaped && pattern[p + 1] == name[n]) {
      p += 2;
      ++n;
    } else if (!escaped && p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> alternatives(std::string_view pattern) {
  std::size_t open = std::string_view::npos;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '{') {
      open = i;
      break;
    }
  }
  if (open == std::string_view::npos) return {std::string(pattern)};
  std::size_t depth = 0;
  std::vector<std::size_t> cuts = {open};
  std::size_t close = std::string_view::npos;
  for (std::size_t i = open; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '{') {
      ++depth;
    } else if (pattern[i] == '}') {
      if (--depth == 0) {
        close = i;
        break;
      }
    } else if (pattern[i] == ',' && depth == 1) {
      cuts.push_back(i);
    }
  }
  if (close == std::string_view::npos) return {std::string(pattern)};
  cuts.push_back(close);
  std::vector<std::string> found;
  for (std::size_t c = 0; c + 1 < cuts.size(); ++c) {
    std::string text(pattern.substr(0, open));
    text += pattern.substr(cuts[c] + 1, cuts[c + 1] - cuts[c] - 1);
    text += pattern.substr(close + 1);
    for (std::string& one : alternatives(text)) {
      if (found.size() >= kMostAlternatives) return found;
      found.push_back(std::move(one));
    }
  }
  return found;
}

bool ends_with_pattern(std::string_view path, std::string_view pattern) {
  const std::vector<std::string> path_parts = parts_of(path);
  for (const std::string& one : alternatives(pattern)) {
    std::vector<std::string> parts = parts_of(one);
    if (parts.empty() || path_parts.empty()) continue;
    // The last name tells most.
    if (parts.back() != "**" && !name_matches(parts.back(), path_parts.back())) continue;
    parts.insert(parts.begin(), "**");
    if (parts_match(path_parts, 0, parts)) return true;
  }
  return false;
}

Glob::Glob(const Disk& disk, std::string bound, GlobLimits limits)
    : disk_(disk), bound_(bound.empty() ? bound : disk.real_path(bound)), limits_(limits) {}

bool Glob::inside(const std::string& path) const {
  if (bound_.empty()) return true;
  const std::string real = disk_.real_path(path);
  return real == bound_ || (real.starts_with(bound_) && real.size() > bound_.size() &&
                            (bound_ == "/" || real[bound_.size()] == '/'));
}

void Glob::gap(Coverage& coverage, GapKind kind, const std::string& code, const std::string& place,
               const std::string& reason) const {
  Gap made;
  made.kind = kind;
  made.code = code;
  made.place = place;
  made.reason = reason;
  coverage.gaps.push_back(std::move(made));
}

void Glob::add(const std::string& path, bool link, std::vector<std::string>& found, Coverage& coverage) {
  if (link) {
    const std::uint32_t mode = disk_.mode(path);
    if (folders_ ? !S_ISDIR(mode) : !S_ISREG(mode)) return;
    if (!inside(path)) {
      gap(coverage, GapKind::set_aside, "link", path, "a link that leads out of the folder");
      return;
    }
  }
  found.push_back(path);
}

void Glob::walk(const std::string& folder, const std::vector<std::string>& parts, std::size_t at,
                std::size_t depth, std::vector<std::string>& found, Coverage& coverage) {
  if (full_) return;
  const bool last = at + 1 == parts.size();
  const std::string& part = parts[at];
  if (part != "**" && is_literal(part)) {
    std::string path = folder + "/" + unescaped(part);
    if (last) {
      ++looked_;
      const std::uint32_t mode = disk_.mode(path);
      // One look tells most: the file is seldom there. A link's end is asked only where there is one.
      if (folders_ ? S_ISDIR(mode) : S_ISREG(mode)) add(path, true, found, coverage);
    } else {
      walk(path, parts, at + 1, depth, found, coverage);
    }
    return;
  }
  auto listed = disk_.list(folder);
  if (!listed) {
    if (listed.error().code != "missing")
      gap(coverage, GapKind::unreadable, listed.error().code, folder, listed.error().message);
    return;
  }
  const bool deep = part == "**";
  // ** also stands for no folder at all.
  if (deep && !last) walk(folder, parts, at + 1, depth, found, coverage);
  for (const Entry& entry : *listed) {
    if (++looked_ > limits_.entries) {
      if (!full_) gap(coverage, GapKind::unreadable, "limit", folder, "too many files below a pattern");
      full_ = true;
      return;
    }
    std::string path = folder + "/" + entry.name;
    if (deep) {
      if (last && entry.kind != Entry::Kind::folder && entry.kind != Entry::Kind::other)
        add(path, entry.kind == Entry::Kind::link, found, coverage);
      if (entry.kind == Entry::Kind::folder) {
        if (depth >= limits_.depth)
          gap(coverage, GapKind::unreadable, "limit", path, "nested deeper than is read");
        else
          walk(path, parts, at, depth + 1, found, coverage);
      }
      continue;
    }
    if (!name_matches(part, entry.name)) continue;
    if (last) {
      if (entry.kind == (folders_ ? Entry::Kind::folder : Entry::Kind::file) || entry.kind == Entry::Kind::link)
        add(path, entry.kind == Entry::Kind::link, found, coverage);
    } else if (entry.kind == Entry::Kind::folder ||
               (entry.kind == Entry::Kind::link && S_ISDIR(disk_.mode(path)) && inside(path))) {
      walk(path, parts, at + 1, depth, found, coverage);
    }
  }
}

std::vector<std::string> Glob::files(const std::string& pattern, Coverage& coverage) {
  folders_ = false;
  return matches(pattern, coverage);
}

std::vector<std::string> Glob::folders(const std::string& pattern, Coverage& coverage) {
  folders_ = true;
  return matches(pattern, coverage);
}

std::vector<std::string> Glob::matches(const std::string& pattern, Coverage& coverage) {
  std::vector<std::string> found;
  for (const std::string& one : alternatives(pattern)) {
    const std::vector<std::string> parts = parts_of(one);
    if (parts.empty()) continue;
    walk("", parts, 0, 0, found, coverage);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace kimiguard::agents

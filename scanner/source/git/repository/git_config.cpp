#include "scanner/source/git/repository/git_config.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace kimiguard::git {
namespace {

constexpr std::size_t kMostEntries = 100'000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_key_char(char c) { return is_alpha(c) || (c >= '0' && c <= '9') || c == '-'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

// A cursor over the text that counts lines and takes "\r\n" for "\n".
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  std::uint64_t line() const { return line_; }

  char take() {
    char c = text_[at_++];
    if (c == '\r' && !at_end() && peek() == '\n') c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  void skip_line() {
    while (!at_end() && take() != '\n') {
    }
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
};

struct Section {
  std::string name;
  std::string subsection;
};

// After "[": reads through "]".
std::optional<Section> read_section(Reader& in) {
  Section section;
  while (!in.at_end()) {
    char c = in.peek();
    if (c == '\n') return std::nullopt;
    in.take();
    if (c == ']') {
      // The old form: everything after the first "." is the subsection, without case.
      const std::size_t dot = section.name.find('.');
      if (dot != std::string::npos) {
        section.subsection = section.name.substr(dot + 1);
        section.name.resize(dot);
      }
      if (section.name.empty()) return std::nullopt;
      return section;
    }
    if (is_blank(c)) break;
    if (!is_key_char(c) && c != '.') return std::nullopt;
    section.name += lower(c);
  }
  while (!in.at_end() && is_blank(in.peek())) in.take();
  if (in.at_end() || in.peek() != '"') return std::nullopt;
  in.take();
  while (!in.at_end()) {
    char c = in.peek();
    if (c == '\n') return std::nullopt;
    in.take();
    if (c == '"') {
      if (in.at_end() || in.peek() != ']') return std::nullopt;
      in.take();
      return section;
    }
    if (c == '\\') {
      if (in.at_end() || in.peek() == '\n') return std::nullopt;
      c = in.take();
    }
    section.subsection += c;
  }
  return std::nullopt;
}

// After "=": reads through the end of the line.
std::optional<std::string> read_value(Reader& in) {
  std::string value;
  std::size_t keep = 0;  // trailing blanks outside quotes are dropped
  bool quoted = false;
  bool comment = false;
  while (true) {
    if (in.at_end()) break;
    const char c = in.take();
    if (c == '\n') {
      if (quoted) return std::nullopt;
      break;
    }
    if (comment) continue;
    if (!quoted && is_blank(c)) {
      if (!value.empty()) value += c;
      continue;
    }
    if (!quoted && (c == ';' || c == '#')) {
      comment = true;
      continue;
    }
    if (c == '\\') {
      if (in.at_end()) break;
      const char escaped = in.take();
      switch (escaped) {
        case '\n':
          keep = value.size();  // blanks before a continued line count
          continue;
        case 't':
          value += '\t';
          break;
        case 'b':
          value += '\b';
          break;
        case 'n':
          value += '\n';
          break;
        case '\\':
        case '"':
          value += escaped;
          break;
        default:
          in.skip_line();
          return std::nullopt;
      }
      keep = value.size();
      continue;
    }
    if (c == '"') {
      quoted = !quoted;
      keep = std::max(keep, value.size());
      continue;
    }
    value += c;
    keep = value.size();
  }
  if (quoted) return std::nullopt;
  value.resize(keep);
  return value;
}

}  // namespace

GitConfig GitConfig::parse(std::string_view text) {
  GitConfig config;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader in(text);
  Section section;
  while (!in.at_end()) {
    const char c = in.peek();
    if (c == '\n' || is_blank(c)) {
      in.take();
      continue;
    }
    if (c == '#' || c == ';') {
      in.skip_line();
      continue;
    }
    if (c == '[') {
      in.take();
      if (auto next = read_section(in)) {
        section = std::move(*next);
      } else {
        ++config.broken_lines_;
        in.skip_line();
      }
      continue;
    }
    if (!is_alpha(c)) {
      ++config.broken_lines_;
      in.skip_line();
      continue;
    }
    ConfigEntry entry;
    entry.section = section.name;
    entry.subsection = section.subsection;
    entry.line = in.line();
    while (!in.at_end() && is_key_char(in.peek())) entry.key += lower(in.take());
    while (!in.at_end() && is_blank(in.peek())) in.take();
    if (in.at_end() || in.peek() == '\n' || in.peek() == '#' || in.peek() == ';') {
      entry.has_value = false;
      in.skip_line();
    } else if (in.peek() == '=') {
      in.take();
      auto value = read_value(in);
      if (!value) {
        ++config.broken_lines_;
        continue;
      }
      entry.value = std::move(*value);
    } else {
      ++config.broken_lines_;
      in.skip_line();
      continue;
    }
    if (config.entries_.size() == kMostEntries) {
      config.truncated_ = true;
      break;
    }
    config.entries_.push_back(std::move(entry));
  }
  return config;
}

void GitConfig::append(GitConfig other) {
  entries_.insert(entries_.end(), std::make_move_iterator(other.entries_.begin()),
                  std::make_move_iterator(other.entries_.end()));
  broken_lines_ += other.broken_lines_;
  truncated_ = truncated_ || other.truncated_;
}

std::optional<std::string_view> GitConfig::get(std::string_view section, std::string_view subsection,
                                               std::string_view key) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry)
    if (entry->key == key && entry->section == section && entry->subsection == subsection)
      return entry->value;
  return std::nullopt;
}

bool GitConfig::get_bool(std::string_view section, std::string_view subsection, std::string_view key,
                         bool fallback) const {
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->key != key || entry->section != section || entry->subsection != subsection) continue;
    if (!entry->has_value) return true;
    std::string value;
    for (const char c : entry->value) value += lower(c);
    if (value == "true" || value == "yes" || value == "on") return true;
    if (value.empty() || value == "false" || value == "no" || value == "off" || value == "0")
      return false;
    if (value.find_first_not_of("0123456789") == std::string::npos) return true;
    return fallback;
  }
  return fallback;
}

std::vector<std::string_view> GitConfig::get_all(std::string_view section, std::string_view subsection,
                                                 std::string_view key) const {
  std::vector<std::string_view> values;
  for (const ConfigEntry& entry : entries_)
    if (entry.key == key && entry.section == section && entry.subsection == subsection)
      values.push_back(entry.value);
  return values;
}

std::vector<std::string> GitConfig::subsections(std::string_view section) const {
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  for (const ConfigEntry& entry : entries_)
    if (entry.section == section && seen.insert(entry.subsection).second)
      names.push_back(entry.subsection);
  return names;
}

std::string url_without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    std::string_view rest = url.substr(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("?#"));
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::size_t at = rest.substr(0, slash).rfind('@');
    if (at != std::string_view::npos) rest.remove_prefix(at + 1);
    return std::string(url.substr(0, scheme + 3)) + std::string(rest);
  }
  // host:path, as ssh takes it; a "/" before the ":" makes it a plain path.
  const std::size_t colon = url.find(':');
  if (colon != std::string_view::npos && colon != 0 && url.find('/') > colon) {
    std::string_view host = url.substr(0, colon);
    const std::size_t at = host.rfind('@');
    if (at != std::string_view::npos) host.remove_prefix(at + 1);
    std::string_view path = url.substr(colon + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
    return "ssh://" + std::string(host) + "/" + std::string(path);
  }
  return std::string(url);
}

}  // namespace kimiguard::git

#include "scanner/suppress/inline_marker.h"

#include <algorithm>
#include <array>
#include <string>

#include "scanner/suppress/reason.h"

namespace kimiguard::suppress {
namespace {

constexpr std::size_t kMaxMarkers = 10000;
constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxReason = 500;  // bytes
constexpr std::string_view kOwn = "kimiguard:allow";

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

// Where a marker of another scanner speaks: as their documentation says it (facts/peers.md §2.4).
enum class Reach { line, next_line, around, block };
struct ForeignMarker {
  std::string_view text;
  Reach reach;
};
constexpr std::array<ForeignMarker, 13> kForeign = {{
    {"gitleaks:allow", Reach::line},
    {"betterleaks:allow", Reach::line},
    {"pragma: allowlist secret", Reach::line},
    {"pragma: whitelist secret", Reach::line},
    {"pragma: allowlist nextline secret", Reach::next_line},
    {"pragma: whitelist nextline secret", Reach::next_line},
    {"trufflehog:ignore", Reach::line},
    {"ggignore", Reach::line},
    {"kingfisher:ignore", Reach::around},
    {"secretlint-disable-line", Reach::line},
    {"secretlint-disable-next-line", Reach::next_line},
    {"secretlint-disable", Reach::block},
    {"pragma:allowlist secret", Reach::line},
}};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

struct Line {
  std::uint64_t number;
  std::string_view text;
};

// The lines of a text on demand, forwards.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  // The line that holds `offset`. REQUIRES: offsets never decrease.
  Line at(std::size_t offset) {
    while (true) {
      const std::size_t end = line_end(begin_);
      const std::size_t next = after(end);
      if (offset < next || next == text_.size()) {
        if (offset >= next && next > end && next == text_.size()) {
          // Behind the last line end.
          return {number_ + 1, {}};
        }
        return {number_, text_.substr(begin_, end - begin_)};
      }
      begin_ = next;
      ++number_;
    }
  }

 private:
  std::size_t line_end(std::size_t from) const {
    if (end_ >= from && known_ == from) return end_;
    known_ = from;
    end_ = std::min(text_.find_first_of("\r\n", from), text_.size());
    return end_;
  }
  std::size_t after(std::size_t end) const {
    if (end == text_.size()) return end;
    return text_[end] == '\r' && end + 1 < text_.size() && text_[end + 1] == '\n' ? end + 2 : end + 1;
  }

  std::string_view text_;
  std::size_t begin_ = 0;
  std::uint64_t number_ = 1;
  mutable std::size_t known_ = std::string_view::npos;
  mutable std::size_t end_ = 0;
};

// Nothing but white space and the signs that begin a comment stand before the marker, in whatever language: no letter
// or digit but in words that do begin one (REM, dnl, a "_comment" of JSON).
bool is_comment_only(std::string_view before) {
  static constexpr std::array<std::string_view, 6> kWords = {"rem", "dnl", "comment", "_comment", "comments", "_comments"};
  // A "C" in the first column of fixed-form Fortran; Ruby's and Perl's blocks.
  if (before == "C " || before == "c " || before == "=begin " || before == "=pod " || before == "=for comment ") return true;
  std::string word;
  bool sign = false;
  for (const char c : before) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    if (is_word(c))
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    else
      sign = sign || (c != ' ' && c != '\t');
    if (word.size() > 16) return false;
  }
  if (word.empty()) return sign;
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

// How many lines on the block comment ends within which the text before `rest` stands; 0 if it does not within a few, or
// another comment is opened before.
std::uint64_t lines_to_end_of_block(std::string_view rest) {
  constexpr std::uint64_t kMostLines = 20;
  for (std::uint64_t n = 1; n <= kMostLines && !rest.empty(); ++n) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    for (const std::string_view opener : {"/*", "<!--", "=begin", "<#", "{-", "(*", "--[["})
      if (line.starts_with(opener)) return 0;
    if (line.starts_with("=end") || line.starts_with("=cut")) return n;
    for (const std::string_view closer : {"*/", "-->", "#>", "-}", "*)", "]]", "\"\"\"", "'''"})
      if (line.starts_with(closer)) return n;
  }
  return 0;
}

std::string reason_of(std::string_view after) {
  for (const std::string_view closer : {"*/}", "*/", "-->", "--%>", "%>", "--}}", "#}", "*)"})
    if (const std::size_t at = after.find(closer); at != std::string_view::npos)
      after = after.substr(0, at);
  while (!after.empty() && std::string_view(" \t:=-").find(after.front()) != std::string_view::npos)
    after.remove_prefix(1);
  // The end of a string or comment of any other language: signs that stand by themselves, or a quote that nothing opened.
  const auto trim = [&] {
    while (!after.empty() && is_blank(after.back())) after.remove_suffix(1);
  };
  trim();
  if (const std::size_t quote = after.find('"');
      quote != std::string_view::npos && after.find_first_not_of("\", ;", quote) == std::string_view::npos)
    after = after.substr(0, quote);
  for (trim(); !after.empty(); trim()) {
    const std::size_t space = after.find_last_of(" \t");
    const std::size_t last = space == std::string_view::npos ? 0 : space + 1;
    if (says_something(after.substr(last))) break;
    after = after.substr(0, last);
  }
  if (after.size() > kMaxReason) {
    std::size_t end = kMaxReason;
    while (end > 0 && (static_cast<unsigned char>(after[end]) & 0xC0) == 0x80) --end;
    after = after.substr(0, end);
  }
  return std::string(after);
}

}  // namespace

const Allowance* Allowances::covering(std::uint64_t first, std::uint64_t last) const {
  for (const Allowance& allowance : allowed)
    if (allowance.first <= first && last <= allowance.last) return &allowance;
  return nullptr;
}

Allowances read_markers(std::string_view text, std::string_view path, Foreign foreign) {
  Allowances result;
  std::size_t markers = 0;
  const auto complain = [&](std::uint64_t line, std::string message) {
    if (result.problems.size() < kMaxProblems)
      result.problems.push_back({std::string(path) + ":" + std::to_string(line), std::move(message)});
  };
  {
    Lines lines(text);
    Allowance block;
    bool open = false;
    for (std::size_t at = text.find(kOwn); at != std::string_view::npos;
         at = text.find(kOwn, at + kOwn.size())) {
      if (at > 0 && is_word(text[at - 1])) continue;
      const Line line = lines.at(at);
      if (++markers > kMaxMarkers) {
        complain(line.number, "only the first 10,000 markers of a file count");
        break;
      }
      const auto column = static_cast<std::size_t>(text.data() + at - line.text.data());
      std::string_view after = line.text.substr(column + kOwn.size());
      if (after.starts_with("-end")) {
        if (!open) {
          complain(line.number, "kimiguard:allow-end without a kimiguard:allow-start before it");
          continue;
        }
        open = false;
        block.last = line.number;
        result.allowed.push_back(block);
        continue;
      }
      const bool start = after.starts_with("-start");
      if (start) after.remove_prefix(6);
      if (!after.empty() && (is_word(after.front()) || (after.front() == '-' && !after.starts_with("--")))) continue;  // another word
      const std::string reason = reason_of(after);
      if (reason.empty()) {
        complain(line.number,
                 start ? "kimiguard:allow-start needs a reason after it; it allows nothing without"
                       : "kimiguard:allow needs a reason after it; it allows nothing without");
        continue;
      }
      if (start) {
        if (open)
          complain(block.marker_line, "kimiguard:allow-start is followed by another before its end");
        block = {line.number, line.number, reason, line.number};
        open = true;
        continue;
      }
      const std::string_view before = line.text.substr(0, column);
      std::uint64_t last = is_comment_only(before) ? line.number + 1 : line.number;
      // Within a block comment the line that matters is behind its end.
      if (before.find_first_not_of(" \t*") == std::string_view::npos || before.starts_with("=")) {
        const auto end = static_cast<std::size_t>(line.text.data() + line.text.size() - text.data());
        const std::size_t next = text.find('\n', end);
        if (const std::uint64_t on = next == std::string_view::npos ? 0 : lines_to_end_of_block(text.substr(next + 1)); on > 0)
          last = std::max(last, line.number + on + 1);
      }
      result.allowed.push_back({line.number, last, reason, line.number});
    }
    if (open)
      complain(block.marker_line, "kimiguard:allow-start without a kimiguard:allow-end allows nothing");
  }
  if (foreign == Foreign::honour) {
    for (const ForeignMarker& marker : kForeign) {
      Lines lines(text);
      for (std::size_t at = text.find(marker.text);
           at != std::string_view::npos && markers < kMaxMarkers;
           at = text.find(marker.text, at + marker.text.size()), ++markers) {
        const std::size_t end = at + marker.text.size();
        // Part of a longer word; but "<!--" and "--" are signs of comments.
        const auto joins = [&](std::size_t sign, std::size_t next) {
          return is_word(text[sign]) || (text[sign] == '-' && (next >= text.size() || text[next] != '-'));
        };
        if ((at > 0 && joins(at - 1, at - 2)) || (end < text.size() && joins(end, end + 1))) continue;
        const Line line = lines.at(at);
        const std::uint64_t n = line.number;
        const auto column = static_cast<std::size_t>(text.data() + at - line.text.data());
        Allowance allowance{n, n, std::string(marker.text), n};
        if (marker.reach == Reach::next_line) allowance.first = allowance.last = n + 1;
        if (marker.reach == Reach::block) {
          const std::size_t enabled = text.find("secretlint-enable", end);
          allowance.last = enabled == std::string_view::npos ? ~std::uint64_t{0} : n + static_cast<std::uint64_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(end), text.begin() + static_cast<std::ptrdiff_t>(enabled), '\n'));
        }
        if (marker.reach == Reach::around && is_comment_only(line.text.substr(0, column))) {
          allowance.first = n > 1 ? n - 1 : 1;
          allowance.last = n + 1;
        }
        result.allowed.push_back(std::move(allowance));
      }
    }
  }
  std::stable_sort(result.allowed.begin(), result.allowed.end(),
                   [](const Allowance& a, const Allowance& b) { return a.marker_line < b.marker_line; });
  return result;
}

std::optional<Suppression> inline_suppression(const Allowances& allowances, const Region& region,
                                              std::string_view path) {
  const std::uint64_t last = region.end.line > region.begin.line && region.end.column <= 1
                                 ? region.end.line - 1
                                 : std::max(region.end.line, region.begin.line);
  const Allowance* allowance = allowances.covering(region.begin.line, last);
  if (allowance == nullptr) return std::nullopt;
  return Suppression{"inline", allowance->reason,
                     std::string(path) + ":" + std::to_string(allowance->marker_line)};
}

}  // namespace kimiguard::suppress

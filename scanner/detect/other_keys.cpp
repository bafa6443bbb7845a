#include "scanner/detect/other_keys.h"

#include <algorithm>
#include <optional>
#include <string>

#include "scanner/text/char_class.h"

namespace kimiguard::detect {
namespace {

constexpr std::size_t kMostKeys = 256;  // in one window
constexpr std::size_t kParagraph = 400;   // bytes from a name to its key
constexpr std::size_t kPair = 160;        // bytes between a key and its URL
constexpr std::size_t kLeastLength = 19;  // `sk-` and sixteen

bool is_opener(char c) { return c == '(' || c == '[' || c == '{'; }
bool is_closer(char c) { return c == ')' || c == ']' || c == '}'; }
bool is_name_byte(char c) { return text::is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '$' || c == ':' || c == '<' || c == '>'; }

// Where a line's text begins; "- " of a list begins at its dash.
std::uint64_t indent_of(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? line.size() : first;
}

bool is_item(std::string_view line) { return trim(line).starts_with("- "); }

bool is_header(std::string_view line) {
  line = trim(line);
  return line.size() > 2 && line.front() == '[' && line.back() == ']' && (text::is_alpha(line[1]) || line[1] == '[' || line[1] == '"');
}

}  // namespace

OtherKeys::OtherKeys(std::string_view text, Span window, Span candidate) : text_(text), window_(window), candidate_(candidate) {
  const std::string_view own = text.substr(candidate.begin, candidate.size());
  const auto is_key_byte = [](char c) { return text::is_alnum(c) || c == '_' || c == '-'; };
  for (std::uint64_t at = text.find("sk-", window.begin); at < window.end && keys_.size() < kMostKeys; at = text.find("sk-", at)) {
    std::uint64_t end = at + 3;
    while (end < window.end && is_key_byte(text[end])) ++end;
    const bool begins = at == 0 || !text::is_alnum(text[at - 1]);
    if (begins && end - at >= kLeastLength && text.substr(at, end - at) != own) keys_.push_back({at, end});
    at = end;
  }
}

bool OtherKeys::holds_one(Span span) const {
  const auto first = std::lower_bound(keys_.begin(), keys_.end(), span.begin, [](const Span& key, std::uint64_t at) { return key.begin < at; });
  return first != keys_.end() && first->end <= span.end;
}

bool OtherKeys::holds_only_others(Span span) const { return !span.contains(candidate_.begin) && holds_one(span); }

// One past the bracket that closes the one at `open`, or the window's end.
std::uint64_t OtherKeys::matching(std::uint64_t open) const {
  int depth = 0;
  for (std::uint64_t i = open; i < window_.end; ++i) {
    if (is_opener(text_[i])) ++depth;
    if (is_closer(text_[i]) && --depth == 0) return i + 1;
  }
  return window_.end;
}

// The widest bracket around `word` that does not enclose the candidate; empty if there is none.
Span OtherKeys::subtree(Span word) const {
  std::optional<std::uint64_t> open;
  int depth = 0;
  if (word.begin > candidate_.begin) {
    for (std::uint64_t i = word.begin; i-- > candidate_.end;) {
      if (is_closer(text_[i])) ++depth;
      if (is_opener(text_[i]) && depth-- == 0) {
        open = i;
        depth = 0;
      }
    }
    return open ? Span{*open, matching(*open)} : Span{};
  }
  int around = 0;  // brackets that open before the word and close before the candidate
  for (std::uint64_t i = word.end; i < candidate_.begin; ++i) {
    if (is_opener(text_[i])) ++depth;
    if (is_closer(text_[i]) && depth-- == 0) {
      ++around;
      depth = 0;
    }
  }
  depth = 0;
  for (std::uint64_t i = word.begin; around > 0 && i-- > window_.begin;) {
    if (is_closer(text_[i])) ++depth;
    if (is_opener(text_[i]) && depth-- == 0) {
      open = i;
      --around;
      depth = 0;
    }
  }
  return open ? Span{*open, matching(*open)} : Span{};
}

// The bracket that `word` labels (`"kimi": {`, `kimi = new Client(`); empty if it labels none.
Span OtherKeys::labelled(Span word) const {
  std::uint64_t at = word.end;
  const auto skip = [&](const auto& may) {
    const std::uint64_t from = at;
    while (at < window_.end && at - from < 80 && may(text_[at])) ++at;
  };
  const auto blanks = [&] { skip([](char c) { return is_blank(c) || c == '\r' || c == '\n'; }); };
  skip([](char c) { return c == '"' || c == '\'' || c == '`' || c == '\\'; });
  blanks();
  const std::uint64_t sign = at;
  skip([](char c) { return c == ':' || c == '=' || c == '>'; });
  if (at == sign) return {};
  blanks();
  for (int words = 0; words < 3; ++words) {  // await new Client
    skip(is_name_byte);
    blanks();
  }
  return at < window_.end && is_opener(text_[at]) ? Span{at, matching(at)} : Span{};
}

bool OtherKeys::names_one(Span word) const {
  std::uint64_t at = word.end;
  const std::uint64_t most = std::min(window_.end, at + 16);
  bool sign = false;
  while (at < most && std::string_view("\"'`\\ \t]:=>").find(text_[at]) != std::string_view::npos) {
    sign = sign || text_[at] == ':' || text_[at] == '=' || text_[at] == '>';
    ++at;
  }
  return sign && std::any_of(keys_.begin(), keys_.end(), [&](const Span& key) { return key.begin == at; });
}

bool OtherKeys::in_section_of_another(Span word) const {
  if (!headers_) {
    headers_.emplace();
    for (std::uint64_t at = text_.find('[', window_.begin); at < window_.end; at = text_.find('[', at + 1)) {
      const std::uint64_t begin = line_begin(at);
      if ((headers_->empty() || headers_->back() != begin) && is_header(text_.substr(begin, line_end(at) - begin))) headers_->push_back(begin);
    }
  }
  const auto next = std::upper_bound(headers_->begin(), headers_->end(), word.begin);
  return next != headers_->begin() && holds_only_others({*(next - 1), next == headers_->end() ? window_.end : *next});
}

bool OtherKeys::in_block_of_another(Span word) const {
  const auto line_at = [&](std::uint64_t begin) { return text_.substr(begin, line_end(begin) - begin); };
  std::uint64_t begin = line_begin(word.begin);
  for (int level = 0; level < 6; ++level) {
    const std::string_view line = line_at(begin);
    const std::uint64_t indent = indent_of(line);
    const bool item = is_item(line);
    // What is indented deeper, or a list at the same depth below its name.
    std::uint64_t end = line_end(begin);
    while (end + 1 < window_.end) {
      const std::string_view next = line_at(end + 1);
      const bool inside = trim(next).empty() || indent_of(next) > indent || (!item && is_item(next) && indent_of(next) == indent && trim(line).ends_with(":"));
      if (!inside) break;
      end += 1 + next.size();
    }
    const Span block{begin, end};
    if (block.contains(candidate_.begin)) return false;
    if (holds_one(block)) return true;
    // The line it is indented below.
    std::uint64_t parent = begin;
    do {
      if (parent <= window_.begin) return false;
      parent = line_begin(parent - 1);
    } while (trim(line_at(parent)).empty() ||
             !(indent_of(line_at(parent)) < indent || (item && !is_item(line_at(parent)) && indent_of(line_at(parent)) == indent)));
    begin = parent;
  }
  return false;
}

// Prose: `Kimi`, its key, a blank line; then the next name and its key.
bool OtherKeys::in_paragraph_of_another(Span word) const {
  const auto apart = [&](std::uint64_t from, std::uint64_t to) {
    return from < to && text_.substr(from, to - from).find("\n\n") != std::string_view::npos;
  };
  if (word.begin < candidate_.begin)
    return std::any_of(keys_.begin(), keys_.end(), [&](const Span& key) {
      return key.begin >= word.end && key.end <= candidate_.begin && apart(key.end, candidate_.begin);
    });
  return apart(candidate_.end, word.begin) && std::any_of(keys_.begin(), keys_.end(), [&](const Span& key) {
           return key.begin >= word.end && key.begin - word.end < kParagraph;
         });
}

bool OtherKeys::is_text(Span line) const {
  return !trim(text_.substr(line.begin, line.size())).empty() && !holds_one(line) && !line.contains(candidate_.begin);
}

// `# kimi` on a line of its own, above the line of another key.
bool OtherKeys::heads_another(Span word) const {
  const auto line_at = [&](std::uint64_t at) { return Span{line_begin(at), line_end(at)}; };
  const Span head = line_at(word.begin);
  if (!is_text(head) || head.end + 1 >= window_.end) return false;
  const Span headed = line_at(head.end + 1);
  if (!holds_only_others(headed)) return false;
  const std::uint64_t own = line_begin(candidate_.begin);
  // Below the candidate: unless the names stand below their keys.
  if (word.begin > candidate_.begin) return own > window_.begin && is_text(line_at(own - 1));
  // Above it: unless that key and the candidate stand in one list.
  for (std::uint64_t at = headed.end + 1; at < own; at = line_end(at) + 1)
    if (is_text(line_at(at))) return true;
  return false;
}

bool OtherKeys::has_url(std::uint64_t from, std::uint64_t to) const {
  return from < to && text_.substr(0, to).find("://", from) != std::string_view::npos;
}

bool OtherKeys::is_neighbours_url(Span url) const {
  if (keys_.empty()) return false;
  const auto before = std::lower_bound(keys_.begin(), keys_.end(), candidate_.begin, [](const Span& key, std::uint64_t at) { return key.begin < at; });
  const Span* previous = before == keys_.begin() ? nullptr : &*(before - 1);
  const Span* next = before == keys_.end() ? nullptr : &*before;
  const auto reach_back = [&](std::uint64_t at) { return std::max(window_.begin, at - std::min<std::uint64_t>(at, kPair)); };
  const std::uint64_t own_from = std::max(previous != nullptr ? previous->end : window_.begin, reach_back(candidate_.begin));
  const std::uint64_t own_to = std::min({next != nullptr ? next->begin : window_.end, candidate_.end + kPair, window_.end});
  // Beyond another key, while this one has a URL of its own.
  const bool beyond = (previous != nullptr && url.end <= previous->begin) || (next != nullptr && url.begin >= next->end);
  if (beyond) return has_url(own_from, candidate_.begin) || has_url(candidate_.end, own_to);
  // Which comes first is told by the first key around.
  const std::uint64_t first = std::min(keys_.front().begin, candidate_.begin);
  const bool url_first = has_url(reach_back(first), first);
  if (url.begin > candidate_.begin)
    return next != nullptr && url.begin < next->begin && next->begin - url.end < kPair && url_first && has_url(own_from, candidate_.begin);
  return previous != nullptr && url.begin > previous->end && url.begin - previous->end < kPair && !url_first && has_url(candidate_.end, own_to);
}

// Markdown: `## DeepSeek` ends what was said of Kimi. One # alone begins a comment in too many languages.
bool OtherKeys::under_another_heading(Span word) const {
  const auto is_heading = [&](std::uint64_t begin) {
    const std::string_view line = text_.substr(begin, window_.end - begin);
    const std::size_t marks = std::min(line.find_first_not_of('#'), line.size());
    // ### alone parts the requests of an .http file.
    return marks >= 2 && marks <= 6 && (line.substr(marks).starts_with(" ") || (marks == 3 && line.substr(marks).starts_with("\n")));
  };
  const bool before = word.begin < candidate_.begin;
  std::uint64_t line = line_end(before ? word.end : candidate_.end) + 1;
  for (const std::uint64_t last = before ? candidate_.begin : word.begin; line <= last; line = line_end(line) + 1)
    if (is_heading(line)) return true;
  return false;
}

// XML: an element around the word, or named by it.
bool OtherKeys::in_element_of_another(Span word) const {
  std::vector<std::string_view> closed;
  const std::uint64_t from = std::min<std::uint64_t>(word.end + 1, window_.end);
  for (std::uint64_t i = from, steps = 0; i-- > window_.begin && steps < 1000; ++steps) {
    if (text_[i] != '<') continue;
    std::uint64_t begin = i + 1;
    const bool closing = begin < window_.end && text_[begin] == '/';
    begin += closing ? 1 : 0;
    std::uint64_t end = begin;
    while (end < window_.end && (text::is_alnum(text_[end]) || std::string_view("_-.:").find(text_[end]) != std::string_view::npos)) ++end;
    const std::string_view name = text_.substr(begin, end - begin);
    if (name.empty()) continue;
    if (closing) {
      if (begin == word.begin) continue;  // the word is the name in it: as if within
      if (closed.size() < 64) closed.push_back(name);
      continue;
    }
    if (!closed.empty()) {
      if (closed.back() == name) closed.pop_back();
      continue;
    }
    const std::uint64_t close = text_.find("</" + std::string(name), end);
    if (close == std::string_view::npos || close > window_.end) continue;  // <br>, or more than the window
    const Span element{i, close};
    if (element.contains(candidate_.begin)) return false;
    if (holds_one(element)) return true;
  }
  return false;
}

OtherKeys::Bond OtherKeys::bond(Span word) const {
  const Span object = labelled(word);
  const bool labels = object.size() > 0 && !object.contains(candidate_.begin);
  if (!keys_.empty()) {
    if (labels && holds_one(object)) return Bond::held;
    if (const Span around = subtree(word); around.size() > 0 && holds_only_others(around)) return Bond::held;
    if (names_one(word)) return Bond::named;
    if (in_section_of_another(word) || in_block_of_another(word) || in_element_of_another(word)) return Bond::held;
    if (in_paragraph_of_another(word) || heads_another(word)) return Bond::apart;
  }
  if (under_another_heading(word)) return Bond::apart;
  return labels ? Bond::sibling : Bond::none;
}

}  // namespace kimiguard::detect

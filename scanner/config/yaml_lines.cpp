// What can be had of YAML that is broken or a template: `key: value` lines, nested by indentation. Plain
// and quoted values of one line, and literal blocks; no flow collections, anchors or folds.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"

namespace kimiguard::config {
namespace {

// The end of a quoted text that begins at `at`, its closing quote; npos if there is none before `end`.
std::size_t closing_quote(std::string_view text, std::size_t at, std::size_t end) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < end; ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '\'' && i + 1 < end && text[i + 1] == '\'')
        ++i;
      else
        return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

void read_yaml_lines(Builder& builder, std::size_t from, int document) {
  struct Level {
    std::size_t indent;
    std::string key;    // "" until known
    bool list = false;  // `key` is an index
    std::size_t index = 0;
  };
  const std::string_view text = builder.text();
  std::vector<Level> levels;
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = next) {
    next = text.find('\n', at);
    next = next == std::string_view::npos ? text.size() : next + 1;
    std::size_t end = next;
    while (end > at && (text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == ' ')) --end;
    std::size_t start = at;
    while (start < end && (text[start] == ' ' || text[start] == '\t')) ++start;
    if (start == end || text[start] == '#') continue;
    const std::string_view line = text.substr(start, end - start);
    if (line.starts_with("---") || line.starts_with("...")) {
      levels.clear();
      continue;
    }
    // Items of lists: each "- " is a level of its own.
    bool too_deep = false;
    while (start < end && text[start] == '-' && (start + 1 == end || text[start + 1] == ' ')) {
      const std::size_t indent = start - at;
      while (!levels.empty() &&
             (levels.back().indent > indent ||
              (levels.back().indent == indent && !levels.back().list && levels.size() > 1 &&
               levels[levels.size() - 2].indent == indent && levels[levels.size() - 2].list)))
        levels.pop_back();
      if (!levels.empty() && levels.back().list && levels.back().indent == indent) {
        levels.back().key = std::to_string(++levels.back().index);
      } else {
        if (levels.size() >= builder.limits().depth) {
          too_deep = true;
          break;
        }
        levels.push_back({indent, "0", true, 0});
      }
      ++start;
      while (start < end && text[start] == ' ') ++start;
    }
    if (too_deep) {
      builder.limit("YAML is nested too deep");
      continue;
    }
    if (start == end) continue;
    const std::size_t indent = start - at;

    // The key, if there is one.
    Span key_span{start, start};
    std::size_t colon = std::string_view::npos;
    if (text[start] == '"' || text[start] == '\'') {
      const std::size_t quote = closing_quote(text, start, end);
      if (quote != std::string_view::npos) {
        std::size_t after = quote + 1;
        while (after < end && text[after] == ' ') ++after;
        if (after < end && text[after] == ':') {
          key_span = {start + 1, quote};
          colon = after;
        }
      }
    } else {
      for (std::size_t i = start; i < end; ++i) {
        if (text[i] == ':' && (i + 1 == end || text[i + 1] == ' ' || text[i + 1] == '\t')) {
          key_span = {start, i};
          colon = i;
          break;
        }
        if (text[i] == '{' || text[i] == '[' || text[i] == '"') break;
      }
    }
    std::size_t value = start;
    if (colon != std::string_view::npos) {
      while (!levels.empty() &&
             (levels.back().indent > indent || (levels.back().indent == indent && !levels.back().list)))
        levels.pop_back();
      // A list may stand at the indentation of its key.
      while (!levels.empty() && levels.back().list && levels.back().indent == indent) {
        levels.pop_back();
        if (!levels.empty() && !levels.back().list && levels.back().indent == indent) levels.pop_back();
      }
      if (levels.size() >= builder.limits().depth) {
        builder.limit("YAML is nested too deep");
        continue;
      }
      levels.push_back({indent, std::string(text.substr(key_span.begin, key_span.size())), false, 0});
      value = colon + 1;
    } else if (levels.empty() || !levels.back().list) {
      continue;  // the rest of something that spans lines
    }
    while (value < end && (text[value] == ' ' || text[value] == '\t')) ++value;
    // Tags and anchors stand before a value.
    std::string tag;
    while (value < end && (text[value] == '!' || text[value] == '&')) {
      std::size_t word = value;
      while (word < end && text[word] != ' ') ++word;
      if (text[value] == '!') tag = text.substr(value, word - value);
      value = word;
      while (value < end && text[value] == ' ') ++value;
    }
    if (value == end || text[value] == '#') continue;

    Setting setting;
    ValueText out;
    Span span{value, end};
    if (text[value] == '"' || text[value] == '\'') {
      const std::size_t quote = closing_quote(text, value, end);
      span = {value + 1, quote == std::string_view::npos ? end : quote};
      const bool single = text[value] == '\'';
      for (std::size_t i = span.begin; i < span.end; ++i) {
        const std::string_view pair = text.substr(i, 2);
        if (i + 1 < span.end && (single ? pair == "''" : pair[0] == '\\')) {
          const char c = pair[1];
          const char plain = single ? '\'' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
          out.decoded(std::string_view(&plain, 1), i, i + 2);
          ++i;
        } else {
          out.copy(text.substr(i, 1), i);
        }
      }
    } else if (text[value] == '|' || text[value] == '>') {
      // The lines that are indented deeper.
      std::size_t block_indent = 0;
      span = {next, next};
      while (next < text.size()) {
        std::size_t block_end = text.find('\n', next);
        const bool last = block_end == std::string_view::npos;
        if (last) block_end = text.size();
        std::size_t content = next;
        while (content < block_end && text[content] == ' ') ++content;
        if (content < block_end && text[content] != '\r') {
          const std::size_t own = content - next;
          if (block_indent == 0) {
            if (own <= (levels.empty() ? 0 : levels.back().indent) && own <= indent) break;
            block_indent = own;
            span.begin = content;
          } else if (own < block_indent) {
            break;
          }
          out.copy(text.substr(next + block_indent, block_end - next - block_indent),
                   next + block_indent);
          if (!last) out.decoded("\n", block_end, block_end + 1);
          span.end = block_end;
        }
        next = last ? text.size() : block_end + 1;
      }
    } else {
      const std::size_t comment = text.substr(0, end).find(" #", value);
      if (comment != std::string_view::npos) span.end = comment;
      while (span.end > span.begin && text[span.end - 1] == ' ') --span.end;
      out.copy(text.substr(span.begin, span.size()), span.begin);
    }
    if (span.begin < from) continue;
    std::move(out).store(setting, span);
    for (const Level& level : levels) setting.path.push_back(level.key);
    setting.key_bytes = colon == std::string_view::npos ? Span{} : key_span;
    setting.document = document;
    setting.tag = std::move(tag);
    builder.add(std::move(setting));
  }
}

}  // namespace kimiguard::config

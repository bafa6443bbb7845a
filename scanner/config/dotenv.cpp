// .env files, as the common loaders take them (dotenv for Node, python-dotenv, godotenv, compose):
// NAME=value, `export` before it, three kinds of quotes that may span lines, a comment after blank and
// "#". `NAME: value` too, as some of them do. Expansions stay as they stand; single quotes make a value
// verbatim.

#include <algorithm>
#include <string>
#include <utility>

#include "scanner/config/formats.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

void read_dotenv(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t failures = 0;  // quotes that did not end: each search ran to the end of the file
  for (std::size_t at = 0; at < text.size() && builder.room();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::size_t next = std::min(end + 1, text.size());
    if (text.compare(at, 3, "\xEF\xBB\xBF") == 0) at += 3;
    while (at < end && blank(text[at])) ++at;
    if (at == end || text[at] == '#') {
      at = next;
      continue;
    }
    std::size_t name = at;
    std::string tag;
    if (text.compare(name, 7, "export ") == 0 || text.compare(name, 7, "export\t") == 0) {
      tag = "export";
      name += 7;
      while (name < end && blank(text[name])) ++name;
    }
    std::size_t name_end = name;
    while (name_end < end && variable_name(std::string_view(text).substr(name_end, 1), true)) ++name_end;
    while (name_end < end && ((text[name_end] >= '0' && text[name_end] <= '9') ||
                              variable_name(text.substr(name_end, 1), true)))
      ++name_end;
    std::size_t sign = name_end;
    while (sign < end && blank(text[sign])) ++sign;
    const bool equals = sign < end && text[sign] == '=';
    const bool colon = sign < end && text[sign] == ':' && (sign + 1 == end || blank(text[sign + 1]));
    if (name_end == name || (!equals && !colon)) {
      if (!(name_end == end && tag == "export")) builder.syntax(at, "no assignment");
      at = next;
      continue;
    }
    std::size_t value = sign + 1;
    while (value < end && blank(text[value])) ++value;
    Setting setting;
    ValueText out;
    Span span{value, value};
    const char quote = value < end ? text[value] : ' ';
    bool quoted = false;
    if (quote == '"' || quote == '\'' || quote == '`') {
      std::size_t close = value + 1;
      if (failures < 64) {
        while (close < text.size() && text[close] != quote)
          close += text[close] == '\\' && quote == '"' ? 2 : 1;
      } else {
        close = text.size();
      }
      if (close >= text.size()) {
        ++failures;
        builder.syntax(value, "a quote without end");
      } else {
        quoted = true;
        span = {value + 1, close};
        for (std::size_t i = span.begin; i < span.end;) {
          if (quote == '"' && text[i] == '\\' && i + 1 < span.end) {
            const char e = text[i + 1];
            const char plain = e == 'n' ? '\n' : e == 'r' ? '\r' : e == 't' ? '\t' : e;
            out.decoded(std::string_view(&plain, 1), i, i + 2);
            i += 2;
          } else {
            out.copy(text.substr(i, 1), i);
            ++i;
          }
        }
        setting.verbatim = quote == '\'' && out.text().find('$') != std::string::npos;
        end = std::min(text.find('\n', close), text.size());
        next = std::min(end + 1, text.size());
      }
    }
    if (!quoted) {
      std::size_t stop = value;
      while (stop < end && !(text[stop] == '#' && stop > value && blank(text[stop - 1])) &&
             !(text[stop] == '#' && stop == value))
        ++stop;
      while (stop > value && blank(text[stop - 1])) --stop;
      span = {value, stop};
      out.copy(text.substr(value, stop - value), value);
    }
    std::move(out).store(setting, span);
    setting.path = {std::string(text.substr(name, name_end - name))};
    setting.key_bytes = {name, name_end};
    setting.tag = std::move(tag);
    builder.add(std::move(setting));
    at = next;
  }
}

}  // namespace kimiguard::config

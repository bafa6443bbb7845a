// INI in its dialects, systemd units, Java properties and netrc.
//
// INI: sections, "=" or ":" , comments by ";" and "#". git's ([a "b"], quotes, escapes, continuation:
// git-config(1), "CONFIGURATION FILE"), Python's configparser, .npmrc, Windows' .reg ("NAME"="value").
// systemd: systemd.syntax(7), and Environment= of systemd.exec(5). Properties:
// java.util.Properties.load. netrc: the .netrc file of ftp(1) and curl.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

struct Line {
  std::size_t begin;  // first that is no blank
  std::size_t end;    // after the last that is no blank
  std::size_t next;
};

Line line_at(std::string_view text, std::size_t at) {
  Line line{at, std::min(text.find('\n', at), text.size()), 0};
  line.next = std::max(std::min(line.end + 1, text.size()), at + 1);
  while (line.begin < line.end && blank(text[line.begin])) ++line.begin;
  while (line.end > line.begin && blank(text[line.end - 1])) --line.end;
  return line;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// [section] or [section "sub"], between `begin` and the closing bracket.
std::vector<std::string> section_path(std::string_view inside) {
  const std::size_t quote = inside.find(" \"");
  if (quote == std::string_view::npos || !inside.ends_with('"') || inside.size() < quote + 3)
    return {std::string(inside)};
  std::string sub;
  for (std::size_t i = quote + 2; i + 1 < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 2 < inside.size()) ++i;
    sub.push_back(inside[i]);
  }
  return {std::string(inside.substr(0, quote)), std::move(sub)};
}

}  // namespace

void read_ini(Builder& builder) {
  const std::string_view text = builder.text();
  std::vector<std::string> section;
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = next) {
    Line line = line_at(text, at);
    next = line.next;
    std::size_t i = line.begin;
    if (text.compare(i, 3, "\xEF\xBB\xBF") == 0) i += 3;
    if (i >= line.end || text[i] == ';' || text[i] == '#') continue;
    if (text[i] == '[') {
      const std::size_t last = text.substr(i, line.end - i).rfind(']');
      const std::size_t close = last == std::string_view::npos ? last : i + last;
      if (close == std::string_view::npos) {
        builder.syntax(i, "a section without end");
        continue;
      }
      section = section_path(text.substr(i + 1, close - i - 1));
      continue;
    }
    // The key: quoted in .reg files, else up to "=", or up to ": ".
    Span key{i, i};
    std::size_t sign = std::string_view::npos;
    if (text[i] == '"') {
      const std::size_t quote = text.substr(0, line.end).find('"', i + 1);
      if (quote < line.end) {
        key = {i + 1, quote};
        sign = quote + 1;
        while (sign < line.end && blank(text[sign])) ++sign;
        if (sign >= line.end || (text[sign] != '=' && text[sign] != ':')) sign = std::string_view::npos;
      }
    } else {
      const std::size_t equals = text.substr(0, line.end).find('=', i);
      std::size_t colon = text.substr(0, line.end).find(':', i);
      while (colon != std::string_view::npos && colon + 1 < line.end && !blank(text[colon + 1]) &&
             equals != std::string_view::npos)
        colon = text.substr(0, line.end).find(':', colon + 1);
      sign = std::min(equals, colon);
      key.end = std::min(sign, line.end);
      while (key.end > key.begin && blank(text[key.end - 1])) --key.end;
    }
    Setting setting;
    setting.path = section;
    if (sign == std::string_view::npos) {
      // git: a key alone is true.
      setting.path.emplace_back(text.substr(i, line.end - i));
      setting.key_bytes = {i, line.end};
      setting.bytes = {line.end, line.end};
      setting.type = Setting::Type::boolean;
      setting.value.clear();
      builder.add(std::move(setting));
      continue;
    }
    std::size_t value = sign + 1;
    while (value < line.end && blank(text[value])) ++value;
    ValueText out;
    Span span{value, value};
    if (value < line.end && text[value] == '"') {
      // Quoted, with escapes; ends at the quote. Without one, it is a plain value.
      std::size_t close = value + 1;
      while (close < line.end && text[close] != '"') close += text[close] == '\\' ? 2 : 1;
      if (close < line.end) {
        span = {value + 1, close};
        for (std::size_t k = span.begin; k < span.end;) {
          if (text[k] == '\\' && k + 1 < span.end) {
            const char e = text[k + 1];
            const char plain = e == 'n' ? '\n' : e == 't' ? '\t' : e == 'b' ? '\b' : e;
            out.decoded(std::string_view(&plain, 1), k, k + 2);
            k += 2;
          } else {
            out.copy(text.substr(k, 1), k);
            ++k;
          }
        }
        value = line.end;
      }
    }
    if (value < line.end) {
      std::size_t stop = value;
      span.begin = value;
      for (;;) {
        const bool continues = line.end > value && text[line.end - 1] == '\\' && line.next < text.size();
        const std::size_t end = continues ? line.end - 1 : line.end;
        for (stop = value; stop < end; ++stop)
          if ((text[stop] == ';' || text[stop] == '#') && stop > span.begin && blank(text[stop - 1]))
            break;
        out.copy(text.substr(value, stop - value), value);
        span.end = stop;
        if (!continues || stop < end) break;
        const std::size_t from = end;
        line = line_at(text, line.next);
        next = line.next;
        out.decoded("", from, line.begin);
        value = line.begin;
      }
      out.trim_end();
      while (span.end > span.begin && blank(text[span.end - 1])) --span.end;
      // configparser and others keep 'single quotes'; shells' habits put them there: they are no part
      // of a key or an address.
      const std::string& raw = out.text();
      if (raw.size() >= 2 && raw.front() == '\'' && raw.back() == '\'' && span.size() == raw.size()) {
        ++span.begin;
        --span.end;
        out = ValueText();
        out.copy(text.substr(span.begin, span.size()), span.begin);
      }
    }
    std::move(out).store(setting, span);
    setting.path.emplace_back(text.substr(key.begin, key.size()));
    setting.key_bytes = key;
    builder.add(std::move(setting));
  }
}

void read_systemd(Builder& builder) {
  const std::string_view text = builder.text();
  std::vector<std::string> section;
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = next) {
    Line line = line_at(text, at);
    next = line.next;
    if (line.begin == line.end || text[line.begin] == '#' || text[line.begin] == ';') continue;
    if (text[line.begin] == '[') {
      const std::size_t close = text.substr(0, line.end).find(']', line.begin);
      if (close != std::string_view::npos)
        section = {std::string(text.substr(line.begin + 1, close - line.begin - 1))};
      continue;
    }
    const std::size_t equals = text.substr(0, line.end).find('=', line.begin);
    if (equals == std::string_view::npos) {
      builder.syntax(line.begin, "no assignment");
      continue;
    }
    Span key{line.begin, equals};
    while (key.end > key.begin && blank(text[key.end - 1])) --key.end;
    const std::string name(text.substr(key.begin, key.size()));
    std::size_t value = equals + 1;
    while (value < line.end && blank(text[value])) ++value;
    // The whole value, lines that end in a backslash joined by a blank; comment lines between are left
    // out.
    Setting whole;
    ValueText out;
    Span span{value, value};
    for (;;) {
      const bool continues = line.end > value && text[line.end - 1] == '\\' && line.next < text.size();
      const std::size_t end = continues ? line.end - 1 : line.end;
      out.copy(text.substr(value, end - value), value);
      span.end = std::max<std::uint64_t>(span.end, end);
      if (!continues) break;
      const std::size_t from = end;
      do {
        line = line_at(text, line.next);
      } while (line.begin < line.end && (text[line.begin] == '#' || text[line.begin] == ';') &&
               line.next < text.size());
      next = line.next;
      out.decoded(" ", from, line.begin);
      value = line.begin;
      if (value >= line.end) break;
    }
    std::move(out).store(whole, span);
    whole.key_bytes = key;
    const bool environment = name == "Environment";
    if (!environment) {
      whole.path = section;
      whole.path.push_back(name);
      if (name == "EnvironmentFile" || name == "PassEnvironment") whole.tag = name;
      builder.add(std::move(whole));
      continue;
    }
    if (whole.value.empty()) {  // Environment= alone forgets what was set before
      whole.path = section;
      whole.path.push_back(name);
      whole.type = Setting::Type::null;
      whole.tag = "unset";
      builder.add(std::move(whole));
      continue;
    }
    // Items are separated by blanks, and quoted as a whole or in part.
    const std::string& joined = whole.value;
    for (std::size_t i = 0; i < joined.size() && builder.room();) {
      if (blank(joined[i])) {
        ++i;
        continue;
      }
      ValueText item;
      const std::size_t begin = i;
      char quote = '\0';
      while (i < joined.size() && (quote != '\0' || !blank(joined[i]))) {
        const char c = joined[i];
        if (quote == '\0' && (c == '"' || c == '\'')) {
          quote = c;
          ++i;
        } else if (quote != '\0' && c == quote) {
          quote = '\0';
          ++i;
        } else if (c == '\\' && i + 1 < joined.size()) {
          const char e = joined[i + 1];
          if (e == 'x' && i + 3 < joined.size() && hex_digit(joined[i + 2]) >= 0 &&
              hex_digit(joined[i + 3]) >= 0) {
            const char byte =
                static_cast<char>(hex_digit(joined[i + 2]) * 16 + hex_digit(joined[i + 3]));
            item.decoded(std::string_view(&byte, 1), i, i + 4);
            i += 4;
            continue;
          }
          const char plain = e == 'n' ? '\n' : e == 't' ? '\t' : e == 's' ? ' ' : e;
          item.decoded(std::string_view(&plain, 1), i, i + 2);
          i += 2;
        } else {
          item.copy(std::string_view(joined).substr(i, 1), i);
          ++i;
        }
      }
      if (quote != '\0') builder.syntax(bytes_of(whole, begin, i).begin, "a quote without end");
      std::vector<Setting> one(1);
      std::move(item).store(one[0], {begin, i});
      if (!one[0].pieces.empty()) one[0].bytes = {one[0].pieces.front().begin, one[0].pieces.back().end};
      std::optional<Setting> setting = assignment(one[0]);
      if (!setting) continue;
      one[0] = std::move(*setting);
      one[0].path = {one[0].path.back()};
      std::vector<std::string> prefix = section;
      prefix.push_back("Environment");
      rebase(one, whole, prefix);
      one[0].tag = "export";
      builder.add(std::move(one[0]));
    }
  }
}

void read_properties(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t at = 0;
  while (at < text.size() && builder.room()) {
    while (at < text.size() && (blank(text[at]) || text[at] == '\n' || text[at] == '\f')) ++at;
    if (at >= text.size()) break;
    if (text[at] == '#' || text[at] == '!') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    // Reads up to a character for which `stop` is true, decoding escapes and joined lines.
    const auto read = [&](ValueText& out, auto stop) {
      while (at < text.size() && text[at] != '\n') {
        const char c = text[at];
        if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') break;
        if (stop(c)) break;
        if (c != '\\' || at + 1 >= text.size()) {
          out.copy(text.substr(at, 1), at);
          ++at;
          continue;
        }
        const std::size_t begin = at;
        const char e = text[at + 1];
        if (e == '\n' || (e == '\r' && text.compare(at + 2, 1, "\n") == 0)) {
          at += e == '\n' ? 2 : 3;
          while (at < text.size() && blank(text[at])) ++at;
          continue;
        }
        if (e == 'u' && at + 5 < text.size()) {
          std::uint32_t code = 0;
          std::size_t k = at + 2;
          for (; k < at + 6 && hex_digit(text[k]) >= 0; ++k)
            code = code * 16 + static_cast<std::uint32_t>(hex_digit(text[k]));
          if (k == at + 6) {
            std::string bytes;
            append_utf8(bytes, code);
            out.decoded(bytes, begin, k);
            at = k;
            continue;
          }
        }
        const char plain = e == 'n' ? '\n' : e == 't' ? '\t' : e == 'r' ? '\r' : e == 'f' ? '\f' : e;
        out.decoded(std::string_view(&plain, 1), begin, begin + 2);
        at += 2;
      }
    };
    ValueText key;
    const std::size_t key_begin = at;
    read(key, [](char c) { return c == '=' || c == ':' || blank(c); });
    const std::size_t key_end = at;
    while (at < text.size() && blank(text[at])) ++at;
    if (at < text.size() && (text[at] == '=' || text[at] == ':')) ++at;
    while (at < text.size() && blank(text[at])) ++at;
    ValueText out;
    const std::size_t begin = at;
    read(out, [](char) { return false; });
    std::size_t end = std::max(at, begin);
    if (at == key_begin) ++at;
    Setting setting;
    std::move(out).store(setting, {begin, end});
    setting.path = {key.text()};
    setting.key_bytes = {key_begin, key_end};
    builder.add(std::move(setting));
  }
}

void read_netrc(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t at = 0;
  const auto space = [](char c) { return blank(c) || c == '\n'; };
  std::string host;
  bool after_word = false;  // a word names what the next one is
  std::string field;
  Span field_span;
  while (at < text.size() && builder.room()) {
    if (space(text[at])) {
      ++at;
      continue;
    }
    if (text[at] == '#' && !after_word) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    ValueText out;
    Span span{at, at};
    if (text[at] == '"') {
      const std::size_t open = at++;
      span.begin = at;
      while (at < text.size() && text[at] != '"' && text[at] != '\n') {
        if (text[at] == '\\' && at + 1 < text.size()) {
          out.decoded(text.substr(at + 1, 1), at, at + 2);
          at += 2;
        } else {
          out.copy(text.substr(at, 1), at);
          ++at;
        }
      }
      at = std::min(at, text.size());
      span.end = at;
      if (at < text.size() && text[at] == '"')
        ++at;
      else
        builder.syntax(open, "a quote without end");
    } else {
      while (at < text.size() && !space(text[at])) ++at;
      span.end = at;
      out.copy(text.substr(span.begin, span.size()), span.begin);
    }
    const std::string word = out.text();
    if (after_word) {
      after_word = false;
      if (field == "machine") {
        host = word;
        continue;
      }
      if (field == "macdef") {
        // A macro's lines, up to an empty one.
        const std::size_t end = text.find("\n\n", at);
        at = end == std::string_view::npos ? text.size() : end;
        continue;
      }
      Setting setting;
      std::move(out).store(setting, span);
      setting.path = {host, field};
      setting.key_bytes = field_span;
      builder.add(std::move(setting));
      continue;
    }
    if (word == "default") {
      host = "default";
    } else if (word == "machine" || word == "login" || word == "password" || word == "account" ||
               word == "macdef") {
      field = word;
      field_span = span;
      after_word = true;
    } else {
      builder.syntax(span.begin, "an unknown word");
    }
  }
}

}  // namespace kimiguard::config

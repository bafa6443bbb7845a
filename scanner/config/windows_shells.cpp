// Assignments to the environment in cmd's batch files and in PowerShell, and in nushell, whose `$env.X =
// ` is close to PowerShell's. Line readers: what they understand are the few forms that set a variable.
//
// cmd: `set X=v`, `set "X=v"`, `setx X v [/M]`. PowerShell: `$env:X = v`, `${env:X} = v`,
// [Environment]::SetEnvironmentVariable("X", "v", …), Set-Item Env:X v, New-Item Env:X -Value v,
// `$X = v`, setx. nushell: `$env.X = v`, `load-env { X: v }`, `with-env { X: v }`, `let-env X = v`,
// `X=v command`.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "scanner/config/formats.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// True if `word` (lower case) stands at `at`, in any case, and no name goes on after it.
bool word_at(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(text[at + i]) != word[i]) return false;
  return true;
}

bool name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::size_t name_end(std::string_view text, std::size_t at) {
  while (at < text.size() && name_char(text[at])) ++at;
  return at;
}

std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size() && blank(text[at])) ++at;
  return at;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  return std::min(text.find('\n', at), text.size());
}

void give(Builder& builder, Setting setting, Span key, std::string tag) {
  setting.path = {std::string(builder.text().substr(key.begin, key.size()))};
  setting.key_bytes = key;
  setting.tag = std::move(tag);
  builder.add(std::move(setting));
}

// ---- PowerShell and nushell ----

enum class Kind { powershell, nushell };

// A value: a quoted string or a bare word up to a blank, comma, bracket or line end. PowerShell's
// about_Quoting_Rules: doubled quotes, backtick escapes in "…", here-strings @"…"@. nushell: backslash
// escapes in "…", raw '…' and `…`, $"…". Returns the offset after it.
std::size_t read_value(Builder& builder, std::size_t at, Kind kind, Setting& setting) {
  const std::string_view text = builder.text();
  ValueText out;
  Span span{at, at};
  std::size_t i = at;
  if (kind == Kind::nushell && i + 1 < text.size() && text[i] == '$' &&
      (text[i + 1] == '"' || text[i + 1] == '\''))
    ++i;
  if (kind == Kind::powershell && i + 2 < text.size() && text[i] == '@' &&
      (text[i + 1] == '"' || text[i + 1] == '\'')) {
    const char quote = text[i + 1];
    const std::size_t begin = std::min(line_end(text, i) + 1, text.size());
    const std::string close = std::string("\n") + quote + "@";
    const std::size_t end = text.find(close, begin > 0 ? begin - 1 : 0);
    span = {begin, std::max(begin, std::min(end, text.size()))};
    out.copy(text.substr(span.begin, span.size()), begin);
    setting.verbatim = quote == '\'' && out.text().find('$') != std::string::npos;
    std::move(out).store(setting, span);
    if (end == std::string_view::npos) builder.syntax(at, "a here-string without end");
    return end == std::string_view::npos ? text.size() : end + close.size();
  }
  const char quote = i < text.size() ? text[i] : ' ';
  if (quote == '"' || quote == '\'' || (quote == '`' && kind == Kind::nushell)) {
    const std::size_t open = i++;
    span.begin = i;
    const std::size_t bound = std::min(text.size(), open + (1u << 20));
    while (i < bound) {
      const char c = text[i];
      if (c == quote) {
        if (kind == Kind::powershell && i + 1 < text.size() && text[i + 1] == quote) {
          out.decoded(text.substr(i, 1), i, i + 2);
          i += 2;
          continue;
        }
        break;
      }
      const char escape = kind == Kind::powershell ? '`' : '\\';
      if (quote == '"' && c == escape && i + 1 < text.size()) {
        const char e = text[i + 1];
        const char plain = e == 'n' ? '\n' : e == 't' ? '\t' : e == 'r' ? '\r' : e == '0' ? '\0' : e;
        out.decoded(std::string_view(&plain, 1), i, i + 2);
        i += 2;
        continue;
      }
      out.copy(text.substr(i, 1), i);
      ++i;
    }
    if (i >= bound) {  // not closed: the value ends with its line
      builder.syntax(open, "a quote without end");
      const std::size_t end = line_end(text, open);
      out = ValueText();
      out.copy(text.substr(span.begin, end - span.begin), span.begin);
      span.end = end;
      std::move(out).store(setting, span);
      return end;
    }
    span.end = i;
    setting.verbatim = quote != '"' && text[at] != '$' && out.text().find('$') != std::string::npos;
    std::move(out).store(setting, span);
    return i + 1;
  }
  std::size_t depth = 0;
  for (; i < text.size() && text[i] != '\n' && text[i] != '\r'; ++i) {
    const char c = text[i];
    if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      if (depth == 0) break;
      --depth;
    } else if (depth == 0 && (c == ';' || c == ',' || (c == '#' && i > at && blank(text[i - 1])) ||
                              (kind == Kind::nushell && c == '|'))) {
      break;
    }
  }
  std::size_t end = i;
  while (end > at && blank(text[end - 1])) --end;
  span.end = end;
  out.copy(text.substr(at, end - at), at);
  std::move(out).store(setting, span);
  return i;
}

// { NAME: value, "NAME": value }, the brace at `at`.
std::size_t read_record(Builder& builder, std::size_t at, const std::string& tag) {
  const std::string_view text = builder.text();
  ++at;
  while (at < text.size() && builder.room()) {
    const char c = text[at];
    if (blank(c) || c == '\n' || c == ',') {
      ++at;
    } else if (c == '#') {
      at = line_end(text, at);
    } else if (c == '}') {
      return at + 1;
    } else {
      const bool quoted = c == '"' || c == '\'';
      const std::size_t begin = at + (quoted ? 1 : 0);
      const std::size_t end = name_end(text, begin);
      std::size_t colon = end + (quoted ? 1 : 0);
      colon = skip_blank(text, std::min(colon, text.size()));
      if (end == begin || colon >= text.size() || text[colon] != ':') return at + 1;
      Setting setting;
      const std::size_t value = skip_blank(text, colon + 1);
      at = std::max(read_value(builder, value, Kind::nushell, setting), value);
      give(builder, std::move(setting), {begin, end}, tag);
    }
  }
  return at;
}

// `setx NAME value [/M]`, `at` after setx. cmd and PowerShell quote it alike.
void read_setx(Builder& builder, std::size_t at, std::size_t end) {
  const std::string_view text = builder.text();
  std::optional<Span> name;
  while (at < end) {
    at = skip_blank(text, at);
    if (at >= end) return;
    const bool quoted = text[at] == '"' || text[at] == '\'';
    std::size_t begin = at + (quoted ? 1 : 0);
    std::size_t stop = begin;
    while (stop < end && (quoted ? text[stop] != text[at] : !blank(text[stop]) && text[stop] != '&'))
      ++stop;
    at = stop + (quoted ? 1 : 0);
    if (stop == begin && !quoted) return;
    if (!quoted && text[begin] == '/') {  // /S computer, /M …
      if (lower(text[std::min(begin + 1, end - 1)]) != 'm') at = skip_blank(text, at);
      continue;
    }
    if (!name) {
      name = Span{begin, stop};
      continue;
    }
    Setting setting;
    ValueText out;
    out.copy(text.substr(begin, stop - begin), begin);
    std::move(out).store(setting, {begin, stop});
    return give(builder, std::move(setting), *name, "export");
  }
}

}  // namespace

void read_powershell(Builder& builder) {
  const std::string_view text = builder.text();
  bool statement = true;  // a statement may begin here
  for (std::size_t at = 0; at < text.size() && builder.room();) {
    const char c = text[at];
    if (blank(c)) {
      ++at;
      continue;
    }
    if (c == '\n' || c == ';' || c == '{' || c == '}' || c == '(' || c == '|' || c == '&') {
      statement = true;
      ++at;
      continue;
    }
    if (c == '#') {
      at = line_end(text, at);
      continue;
    }
    if (text.compare(at, 2, "<#") == 0) {
      const std::size_t end = text.find("#>", at + 2);
      at = end == std::string_view::npos ? text.size() : end + 2;
      continue;
    }
    const bool braced = text.compare(at, 2, "${") == 0;
    if (statement && c == '$') {
      std::size_t name = at + (braced ? 2 : 1);
      std::string tag;
      if (word_at(text, name, "env:")) {
        name += 4;
        tag = "export";
      } else {
        for (const std::string_view scope : {"global:", "script:", "local:", "private:"})
          if (word_at(text, name, scope)) name += scope.size();
      }
      const std::size_t end = name_end(text, name);
      std::size_t sign = skip_blank(text, std::min(end + (braced ? 1 : 0), text.size()));
      if (end > name && sign < text.size() && (text[sign] == '=' || text.compare(sign, 2, "+=") == 0) &&
          text.compare(sign, 2, "==") != 0) {
        const std::size_t value = skip_blank(text, sign + (text[sign] == '=' ? 1 : 2));
        Setting setting;
        at = std::max(read_value(builder, value, Kind::powershell, setting), value);
        give(builder, std::move(setting), {name, end}, std::move(tag));
        statement = false;
        continue;
      }
    }
    if (c == '[' && (word_at(text, at, "[environment]::setenvironmentvariable(") ||
                     word_at(text, at, "[system.environment]::setenvironmentvariable("))) {
      at = skip_blank(text, text.find('(', at) + 1);
      if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
        Setting name;
        at = skip_blank(text, std::max(read_value(builder, at, Kind::powershell, name), at));
        if (at < text.size() && text[at] == ',') {
          const std::size_t value = skip_blank(text, at + 1);
          Setting setting;
          at = std::max(read_value(builder, value, Kind::powershell, setting), value);
          give(builder, std::move(setting), name.bytes, "export");
        }
      }
      statement = false;
      continue;
    }
    if (statement &&
        (word_at(text, at, "set-item ") || word_at(text, at, "new-item ") || word_at(text, at, "si "))) {
      std::size_t i = at;
      while (i < text.size() && !blank(text[i])) ++i;
      const std::size_t end = line_end(text, at);
      std::optional<Span> key;
      while (i < end) {
        i = skip_blank(text, i);
        if (i >= end) break;
        if (text[i] == '-') {
          while (i < end && !blank(text[i])) ++i;
          continue;
        }
        const std::size_t open = text[i] == '"' || text[i] == '\'' ? 1 : 0;
        if (!key && word_at(text, i + open, "env:")) {
          std::size_t begin = i + open + 4;
          if (begin < end && (text[begin] == '\\' || text[begin] == '/')) ++begin;
          const std::size_t stop = name_end(text, begin);
          key = Span{begin, stop};
          i = std::min(stop + open, end);
          if (stop == begin && open == 0) ++i;
          continue;
        }
        if (!key) break;
        Setting setting;
        std::size_t stop = i;
        if (open == 1) {
          stop = std::max(read_value(builder, i, Kind::powershell, setting), i + 1);
        } else {
          while (stop < end && !blank(text[stop]) && text[stop] != ';') ++stop;
          ValueText out;
          out.copy(text.substr(i, stop - i), i);
          std::move(out).store(setting, {i, stop});
        }
        give(builder, std::move(setting), *key, "export");
        i = stop;
        break;
      }
      at = std::max(i, at + 1);
      statement = false;
      continue;
    }
    if (statement && (word_at(text, at, "setx ") || word_at(text, at, "setx.exe "))) {
      const std::size_t end = line_end(text, at);
      read_setx(builder, std::min(at + (text[at + 4] == '.' ? 8 : 4), end), end);
      at = end;
      continue;
    }
    if (c == '"' || c == '\'' || text.compare(at, 2, "@\"") == 0 || text.compare(at, 2, "@'") == 0) {
      Setting ignored;
      at = std::max(read_value(builder, at, Kind::powershell, ignored), at + 1);
    } else {
      ++at;
    }
    statement = false;
  }
}

void read_nushell(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = std::max(next, at + 1)) {
    std::size_t end = line_end(text, at);
    next = std::min(end + 1, text.size());
    std::size_t i = skip_blank(text, at);
    while (i < end && (text[i] == '}' || text[i] == '{' || text[i] == ';')) i = skip_blank(text, i + 1);
    if (i >= end || text[i] == '#') continue;
    if (text.compare(i, 5, "$env.") == 0 || text.compare(i, 8, "let-env ") == 0) {
      std::size_t name = i + (text[i] == '$' ? 5 : 8);
      const std::size_t open = name < end && (text[name] == '"' || text[name] == '\'') ? 1 : 0;
      name += open;
      const std::size_t stop = name_end(text, name);
      const std::size_t sign = skip_blank(text, std::min(stop + open, end));
      if (stop == name || sign >= end || text[sign] != '=') continue;
      const std::size_t value = skip_blank(text, sign + 1);
      Setting setting;
      next = std::max(next, read_value(builder, value, Kind::nushell, setting));
      give(builder, std::move(setting), {name, stop}, "export");
    } else if (text.compare(i, 9, "load-env ") == 0 || text.compare(i, 9, "with-env ") == 0) {
      const std::size_t brace = text.substr(0, end).find('{', i);
      if (brace < end)
        next = std::max(next, read_record(builder, brace, text[i] == 'l' ? "export" : ""));
    } else {
      // NAME=value command
      const std::size_t stop = name_end(text, i);
      if (stop == i || stop >= end || text[stop] != '=' || !variable_name(text.substr(i, stop - i)))
        continue;
      const char q = stop + 1 < end ? text[stop + 1] : ' ';
      Setting setting;
      std::size_t after = stop + 1;
      if (q == '"' || q == '\'') {
        after = read_value(builder, stop + 1, Kind::nushell, setting);
      } else {
        while (after < end && !blank(text[after])) ++after;
        ValueText out;
        out.copy(text.substr(stop + 1, after - stop - 1), stop + 1);
        std::move(out).store(setting, {stop + 1, after});
      }
      std::size_t program = skip_blank(text, std::min(after, end));
      std::size_t program_end = program;
      while (program_end < end && !blank(text[program_end])) ++program_end;
      setting.path = {"@command", std::string(text.substr(program, program_end - program)),
                      std::string(text.substr(i, stop - i))};
      setting.key_bytes = {i, stop};
      builder.add(std::move(setting));
      next = std::max(next, after);
    }
  }
}

void read_cmd(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t next = 0;
  for (std::size_t line = 0; line < text.size() && builder.room(); line = next) {
    std::size_t end = line_end(text, line);
    next = std::min(end + 1, text.size());
    if (next <= line) next = line + 1;
    if (end > line && text[end - 1] == '\r') --end;
    bool statement = true;
    bool quoted = false;
    bool block = false;  // a "(" is open: a ")" ends the command in it
    for (std::size_t at = line; at < end;) {
      const char c = text[at];
      if (blank(c) || c == '@' || c == '(') {
        if (c == '(') block = true;
        ++at;
        continue;
      }
      if (statement && (word_at(text, at, "rem ") || text.compare(at, 2, "::") == 0)) break;
      if (statement && word_at(text, at, "setx ")) {
        std::size_t stop = std::min(text.substr(0, end).find('&', at), end);
        read_setx(builder, at + 5, stop);
        at = stop;
        statement = false;
        continue;
      }
      if (statement && (word_at(text, at, "set ") || word_at(text, at, "set\t"))) {
        std::size_t i = skip_blank(text, at + 4);
        bool arithmetic = false;
        while (i + 1 < end && text[i] == '/' &&
               (lower(text[i + 1]) == 'a' || lower(text[i + 1]) == 'p')) {
          arithmetic = true;
          i = skip_blank(text, i + 2);
        }
        const bool in_quotes = i < end && text[i] == '"';
        const std::size_t name = i + (in_quotes ? 1 : 0);
        std::size_t stop = end;
        if (in_quotes) {
          // Up to the last quote of the line, as cmd does it; quotes inside belong to the value.
          const std::size_t amp = std::min(text.substr(0, end).find("&&", name), end);
          const std::size_t quote = text.substr(0, amp).rfind('"');
          stop = quote != std::string_view::npos && quote > name ? quote : amp;
        } else {
          for (stop = name;
               stop < end && text[stop] != '&' && text[stop] != '|' && !(block && text[stop] == ')');
               ++stop)
            if (text[stop] == '^' && stop + 1 < end) ++stop;
          stop = std::min(stop, end);
        }
        const std::size_t equals = text.substr(0, stop).find('=', name);
        if (equals < stop && equals > name && !arithmetic) {
          Setting setting;
          ValueText out;
          for (std::size_t v = equals + 1; v < stop;) {
            if (text[v] == '^' && !in_quotes && v + 1 < stop) {
              out.decoded(text.substr(v + 1, 1), v, v + 2);
              v += 2;
            } else {
              out.copy(text.substr(v, 1), v);
              ++v;
            }
          }
          std::move(out).store(setting, {equals + 1, stop});
          give(builder, std::move(setting), {name, equals}, "export");
        }
        at = std::max(stop, at + 4);
        statement = false;
        continue;
      }
      if (c == '"') quoted = !quoted;
      if (!quoted && (c == '&' || c == '|' || c == ')')) {
        statement = true;
      } else if (statement && (word_at(text, at, "do ") || word_at(text, at, "else "))) {
        at += 2;
        while (at < end && !blank(text[at])) ++at;
        continue;
      } else {
        // `if … set X=v`: any later "set " after a blank is taken for a command of its own.
        statement = !quoted && at + 1 < end && blank(text[at + 1]) &&
                    word_at(text, line + (skip_blank(text, line) - line), "if ");
      }
      ++at;
    }
  }
}

}  // namespace kimiguard::config

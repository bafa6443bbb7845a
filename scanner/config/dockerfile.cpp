// Dockerfile (docs.docker.com/reference/dockerfile: ENV, ARG, RUN, line continuation) and crontab
// (crontab(5)).

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"
#include "scanner/config/shell_text.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool word_at(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = text[at + i];
    if ((c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c) != word[i]) return false;
  }
  return true;
}

}  // namespace

void read_dockerfile(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = next) {
    // The instruction with its continuation lines, joined; comment lines between are left out.
    Setting whole;
    ValueText joined;
    Span span{at, at};
    bool first = true;
    for (;;) {
      std::size_t end = std::min(text.find('\n', at), text.size());
      next = std::min(end + 1, text.size());
      if (next <= at) next = at + 1;
      std::size_t begin = at;
      while (begin < end && blank(text[begin])) ++begin;
      while (end > begin && blank(text[end - 1])) --end;
      const bool comment = begin < end && text[begin] == '#';
      if (comment && first) break;
      bool continues = true;
      if (!comment) {
        continues = end > begin && (text[end - 1] == '\\' || text[end - 1] == '`');
        if (!first && begin == end) continues = true;  // an empty line does not end it
        const std::size_t stop = continues && end > begin ? end - 1 : end;
        if (first) span.begin = begin;
        span.end = stop;
        joined.copy(text.substr(begin, stop - begin), begin);
        if (continues && next < text.size()) joined.decoded(" ", stop, next);
      }
      first = false;
      if (!continues || next >= text.size()) break;
      at = next;
    }
    std::move(joined).store(whole, span);
    const bool env = word_at(whole.value, 0, "ENV ") || word_at(whole.value, 0, "ENV\t");
    const bool arg = word_at(whole.value, 0, "ARG ") || word_at(whole.value, 0, "ARG\t");
    const bool run = word_at(whole.value, 0, "RUN ") || word_at(whole.value, 0, "RUN\t");
    if (run) {
      const Setting body = part_of(whole, 4, whole.value.size());
      std::vector<Setting> inner = read_shell_text(body.value, false, builder.limits());
      rebase(inner, body, {});
      builder.add_all(std::move(inner));
      continue;
    }
    if (!env && !arg) continue;
    const std::string tag = env ? "ENV" : "ARG";
    const Setting body = part_of(whole, 4, whole.value.size());
    std::size_t begin = body.value.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    const std::size_t name_end = body.value.find_first_of("= \t", begin);
    if (env && (name_end == std::string::npos || body.value[name_end] != '=')) {
      // ENV NAME the rest of the line
      if (name_end == std::string::npos) continue;
      const std::size_t value = body.value.find_first_not_of(" \t", name_end);
      Setting setting =
          part_of(body, value == std::string::npos ? body.value.size() : value, body.value.size());
      setting.path = {body.value.substr(begin, name_end - begin)};
      setting.key_bytes = bytes_of(body, begin, name_end);
      setting.tag = tag;
      builder.add(std::move(setting));
      continue;
    }
    Builder inner(body.value, builder.limits());
    WordReader words(inner, Dialect::posix);
    for (std::size_t i = begin; i < body.value.size() && builder.room();) {
      if (!words.begins(i)) {
        ++i;
        continue;
      }
      Word word = words.read(i);
      i = word.raw.end;
      std::vector<Setting> one(1);
      if (std::optional<Setting> setting = assignment(word.text, true)) {
        one[0] = std::move(*setting);
      } else if (arg && variable_name(word.text.value)) {
        one[0].type = Setting::Type::null;
        one[0].path = {word.text.value};
        one[0].key_bytes = word.text.bytes;
        one[0].bytes = {word.raw.end, word.raw.end};
      } else {
        continue;
      }
      rebase(one, body, {});
      one[0].tag = tag;
      builder.add(std::move(one[0]));
    }
  }
}

void read_crontab(Builder& builder) {
  const std::string_view text = builder.text();
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size() && builder.room(); at = next) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    next = std::max(std::min(end + 1, text.size()), at + 1);
    while (at < end && blank(text[at])) ++at;
    while (end > at && blank(text[end - 1])) --end;
    if (at == end || text[at] == '#') continue;
    // NAME = value: quotes around both are allowed, nothing is expanded.
    const bool quoted_name = text[at] == '"' || text[at] == '\'';
    const std::size_t name = at + (quoted_name ? 1 : 0);
    std::size_t name_end = name;
    while (name_end < end &&
           (variable_name(text.substr(name_end, 1)) || (text[name_end] >= '0' && text[name_end] <= '9')))
      ++name_end;
    std::size_t sign = std::min(name_end + (quoted_name ? 1 : 0), end);
    while (sign < end && blank(text[sign])) ++sign;
    if (name_end > name && variable_name(text.substr(name, name_end - name)) && sign < end &&
        text[sign] == '=') {
      std::size_t value = sign + 1;
      while (value < end && blank(text[value])) ++value;
      std::size_t stop = end;
      if (stop - value >= 2 && (text[value] == '"' || text[value] == '\'') &&
          text[stop - 1] == text[value]) {
        ++value;
        --stop;
      }
      Setting setting;
      ValueText out;
      out.copy(text.substr(value, stop - value), value);
      std::move(out).store(setting, {value, stop});
      setting.path = {std::string(text.substr(name, name_end - name))};
      setting.key_bytes = {name, name_end};
      setting.tag = "export";
      setting.verbatim = true;
      builder.add(std::move(setting));
      continue;
    }
    // Five fields or @word, then the command.
    std::size_t fields = text[at] == '@' ? 1 : 5;
    std::size_t command = at;
    for (; fields > 0 && command < end; --fields) {
      while (command < end && !blank(text[command])) ++command;
      while (command < end && blank(text[command])) ++command;
    }
    if (command >= end) {
      builder.syntax(at, "neither an assignment nor a job");
      continue;
    }
    Setting job;
    job.value = text.substr(command, end - command);
    job.bytes = {command, end};
    std::vector<Setting> inner = read_shell_text(job.value, false, builder.limits());
    rebase(inner, job, {});
    builder.add_all(std::move(inner));
  }
}

}  // namespace kimiguard::config

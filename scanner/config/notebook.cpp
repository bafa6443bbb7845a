// Jupyter notebooks (nbformat 4: nbformat.readthedocs.io, "The notebook file format"): JSON whose cells
// keep their text as lists of lines. The lines of one source or output become one setting whose pieces
// lead back to each line. `%env NAME=value` in a cell gives a setting below its source too.

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scanner/config/formats.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

// True if the setting is one line of a multi-line text: cells.<n>.….<field>.<line>.
bool is_line(const Setting& setting) {
  static const std::set<std::string_view> kLists = {
      "source",        "text",       "traceback",        "text/plain", "text/html",
      "text/markdown", "text/latex", "application/json", "input"};
  const std::size_t size = setting.path.size();
  if (size < 4 || setting.type != Setting::Type::text) return false;
  const bool in_cells = setting.path[0] == "cells" || setting.path[0] == "worksheets";
  const std::string& last = setting.path[size - 1];
  return in_cells && kLists.count(setting.path[size - 2]) != 0 && !last.empty() &&
         std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool same_parent(const Setting& a, const Setting& b) {
  return a.path.size() == b.path.size() && std::equal(a.path.begin(), a.path.end() - 1, b.path.begin());
}

void join(Setting& whole, const Setting& line) {
  const auto base = static_cast<std::uint32_t>(whole.value.size());
  if (line.pieces.empty() && !line.value.empty())
    whole.pieces.push_back({base, static_cast<std::uint32_t>(line.bytes.begin),
                            static_cast<std::uint32_t>(line.bytes.end)});
  for (ValuePiece piece : line.pieces) {
    piece.value += base;
    whole.pieces.push_back(piece);
  }
  whole.value += line.value;
  whole.bytes.end = line.bytes.end;
}

// %env NAME=value, %env NAME value, %set_env NAME value: a line magic of IPython.
void environment_magic(Builder& builder, const Setting& source) {
  const std::string& text = source.value;
  std::size_t next = 0;
  for (std::size_t at = 0; at < text.size(); at = next) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    next = end + 1;
    at = text.find_first_not_of(" \t", at);
    if (at == std::string::npos || at >= end) continue;
    const bool set = text.compare(at, 9, "%set_env ") == 0;
    if (!set && text.compare(at, 5, "%env ") != 0) continue;
    std::size_t name = text.find_first_not_of(" \t", at + (set ? 9 : 5));
    if (name == std::string::npos || name >= end) continue;
    const std::size_t name_end = std::min(text.find_first_of("= \t\n", name), end);
    std::size_t value = std::min(text.find_first_not_of("= \t", name_end), end);
    while (end > value && (text[end - 1] == ' ' || text[end - 1] == '\r')) --end;
    if (value >= end || !variable_name(text.substr(name, name_end - name))) continue;
    Setting setting = part_of(source, value, end);
    setting.path = source.path;
    setting.path.push_back("%env");
    setting.path.push_back(text.substr(name, name_end - name));
    setting.key_bytes = bytes_of(source, name, name_end);
    setting.tag = "export";
    builder.add(std::move(setting));
  }
}

}  // namespace

void read_notebook(Builder& builder) {
  Builder raw(builder.text(), builder.limits());
  read_json(raw, false);
  Parsed parsed = std::move(raw).finish();
  for (std::size_t i = 0; i < parsed.settings.size() && builder.room();) {
    Setting& first = parsed.settings[i];
    if (!is_line(first)) {
      const bool source =
          first.path.size() >= 3 && first.path[0] == "cells" && first.path.back() == "source";
      const Setting copy = source ? first : Setting();
      builder.add(std::move(first));
      if (source) environment_magic(builder, copy);
      ++i;
      continue;
    }
    Setting whole;
    whole.path.assign(first.path.begin(), first.path.end() - 1);
    whole.bytes = first.bytes;
    whole.document = first.document;
    std::size_t end = i;
    for (; end < parsed.settings.size() && is_line(parsed.settings[end]) &&
           same_parent(parsed.settings[end], parsed.settings[i]);
         ++end)
      join(whole, parsed.settings[end]);
    if (whole.pieces.size() == 1 && whole.value.size() == whole.bytes.size()) whole.pieces.clear();
    const Setting copy = whole;
    builder.add(std::move(whole));
    if (copy.path.back() == "source") environment_magic(builder, copy);
    i = end;
  }
  builder.take_gaps(std::move(parsed.gaps));
}

}  // namespace kimiguard::config

#include "scanner/config/embedded.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "scanner/config/value_text.h"
#include "scanner/config/words.h"

namespace kimiguard::config {
namespace {

bool is_index(const std::string& part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool looks_like_json(std::string_view value) {
  const std::size_t first = value.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const char last = value[value.find_last_not_of(" \t\r\n")];
  return (value[first] == '{' && last == '}') || (value[first] == '[' && last == ']');
}

Parsed read_value(const Setting& outer, Format format, const LineMap& lines, const Limits& limits) {
  Parsed parsed = read(outer.value, format, limits);
  rebase(parsed.settings, outer, outer.path);
  for (Setting& setting : parsed.settings) {
    setting.position = lines.position(setting.bytes.begin);
    setting.end = lines.position(setting.bytes.end);
  }
  // Their reasons name lines of the inner text, which a reader cannot find.
  for (Gap& gap : parsed.gaps) {
    if (gap.code == "syntax")
      gap.reason = "line " + std::to_string(lines.position(outer.bytes.begin).line) +
                   ": the text in a value is broken";
  }
  return parsed;
}

std::optional<Setting> split_assignment(const Setting& setting, const LineMap& lines) {
  std::optional<Setting> split = assignment(setting, true);
  if (!split) return std::nullopt;
  std::vector<std::string> path = setting.path;
  if (!path.empty() && is_index(path.back())) path.pop_back();
  path.push_back(std::move(split->path.back()));
  split->path = std::move(path);
  split->position = lines.position(split->bytes.begin);
  split->end = lines.position(split->bytes.end);
  split->tag = setting.tag;
  return split;
}

std::vector<Setting> named_values(const std::vector<Setting>& settings) {
  // The parent's path and the document, as one text; the values that wait for their name, and the
  // reverse.
  struct Half {
    const Setting* name = nullptr;
    const Setting* value = nullptr;
  };
  std::vector<std::pair<std::string, Half>> pairs;
  std::unordered_map<std::string, std::size_t> index;
  for (const Setting& setting : settings) {
    if (setting.path.size() < 2) continue;
    std::string_view last = setting.path.back();
    if (last.starts_with('@')) last.remove_prefix(1);
    const bool name = last == "name" || last == "key" || last == "Name" || last == "Key";
    const bool value = last == "value" || last == "Value";
    if (!name && !value) continue;
    std::string parent = std::to_string(setting.document);
    for (std::size_t i = 0; i + 1 < setting.path.size(); ++i) {
      parent += '\0';
      parent += setting.path[i];
    }
    const auto [found, fresh] = index.try_emplace(std::move(parent), pairs.size());
    if (fresh) pairs.emplace_back(std::string(), Half());
    Half& half = pairs[found->second].second;
    (name ? half.name : half.value) = &setting;
  }
  std::vector<Setting> out;
  for (const auto& [unused, half] : pairs) {
    if (half.name == nullptr || half.value == nullptr || half.name->value.empty()) continue;
    Setting setting = *half.value;
    setting.path.pop_back();
    if (!setting.path.empty() && is_index(setting.path.back())) setting.path.pop_back();
    setting.path.push_back(half.name->value);
    setting.key_bytes = half.name->bytes;
    out.push_back(std::move(setting));
  }
  return out;
}

}  // namespace kimiguard::config

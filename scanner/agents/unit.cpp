#include "scanner/agents/unit.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "scanner/agents/rows.h"
#include "scanner/config/embedded.h"
#include "scanner/config/line_map.h"
#include "scanner/core/digits.h"

namespace kimiguard::agents {
namespace {

constexpr int kEmbeddedDepth = 3;

bool is_index(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The text that `digits` are the base64 of; nothing where that is no text.
std::optional<std::string> text_of_base64(std::string_view digits) {
  while (!digits.empty() && digits.back() == '=') digits.remove_suffix(1);
  std::string text;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : digits) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    const char byte = static_cast<char>(bits >> have & 0xFF);
    if (byte != '\n' && (byte < 0x20 || byte == 0x7F)) return std::nullopt;
    text += byte;
  }
  return text;
}

// A Secret of Kubernetes holds its values as base64; what is said of them is said of the text.
void read_secret_data(std::vector<Setting>& settings) {
  std::set<int> secrets;
  for (const Setting& setting : settings)
    if (setting.path.size() == 1 && setting.path[0] == "kind" && setting.value == "Secret") secrets.insert(setting.document);
  for (Setting& setting : settings) {
    if (setting.path.size() != 2 || setting.path[0] != "data" || secrets.count(setting.document) == 0) continue;
    auto text = text_of_base64(setting.value);
    if (!text) continue;
    setting.value = std::move(*text);
    setting.pieces.clear();
  }
}

void place_gaps(Unit& unit) {
  for (Gap& gap : unit.gaps)
    if (gap.place.empty()) gap.place = unit.path;
}

}  // namespace

Part part_at(const Unit& unit, const Setting& setting) {
  Part part;
  part.source = Part::Source::config;
  part.value = setting.value;
  part.key_path = setting.key_path();
  part.file = unit.path;
  part.position = setting.position;
  part.end = setting.end;
  part.bytes = setting.bytes;
  return part;
}

int rank(const Unit& unit) {
  if (unit.spec == nullptr) return 0;
  if (unit.spec->scope == "managed") return 3;
  if (unit.spec->scope == "local") return 2;
  return unit.spec->scope == "project" ? 1 : 0;
}

Unit read_unit(const Profile* profile, const FileSpec* spec, std::string path, std::string_view bytes) {
  Unit unit;
  unit.profile = profile;
  unit.spec = spec;
  unit.path = std::move(path);
  if (spec != nullptr && !spec->format.empty()) unit.format = config::format_named(spec->format);
  const bool opaque = spec != nullptr && (spec->format == "text" || spec->format == "binary");
  if (opaque) return unit;
  if (!unit.format) unit.format = config::format_of(unit.path, bytes.substr(0, 512));
  if (!unit.format) return unit;
  config::Parsed parsed = config::read(bytes, *unit.format);
  unit.settings = std::move(parsed.settings);
  unit.gaps = std::move(parsed.gaps);

  const bool tree = *unit.format == config::Format::json || *unit.format == config::Format::jsonc ||
                    *unit.format == config::Format::json5 || *unit.format == config::Format::yaml ||
                    *unit.format == config::Format::toml || *unit.format == config::Format::xml;
  if (tree) {
    const config::LineMap lines(bytes);
    if (spec != nullptr && !spec->embedded.empty()) {
      std::size_t begin = 0;
      for (int level = 0; level < kEmbeddedDepth; ++level) {
        std::vector<Setting> inner;
        for (std::size_t i = begin; i < unit.settings.size(); ++i) {
          const Setting& outer = unit.settings[i];
          if (!config::looks_like_json(outer.value)) continue;
          const bool named =
              std::any_of(spec->embedded.begin(), spec->embedded.end(),
                          [&](const auto& selector) { return selector.matches(outer.path); });
          if (!named) continue;
          config::Parsed more = config::read_value(outer, config::Format::json, lines);
          std::move(more.settings.begin(), more.settings.end(), std::back_inserter(inner));
        }
        begin = unit.settings.size();
        std::move(inner.begin(), inner.end(), std::back_inserter(unit.settings));
        if (begin == unit.settings.size()) break;
      }
    }
    std::vector<Setting> more = config::named_values(unit.settings);
    for (const Setting& setting : unit.settings) {
      if (setting.path.empty() || !is_index(setting.path.back()) ||
          setting.value.find('=') == std::string::npos)
        continue;
      if (auto split = config::split_assignment(setting, lines)) more.push_back(std::move(*split));
    }
    std::move(more.begin(), more.end(), std::back_inserter(unit.settings));
    read_secret_data(unit.settings);
  }
  place_gaps(unit);
  return unit;
}

Unit read_database_unit(const Profile* profile, const FileSpec* spec, std::string path) {
  Unit unit;
  unit.profile = profile;
  unit.spec = spec;
  unit.path = std::move(path);
  unit.database = true;
  config::Parsed parsed = spec->format == "leveldb" ? read_leveldb_entries(unit.path)
                                                    : read_sqlite_rows(unit.path, spec->tables);
  unit.settings = std::move(parsed.settings);
  unit.gaps = std::move(parsed.gaps);
  place_gaps(unit);
  return unit;
}

}  // namespace kimiguard::agents

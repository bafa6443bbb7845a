#include "scanner/agents/unit.h"

#include <algorithm>
#include <utility>

#include "scanner/agents/rows.h"
#include "scanner/config/embedded.h"
#include "scanner/config/line_map.h"

namespace kimiguard::agents {
namespace {

constexpr int kEmbeddedDepth = 3;

bool is_index(std::string_view part) {
  return !part.empty() &&
         std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void place_gaps(Unit& unit) {
  for (Gap& gap : unit.gaps)
    if (gap.place.empty()) gap.place = unit.path;
}

}  // namespace

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

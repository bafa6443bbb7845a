// One file of a tool, read: its settings and what its profile says of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/profile.h"
#include "scanner/core/connection.h"
#include "scanner/core/coverage.h"
#include "scanner/core/setting.h"

namespace kimiguard::agents {

struct Unit {
  const Profile* profile = nullptr;  // null for a file that belongs to no tool
  const FileSpec* spec = nullptr;
  std::string path;     // as people see it
  std::string project;  // the folder whose project file it is; "" = none
  std::optional<config::Format> format;
  std::vector<Setting> settings;
  std::vector<Gap> gaps;  // their place is `path`
  bool database = false;
};

// Reads `bytes` as the file that `spec` says (or its name and first bytes speak for). Lists of
// NAME=value, of {name, value} and JSON in strings (where the profile says so) have settings of their
// own.
Unit read_unit(const Profile* profile, const FileSpec* spec, std::string path, std::string_view bytes);

// The same for a database at `path`.
Unit read_database_unit(const Profile* profile, const FileSpec* spec, std::string path);

// A setting of the unit as it is written there.
Part part_at(const Unit& unit, const Setting& setting);

// Which is stronger: managed > local > project > user.
int rank(const Unit& unit);

}  // namespace kimiguard::agents

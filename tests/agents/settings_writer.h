// Settings as files: a path that a profile's selector names, and a tree of values in the formats that tools write.
// Knows nothing of the readers in scanner/, so that a fault of theirs is not made up for here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/profile.h"

namespace kimiguard::test {

using Tree = nlohmann::ordered_json;

struct Step {
  std::string name;
  bool index = false;  // of a list
};
using Steps = std::vector<Step>;

// The selector's alternatives, each without braces.
std::vector<std::string> spellings(std::string_view selector);

// A path that the selector (without braces) matches: `entry` for a lone *, nothing for **, the first element for a
// list. Runs within a name stand for a dot between its parts and for nothing at its ends.
Steps steps_of(std::string_view selector, const std::string& entry);
std::vector<std::string> names_of(const Steps& steps);
Steps operator+(Steps left, const Steps& right);

// Lists and objects come into being on the way.
void put(Tree& root, const Steps& path, const Tree& value);
const Tree* at(const Tree& root, const Steps& path);

// `format` as profiles name it. Databases: write_database.
std::string written(const Tree& root, std::string_view format);
// Top level: tables; below: rows, in each: columns, a tree in a column as JSON. The column `row` of a table's
// specification holds the row's name.
void write_database(const std::string& path, const Tree& root, const std::vector<agents::TableSpec>& tables);

}  // namespace kimiguard::test

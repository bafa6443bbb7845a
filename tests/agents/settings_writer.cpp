#include "tests/agents/settings_writer.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <set>

#include "scanner/agents/glob.h"
#include "tests/support/catch.h"

namespace kimiguard::test {
namespace {

// A name for a pattern within one.
std::string named(std::string_view pattern) {
  std::string name;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*')
      name += pattern[i];
    else if (i != 0 && i + 1 != pattern.size())
      name += '.';
    else if (i != 0)
      name += ".linux";
  }
  return name;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
}

std::string text_of(const Tree& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// YAML: block style; texts in quotes where a plain one could mean something else.
std::string yaml_scalar(const Tree& value) {
  if (!value.is_string()) return value.dump();
  const std::string text = value;
  const bool plain = !text.empty() && text.find_first_of(" #{}[],&*!|>'\"%@`\n\\") == std::string::npos &&
                     text.find(": ") == std::string::npos && text.back() != ':' && text.front() != '-';
  return plain ? text : value.dump();
}
void yaml(const Tree& value, const std::string& indent, std::string& out, bool in_list = false) {
  bool first = in_list;
  if (value.is_object()) {
    for (const auto& [name, below] : value.items()) {
      out += first ? "" : indent;
      first = false;
      out += yaml_scalar(Tree(name)) + ":";
      if (below.is_structured() && !below.empty()) {
        out += "\n";
        yaml(below, indent + "  ", out);
      } else {
        out += " " + (below.is_structured() ? below.dump() : yaml_scalar(below)) + "\n";
      }
    }
  } else if (value.is_array()) {
    for (const Tree& below : value) {
      out += indent + "- ";
      if (below.is_structured() && !below.empty())
        yaml(below, indent + "  ", out, true);
      else
        out += yaml_scalar(below) + "\n";
    }
  }
}

std::string toml_key(const std::string& name) { return is_plain(name) ? name : Tree(name).dump(); }
std::string toml_value(const Tree& value) {
  if (!value.is_object()) return value.dump();
  std::string text = "{ ";
  for (const auto& [name, below] : value.items())
    text += (text.size() > 2 ? ", " : "") + toml_key(name) + " = " + toml_value(below);
  return text + " }";
}
void toml(const Tree& table, const std::string& path, std::string& out) {
  for (const auto& [name, below] : table.items())
    if (!below.is_object()) out += toml_key(name) + " = " + toml_value(below) + "\n";
  for (const auto& [name, below] : table.items()) {
    if (!below.is_object()) continue;
    const std::string full = path + (path.empty() ? "" : ".") + toml_key(name);
    const bool has_values =
        std::any_of(below.begin(), below.end(), [](const Tree& one) { return !one.is_object(); });
    if (has_values) out += "[" + full + "]\n";
    toml(below, full, out);
  }
}

// IntelliJ's way: <envs><env name="X" value="…"/></envs>.
void xml(const Tree& value, const std::string& indent, std::string& out) {
  for (const auto& [name, below] : value.items()) {
    if (name == "env") {
      for (const auto& [variable, text] : below.items())
        out += indent + "<env name=\"" + variable + "\" value=\"" + text_of(text) + "\" />\n";
      continue;
    }
    out += indent + "<" + name + ">\n";
    xml(below, indent + "  ", out);
    out += indent + "</" + name + ">\n";
  }
}

void execute(sqlite3* database, const std::string& sql, const std::vector<std::string>& values = {}) {
  sqlite3_stmt* statement = nullptr;
  INFO(sql);
  REQUIRE(sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  for (std::size_t i = 0; i < values.size(); ++i)
    sqlite3_bind_text(statement, static_cast<int>(i) + 1, values[i].c_str(), -1, SQLITE_TRANSIENT);
  const int status = sqlite3_step(statement);
  CHECK((status == SQLITE_DONE || status == SQLITE_ROW));
  sqlite3_finalize(statement);
}

}  // namespace

std::vector<std::string> spellings(std::string_view selector) { return agents::alternatives(selector); }

Steps steps_of(std::string_view selector, const std::string& entry) {
  Steps steps;
  if (selector == ".") return steps;
  std::string part;
  bool quoted = false;
  bool was_quoted = false;
  const auto take = [&] {
    if (part == "**") {
      part.clear();
    } else if (!part.empty()) {
      steps.push_back({part == "*" ? entry : was_quoted ? part : named(part), false});
      part.clear();
    }
    was_quoted = false;
  };
  for (std::size_t i = 0; i < selector.size(); ++i) {
    const char c = selector[i];
    if (c == '"') {
      quoted = !quoted;
      was_quoted = true;
    } else if (!quoted && c == '.') {
      take();
    } else if (!quoted && c == '[') {
      take();
      steps.push_back({"0", true});
      i = selector.find(']', i);
    } else {
      part += c;
    }
  }
  take();
  return steps;
}

std::vector<std::string> names_of(const Steps& steps) {
  std::vector<std::string> names;
  for (const Step& step : steps) names.push_back(step.name);
  return names;
}

Steps operator+(Steps left, const Steps& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

void put(Tree& root, const Steps& path, const Tree& value) {
  Tree* here = &root;
  for (const Step& step : path) here = step.index ? &(*here)[std::stoul(step.name)] : &(*here)[step.name];
  *here = value;
}

const Tree* at(const Tree& root, const Steps& path) {
  const Tree* here = &root;
  for (const Step& step : path) {
    if (here->is_array() && step.index && std::stoul(step.name) < here->size())
      here = &(*here)[std::stoul(step.name)];
    else if (here->is_object() && here->contains(step.name))
      here = &(*here)[step.name];
    else
      return nullptr;
  }
  return here;
}

std::string written(const Tree& root, std::string_view format) {
  if (format == "yaml") {
    std::string text = "# made by a test\n";
    yaml(root, "", text);
    return text;
  }
  if (format == "toml") {
    std::string text = "# made by a test\n";
    toml(root, "", text);
    return text;
  }
  if (format == "dotenv" || format == "shell") {
    std::string text = "# made by a test\n";
    for (const auto& [name, value] : root.items())
      text += (format == "shell" ? "export " : "") + name + "=" + text_of(value) + "\n";
    return text;
  }
  if (format == "xml") {
    std::string text = "<?xml version=\"1.0\"?>\n<component>\n";
    xml(root, "  ", text);
    return text + "</component>\n";
  }
  if (format == "jsonc" || format == "json5") return "// made by a test\n" + root.dump(2) + "\n";
  return root.dump(2) + "\n";
}

void write_database(const std::string& path, const Tree& root, const std::vector<agents::TableSpec>& tables) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &opened) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
  execute(opened, "PRAGMA synchronous=OFF");
  execute(opened, "BEGIN");
  for (const auto& [table, rows] : root.items()) {
    std::string naming;
    for (const agents::TableSpec& spec : tables)
      if (spec.table == table) naming = spec.row;
    std::set<std::string> columns;
    for (const auto& [name, row] : rows.items())
      for (const auto& [column, value] : row.items()) columns.insert(column);
    if (!naming.empty()) columns.insert(naming);
    std::string list;
    for (const std::string& column : columns) list += (list.empty() ? "\"" : ", \"") + column + "\"";
    execute(opened, "CREATE TABLE IF NOT EXISTS \"" + table + "\"(" + list + ")");
    for (const auto& [name, row] : rows.items()) {
      std::string names;
      std::string marks;
      std::vector<std::string> values;
      const auto add = [&](const std::string& column, const std::string& value) {
        names += (names.empty() ? "\"" : ", \"") + column + "\"";
        marks += marks.empty() ? "?" : ", ?";
        values.push_back(value);
      };
      if (!naming.empty()) add(naming, name);
      for (const auto& [column, value] : row.items()) add(column, text_of(value));
      execute(opened, "INSERT INTO \"" + table + "\"(" + names + ") VALUES(" + marks + ")", values);
    }
  }
  execute(opened, "COMMIT");
  ::chmod(path.c_str(), 0600);
}

}  // namespace kimiguard::test

#include "tests/report/schema_check.h"

#include <regex>
#include <set>

namespace kimiguard::report {
namespace {

using nlohmann::json;

class Check {
 public:
  explicit Check(const json& root) : root_(root) {}

  void operator()(const json& schema, const json& value, const std::string& path) {
    if (schema.is_boolean()) {
      if (!schema.get<bool>()) complaints.push_back(path + ": not allowed");
      return;
    }
    static const std::set<std::string> kKnown = {
        "$schema", "$id",     "title",    "description", "type",
        "const",   "enum",    "required", "properties",  "additionalProperties",
        "items",   "pattern", "minimum",  "$ref",        "$defs",
        "minLength", "maxLength", "minItems"};
    for (const auto& [keyword, unused] : schema.items())
      if (!kKnown.contains(keyword)) complaints.push_back(path + ": unknown keyword " + keyword);
    if (schema.contains("$ref")) {
      const std::string ref = schema["$ref"];
      (*this)(root_.at(json::json_pointer(ref.substr(1))), value, path);
    }
    if (schema.contains("type") && !is(schema["type"], value))
      complaints.push_back(path + ": not of type " + schema["type"].get<std::string>());
    if (schema.contains("const") && schema["const"] != value)
      complaints.push_back(path + ": not the constant");
    if (schema.contains("enum")) {
      bool found = false;
      for (const json& one : schema["enum"]) found |= one == value;
      if (!found) complaints.push_back(path + ": not one of the values: " + value.dump());
    }
    if (schema.contains("pattern") && value.is_string() &&
        !std::regex_search(value.get<std::string>(), std::regex(schema["pattern"].get<std::string>())))
      complaints.push_back(path + ": does not match " + schema["pattern"].get<std::string>());
    // In bytes: what the reports' limits are kept in; never less than in characters.
    if (schema.contains("minLength") && value.is_string() && value.get<std::string>().size() < schema["minLength"].get<std::size_t>())
      complaints.push_back(path + ": too short");
    if (schema.contains("maxLength") && value.is_string() && value.get<std::string>().size() > schema["maxLength"].get<std::size_t>())
      complaints.push_back(path + ": too long");
    if (schema.contains("minItems") && value.is_array() && value.size() < schema["minItems"].get<std::size_t>())
      complaints.push_back(path + ": too few items");
    if (schema.contains("minimum") && value.is_number() && value < schema["minimum"])
      complaints.push_back(path + ": too small");
    if (value.is_object()) {
      if (schema.contains("required"))
        for (const json& name : schema["required"])
          if (!value.contains(name.get<std::string>()))
            complaints.push_back(path + ": lacks " + name.get<std::string>());
      for (const auto& [name, member] : value.items()) {
        if (schema.contains("properties") && schema["properties"].contains(name))
          (*this)(schema["properties"][name], member, path + "/" + name);
        else if (schema.contains("additionalProperties"))
          (*this)(schema["additionalProperties"], member, path + "/" + name);
      }
    }
    if (value.is_array() && schema.contains("items"))
      for (std::size_t i = 0; i < value.size(); ++i)
        (*this)(schema["items"], value[i], path + "/" + std::to_string(i));
  }

  std::vector<std::string> complaints;

 private:
  static bool is(const json& type, const json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "null" && value.is_null();
  }

  const json& root_;
};

}  // namespace

std::vector<std::string> schema_complaints(const nlohmann::json& schema, const nlohmann::json& value) {
  Check check(schema);
  check(schema, value, "");
  return check.complaints;
}

}  // namespace kimiguard::report

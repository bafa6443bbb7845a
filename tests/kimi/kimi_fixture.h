// Keys and connections made at test time, and the built-in rulebook.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/connection.h"
#include "scanner/core/finding.h"
#include "scanner/rulebook/built_in.h"
#include "scanner/rulebook/template.h"
#include "tests/support/catch.h"

namespace kimiguard::test {

inline const Rulebook& book() {
  static const Rulebook kBook = [] {
    auto read = read_rulebook(built_in_rule_files());
    if (!read) FAIL(read.error().message);
    return *read;
  }();
  return kBook;
}

// The same form gives the same text within a run of the tests, another number another.
inline std::string made(std::string_view form, std::uint64_t number = 1) {
  RandomText random(number * 7919 + 17);
  auto text = fill_template(form, random);
  if (!text) FAIL(text.error().message);
  return *text;
}
inline std::string code_key(std::uint64_t number = 1) { return made("{{sk-kimi:64}}", number); }
inline std::string platform_key(std::uint64_t number = 1) { return made("{{sk:48}}", number); }

inline Part part(std::string value, std::string key_path, std::uint64_t line,
                 std::string file = "config.toml") {
  Part part;
  part.source = Part::Source::config;
  part.value = std::move(value);
  part.key_path = std::move(key_path);
  part.file = std::move(file);
  part.position = {line, 5};
  part.end = {line, 5 + part.value.size()};
  return part;
}
inline Part key_part(const std::string& key, std::string key_path = "api_key", std::uint64_t line = 2,
                     std::string file = "config.toml") {
  Part made = part("", std::move(key_path), line, std::move(file));
  made.secret = Secret(key);
  made.value = made.secret.masked();
  made.end = {line, 5 + key.size()};
  return made;
}
inline Part default_part(std::string value) {
  Part made;
  made.source = Part::Source::tool_default;
  made.value = std::move(value);
  return made;
}

// A tool's connection whose key, address and model stand in one file.
inline Connection connection(const std::string& key, const std::string& url,
                             const std::string& model = {}, const std::string& protocol = "openai") {
  Connection made;
  made.tool = "tool";
  made.protocol = protocol;
  made.scope = "user";
  if (!key.empty()) made.key = key_part(key);
  if (!url.empty()) made.base_url = part(url, "base_url", 3);
  if (!model.empty()) made.model = part(model, "model", 4);
  return made;
}

inline std::vector<std::string> rules_of(const std::vector<Finding>& findings) {
  std::vector<std::string> ids;
  for (const Finding& finding : findings) ids.push_back(finding.rule);
  return ids;
}

}  // namespace kimiguard::test

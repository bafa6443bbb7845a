// What a tool really talks to: key + base URL + model + protocol, each with where it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scanner/core/match.h"
#include "scanner/core/secret.h"

namespace kimiguard {

// One part of a connection. `source` says who sets it; a default has no place.
struct Part {
  enum class Source { config, environment, tool_default, reference, process, unknown };
  Source source = Source::unknown;
  std::string value;         // host URL, model id …; for a key the masked form
  std::string before;        // what stands before it in its setting: "moonshot/" of "moonshot/kimi-k3"
  Secret secret;             // for a key only
  std::string key_path;      // setting that holds it, or the variable's name
  std::string file;          // path as people see it
  Position position;
  Position end;
  Span bytes;
};

struct Connection {
  std::string tool;          // profile id, "" for a file that belongs to no tool
  std::string title;         // the tool's name as people know it, "" where there is no tool
  std::string slot;          // provider, mode, profile or account in it
  std::string provider;      // provider id as the tool names it
  std::string protocol;      // openai, anthropic, google …
  bool active = true;        // the slot in use
  std::string scope;         // user, project, managed, environment, process, source
  std::optional<Part> key;
  std::vector<Part> other_keys;   // further credentials for the same connection
  std::optional<Part> base_url;
  std::optional<Part> model;
  std::optional<Part> address_setting;  // where an address belongs while none is written: file and key path
  std::vector<Part> overridden;   // parts that a stronger scope replaced
};

}  // namespace kimiguard

// Realms, hosts, vendors and names: rules/realms.toml and rules/variables.toml.
#pragma once

#include <string>
#include <vector>

#include "scanner/rulebook/localized.h"

namespace kimiguard {

// One of Kimi's four credential realms (facts/kimi.md §0).
struct Realm {
  std::string id;       // moonshot-global, moonshot-cn, kimi-code-cn, kimi-code-global
  std::string product;  // "platform" or "kimi-code": keys of one product look alike
  std::string region;   // "global" or "cn"
  Localized title;
  std::string console;  // URL of the page where keys are made
  std::vector<std::string> old_consoles;
  std::vector<std::string> hosts;          // API hosts, exact: "api.moonshot.ai"
  std::vector<std::string> console_hosts;  // "platform.kimi.ai" …
  std::string openai_base;                 // "https://api.moonshot.ai/v1"
  std::string anthropic_base;
  std::string default_model;  // what to write where a model of another product stands
  std::string usage_page;
  std::string limits_page;
  std::string source;  // where these facts come from
};

// Anybody else who issues keys or takes requests: a host that is one of these is not Kimi's.
struct Vendor {
  std::string id;                  // "openai"
  std::string title;               // "OpenAI"
  std::vector<std::string> hosts;  // exact, or ".example.com" for every host below
  std::vector<std::string> names;  // words that name it in variables and provider ids, lower case
  std::string key_expression;      // RE2, whole key; empty if not known
  bool hosts_kimi_models = false;
  bool forwards_keys = false;      // passes other vendors' keys on: a Kimi key there is meant
  std::string kimi_model_expression;  // RE2, whole id: how it names Kimi models; empty if not known
  bool protocol = false;  // its names are protocol names too (OPENAI_*, ANTHROPIC_*)
  bool other_shape = false;  // none of its keys is "sk-" and 48 letters and digits
  std::string source;
};

// A variable or field name and what it says of the key in it (rules/variables.toml).
struct VariableFact {
  std::string expression;  // RE2, case-insensitive, whole name
  std::string says;        // realm id, product ("platform", "kimi-code"), "kimi" (any), vendor id
  std::string role;        // key, base_url, model
  bool protocol = false;   // speaks for its vendor only where no base URL stands in scope
  std::string source;
};

// What programs and people call the settings of a connection; lower case but for the signs. Names that end in one of
// a family's variables (rules/agents, [[family]]) are not among them.
struct SettingNames {
  std::vector<std::string> key_fields, url_fields;  // an object's fields
  std::vector<std::string> key_arguments, url_arguments, model_arguments;  // of an SDK's constructor
  std::vector<std::string> credential_headers, credential_schemes;  // "authorization"; "Bearer"
  // A file without any of these connects nothing to Kimi, or sends nobody's traffic elsewhere: it is not parsed.
  std::vector<std::string> connection_signs, redirect_signs;
};

// A first-party address that does not work, or not as written: what it is and what to write instead.
struct DeadEndpoint {
  std::string host;     // exact, lower case
  std::string path;     // the path, or every path below it; "/" for the whole host
  std::string instead;  // URL to write
  Localized reason;     // half a sentence that follows the URL
  std::string source;
};

}  // namespace kimiguard

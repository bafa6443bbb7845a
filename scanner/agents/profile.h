// What the audit knows of one tool, read from rules/agents/<tool>.toml (rules/agents/README.md has the
// schema).
//
// Profiles are immutable after loading. Paths in them are templates over {home}, {config} … that
// home_layout.h resolves; selectors are those of config/selector.h and are compiled while reading, so
// that a mistake in a profile is a message with file, line and column and not a silence in an audit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/config/reader.h"
#include "scanner/config/selector.h"
#include "scanner/core/exposure.h"
#include "scanner/core/result.h"
#include "scanner/rulebook/localized.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::agents {

enum class Role {
  config,
  secrets,
  state,
  transcript,
  prompt_history,
  shell_history,
  log,
  backup,
  export_,
  checkpoint,
  cache
};
std::string_view name(Role role);
// The kind of place that a key in such a file lies in. `generic`: the file belongs to no tool.
PlaceKind place_of(Role role, bool generic);

// Selectors, strongest first: the first that names a value speaks, the others are further values.
using Selectors = std::vector<config::Selector>;

// A value of a setting that something depends on.
struct Condition {
  Selectors selector;
  std::vector<std::string>
      equals;  // any of these; empty: it must only be there and not be false or empty
};

// Where the rest of a slot's values stands: another table of the same file, or another file.
struct Join {
  std::string file;   // id of another [[file]] of the profile; "" = the same file
  std::string table;  // selector of the table; "" = the file's root
  std::string by;     // selector in the slot, "@key", "@name" or "@provider": the entry's name; "" = the
                      // table itself
};

// One connection for each match of `each`.
struct SlotSpec {
  std::string id;  // the same slot of another scope has the same id; `each` if not given
  std::optional<config::Selector> each;
  Selectors name, provider, key, key_variable, base_url, model, models, protocol, headers, token_file;
  std::map<std::string, std::string> fixed;  // provider, protocol, base_url (its default), model, title
  std::string model_separator;               // "provider<separator>model" in `model`
  std::vector<Join> joins;
  // Of the environment, where no key is written; @NAME is the provider's id in capitals.
  std::vector<std::string> key_variables;
  std::vector<std::string> url_variables;
  std::vector<std::string> model_variables;
  std::optional<Condition> active;  // in the slot
  std::optional<Condition>
      active_root;                // in the file's root; equals may be "@key", "@name", "@provider"
  std::string active_file;        // the file that active_root looks into; "" = the same
  std::optional<Condition> when;  // no connection where this does not hold
  Selectors also_key;              // looked at where nothing else gives a key …
  std::optional<Condition> also;   // … and this holds in the slot and its joins
  std::string without;             // id of another file: no connection where that one is there
  bool inherits = true;           // takes what it lacks from the same slot of a weaker scope
  bool lists = false;             // key, base_url: lists paired by index
  std::string app;                // which tool's traffic this slot serves behind a proxy
};

// A place where people write keys and the tool does not look.
struct UnreadSpec {
  std::optional<config::Selector> each;
  Selectors selector;
  std::string belongs;  // what to write instead, for people
};

// A store whose password is known.
struct WeakSpec {
  Selectors selector;  // empty: the file itself
  std::string begins;  // the value (or the bytes of a Buffer) begins so
  std::string beside;  // only if this file is there too
  std::vector<std::string> systems;
  Localized weakness;
};

// A table of a database that is read: rows become settings table.row.column.
struct TableSpec {
  std::string table;
  std::string row;   // column that names the row; "" = its rowid
  std::string like;  // only rows whose naming column matches this GLOB
};

struct FileSpec {
  std::string id;
  std::vector<std::string> paths;
  std::string variable;              // of the environment, that holds the file's text
  std::vector<std::string> systems;  // linux, macos, windows; empty = all
  std::string format;                // config::name(…), sqlite, leveldb, text, "" = by name
  Role role = Role::config;
  std::string scope = "user";  // user, project, local, managed
  std::string mode;            // as the tool sets it: "0600", "umask", ""
  std::string protection;      // plain, keychain, safe_storage, static_key, sqlite, leveldb
  bool personal = false;       // has no business in a shared repository
  bool chats = false;          // a database of chats too: what its other tables hold is a transcript
  std::string provides;  // "environment": its NAME=value are variables; "secrets": ${{ secrets.X }}
  std::optional<config::Selector> provides_at;  // only what stands there
  bool provides_over = false;                   // stronger than the process' environment
  std::string generated_from;                   // id of the file that this is made from
  std::vector<config::Selector> embedded;       // text values that hold JSON
  std::vector<config::Selector> helpers;        // commands that hand out a key
  Selectors programs;  // programs that the tool starts or calls: env, or a url with headers, of their own
  std::vector<SlotSpec> slots;
  std::vector<UnreadSpec> unread;
  std::vector<WeakSpec> weak;
  std::vector<TableSpec> tables;
  Localized note;
  std::uint32_t line = 0;

  bool in_project() const;  // a path begins with {project}
};

struct ProviderSpec {
  std::vector<std::string> ids;
  std::string protocol;
  std::string base_url;  // when none is set
  std::string default_model;
  // Where this provider's values stand, from the roots of the slot and of its joins.
  Selectors key, base_url_at, model, headers, region;
  std::map<std::string, std::string> model_of;  // slot's id -> the setting of its model, the only one that is read
  std::vector<std::string> at_files;  // ids of the files in which they stand; empty = every file
  std::map<std::string, std::string> regions;  // value of the region field -> base URL
  std::map<std::string, std::string>
      base_url_by_key;  // beginning of the key -> base URL when none is set
  std::vector<std::string> key_variables;
  std::vector<std::string> url_variables;
  std::vector<std::string> model_variables;

  bool stands_in(const FileSpec& file) const;  // whether its selectors are for this file
};

// What a variable of the environment replaces.
struct OverrideSpec {
  std::string scope = "environment";
  bool beats = true;                                           // false: only where nothing is written
  bool separate = false;  // each key variable is a header of its own: one that is not written goes out too
  std::vector<std::pair<config::Selector, std::string>> when;  // in the slot and its joins
  std::vector<std::string> providers;
  std::vector<std::string> key, base_url, model;  // variables
};

// A loopback address that this tool serves.
struct ProxySpec {
  std::vector<std::int64_t> ports;
  Selectors port;  // where another port is written
  std::string file;
};

struct KnobSpec {
  std::string file;  // id; "" = every config file
  std::optional<config::Selector> each;
  Selectors selector;
  std::string key_path;  // how people call it; the selector's text if not given
  std::vector<std::string> equals, not_equals;
  std::optional<double> above, below;
  bool present = false;
  std::vector<config::Selector> missing;  // bad if the selector is there and one of these is not
  std::vector<config::Selector> with;     // bad only if each of these is there too
  bool absent_is_bad = false;
  std::string rule;
  std::string variant;
  std::string wanted;     // the value; "@model": one that the host has; "@setting": what that setting holds
  Localized words;        // where no value can be named
  std::string variable;                // the same knob as a variable of the environment
  std::vector<std::string> providers;  // only with a connection of these
  bool any_provider = false;           // also without Kimi
  Confidence confidence = Confidence::high;
  Localized why;
};

struct StopSpec {
  std::vector<std::string> process, service;
  std::string command;
  Localized how;
};

struct UsageSpec {
  std::string file;  // glob, as in `paths`
  std::string format;
  std::map<std::string, std::string> fields;  // input, output, cached, model, time, session -> selector
};

struct ReferenceSpec {
  std::string syntax;
  bool follow = false;
  std::string note;
};

struct FolderSpec {
  std::string name;
  std::vector<std::string> variables;  // "NAME" or "NAME/below", strongest first
  std::vector<std::string> all, linux, macos, windows;
};

// Variables that a key, an address and a model of one connection have by convention.
struct FamilySpec {
  std::string id;
  std::string protocol;
  std::string base_url;  // where requests go without one; "" = cannot be known
  std::vector<std::string> key, url, model;
  std::vector<std::string> calls;  // constructors of SDKs that make such a connection in a source text
};

struct Profile {
  std::string id, title, vendor, as_of, file;
  std::vector<std::string> sources;
  bool generic = false;  // a kind of place, not a tool
  std::vector<FolderSpec> folders;
  std::vector<FileSpec> files;
  std::vector<ProviderSpec> providers;
  std::vector<OverrideSpec> overrides;
  std::vector<ProxySpec> proxies;
  std::vector<ReferenceSpec> references;
  std::vector<KnobSpec> knobs;
  std::vector<StopSpec> stops;
  std::vector<UsageSpec> usages;
  std::vector<FamilySpec> families;
  Localized note;

  const ProviderSpec* provider(std::string_view id) const;
  const FileSpec* file_named(std::string_view id) const;
};

struct Profiles {
  std::vector<Profile> tools;  // sorted by id
  const Profile* tool(std::string_view id) const;
};

// Reads profiles; a later one of the same id replaces the earlier. The error's message has a line
// "file:line:column: what is wrong; what to write instead" for each complaint, at most twenty.
Result<Profiles> read_profiles(const std::vector<RuleFile>& files);

}  // namespace kimiguard::agents

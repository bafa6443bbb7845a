// One function for each format, for read(). All write into a Builder and return nothing: what is wrong
// becomes a gap there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/config/builder.h"

namespace kimiguard::config {

// JSON, JSONC, JSON5 by one reader. `lines`: each line is a document of its own (JSONL).
void read_json(Builder& builder, bool lines);
void read_yaml(Builder& builder);
void read_toml(Builder& builder);
void read_dotenv(Builder& builder);
void read_shell(Builder& builder);
void read_fish(Builder& builder);
void read_nushell(Builder& builder);
void read_powershell(Builder& builder);
void read_cmd(Builder& builder);
void read_crontab(Builder& builder);
void read_dockerfile(Builder& builder);
void read_ini(Builder& builder);
void read_systemd(Builder& builder);
void read_properties(Builder& builder);
void read_xml(Builder& builder);
void read_plist(Builder& builder);
void read_netrc(Builder& builder);
void read_notebook(Builder& builder);

// Reads `key: value` lines by indentation, from the first line on, and gives those whose value stands at
// or after `from`: what is left to do where libfyaml gave up.
void read_yaml_lines(Builder& builder, std::size_t from, int document);

}  // namespace kimiguard::config

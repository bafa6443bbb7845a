// From the settings of a tool's files to connections: which key goes to which host for which model.
//
// For each slot of each file: what is written in it, then in the tables and files it joins, then in the
// same slot of a weaker scope, then in the environment where the tool looks there (or first, where the
// environment beats the file), then the tool's defaults. Each part says where it came from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/agents/connection_verdict.h"
#include "scanner/agents/disk.h"
#include "scanner/agents/environment.h"
#include "scanner/agents/unit.h"
#include "scanner/core/connection.h"

namespace kimiguard::agents {

// A setting that stands for an address ("china"): what to write into it for another one.
struct RegionSetting {
  std::string file;
  std::string key_path;
  std::string value;
  std::map<std::string, std::string> value_of_url;
};

// A connection with what later steps ask about it.
struct Made {
  Connection connection;
  const Profile* profile = nullptr;
  const Unit* unit = nullptr;  // that holds its slot
  std::string app;             // SlotSpec::app
  std::string slot_id;
  std::vector<std::string> slot_path;
  std::optional<Part> provider_at;  // where the provider is chosen; a slot that is named after it has no position
  bool as_written = false;  // what a file says, although the environment replaces it
  // What is judged where it stands, and is nothing that goes out: that it is replaced is told by itself.
  bool replaced() const { return as_written && !connection.active; }
  ConnectionVerdict verdict;
};

struct ToolConnections {
  std::vector<Made> made;
  std::vector<RegionSetting> regions;
};

struct ResolveOptions {
  // What headers are called. REQUIRES: not null.
  const SettingNames* names = nullptr;
  // For files that values name ({file:p}); null: none is followed. Only below `home`, or beside the
  // file.
  const Disk* disk = nullptr;
  std::string home;
};

// `units` are the files of one tool in one view (the user's, or the user's and one project's); slots of
// those whose `project` is `of_project` are made, the others are only asked for what is missing.
// `environment` is the tool's own (see tool_environment). The units must outlive the result.
ToolConnections connections_of(const Profile& profile, const std::vector<const Unit*>& units,
                               const std::string& of_project, const Environment& environment,
                               const ResolveOptions& options);

// The process' environment with what the tool's own files give: weaker or stronger, as the profile says.
Environment tool_environment(const std::vector<const Unit*>& units, const Environment& process);

}  // namespace kimiguard::agents

// What `kimiguard audit` was asked for.
#pragma once

#include <string>
#include <vector>

#include "scanner/cli/common_options.h"

namespace kimiguard::cli {

struct AuditOptions {
  CommonOptions common;
  std::vector<std::string> paths;       // beside the home; files and folders
  std::string home;                     // "" = $HOME
  std::string system;                   // "", "linux", "macos", "windows"
  std::vector<std::string> only_tools;  // profile ids; empty = all
  bool list_tools = false;
  bool graph = false;
  bool no_containers = false;
  bool no_inline = false;               // what stands below the PATHs suppresses nothing
};

}  // namespace kimiguard::cli

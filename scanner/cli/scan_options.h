// What `kimiguard scan` was asked for.
#pragma once

#include <string>
#include <vector>

#include "scanner/cli/common_options.h"

namespace kimiguard::cli {

struct ScanOptions {
  CommonOptions common;
  std::vector<std::string> paths;  // "-" is standard input
  std::string stdin_name;
  std::string only;                // "", "files", "history"
  bool staged = false;
  std::string range;               // A..B, A...B
  std::string since;
  bool branch = false;
  bool respect_gitignore = false;
  bool no_containers = false;
};

}  // namespace kimiguard::cli

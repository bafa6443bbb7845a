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
  bool changes_only = false;       // staged, in a git hook: where the index equals HEAD nothing is read
  std::string range;               // A..B, A...B
  std::string since;
  bool branch = false;
  // What a push brings, in a git hook: the lines that git gives it, and the remote that it sends to.
  enum class Push { none, sending, receiving } push = Push::none;
  std::string push_lines;
  std::string push_remote;
  bool respect_gitignore = false;
  bool no_containers = false;
  bool no_inline = false;      // nothing that stands in the scanned tree suppresses
  bool foreign_allow = false;  // markers of other scanners count too
  bool no_configs = false;     // keys only
};

}  // namespace kimiguard::cli

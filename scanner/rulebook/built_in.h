// The built-in rule files as read_rulebook takes them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scanner/rulebook/embedded.h"
#include "scanner/rulebook/rulebook.h"
#include "scanner/rulebook/snapshot.h"

namespace kimiguard {

// Every embedded file but the agents' profiles, named "built-in:secrets.toml" and so on. Inline, so
// that this library does not need the generated file itself.
inline std::vector<RuleFile> built_in_rule_files() {
  std::vector<RuleFile> files;
  for (std::size_t i = 0; i < kEmbeddedFileCount; ++i)
    if (!kEmbeddedFiles[i].name.starts_with("agents/"))
      files.push_back(
          {"built-in:" + std::string(kEmbeddedFiles[i].name), std::string(kEmbeddedFiles[i].text)});
  return files;
}

// What read_rulebook makes of them, from the snapshot that the build took.
inline Result<Rulebook> built_in_rulebook_snapshot() {
  return read_snapshot({reinterpret_cast<const char*>(kEmbeddedSnapshot), kEmbeddedSnapshotSize});
}

}  // namespace kimiguard

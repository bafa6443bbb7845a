// The built-in profiles as read_profiles takes them.
#pragma once

#include <string>
#include <vector>

#include "scanner/agents/profile_snapshot.h"
#include "scanner/rulebook/embedded.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::agents {

// Every embedded agents/*.toml, named "built-in:agents/cline.toml" and so on.
inline std::vector<RuleFile> built_in_profile_files() {
  std::vector<RuleFile> files;
  for (std::size_t i = 0; i < kEmbeddedFileCount; ++i)
    if (kEmbeddedFiles[i].name.starts_with("agents/"))
      files.push_back(
          {"built-in:" + std::string(kEmbeddedFiles[i].name), std::string(kEmbeddedFiles[i].text)});
  return files;
}

// What read_profiles makes of them, from the snapshot that the build took.
inline Result<Profiles> built_in_profiles() {
  return read_profiles_snapshot({reinterpret_cast<const char*>(kEmbeddedProfiles), kEmbeddedProfilesSize});
}

}  // namespace kimiguard::agents

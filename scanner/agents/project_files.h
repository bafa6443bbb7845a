// Which profile a file below a project belongs to, by its path alone.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/agents/profile.h"

namespace kimiguard::agents {

struct ProjectFile {
  const Profile* profile = nullptr;
  const FileSpec* spec = nullptr;
  std::string folder;  // of the project whose file it is: the path before what the pattern names; "" =
                       // none before it
};

// Made once from profiles, which must outlive it; immutable.
class ProjectFiles {
 public:
  explicit ProjectFiles(const Profiles& profiles);

  // Every profile's file that ends this path; a tool's before a generic place's. `path` may be relative.
  std::vector<ProjectFile> of(std::string_view path) const;

 private:
  struct Pattern {
    const Profile* profile;
    const FileSpec* spec;
    std::string text;  // without {project}, begins with "/"
  };
  std::vector<Pattern> patterns_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;  // literal last names
  std::vector<std::size_t> others_;                                    // patterns in the last name
};

}  // namespace kimiguard::agents

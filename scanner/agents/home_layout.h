// Where things lie below a home folder, for each system: {home}, {config}, {data}, {vscode_user} … as
// folders.
//
// XDG Base Directory Specification 0.8 for Linux (tools that use it elsewhere too find it on all
// systems); Apple's and Microsoft's known folders; VS Code's user data folders.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/disk.h"
#include "scanner/agents/profile.h"

namespace kimiguard::agents {

enum class System { linux, macos, windows };
std::string_view name(System system);
std::optional<System> system_named(std::string_view text);

// The layout of the home folder, by what lies in it; linux if it does not say.
System system_of_home(const Disk& disk, const std::string& home);

class HomeLayout {
 public:
  // `variables` are those that move folders; empty for a home that is not the present one.
  HomeLayout(System system, std::string home, std::map<std::string, std::string> variables,
             bool present);

  System system() const { return system_; }
  const std::string& home() const { return home_; }
  bool present() const { return present_; }

  // The paths that a profile's template stands for, as absolute globs (see glob.h). {project} yields
  // nothing here; absolute templates only when the home is the present one. `profile` gives its folders.
  std::vector<std::string> resolve(const Profile& profile, std::string_view path) const;

 private:
  std::vector<std::string> folder(const Profile& profile, std::string_view name, int depth) const;
  std::vector<std::string> expand(const Profile& profile, std::string_view path, int depth) const;
  std::string variable(const std::string& name) const;

  System system_;
  std::string home_;
  std::map<std::string, std::string> variables_;
  bool present_;
};

}  // namespace kimiguard::agents

// The running processes of this user, from /proc (proc(5)): command, start time, environment. Never
// another user's, never this process itself.
#pragma once

#include <string>
#include <vector>

namespace kimiguard::cli {

struct OwnProcess {
  int pid = 0;
  // What runs: the last part of the command; where that is an interpreter (node, python3 …), of the
  // script that it runs, without ".js" and the like.
  std::string program;
  std::string started;  // in the local time zone: "Tue 2026-11-24 09:12"; "" = not known
  // NAME=value, one a line: the NULs between them become line ends, so offsets stay what they are.
  std::string environment;
  std::string command;  // arguments, one a line in the same way
};

// In order of process id. Processes that end meanwhile or may not be read are left out.
std::vector<OwnProcess> own_processes();

// The environment of this process in the same form.
std::string own_environment();

// The program's name from a command in that form; `name` is what the kernel calls it (comm).
std::string program_of(const std::string& command, const std::string& name);

}  // namespace kimiguard::cli

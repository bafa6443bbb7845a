// The audit's way in: a home folder and profiles in, effective connections and judged settings out.
//
// Reads only the places that profiles name, never the whole tree, never through a link out of the home.
// Nothing is run, decrypted or written. What cannot be read is in the coverage.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/agents/connection_verdict.h"
#include "scanner/agents/home_layout.h"
#include "scanner/agents/profile.h"
#include "scanner/core/connection.h"
#include "scanner/core/coverage.h"
#include "scanner/core/finding.h"
#include "scanner/kimi/verdict.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::agents {

struct SeenFile;
struct SeenTree;

// A running process of the user's own, as the caller found it.
struct RunningProcess {
  int pid = 0;
  std::string program;  // last part of the command's name
  std::string started;  // for people: "Tue 09:12"
  std::map<std::string, std::string> environment;
};

struct AuditInput {
  const Rulebook* rulebook = nullptr;  // must outlive the call, as must the profiles
  const Profiles* profiles = nullptr;
  std::string home;                   // absolute
  std::optional<System> system;       // nothing: told by what lies in the home
  std::vector<std::string> projects;  // absolute; {project} is each of them and every folder below
  // The audited home is $HOME: `environment` is that of this process, and files of the whole system
  // count.
  bool present = false;
  std::map<std::string, std::string> environment;
  std::vector<RunningProcess> processes;
  bool judge_modes = true;              // false under WSL for Windows' homes; never for a windows layout
  std::vector<std::string> only_tools;  // profile ids; empty = all
  std::string as_of;                    // ISO date for retired models
  // Whether git tracks a file (absolute path); empty function: not known.
  std::function<bool(const std::string&)> tracked;
  // What the rest of the run knows of a key; joined with what the settings say of it.
  std::function<kimi::Background(const Secret&)> background;
  // Called once all files are known and before anything is judged, with the files sorted as in the
  // result (what is in them is not known yet): a caller that reads them can answer `background` from what it saw.
  std::function<void(const std::vector<SeenFile>&, const std::vector<SeenTree>&)> before_judging;
  // Whole folders in which only leaks are looked for are named as such (AuditResult::trees) and not listed
  // file by file: transcripts are many.
  bool trees = false;
};

// A file that a profile names and that is there.
struct SeenFile {
  std::string path;  // absolute
  std::string tool;  // profile id
  std::string title;
  Role role = Role::config;
  PlaceKind place = PlaceKind::ordinary;
  std::string scope;
  std::string protection;
  std::uint32_t mode = 0;  // st_mode; 0 = not asked (files that are not parsed)
  bool parsed = false;     // read as settings
  bool database = false;   // SQLite or LevelDB: its settings are rows, and have no line
  bool generic = false;    // belongs to no tool
  bool personal = false;
  bool holds_key = false;  // a key was found in it by its settings
  // Of a database that holds chats too: patterns of the tables that are the tool's store. Empty: the whole file is.
  std::vector<std::string> store_tables;
  std::string project;     // the PATH it was found below, or ""
};

// A folder of which a profile names everything below it, or every file of some name, for leaks only.
struct SeenTree {
  std::string path;  // absolute
  std::string name;  // a pattern that files' names fit (name_matches in glob.h); "" for all
  std::string tool;  // profile id
  Role role = Role::transcript;
  PlaceKind place = PlaceKind::transcript;
};

struct AuditResult {
  System system = System::linux;
  std::vector<Connection> connections;  // in order of tool, file, position
  std::vector<ConnectionVerdict> verdicts;  // of each connection, in the same order
  std::vector<Finding> findings;        // configuration findings, each reported once, in stable order
  std::vector<SeenFile> files;          // sorted by path; read these for leaks
  std::vector<SeenTree> trees;          // sorted by path; empty unless asked for
  std::vector<std::string> tools;       // ids of the tools that are here
  Coverage coverage;  // of the settings; files that only leaks are looked for in are not counted
};

AuditResult audit(const AuditInput& input);

// For `scan`: what one file says, whatever it is: a project file of a tool, or a file of no tool with a
// key and an address in it (dotenv, compose, workflow, source). Nothing is followed out of the file.
// Findings are those of settings; for verdicts on the connections see kimi::Judge.
struct FileConnections {
  std::vector<Connection> connections;
  std::vector<Finding> findings;
  std::string tool;       // profile id, "" for none
  bool personal = false;  // has no business in a shared repository
  std::vector<Gap> gaps;  // where a tool's file could not be parsed
};

// Made once; immutable, so one object serves all threads. Profiles and rulebook must outlive it.
class FileReader {
 public:
  FileReader(const Profiles& profiles, const Rulebook& book);
  ~FileReader();
  FileReader(FileReader&&) noexcept;
  FileReader& operator=(FileReader&&) noexcept;

  // Cheap: whether read() may say anything about a file of that name.
  bool may_hold(std::string_view path) const;
  // Whether it is a tool's own file in a project.
  bool is_tools(std::string_view path) const;
  // `path` is what parts and findings show; relative or absolute.
  FileConnections read(const std::string& path, std::string_view bytes) const;

 private:
  struct Known;
  std::unique_ptr<Known> known_;
};

// A finding kimi-file-mode for a file that others can read, or whose folder others can change; nothing
// if its mode is right. `mode` and `folder_mode` as st_mode.
std::optional<Finding> file_mode_finding(const Rulebook& book, const std::string& path,
                                         const Secret& key, std::uint32_t mode,
                                         std::uint32_t folder_mode);

}  // namespace kimiguard::agents

// What the audit lists beside its findings: keys with where they lie and who uses them, and what each
// tool talks to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/core/exposure.h"
#include "scanner/core/severity.h"

namespace kimiguard {

// One file (or variable, or process) that holds a key.
struct KeyPlace {
  std::string path;  // as people see it
  std::uint64_t line = 0;
  PlaceKind kind = PlaceKind::ordinary;
  std::uint32_t mode = 0;  // permission bits; 0 = none or not asked
  std::string changed;     // day on which the file was last written, "2026-11-24"; "" = not known
};

struct KeyEntry {
  std::string id;      // 16 hex digits
  std::string masked;  // prefix and last four characters
  std::string kind;    // secret kind, as in findings
  std::string rule;    // whose title says what it is
  std::string realm;   // realm id, or product where the region cannot be known; "" = nothing is known
  std::vector<KeyPlace> places;
  std::vector<std::string> users;  // "Cline (plan)", sorted
  // The key is there at least since this day: the oldest last change of a file that holds it. "" = no
  // file does, or none says.
  std::string since;
  Severity worst = Severity::inventory;  // of the findings about it
};

// One part of what a tool uses, with where it came from.
struct SettingPlace {
  std::string value;     // what may be shown: a key masked, an address without user info and query
  std::string source;    // config, environment, tool_default, reference, process, unknown; "" = no such part
  std::string path;      // as people see it, "" where it has no file
  std::uint64_t line = 0;
  std::string key_path;  // setting or variable
};

struct VerdictEntry {
  std::string rule;
  Severity severity = Severity::note;
  Confidence confidence = Confidence::low;
};

struct ConnectionEntry {
  std::string tool;   // profile id, "" for what belongs to none
  std::string title;  // as people call it
  std::string slot;
  std::string provider;
  std::string protocol;
  std::string scope;
  bool active = true;  // false: written, but not in use now
  bool followed = false;  // what stands behind a loopback proxy, or a running process: judged where it is written
  std::string host;
  std::string host_path;  // path of the address, "/v1"
  std::string key_id;     // 16 hex digits, "" = no key
  SettingPlace url, key, model;
  std::vector<VerdictEntry> verdicts;  // most severe first; empty = right

  Severity worst() const {
    Severity worst = Severity::inventory;
    for (const VerdictEntry& verdict : verdicts)
      if (verdict.severity > worst) worst = verdict.severity;
    return worst;
  }
  // What a person must look at: anything above a note.
  bool wrong() const { return worst() > Severity::note; }
};

struct Inventory {
  std::string home;                    // as people see it
  std::string system;                  // linux, macos, windows
  std::vector<std::string> tools;      // ids of the tools that are here
  std::vector<KeyEntry> keys;          // worst first, then by id
  std::vector<ConnectionEntry> connections;  // wrong ones first, then by tool and slot
};

}  // namespace kimiguard

// A judged fact that a person should act on: what a report prints.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/core/coverage.h"
#include "scanner/core/exposure.h"
#include "scanner/core/inventory.h"
#include "scanner/core/match.h"
#include "scanner/core/secret.h"
#include "scanner/core/severity.h"
#include "scanner/core/suppression.h"

namespace kimiguard {

// One location of a finding.
struct Place {
  std::string path;      // for people: as the user gave it, or `.git/commit/<oid12>` …
  std::string uri_base;  // a name in Report::uri_bases: SRCROOT, PATH1, HOME, SYSTEM
  std::string uri;       // path below that base, raw bytes, "/" between parts, never with ".."
  std::vector<Inside> inside;
  Region region;
  Exposure exposure;
  Provenance provenance;
  std::vector<std::string> decoded;
  std::string variable;
  std::string role;      // for a related place: "base_url", "key", "model", "same key" …; may be empty
  Severity severity = Severity::note;
  std::string fingerprint;  // kimiguard/v1 of this place (suppress/fingerprint.h)
  std::shared_ptr<const Allowed> allowed;  // by a marker in the same text; null if there is none
};

// One step of the exact change that mends a configuration finding. Values that hold a key are masked.
struct Change {
  std::string file;
  std::string key_path;
  std::string from;
  std::string to;             // "" = remove it
  std::uint64_t line = 0;     // of `from`, 0 = it is not there yet
  // It begins another way that takes the place of all changes before it. Several values for one setting, without
  // this mark, are a choice of values.
  bool instead = false;
};

struct Finding {
  std::string rule;
  std::optional<Secret> secret;
  std::string secret_kind;
  std::string realm;          // realm id of rules/realms.toml, "" = cannot be known
  std::string issuer;         // another issuer, where one is named
  Confidence confidence = Confidence::low;
  Severity severity = Severity::note;
  std::string validity = "unchecked";
  std::vector<Evidence> evidence;
  // Fills the rule's message template: names are those in the rule file's `message`.
  std::map<std::string, std::string> arguments;
  std::string key_path;       // configuration findings: the setting's
  std::vector<Change> changes;
  // places[0] is the primary location; the others are of the same path or class (design §4). Text
  // and SARIF print the first hundred, JSON all.
  std::vector<Place> places;
  std::vector<Place> settings;  // configuration findings: the other settings of the connection
  std::string fingerprint;      // kimiguard/v1
  std::optional<Suppression> suppression;
};

struct Repository {
  std::string uri_base;       // which base it is
  std::string remote;         // repository URL without credentials, "" if none
  std::string revision;       // HEAD's full hex, "" before the first commit
  std::string branch;         // short name, "" when detached
};

// Everything a report writer gets.
struct Report {
  std::string version;                       // of kimiguard
  std::string command;                       // "scan" or "audit"
  std::string automation_id;                 // "kimiguard/full/" …
  std::map<std::string, std::string> uri_bases;  // name -> file URI, percent-encoded, ends in "/"
  std::vector<Repository> repositories;
  std::vector<Finding> findings;             // most severe first, in stable order
  std::uint64_t suppressed = 0;              // counted also when not listed
  Coverage coverage;
  Severity fail_on = Severity::medium;
  int exit_status = 0;
  std::string language = "en";
  std::vector<std::string> notes;            // things to say once: scan as of, staged fell back …
  std::optional<Inventory> inventory;        // of an audit
};

}  // namespace kimiguard

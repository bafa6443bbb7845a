// Many runs, one record a key: which repositories hold it, since when, whether it was pushed, who owns
// the files.
//
// In: JSON reports of ours (schema/kimiguard-report.schema.json) and, if wanted, CODEOWNERS files
// (docs.github.com, "About code owners": the last line that fits a path decides; GitLab's sections are
// read past). Out: records sorted by severity, then id; the same for any order of the reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/exposure.h"
#include "scanner/core/result.h"
#include "scanner/core/severity.h"

namespace kimiguard::report {

struct MergeInput {
  std::string name;  // the file's, for messages, and the repository's where the report names none
  std::string text;
};

struct OwnersInput {
  std::string repository;  // remote as reports give it, or a MergeInput's name; empty for every one
  std::string text;        // of a CODEOWNERS file
};

struct MergedPlace {
  std::string repository;
  std::string path;  // percent-encoded below the repository
  std::uint64_t line = 0;
  std::string provenance;  // class
  std::string pushed;
  std::string commit;
  std::string date;
  std::vector<std::string> owners;
};

struct MergedRecord {
  std::string id;
  bool setting = false;  // a finding about a setting, not a key
  std::vector<std::string> rules;
  std::string secret;  // masked
  std::string realm;
  Severity severity = Severity::note;
  std::string first_seen;  // the earliest date of a commit that brought it in, as that commit has it
  Pushed pushed = Pushed::unknown;
  std::vector<std::string> repositories;
  std::vector<std::string> owners;
  std::vector<MergedPlace> places;
};

struct Merged {
  std::vector<MergedRecord> records;
  std::vector<std::string> incomplete;  // names of reports whose coverage was not complete
  std::uint64_t reports = 0;
};

// Errors: "not-a-report", with the name.
Result<Merged> merge_reports(const std::vector<MergeInput>& reports,
                             const std::vector<OwnersInput>& owners);

// One object, "kimiguard-merge/1"; keys in any text masked.
std::string merged_json(const Merged& merged);

}  // namespace kimiguard::report

// A report as people read it: by key, then by setting, with what to do once per realm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/report/redactor.h"
#include "scanner/report/steps.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::report {

// One key with every finding about where it lies, or one setting that does not fit. Pointers live as
// long as the report and the rulebook.
struct Group {
  const Rule* rule = nullptr;            // null for a rule the rulebook does not know
  std::vector<const Finding*> findings;  // most severe first; never empty
  std::vector<const Place*> places;      // of all findings, most severe first
  bool configuration = false;
  Severity severity = Severity::note;
  Confidence confidence = Confidence::low;
  std::string id;     // 16 digits
  std::string title;  // "Kimi Code key"
  std::string key;    // masked; empty without a secret
  Issuer issuer;
  Situation situation;

  const Finding& first() const { return *findings.front(); }
};

struct SharedAdvice {
  Advice advice;
  std::vector<const Group*> groups;  // whom it helps
};

struct Digest {
  std::vector<Group> groups;     // to act on, most severe first
  std::vector<Group> inventory;  // keys where their tools keep them
  std::vector<const Finding*> suppressed;
  std::vector<SharedAdvice> advice;
  std::uint64_t keys = 0;
  std::uint64_t settings = 0;
};

// `language` is "en" or "zh".
Digest digest(const CleanReport& report, const Rulebook& rulebook, std::string_view language);

// Why the issuing console is not one name, or what it is: plain sentences.
std::string issuer_sentence(const Group& group, std::string_view language);

// Where the key still is in git and who may have it. Empty outside repositories.
std::vector<std::string> provenance_sentences(const Group& group, std::string_view language);

// What is remarkable about a place, in a few words: "tracked", "mode 0644", "in a transcript".
std::string place_words(const Place& place, std::string_view language);

// `kimiguard ignore a1b2c3d4 --reason "…"`, with --in-home where an audit found it, to paste and fill in; short enough for any terminal.
std::string ignore_command(const Finding& finding);

// "high: prefix sk-kimi-, host api.kimi.com".
std::string evidence_words(const Finding& finding, std::string_view language);

// One line on what was read; complete, or not.
std::string coverage_line(const Report& report, std::string_view language);
// Gaps of each kind, worst first: "not read: logs/a.log: permission denied".
std::vector<std::string> gap_lines(const Report& report, std::string_view language);

// "path:line:column".
std::string spot(const Place& place);

}  // namespace kimiguard::report

// Formats by name. A writer takes a clean report, the rulebook and options, and writes bytes; it never
// writes to a terminal of its own accord and is the same for any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "scanner/core/finding.h"
#include "scanner/core/result.h"
#include "scanner/report/redactor.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::report {

struct Options {
  std::string language = "en";   // "en" or "zh"; machine formats: "en" unless the user asked
  bool with_suppressed = false;  // list what was suppressed, marked as such
  // For formats that demand a time: SOURCE_DATE_EPOCH, else the time of the run. Seconds since 1970.
  std::int64_t time = 0;

  // Text only.
  int width = 80;  // columns of the terminal
  bool color = false;
  bool verbose = false;       // every key, every place, every gap
  bool quiet = false;         // findings and coverage only
  bool show_secrets = false;  // keys in full
  bool how_to_purge = false;  // steps that take keys out of git histories; markdown too
};

using Write = void (*)(const CleanReport& report, const Rulebook& rulebook, const Options& options,
                       std::ostream& out);

struct Writer {
  std::string_view name;    // as in --format
  std::string_view what;    // half a sentence for help texts
  bool for_people = false;  // follows the reader's language without being asked
  Write write = nullptr;
};

// All formats in the order in which help lists them.
std::span<const Writer> writers();
// Null if there is no such format.
const Writer* writer_named(std::string_view name);
// "text, json, jsonl …", for messages.
std::string writer_names();

// Cleans the report and writes it. Errors: "unknown-format"; "unwritable" when `out` fails.
Status write_report(std::string_view format, const Report& report, const Rulebook& rulebook,
                    const Options& options, std::ostream& out);
// The same of a report that is written in several formats: cleaning takes as long as writing.
Status write_report(std::string_view format, const CleanReport& report, const Rulebook& rulebook,
                    const Options& options, std::ostream& out);

// The inventory as a Mermaid diagram, cleaned likewise; nothing for a report without one.
Status write_graph(const Report& report, const Rulebook& rulebook, const Options& options, std::ostream& out);

// The writers themselves, a file each.
void write_text(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_json(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_jsonl(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_sarif(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_html(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_markdown(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_csv(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_junit(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_gitlab(const CleanReport&, const Rulebook&, const Options&, std::ostream&);
void write_github(const CleanReport&, const Rulebook&, const Options&, std::ostream&);

}  // namespace kimiguard::report

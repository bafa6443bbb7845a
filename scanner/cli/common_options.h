// Options that several commands share, as values. Syntax here, meaning in the commands.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scanner/core/result.h"
#include "scanner/core/severity.h"

namespace CLI {
class App;
}

namespace kimiguard::cli {

struct CommonOptions {
  std::string format;                                        // "" = text
  std::string output;                                        // -o
  std::vector<std::string> reports;                          // FORMAT=FILE
  std::vector<std::string> rules;                            // --rules PATH
  std::string config;
  std::string baseline;
  std::string fail_on = "medium";
  std::string min_confidence = "low";
  unsigned threads = 0;                                      // 0 = as many as the machine has
  bool exit_zero = false;
  bool strict = false;
  bool show_secrets = false;
  bool how_to_purge = false;                                 // scan
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
  bool with_suppressed = false;
  std::string color = "auto";
  std::string lang;                                          // "" = from the locale
  bool lang_given = false;
  std::string as_of;                                         // YYYY-MM-DD, "" = today

  Severity fail_level() const { return *severity_named(fail_on); }
  Confidence least_confidence() const { return *confidence_named(min_confidence); }
  // "en" or "zh".
  std::string language() const;
  // as_of or today's date, YYYY-MM-DD.
  std::string date() const;
};

// Which groups of options a command takes.
enum : unsigned { kOutput = 1, kRules = 2, kJudging = 4, kRunning = 8, kSuppression = 16 };

void add_common_options(CLI::App& app, CommonOptions& options, unsigned groups);

// Options of the common set that take a value, so that the command word can be told from a value.
bool takes_value(std::string_view option);

}  // namespace kimiguard::cli

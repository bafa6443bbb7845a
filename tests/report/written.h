// A report in a format, as a string.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "scanner/report/writer.h"
#include "tests/report/sample.h"
#include "tests/support/catch.h"

namespace kimiguard::report {

inline std::string written(std::string_view format, const Report& report, const Options& options = {},
                           const Rulebook& rulebook = sample::rulebook()) {
  std::ostringstream out;
  const Status status = write_report(format, report, rulebook, options, out);
  REQUIRE(status.ok());
  return out.str();
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace kimiguard::report

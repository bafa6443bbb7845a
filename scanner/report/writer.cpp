#include "scanner/report/writer.h"

#include <array>
#include <exception>

#include "scanner/report/inventory.h"

namespace kimiguard::report {
namespace {

constexpr std::array<Writer, 10> kWriters = {{
    {"text", "for people at a terminal", true, write_text},
    {"json", "every fact and every place, one object", false, write_json},
    {"jsonl", "one finding a line, then a summary", false, write_jsonl},
    {"sarif", "SARIF 2.1.0 for GitHub code scanning and other viewers", false, write_sarif},
    {"html", "one page for a browser or a printer", true, write_html},
    {"markdown", "for a job summary or a comment", true, write_markdown},
    {"csv", "a row for each place", false, write_csv},
    {"junit", "a test case for each rule", false, write_junit},
    {"gitlab", "GitLab secret detection report", false, write_gitlab},
    {"github", "annotations of a GitHub workflow", false, write_github},
}};

}  // namespace

std::span<const Writer> writers() { return kWriters; }

const Writer* writer_named(std::string_view name) {
  for (const Writer& writer : kWriters)
    if (writer.name == name) return &writer;
  return nullptr;
}

std::string writer_names() {
  std::string names;
  for (const Writer& writer : kWriters) {
    if (!names.empty()) names += ", ";
    names += writer.name;
  }
  return names;
}

Status write_report(std::string_view format, const Report& report, const Rulebook& rulebook,
                    const Options& options, std::ostream& out) {
  return write_report(format, CleanReport(report), rulebook, options, out);
}

Status write_report(std::string_view format, const CleanReport& report, const Rulebook& rulebook,
                    const Options& options, std::ostream& out) {
  const Writer* writer = writer_named(format);
  if (writer == nullptr)
    return Error{"unknown-format", "there is no format named " + std::string(format) +
                                       "; choose one of " + writer_names()};
  try {
    writer->write(report, rulebook, options, out);
  } catch (const std::exception& error) {  // nlohmann json and streams that throw
    return Error{"unwritable",
                 "the " + std::string(format) + " report could not be written: " + error.what()};
  }
  out.flush();
  if (!out)
    return Error{"unwritable", "the " + std::string(format) + " report could not be written in full"};
  return Nothing{};
}

Status write_graph(const Report& report, const Rulebook& rulebook, const Options& options, std::ostream& out) {
  const CleanReport clean(report);
  if (clean->inventory) out << inventory_graph(*clean->inventory, rulebook, options);
  out.flush();
  if (!out) return Error{"unwritable", "the diagram could not be written in full"};
  return Nothing{};
}

}  // namespace kimiguard::report

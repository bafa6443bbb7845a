// CSV (RFC 4180): a row for each place. A cell that a spreadsheet would take for a formula gets an
// apostrophe in front (OWASP, CSV injection).
#include <algorithm>
#include <iterator>
#include <string>

#include "scanner/core/finding_id.h"
#include "scanner/report/digest.h"
#include "scanner/report/message.h"
#include "scanner/report/uri.h"
#include "scanner/report/writer.h"
#include "scanner/text/mask.h"

namespace kimiguard::report {
namespace {

// Control characters are shown as they are on terminals: whoever prints the file, or opens it in a program that splits it
// at line ends, sees one row for each place.
std::string cell(std::string_view text) {
  std::string out = "\"";
  // Excel takes the wide forms of the same signs for a formula, too.
  static constexpr std::string_view kFormulas[] = {"=", "+", "-", "@", "\t", "\r", "\n", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  if (std::any_of(std::begin(kFormulas), std::end(kFormulas), [&](std::string_view sign) { return text.starts_with(sign); })) out += '\'';
  for (const char c : text::printable(text)) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\t') {
      out += "\\t";
      continue;
    }
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

void write_csv(const CleanReport& report, const Rulebook& rulebook, const Options& options,
               std::ostream& out) {
  out << "id,rule,severity,confidence,kind,realm,secret,path,line,column,end_line,end_column,place,"
         "variable,"
         "class,pushed,commit,date,decoded,message,suppression,reason,fingerprint\r\n";
  for (const Finding& finding : report->findings) {
    if (finding.suppression && !options.with_suppressed) continue;
    const std::string message =
        message_of(finding, rulebook.rule(finding.rule), options.language, when_of(finding)).text;
    for (const Place& place : finding.places) {
      std::string decoded;
      for (const std::string& encoding : place.decoded)
        decoded += (decoded.empty() ? "" : " ") + encoding;
      const Region& region = place.region;
      out << cell(finding_id(finding)) << ',' << cell(finding.rule) << ',' << cell(name(place.severity))
          << ',' << cell(name(finding.confidence)) << ',' << cell(finding.secret_kind) << ','
          << cell(finding.secret && finding.realm.empty() ? "unknown" : finding.realm) << ','
          << cell(finding.secret ? finding.secret->masked() : "") << ','
          << cell(utf8_name(shown_path(place))) << ',' << region.begin.line << ',' << region.begin.column
          << ',' << region.end.line << ',' << region.end.column << ','
          << cell(name(place.exposure.place)) << ',' << cell(utf8_name(place.variable)) << ','
          << cell(name(place.provenance.provenance)) << ',' << cell(name(place.provenance.pushed)) << ','
          << cell(place.provenance.commit) << ',' << cell(place.provenance.date) << ','
          << cell(utf8_name(decoded)) << ',' << cell(message) << ','
          << cell(finding.suppression ? finding.suppression->kind : "") << ','
          << cell(finding.suppression ? finding.suppression->justification : "") << ','
          << cell(place.fingerprint) << "\r\n";
    }
  }
}

}  // namespace kimiguard::report

// The last line of defence: no key of this run, and nothing shaped like one, leaves in a report.
//
// Detection has masked snippets already (scanner/text/mask.h). Names of files, refs, authors and
// reasons have not passed there, and a bug there must not become a leak here.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/core/finding.h"

namespace kimiguard::report {

class Redactor {
 public:
  Redactor() = default;
  // Every secret of the report's findings is known to it.
  explicit Redactor(const Report& report);

  // From now on `secret` is masked wherever it stands: plain, in base64 of any alignment (both
  // alphabets) and in hex. Secrets under eight bytes are too short to be told from words.
  void add(const Secret& secret);

  // `text` (any bytes) with known secrets, and key-shaped texts, as Secret::masked shows them. Linear.
  // Masking twice changes nothing.
  std::string operator()(std::string_view text) const;

 private:
  struct Form {
    Secret text;
    std::string shown;
  };
  void add_form(std::string form, const std::string& shown);
  // The form that `text` begins with, the longest of several; null if there is none.
  const Form* beginning(std::string_view text) const;

  // Forms that begin alike. Those of 24 bytes and more stand by their bytes 16 to 24: the first sixteen of
  // every "sk-kimi-" key in hex are the same, and a report may hold thousands.
  struct Alike {
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_middle;
    std::vector<std::size_t> others;
  };
  std::vector<Form> forms_;
  std::unordered_map<std::uint64_t, Alike> by_head_;  // first eight bytes
  std::bitset<65536> heads_;  // first two bytes: keeps most of a text out of the table
};

// A report that was redacted from end to end. Writers take nothing else, so none can forget.
class CleanReport {
 public:
  explicit CleanReport(const Report& report);
  const Report& operator*() const { return report_; }
  const Report* operator->() const { return &report_; }

 private:
  Report report_;
};

}  // namespace kimiguard::report

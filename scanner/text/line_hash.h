// GitHub's primaryLocationLineHash, as github/codeql-action computes it in src/fingerprints.ts: for
// each line a 64-bit polynomial (base 37) over the next 100 UTF-16 code units counted from its start,
// spaces and tabs left out, \r and \r\n read as \n, U+FFFF at the end of the file, zeros after it; in
// lower-case hex without leading zeros, and ":<n>" for the n-th line with that hash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::text {

// The hashes of all lines of one file; made once a document, about 1 ns a byte.
class LineHashes {
 public:
  // `bytes` is the whole file. Broken UTF-8 is read as the WHATWG decoder does (as Node does).
  explicit LineHashes(std::string_view bytes);

  // "<hex>:<n>" of a 1-based line, counted at \n, \r\n and lone \r in the bytes as UTF-8, whatever the
  // file is; empty if there is no such line. Counting n reads the hashes of the lines before.
  std::string at(std::uint64_t line) const;
  std::uint64_t lines() const { return hashes_.size(); }

 private:
  std::vector<std::uint64_t> hashes_;
};

}  // namespace kimiguard::text

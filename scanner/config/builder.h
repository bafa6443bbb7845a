// What every reader writes into: checks the limits, fills in lines and columns, keeps gaps few.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/config/line_map.h"
#include "scanner/config/reader.h"
#include "scanner/config/value_text.h"

namespace kimiguard::config {

class Builder {
 public:
  // `text` must outlive the builder. `original`, if given, has the same length and is what lines and
  // columns are counted in (it has a byte order mark where `text` has blanks).
  Builder(std::string_view text, const Limits& limits,
          std::optional<std::string_view> original = std::nullopt)
      : text_(text), limits_(limits), lines_(original.value_or(text)) {}

  std::string_view text() const { return text_; }
  const Limits& limits() const { return limits_; }
  const LineMap& lines() const { return lines_; }

  // False once a limit was reached: the reader should stop.
  bool room() const { return !full_; }

  // Takes a setting whose path, value and spans are set. Returns room().
  bool add(Setting setting);

  // Settings read from the value of `outer`, already rebased; as add().
  void add_all(std::vector<Setting> settings);

  // What stands at `offset` could not be understood; `reason` is one clause without text of the file.
  // Ten are kept for a file, the rest counted.
  void syntax(std::size_t offset, std::string_view reason);
  void limit(std::string_view what);

  // Gaps that another builder over the same text made.
  void take_gaps(std::vector<Gap> gaps);

  Parsed finish() &&;

 private:
  std::string_view text_;
  const Limits limits_;
  LineMap lines_;
  Parsed parsed_;
  std::size_t memory_ = 0;
  std::size_t syntax_gaps_ = 0;
  bool full_ = false;
};

}  // namespace kimiguard::config

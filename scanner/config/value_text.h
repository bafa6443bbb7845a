// A decoded value in the making, and the way back from its bytes to those of the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/setting.h"

namespace kimiguard::config {

// Collects runs: text that stands in the file as it is, and text that was decoded from other bytes.
// A hostile value of nothing but escapes keeps at most kMaxPieces runs; then it is one indivisible run.
class ValueText {
 public:
  static constexpr std::size_t kMaxPieces = 200'000;

  // `text` is what stands at `begin` in the file.
  void copy(std::string_view text, std::size_t begin);
  // `text` was decoded from [begin, end) of the file; may be empty for bytes that say nothing.
  void decoded(std::string_view text, std::size_t begin, std::size_t end);

  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }
  // Forgets all but the first `size` bytes of the value.
  void truncate(std::size_t size);
  // Removes blanks at the end of the value.
  void trim_end();

  // Sets value, pieces and bytes. `bytes` is the span of the value as it stands, without quotes.
  void store(Setting& setting, Span bytes) &&;

 private:
  void collapse();

  std::string text_;
  std::vector<ValuePiece> pieces_;
  bool collapsed_ = false;
  bool decoded_ = false;      // some run is not its bytes
  bool last_copied_ = false;  // the last run was copied, and may grow
};

// The bytes that [begin, end) of `setting.value` was decoded from; an escape counts whole. Clamped.
Span bytes_of(const Setting& setting, std::size_t begin, std::size_t end);

// Moves settings that were read from `outer.value` to where they stand in outer's file, and hangs them
// below `prefix`. Positions are not set. Keys' spans move too.
void rebase(std::vector<Setting>& inner, const Setting& outer, const std::vector<std::string>& prefix);

}  // namespace kimiguard::config

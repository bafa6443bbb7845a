// Deltas: an object as copies from another object (its base) and inserted bytes.
//
// Format: gitformat-pack(5), "Deltified representation". In: the base and the inflated delta. Out: the
// object. Nothing a delta claims is believed: see each function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace kimiguard::git {

// Copies go in steps of 32 bytes and may overshoot: every buffer that is a base or a result must have
// this many readable and writable bytes behind its end.
constexpr std::size_t kDeltaSlack = 64;

struct DeltaHead {
  std::uint64_t base_size = 0;
  std::uint64_t result_size = 0;
  std::size_t length = 0;  // bytes of the head itself
};

// The two sizes at the start of a delta; nothing when it is cut short or a size exceeds 63 bits.
std::optional<DeltaHead> read_delta_head(std::string_view delta);

// One instruction. `from` is an offset in the base (copy) or in the delta (insert).
struct DeltaStep {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  // offset in the result
  std::uint32_t length = 0;
  bool copy = false;
};

// Reads the instructions after the head, one at a time.
class DeltaReader {
 public:
  DeltaReader(std::string_view delta, const DeltaHead& head)
      : begin_(delta.data()), at_(delta.data() + head.length), end_(delta.data() + delta.size()) {}
  bool at_end() const { return at_ == end_; }
  // Fills `step` but for `to`. False: reserved or cut short instruction. REQUIRES: !at_end().
  bool next(DeltaStep& step) {
    const auto byte = [&] { return static_cast<std::uint8_t>(*at_++); };
    const unsigned op = byte();
    if ((op & 0x80U) == 0) {
      if (op == 0 || op > static_cast<std::size_t>(end_ - at_)) return false;
      step.copy = false;
      step.from = static_cast<std::uint64_t>(at_ - begin_);
      step.length = op;
      at_ += op;
      return true;
    }
    if (static_cast<int>(end_ - at_) < 7 && end_ - at_ < __builtin_popcount(op & 0x7fU)) return false;
    std::uint32_t from = 0;
    std::uint32_t length = 0;
    if ((op & 0x01U) != 0) from = byte();
    if ((op & 0x02U) != 0) from |= std::uint32_t{byte()} << 8;
    if ((op & 0x04U) != 0) from |= std::uint32_t{byte()} << 16;
    if ((op & 0x08U) != 0) from |= std::uint32_t{byte()} << 24;
    if ((op & 0x10U) != 0) length = byte();
    if ((op & 0x20U) != 0) length |= std::uint32_t{byte()} << 8;
    if ((op & 0x40U) != 0) length |= std::uint32_t{byte()} << 16;
    step.copy = true;
    step.from = from;
    step.length = length == 0 ? 0x10000 : length;
    return true;
  }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
};

// Whether the instructions are all valid for a base of this size and fill the result exactly. Reads
// the delta only, so a claim of 4 GB costs nothing before it is believed.
bool delta_is_sound(std::string_view delta, const DeltaHead& head, std::uint64_t base_size);

// Writes head.result_size bytes to `out`. False, with `out` in any state, when the base has not the
// size the delta was made for or an instruction leaves base, delta or result.
// REQUIRES: kDeltaSlack bytes behind base and out.
bool apply_delta(std::string_view base, std::string_view delta, const DeltaHead& head, char* out);

// Reads the instructions into `steps` (cleared first), copies that go on where the last one ended
// joined; zero-length ones do not occur. False as apply_delta.
bool read_delta_steps(std::string_view delta, const DeltaHead& head, std::uint64_t base_size,
                      std::vector<DeltaStep>& steps);

// Writes the result of steps that read_delta_steps gave for this base and delta.
// REQUIRES: kDeltaSlack bytes behind base, delta and out.
void apply_steps(std::string_view base, std::string_view delta, const std::vector<DeltaStep>& steps,
                 char* out);

}  // namespace kimiguard::git

// The window of 100 code units is kept as a ring, as in the original: a unit that leaves it is taken out
// by its power of 37. All arithmetic is modulo 2^64, which is what the original's signed 64-bit integers
// do.
#include "scanner/text/line_hash.h"

#include <array>
#include <cstddef>

namespace kimiguard::text {

namespace {

constexpr std::size_t kUnits = 100;
constexpr std::uint64_t kBase = 37;

constexpr std::uint64_t power_of_window() {
  std::uint64_t power = 1;
  for (std::size_t i = 0; i < kUnits; ++i) power *= kBase;
  return power;
}

class Hasher {
 public:
  explicit Hasher(std::vector<std::uint64_t>& out) : out_(out) {}

  void unit(std::uint16_t current) {
    if (current == ' ' || current == '\t' || (after_return_ && current == '\n')) {
      after_return_ = false;
      return;
    }
    after_return_ = current == '\r';
    if (after_return_) current = '\n';
    if (line_of_[index_] != 0) emit();
    if (line_begins_) {
      line_begins_ = false;
      line_of_[index_] = ++line_;
    }
    if (current == '\n') line_begins_ = true;
    push(current);
  }

  void finish() {
    unit(0xFFFF);
    for (std::size_t i = 0; i < kUnits; ++i) {
      if (line_of_[index_] != 0) emit();
      push(0);
    }
  }

 private:
  void emit() {
    out_.push_back(hash_);
    line_of_[index_] = 0;
  }
  void push(std::uint16_t current) {
    static constexpr std::uint64_t kOut = power_of_window();
    hash_ = hash_ * kBase + current - kOut * window_[index_];
    window_[index_] = current;
    if (++index_ == kUnits) index_ = 0;
  }

  std::vector<std::uint64_t>& out_;
  std::array<std::uint16_t, kUnits> window_{};
  std::array<std::uint64_t, kUnits> line_of_{};  // 0: no line begins there
  std::uint64_t hash_ = 0;
  std::uint64_t line_ = 0;
  std::size_t index_ = 0;
  bool line_begins_ = true;
  bool after_return_ = false;
};

// Bytes of the longest prefix at `at` that some well-formed sequence begins with; the WHATWG decoder
// replaces each such part by one U+FFFD. `complete` says that it is a whole sequence.
struct Part {
  std::size_t size = 1;
  bool complete = false;
  char32_t code = 0xFFFD;
};

Part part_at(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::uint8_t lead = byte(at);
  if (lead < 0x80) return {1, true, lead};
  std::size_t needed = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  char32_t code = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    needed = 1;
    code = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    needed = 2;
    code = lead & 0x0FU;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    needed = 3;
    code = lead & 0x07U;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {};
  }
  std::size_t size = 1;
  for (; needed > 0; --needed, ++size) {
    if (at + size >= bytes.size() || byte(at + size) < low || byte(at + size) > high)
      return {size, false, 0xFFFD};
    code = code << 6 | (byte(at + size) & 0x3FU);
    low = 0x80;
    high = 0xBF;
  }
  return {size, true, code};
}

std::string hex(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return text;
}

}  // namespace

LineHashes::LineHashes(std::string_view bytes) {
  Hasher hasher(hashes_);
  for (std::size_t at = 0; at < bytes.size();) {
    if (static_cast<std::uint8_t>(bytes[at]) < 0x80) {
      hasher.unit(static_cast<std::uint8_t>(bytes[at++]));
      continue;
    }
    const Part part = part_at(bytes, at);
    at += part.size;
    if (part.code >= 0x10000) {
      const char32_t rest = part.code - 0x10000;
      hasher.unit(static_cast<std::uint16_t>(0xD800 + (rest >> 10)));
      hasher.unit(static_cast<std::uint16_t>(0xDC00 + (rest & 0x3FF)));
    } else {
      hasher.unit(static_cast<std::uint16_t>(part.code));
    }
  }
  hasher.finish();
}

std::string LineHashes::at(std::uint64_t line) const {
  if (line == 0 || line > hashes_.size()) return {};
  const std::uint64_t hash = hashes_[line - 1];
  std::uint64_t ordinal = 0;
  for (std::uint64_t i = 0; i < line; ++i) ordinal += hashes_[i] == hash ? 1 : 0;
  return hex(hash) + ":" + std::to_string(ordinal);
}

}  // namespace kimiguard::text

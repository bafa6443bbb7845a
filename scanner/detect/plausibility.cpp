#include "scanner/detect/plausibility.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "scanner/core/lowered.h"

namespace kimiguard::detect {

double entropy(std::string_view text) {
  if (text.empty()) return 0;
  std::array<std::uint32_t, 256> count{};
  for (const char c : text) ++count[static_cast<std::uint8_t>(c)];
  double bits = 0;
  const auto size = static_cast<double>(text.size());
  for (const std::uint32_t n : count) {
    if (n == 0) continue;
    const double p = n / size;
    bits -= p * std::log2(p);
  }
  return bits;
}

std::uint32_t distinct_bytes(std::string_view text) {
  std::array<bool, 256> seen{};
  std::uint32_t n = 0;
  for (const char c : text) {
    bool& there = seen[static_cast<std::uint8_t>(c)];
    n += !there;
    there = true;
  }
  return n;
}

std::size_t longest_progression(std::string_view text, int step) {
  std::size_t best = text.empty() ? 0 : 1;
  std::size_t run = best;
  for (std::size_t i = 1; i < text.size(); ++i) {
    run = text[i] - text[i - 1] == step ? run + 1 : 1;
    best = std::max(best, run);
  }
  return best;
}

bool is_periodic(std::string_view text) {
  for (std::size_t period = 1; period <= text.size() / 3; ++period) {
    std::size_t same = 0;
    for (std::size_t i = period; i < text.size(); ++i) same += text[i] == text[i - period];
    if (same * 8 >= (text.size() - period) * 7) return true;
  }
  return false;
}

bool has_example_words(std::string_view text, const std::vector<std::string>& words, const std::vector<std::string>& parts) {
  const std::string folded = lowered(text);
  for (const std::string& word : words)
    if (folded.find(word) != std::string::npos) return true;
  // Cover by short words: each found word counts its letters once.
  constexpr std::size_t kCovered = 11;
  std::size_t covered = 0;
  for (const std::string& word : parts)
    for (std::size_t at = word.empty() ? std::string::npos : folded.find(word); at != std::string::npos; at = folded.find(word, at + word.size()))
      covered += word.size();
  return covered >= kCovered;
}

std::string_view why_not_random(std::string_view body, double min_entropy, std::uint32_t min_distinct,
                                const std::vector<std::string>& words, const std::vector<std::string>& parts) {
  if (longest_progression(body, 0) >= 6) return "repeat";
  if (longest_progression(body, 1) >= 6 || longest_progression(body, -1) >= 6) return "sequence";
  if (is_periodic(body)) return "period";
  if (has_example_words(body, words, parts)) return "words";
  if (distinct_bytes(body) < min_distinct || entropy(body) < min_entropy) return "entropy";
  return "";
}

}  // namespace kimiguard::detect

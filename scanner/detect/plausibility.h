// Tells random text from placeholders, repeats, alphabets and words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::detect {

// Shannon entropy in bits a byte; 0 for the empty text.
double entropy(std::string_view text);

std::uint32_t distinct_bytes(std::string_view text);

// The longest stretch in which each byte is the one before plus `step` (0: repeats, 1: "abcdef",
// -1: "987654"), in bytes.
std::size_t longest_progression(std::string_view text, int step);

// A short unit repeated, exactly or nearly: at least 7 of 8 bytes equal the one `period` before, for
// some period up to a third of the text.
bool is_periodic(std::string_view text);

// Words that people write into examples (rules/secrets.toml, sample_words and sample_parts): one of `words`
// ("placeholder", "example"), or eleven letters of `parts`. Case does not count; both lists are lower case. To be chosen
// so that a random key of 64 base62 characters holds them with a probability under one in a million.
bool has_example_words(std::string_view text, const std::vector<std::string>& words, const std::vector<std::string>& parts);

// Why `body` (the key without its prefix) cannot be random: "repeat", "sequence", "period", "words",
// "entropy", or "" if it can. `words` and `parts` as above.
std::string_view why_not_random(std::string_view body, double min_entropy, std::uint32_t min_distinct,
                                const std::vector<std::string>& words, const std::vector<std::string>& parts);

}  // namespace kimiguard::detect

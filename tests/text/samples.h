// Random text made at test time: no key-shaped string is stored in the repository.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace kimiguard::text::samples {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  std::string of(std::string_view alphabet, std::size_t size) {
    std::string text;
    while (text.size() < size) text.push_back(alphabet[below(alphabet.size())]);
    return text;
  }
  std::string alnum(std::size_t size) {
    return of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", size);
  }
  std::string bytes(std::size_t size) {
    std::string text;
    while (text.size() < size) text.push_back(static_cast<char>(below(256)));
    return text;
  }
  std::string code_key() { return std::string("sk-") + "kimi-" + alnum(64); }
  std::string platform_key() { return std::string("sk") + "-" + alnum(48); }

 private:
  std::mt19937_64 engine_;
};

inline std::string base64(std::string_view bytes, bool url = false, bool padded = true) {
  const std::string_view digits =
      url ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
          : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t n) {
      return i + n < bytes.size() ? static_cast<unsigned>(static_cast<std::uint8_t>(bytes[i + n])) : 0U;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    const std::size_t have = bytes.size() - i;
    out.push_back(digits[group >> 18 & 63]);
    out.push_back(digits[group >> 12 & 63]);
    if (have > 1) out.push_back(digits[group >> 6 & 63]);
    if (have > 2) out.push_back(digits[group & 63]);
    if (padded) out.append(have == 1 ? 2 : have == 2 ? 1 : 0, '=');
  }
  return out;
}

inline std::string hex(std::string_view bytes, bool upper = false, std::string_view before = "") {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += before;
    out.push_back(digits[static_cast<std::uint8_t>(c) >> 4]);
    out.push_back(digits[static_cast<std::uint8_t>(c) & 15]);
  }
  return out;
}

// ASCII in a form of `unit` bytes.
inline std::string wide(std::string_view ascii, std::size_t unit, bool little) {
  std::string out;
  for (const char c : ascii) {
    if (little) out.push_back(c);
    out.append(unit - 1, '\0');
    if (!little) out.push_back(c);
  }
  return out;
}

inline std::string wrap(std::string_view text, std::size_t width, std::string_view line_end) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += width) {
    if (i != 0) out += line_end;
    out += text.substr(i, width);
  }
  return out;
}

inline std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace kimiguard::text::samples

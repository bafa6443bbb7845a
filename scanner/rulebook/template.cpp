#include "scanner/rulebook/template.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace kimiguard {
namespace {

constexpr std::size_t kLongest = 1 << 20;  // bytes one template may make
constexpr int kDeepest = 8;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string random_of(std::string_view alphabet, std::size_t length, RandomText& random) {
  // Not std::uniform_int_distribution: its results differ between standard libraries.
  std::string text;
  text.reserve(length);
  for (std::size_t i = 0; i < length; ++i) text += alphabet[(random() >> 16) % alphabet.size()];
  return text;
}

std::string base64(std::string_view bytes, std::string_view alphabet, bool padded) {
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += alphabet[(bits >> held) & 63U];
    }
  }
  if (held > 0) text += alphabet[(bits << (6 - held)) & 63U];
  while (padded && text.size() % 4 != 0) text += '=';
  return text;
}

std::string hex_of(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string percent(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (kAlnum.find(c) != std::string_view::npos || c == '_' || c == '.' || c == '~') {
      text += c;
    } else {
      text += '%';
      static constexpr std::string_view kHexUpper = "0123456789ABCDEF";
      text += kHexUpper[static_cast<unsigned char>(c) >> 4];
      text += kHexUpper[static_cast<unsigned char>(c) & 15];
    }
  }
  return text;
}

std::string utf16le(std::string_view ascii) {
  std::string text;
  for (const char c : ascii) {
    text += c;
    text += '\0';
  }
  return text;
}

struct Algorithm {
  std::string_view name;    // as the template says it
  std::string_view header;  // as a JWT says it
  std::size_t signature;    // base64url characters of a signature
};
constexpr std::array<Algorithm, 6> kAlgorithms = {{{"hs256", "HS256", 43},
                                                   {"hs384", "HS384", 64},
                                                   {"hs512", "HS512", 86},
                                                   {"rs256", "RS256", 342},
                                                   {"es256", "ES256", 86},
                                                   {"eddsa", "EdDSA", 86}}};

Error wrong(std::string_view inside, const std::string& words) {
  return Error{"template", "{{" + std::string(inside.substr(0, 60)) + "}}: " + words};
}

std::optional<std::size_t> length_of(std::string_view text) {
  if (text.empty() || text.size() > 7) return std::nullopt;
  std::size_t length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::size_t>(c - '0');
  }
  return length <= kLongest ? std::optional(length) : std::nullopt;
}

Result<std::string> fill(std::string_view form, RandomText& random, int depth);

// What stands between "{{" and "}}".
Result<std::string> make(std::string_view inside, RandomText& random, int depth) {
  const std::size_t colon = inside.find(':');
  const std::string_view word = inside.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : inside.substr(colon + 1);
  if (inside == "nl") return std::string("\n");
  if (inside == "tab") return std::string("\t");
  if (inside == "esc") return std::string("\x1b");

  struct Random {
    std::string_view word, prefix, alphabet;
  };
  static constexpr std::array<Random, 8> kRandoms = {{{"sk-kimi", "sk-kimi-", kAlnum},
                                                      {"sk", "sk-", kAlnum},
                                                      {"alnum", "", kAlnum},
                                                      {"lower", "", kLower},
                                                      {"upper", "", kUpper},
                                                      {"digits", "", kDigits},
                                                      {"hex", "", kHex},
                                                      {"base64url", "", kBase64Url}}};
  for (const Random& kind : kRandoms) {
    if (kind.word != word) continue;
    const auto length = length_of(rest);
    if (!length)
      return wrong(inside, "say how many characters, such as {{" + std::string(word) + ":48}}");
    return std::string(kind.prefix) + random_of(kind.alphabet, *length, random);
  }
  if (word == "evenhex") {
    const auto length = length_of(rest);
    if (!length) return wrong(inside, "say how many characters, such as {{evenhex:32}}");
    std::string text = random_of(kHex, *length, random);
    for (std::size_t i = 0; i < text.size(); i += 2)
      if (text[i] >= 'a') text[i] = static_cast<char>(text[i] - 'a' + 'A');
    return text;
  }
  if (word == "repeat") {
    const std::size_t last = rest.rfind(':');
    const auto count = last == std::string_view::npos ? std::nullopt : length_of(rest.substr(last + 1));
    if (!count || last * *count > kLongest) return wrong(inside, "write {{repeat:TEXT:COUNT}}");
    std::string text;
    for (std::size_t i = 0; i < *count; ++i) text += rest.substr(0, last);
    return text;
  }
  if (word == "jwt") {
    const std::size_t second = rest.find(':');
    for (const Algorithm& algorithm : kAlgorithms) {
      if (second == std::string_view::npos || algorithm.name != rest.substr(0, second)) continue;
      auto payload = fill(rest.substr(second + 1), random, depth + 1);
      if (!payload) return payload;
      const std::string header = R"({"alg":")" + std::string(algorithm.header) + R"(","typ":"JWT"})";
      return base64(header, kBase64Url, false) + "." + base64(*payload, kBase64Url, false) + "." +
             random_of(kBase64Url, algorithm.signature, random);
    }
    return wrong(
        inside,
        "write {{jwt:ALGORITHM:PAYLOAD}}, ALGORITHM being hs256, hs384, hs512, rs256, es256 or eddsa");
  }
  using Encoding = std::string (*)(std::string_view);
  struct Encoded {
    std::string_view word;
    Encoding encode;
  };
  static constexpr std::array<Encoded, 5> kEncodings = {
      {{"b64", [](std::string_view bytes) { return base64(bytes, kBase64, true); }},
       {"b64url", [](std::string_view bytes) { return base64(bytes, kBase64Url, false); }},
       {"hexof", hex_of},
       {"percent", percent},
       {"utf16le", utf16le}}};
  for (const Encoded& encoding : kEncodings) {
    if (encoding.word != word) continue;
    auto text = fill(rest, random, depth + 1);
    if (!text) return text;
    return encoding.encode(*text);
  }
  return wrong(
      inside,
      "unknown; the templates are sk-kimi, sk, alnum, lower, upper, digits, hex, base64url, evenhex, "
      "repeat, jwt, b64, b64url, hexof, percent, utf16le, nl, tab, esc");
}

// Where the template that begins at `begin` ("{{") ends, one past its "}}"; npos if it does not.
std::size_t end_of(std::string_view form, std::size_t begin) {
  int braces = 0;
  for (std::size_t i = begin + 2; i < form.size(); ++i) {
    if (form[i] == '{') ++braces;
    if (form[i] != '}') continue;
    if (braces > 0)
      --braces;
    else if (i + 1 < form.size() && form[i + 1] == '}')
      return i + 2;
  }
  return std::string_view::npos;
}

Result<std::string> fill(std::string_view form, RandomText& random, int depth) {
  if (depth > kDeepest) return Error{"template", "templates are nested over eight deep"};
  std::string text;
  std::size_t at = 0;
  while (at < form.size()) {
    const std::size_t open = form.find("{{", at);
    text += form.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const bool is_template =
        open + 2 < form.size() && kLower.find(form[open + 2]) != std::string_view::npos;
    if (!is_template) {
      text += form[open];
      at = open + 1;
      continue;
    }
    const std::size_t end = end_of(form, open);
    if (end == std::string_view::npos) return wrong(form.substr(open + 2), "'}}' is missing");
    auto made = make(form.substr(open + 2, end - open - 4), random, depth);
    if (!made) return made;
    text += *made;
    if (text.size() > 4 * kLongest) return Error{"template", "the filled text has over 4 MiB"};
    at = end;
  }
  return text;
}

}  // namespace

Result<std::string> fill_template(std::string_view form, RandomText& random) {
  return fill(form, random, 0);
}

}  // namespace kimiguard

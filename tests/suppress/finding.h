// Findings for the tests of suppression.
#pragma once

#include <random>
#include <string>

#include "scanner/core/finding.h"

namespace kimiguard::suppress {

inline std::string random_key(std::mt19937_64& random) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string key = "sk-kimi-";
  for (int i = 0; i < 64; ++i) key += kAlphabet[random() % kAlphabet.size()];
  return key;
}

inline Place place(const std::string& path, std::uint64_t line, const std::string& text = "KEY=") {
  Place one;
  one.path = one.uri = path;
  one.uri_base = "SRCROOT";
  one.region.begin = {line, 5};
  one.region.end = {line, 77};
  one.region.line_without_secret = text;
  one.severity = Severity::high;
  return one;
}

inline Finding leak(const std::string& key, std::vector<Place> places) {
  Finding finding;
  finding.rule = "kimi-code-key";
  finding.secret = Secret(key);
  finding.secret_kind = "kimi-code-key";
  finding.severity = Severity::high;
  finding.confidence = Confidence::high;
  finding.places = std::move(places);
  return finding;
}

inline Finding setting(const std::string& rule, const std::string& key_path, const std::string& path) {
  Finding finding;
  finding.rule = rule;
  finding.key_path = key_path;
  finding.severity = Severity::high;
  finding.places = {place(path, 3, "\"model\": ")};
  return finding;
}

}  // namespace kimiguard::suppress

// The short name of a finding that people type: `kimiguard ignore ID`.
#pragma once

#include <string>

#include "scanner/core/finding.h"

namespace kimiguard {

// Digits of an id that people are shown, and the fewest they may type.
inline constexpr std::size_t kShownIdDigits = 8;

// True for a finding about a setting (it names a key path, or there is no secret in it at all).
inline bool is_configuration(const Finding& finding) {
  return !finding.secret || !finding.key_path.empty();
}

// 16 hex digits: the secret's id for a leak, so that one key has one id wherever it lies; the first
// digits of the fingerprint for a finding about a setting, so that accepting a setting never accepts
// the key in it. Empty for a setting whose fingerprint was not computed yet.
inline std::string finding_id(const Finding& finding) {
  return is_configuration(finding) ? finding.fingerprint.substr(0, 16) : finding.secret->id();
}

}  // namespace kimiguard

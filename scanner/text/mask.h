// Making every key in a text unreadable, ours and other vendors', in whatever encoding it stands.
//
// What stays of a key: its public prefix (`sk-kimi-`, `sk-`, `eyJ`, `ghp_` …), "…" (U+2026) and the
// last four characters where the kind is known by its prefix and the key is long enough; "…" alone
// for everything else (PEM bodies, passwords, assigned tokens, encoded runs that hold a key). Too much
// is masked rather than too little. Masking a masked text changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"

namespace kimiguard::text {

// `text` (any bytes) with every key masked, as valid UTF-8 (invalid bytes become U+FFFD).
// About linear; encodings are undone to a depth of four.
std::string mask_keys(std::string_view text);

// The same, and how many bytes were looked at for it: those of the text and of every view of it, as often as each was.
struct CountedMask {
  std::string text;
  std::uint64_t examined = 0;
};
CountedMask mask_keys_counted(std::string_view text);

// `text` with every occurrence of `secret` masked, also in the encodings that mask_keys undoes. Other
// keys stay as they are. Valid UTF-8. An empty secret masks nothing.
std::string mask_exact(std::string_view text, std::string_view secret);

// Where mask_keys would mask, in order, not overlapping, and what it would put there.
struct Masked {
  Span span;
  std::string shown;
};
std::vector<Masked> find_keys(std::string_view text);

// How a secret that is known to be one may be shown: as Secret::masked, with other vendors' prefixes
// known too. Secrets under 16 bytes are "…".
std::string shown_form(std::string_view secret);

// Whether a character is a control character but \n and \t, or reorders or hides text.
bool is_hiding(char32_t code);

// For terminals: control characters (C0 but \n and \t, DEL, C1) and characters that reorder or hide
// text (bidirectional controls, zero width, line separators) as visible escapes such as \x1b and
// \u202e. Invalid bytes as \xNN. Valid UTF-8 out.
std::string printable(std::string_view text);

}  // namespace kimiguard::text

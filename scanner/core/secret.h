// A secret that cannot be printed by accident: it shows itself masked, names itself by hash, and
// wipes its memory when it goes.
#pragma once

#include <string>
#include <string_view>

namespace kimiguard {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  ~Secret();
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;

  // First 16 hex digits of the SHA-256 of the text: the identity of a secret everywhere (design §4).
  std::string id() const;

  // What people may see: prefix (`sk-kimi-`, `sk-`, `eyJ`, or nothing), an ellipsis "…" (U+2026,
  // UTF-8) and the last four characters. Texts under 16 bytes are masked whole.
  std::string masked() const;

  // The text itself. Only detection, comparison, `replace-key --apply` and `--show-secrets` may ask.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const Secret& a, const Secret& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
};

// Lower-case hex of the SHA-256 of `bytes` (FIPS 180-4), 64 digits.
std::string sha256_hex(std::string_view bytes);

// Overwrites `text` in a way the optimizer keeps, then clears it.
void wipe(std::string& text);

}  // namespace kimiguard

#include "scanner/core/secret.h"

#include <sha2.h>
#include <string.h>  // explicit_bzero, no std:: twin

#include <array>
#include <cstdint>
#include <utility>

namespace kimiguard {

void wipe(std::string& text) {
  if (!text.empty()) explicit_bzero(text.data(), text.size());
  text.clear();
}

std::string sha256_hex(std::string_view bytes) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256Final(digest.data(), &context);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex.push_back(kHex[byte >> 4]);
    hex.push_back(kHex[byte & 15]);
  }
  return hex;
}

Secret::~Secret() { wipe(text_); }

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe(text_);
    text_ = other.text_;
  }
  return *this;
}

Secret::Secret(Secret&& other) noexcept : text_(other.text_) { wipe(other.text_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe(text_);
    text_ = other.text_;
    wipe(other.text_);
  }
  return *this;
}

std::string Secret::id() const { return sha256_hex(text_).substr(0, 16); }

std::string Secret::masked() const {
  static constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
  std::string_view prefix;
  for (const std::string_view known : {"sk-kimi-", "sk-", "eyJ"}) {
    if (std::string_view(text_).starts_with(known)) {
      prefix = known;
      break;
    }
  }
  std::string shown(prefix);
  shown += kEllipsis;
  if (text_.size() >= 16) shown += text_.substr(text_.size() - 4);
  return shown;
}

}  // namespace kimiguard

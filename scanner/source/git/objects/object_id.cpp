#include "scanner/source/git/objects/object_id.h"

#include <sha1.h>
#include <sha2.h>

#include <algorithm>
#include <array>

#include "scanner/core/digits.h"

namespace kimiguard::git {
std::string_view name(ObjectType type) {
  switch (type) {
    case ObjectType::commit: return "commit";
    case ObjectType::tree: return "tree";
    case ObjectType::blob: return "blob";
    case ObjectType::tag: return "tag";
  }
  return "unknown";
}

std::optional<ObjectType> object_type_named(std::string_view text) {
  for (const ObjectType type : {ObjectType::commit, ObjectType::tree, ObjectType::blob, ObjectType::tag})
    if (name(type) == text) return type;
  return std::nullopt;
}

std::optional<ObjectId> ObjectId::from_hex(std::string_view hex) {
  if (hex.size() != 40 && hex.size() != 64) return std::nullopt;
  std::array<std::uint8_t, 32> bytes{};
  int bad = 0;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]);
    const int low = hex_value(hex[i + 1]);
    bad |= high | low;
    bytes[i / 2] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (bad < 0) return std::nullopt;
  return ObjectId(bytes.data(), hex.size() / 2);
}

std::string ObjectId::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size_ * std::size_t{2});
  for (std::size_t i = 0; i < size_; ++i) {
    text.push_back(kDigits[bytes_[i] >> 4]);
    text.push_back(kDigits[bytes_[i] & 15]);
  }
  return text;
}

bool ObjectId::null() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t byte) { return byte == 0; });
}

ObjectId hash_object(HashKind kind, ObjectType type, std::string_view bytes) {
  std::string head(name(type));
  head += ' ';
  head += std::to_string(bytes.size());
  head += '\0';
  const auto raw = [](std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); };
  if (kind == HashKind::sha1) {
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, raw(head), head.size());
    SHA1Update(&context, raw(bytes), bytes.size());
    std::array<std::uint8_t, SHA1_DIGEST_LENGTH> digest;
    SHA1Final(digest.data(), &context);
    return ObjectId(digest.data(), digest.size());
  }
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, raw(head), head.size());
  SHA256Update(&context, raw(bytes), bytes.size());
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256Final(digest.data(), &context);
  return ObjectId(digest.data(), digest.size());
}

}  // namespace kimiguard::git

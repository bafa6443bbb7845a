// The name of a git object: the hash of its type, size and bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kimiguard::git {

// Which hash names the objects of a repository (`extensions.objectFormat`).
enum class HashKind : std::uint8_t { sha1, sha256 };

// Bytes of an id: 20 or 32.
constexpr std::size_t hash_bytes(HashKind kind) { return kind == HashKind::sha1 ? 20 : 32; }

// The values are those of a pack entry's type field (gitformat-pack).
enum class ObjectType : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4 };

// "commit", "tree", "blob" or "tag".
std::string_view name(ObjectType type);
std::optional<ObjectType> object_type_named(std::string_view text);

// A plain value. The default one is empty and names nothing. Ordered as git orders names in an index.
class ObjectId {
 public:
  ObjectId() = default;
  // Copies `size` raw bytes. REQUIRES: size is 20 or 32.
  ObjectId(const void* bytes, std::size_t size) : size_(static_cast<std::uint8_t>(size)) {
    std::memcpy(bytes_.data(), bytes, size);
  }
  // 40 or 64 hex digits of either case; nothing for anything else.
  static std::optional<ObjectId> from_hex(std::string_view hex);

  std::string hex() const;  // lower case
  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Only zeros: how git writes "no object".
  bool null() const;

  friend bool operator==(const ObjectId& a, const ObjectId& b) {
    return a.size_ == b.size_ && std::memcmp(a.bytes_.data(), b.bytes_.data(), a.size_) == 0;
  }
  friend bool operator<(const ObjectId& a, const ObjectId& b) {
    const int order = std::memcmp(a.bytes_.data(), b.bytes_.data(), a.bytes_.size());
    return order != 0 ? order < 0 : a.size_ < b.size_;
  }

 private:
  std::array<std::uint8_t, 32> bytes_{};
  std::uint8_t size_ = 0;
};

// The id git gives an object: hash of "<type> <size>\0" and the bytes.
ObjectId hash_object(HashKind kind, ObjectType type, std::string_view bytes);

}  // namespace kimiguard::git

template <>
struct std::hash<kimiguard::git::ObjectId> {
  // The bytes are a hash already.
  std::size_t operator()(const kimiguard::git::ObjectId& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.data(), sizeof value);
    return value;
  }
};

#include "scanner/source/archive/plist.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace kimiguard::archive {
namespace {

using container::inside;
using container::OriginPtr;
using container::Unpacking;

constexpr std::size_t kTrailer = 32;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string utf8_of(std::string_view utf16be) {
  std::string out;
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  for (std::size_t i = 0; i + 1 < utf16be.size(); i += 2) {
    auto point = static_cast<std::uint32_t>(big_endian(utf16be.substr(i, 2)));
    if (point >= 0xD800 && point < 0xDC00 && i + 3 < utf16be.size()) {
      const auto low = static_cast<std::uint32_t>(big_endian(utf16be.substr(i + 2, 2)));
      if (low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0 | point >> 6), put(0x80 | (point & 63));
    } else if (point < 0x10000) {
      put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 63)), put(0x80 | (point & 63));
    } else {
      put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 63)), put(0x80 | (point >> 6 & 63));
      put(0x80 | (point & 63));
    }
  }
  return out;
}

class Plist {
 public:
  explicit Plist(std::string_view bytes) : bytes_(bytes) {}

  bool open() {
    if (bytes_.size() < 8 + kTrailer) return false;
    const std::string_view trailer = bytes_.substr(bytes_.size() - kTrailer);
    offset_width_ = static_cast<unsigned char>(trailer[6]);
    reference_width_ = static_cast<unsigned char>(trailer[7]);
    objects_ = big_endian(trailer.substr(8, 8));
    table_ = big_endian(trailer.substr(24, 8));
    const std::uint64_t end = bytes_.size() - kTrailer;
    return offset_width_ >= 1 && offset_width_ <= 8 && reference_width_ >= 1 && reference_width_ <= 8 &&
           table_ <= end && objects_ <= (end - table_) / offset_width_;
  }

  std::uint64_t objects() const { return objects_; }

  struct Object {
    int type = -1;            // upper half of the marker
    std::uint64_t count = 0;  // bytes, characters or entries
    std::string_view body;    // from its first byte to the end of the objects
  };

  std::optional<Object> object(std::uint64_t number) const {
    if (number >= objects_) return std::nullopt;
    const std::uint64_t at = big_endian(bytes_.substr(table_ + number * offset_width_, offset_width_));
    if (at < 8 || at >= table_) return std::nullopt;
    std::string_view rest = bytes_.substr(at, table_ - at);
    const auto marker = static_cast<unsigned char>(rest[0]);
    rest.remove_prefix(1);
    Object object;
    object.type = marker >> 4;
    object.count = marker & 15u;
    if (object.count == 15 && object.type >= 4) {
      if (rest.empty() || (static_cast<unsigned char>(rest[0]) >> 4) != 1) return std::nullopt;
      const std::size_t width = std::size_t{1} << (rest[0] & 15);
      if (width > 8 || rest.size() < 1 + width) return std::nullopt;
      object.count = big_endian(rest.substr(1, width));
      rest.remove_prefix(1 + width);
    }
    object.body = rest;
    return object;
  }

  std::optional<std::string> text(std::uint64_t number) const {
    const auto found = object(number);
    if (!found) return std::nullopt;
    if (found->type == 5 && found->count <= found->body.size())
      return std::string(found->body.substr(0, found->count));
    if (found->type == 6 && found->count <= found->body.size() / 2)
      return utf8_of(found->body.substr(0, found->count * 2));
    return std::nullopt;
  }

  std::uint64_t reference(std::string_view body, std::uint64_t index) const {
    return big_endian(body.substr(index * reference_width_, reference_width_));
  }
  std::size_t reference_width() const { return reference_width_; }

 private:
  std::string_view bytes_;
  std::size_t offset_width_ = 0;
  std::size_t reference_width_ = 0;
  std::uint64_t objects_ = 0;
  std::uint64_t table_ = 0;
};

}  // namespace

bool read_plist(Unpacking& unpacking, std::string_view bytes, const OriginPtr& origin, int depth) {
  ++unpacking.coverage().archives;
  Plist plist(bytes);
  if (!plist.open()) {
    unpacking.gap(GapKind::unreadable, "damaged", *origin, "a binary property list without its trailer");
    return false;
  }
  bool good = true;
  std::string lines;
  std::vector<bool> shown(plist.objects());
  // Objects are shared by reference, so the text may grow beyond the file; not far, unless meant to.
  const std::uint64_t most = bytes.size() * 4 + (1 << 16);
  const auto room = [&] { return lines.size() <= most; };
  for (std::uint64_t i = 0; i < plist.objects() && room(); ++i) {
    const auto object = plist.object(i);
    if (!object) {
      good = false;
      continue;
    }
    if (object->type == 4 && object->count > 0 && object->count <= object->body.size()) {
      if (!unpacking.take_member(*origin)) return false;
      unpacking.deliver_and_open(
          object->body.substr(0, object->count),
          inside(*origin, {Inside::Kind::archive_member, "(data " + std::to_string(i) + ")", "", ""}),
          depth + 1);
    } else if (object->type == 13) {
      if (object->count > object->body.size() / (2 * plist.reference_width())) {
        good = false;
        continue;
      }
      for (std::uint64_t entry = 0; entry < object->count && room(); ++entry) {
        const std::uint64_t key = plist.reference(object->body, entry);
        const std::uint64_t value = plist.reference(object->body, object->count + entry);
        const auto name = plist.text(key);
        const auto text = plist.text(value);
        if (!name || !text) continue;
        lines += *name + " = " + *text + "\n";
        shown[key] = shown[value] = true;
      }
    }
  }
  for (std::uint64_t i = 0; i < plist.objects() && room(); ++i) {
    if (shown[i]) continue;
    if (const auto text = plist.text(i)) lines += *text + "\n";
  }
  if (!room()) unpacking.limit(*origin, "the text of a property list");
  if (!lines.empty()) {
    unpacking.deliver(lines, inside(*origin, {Inside::Kind::archive_member, "(strings)", "", ""}));
  }
  if (!good)
    unpacking.gap(GapKind::unreadable, "damaged", *origin, "objects of a property list cannot be read");
  return good && room();
}

}  // namespace kimiguard::archive

#include "scanner/source/git/objects/loose_object.h"

#include <dirent.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "scanner/source/git/objects/delta.h"

namespace kimiguard::git {
namespace {

struct Head {
  ObjectType type = ObjectType::blob;
  std::uint64_t size = 0;
  std::size_t length = 0;  // bytes with the NUL
};

std::optional<Head> read_head(std::string_view text) {
  text = text.substr(0, 32);
  const std::size_t space = text.find(' ');
  const std::size_t nul = text.find('\0');
  if (space == std::string_view::npos || nul == std::string_view::npos || nul < space + 2)
    return std::nullopt;
  const std::optional<ObjectType> type = object_type_named(text.substr(0, space));
  if (!type) return std::nullopt;
  Head head;
  head.type = *type;
  for (std::size_t i = space + 1; i < nul; ++i) {
    if (text[i] < '0' || text[i] > '9' || head.size > (std::uint64_t{1} << 56)) return std::nullopt;
    head.size = head.size * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  head.length = nul + 1;
  return head;
}

}  // namespace

Result<LooseObject> inflate_loose(std::string_view file, Inflater& inflater, RawBuffer& buffer,
                                  std::uint64_t max_bytes) {
  const Error damaged{"damaged", "a loose object that does not inflate to what it claims"};
  const Error limit{"limit", "a loose object larger than what is read"};
  const std::uint64_t ceiling = std::min<std::uint64_t>(
      max_bytes + 32, file.size() > max_bytes ? max_bytes + 32 : file.size() * kMaxInflation + 64);
  std::size_t room = static_cast<std::size_t>(
      std::min<std::uint64_t>(ceiling, std::max<std::uint64_t>(16384, file.size() * 4)));
  for (;;) {
    char* out = buffer.reserve(room + kDeltaSlack);
    std::memset(out, 0, 32);
    const Inflater::Outcome outcome = inflater.at_most(file, out, room);
    if (outcome.kind == Inflater::Outcome::Kind::bad) return damaged;
    if (outcome.kind == Inflater::Outcome::Kind::done) {
      const std::optional<Head> head = read_head({out, outcome.written});
      if (!head || outcome.written - head->length != head->size) return damaged;
      if (head->size > max_bytes) return limit;
      return LooseObject{head->type, {out + head->length, static_cast<std::size_t>(head->size)}};
    }
    // Too small: the head, most likely there, names the size; else try four times as much.
    const std::optional<Head> head = read_head({out, 32});
    if (head && head->size > max_bytes) return limit;
    if (room >= ceiling) return max_bytes + 32 <= ceiling ? limit : damaged;
    std::uint64_t wanted = room * std::uint64_t{4};
    if (head && head->size + head->length > room) wanted = head->size + head->length;
    room = static_cast<std::size_t>(std::min(wanted, ceiling));
  }
}

std::string loose_path(const std::string& folder, const ObjectId& id) {
  const std::string hex = id.hex();
  std::string path;
  path.reserve(folder.size() + hex.size() + 3);
  path.append(folder).append("/").append(hex, 0, 2).append("/").append(hex, 2, std::string::npos);
  return path;
}

std::vector<ObjectId> list_loose(const std::string& folder, HashKind kind) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::vector<ObjectId> ids;
  const std::size_t digits = hash_bytes(kind) * 2;
  for (int first = 0; first < 256; ++first) {
    std::string hex = {kDigits[first >> 4], kDigits[first & 15]};
    DIR* listing = ::opendir((folder + "/" + hex).c_str());
    if (listing == nullptr) continue;
    while (const dirent* entry = ::readdir(listing)) {
      const std::string_view rest = entry->d_name;
      if (rest.size() != digits - 2) continue;
      if (const std::optional<ObjectId> id = ObjectId::from_hex(hex + std::string(rest))) ids.push_back(*id);
    }
    ::closedir(listing);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace kimiguard::git

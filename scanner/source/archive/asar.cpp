#include "scanner/source/archive/asar.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace kimiguard::archive {
namespace {

using container::inside;
using container::OriginPtr;
using container::PieceWriter;
using container::Unpacking;
using Json = nlohmann::json;

constexpr std::uint64_t kLargestHeader = 12ULL << 20;

std::uint32_t le32(const char* p) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(p[i]);
  return value;
}

struct File {
  std::string name;
  std::uint64_t offset;
  std::uint64_t size;
};

bool number_of(const Json& value, std::uint64_t& number) {
  if (value.is_number_unsigned()) {
    number = value.get<std::uint64_t>();
    return true;
  }
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

// Files in the order of their offsets, as they lie on the disk. False if an entry makes no sense.
bool list_files(const Json& root, std::vector<File>& files) {
  struct Folder {
    const Json* entries;
    std::string path;
  };
  bool good = true;
  std::vector<Folder> open;
  if (!root.is_object() || !root.contains("files")) return false;
  open.push_back({&root["files"], ""});
  while (!open.empty()) {
    const Folder folder = open.back();
    open.pop_back();
    if (!folder.entries->is_object()) {
      good = false;
      continue;
    }
    for (const auto& [name, entry] : folder.entries->items()) {
      const std::string path = folder.path.size() > 4096 ? folder.path : folder.path + name;
      if (!entry.is_object()) {
        good = false;
      } else if (const auto below = entry.find("files"); below != entry.end()) {
        open.push_back({&*below, path + "/"});
      } else if (!entry.contains("link") && !entry.contains("unpacked")) {
        File file{path, 0, 0};
        const auto offset = entry.find("offset");
        const auto size = entry.find("size");
        if (offset == entry.end() || size == entry.end() || !number_of(*offset, file.offset) ||
            !number_of(*size, file.size)) {
          good = false;
        } else {
          files.push_back(std::move(file));
        }
      }
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.name < b.name;
  });
  return good;
}

}  // namespace

bool read_asar(Unpacking& unpacking, const container::Bytes& bytes, const OriginPtr& origin, int depth) {
  ++unpacking.coverage().archives;
  const auto damaged = [&](const char* reason) {
    // Members stand in it plainly: whoever read the outer bytes has seen them (as in members.cpp).
    unpacking.gap(origin->inside.empty() ? GapKind::not_parsed : GapKind::unreadable, "damaged", *origin, reason);
    return false;
  };
  char sizes[16];
  if (!bytes.read(0, sizes, sizeof sizes)) return damaged("an asar archive without a header");
  const std::uint64_t header_size = le32(sizes + 4);
  const std::uint64_t json_size = le32(sizes + 12);
  const std::uint64_t data = 8 + header_size;
  if (json_size > header_size || data > bytes.size)
    return damaged("the header of an asar archive is cut");
  if (json_size > kLargestHeader) {
    unpacking.limit(*origin, "the header of an asar archive");
    return false;
  }
  std::vector<File> files;
  bool good = false;
  {
    std::string header(json_size, '\0');
    if (!bytes.read(16, header.data(), header.size()))
      return damaged("the header of an asar archive is cut");
    // Depth is bounded here, because nlohmann's values are destroyed level by level.
    int level = 0;
    const Json json = Json::parse(
        header,
        [&level](int at, Json::parse_event_t, Json&) {
          level = std::max(level, at);
          return at < 256;
        },
        false);
    if (json.is_discarded()) return damaged("the header of an asar archive is no JSON");
    good = list_files(json, files) && level < 256;
  }
  if (!good) damaged("entries of an asar archive make no sense");
  std::uint64_t cut = 0;
  std::uint64_t budget = bytes.size * 2 + (1 << 20);  // entries may overlap only in an attack
  for (const File& file : files) {
    if (!unpacking.take_member(*origin)) return false;
    if (file.size == 0) continue;
    if (file.offset > bytes.size - data || file.size > bytes.size - data - file.offset) {
      ++cut;
      continue;
    }
    if (file.size > budget) {
      unpacking.limit(*origin, "bytes of an asar archive's members");
      return false;
    }
    budget -= file.size;
    const OriginPtr member = inside(*origin, {Inside::Kind::archive_member, file.name, "", ""});
    std::string part(std::min<std::uint64_t>(file.size, 4096), '\0');
    if (!bytes.read(data + file.offset, part.data(), part.size())) {
      ++cut;
      continue;
    }
    Unpacking::Hold hold(unpacking);
    const bool whole =
        file.size <= unpacking.limits().piece_bytes || unpacking.looks_nested(part, file.name);
    if (whole && hold.grow_to(file.size)) {
      part.resize(file.size);
      if (!bytes.read(data + file.offset, part.data(), part.size())) {
        ++cut;
        continue;
      }
      unpacking.deliver_and_open(part, member, depth + 1);
      continue;
    }
    if (whole) unpacking.limit(*member, "memory for a container inside another");
    PieceWriter writer(unpacking, member);
    for (std::uint64_t at = 0; at < file.size; at += part.size()) {
      part.resize(std::min<std::uint64_t>(file.size - at, 1 << 20));
      if (!bytes.read(data + file.offset + at, part.data(), part.size())) {
        ++cut;
        break;
      }
      writer.append(part);
    }
    writer.finish();
  }
  if (cut > 0) return damaged("members of an asar archive lie behind its end");
  return good;
}

}  // namespace kimiguard::archive

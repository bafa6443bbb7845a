// Reads an archive twice, with `plain` in front and with libarchive alone, and says where the two differ. Used by the
// unit tests and by the fuzz target, so it knows neither.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/archive/kind.h"
#include "scanner/source/archive/members.h"
#include "scanner/source/archive/plain.h"
#include "scanner/source/container/random_access.h"
#include "scanner/source/container/unpacking.h"

namespace kimiguard::testing {

struct ReadOut {
  std::vector<std::string> places;            // of documents, one after the other, with their position
  std::map<std::string, std::string> bytes;   // of a place, all its documents
  std::vector<std::string> gaps;              // kind, code and place
  std::vector<std::string> reasons;
  std::uint64_t archives = 0;
  std::uint64_t byte_count = 0;
  archive::PlainRead plain;                   // of the outer archive
};

enum class Readers { plain_first, libarchive_only };

// Containers inside are opened by the same readers.
inline ReadOut read_out(std::string_view bytes, const std::string& name, Readers readers,
                        const container::Limits& limits = {}) {
  using container::OriginPtr;
  using container::Unpacking;
  ReadOut out;
  const container::Sink sink = [&](const Document& document) {
    const std::string place = container::place_of(*document.origin);
    out.places.push_back(place + " @" + std::to_string(document.offset) + " " + std::to_string(document.line) + ":" +
                         std::to_string(document.column) + " +" + std::to_string(document.bytes.size()) + "/" +
                         std::to_string(document.seen) + "/" + std::to_string(document.later) +
                         (document.whole ? " whole" : ""));
    out.bytes[place] += document.bytes;
  };
  const auto read = [readers](Unpacking& unpacking, std::string_view inner, const OriginPtr& origin, int depth) {
    const std::string_view inner_name = origin->inside.empty() ? std::string_view(origin->path) : origin->inside.back().name;
    const archive::Kind kind = archive::kind_of(inner.substr(0, 4096), inner_name);
    const bool whole = readers == Readers::plain_first
                           ? archive::read_members_of_bytes(unpacking, inner, kind, origin, depth)
                           : archive::read_members_with_libarchive(unpacking, inner, kind, origin, depth);
    return whole ? Unpacking::Opened::complete : Unpacking::Opened::partial;
  };
  const auto probe = [](std::string_view first, std::string_view inner_name) {
    const archive::Kind kind = archive::kind_of(first, inner_name);
    return kind == archive::Kind::zip || kind == archive::Kind::tar;
  };
  auto origin = std::make_shared<Origin>();
  origin->path = name;
  Unpacking unpacking(limits, sink, read, probe);
  unpacking.set_outer_size(bytes.size());
  read(unpacking, bytes, origin, 0);
  for (const Gap& gap : unpacking.coverage().gaps) {
    out.gaps.push_back(std::string(kimiguard::name(gap.kind)) + " " + gap.code + " " + gap.place + " x" + std::to_string(gap.count));
    out.reasons.push_back(gap.reason);
  }
  out.archives = unpacking.coverage().archives;
  out.byte_count = unpacking.coverage().bytes;
  if (readers == Readers::plain_first) {
    const container::Sink nowhere = [](const Document&) {};
    Unpacking again(limits, nowhere);
    again.set_outer_size(bytes.size());
    out.plain = archive::read_plain(again, container::Bytes::of(bytes), archive::kind_of(bytes.substr(0, 4096), name), origin, 0);
  }
  return out;
}

// Empty, or the first thing that differs.
inline std::string difference(const ReadOut& plain, const ReadOut& other) {
  const auto lists = [](const char* what, const std::vector<std::string>& a, const std::vector<std::string>& b) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const std::string left = i < a.size() ? a[i] : "(nothing)";
      const std::string right = i < b.size() ? b[i] : "(nothing)";
      if (left != right) return std::string(what) + " " + std::to_string(i) + ": " + left + " / " + right;
    }
    return std::string();
  };
  if (std::string gaps = lists("gap", plain.gaps, other.gaps); !gaps.empty()) return gaps;
  if (std::string places = lists("document", plain.places, other.places); !places.empty()) return places;
  if (plain.bytes != other.bytes) return "the bytes of a document";
  if (plain.archives != other.archives) return "the number of archives";
  if (plain.byte_count != other.byte_count) return "the number of bytes";
  return "";
}

}  // namespace kimiguard::testing

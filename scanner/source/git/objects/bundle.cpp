#include "scanner/source/git/objects/bundle.h"

namespace kimiguard::git {
namespace {

constexpr std::size_t kLongestHead = std::size_t{64} << 20;

}  // namespace

bool is_bundle(std::string_view first_bytes) {
  return first_bytes.starts_with("# v2 git bundle\n") || first_bytes.starts_with("# v3 git bundle\n");
}

std::optional<BundleHead> read_bundle_head(std::string_view bytes) {
  if (!is_bundle(bytes)) return std::nullopt;
  const std::string_view text = bytes.substr(0, kLongestHead);
  BundleHead head;
  std::size_t at = 16;
  for (;;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.empty()) break;
    if (line.front() == '@') {
      if (line == "@object-format=sha256") head.hash = HashKind::sha256;
      if (line.starts_with("@filter=")) head.partial = true;
    } else if (line.front() == '-') {
      head.partial = true;
    } else if (const std::size_t space = line.find(' '); space != std::string_view::npos) {
      if (const auto id = ObjectId::from_hex(line.substr(0, space))) head.refs.emplace_back(line.substr(space + 1), *id);
    }
  }
  head.length = at;
  if (bytes.size() - at < 12) return std::nullopt;
  return head;
}

}  // namespace kimiguard::git

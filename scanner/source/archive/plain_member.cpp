#include "scanner/source/archive/plain_member.h"

#include <algorithm>

#include "scanner/source/archive/kind.h"

namespace kimiguard::archive {

bool is_plain_name(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

Member take_plain_member(container::Unpacking& unpacking, std::string_view bytes,
                         const container::OriginPtr& archive, const container::OriginPtr& member, int depth) {
  const std::string_view start = bytes.substr(0, 4096);
  const std::string_view name = member->inside.back().name;
  if (is_streamed(kind_of(start, name)) || bytes.size() > unpacking.limits().member_bytes ||
      !unpacking.may_take(bytes.size())) {
    return Member::unfitting;
  }
  if (!unpacking.take_member(*archive)) return Member::limit;
  unpacking.take_bytes(bytes.size(), *member);
  if (unpacking.looks_nested(start, name) || ends_as_zip(bytes))
    unpacking.deliver_and_open(bytes, member, depth + 1);
  else if (!bytes.empty())
    unpacking.deliver(bytes, member);
  return Member::taken;
}

}  // namespace kimiguard::archive

#include "scanner/source/git/history/commit_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace kimiguard::git {
namespace {

// The next header line, taken off `rest`; its value if the key is `key`.
std::optional<std::string_view> take_line(std::string_view& rest, std::string_view key) {
  if (!rest.starts_with(key) || rest.size() <= key.size() || rest[key.size()] != ' ')
    return std::nullopt;
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view value = rest.substr(key.size() + 1, end - key.size() - 1);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return value;
}

std::optional<ObjectId> id_in(std::string_view text, HashKind hash) {
  if (text.size() != hash_bytes(hash) * 2) return std::nullopt;
  return ObjectId::from_hex(text);
}

}  // namespace

std::optional<CommitHead> read_commit(std::string_view bytes, HashKind hash) {
  CommitHead head;
  const auto tree_line = take_line(bytes, "tree");
  if (!tree_line) return std::nullopt;
  const auto tree = id_in(*tree_line, hash);
  if (!tree) return std::nullopt;
  head.tree = *tree;
  while (const auto line = take_line(bytes, "parent"))
    if (const auto parent = id_in(*line, hash)) head.parents.push_back(*parent);
  if (const auto line = take_line(bytes, "author")) head.author = *line;
  if (const auto line = take_line(bytes, "committer")) head.committer = *line;
  return head;
}

std::optional<TagHead> read_tag(std::string_view bytes, HashKind hash) {
  const auto object = take_line(bytes, "object");
  if (!object) return std::nullopt;
  const auto target = id_in(*object, hash);
  const auto type_line = take_line(bytes, "type");
  if (!target || !type_line) return std::nullopt;
  const auto type = object_type_named(*type_line);
  if (!type) return std::nullopt;
  TagHead head;
  head.target = *target;
  head.type = *type;
  if (const auto line = take_line(bytes, "tag")) head.name = *line;
  return head;
}

Identity read_identity(std::string_view line) {
  Identity identity;
  const std::size_t close = line.rfind('>');
  if (close == std::string_view::npos) {
    identity.name = std::string(line);
    return identity;
  }
  identity.name = std::string(line.substr(0, close + 1));
  std::string_view rest = line.substr(close + 1);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  std::int64_t seconds = 0;
  std::size_t digits = 0;
  while (digits < rest.size() && digits < 12 && rest[digits] >= '0' && rest[digits] <= '9')
    seconds = seconds * 10 + (rest[digits++] - '0');
  if (digits == 0) return identity;
  identity.seconds = seconds;
  int zone = 0;  // minutes east
  const std::string_view tail = rest.substr(digits);
  if (tail.size() >= 6 && tail[0] == ' ' && (tail[1] == '+' || tail[1] == '-') &&
      std::all_of(tail.begin() + 2, tail.begin() + 6, [](char c) { return c >= '0' && c <= '9'; })) {
    zone = ((tail[2] - '0') * 10 + (tail[3] - '0')) * 60 + (tail[4] - '0') * 10 + (tail[5] - '0');
    if (tail[1] == '-') zone = -zone;
  }
  // Civil date from days since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  const std::int64_t local = seconds + std::int64_t{zone} * 60;
  std::int64_t days = local / 86400;
  std::int64_t second = local % 86400;
  if (second < 0) {
    second += 86400;
    --days;
  }
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t doe = days - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t day = doy - (153 * mp + 2) / 5 + 1;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  std::array<char, 80> text;
  const int shift = zone < 0 ? -zone : zone;
  std::snprintf(text.data(), text.size(), "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld%c%02d:%02d",
                static_cast<long long>(year), static_cast<long long>(month), static_cast<long long>(day),
                static_cast<long long>(second / 3600), static_cast<long long>(second / 60 % 60),
                static_cast<long long>(second % 60), zone < 0 ? '-' : '+', shift / 60, shift % 60);
  identity.date = text.data();
  return identity;
}

}  // namespace kimiguard::git

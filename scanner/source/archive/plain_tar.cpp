#include "scanner/source/archive/plain_tar.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "scanner/source/archive/plain_member.h"

namespace kimiguard::archive {
namespace {

using container::Bytes;
using container::inside;
using container::OriginPtr;
using container::Unpacking;

constexpr std::uint64_t kBlock = 512;
constexpr std::uint64_t kAhead = 64 << 10;
constexpr std::uint64_t kExtension = 64 << 10;  // a longer pax header or name is not ordinary

std::uint64_t padded(std::uint64_t size) { return (size + kBlock - 1) / kBlock * kBlock; }

// Up to the first NUL.
std::string_view text(std::string_view field) { return field.substr(0, field.find('\0')); }

// Octal digits, perhaps after blanks, up to a blank or NUL. Nothing if it is anything else (base 256, negative).
std::optional<std::uint64_t> octal(std::string_view field) {
  std::size_t i = 0;
  while (i < field.size() && field[i] == ' ') ++i;
  std::uint64_t value = 0;
  for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i) value = value * 8 + static_cast<std::uint64_t>(field[i] - '0');
  for (; i < field.size(); ++i)
    if (field[i] != ' ' && field[i] != '\0') return std::nullopt;
  return value;
}

bool right_checksum(std::string_view header) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) sum += i >= 148 && i < 156 ? 32u : static_cast<unsigned char>(header[i]);
  const std::optional<std::uint64_t> stated = octal(header.substr(148, 8));
  return stated && *stated == sum;
}

// The other numbers: mode, owner, group, time, device. libarchive takes a first header without them for no tar.
bool right_numbers(std::string_view header) {
  struct Field {
    std::size_t at, size;
  };
  for (const Field field : {Field{100, 8}, Field{108, 8}, Field{116, 8}, Field{136, 12}, Field{329, 8}, Field{337, 8}})
    if (!octal(header.substr(field.at, field.size))) return false;
  return true;
}

// What extended headers say about the member that follows them.
struct Extended {
  bool any = false;
  std::optional<std::string> name;
  std::optional<std::uint64_t> size;
};

// The records of a pax header: "LENGTH KEY=VALUE\n". False if one is not ordinary.
template <class Take>
bool each_record(std::string_view records, Take take) {
  while (!records.empty()) {
    std::size_t length = 0;
    const auto [behind, error] = std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<std::size_t>(behind - records.data());
    if (error != std::errc() || length > records.size() || length < digits + 3 || records[digits] != ' ' ||
        records[length - 1] != '\n') {
      return false;
    }
    const std::string_view record = records.substr(digits + 1, length - digits - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || !take(record.substr(0, equals), record.substr(equals + 1))) return false;
    records.remove_prefix(length);
  }
  return true;
}

class TarReader {
 public:
  TarReader(Unpacking& unpacking, const Bytes& bytes, OriginPtr origin, int depth)
      : unpacking_(unpacking), bytes_(bytes), origin_(std::move(origin)), depth_(depth), hold_(unpacking) {}

  PlainRead read() {
    PlainRead done;
    std::uint64_t at = 0;
    Extended extended;
    while (!unpacking_.exhausted()) {
      if (at == bytes_.size && !extended.any) break;
      const std::optional<std::string_view> header = view(at, kBlock);
      if (!header) return done;
      if (header->find_first_not_of('\0') == std::string_view::npos) {
        if (extended.any) return done;
        break;
      }
      if (!right_checksum(*header) || !right_numbers(*header)) return done;
      const std::optional<std::uint64_t> size = octal(header->substr(124, 12));
      if (!size) return done;
      at += kBlock;
      const char type = (*header)[156];
      if (type == 'g' || type == 'x' || type == 'L' || type == 'K') {
        if (!extend(type, *size, at, extended)) return done;
        at += padded(*size);
        continue;
      }
      const Outcome outcome = read_member(std::string(*header), at, extended);
      if (outcome == Outcome::unfitting) return done;
      ++done.members;
      if (outcome == Outcome::end) break;
      extended = {};
    }
    done.ended = true;
    return done;
  }

 private:
  enum class Outcome { more, end, unfitting };

  // Valid until the next call.
  std::optional<std::string_view> view(std::uint64_t at, std::uint64_t size) {
    if (at > bytes_.size || size > bytes_.size - at) return std::nullopt;
    if (at < have_at_ || at + size > have_at_ + have_) {
      const std::uint64_t wanted = std::min(bytes_.size - at, std::max(size, kAhead));
      if (!hold_.grow_to(std::max<std::uint64_t>(wanted, buffer_.size()))) return std::nullopt;
      have_ = 0;
      if (!bytes_.read(at, buffer_.room(wanted), wanted)) return std::nullopt;
      have_at_ = at;
      have_ = wanted;
    }
    return std::string_view(buffer_.room(0) + (at - have_at_), size);
  }

  // Takes what the extended header at `at` says. False if that is not ordinary.
  bool extend(char type, std::uint64_t size, std::uint64_t at, Extended& extended) {
    if (size > kExtension) return false;
    const std::optional<std::string_view> padded_body = view(at, padded(size));
    if (!padded_body) return false;
    const std::string_view body = padded_body->substr(0, size);
    // A comment on the archive: git's commit.
    if (type == 'g') return each_record(body, [](std::string_view key, std::string_view) { return key == "comment"; });
    extended.any = true;
    if (type == 'K') return true;
    if (type == 'L') {
      const std::string_view name = text(body);
      if (extended.name || body.find_first_not_of('\0', name.size()) != std::string_view::npos) return false;
      extended.name = name;
      return true;
    }
    return each_record(body, [&](std::string_view key, std::string_view value) {
      if (key == "path") {
        if (extended.name) return false;
        extended.name = value;
        return true;
      }
      if (key == "size") {
        std::uint64_t number = 0;
        const auto [behind, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (extended.size || error != std::errc() || behind != value.data() + value.size() || number > INT64_MAX) return false;
        extended.size = number;
        return true;
      }
      return key == "mtime" || key == "atime" || key == "ctime" || key == "uid" || key == "gid" || key == "uname" ||
             key == "gname" || key == "linkpath" || key == "comment";
    });
  }

  // Of a header that is not followed by what it says about another. Moves `at` behind the member.
  Outcome read_member(const std::string& copied, std::uint64_t& at, const Extended& extended) {
    const std::string_view header = copied;
    const bool gnu = header.substr(257, 8) == std::string_view("ustar  \0", 8);
    if (gnu && (header[386] != '\0' || header[345] != '\0')) return Outcome::unfitting;  // sparse, or an incremental dump
    std::string name = extended.name.value_or(std::string(text(header.substr(0, 100))));
    if (!extended.name && !gnu && header.substr(257, 5) == "ustar" && header[345] != '\0') {
      std::string prefix(text(header.substr(345, 155)));
      if (prefix.back() != '/') prefix += '/';
      name = prefix + name;
    }
    const std::uint64_t size = extended.size.value_or(*octal(header.substr(124, 12)));
    if (!is_plain_name(name)) return Outcome::unfitting;
    switch (header[156]) {
      case '0':
      case '\0':
        if (name.back() == '/') return Outcome::unfitting;
        break;
      case '1':  // a hard link: an entry without bytes of its own
        if (size != 0) return Outcome::unfitting;
        break;
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
        if (size != 0) return Outcome::unfitting;
        return unpacking_.take_member(*origin_) ? Outcome::more : Outcome::end;
      default:
        return Outcome::unfitting;
    }
    const std::uint64_t there = std::min(size, bytes_.size - at);
    const bool cut = there < size;
    if (there > kPlainMember || (!cut && padded(size) > bytes_.size - at)) return Outcome::unfitting;
    const std::optional<std::string_view> content = view(at, there);
    if (!content) return Outcome::unfitting;
    const OriginPtr member = inside(*origin_, {Inside::Kind::archive_member, std::move(name), "", ""});
    if (cut && unpacking_.looks_nested(content->substr(0, 4096), member->inside.back().name)) return Outcome::unfitting;
    switch (take_plain_member(unpacking_, *content, origin_, member, depth_)) {
      case Member::unfitting: return Outcome::unfitting;
      case Member::limit: return Outcome::end;
      case Member::taken: break;
    }
    if (cut) {
      // An outer file's own bytes were read as text (README.md).
      unpacking_.gap(origin_->inside.empty() ? GapKind::not_parsed : GapKind::unreadable, "damaged", *member,
                     "Truncated tar archive");
      return Outcome::end;
    }
    at += padded(size);
    return Outcome::more;
  }

  Unpacking& unpacking_;
  const Bytes& bytes_;
  OriginPtr origin_;
  int depth_;
  Unpacking::Hold hold_;
  PlainBuffer buffer_;
  std::uint64_t have_at_ = 0;
  std::uint64_t have_ = 0;
};

}  // namespace

PlainRead read_plain_tar(Unpacking& unpacking, const Bytes& bytes, const OriginPtr& origin, int depth) {
  return TarReader(unpacking, bytes, origin, depth).read();
}

}  // namespace kimiguard::archive

#include "scanner/source/archive/uuencode.h"

#include <algorithm>
#include <utility>

namespace kimiguard::archive {
namespace {

using container::inside;
using container::Unpacking;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

// Appends what a line holds; false if it is none.
bool decode_line(std::string_view line, std::string& out) {
  const auto value = [](char c) { return static_cast<unsigned>(c - ' ') & 63; };
  const auto fits = [](char c) { return c >= ' ' && c <= '`'; };
  if (line.empty() || !fits(line[0])) return false;
  const std::size_t size = value(line[0]);
  const std::size_t digits = (size + 2) / 3 * 4;
  // Blanks at the end of a line are lost on many ways; some programs add one character.
  if (line.size() > digits + 3 || line.size() + 4 < 1 + digits || !std::all_of(line.begin(), line.end(), fits)) return false;
  const auto digit = [&](std::size_t i) { return i < line.size() ? value(line[i]) : 0; };
  const std::size_t before = out.size();
  for (std::size_t i = 1; i < 1 + digits; i += 4) {
    const unsigned bits = digit(i) << 18 | digit(i + 1) << 12 | digit(i + 2) << 6 | digit(i + 3);
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xFF);
  }
  out.resize(before + size);
  return true;
}

std::string_view name_of(std::string_view line) {
  const std::size_t mode = line.find(' ');
  const std::size_t name = line.find(' ', mode + 1);
  return name == std::string_view::npos ? std::string_view() : line.substr(name + 1);
}

}  // namespace

bool begins_uuencoded(std::string_view line) {
  constexpr std::string_view kBegin = "begin ";
  if (!line.starts_with(kBegin)) return false;
  const std::size_t end = line.find_first_not_of("01234567", kBegin.size());
  return end != std::string_view::npos && end - kBegin.size() >= 3 && end - kBegin.size() <= 4 && line[end] == ' ' && end + 1 < line.size() &&
         line[end + 1] > ' ';
}

bool read_uuencoded(Unpacking& unpacking, std::string_view text, const container::OriginPtr& origin, int depth) {
  bool good = true;
  while (!text.empty() && !unpacking.exhausted()) {
    const std::string_view line = take_line(text);
    if (!begins_uuencoded(line)) {
      const std::size_t next = text.find("\nbegin ");
      if (text.starts_with("begin ")) continue;
      text.remove_prefix(next == std::string_view::npos ? text.size() : next + 1);
      continue;
    }
    std::string out;
    Unpacking::Hold hold(unpacking);
    std::string_view rest = text;
    while (!rest.empty()) {
      std::string_view after = rest;
      if (!decode_line(take_line(after), out)) break;
      rest = after;
      if (out.size() > unpacking.may_hold()) break;
    }
    if (out.empty()) continue;
    text = rest;
    const auto member = inside(*origin, {Inside::Kind::archive_member, std::string(name_of(line)), "", ""});
    if (!hold.grow_to(out.size())) {
      unpacking.limit(*member, "memory for a uuencoded file");
      good = false;
      continue;
    }
    if (!unpacking.take_member(*origin) || !unpacking.take_bytes(out.size(), *member)) return false;
    unpacking.deliver_and_open(out, member, depth + 1);
  }
  return good;
}

std::string from_uuencoded(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    if (line.empty() || begins_uuencoded(line)) continue;
    if (!decode_line(line, out)) break;
  }
  return out;
}

}  // namespace kimiguard::archive

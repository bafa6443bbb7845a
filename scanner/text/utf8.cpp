#include "scanner/text/utf8.h"

namespace kimiguard::text {

namespace {
std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}
bool continues(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }
}  // namespace

std::size_t utf8_length(std::string_view bytes, std::size_t at) {
  const std::uint8_t b0 = byte_at(bytes, at);
  if (b0 < 0x80) return 1;
  if (b0 < 0xC2 || b0 > 0xF4) return 0;
  const std::uint8_t b1 = byte_at(bytes, at + 1);
  if (!continues(b1)) return 0;
  if (b0 < 0xE0) return 2;
  if (!continues(byte_at(bytes, at + 2))) return 0;
  if (b0 < 0xF0) {
    if ((b0 == 0xE0 && b1 < 0xA0) || (b0 == 0xED && b1 > 0x9F)) return 0;
    return 3;
  }
  if ((b0 == 0xF0 && b1 < 0x90) || (b0 == 0xF4 && b1 > 0x8F)) return 0;
  return continues(byte_at(bytes, at + 3)) ? 4 : 0;
}

char32_t utf8_code_point(std::string_view bytes, std::size_t at, std::size_t length) {
  const auto bits = [&](std::size_t i) { return static_cast<char32_t>(byte_at(bytes, at + i) & 0x3F); };
  const char32_t b0 = byte_at(bytes, at);
  switch (length) {
    case 2:
      return ((b0 & 0x1F) << 6) | bits(1);
    case 3:
      return ((b0 & 0x0F) << 12) | (bits(1) << 6) | bits(2);
    case 4:
      return ((b0 & 0x07) << 18) | (bits(1) << 12) | (bits(2) << 6) | bits(3);
    default:
      return b0;
  }
}

void append_utf8(std::string& out, char32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | (code >> 6));
    push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | (code >> 12));
    push(0x80 | ((code >> 6) & 0x3F));
    push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | (code >> 18));
    push(0x80 | ((code >> 12) & 0x3F));
    push(0x80 | ((code >> 6) & 0x3F));
    push(0x80 | (code & 0x3F));
  }
}

std::uint64_t count_code_points(std::string_view bytes) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++count) {
    const std::size_t length = utf8_length(bytes, at);
    at += length == 0 ? 1 : length;
  }
  return count;
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_length(bytes, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++at;
    } else {
      out.append(bytes, at, length);
      at += length;
    }
  }
  return out;
}

}  // namespace kimiguard::text

#include "scanner/source/archive/kind.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>

#include "scanner/source/archive/uuencode.h"

namespace kimiguard::archive {
namespace {

// The first byte tells most, and comparing strings is a call: twenty are asked of each file of a tree (0.25 µs of 11).
bool starts(std::string_view bytes, std::string_view mark) {
  return !bytes.empty() && bytes.front() == mark.front() && bytes.starts_with(mark);
}

bool has_extension(std::string_view name, std::initializer_list<std::string_view> extensions) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot > 9) return false;
  // Asked thrice of every file of a tree.
  char lower[8] = {};
  const std::string_view written = name.substr(dot + 1);
  for (std::size_t i = 0; i < written.size(); ++i)
    lower[i] = written[i] >= 'A' && written[i] <= 'Z' ? static_cast<char>(written[i] + 32) : written[i];
  const std::string_view extension(lower, written.size());
  return std::any_of(extensions.begin(), extensions.end(), [&](std::string_view one) {
    return one.size() == extension.size() && one.front() == extension.front() && one == extension;
  });
}

// POSIX ustar by its mark; older tar by the checksum at byte 148, six octal digits over the header
// with that field as blanks.
bool is_tar(std::string_view bytes) {
  if (bytes.size() < 512 || bytes[0] == '\0') return false;
  if (bytes.substr(257, 5) == "ustar") return true;
  std::uint32_t stated = 0;
  bool digits = false;
  for (std::size_t i = 148; i < 156; ++i) {
    if (bytes[i] >= '0' && bytes[i] <= '7') {
      stated = stated * 8 + static_cast<std::uint32_t>(bytes[i] - '0');
      digits = true;
    } else if (bytes[i] != ' ' && bytes[i] != '\0') {
      return false;
    }
  }
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i) {
    sum += i >= 148 && i < 156 ? 32u : static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  }
  return digits && sum == stated;
}

// A pickle of a 4-byte header size, then the header: a pickle of a string that begins as JSON.
bool is_asar(std::string_view bytes) {
  if (bytes.size() < 24 || !starts(bytes, std::string_view("\x04\0\0\0", 4))) return false;
  return bytes.substr(16, 9).find("{\"files\"") == 0;
}

bool is_compressed(std::string_view bytes, std::string_view name) {
  using namespace std::string_view_literals;
  if (starts(bytes, "\x1F\x8B\x08"sv) && bytes.size() >= 10 && (bytes[3] & 0xE0) == 0) return true;
  if (starts(bytes, "BZh") && bytes.size() >= 10 && bytes[3] >= '1' && bytes[3] <= '9' &&
      (bytes.substr(4, 6) == "\x31\x41\x59\x26\x53\x59"sv ||
       bytes.substr(4, 6) == "\x17\x72\x45\x38\x50\x90"sv)) {
    return true;
  }
  if (starts(bytes,
             "\xFD"
             "7zXZ\0"sv) ||
      starts(bytes, "\x28\xB5\x2F\xFD"sv) || starts(bytes, "\x04\x22\x4D\x18"sv)) {
    return true;
  }
  if (bytes.size() >= 8 && bytes.substr(1, 3) == "\x2A\x4D\x18"sv && (bytes[0] & 0xF0) == 0x50)
    return true;
  if (starts(bytes, "LZIP\x01")) return true;
  if (starts(bytes, "\x5D\0\0"sv) && has_extension(name, {"lzma", "tlz"})) return true;
  return starts(bytes, "\x1F\x9D"sv) && has_extension(name, {"z", "taz"});
}

// First bytes of every mark that by_mark() knows but "#!". Text begins with others, mostly: of each file of a tree this is
// all that is asked.
constexpr auto kFirsts = [] {
  std::array<bool, 256> firsts{};
  for (const char c : {'P', 'M', '\x7F', '7', '\x1F', 'B', 'C', '\xFD', '\x28', '\x04', 'L', '\x5D', '!', '0', '\xC7', '\x71', '\xED', 'x', 'b'})
    firsts[static_cast<unsigned char>(c)] = true;
  for (int c = 0x50; c < 0x60; ++c) firsts[static_cast<std::size_t>(c)] = true;  // frames that zstd skips
  return firsts;
}();

// "PK\3\4"; of its bytes the third is the rare one.
bool holds_zip(std::string_view bytes) {
  using namespace std::string_view_literals;
  for (std::size_t at = bytes.find('\x03'); at != std::string_view::npos; at = bytes.find('\x03', at + 1))
    if (at >= 2 && bytes.substr(at - 2, 4) == "PK\x03\x04"sv) return true;
  return false;
}

Kind by_mark(std::string_view bytes, std::string_view name) {
  using namespace std::string_view_literals;
  if (starts(bytes, "PK\x03\x04") || (starts(bytes, "PK\x05\x06"sv) && bytes.size() > 22) ||
      starts(bytes, "PK00PK\x03\x04")) {
    return Kind::zip;
  }
  // An extension of Chromium: its signature, then the zip.
  if (starts(bytes, "Cr24") && bytes.size() >= 16) return Kind::zip;
  // A program or a script may stand before the archive it carries.
  if (starts(bytes, "#!") && holds_zip(bytes)) return Kind::zip;
  if ((starts(bytes, "#!") || starts(bytes, "MZ") ||
       starts(bytes,
              "\x7F"
              "ELF")) &&
      has_extension(name, {"jar", "war", "pyz", "pex", "zip"})) {
    return Kind::zip;
  }
  if (starts(bytes, "7z\xBC\xAF\x27\x1C")) return Kind::seven_zip;
  if (is_compressed(bytes, name)) return Kind::compressed;
  if (starts(bytes, "!<arch>\n")) return Kind::ar;
  if (starts(bytes, "070701") || starts(bytes, "070702") || starts(bytes, "070707") ||
      ((starts(bytes, "\xC7\x71") || starts(bytes, "\x71\xC7")) && has_extension(name, {"cpio"}))) {
    return Kind::cpio;
  }
  if (starts(bytes, "\xED\xAB\xEE\xDB")) return Kind::rpm;
  if (starts(bytes, "MSCF\0\0\0\0"sv)) return Kind::cab;
  if (starts(bytes, "xar!\0"sv)) return Kind::xar;
  if (bytes.front() == 'b' && begins_uuencoded(bytes)) return Kind::uuencoded;
  return Kind::none;
}

}  // namespace

Kind kind_of(std::string_view bytes, std::string_view name) {
  using namespace std::string_view_literals;
  if (bytes.size() < 4) return Kind::none;
  if (kFirsts[static_cast<unsigned char>(bytes[0])] || starts(bytes, "#!"))
    if (const Kind kind = by_mark(bytes, name); kind != Kind::none) return kind;
  if (is_tar(bytes)) return Kind::tar;
  if (is_asar(bytes)) return Kind::asar;
  if (bytes.substr(0, 1024).find("%PDF-") != std::string_view::npos) return Kind::pdf;
  if (starts(bytes, "bplist0")) return Kind::plist;
  if (starts(bytes, "\xFE\xED\xFE\xED") || starts(bytes, "\xCE\xCE\xCE\xCE") ||
      starts(bytes, "\x03\xD9\xA2\x9A")) {
    return Kind::keystore;
  }
  if (starts(bytes, "\x30") && has_extension(name, {"p12", "pfx", "jks", "keystore"}))
    return Kind::keystore;
  if (has_extension(name, {"iso"}) && bytes.size() >= 512) return Kind::iso;
  if (has_extension(name, {"eml", "emlx", "mht", "mhtml", "mbox"}) || begins_as_mail(bytes)) return Kind::mail;
  return Kind::none;
}

bool ends_as_zip(std::string_view last_bytes) {
  constexpr std::size_t kEnd = 22;
  if (last_bytes.size() < kEnd) return false;
  const std::string_view end = last_bytes.substr(last_bytes.size() - kEnd);
  // No comment, and members.
  return end[0] == 'P' && end.starts_with("PK\x05\x06") && end[20] == '\0' && end[21] == '\0' && (end[10] != '\0' || end[11] != '\0');
}

bool begins_as_mail(std::string_view bytes) {
  static constexpr std::string_view kFirst[] = {"From ",  "From:", "To:",   "Cc:",         "Date:",         "Delivered-To:", "DKIM-Signature:", "Message-I",
                                                "MIME-V", "Mime-V", "Received:", "Reply-To:", "Return-Path:", "Subject:",      "X-",              "ARC-", "Content-Type:"};
  if (std::none_of(std::begin(kFirst), std::end(kFirst), [&](std::string_view one) { return starts(bytes, one); })) return false;
  bytes = bytes.substr(0, 4096);
  return bytes.find("MIME-Version: 1") != std::string_view::npos || bytes.find("Mime-Version: 1") != std::string_view::npos;
}

bool is_streamed(Kind kind) {
  return kind == Kind::tar || kind == Kind::compressed || kind == Kind::cpio || kind == Kind::ar ||
         kind == Kind::rpm;
}

}  // namespace kimiguard::archive

// Zip and tar archives written byte by byte, so that a test can make each of their lies.
#pragma once

#include <libdeflate.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace kimiguard::testing {

inline std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xFF);
  return out;
}

struct ZipMember {
  std::string name;
  std::string bytes;
  bool deflated = false;
  bool descriptor = false;
  unsigned flags = 0;
  std::string central_extra = {};
  std::string local_extra = {};
  std::uint32_t attributes = 0100644u << 16;  // as Unix writes them
  // Added to what is true.
  std::uint32_t lie_crc = 0;
  std::uint32_t lie_unpacked = 0;
  std::uint32_t lie_packed = 0;
  std::uint32_t method = ~0u;
  std::string local_name = {};  // another one in the local header
};

inline std::string deflated(std::string_view bytes) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(6);
  std::string out(libdeflate_deflate_compress_bound(compressor, bytes.size()), '\0');
  out.resize(libdeflate_deflate_compress(compressor, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

inline std::string zip_of(const std::vector<ZipMember>& members, const std::string& comment = "") {
  std::string out;
  std::string directory;
  for (const ZipMember& one : members) {
    const std::string data = one.deflated ? deflated(one.bytes) : one.bytes;
    const std::string& local_name = one.local_name.empty() ? one.name : one.local_name;
    const std::string start = little(one.flags | (one.descriptor ? 8u : 0u), 2) +
                              little(one.method != ~0u ? one.method : one.deflated ? 8u : 0u, 2) + little(0x5A215A21, 4);
    const std::string sums = little(libdeflate_crc32(0, one.bytes.data(), one.bytes.size()) + one.lie_crc, 4) +
                             little(data.size() + one.lie_packed, 4) + little(one.bytes.size() + one.lie_unpacked, 4);
    directory += "PK\x01\x02" + little(0x0314, 2) + little(20, 2) + start + sums + little(one.name.size(), 2) +
                 little(one.central_extra.size(), 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(one.attributes, 4) +
                 little(out.size(), 4) + one.name + one.central_extra;
    out += "PK\x03\x04" + little(20, 2) + start + (one.descriptor ? std::string(12, '\0') : sums) +
           little(local_name.size(), 2) + little(one.local_extra.size(), 2) + local_name + one.local_extra + data;
    if (one.descriptor) out += "PK\x07\x08" + sums;
  }
  const std::string ending = little(0, 4) + little(members.size(), 2) + little(members.size(), 2) +
                             little(directory.size(), 4) + little(out.size(), 4) + little(comment.size(), 2) + comment;
  return out + directory + "PK\x05\x06" + ending;
}

struct TarMember {
  std::string name;
  std::string bytes;
  char type = '0';
  bool gnu = false;
  std::string prefix = {};
  std::uint64_t lie_size = 0;  // added
  std::string at_386 = {};     // GNU's map of a sparse file
};

inline std::string octal(std::uint64_t value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
  return text;
}

// `bytes` begin with a tar header.
inline std::string with_checksum(std::string bytes) {
  bytes.replace(148, 8, "        ");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[i]);
  return bytes.replace(148, 8, octal(sum, 6) + std::string("\0 ", 2));
}

inline std::string tar_member(const TarMember& one) {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
  put(0, one.name.substr(0, 100));
  put(100, octal(0644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(one.bytes.size() + one.lie_size, 11));
  put(136, octal(1700000000, 11));
  header[156] = one.type;
  put(257, one.gnu ? std::string_view("ustar  \0", 8) : std::string_view("ustar\000000", 8));
  put(345, one.prefix);
  put(386, one.at_386);
  return with_checksum(header) + one.bytes + std::string((512 - one.bytes.size() % 512) % 512, '\0');
}

inline std::string tar_of(const std::vector<TarMember>& members) {
  std::string out;
  for (const TarMember& one : members) out += tar_member(one);
  return out + std::string(1024, '\0');
}

// "LENGTH KEY=VALUE\n", whose length counts itself.
inline std::string pax_record(const std::string& key, const std::string& value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return std::to_string(length) + " " + key + "=" + value + "\n";
}

}  // namespace kimiguard::testing

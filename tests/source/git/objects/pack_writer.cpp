#include "tests/source/git/objects/pack_writer.h"

#include <libdeflate.h>
#include <sha1.h>
#include <sha2.h>

#include <algorithm>

#include "scanner/source/git/objects/byte_order.h"
#include "tests/source/git/objects/sandbox.h"

namespace kimiguard::git::testing {
namespace {

std::string be32(std::uint32_t value) {
  std::string bytes(4, '\0');
  store_be32(bytes.data(), value);
  return bytes;
}

std::string be64(std::uint64_t value) {
  std::string bytes(8, '\0');
  store_be64(bytes.data(), value);
  return bytes;
}

void put_size(std::string& out, std::uint64_t size) {
  while (size >= 0x80) {
    out.push_back(static_cast<char>((size & 0x7f) | 0x80));
    size >>= 7;
  }
  out.push_back(static_cast<char>(size));
}

}  // namespace

std::string deflated(std::string_view bytes, int level) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
  std::string out(libdeflate_zlib_compress_bound(compressor, bytes.size()), '\0');
  out.resize(libdeflate_zlib_compress(compressor, bytes.data(), bytes.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

std::string digest(HashKind kind, std::string_view bytes) {
  const auto* raw = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::uint8_t out[32];
  if (kind == HashKind::sha1) {
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, raw, bytes.size());
    SHA1Final(out, &context);
  } else {
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, raw, bytes.size());
    SHA256Final(out, &context);
  }
  return {reinterpret_cast<const char*>(out), hash_bytes(kind)};
}

DeltaWriter::DeltaWriter(std::uint64_t base_size, std::uint64_t result_size) {
  put_size(bytes_, base_size);
  put_size(bytes_, result_size);
}

DeltaWriter& DeltaWriter::copy(std::uint32_t from, std::uint32_t length) {
  unsigned op = 0x80;
  std::string rest;
  for (unsigned i = 0; i < 4; ++i)
    if (const auto byte = static_cast<unsigned char>(from >> (8 * i)); byte != 0) {
      op |= 1U << i;
      rest.push_back(static_cast<char>(byte));
    }
  if (length != 0x10000)
    for (unsigned i = 0; i < 3; ++i)
      if (const auto byte = static_cast<unsigned char>(length >> (8 * i)); byte != 0) {
        op |= 0x10U << i;
        rest.push_back(static_cast<char>(byte));
      }
  bytes_.push_back(static_cast<char>(op));
  bytes_ += rest;
  return *this;
}

DeltaWriter& DeltaWriter::insert(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, 127);
    bytes_.push_back(static_cast<char>(piece.size()));
    bytes_ += piece;
    bytes.remove_prefix(piece.size());
  }
  return *this;
}

PackWriter::PackWriter(HashKind kind) : kind_(kind) {}

std::uint64_t PackWriter::raw(unsigned type, std::uint64_t claimed_size, std::string_view before_stream,
                              std::string_view stream, const ObjectId& id) {
  const std::uint64_t offset = 12 + body_.size();
  const std::size_t begin = body_.size();
  std::uint64_t size = claimed_size >> 4;
  auto byte = static_cast<unsigned>((type << 4) | (claimed_size & 15U));
  while (size != 0) {
    body_.push_back(static_cast<char>(byte | 0x80U));
    byte = static_cast<unsigned>(size & 0x7fU);
    size >>= 7;
  }
  body_.push_back(static_cast<char>(byte));
  body_ += before_stream;
  body_ += stream;
  rows.push_back({id, offset, libdeflate_crc32(0, body_.data() + begin, body_.size() - begin)});
  ++count_;
  return offset;
}

std::uint64_t PackWriter::whole(ObjectType type, std::string_view bytes) {
  return raw(static_cast<unsigned>(type), bytes.size(), "", deflated(bytes), hash_object(kind_, type, bytes));
}

std::uint64_t PackWriter::offset_delta(std::uint64_t base, std::string_view delta, const ObjectId& id) {
  std::uint64_t distance = 12 + body_.size() - base;
  std::string reversed(1, static_cast<char>(distance & 0x7f));
  while ((distance >>= 7) != 0) reversed.push_back(static_cast<char>(0x80 | (--distance & 0x7f)));
  std::reverse(reversed.begin(), reversed.end());
  return raw(6, delta.size(), reversed, deflated(delta), id);
}

std::uint64_t PackWriter::ref_delta(const ObjectId& base, std::string_view delta, const ObjectId& id) {
  return raw(7, delta.size(), {reinterpret_cast<const char*>(base.data()), base.size()}, deflated(delta), id);
}

std::string PackWriter::pack() const {
  std::string pack = "PACK" + be32(2) + be32(count_) + body_;
  return pack + digest(kind_, pack);
}

std::string PackWriter::index() const {
  std::vector<Row> sorted = rows;
  std::sort(sorted.begin(), sorted.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
  std::string index = "\377tOc" + be32(2);
  std::size_t at = 0;
  for (unsigned byte = 0; byte < 256; ++byte) {
    while (at < sorted.size() && sorted[at].id.data()[0] == byte) ++at;
    index += be32(static_cast<std::uint32_t>(at));
  }
  for (const Row& row : sorted) index.append(reinterpret_cast<const char*>(row.id.data()), row.id.size());
  for (const Row& row : sorted) index += be32(row.crc);
  std::string large;
  for (const Row& row : sorted) {
    if (row.offset < 0x80000000U) {
      index += be32(static_cast<std::uint32_t>(row.offset));
    } else {
      index += be32(0x80000000U | static_cast<std::uint32_t>(large.size() / 8));
      large += be64(row.offset);
    }
  }
  index += large;
  index += digest(kind_, pack().substr(0, 12 + body_.size()));
  return index + digest(kind_, index);
}

void PackWriter::write(const std::string& objects_dir, const std::string& name, bool with_index) const {
  write_file(objects_dir + "/pack/pack-" + name + ".pack", pack());
  if (with_index) write_file(objects_dir + "/pack/pack-" + name + ".idx", index());
}

}  // namespace kimiguard::git::testing

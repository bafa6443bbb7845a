#include "scanner/source/archive/members.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "scanner/source/archive/libarchive.h"
#include "scanner/source/archive/plain.h"
#include "scanner/source/container/random_access.h"

namespace kimiguard::archive {
namespace {

using container::Bytes;
using container::inside;
using container::OriginPtr;
using container::PieceWriter;
using container::Unpacking;

constexpr std::size_t kStart = 4096;  // what Kind and the opener want to see
constexpr std::size_t kBlock = 64 << 10;

std::string_view innermost_name(const Origin& origin) {
  return origin.inside.empty() ? std::string_view(origin.path)
                               : std::string_view(origin.inside.back().name);
}

// `log.txt.gz` holds `log.txt`.
std::string name_of_only_member(const Origin& origin) {
  std::string_view name = innermost_name(origin);
  name = name.substr(name.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > 6) return "data";
  return std::string(name.substr(0, dot));
}

class MemberReader {
 public:
  MemberReader(Unpacking& unpacking, const LibArchive& lib, Kind kind, OriginPtr origin, int depth)
      : unpacking_(unpacking),
        lib_(lib),
        kind_(kind),
        origin_(std::move(origin)),
        depth_(depth),
        gaps_before_(unpacking.gap_count()),
        archive_(lib.archive_read_new(), lib.archive_read_free) {
    if (!archive_) return;
    ::archive* a = archive_.get();
    switch (kind) {
      case Kind::zip:
        lib.archive_read_support_format_zip(a);
        break;
      case Kind::seven_zip:
        lib.archive_read_support_format_7zip(a);
        break;
      case Kind::cab:
        lib.archive_read_support_format_cab(a);
        break;
      case Kind::xar:
        lib.archive_read_support_format_xar(a);
        break;
      case Kind::iso:
        lib.archive_read_support_format_iso9660(a);
        break;
      case Kind::tar:
        lib.archive_read_support_format_tar(a);
        break;
      case Kind::ar:
        lib.archive_read_support_format_ar(a);
        break;
      case Kind::cpio:
        lib.archive_read_support_format_cpio(a);
        break;
      case Kind::compressed:
        // Not the tar reader too: to it whatever begins with zeros is an empty archive. A tar inside is
        // told by kind_of() and read from here like any other nested one.
        for (auto* filter : lib.filters) filter(a);
        lib.archive_read_support_format_raw(a);
        break;
      case Kind::rpm:
        for (auto* filter : lib.filters) filter(a);
        lib.archive_read_support_format_cpio(a);
        break;
      default:
        break;
    }
  }

  ::archive* handle() { return archive_.get(); }

  // So many members were read by another reader.
  void skip(std::uint64_t members) { skip_ = members; }

  // After the handle was opened with `status`. False if there was a gap.
  bool read_all(int status) {
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return damaged();
    while (!unpacking_.exhausted()) {
      archive_entry* entry = nullptr;
      status = lib_.archive_read_next_header(handle(), &entry);
      if (status == ARCHIVE_EOF) break;
      // What it skips to find the next header (tar: a wrong checksum) was not read.
      if (status == ARCHIVE_RETRY) {
        if (retries_ == 0) damaged();
        if (++retries_ > 100) return false;
        continue;
      }
      if (status == ARCHIVE_FAILED) {
        damaged();
        if (++retries_ > 100) return false;
        continue;
      }
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return damaged();
      if (number_ < skip_) {
        ++number_;
        continue;
      }
      if (!unpacking_.take_member(*origin_) || !read_member(entry)) break;
    }
    return unpacking_.gap_count() == gaps_before_ && !unpacking_.exhausted();
  }

 private:
  // What a nested archive reads from its parent.
  struct Stream {
    MemberReader* parent;
    std::string start;
    bool started = false;
    std::string_view last;
  };

  static la_ssize_t read_stream(::archive*, void* client, const void** buffer) {
    auto* stream = static_cast<Stream*>(client);
    try {
      if (!stream->started) {
        stream->started = true;
        stream->last = stream->start;
      } else if (!stream->parent->next_block(stream->last)) {
        stream->last = {};
      }
    } catch (...) {
      return -1;  // no exception goes through libarchive
    }
    *buffer = stream->last.data();
    return static_cast<la_ssize_t>(stream->last.size());
  }

  // The caller has seen the outer file's own bytes. Where these hold the members plainly, or are no archive
  // after all, damage hides nothing: they were read as text but not parsed (design §2). What is compressed,
  // or lies inside something else, was seen only as far as it could be unpacked.
  GapKind damage() {
    const bool compressed = kind_ == Kind::compressed || kind_ == Kind::rpm;
    const bool plain = kind_ == Kind::tar || kind_ == Kind::ar || kind_ == Kind::cpio ||
                       (!compressed && lib_.archive_format(handle()) == 0);
    return plain && !nested_ && origin_->inside.empty() ? GapKind::not_parsed : GapKind::unreadable;
  }

  bool damaged() {
    // libarchive 3.6 crashes on the second question before it has chosen a format.
    if (lib_.archive_format(handle()) != 0 && lib_.archive_read_has_encrypted_entries(handle()) == 1) {
      unpacking_.gap(GapKind::set_aside, "encrypted", *origin_, "the archive is encrypted");
      return false;
    }
    const char* reason = lib_.archive_error_string(handle());
    unpacking_.gap(damage(), "damaged", *origin_,
                   reason ? "the archive cannot be read to its end: " + std::string(reason)
                          : "the archive cannot be read to its end");
    return false;
  }

  // The next bytes of the current member; false at its end, after damage, or at a limit.
  bool next_block(std::string_view& block) {
    if (ended_) return false;
    for (int empty = 0; empty < 1000; ++empty) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = lib_.archive_read_data_block(handle(), &data, &size, &offset);
      if (status == ARCHIVE_EOF) {
        ended_ = true;
        return false;
      }
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
        ended_ = true;
        const char* reason = lib_.archive_error_string(handle());
        unpacking_.gap(damage(), "damaged", *member_,
                       reason ? reason : "its data cannot be read");
        fatal_ = status == ARCHIVE_FATAL;
        return false;
      }
      if (size == 0) continue;
      // Holes of a sparse file are not filled: a header can claim exabytes of them.
      member_bytes_ += size;
      if (member_bytes_ > unpacking_.limits().member_bytes) {
        ended_ = true;
        unpacking_.limit(*member_, "the size of one member");
        return false;
      }
      if (!unpacking_.take_bytes(size, *member_)) {
        ended_ = true;
        return false;
      }
      block = {static_cast<const char*>(data), size};
      return true;
    }
    ended_ = true;
    return false;
  }

  std::string name_of(archive_entry* entry) {
    if (lib_.archive_format(handle()) == ARCHIVE_FORMAT_RAW) return name_of_only_member(*origin_);
    if (const char* name = lib_.archive_entry_pathname(entry); name && *name) return name;
    if (const char* name = lib_.archive_entry_pathname_utf8(entry); name && *name) return name;
    return "(member " + std::to_string(number_) + ")";
  }

  // False when nothing more can be read from the archive.
  bool read_member(archive_entry* entry) {
    ++number_;
    const auto type = lib_.archive_entry_filetype(entry);
    if (type != AE_IFREG && type != 0) return true;
    member_ = inside(*origin_, {Inside::Kind::archive_member, name_of(entry), "", ""});
    ended_ = false;
    fatal_ = false;
    member_bytes_ = 0;
    size_hint_ = lib_.archive_entry_size_is_set(entry) && lib_.archive_entry_size(entry) > 0
                     ? static_cast<std::uint64_t>(lib_.archive_entry_size(entry))
                     : 0;
    if (lib_.archive_entry_is_data_encrypted(entry) == 1 ||
        lib_.archive_entry_is_metadata_encrypted(entry) == 1) {
      unpacking_.gap(GapKind::set_aside, "encrypted", *member_, "the member is encrypted");
      return true;
    }
    std::string start;
    std::string_view block;
    while (start.size() < kStart && next_block(block)) start.append(block);
    const std::string_view name = member_->inside.back().name;
    const Kind kind = kind_of(std::string_view(start).substr(0, kStart), name);
    if (is_streamed(kind)) {
      read_streamed(kind, std::move(start));
    } else if (unpacking_.looks_nested(std::string_view(start).substr(0, kStart), name)) {
      read_held(kind, std::move(start));
    } else {
      read_plain(std::move(start));
    }
    return !fatal_;
  }

  void read_plain(std::string start) {
    if (ended_ && start.size() <= unpacking_.limits().piece_bytes) {
      if (!start.empty()) unpacking_.deliver(start, member_);
      return;
    }
    PieceWriter writer(unpacking_, member_);
    writer.append(start);
    start = {};
    std::string_view block;
    while (next_block(block)) writer.append(block);
    writer.finish();
  }

  void read_streamed(Kind kind, std::string start) {
    // A compressed tar is one level with its tar.
    const bool same_level = kind_ == Kind::compressed && (kind == Kind::tar || kind == Kind::cpio);
    const OriginPtr member = same_level ? origin_ : member_;
    const int depth = same_level ? depth_ : depth_ + 1;
    if (depth >= unpacking_.limits().depth) {
      unpacking_.limit(*member, "containers inside containers");
      read_plain(std::move(start));
      return;
    }
    Stream stream{this, std::move(start), false, {}};
    bool good = false;
    {
      MemberReader child(unpacking_, lib_, kind, member, depth);
      child.nested_ = true;
      if (child.handle()) {
        if (!same_level) ++unpacking_.coverage().archives;
        good = child.read_all(
            lib_.archive_read_open2(child.handle(), &stream, nullptr, read_stream, nullptr, nullptr));
      }
    }
    // What lies behind the damage, or behind the end, is still bytes; padding is not worth a document.
    PieceWriter writer(unpacking_, member_);
    if (!good) writer.append(stream.last);
    std::string_view block;
    while (next_block(block)) {
      if (writer.written() > 0 || block.find_first_not_of('\0') != std::string_view::npos)
        writer.append(block);
    }
    writer.finish();
  }

  void read_held(Kind kind, std::string whole) {
    Unpacking::Hold hold(unpacking_);
    std::string_view block;
    if (size_hint_ > whole.size() && hold.grow_to(size_hint_)) whole.reserve(size_hint_);
    bool fits = hold.grow_to(whole.capacity());
    while (fits && next_block(block)) {
      if (whole.size() + block.size() > whole.capacity()) {
        // Growing needs both copies for a moment.
        fits = hold.grow_to(whole.capacity() + 2 * (whole.size() + block.size()));
        if (!fits) break;
        whole.reserve(2 * (whole.size() + block.size()));
      }
      whole.append(block);
      block = {};
    }
    if (fits) {
      unpacking_.deliver_and_open(whole, member_, depth_ + 1);
      return;
    }
    whole.append(block);
    // A zip can be read from its front as well, less reliably.
    if (kind == Kind::zip) {
      read_streamed(kind, std::move(whole));
      return;
    }
    unpacking_.limit(*member_, "memory for a container inside another");
    read_plain(std::move(whole));
  }

  Unpacking& unpacking_;
  const LibArchive& lib_;
  Kind kind_;
  OriginPtr origin_;
  int depth_;
  std::uint64_t gaps_before_;
  std::unique_ptr<::archive, int (*)(::archive*)> archive_;
  OriginPtr member_;
  std::uint64_t number_ = 0;
  std::uint64_t skip_ = 0;
  std::uint64_t member_bytes_ = 0;
  std::uint64_t size_hint_ = 0;
  int retries_ = 0;
  bool ended_ = true;
  bool fatal_ = false;
  bool nested_ = false;  // reads from another one
};

const LibArchive* library_or_gap(Unpacking& unpacking, const Origin& origin) {
  const LibArchive* lib = libarchive();
  if (!lib) {
    unpacking.gap(GapKind::unreadable, "no_libarchive", origin,
                  "archives are not opened, because libarchive.so.13 is not installed");
  }
  return lib;
}

// `read` members were read before.
template <class Open>
bool go_on(Unpacking& unpacking, std::uint64_t read, Kind kind, const OriginPtr& origin, int depth, Open open) {
  const LibArchive* lib = library_or_gap(unpacking, *origin);
  if (!lib) return false;
  ++unpacking.coverage().archives;
  MemberReader reader(unpacking, *lib, kind, origin, depth);
  if (!reader.handle()) return false;
  reader.skip(read);
  return reader.read_all(open(*lib, reader.handle()));
}

template <class Open>
bool read_members(Unpacking& unpacking, const Bytes& bytes, Kind kind, const OriginPtr& origin, int depth, Open open) {
  const std::uint64_t gaps_before = unpacking.gap_count();
  const PlainRead plain = read_plain(unpacking, bytes, kind, origin, depth);
  if (plain.ended) {
    ++unpacking.coverage().archives;
    return unpacking.gap_count() == gaps_before && !unpacking.exhausted();
  }
  return go_on(unpacking, plain.members, kind, origin, depth, open) && unpacking.gap_count() == gaps_before;
}

auto open_in(std::string_view bytes) {
  return [bytes](const LibArchive& lib, ::archive* handle) {
    return lib.archive_read_open_memory(handle, bytes.data(), bytes.size());
  };
}

}  // namespace

bool read_members_of_file(Unpacking& unpacking, int descriptor, Kind kind, const OriginPtr& origin,
                          int depth) {
  return read_members(unpacking, Bytes::of_descriptor(descriptor), kind, origin, depth,
                      [&](const LibArchive& lib, ::archive* handle) {
                        return lib.archive_read_open_fd(handle, descriptor, kBlock);
                      });
}

bool read_members_of_bytes(Unpacking& unpacking, std::string_view bytes, Kind kind,
                           const OriginPtr& origin, int depth) {
  return read_members(unpacking, Bytes::of(bytes), kind, origin, depth, open_in(bytes));
}

bool read_members_with_libarchive(Unpacking& unpacking, std::string_view bytes, Kind kind,
                                  const OriginPtr& origin, int depth) {
  return go_on(unpacking, 0, kind, origin, depth, open_in(bytes));
}

}  // namespace kimiguard::archive

// One pack: its mapped bytes, its index and what lies beside it.
//
// Format: gitformat-pack(5), pack versions 2 and 3.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "scanner/core/result.h"
#include "scanner/source/git/objects/mapped_file.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/pack_index.h"

namespace kimiguard::git {

// The head of an entry. Types 1 to 4 are whole objects; the two others are deltas.
struct EntryHead {
  enum Kind : std::uint8_t { commit = 1, tree = 2, blob = 3, tag = 4, offset_delta = 6, ref_delta = 7 };
  Kind kind = blob;
  std::uint64_t size = 0;         // bytes after inflation: of the object, or of the delta
  std::uint64_t base_offset = 0;  // offset_delta: where the base begins in the pack
  const std::uint8_t* base_id = nullptr;  // ref_delta: raw id inside the pack
  std::uint64_t data = 0;         // where the zlib stream begins in the pack

  bool delta() const { return kind >= offset_delta; }
};

// Copies share the mapping.
class Pack {
 public:
  // Bytes before the first entry: "PACK", version, count.
  static constexpr std::uint64_t kHeader = 12;

  // Opens `stem`.pack and `stem`.idx. Fails only if the pack itself cannot be mapped or is cut short;
  // a missing or broken index, or one made for another pack, leaves indexed() false.
  static Result<Pack> open(const std::string& stem, HashKind kind);

  // A pack without an index (a bundle's), whose bytes outlive it. `name` stands for its path.
  static Result<Pack> of_bytes(const std::string& name, std::string_view bytes, HashKind kind);

  const std::string& path() const { return path_; }  // of the .pack file, or the name of bytes in memory
  HashKind hash_kind() const { return kind_; }
  std::string_view bytes() const { return bytes_; }
  // One past the last byte that can belong to an entry. A pack cut short may have no trailer.
  std::uint64_t entries_end() const { return entries_end_; }
  std::uint32_t claimed_count() const { return claimed_count_; }
  // The first twelve bytes are not those of a pack that is known.
  bool header_damaged() const { return header_damaged_; }
  bool promisor() const { return promisor_; }
  bool cruft() const { return cruft_; }

  bool indexed() const { return index_ != nullptr; }
  // Why there is no index; empty if there is one.
  const Error& index_error() const { return index_error_; }
  // REQUIRES: indexed().
  const PackIndex& index() const { return *index_; }
  void set_index(PackIndex index) { index_ = std::make_shared<const PackIndex>(std::move(index)); }

  // The head at `offset`; nothing where none can be: outside the entries, an unknown type, a base at
  // or behind the entry itself.
  std::optional<EntryHead> head(std::uint64_t offset) const;

 private:
  std::string path_;
  HashKind kind_ = HashKind::sha1;
  std::shared_ptr<const MappedFile> file_;
  std::string_view bytes_;  // in file_, or the caller's
  std::shared_ptr<const PackIndex> index_;
  Error index_error_;
  std::uint64_t entries_end_ = 0;
  std::uint32_t claimed_count_ = 0;
  bool header_damaged_ = false;
  bool promisor_ = false;
  bool cruft_ = false;
};

}  // namespace kimiguard::git

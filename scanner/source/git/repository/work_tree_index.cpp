#include "scanner/source/git/repository/work_tree_index.h"

#include <sha1.h>
#include <sha2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace kimiguard::git {
namespace {

constexpr std::size_t kHeadBytes = 12;
constexpr std::size_t kStatBytes = 40;            // ctime … size, before the id
constexpr std::size_t kMostPathBytes = 1u << 30;  // all paths of a version 4 index together
constexpr std::size_t kMostPath = 64 * 1024;

std::uint32_t be32(std::string_view bytes, std::size_t at) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
  return (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | p[3];
}

std::uint64_t be64(std::string_view bytes, std::size_t at) {
  return (std::uint64_t{be32(bytes, at)} << 32) | be32(bytes, at + 4);
}

const std::uint8_t* raw(std::string_view bytes, std::size_t at) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

bool checksum_fits(std::string_view bytes, std::size_t hash_size) {
  const std::size_t body = bytes.size() - hash_size;
  const std::string_view stored = bytes.substr(body);
  if (all_zero(stored)) return true;  // index.skipHash
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  if (hash_size == SHA1_DIGEST_LENGTH) {
    SHA1_CTX context;
    SHA1Init(&context);
    SHA1Update(&context, raw(bytes, 0), body);
    SHA1Final(digest.data(), &context);
  } else {
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, raw(bytes, 0), body);
    SHA256Final(digest.data(), &context);
  }
  return std::memcmp(digest.data(), stored.data(), hash_size) == 0;
}

// The set bits of an EWAH bitmap below `limit`, and the bytes it took.
struct Bits {
  std::vector<std::uint32_t> set;
  std::size_t bytes = 0;
};

std::optional<Bits> read_ewah(std::string_view bytes, std::size_t limit) {
  if (bytes.size() < 8) return std::nullopt;
  const std::size_t words = be32(bytes, 4);
  const std::size_t end = 8 + words * 8;
  if (words > bytes.size() / 8 || bytes.size() < end + 4) return std::nullopt;
  Bits bits;
  bits.bytes = end + 4;
  std::uint64_t position = 0;  // bit
  const auto add = [&](std::uint64_t word) {
    while (word != 0) {
      const std::uint64_t bit = position + static_cast<std::uint64_t>(__builtin_ctzll(word));
      if (bit >= limit) return false;
      bits.set.push_back(static_cast<std::uint32_t>(bit));
      word &= word - 1;
    }
    return true;
  };
  std::size_t at = 8;
  while (at < end) {
    // A run word: one bit of value, 32 bits of run length, 31 bits of literal words that follow.
    const std::uint64_t run = be64(bytes, at);
    at += 8;
    const bool value = (run & 1) != 0;
    const std::uint64_t length = (run >> 1) & 0xffffffffu;
    const std::uint64_t literals = run >> 33;
    if (literals > (end - at) / 8) return std::nullopt;
    if (value) {
      if (position + length * 64 > limit + 63) return std::nullopt;
      for (std::uint64_t i = 0; i < length; ++i) {
        for (int b = 0; b < 64 && position + static_cast<std::uint64_t>(b) < limit; ++b)
          bits.set.push_back(static_cast<std::uint32_t>(position + static_cast<std::uint64_t>(b)));
        position += 64;
      }
    } else {
      position += length * 64;
    }
    for (std::uint64_t i = 0; i < literals; ++i) {
      if (!add(be64(bytes, at))) return std::nullopt;
      at += 8;
      position += 64;
    }
  }
  return bits;
}

bool entry_before(const IndexEntry& a, const IndexEntry& b) {
  const int order = a.path.compare(b.path);
  return order != 0 ? order < 0 : a.stage < b.stage;
}

}  // namespace

class IndexReader {
 public:
  IndexReader(HashKind hash, const IndexOptions& options) : options_(options) {
    index_.hash_size_ = hash_bytes(hash);
  }

  Result<WorkTreeIndex> read(const std::string& path, const std::string& git_dir) {
    auto map = PlainMap::open(path, options_.max_bytes);
    if (!map) return map.error();
    index_.map_ = std::move(*map);
    place_ = path;
    git_dir_ = git_dir;
    if (auto failure = take(index_.map_.bytes())) return *failure;
    return std::move(index_);
  }

  Result<WorkTreeIndex> parse(std::string_view bytes) {
    place_ = "index";
    if (auto failure = take(bytes)) return *failure;
    return std::move(index_);
  }

 private:
  struct Link {
    std::string shared;  // hex; empty: all zeros, none
    std::vector<std::uint32_t> deleted;
    std::vector<std::uint32_t> replaced;
    bool there = false;
  };

  static Error damaged(std::string what) {
    return {"damaged", "the index is damaged: " + std::move(what)};
  }

  void gap(GapKind kind, std::string code, std::string reason) {
    index_.gaps_.push_back({kind, std::move(code), place_, std::move(reason), 1});
  }

  std::optional<Error> take(std::string_view bytes) {
    std::vector<IndexEntry> entries;
    std::size_t after = 0;
    if (auto failure = read_entries(bytes, entries, after, index_.version_)) return failure;
    Link link;
    if (auto failure = read_extensions(bytes, after, link, entries.size())) return failure;
    if (link.there && !link.shared.empty()) {
      if (auto failure = merge_shared(link, entries)) return failure;
    }
    if (!std::is_sorted(entries.begin(), entries.end(), entry_before)) {
      gap(GapKind::not_parsed, "index-order", "its entries are not in order");
      std::stable_sort(entries.begin(), entries.end(), entry_before);
    }
    index_.entries_ = std::move(entries);
    check_cache_tree();
    return std::nullopt;
  }

  // Reads header and entries; `after` is where the extensions begin. A file cut within its entries keeps
  // those that are whole.
  std::optional<Error> read_entries(std::string_view bytes, std::vector<IndexEntry>& entries,
                                    std::size_t& after, std::uint32_t& version) {
    const std::size_t hash = index_.hash_size_;
    if (bytes.size() < kHeadBytes + hash || bytes.substr(0, 4) != "DIRC")
      return damaged("it has no header");
    version = be32(bytes, 4);
    if (version < 2 || version > 4)
      return Error{"unsupported",
                   "the index is of version " + std::to_string(version) + ", which is not known"};
    const std::size_t count = be32(bytes, 8);
    const std::size_t end = bytes.size() - hash;
    const std::size_t least = kStatBytes + hash + 2;
    if (options_.verify_checksum && !checksum_fits(bytes, hash))
      gap(GapKind::unreadable, "index-checksum", "its checksum does not fit its content");
    std::size_t at = kHeadBytes;
    entries.reserve(std::min(count, (end - at) / (least + 2) + 1));
    std::string* arena = nullptr;
    std::vector<std::size_t> offsets;  // version 4: where each path lies in the arena
    if (version == 4) {
      index_.arenas_.push_back(std::make_unique<std::string>());
      arena = index_.arenas_.back().get();
    }
    std::size_t previous = 0;  // version 4: length of the previous path
    bool cut = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (end - at < least) {
        cut = true;
        break;
      }
      IndexEntry entry;
      const std::size_t begin = at;
      entry.mode = be32(bytes, at + 24);
      entry.size = be32(bytes, at + 36);
      entry.id = raw(bytes, at + kStatBytes);
      at += kStatBytes + hash;
      const auto flags = static_cast<std::uint32_t>(be32(bytes, at - 2) & 0xffff);
      at += 2;
      entry.assume_valid = (flags & 0x8000) != 0;
      entry.stage = static_cast<std::uint8_t>((flags >> 12) & 3);
      if ((flags & 0x4000) != 0) {
        if (version < 3 || end - at < 2) {
          cut = true;
          break;
        }
        const std::uint32_t more = be32(bytes, at - 2) & 0xffff;
        entry.skip_worktree = (more & 0x4000) != 0;
        entry.intent_to_add = (more & 0x2000) != 0;
        at += 2;
      }
      if (version == 4) {
        // How much of the previous path to drop, as a pack's offset is written; then the rest of this
        // one.
        std::size_t drop = 0;
        bool broken = true;
        for (int step = 0; step < 6 && at < end; ++step) {
          const auto byte = static_cast<std::uint8_t>(bytes[at++]);
          drop = step == 0 ? (byte & 0x7fu) : ((drop + 1) << 7) | (byte & 0x7fu);
          if ((byte & 0x80) == 0) {
            broken = false;
            break;
          }
        }
        const std::size_t nul = bytes.substr(0, end).find('\0', at);
        if (broken || drop > previous || nul == std::string_view::npos ||
            previous - drop + (nul - at) > kMostPath || arena->size() + kMostPath > kMostPathBytes) {
          cut = true;
          break;
        }
        const std::size_t from = arena->size();
        const std::size_t keep = previous - drop;
        arena->append(*arena, from - previous, keep);
        arena->append(bytes.substr(at, nul - at));
        offsets.push_back(from);
        previous = arena->size() - from;
        at = nul + 1;
      } else {
        std::size_t length = flags & 0xfff;
        if (length == 0xfff || length > end - at) {
          const std::size_t nul = bytes.substr(0, end).find('\0', at);
          if (nul == std::string_view::npos) {
            cut = true;
            break;
          }
          length = nul - at;
        }
        entry.path = bytes.substr(at, length);
        // Padded with one to eight NULs to a multiple of eight.
        const std::size_t whole = ((at - begin) + length + 8) & ~std::size_t{7};
        if (whole > end - begin) {
          cut = true;
          break;
        }
        at = begin + whole;
      }
      entries.push_back(entry);
    }
    if (arena != nullptr) {
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::size_t to = i + 1 < offsets.size() ? offsets[i + 1] : arena->size();
        entries[i].path = std::string_view(*arena).substr(offsets[i], to - offsets[i]);
      }
    }
    if (cut) {
      if (entries.empty() && count != 0) return damaged("its entries cannot be read");
      gap(GapKind::unreadable, "damaged",
          "only " + std::to_string(entries.size()) + " of " + std::to_string(count) +
              " entries can be read");
      at = end;
    }
    after = at;
    return std::nullopt;
  }

  std::optional<Error> read_extensions(std::string_view bytes, std::size_t at, Link& link,
                                       std::size_t own) {
    const std::size_t end = bytes.size() - index_.hash_size_;
    while (at < end) {
      if (end - at < 8) {
        gap(GapKind::not_parsed, "damaged", "something follows its entries that is no extension");
        break;
      }
      const std::string_view name = bytes.substr(at, 4);
      const std::size_t size = be32(bytes, at + 4);
      at += 8;
      if (size > end - at) {
        gap(GapKind::not_parsed, "damaged", "an extension claims to be longer than the file");
        break;
      }
      const std::string_view body = bytes.substr(at, size);
      at += size;
      if (name == "TREE") {
        read_cache_tree(body);
      } else if (name == "link") {
        if (auto failure = read_link(body, link, own)) return failure;
      } else if (name == "sdir") {
        index_.sparse_ = true;
      } else if (name[0] < 'A' || name[0] > 'Z') {
        // Lower case: the entries cannot be understood without it.
        return Error{"unsupported",
                     "the index has an extension that is not known and may not be ignored"};
      }
    }
    return std::nullopt;
  }

  std::optional<Error> read_link(std::string_view body, Link& link, std::size_t own) {
    const std::size_t hash = index_.hash_size_;
    if (body.size() < hash) return damaged("its link to a shared index is too short");
    link.there = true;
    index_.split_ = true;
    if (!all_zero(body.substr(0, hash))) link.shared = ObjectId(body.data(), hash).hex();
    body.remove_prefix(hash);
    if (body.empty()) return std::nullopt;
    // Positions in the shared index, whose length is not known yet: no index has more than these.
    constexpr std::size_t kMostEntries = 1u << 24;
    auto deleted = read_ewah(body, kMostEntries);
    if (!deleted) return damaged("its list of deleted entries cannot be read");
    body.remove_prefix(deleted->bytes);
    auto replaced = read_ewah(body, kMostEntries);
    if (!replaced || replaced->set.size() > own)
      return damaged("its list of replaced entries cannot be read");
    link.deleted = std::move(deleted->set);
    link.replaced = std::move(replaced->set);
    return std::nullopt;
  }

  // Puts the shared index's entries under the split index's own, which are in `entries`.
  std::optional<Error> merge_shared(const Link& link, std::vector<IndexEntry>& entries) {
    const std::string name = "sharedindex." + link.shared;
    Result<PlainMap> map = Error{"absent", ""};
    if (!git_dir_.empty()) {
      map = PlainMap::open(join_path(git_dir_, name), options_.max_bytes);
      if (!map) map = PlainMap::open(join_path(parent_path(place_), name), options_.max_bytes);
    }
    if (!map) return damaged("its shared index " + name + " cannot be read");
    index_.shared_.push_back(std::move(*map));
    std::vector<IndexEntry> base;
    std::size_t after = 0;
    std::uint32_t version = 0;
    if (auto failure = read_entries(index_.shared_.back().bytes(), base, after, version)) return failure;
    // Replacing entries stand first and have no path of their own: they take it from what they replace.
    std::size_t own = 0;
    for (const std::uint32_t position : link.replaced) {
      if (position >= base.size() || own >= entries.size())
        return damaged("it replaces entries that the shared index does not have");
      IndexEntry replacement = entries[own++];
      if (replacement.path.empty()) replacement.path = base[position].path;
      base[position] = replacement;
    }
    for (const std::uint32_t position : link.deleted) {
      if (position >= base.size())
        return damaged("it deletes entries that the shared index does not have");
      base[position].path = {};
    }
    std::erase_if(base, [](const IndexEntry& entry) { return entry.path.empty(); });
    base.insert(base.end(), entries.begin() + static_cast<std::ptrdiff_t>(own), entries.end());
    std::stable_sort(base.begin(), base.end(), entry_before);
    entries = std::move(base);
    return std::nullopt;
  }

  // "<name>\0<entries> <subtrees>\n<id>" for each folder, pre-order.
  void read_cache_tree(std::string_view body) {
    const std::size_t hash = index_.hash_size_;
    std::vector<CacheTree> nodes;
    struct Open {
      std::uint32_t node;
      std::uint64_t left;  // subfolders to come
    };
    std::vector<Open> stack;
    const auto number = [&](char stop, std::int64_t& value) {
      bool negative = false;
      if (!body.empty() && body.front() == '-') {
        negative = true;
        body.remove_prefix(1);
      }
      std::int64_t n = 0;
      std::size_t digits = 0;
      while (!body.empty() && body.front() >= '0' && body.front() <= '9' && digits < 12) {
        n = n * 10 + (body.front() - '0');
        body.remove_prefix(1);
        ++digits;
      }
      if (digits == 0 || body.empty() || body.front() != stop) return false;
      body.remove_prefix(1);
      value = negative ? -n : n;
      return true;
    };
    bool first = true;
    while (first || !stack.empty()) {
      first = false;
      const std::size_t nul = body.find('\0');
      if (nul == std::string_view::npos || stack.size() > 4096) return;
      CacheTree node;
      node.name = body.substr(0, nul);
      body.remove_prefix(nul + 1);
      std::int64_t subtrees = 0;
      if (!number(' ', node.entries) || !number('\n', subtrees) || subtrees < 0) return;
      if (node.entries >= 0) {
        if (body.size() < hash) return;
        node.id = raw(body, 0);
        body.remove_prefix(hash);
      }
      const auto place = static_cast<std::uint32_t>(nodes.size());
      nodes.push_back(node);
      if (!stack.empty()) --stack.back().left;
      stack.push_back({place, static_cast<std::uint64_t>(subtrees)});
      while (!stack.empty() && stack.back().left == 0) {
        nodes[stack.back().node].next = static_cast<std::uint32_t>(nodes.size());
        stack.pop_back();
      }
    }
    index_.cache_tree_ = std::move(nodes);
  }

  // A cache tree that counts other than the entries are is of no use: it could hide a change.
  void check_cache_tree() {
    if (index_.cache_tree_.empty()) return;
    const CacheTree& root = index_.cache_tree_.front();
    // Intent-to-add entries and conflicts are never part of a valid folder.
    if (root.entries >= 0 && static_cast<std::size_t>(root.entries) != index_.entries_.size()) {
      const auto counted = static_cast<std::size_t>(
          std::count_if(index_.entries_.begin(), index_.entries_.end(),
                        [](const IndexEntry& entry) { return !entry.intent_to_add; }));
      if (static_cast<std::size_t>(root.entries) != counted) index_.cache_tree_.clear();
    }
  }

  IndexOptions options_;
  WorkTreeIndex index_;
  std::string place_;
  std::string git_dir_;
};

Result<WorkTreeIndex> WorkTreeIndex::read(const std::string& path, const std::string& git_dir,
                                          HashKind hash, const IndexOptions& options) {
  return IndexReader(hash, options).read(path, git_dir);
}

Result<WorkTreeIndex> WorkTreeIndex::parse(std::string_view bytes, HashKind hash,
                                           const IndexOptions& options) {
  return IndexReader(hash, options).parse(bytes);
}

std::size_t WorkTreeIndex::lower_bound(std::string_view path) const {
  const auto at =
      std::lower_bound(entries_.begin(), entries_.end(), path,
                       [](const IndexEntry& entry, std::string_view text) { return entry.path < text; });
  return static_cast<std::size_t>(at - entries_.begin());
}

const IndexEntry* WorkTreeIndex::find(std::string_view path) const {
  const std::size_t at = lower_bound(path);
  return at < entries_.size() && entries_[at].path == path ? &entries_[at] : nullptr;
}

bool WorkTreeIndex::covers(std::string_view path) const {
  if (find(path) != nullptr) return true;
  if (!sparse_) return false;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1))
    if (find(path.substr(0, slash + 1)) != nullptr) return true;
  return false;
}

}  // namespace kimiguard::git

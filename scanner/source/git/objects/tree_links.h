// What trees name, looking at each tree's own entries only.
//
// A tree made from a delta has nearly all of its entries from its base: git/git's trees hold 135 million
// entries, of which a few million are not copied. So where entries end is remembered for a base; a copy
// that begins on such an end carries the ends it holds, and only what lies between is parsed. Entries of
// a tree are parsed from its start one after the other, so a place is an entry's beginning in the result
// if it is one in the base and the parse of the result arrives at it.
//
// Format of trees: "<mode in octal> <name>\0<raw id>", gitformat-pack(5) and git-mktree(1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/source/git/objects/delta.h"
#include "scanner/source/git/objects/object_id.h"

namespace kimiguard::git {

// One a thread: only that thread calls it.
class TreeVisitor {
 public:
  virtual ~TreeVisitor() = default;
  // An entry that was not carried from the tree's base. What is returned is kept with the entry and
  // carried with it, to this visitor only: a thread that takes over trees made from another's base is
  // told the base's entries again. 0 keeps nothing. `name` and `id` (the hash's length) are valid
  // during the call.
  virtual std::uint32_t entry(std::uint32_t mode, std::string_view name, const std::uint8_t* id) = 0;
  // Whether tree() is called for every tree, or only for those of whose own entries one was kept.
  virtual bool every_tree() const { return false; }
  // A tree, after its entries: what was kept of them, carried ones too, in their order.
  virtual void tree(const ObjectId& id, const std::vector<std::uint32_t>& kept) = 0;
};

// A tree's entries as its children need them.
struct TreeMarks {
  struct Kept {
    std::uint32_t end = 0;  // of the entry
    std::uint32_t number = 0;
  };
  std::vector<std::uint32_t> ends;  // where entries end, ascending; up to the first broken one
  std::vector<Kept> kept;           // ascending
  bool fresh = false;               // one of `kept` was not carried
  bool broken = false;              // what is behind the last of `ends` is no entry
  std::size_t longest = 0;          // bytes of the longest name that was not carried

  void clear() {
    ends.clear();
    kept.clear();
    fresh = false;
    broken = false;
    longest = 0;
  }
};

class TreeLinks {
 public:
  TreeLinks(TreeVisitor& visitor, HashKind hash) : visitor_(visitor), id_bytes_(hash_bytes(hash)) {}

  // Reads a whole tree. `marks` is filled.
  void whole(std::string_view tree, TreeMarks& marks);

  // Reads a tree made from a delta whose base has the marks `base`. `built` is the result where it was
  // rebuilt; otherwise (null) its pieces are taken from `base_bytes` and `delta`. `ends`: whether
  // marks.ends is needed.
  void derived(const std::vector<DeltaStep>& steps, std::size_t size, const TreeMarks& base,
               std::string_view base_bytes, std::string_view delta, const char* built, bool ends,
               TreeMarks& marks);

 private:
  struct Source;
  // The entry at `at`: its end, or 0 where there is none.
  std::uint32_t one(const Source& source, std::size_t at, std::size_t& step, TreeMarks& marks);
  // Parses [begin, end) of which `begin` is an entry's start; the entry's end or null.
  const char* parse(const char* begin, const char* end, std::uint32_t at, TreeMarks& marks);

  TreeVisitor& visitor_;
  std::size_t id_bytes_;
  std::string piece_;
};

}  // namespace kimiguard::git

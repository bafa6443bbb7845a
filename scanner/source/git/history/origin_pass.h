// The pass over commits, trees and tags that provenance starts from: what it keeps of each.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/source/git/history/short_map.h"
#include "scanner/source/git/objects/object_id.h"
#include "scanner/source/git/objects/object_walk.h"

namespace kimiguard::git {

// What is looked for in trees.
struct WantedIds {
  explicit WantedIds(const std::vector<ObjectId>& ids);
  // Number of the id in the list it was made from (the first one of equal ids), or ShortMap::kNone.
  std::uint32_t find(const std::uint8_t* id) const {
    std::uint16_t head = 0;
    std::memcpy(&head, id, sizeof head);
    if (!heads[head]) return ShortMap::kNone;
    return numbers.find(short_id(id));
  }
  std::bitset<65536> heads;
  std::vector<bool> absent;  // not stored: only its place in trees can be told. By number
  ShortMap numbers;
};

// An entry of a tree that leads on: a subfolder, or a wanted object. Each distinct one is kept once a
// thread.
struct TreeLink {
  std::uint64_t object = 0;                // short id
  std::uint32_t wanted = ShortMap::kNone;  // a file that is wanted; else a subfolder
  std::uint32_t name = 0;                  // offset in OriginPart::names
  std::uint32_t name_size = 0;
};

// What one thread saw.
struct OriginPart {
  struct Tree {
    std::uint64_t id = 0;
    std::uint64_t links = 0;  // where its links begin in `links`; they end where the next tree's begin
  };
  struct Commit {
    ObjectId id;
    std::uint64_t tree = 0;
    std::int64_t date = 0;      // committer's, seconds since 1970
    std::uint32_t parents = 0;  // where they begin in `parents`
  };
  struct Tag {
    ObjectId id;
    ObjectId target;
  };
  std::vector<Tree> trees;
  std::vector<std::uint32_t> links;  // numbers in `link_table`
  std::vector<TreeLink> link_table;
  std::string names;
  std::vector<Commit> commits;
  std::vector<std::uint64_t> parents;  // short ids
  std::vector<Tag> tags;

  std::string_view name_of(const TreeLink& link) const {
    return std::string_view(names).substr(link.name, link.name_size);
  }
};

// Walks the store. `trees` false: commits and tags only.
std::vector<std::unique_ptr<OriginPart>> origin_pass(const ObjectStore& store, const WantedIds& wanted,
                                                     bool trees, unsigned threads,
                                                     const std::shared_ptr<DeltaForest>& linked);

}  // namespace kimiguard::git

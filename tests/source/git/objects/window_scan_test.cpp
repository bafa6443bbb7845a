// Matching by windows finds exactly what matching whole objects finds.
#include "scanner/source/git/objects/window_scan.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "scanner/source/git/objects/object_walk.h"
#include "tests/source/git/objects/pack_writer.h"
#include "tests/source/git/objects/sandbox.h"
#include "tests/support/catch.h"

namespace kimiguard::git::testing {
namespace {

// "K" and 12 small letters, no letter or digit on either side: local, with boundaries that look like
// those of keys.
class TokenFinder : public Finder {
 public:
  explicit TokenFinder(FindCost cost = FindCost::narrow()) : cost_(cost) {}
  static bool word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  void find(std::string_view bytes, std::vector<Hit>& hits) override {
    for (std::size_t i = bytes.find('K'); i != std::string_view::npos; i = bytes.find('K', i + 1)) {
      if (i + 13 > bytes.size() || (i > 0 && word(bytes[i - 1]))) continue;
      if (i + 13 < bytes.size() && word(bytes[i + 13])) continue;
      if (std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                      bytes.begin() + static_cast<std::ptrdiff_t>(i) + 13,
                      [](char c) { return c >= 'a' && c <= 'z'; }))
        hits.push_back({i, i + 13, static_cast<std::uint32_t>(bytes[i + 1])});
    }
  }
  std::size_t reach() const override { return 15; }
  std::size_t context() const override { return 1; }
  FindCost cost() const override { return cost_; }

 private:
  FindCost cost_;
};

using Found = std::map<std::string, std::vector<Hit>>;

class Recorder : public ObjectVisitor {
 public:
  Recorder(Found& found, std::mutex& mutex, std::unique_ptr<Finder> finder)
      : found_(found), mutex_(mutex), finder_(std::move(finder)) {}
  Finder* finder() override { return finder_.get(); }
  void object(const ObjectView& view, const std::vector<Hit>& hits) override {
    // What is delivered is the object itself, whichever way the hits were found.
    REQUIRE(hash_object(HashKind::sha1, view.type, view.bytes) == view.id);
    const std::lock_guard lock(mutex_);
    REQUIRE(found_.emplace(view.id.hex(), hits).second);
  }

 private:
  Found& found_;
  std::mutex& mutex_;
  std::unique_ptr<Finder> finder_;
};

Found find_all(const std::string& objects, WalkOptions options, WalkStats* stats = nullptr,
               FindCost cost = FindCost::narrow()) {
  Found found;
  std::mutex mutex;
  auto store = ObjectStore::open(objects, HashKind::sha1);
  REQUIRE(store.ok());
  const WalkReport report = walk(**store, options, [&](unsigned) {
    return std::make_unique<Recorder>(found, mutex, std::make_unique<TokenFinder>(cost));
  });
  CHECK(report.coverage.gaps.empty());
  if (stats != nullptr) *stats = report.stats;
  return found;
}

WalkOptions scanning(WalkOptions::Scan scan, unsigned threads = 1) {
  WalkOptions options;
  options.scan = scan;
  options.threads = threads;
  return options;
}

// The obvious twin: apply and look at everything.
std::vector<Hit> look(const std::string& bytes) {
  std::vector<Hit> hits;
  TokenFinder().find(bytes, hits);
  std::sort(hits.begin(), hits.end());
  return hits;
}

ObjectId blob_id(const std::string& bytes) { return hash_object(HashKind::sha1, ObjectType::blob, bytes); }

// A delta and what it makes, written together.
struct Edit {
  explicit Edit(const std::string& from) : base(from) {}
  Edit& copy(std::size_t from, std::size_t length) {
    if (length > 0) steps.push_back({true, from, length, ""});
    result += base.substr(from, length);
    return *this;
  }
  Edit& insert(const std::string& bytes) {
    if (!bytes.empty()) steps.push_back({false, 0, 0, bytes});
    result += bytes;
    return *this;
  }
  std::string delta() const {
    DeltaWriter writer(base.size(), result.size());
    for (const Step& step : steps) {
      if (step.copies)
        writer.copy(static_cast<std::uint32_t>(step.from), static_cast<std::uint32_t>(step.length));
      else
        writer.insert(step.bytes);
    }
    return writer.bytes();
  }
  struct Step {
    bool copies;
    std::size_t from, length;
    std::string bytes;
  };
  const std::string& base;
  std::string result;
  std::vector<Step> steps;
};

// What a walk must find in one object made from one base, every way.
void require_found(const std::string& base, const Edit& edit) {
  const Sandbox sandbox;
  PackWriter pack;
  const std::uint64_t at = pack.whole(ObjectType::blob, base);
  const std::uint64_t made = pack.offset_delta(at, edit.delta(), blob_id(edit.result));
  // And a child that copies it whole, so that it is a base as well as, in the other pack, a leaf.
  Edit next(edit.result);
  next.copy(0, edit.result.size()).insert(" the end");
  PackWriter deeper = pack;
  deeper.offset_delta(made, next.delta(), blob_id(next.result));
  pack.write(sandbox.path("leaf"));
  deeper.write(sandbox.path("base"));
  Found expected;
  for (const std::string& bytes : {base, edit.result})
    if (const std::vector<Hit> hits = look(bytes); !hits.empty()) expected[blob_id(bytes).hex()] = hits;
  for (const auto scan : {WalkOptions::Scan::whole, WalkOptions::Scan::windows, WalkOptions::Scan::automatic})
    CHECK((find_all(sandbox.path("leaf"), scanning(scan)) == expected));
  if (const std::vector<Hit> hits = look(next.result); !hits.empty()) expected[blob_id(next.result).hex()] = hits;
  for (const auto scan : {WalkOptions::Scan::whole, WalkOptions::Scan::windows, WalkOptions::Scan::automatic})
    CHECK((find_all(sandbox.path("base"), scanning(scan)) == expected));
}

const std::string kFill(300, '.');

TEST_CASE("a token joined from two copies of its base is found") {
  const std::string base = kFill + " Kabcdef-" + kFill + "-ghijkl " + kFill;
  Edit edit(base);
  edit.copy(0, 308).copy(base.find("ghijkl"), 300);
  REQUIRE(look(base).empty());
  REQUIRE(look(edit.result).size() == 1);
  require_found(base, edit);
}

TEST_CASE("a token across an inserted part and a copy is found") {
  const std::string base = kFill + " ghijkl " + kFill;
  Edit edit(base);
  edit.copy(0, 300).insert(" Kabcdef").copy(base.find("ghijkl"), 280);
  REQUIRE(look(edit.result).size() == 1);
  require_found(base, edit);
}

TEST_CASE("a token across three instructions is found") {
  const std::string base = kFill + " Kabcd" + kFill + "ijkl " + kFill;
  Edit edit(base);
  edit.copy(0, base.find("Kabcd") + 5).insert("efgh").copy(base.find("ijkl"), 290);
  REQUIRE(look(edit.result).size() == 1);
  require_found(base, edit);
}

TEST_CASE("a token of copies of a few bytes each is found") {
  const std::string base = kFill + "K a b c d e f g h i j k l " + kFill;
  Edit edit(base);
  edit.copy(0, 200).insert(" ").copy(base.find('K'), 1);
  for (char c = 'a'; c <= 'l'; ++c) edit.copy(base.find(c), 1);
  edit.insert(" ").copy(0, 250);
  REQUIRE(look(edit.result).size() == 1);
  require_found(base, edit);
}

TEST_CASE("a token at either end is found when its neighbour goes") {
  const std::string base = "xKabcdefghijkl " + kFill + " Kmnopqrstuvwxx";
  Edit edit(base);
  edit.copy(1, base.size() - 2);
  REQUIRE(look(base).empty());
  REQUIRE(look(edit.result).size() == 2);
  require_found(base, edit);
}

TEST_CASE("a token at either end is lost when something is put before or behind it") {
  const std::string base = "Kabcdefghijkl " + kFill + " Kmnopqrstuvwx";
  Edit edit(base);
  edit.insert("x").copy(0, base.size()).insert("y");
  REQUIRE(look(base).size() == 2);
  REQUIRE(look(edit.result).empty());
  require_found(base, edit);
  Edit swapped(base);
  swapped.copy(base.size() - 200, 200).copy(0, base.size() - 200);
  require_found(base, swapped);
}

TEST_CASE("a token moved, doubled and cut through is found where it still is") {
  const std::string base = kFill + " Kabcdefghijkl " + kFill + " Kmnopqrstuvwx " + kFill;
  Edit edit(base);
  edit.copy(600, 290).copy(100, 400).copy(100, 400).copy(0, base.find("Kabc") + 7).copy(0, 100);
  require_found(base, edit);
  Edit whole(base);
  whole.copy(0, base.size());
  require_found(base, whole);
  Edit nothing(base);
  require_found(base, nothing);
}

TEST_CASE("generated chains: windows, whole objects and the plain twin agree") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    // Short pieces of tokens, so that they form and fall apart at seams.
    const auto text = [&](std::size_t length) {
      std::string out;
      while (out.size() < length) {
        switch (random.below(6)) {
          case 0: out += "K" + random.text(12, "abc"); break;
          case 1: out += "K"; break;
          case 2: out += random.text(1 + random.below(12), "abc"); break;
          case 3: out += " "; break;
          case 4: out += std::string(random.below(60), '.'); break;
          default: out += "\n"; break;
        }
      }
      return out.substr(0, length);
    };
    PackWriter pack;
    std::vector<std::string> made;
    std::vector<std::uint64_t> offsets;
    Found expected;
    const auto expect = [&](const std::string& bytes) {
      if (const std::vector<Hit> hits = look(bytes); !hits.empty()) expected[blob_id(bytes).hex()] = hits;
    };
    made.push_back(text(500 + random.below(2000)));
    offsets.push_back(pack.whole(ObjectType::blob, made[0]));
    expect(made[0]);
    for (int i = 0; i < 60; ++i) {
      const std::size_t from = random.below(3) == 0 ? random.below(made.size()) : made.size() - 1;
      const std::string base = made[from];
      Edit edit(base);
      std::size_t at = 0;
      const std::size_t changes = random.below(6);
      for (std::size_t change = 0; change < changes && !base.empty(); ++change) {
        const std::size_t length = random.below(base.size() - std::min(at, base.size()) + 1);
        edit.copy(at, length);
        at = random.below(3) == 0 ? random.below(base.size()) : std::min(base.size(), at + length + random.below(20));
        if (random.below(2) == 0) edit.insert(text(random.below(30)));
      }
      if (edit.result.size() < 8000) edit.copy(at, base.size() - at);
      if (std::find(made.begin(), made.end(), edit.result) != made.end()) continue;
      const ObjectId id = blob_id(edit.result);
      offsets.push_back(random.below(4) == 0 ? pack.ref_delta(blob_id(base), edit.delta(), id)
                                             : pack.offset_delta(offsets[from], edit.delta(), id));
      made.push_back(edit.result);
      expect(edit.result);
    }
    const Sandbox sandbox;
    pack.write(sandbox.path());
    INFO("seed " << seed);
    for (const auto scan : {WalkOptions::Scan::whole, WalkOptions::Scan::windows, WalkOptions::Scan::automatic}) {
      WalkStats stats;
      WalkOptions options = scanning(scan, 1 + static_cast<unsigned>(seed % 3));
      if (seed % 4 == 0) options.stack_bytes = 1;
      REQUIRE((find_all(sandbox.path(), options, &stats, FindCost::wide()) == expected));
      if (scan == WalkOptions::Scan::windows) CHECK(stats.windows > 0);
    }
    // A pack without an index gives the same.
    std::filesystem::remove(sandbox.path("pack/pack-0000.idx"));
    Found found;
    std::mutex mutex;
    auto store = ObjectStore::open(sandbox.path(), HashKind::sha1);
    walk(**store, scanning(WalkOptions::Scan::automatic), [&](unsigned) {
      return std::make_unique<Recorder>(found, mutex, std::make_unique<TokenFinder>());
    });
    REQUIRE((found == expected));
  }
}

TEST_CASE("real repositories: windows and whole objects give the same hits") {
  // Words stand in for keys: many hits, in objects that change a lot.
  struct WordFinder : Finder {
    void find(std::string_view bytes, std::vector<Hit>& hits) override {
      for (const std::string_view word : {std::string_view("return false"), std::string_view("const std"), std::string_view("github.com")})
        for (std::size_t i = bytes.find(word); i != std::string_view::npos; i = bytes.find(word, i + 1))
          if (i == 0 || !TokenFinder::word(bytes[i - 1])) hits.push_back({i, i + word.size(), static_cast<std::uint32_t>(word.size())});
    }
    std::size_t reach() const override { return 14; }
    std::size_t context() const override { return 1; }
  };
  struct Sum : ObjectVisitor {
    explicit Sum(std::uint64_t& to, std::uint64_t& count) : sum(to), hits_seen(count) {}
    WordFinder words;
    std::uint64_t& sum;
    std::uint64_t& hits_seen;
    Finder* finder() override { return &words; }
    void object(const ObjectView& view, const std::vector<Hit>& hits) override {
      std::uint64_t one = std::hash<ObjectId>()(view.id);
      for (const Hit& hit : hits) one = (one ^ (hit.begin * 31 + hit.end)) * 0x9e3779b97f4a7c15ULL + hit.tag;
      sum += one;
      hits_seen += hits.size();
    }
  };
  for (const std::string name : {"gitleaks+gitleaks", "betterleaks+betterleaks", "anthropics+claude-code"}) {
    const std::string objects = "/work/.mirror/" + name + "/repo/objects";
    if (!std::filesystem::exists(objects)) continue;
    auto store = ObjectStore::open(objects, HashKind::sha1);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> results;
    for (const auto scan : {WalkOptions::Scan::whole, WalkOptions::Scan::windows, WalkOptions::Scan::automatic}) {
      std::uint64_t sums[2] = {}, hits[2] = {};
      walk(**store, scanning(scan, 2), [&](unsigned i) { return std::make_unique<Sum>(sums[i], hits[i]); });
      results.emplace_back(sums[0] + sums[1], hits[0] + hits[1]);
    }
    CHECK(results[0].second > 1000);
    CHECK(results[1] == results[0]);
    CHECK(results[2] == results[0]);
  }
}

}  // namespace
}  // namespace kimiguard::git::testing

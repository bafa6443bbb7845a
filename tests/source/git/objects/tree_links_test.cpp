// What trees name is told alike whether a tree is read whole or from what its delta inserts.
#include "scanner/source/git/objects/tree_links.h"

#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "tests/source/git/objects/pack_writer.h"
#include "tests/source/git/objects/sandbox.h"
#include "tests/support/catch.h"

namespace kimiguard::git::testing {
namespace {

// The slow and obvious way. Stops at the first entry that is none.
std::vector<std::string> entries_of(std::string_view tree, std::size_t id_bytes = 20) {
  std::vector<std::string> all;
  std::size_t at = 0;
  while (at < tree.size()) {
    const std::size_t space = tree.find(' ', at);
    const std::size_t nul = space == std::string_view::npos ? space : tree.find('\0', space);
    if (nul == std::string_view::npos || nul + 1 + id_bytes > tree.size()) break;
    bool octal = space > at && space - at <= 8;
    for (std::size_t i = at; i < space; ++i) octal = octal && tree[i] >= '0' && tree[i] <= '7';
    if (!octal) break;
    all.emplace_back(tree.substr(at, nul + 1 + id_bytes - at));
    at = nul + 1 + id_bytes;
  }
  return all;
}

struct Told {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> trees;  // by id: entries
  std::size_t calls = 0;
  std::size_t foreign = 0;  // numbers that another visitor gave
};

// Gives numbers that mean something to itself only.
class Listener final : public ObjectVisitor, public TreeVisitor {
 public:
  Listener(Told& told, unsigned thread, bool rebuilt, bool slow = false)
      : told_(told), first_((thread + 1) << 20), rebuilt_(rebuilt), slow_(slow) {}
  TreeVisitor* trees() override { return this; }
  unsigned every_object() const override { return rebuilt_ ? kEveryType : 0; }
  void object(const ObjectView&, const std::vector<Hit>&) override {}
  bool every_tree() const override { return true; }
  std::uint32_t entry(std::uint32_t mode, std::string_view name, const std::uint8_t* id) override {
    std::string text;
    for (std::uint32_t rest = mode; rest != 0; rest /= 8) text.insert(text.begin(), static_cast<char>('0' + rest % 8));
    text += ' ';
    text += name;
    text += '\0';
    text.append(reinterpret_cast<const char*>(id), 20);
    const std::lock_guard lock(told_.mutex);
    ++told_.calls;
    texts_.push_back(std::move(text));
    return first_ + static_cast<std::uint32_t>(texts_.size()) - 1;
  }
  void tree(const ObjectId& id, const std::vector<std::uint32_t>& kept) override {
    // Time for the other thread to run out of work.
    if (slow_) std::this_thread::sleep_for(std::chrono::microseconds(100));
    const std::lock_guard lock(told_.mutex);
    std::vector<std::string>& entries = told_.trees[id.hex()];
    entries.clear();
    for (const std::uint32_t number : kept) {
      if (number < first_ || number - first_ >= texts_.size())
        ++told_.foreign;
      else
        entries.push_back(texts_[number - first_]);
    }
  }

 private:
  Told& told_;
  std::uint32_t first_;
  std::vector<std::string> texts_;
  bool rebuilt_;
  bool slow_;
};

void require_entries(Told& told, const Objects& expected) {
  CHECK(told.foreign == 0);
  std::size_t trees = 0;
  for (const auto& [id, object] : expected) {
    if (object.first != "tree") continue;
    ++trees;
    std::vector<std::string> wanted;
    for (const std::string& entry : entries_of(object.second))
      // The visitor is told the mode as a number: without zeros in front.
      wanted.push_back(entry.substr(entry.find_first_not_of('0')));
    INFO(id);
    REQUIRE(told.trees.count(id) == 1);
    REQUIRE((told.trees[id] == wanted));
  }
  REQUIRE(told.trees.size() == trees);
}

void require_told(const std::string& objects_dir, const Objects& expected) {
  auto store = ObjectStore::open(objects_dir, HashKind::sha1);
  REQUIRE(store.ok());
  for (const bool rebuilt : {false, true})
    for (const std::uint64_t stack : {std::uint64_t{1}, std::uint64_t{64} << 20}) {
      Told told;
      WalkOptions options;
      options.threads = 2;
      options.stack_bytes = stack;
      walk(**store, options, [&](unsigned thread) { return std::make_unique<Listener>(told, thread, rebuilt); });
      require_entries(told, expected);
    }
}

std::string entry(const std::string& mode, const std::string& name, Random& random) {
  std::string text = mode + " " + name + '\0';
  for (int i = 0; i < 20; ++i) text += static_cast<char>(random.below(256));
  return text;
}

TEST_CASE("entries of trees in a repository with deltas are all told, each where it is new") {
  const Sandbox sandbox;
  make_history(sandbox, "r", 30);
  sandbox.run(
      "cd r; mkdir -p many/deep; for i in $(seq 200); do echo $i > many/file$i; echo $i > many/deep/n$i; done; git add -A; "
      "git commit -q -m many; for i in $(seq 60); do echo again $i > many/file$i; echo x$i > many/deep/n$((i*3)); "
      "[ $((i % 7)) = 0 ] && rm many/file$((i+100)); echo new > many/a-new$i; git add -A; git commit -q -m $i; done; "
      "git repack -q -adf --window=50 --depth=50; git prune-packed");
  const Objects expected = objects_by_git(sandbox, "r");
  require_told(sandbox.path("r/.git/objects"), expected);
  // Not each entry of each tree is looked at: that is what this is for.
  auto store = ObjectStore::open(sandbox.path("r/.git/objects"), HashKind::sha1);
  REQUIRE(store.ok());
  Told told;
  walk(**store, {}, [&](unsigned thread) { return std::make_unique<Listener>(told, thread, false); });
  std::size_t all = 0;
  for (const auto& [id, object] : expected)
    if (object.first == "tree") all += entries_of(object.second).size();
  CHECK(told.calls * 4 < all);
}

// Found as a crash in one of six runs over git/git: numbers of one visitor were carried to another's trees.
TEST_CASE("a thread that takes over trees of another's base keeps what its own visitor said") {
  const Sandbox sandbox;
  sandbox.run("git init -q r; cd r; for i in $(seq 100); do echo $i > file$i; done; git add -A; git commit -q -m first; "
              "for i in $(seq 150); do echo again $i > file$((i % 100 + 1)); echo $i > new$i; git add -A; git commit -q -m $i; done; "
              "git repack -q -adf --window=100 --depth=4; git prune-packed");
  const Objects expected = objects_by_git(sandbox, "r");
  auto store = ObjectStore::open(sandbox.path("r/.git/objects"), HashKind::sha1);
  REQUIRE(store.ok());
  std::uint64_t taken = 0;
  for (int round = 0; round < 20 && taken < 20; ++round) {
    Told told;
    WalkOptions options;
    options.threads = 2;
    options.types = type_bit(ObjectType::tree);
    const WalkReport report = walk(**store, options, [&](unsigned thread) { return std::make_unique<Listener>(told, thread, false, true); });
    taken += report.stats.subtrees_taken;
    require_entries(told, expected);
  }
  CHECK(taken != 0);
}

// Trees made from trees by deltas that cut entries anywhere. `names` gives the name of an entry.
template <class Names>
Objects write_tree_chains(PackWriter& pack, Random& random, Names&& names) {
  Objects expected;
  for (int round = 0; round < 60; ++round) {
    std::string base;
    const std::size_t count = 1 + random.below(40);
    for (std::size_t i = 0; i < count; ++i)
      base += entry(random.below(3) == 0 ? "40000" : "100644", names(i), random);
    if (random.below(8) == 0) base.resize(base.size() - random.below(15));
    const ObjectId id = hash_object(HashKind::sha1, ObjectType::tree, base);
    expected[id.hex()] = {"tree", base};
    std::uint64_t offset = pack.whole(ObjectType::tree, base);
    for (std::size_t depth = random.below(6); depth-- > 0;) {
      struct Piece {
        bool copy;
        std::size_t from;
        std::string text;
      };
      std::vector<Piece> pieces;
      std::string result;
      const std::vector<std::string> known = entries_of(base);
      for (std::size_t n = 1 + random.below(8); n-- > 0;) {
        std::size_t from = 0;
        std::size_t length = 0;
        switch (random.below(4)) {
          case 0: {  // whole entries
            if (known.empty()) continue;
            const std::size_t first = random.below(known.size());
            for (std::size_t i = 0; i < first; ++i) from += known[i].size();
            for (std::size_t i = first; i < known.size() && (length == 0 || random.below(5) != 0); ++i) length += known[i].size();
            break;
          }
          case 1:  // anything
            from = random.below(base.size());
            length = 1 + random.below(base.size() - from);
            break;
          case 2:
            pieces.push_back({false, 0, entry("100755", "new" + std::to_string(n), random).substr(0, 120)});
            result += pieces.back().text;
            continue;
          default:  // bytes that mean nothing by themselves
            pieces.push_back({false, 0, random.text(1 + random.below(25), "0167 ab")});
            result += pieces.back().text;
            continue;
        }
        pieces.push_back({true, from, base.substr(from, length)});
        result += pieces.back().text;
      }
      if (result.empty()) break;
      DeltaWriter delta(base.size(), result.size());
      for (const Piece& piece : pieces) {
        if (piece.copy)
          delta.copy(static_cast<std::uint32_t>(piece.from), static_cast<std::uint32_t>(piece.text.size()));
        else
          delta.insert(piece.text);
      }
      const ObjectId made = hash_object(HashKind::sha1, ObjectType::tree, result);
      if (expected.count(made.hex()) != 0) break;
      offset = pack.offset_delta(offset, delta.bytes(), made);
      expected[made.hex()] = {"tree", result};
      base = result;
    }
  }
  return expected;
}

TEST_CASE("entries are told right where copies begin in their midst or make other entries of the same bytes") {
  const Sandbox sandbox;
  sandbox.run("git init -q --bare r.git");
  Random random(41);
  PackWriter pack;
  const Objects expected = write_tree_chains(
      pack, random, [&](std::size_t i) { return "name" + std::to_string(i) + std::string(random.below(300), 'x'); });
  pack.write(sandbox.path("r.git/objects"));
  require_told(sandbox.path("r.git/objects"), expected);
}

constexpr std::string_view kLongWord = "KEYKEYKEYKEYKEYKEYKEY";

// Finds one word and says that no shorter name holds it.
class WordFinder final : public Finder {
 public:
  explicit WordFinder(std::size_t& bytes) : bytes_(bytes) {}
  void find(std::string_view bytes, std::vector<Hit>& hits) override {
    bytes_ += bytes.size();
    for (std::size_t at = bytes.find(kLongWord); at != std::string_view::npos; at = bytes.find(kLongWord, at + 1))
      hits.push_back({at, at + kLongWord.size(), 0});
  }
  std::size_t reach() const override { return kLongWord.size(); }
  std::size_t context() const override { return 0; }
  std::size_t shortest_name() const override { return kLongWord.size(); }

 private:
  std::size_t& bytes_;
};

class WordSeeker final : public ObjectVisitor, public TreeVisitor {
 public:
  WordSeeker(std::map<std::string, std::vector<Hit>>& found, std::size_t& bytes) : found_(found), finder_(bytes) {}
  Finder* finder() override { return &finder_; }
  TreeVisitor* trees() override { return this; }
  std::uint32_t entry(std::uint32_t, std::string_view, const std::uint8_t*) override { return 0; }
  void tree(const ObjectId&, const std::vector<std::uint32_t>&) override {}
  void object(const ObjectView& view, const std::vector<Hit>& hits) override { found_[view.id.hex()] = hits; }

 private:
  std::map<std::string, std::vector<Hit>>& found_;
  WordFinder finder_;
};

TEST_CASE("a word in a name is found in every tree that has it, though trees of short names are not searched") {
  for (const int one_of : {3, 60, 100000}) {
    const Sandbox sandbox;
    sandbox.run("git init -q --bare r.git");
    Random random(43);
    PackWriter pack;
    const Objects trees = write_tree_chains(pack, random, [&](std::size_t i) {
      return "n" + std::to_string(i) + (random.below(static_cast<std::uint64_t>(one_of)) == 0 ? std::string(kLongWord) : "");
    });
    pack.write(sandbox.path("r.git/objects"));
    std::map<std::string, std::vector<Hit>> expected;
    std::size_t all = 0;
    std::size_t broken = 0;
    for (const auto& [id, object] : trees) {
      all += object.second.size();
      std::size_t whole = 0;
      for (const std::string& entry : entries_of(object.second)) whole += entry.size();
      if (whole != object.second.size()) broken += object.second.size();
      std::size_t ignored = 0;
      std::vector<Hit> hits;
      WordFinder(ignored).find(object.second, hits);
      if (!hits.empty()) expected[id] = hits;
    }
    auto store = ObjectStore::open(sandbox.path("r.git/objects"), HashKind::sha1);
    REQUIRE(store.ok());
    for (const auto scan : {WalkOptions::Scan::whole, WalkOptions::Scan::windows, WalkOptions::Scan::automatic}) {
      std::map<std::string, std::vector<Hit>> found;
      std::size_t bytes = 0;
      WalkOptions options;
      options.scan = scan;
      walk(**store, options, [&](unsigned) { return std::make_unique<WordSeeker>(found, bytes); });
      CHECK((found == expected));
      // Only those that cannot be read to their end.
      if (one_of == 100000) CHECK(bytes <= 2 * broken);
      CHECK(all > 0);
    }
  }
}

}  // namespace
}  // namespace kimiguard::git::testing

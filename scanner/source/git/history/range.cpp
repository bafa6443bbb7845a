#include "scanner/source/git/history/range.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "scanner/source/git/history/commit_text.h"
#include "scanner/source/git/history/revision.h"
#include "scanner/source/git/history/tree_entries.h"

namespace kimiguard::git {
namespace {

constexpr std::uint8_t kIncluded = 1;
constexpr std::uint8_t kExcluded = 2;
// Commit dates lie. After the last commit that is only included, the walk goes on over what is excluded
// for this much older and this many more, in case the excluded side turns out to reach something taken
// for new.
constexpr std::int64_t kClockSlop = 86400;
constexpr int kCountSlop = 128;
constexpr std::size_t kCacheBytes = 128u << 20;
constexpr int kDeepest = 1024;
constexpr std::uint64_t kMostWork = 100'000'000;  // tree entries looked at
constexpr std::size_t kMostBlobs = 2'000'000;     // blobs with a path
constexpr std::uint32_t kMostPlaces = 64;         // of one tree that is new as a whole

struct Commit {
  ObjectId id;
  ObjectId tree;
  std::vector<std::uint32_t> parents;
  std::int64_t date = 0;
  std::uint8_t marks = 0;
  bool loaded = false;
  bool missing = false;
  enum class State : std::uint8_t { fresh, waiting, done } state = State::fresh;
  bool cut = false;  // its parents are beyond a shallow border
};

class RangeWalk {
 public:
  RangeWalk(const Repository& repository, const ObjectStore& store)
      : repository_(repository), store_(store) {}

  Result<Range> run(const RangeSpec& spec) {
    range_.base = spec.base;
    for (const ObjectId& id : spec.include) {
      if (auto failure = include(id)) return *failure;
    }
    for (const ObjectId& id : spec.exclude) {
      const auto peeled = peel_tags(store_, id);
      if (!peeled) continue;  // the other side's, and not here
      const auto info = store_.info(*peeled);
      if (!info || info->type != ObjectType::commit) continue;
      const std::uint32_t commit = commit_of(*peeled);
      excluded_tips_.push_back(commit);
      mark(commit, kExcluded);
    }
    paint();
    if (spec.needs_merge_base && !met_ && !included_tips_.empty() && !excluded_tips_.empty()) {
      if (border_reached_) return shallow_error("the commit where the two sides of the range meet");
      return Error{"no-merge-base", "the two sides of the range have no commit in common"};
    }
    order();
    for (const std::uint32_t commit : ordered_) bring_in(commit);
    if (border_in_range_)
      range_.gaps.push_back(
          {GapKind::not_here, "shallow", repository_.git_dir,
           "the range reaches the border of a shallow clone: older commits of it are not here", 1});
    return std::move(range_);
  }

 private:
  std::uint32_t commit_of(const ObjectId& id) {
    const auto [at, fresh] = numbers_.try_emplace(id, static_cast<std::uint32_t>(commits_.size()));
    if (fresh) {
      commits_.emplace_back();
      commits_.back().id = id;
    }
    return at->second;
  }

  void load(std::uint32_t number) {
    if (commits_[number].loaded) return;
    commits_[number].loaded = true;
    const ObjectId id = commits_[number].id;
    const auto object = store_.read(id);
    std::optional<CommitHead> head;
    if (object && object->type == ObjectType::commit)
      head = read_commit(object->bytes, repository_.hash);
    if (!head) {
      commits_[number].missing = true;
      const bool not_here = !object && object.error().code == "not_here";
      range_.gaps.push_back({not_here ? GapKind::not_here : GapKind::unreadable,
                             object ? std::string("damaged") : object.error().code, id.hex(),
                             "a commit of the range cannot be read", 1});
      return;
    }
    std::vector<std::uint32_t> parents;
    const bool cut = std::binary_search(repository_.shallow.begin(), repository_.shallow.end(), id);
    if (!cut)
      for (const ObjectId& parent : head->parents) parents.push_back(commit_of(parent));
    Commit& commit = commits_[number];
    commit.tree = head->tree;
    commit.date = read_identity(head->committer).seconds;
    commit.cut = cut && !head->parents.empty();
    commit.parents = std::move(parents);
  }

  std::optional<Error> include(ObjectId id) {
    for (int depth = 0; depth < 64; ++depth) {
      const auto info = store_.info(id);
      if (!info)
        return Error{info.error().code,
                     "object " + id.hex() + " cannot be read: " + info.error().message};
      switch (info->type) {
        case ObjectType::tag: {
          if (std::find(range_.tags.begin(), range_.tags.end(), id) == range_.tags.end())
            range_.tags.push_back(id);
          const auto object = store_.read(id);
          if (!object) return object.error();
          const auto tag = read_tag(object->bytes, repository_.hash);
          if (!tag) return Error{"damaged", "tag object " + id.hex() + " cannot be read"};
          id = tag->target;
          continue;
        }
        case ObjectType::commit: {
          const std::uint32_t commit = commit_of(id);
          included_tips_.push_back(commit);
          mark(commit, kIncluded);
          return std::nullopt;
        }
        case ObjectType::tree:
          compare("", id, {}, ObjectId(), 0);
          return std::nullopt;
        case ObjectType::blob:
          add_blob(id, 0100644, "", ObjectId());
          return std::nullopt;
      }
    }
    return Error{"limit", "tags of tags lead on too long"};
  }

  // Adds marks, queues a commit that is new, and tells the parents of one that was looked at already.
  void mark(std::uint32_t first, std::uint8_t first_marks) {
    std::vector<std::pair<std::uint32_t, std::uint8_t>> stack = {{first, first_marks}};
    while (!stack.empty()) {
      const auto [number, marks] = stack.back();
      stack.pop_back();
      const std::uint8_t before = commits_[number].marks;
      if ((before | marks) == before) continue;
      load(number);
      Commit& commit = commits_[number];
      commit.marks = before | marks;
      if (commit.marks == (kIncluded | kExcluded)) met_ = true;
      switch (commit.state) {
        case Commit::State::fresh:
          commit.state = Commit::State::waiting;
          if (commit.marks == kIncluded) ++open_;
          queue_.push({commit.date, number});
          break;
        case Commit::State::waiting:
          if (before == kIncluded) --open_;
          break;
        case Commit::State::done:
          for (const std::uint32_t parent : commit.parents) stack.emplace_back(parent, commit.marks);
          break;
      }
    }
  }

  void paint() {
    int slop = kCountSlop;
    while (!queue_.empty()) {
      const auto [date, number] = queue_.top();
      if (open_ == 0) {
        if (date < oldest_ - kClockSlop && --slop < 0) break;
        if (oldest_ == std::numeric_limits<std::int64_t>::max()) break;  // nothing new at all
      }
      queue_.pop();
      Commit& commit = commits_[number];
      commit.state = Commit::State::done;
      const std::uint8_t marks = commit.marks;
      if (marks == kIncluded) {
        --open_;
        oldest_ = std::min(oldest_, date);
      }
      if (commit.cut) border_reached_ = true;
      const std::vector<std::uint32_t> parents = commit.parents;
      for (const std::uint32_t parent : parents) mark(parent, marks);
    }
  }

  // Parents before children, by depth-first search without recursion.
  void order() {
    std::vector<std::uint8_t> state(commits_.size(), 0);
    struct Frame {
      std::uint32_t commit;
      std::size_t next;
    };
    std::vector<Frame> stack;
    for (const std::uint32_t tip : included_tips_) {
      if (commits_[tip].marks != kIncluded || state[tip] != 0) continue;
      stack.push_back({tip, 0});
      state[tip] = 1;
      while (!stack.empty()) {
        Frame& frame = stack.back();
        const Commit& commit = commits_[frame.commit];
        if (frame.next < commit.parents.size()) {
          const std::uint32_t parent = commit.parents[frame.next++];
          if (state[parent] == 0 && commits_[parent].marks == kIncluded) {
            state[parent] = 1;
            stack.push_back({parent, 0});
          }
          continue;
        }
        if (!commit.missing) {
          ordered_.push_back(frame.commit);
          range_.commits.push_back(commit.id);
        }
        stack.pop_back();
      }
    }
  }

  void bring_in(std::uint32_t number) {
    const Commit& commit = commits_[number];
    std::vector<ObjectId> against;
    for (const std::uint32_t parent : commit.parents) {
      load(parent);
      if (!commits_[parent].missing) against.push_back(commits_[parent].tree);
    }
    if (commit.cut) {
      // What it brought in cannot be told from what was there; what the other side has is not new at
      // least.
      border_in_range_ = true;
      for (const std::uint32_t tip : excluded_tips_)
        if (!commits_[tip].missing) against.push_back(commits_[tip].tree);
    }
    const ObjectId tree = commit.tree;
    const ObjectId id = commit.id;
    compare("", tree, std::move(against), id, 0);
  }

  void add_blob(const ObjectId& id, std::uint32_t mode, std::string path, const ObjectId& commit, std::vector<ObjectId> before = {}) {
    if (!seen_blobs_.insert(id.hex() + path).second) return;
    range_.blobs.push_back({id, mode, std::move(path), commit, std::move(before)});
  }

  // Files of `tree` that are in none of the trees `against` at the same place.
  void compare(const std::string& prefix, const ObjectId& tree, std::vector<ObjectId> against,
               const ObjectId& commit, int depth) {
    if (std::find(against.begin(), against.end(), tree) != against.end()) return;
    if (depth > kDeepest || work_ > kMostWork || range_.blobs.size() > kMostBlobs) {
      range_.gaps.push_back(
          {GapKind::unreadable, "limit", prefix, "a tree lies too deep or holds too much", 1});
      return;
    }
    // A folder brought in whole, many times over: its content was told, and enough of its places.
    if (against.empty() && ++whole_trees_[tree] > kMostPlaces) return;
    const auto bytes = tree_bytes(tree, prefix);
    if (!bytes) return;
    std::vector<std::shared_ptr<const std::string>> others;
    for (const ObjectId& other : against)
      if (auto read = tree_bytes(other, prefix)) others.push_back(std::move(read));
    struct Other {
      TreeCursor cursor;
      TreeEntry entry;
      bool have;
    };
    const std::size_t id_bytes = hash_bytes(repository_.hash);
    std::vector<Other> cursors;
    cursors.reserve(others.size());
    for (const auto& other : others) {
      cursors.push_back({TreeCursor(*other, id_bytes), {}, false});
      cursors.back().have = cursors.back().cursor.next(cursors.back().entry);
    }
    TreeCursor cursor(*bytes, id_bytes);
    TreeEntry entry;
    while (cursor.next(entry)) {
      ++work_;
      if (entry.is_submodule()) continue;
      const bool is_tree = entry.is_tree();
      bool known = false;
      std::vector<ObjectId> below;
      for (Other& other : cursors) {
        while (other.have &&
               compare_tree_names(other.entry.name, other.entry.is_tree(), entry.name, is_tree) < 0)
          other.have = other.cursor.next(other.entry);
        if (!other.have ||
            compare_tree_names(other.entry.name, other.entry.is_tree(), entry.name, is_tree) != 0)
          continue;
        if (std::equal(entry.id, entry.id + id_bytes, other.entry.id)) known = true;
        if (is_tree || other.entry.is_blob()) below.emplace_back(other.entry.id, id_bytes);
      }
      if (known) continue;
      std::string path = prefix + std::string(entry.name);
      if (is_tree)
        compare(path + "/", ObjectId(entry.id, id_bytes), std::move(below), commit, depth + 1);
      else
        add_blob(ObjectId(entry.id, id_bytes), entry.mode, std::move(path), commit, std::move(below));
    }
    if (cursor.broken())
      range_.gaps.push_back(
          {GapKind::unreadable, "damaged", tree.hex(), "a tree of the range is damaged", 1});
  }

  std::shared_ptr<const std::string> tree_bytes(const ObjectId& id, const std::string& prefix) {
    if (const auto known = trees_.find(id); known != trees_.end()) return known->second;
    auto object = store_.read(id);
    if (!object || object->type != ObjectType::tree) {
      const bool not_here = !object && object.error().code == "not_here";
      if (told_.insert(id).second)
        range_.gaps.push_back({not_here ? GapKind::not_here : GapKind::unreadable,
                               object ? std::string("damaged") : object.error().code,
                               prefix + " (" + id.hex() + ")", "a tree of the range cannot be read", 1});
      return nullptr;
    }
    auto bytes = std::make_shared<const std::string>(std::move(object->bytes));
    if (cached_ + bytes->size() > kCacheBytes) {
      trees_.clear();
      cached_ = 0;
    }
    cached_ += bytes->size();
    trees_.emplace(id, bytes);
    return bytes;
  }

  const Repository& repository_;
  const ObjectStore& store_;
  Range range_;
  std::vector<Commit> commits_;
  std::unordered_map<ObjectId, std::uint32_t> numbers_;
  std::priority_queue<std::pair<std::int64_t, std::uint32_t>> queue_;
  std::vector<std::uint32_t> included_tips_;
  std::vector<std::uint32_t> excluded_tips_;
  std::vector<std::uint32_t> ordered_;
  std::int64_t open_ = 0;  // waiting commits that are included only
  std::int64_t oldest_ = std::numeric_limits<std::int64_t>::max();
  bool met_ = false;
  bool border_reached_ = false;
  bool border_in_range_ = false;
  std::unordered_map<ObjectId, std::shared_ptr<const std::string>> trees_;
  std::size_t cached_ = 0;
  std::unordered_set<std::string> seen_blobs_;
  std::unordered_map<ObjectId, std::uint32_t> whole_trees_;
  std::unordered_set<ObjectId> told_;
  std::uint64_t work_ = 0;
};

// Lines of `count` fields, divided by single blanks; an id where `hash` fits.
Result<std::vector<std::vector<std::string_view>>> fields_of(std::string_view text, std::size_t count) {
  std::vector<std::vector<std::string_view>> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    std::vector<std::string_view> fields;
    while (fields.size() + 1 < count) {
      const std::size_t blank = line.find(' ');
      if (blank == std::string_view::npos) break;
      fields.push_back(line.substr(0, blank));
      line.remove_prefix(blank + 1);
    }
    fields.push_back(line);
    if (fields.size() != count)
      return Error{"bad-input", "standard input has a line that is none of git's hook (it needs " +
                                    std::to_string(count) + " fields)"};
    lines.push_back(std::move(fields));
  }
  return lines;
}

std::optional<ObjectId> id_field(std::string_view text, HashKind hash) {
  if (text.size() != hash_bytes(hash) * 2) return std::nullopt;
  return ObjectId::from_hex(text);
}

Error bad_id() {
  return {"bad-input", "standard input has a line without the object ids that git's hook gives"};
}

}  // namespace

Result<RangeSpec> range_of(const Repository& repository, const RefSnapshot& refs,
                           const ObjectStore& store, std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos)
    return Error{"no-range", "'" + std::string(text) + "' is no range: write A..B or A...B"};
  const bool three = text.substr(dots).starts_with("...");
  const std::string_view left = text.substr(0, dots);
  const std::string_view right = text.substr(dots + (three ? 3 : 2));
  const auto from = resolve_commit(repository, refs, store, left.empty() ? "HEAD" : left);
  if (!from) return from.error();
  // A tag at the end is part of the range.
  const auto to = resolve_revision(repository, refs, store, right.empty() ? "HEAD" : right);
  if (!to) return to.error();
  const auto commit = resolve_commit(repository, refs, store, right.empty() ? "HEAD" : right);
  if (!commit) return commit.error();
  RangeSpec spec;
  spec.exclude = {*from};
  spec.include = {*to};
  spec.needs_merge_base = three;
  spec.base = *from;
  return spec;
}

Result<RangeSpec> range_since(const Repository& repository, const RefSnapshot& refs,
                              const ObjectStore& store, std::string_view revision) {
  const auto from = resolve_commit(repository, refs, store, revision);
  if (!from) return from.error();
  const auto head = resolve_commit(repository, refs, store, "HEAD");
  if (!head) return head.error();
  RangeSpec spec;
  spec.exclude = {*from};
  spec.include = {*head};
  spec.base = *from;
  return spec;
}

Result<RangeSpec> range_of_branch(const Repository& repository, const RefSnapshot& refs,
                                  const ObjectStore& store) {
  const auto head = resolve_commit(repository, refs, store, "HEAD");
  if (!head) return head.error();
  std::vector<std::string> candidates;
  const Ref* ref = refs.head();
  const std::string branch = ref != nullptr ? ref->target : std::string();
  if (!branch.empty())
    if (auto upstream = upstream_of(repository, branch)) candidates.push_back(std::move(*upstream));
  std::vector<std::string> remotes = {"origin"};
  if (repository.remotes.size() == 1) remotes.push_back(repository.remotes[0].name);
  for (const std::string& remote : remotes)
    for (const char* name : {"HEAD", "main", "master"})
      candidates.push_back("refs/remotes/" + remote + "/" + name);
  for (const char* name : {"refs/heads/main", "refs/heads/master"})
    if (branch != name) candidates.emplace_back(name);
  for (const std::string& candidate : candidates) {
    const Ref* base = refs.find(candidate);
    if (base == nullptr || base->id.empty()) continue;
    const auto commit = peel_tags(store, base->id);
    if (!commit) continue;
    RangeSpec spec;
    spec.exclude = {*commit};
    spec.include = {*head};
    spec.base = *commit;
    return spec;
  }
  return Error{
      "no-base",
      "there is no upstream, no default branch of a remote and no main or master to compare this "
      "branch with; name a range instead (A..B)"};
}

Result<std::vector<PushLine>> read_pre_push_lines(std::string_view text, HashKind hash) {
  const auto lines = fields_of(text, 4);
  if (!lines) return lines.error();
  std::vector<PushLine> pushed;
  for (const auto& fields : *lines) {
    const auto local = id_field(fields[1], hash);
    const auto remote = id_field(fields[3], hash);
    if (!local || !remote) return bad_id();
    pushed.push_back({std::string(fields[2]), *remote, *local});
  }
  return pushed;
}

Result<std::vector<PushLine>> read_pre_receive_lines(std::string_view text, HashKind hash) {
  const auto lines = fields_of(text, 3);
  if (!lines) return lines.error();
  std::vector<PushLine> pushed;
  for (const auto& fields : *lines) {
    const auto before = id_field(fields[0], hash);
    const auto after = id_field(fields[1], hash);
    if (!before || !after) return bad_id();
    pushed.push_back({std::string(fields[2]), *before, *after});
  }
  return pushed;
}

RangeSpec range_of_push(const Repository& repository, const RefSnapshot& refs, const ObjectStore& store,
                        const std::vector<PushLine>& lines, std::string_view remote) {
  RangeSpec spec;
  for (const PushLine& line : lines) {
    if (!line.after.null()) spec.include.push_back(line.after);
    if (!line.before.null() && store.contains(line.before)) {
      spec.exclude.push_back(line.before);
      if (spec.base.empty()) spec.base = line.before;
    }
  }
  const bool configured = std::any_of(repository.remotes.begin(), repository.remotes.end(),
                                      [&](const Remote& one) { return one.name == remote; });
  const std::string prefix = configured ? "refs/remotes/" + std::string(remote) + "/" : "refs/remotes/";
  for (const Ref& ref : refs.refs)
    if (ref.remote_tracking && !ref.id.empty() &&
        (ref.name.starts_with(prefix) || !ref.name.starts_with("refs/remotes/")))
      spec.exclude.push_back(ref.id);
  return spec;
}

RangeSpec range_of_receive(const RefSnapshot& refs, const ObjectStore& store,
                           const std::vector<PushLine>& lines) {
  RangeSpec spec;
  for (const PushLine& line : lines) {
    if (!line.after.null()) spec.include.push_back(line.after);
    if (!line.before.null() && store.contains(line.before)) {
      spec.exclude.push_back(line.before);
      if (spec.base.empty()) spec.base = line.before;
    }
  }
  for (const Ref& ref : refs.refs)
    if (!ref.id.empty()) spec.exclude.push_back(ref.id);
  return spec;
}

Result<Range> read_range(const Repository& repository, const ObjectStore& store, const RangeSpec& spec) {
  return RangeWalk(repository, store).run(spec);
}

}  // namespace kimiguard::git

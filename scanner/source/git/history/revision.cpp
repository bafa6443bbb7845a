#include "scanner/source/git/history/revision.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "scanner/source/git/history/commit_text.h"
#include "scanner/source/git/history/staged.h"

namespace kimiguard::git {
namespace {

constexpr int kTagDepth = 64;
constexpr std::size_t kMostCandidates = 64;
constexpr std::size_t kLongest = 4096;  // of a revision's text

bool all_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::optional<std::uint32_t> number_in(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

class Resolver {
 public:
  Resolver(const Repository& repository, const RefSnapshot& refs, const ObjectStore& store,
           std::string_view text)
      : repository_(repository), refs_(refs), store_(store), text_(text) {}

  Result<ObjectId> resolve() {
    if (text_.empty() || text_.size() > kLongest) return unknown();
    // Where the name ends and what is done to it begins.
    std::size_t end = 0;
    while (end < text_.size() && text_[end] != '~' && text_[end] != '^' && text_[end] != ':' &&
           !(text_[end] == '@' && end + 1 < text_.size() && text_[end + 1] == '{'))
      ++end;
    std::string_view name = text_.substr(0, end);
    std::string_view rest = text_.substr(end);
    Result<ObjectId> at = unknown();
    if (rest.starts_with("@{")) {
      const std::size_t close = rest.find('}');
      if (close == std::string_view::npos) return unknown();
      at = braces(name, rest.substr(2, close - 2));
      rest.remove_prefix(close + 1);
    } else {
      if (name.empty())
        return Error{"unsupported-revision", quoted(text_) + " is a form of revision that is not read"};
      at = base(name);
    }
    while (at && !rest.empty()) {
      const char what = rest.front();
      rest.remove_prefix(1);
      if (what == ':') {
        at = path_in(*at, rest);
        break;
      }
      if (what == '^' && rest.starts_with('{')) {
        const std::size_t close = rest.find('}');
        if (close == std::string_view::npos) return unknown();
        at = peel(*at, rest.substr(1, close - 1));
        rest.remove_prefix(close + 1);
        continue;
      }
      if (what != '~' && what != '^') return unknown();
      const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
      std::optional<std::uint32_t> count = 1;
      if (digits != 0) count = number_in(rest.substr(0, digits));
      if (!count) return unknown();
      rest.remove_prefix(digits);
      at = what == '~' ? ancestor(*at, *count) : parent(*at, *count);
    }
    return at;
  }

 private:
  Error unknown() const {
    std::string message = "there is no revision " + quoted(text_) + " in this repository";
    if (!repository_.shallow.empty())
      message +=
          "; this is a shallow clone, so it may only be missing here (git fetch --unshallow brings all)";
    return {"no-revision", std::move(message)};
  }

  Result<ObjectId> base(std::string_view name) {
    if (name == "@") name = "HEAD";
    if (name.size() == hash_bytes(repository_.hash) * 2 && all_hex(name)) {
      const auto id = ObjectId::from_hex(name);
      if (store_.contains(*id)) return *id;
      return absent(*id);
    }
    if (const Ref* ref = find_ref_by_short_name(refs_, name)) {
      if (ref->id.empty()) return Error{"no-revision", quoted(name) + " has no commit yet"};
      return ref->id;
    }
    if (all_hex(name) && name.size() >= 4) return abbreviated(name);
    // v1.2-34-gabcdef, as git describe writes it.
    const std::size_t mark = name.rfind("-g");
    if (mark != std::string_view::npos && all_hex(name.substr(mark + 2)) && name.size() - mark - 2 >= 4)
      return abbreviated(name.substr(mark + 2));
    return unknown();
  }

  Error absent(const ObjectId& id) const {
    if (!repository_.shallow.empty()) return shallow_error("commit " + id.hex().substr(0, 12));
    return {"no-revision", "there is no object " + id.hex() +
                               " in this repository; if a remote has it, git fetch <remote> " +
                               id.hex() + " brings it"};
  }

  Result<ObjectId> abbreviated(std::string_view hex) {
    std::vector<ObjectId> found = store_.starting_with(hex, kMostCandidates);
    if (found.empty()) {
      if (!repository_.shallow.empty() && hex.size() >= 7)
        return shallow_error("commit " + std::string(hex));
      return unknown();
    }
    if (found.size() > 1) {
      // A revision names a commit, if one of them is.
      std::vector<ObjectId> commits;
      for (const ObjectId& id : found) {
        const auto info = store_.info(id);
        if (info && (info->type == ObjectType::commit || info->type == ObjectType::tag))
          commits.push_back(id);
      }
      if (commits.size() != 1)
        return Error{"ambiguous", quoted(hex) + " could be several objects; give more of its digits"};
      return commits.front();
    }
    return found.front();
  }

  Result<ObjectId> braces(std::string_view name, std::string_view inside) {
    std::string lower;
    for (const char c : inside) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower == "u" || lower == "upstream") {
      std::string branch;
      if (name.empty() || name == "@" || name == "HEAD") {
        const Ref* head = refs_.head();
        if (head == nullptr || head->target.empty())
          return Error{"no-upstream", "HEAD is on no branch, so it has no upstream"};
        branch = head->target;
      } else {
        branch = name.starts_with("refs/heads/") ? std::string(name) : "refs/heads/" + std::string(name);
      }
      const auto upstream = upstream_of(repository_, branch);
      const Ref* ref = upstream ? refs_.find(*upstream) : nullptr;
      if (ref == nullptr || ref->id.empty())
        return Error{"no-upstream",
                     "no upstream is known for " + quoted(branch) +
                         " (git branch --set-upstream-to names one, git fetch brings it)"};
      return ref->id;
    }
    if (name.empty() && lower.starts_with('-')) {
      const auto count = number_in(std::string_view(lower).substr(1));
      if (!count || *count == 0) return unknown();
      return earlier_branch(*count);
    }
    const auto count = number_in(lower);
    if (!count)
      return Error{"unsupported-revision", quoted(text_) + " is a form of revision that is not read"};
    std::string log_name;
    if (name.empty()) {
      const Ref* head = refs_.head();
      log_name = head != nullptr && !head->target.empty() ? head->target : "HEAD";
    } else if (name == "@" || name == "HEAD") {
      log_name = "HEAD";
    } else {
      const Ref* ref = find_ref_by_short_name(refs_, name);
      if (ref == nullptr) return unknown();
      log_name = ref->name;
    }
    const Reflog* log = refs_.reflog(log_name);
    if (log == nullptr || *count > log->entries.size() || log->entries.empty()) return unknown();
    if (*count == log->entries.size()) return log->entries.front().before;
    return log->entries[log->entries.size() - 1 - *count].after;
  }

  Result<ObjectId> earlier_branch(std::uint32_t count) {
    const Reflog* log = refs_.reflog("HEAD");
    if (log == nullptr) return unknown();
    constexpr std::string_view kMoving = "checkout: moving from ";
    for (auto entry = log->entries.rbegin(); entry != log->entries.rend(); ++entry) {
      std::string_view message = entry->message;
      if (!message.starts_with(kMoving)) continue;
      if (--count != 0) continue;
      message.remove_prefix(kMoving.size());
      const std::string_view name = message.substr(0, message.find(" to "));
      return base(name);
    }
    return unknown();
  }

  Result<CommitHead> commit_at(ObjectId& id) {
    const auto peeled = peel_tags(store_, id);
    if (!peeled) return peeled.error();
    id = *peeled;
    const auto object = store_.read(id);
    if (!object) return object.error();
    auto head =
        object->type == ObjectType::commit ? read_commit(object->bytes, repository_.hash) : std::nullopt;
    if (!head) return Error{"no-commit", quoted(text_) + " does not name a commit"};
    head->author = {};
    head->committer = {};
    return std::move(*head);
  }

  Result<ObjectId> parent(ObjectId id, std::uint32_t number) {
    const auto head = commit_at(id);
    if (!head) return head.error();
    if (number == 0) return id;
    if (number > head->parents.size())
      return Error{"no-revision",
                   "commit " + id.hex().substr(0, 12) + " has no parent " + std::to_string(number)};
    const ObjectId& wanted = head->parents[number - 1];
    if (!store_.contains(wanted)) return absent(wanted);
    return wanted;
  }

  Result<ObjectId> ancestor(ObjectId id, std::uint32_t generations) {
    Result<ObjectId> at = parent(id, 0);
    for (std::uint32_t i = 0; at && i < generations; ++i) at = parent(*at, 1);
    return at;
  }

  Result<ObjectId> peel(const ObjectId& id, std::string_view what) {
    if (what == "object") return id;
    if (what.empty()) return peel_tags(store_, id);
    if (what == "tag") {
      const auto info = store_.info(id);
      if (!info) return info.error();
      if (info->type == ObjectType::tag) return id;
      return Error{"no-revision", quoted(text_) + " does not name a tag object"};
    }
    if (what == "commit") return parent(id, 0);
    if (what == "tree" || what == "blob") {
      const auto peeled = peel_tags(store_, id);
      if (!peeled) return peeled.error();
      const auto object = store_.read(*peeled);
      if (!object) return object.error();
      if (name(object->type) == what) return *peeled;
      if (what == "tree" && object->type == ObjectType::commit)
        if (const auto head = read_commit(object->bytes, repository_.hash)) return head->tree;
      return Error{"no-revision", quoted(text_) + " does not name a " + std::string(what)};
    }
    return Error{"unsupported-revision", quoted(text_) + " is a form of revision that is not read"};
  }

  Result<ObjectId> path_in(const ObjectId& id, std::string_view path) {
    const auto tree = peel(id, "tree");
    if (!tree) return tree.error();
    const auto place = find_in_tree(store_, *tree, path);
    if (!place) return place.error();
    if (place->id.empty()) return Error{"no-revision", "there is no " + quoted(text_)};
    return place->id;
  }

  const Repository& repository_;
  const RefSnapshot& refs_;
  const ObjectStore& store_;
  std::string_view text_;
};

}  // namespace

Result<ObjectId> resolve_revision(const Repository& repository, const RefSnapshot& refs,
                                  const ObjectStore& store, std::string_view text) {
  return Resolver(repository, refs, store, text).resolve();
}

Result<ObjectId> resolve_commit(const Repository& repository, const RefSnapshot& refs,
                                const ObjectStore& store, std::string_view text) {
  const auto id = resolve_revision(repository, refs, store, text);
  if (!id) return id;
  const auto peeled = peel_tags(store, *id);
  if (!peeled) return peeled;
  const auto info = store.info(*peeled);
  if (!info) return info.error();
  if (info->type != ObjectType::commit)
    return Error{"no-commit",
                 "'" + std::string(text) + "' names a " + std::string(name(info->type)) + ", no commit"};
  return *peeled;
}

const Ref* find_ref_by_short_name(const RefSnapshot& refs, std::string_view name) {
  const std::string text(name);
  for (const std::string& candidate : {text, "refs/" + text, "refs/tags/" + text, "refs/heads/" + text,
                                       "refs/remotes/" + text, "refs/remotes/" + text + "/HEAD"})
    if (const Ref* ref = refs.find(candidate)) return ref;
  return nullptr;
}

Result<ObjectId> peel_tags(const ObjectStore& store, const ObjectId& id) {
  ObjectId at = id;
  for (int depth = 0; depth < kTagDepth; ++depth) {
    const auto info = store.info(at);
    if (!info) return info.error();
    if (info->type != ObjectType::tag) return at;
    const auto object = store.read(at);
    if (!object) return object.error();
    const auto tag = read_tag(object->bytes, store.hash_kind());
    if (!tag) return Error{"damaged", "tag object " + at.hex() + " cannot be read"};
    at = tag->target;
  }
  return Error{"limit", "tags of tags lead on too long"};
}

Error shallow_error(std::string_view what) {
  return {"shallow",
          std::string(what) +
              " is not in this shallow clone; fetch more history first: git fetch --deepen=<n>, or git "
              "fetch --unshallow (GitHub Actions: fetch-depth: 0, GitLab: GIT_DEPTH: 0)"};
}

}  // namespace kimiguard::git

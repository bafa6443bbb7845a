#include "scanner/source/git/repository/ignore_pattern.h"

#include <algorithm>
#include <utility>

namespace kimiguard::git {
namespace {

bool is_wild(char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; }

std::size_t wild_at(std::string_view text) {
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_wild) - text.begin());
}

// Blanks at the end go, unless a backslash guards them.
std::string_view without_trailing_blanks(std::string_view line) {
  std::size_t keep = line.size();
  std::size_t at = 0;
  bool blank = false;
  while (at < line.size()) {
    if (line[at] == ' ') {
      if (!blank) keep = at;
      blank = true;
      ++at;
    } else if (line[at] == '\\') {
      // A backslash takes the next character with it; a last lone one stops the search for blanks.
      if (at + 1 >= line.size()) return line;
      at += 2;
      blank = false;
    } else {
      blank = false;
      ++at;
    }
  }
  return blank ? line.substr(0, keep) : line;
}

// ASCII classes, as git's own table has them whatever the locale.
std::optional<std::bitset<256>> named_class(std::string_view name) {
  std::bitset<256> set;
  const auto range = [&](int from, int to) {
    for (int c = from; c <= to; ++c) set.set(static_cast<std::size_t>(c));
  };
  const bool alnum = name == "alnum";
  if (name == "lower" || name == "alpha" || alnum) range('a', 'z');
  if (name == "upper" || name == "alpha" || alnum) range('A', 'Z');
  if (name == "digit" || name == "xdigit" || alnum) range('0', '9');
  if (name == "xdigit") {
    range('a', 'f');
    range('A', 'F');
  }
  if (name == "blank") {
    set.set(' ');
    set.set('\t');
  }
  if (name == "space") {
    range('\t', '\r');
    set.set(' ');
  }
  if (name == "cntrl") {
    range(0, 31);
    set.set(127);
  }
  if (name == "print") range(' ', '~');
  if (name == "graph") range('!', '~');
  if (name == "punct") {
    range('!', '/');
    range(':', '@');
    range('[', '`');
    range('{', '~');
  }
  if (set.none()) return std::nullopt;
  return set;
}

}  // namespace

std::optional<IgnorePattern> IgnorePattern::parse(std::string_view line) {
  line = line.substr(0, line.find('\0'));
  line = without_trailing_blanks(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  IgnorePattern pattern;
  pattern.text_ = std::string(line);
  std::string_view body = line;
  if (body.front() == '!') {
    pattern.negated_ = true;
    body.remove_prefix(1);
  }
  if (body.ends_with('/')) {
    pattern.folder_only_ = true;
    body.remove_suffix(1);
  }
  pattern.name_only_ = body.find('/') == std::string_view::npos;
  if (!pattern.name_only_ && body.front() == '/') body.remove_prefix(1);
  if (pattern.name_only_ && body.starts_with('*') && wild_at(body.substr(1)) == body.size() - 1) {
    pattern.suffix_ = true;
    pattern.literal_ = std::string(body.substr(1));
    return pattern;
  }
  const std::size_t prefix = wild_at(body);
  pattern.literal_ = std::string(body.substr(0, prefix));
  // git splits off the literal beginning of a path pattern before it looks at the rest, so `a**/b` is
  // read as if `**` stood at a beginning; a pattern for a name is read whole, and `**` is nothing
  // special in it.
  pattern.never_ = !pattern.compile(body, prefix);
  return pattern;
}

bool IgnorePattern::compile(std::string_view body, std::size_t literal_prefix) {
  const std::string_view rest = body.substr(literal_prefix);
  std::size_t at = 0;
  while (at < rest.size()) {
    const char c = rest[at];
    if (c == '?') {
      steps_.push_back({Kind::any, 0, 0});
      ++at;
    } else if (c == '\\') {
      if (at + 1 == rest.size()) return false;
      steps_.push_back({Kind::literal, rest[at + 1], 0});
      at += 2;
    } else if (c == '*') {
      const std::size_t begin = at;
      while (at < rest.size() && rest[at] == '*') ++at;
      const bool begins = begin == 0 || rest[begin - 1] == '/';
      const bool ends = at == rest.size() || rest[at] == '/' ||
                        (rest[at] == '\\' && at + 1 < rest.size() && rest[at + 1] == '/');
      if (at - begin >= 2 && begins && ends && !name_only_) {
        if (at < rest.size() && rest[at] == '/') {
          // Either nothing at all, or any folders and the "/" that follows.
          steps_.push_back({Kind::skip_folders, 0, 0});
          ++at;
        } else {
          steps_.push_back({Kind::deep_star, 0, 0});
        }
      } else {
        steps_.push_back({Kind::star, 0, 0});
      }
    } else if (c == '[') {
      std::bitset<256> set;
      ++at;
      const bool inverted = at < rest.size() && (rest[at] == '!' || rest[at] == '^');
      if (inverted) ++at;
      bool first = true;
      int previous = 0;  // the character a range may begin with; 0 for none
      while (true) {
        if (at >= rest.size()) return false;
        auto member = static_cast<unsigned char>(rest[at]);
        if (member == ']' && !first) {
          ++at;
          break;
        }
        first = false;
        if (member == '\\') {
          if (++at >= rest.size()) return false;
          member = static_cast<unsigned char>(rest[at]);
          set.set(member);
          previous = member;
          ++at;
        } else if (member == '-' && previous != 0 && at + 1 < rest.size() && rest[at + 1] != ']') {
          ++at;
          auto last = static_cast<unsigned char>(rest[at]);
          if (last == '\\') {
            if (++at >= rest.size()) return false;
            last = static_cast<unsigned char>(rest[at]);
          }
          for (int value = previous; value <= last; ++value) set.set(static_cast<std::size_t>(value));
          previous = 0;
          ++at;
        } else if (member == '[' && at + 1 < rest.size() && rest[at + 1] == ':') {
          const std::size_t close = rest.find(']', at + 2);
          if (close == std::string_view::npos) return false;
          if (close < at + 3 || rest[close - 1] != ':') {
            // No ":]": the "[" is a plain member.
            set.set('[');
            previous = '[';
            ++at;
          } else {
            const auto named = named_class(rest.substr(at + 2, close - 1 - (at + 2)));
            if (!named) return false;
            set |= *named;
            previous = 0;
            at = close + 1;
          }
        } else {
          set.set(member);
          previous = member;
          ++at;
        }
      }
      if (inverted) set.flip();
      if (!name_only_) set.reset('/');
      if (sets_.size() == 0xffff) return false;
      steps_.push_back({Kind::set, 0, static_cast<std::uint16_t>(sets_.size())});
      sets_.push_back(set);
    } else {
      steps_.push_back({Kind::literal, c, 0});
      ++at;
    }
  }
  return true;
}

bool IgnorePattern::run(std::string_view name) const {
  // The steps that may come next, as a set; `now` holds those before the next character of the name.
  // kWithin marks a step that skips folders and stands inside a folder's name.
  constexpr unsigned char kHere = 1;
  constexpr unsigned char kWithin = 2;
  const std::size_t count = steps_.size();
  std::vector<unsigned char> now(count + 1, 0);
  std::vector<unsigned char> next(count + 1, 0);
  // Marks `step` and every step reached from it without taking a character.
  const auto enter = [&](std::vector<unsigned char>& set, std::size_t step) {
    while (set[step] != kHere) {
      set[step] = kHere;
      if (step == count) return;
      const Kind kind = steps_[step].kind;
      if (kind != Kind::star && kind != Kind::deep_star && kind != Kind::skip_folders) return;
      ++step;
    }
  };
  enter(now, 0);
  for (const char c : name) {
    bool alive = false;
    std::fill(next.begin(), next.end(), static_cast<unsigned char>(0));
    for (std::size_t i = 0; i < count; ++i) {
      if (now[i] == 0) continue;
      const Step& step = steps_[i];
      switch (step.kind) {
        case Kind::literal:
          if (c == step.literal) enter(next, i + 1);
          break;
        case Kind::any:
          if (c != '/') enter(next, i + 1);
          break;
        case Kind::set:
          if (sets_[step.set].test(static_cast<unsigned char>(c))) enter(next, i + 1);
          break;
        case Kind::star:
          if (c != '/') enter(next, i);
          break;
        case Kind::deep_star:
          enter(next, i);
          break;
        case Kind::skip_folders:
          // Inside a folder's name only this step goes on; after a "/" the steps behind it may begin.
          if (c == '/')
            enter(next, i);
          else
            next[i] = next[i] == 0 ? kWithin : next[i];
          break;
      }
    }
    for (const unsigned char mark : next) alive = alive || mark != 0;
    if (!alive) return false;
    std::swap(now, next);
  }
  return now[count] != 0;
}

bool IgnorePattern::matches(std::string_view path, bool folder) const {
  if (never_ || (folder_only_ && !folder)) return false;
  std::string_view name = path;
  if (name_only_) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
    if (suffix_) return name.ends_with(literal_);
  }
  if (!name.starts_with(literal_)) return false;
  if (steps_.empty()) return name.size() == literal_.size();
  return run(name.substr(literal_.size()));
}

}  // namespace kimiguard::git

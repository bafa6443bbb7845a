#include "scanner/rulebook/small_matcher.h"

#include <algorithm>
#include <utility>

namespace kimiguard::rulebook {
namespace {

constexpr std::size_t kMostSteps = 4000;
constexpr unsigned kMostRepeats = 1000;
constexpr unsigned kDeepest = 50;
// Branches times bytes: 256 KB of notes.
constexpr std::size_t kMostNotes = std::size_t{1} << 21;

using Bytes = std::array<std::uint64_t, 4>;

void put(Bytes& set, unsigned c) { set[c / 64] |= std::uint64_t{1} << c % 64; }
void put(Bytes& set, unsigned first, unsigned last) {
  for (unsigned c = first; c <= last; ++c) put(set, c);
}
bool has(const Bytes& set, std::uint8_t c) { return (set[c / 64] >> c % 64 & 1) != 0; }
Bytes without(const Bytes& set) { return {~set[0], ~set[1], ~set[2], ~set[3]}; }
void join(Bytes& set, const Bytes& other) {
  for (std::size_t i = 0; i < set.size(); ++i) set[i] |= other[i];
}

void fold(Bytes& set) {
  for (unsigned c = 'a'; c <= 'z'; ++c) {
    const unsigned upper = c - 'a' + 'A';
    if (has(set, static_cast<std::uint8_t>(c))) put(set, upper);
    else if (has(set, static_cast<std::uint8_t>(upper))) put(set, c);
  }
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// \d \w \s and their opposites, as in RE2 (no vertical tab among \s).
std::optional<Bytes> class_named(char letter) {
  Bytes set{};
  switch (letter) {
    case 'd':
    case 'D': put(set, '0', '9'); break;
    case 'w':
    case 'W':
      put(set, '0', '9');
      put(set, 'A', 'Z');
      put(set, 'a', 'z');
      put(set, '_');
      break;
    case 's':
    case 'S':
      for (const char c : {'\t', '\n', '\f', '\r', ' '}) put(set, static_cast<unsigned>(c));
      break;
    default: return std::nullopt;
  }
  return letter < 'a' ? without(set) : set;
}

}  // namespace

// From an expression to steps, by way of a tree: what is repeated is written out several times.
class SmallMatcherReader {
 public:
  SmallMatcherReader(SmallMatcher& matcher, std::string_view expression, bool ignore_case, bool any_byte)
      : made_(matcher), rest_(expression), fold_(ignore_case), any_byte_(any_byte) {}

  bool read() {
    const std::optional<std::size_t> whole = alternatives(0);
    if (!whole || !rest_.empty()) return false;
    take_lead(*whole);
    write({SmallMatcher::Op::save, 0});
    if (!write_tree(*whole)) return false;
    write({SmallMatcher::Op::save, 1});
    write({SmallMatcher::Op::found});
    return made_.steps_.size() <= kMostSteps;
  }

 private:
  enum class Kind { nothing, bytes, all_of, one_of, repeat, group, edge };
  struct Tree {
    Kind kind = Kind::nothing;
    std::vector<std::size_t> parts;
    Bytes bytes{};
    unsigned least = 0, most = 0;  // repeat; most 0: no bound
    bool greedy = true;
    unsigned group = 0;
    SmallMatcher::Op edge = SmallMatcher::Op::begin;
  };

  // Takes a lazy repetition of bytes from the beginning of the tree, and one of the same bytes behind it.
  void take_lead(std::size_t index) {
    if (trees_[index].kind != Kind::all_of || trees_[index].parts.empty()) return;
    const std::size_t first = trees_[index].parts.front();
    if (trees_[first].kind == Kind::all_of) {
      take_lead(first);
      return;
    }
    const Tree& tree = trees_[first];
    if (tree.kind != Kind::repeat || tree.least != 0 || tree.greedy || trees_[tree.parts[0]].kind != Kind::bytes) return;
    const Bytes bytes = trees_[tree.parts[0]].bytes;
    if (made_.lead_ && *made_.lead_ != bytes) return;
    made_.lead_ = bytes;
    made_.most_lead_ = tree.most == 0 ? SmallMatcher::kNone : made_.most_lead_ + tree.most;
    trees_[index].parts.erase(trees_[index].parts.begin());
    if (tree.most != 0) take_lead(index);
  }

  std::size_t add(Tree tree) {
    trees_.push_back(std::move(tree));
    return trees_.size() - 1;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Flags that are set inside a group end with it.
  std::optional<std::size_t> alternatives(unsigned depth) {
    if (depth > kDeepest) return std::nullopt;
    const bool fold_before = fold_;
    const bool any_before = any_byte_;
    Tree one_of{Kind::one_of, {}};
    do {
      const auto part = sequence(depth);
      if (!part) return std::nullopt;
      one_of.parts.push_back(*part);
    } while (take('|'));
    fold_ = fold_before;
    any_byte_ = any_before;
    return one_of.parts.size() == 1 ? one_of.parts.front() : add(std::move(one_of));
  }

  std::optional<std::size_t> sequence(unsigned depth) {
    Tree all_of{Kind::all_of, {}};
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      auto part = one(depth);
      if (!part) return std::nullopt;
      const bool may_repeat = trees_[*part].kind != Kind::edge;
      bool repeated = false;
      while (!rest_.empty() && (rest_.front() == '*' || rest_.front() == '+' || rest_.front() == '?' || counts())) {
        if (!may_repeat || std::exchange(repeated, true)) return std::nullopt;
        auto repeat = repetition();
        // How often something empty is repeated without end, engines count differently.
        if (!repeat || (repeat->most == 0 && may_be_empty(*part))) return std::nullopt;
        repeat->parts = {*part};
        part = add(std::move(*repeat));
      }
      all_of.parts.push_back(*part);
    }
    return all_of.parts.size() == 1 ? all_of.parts.front() : add(std::move(all_of));
  }

  // Whether {n}, {n,} or {n,m} is next. Any other brace stands for itself.
  bool counts() const {
    if (rest_.size() < 3 || rest_[0] != '{' || !is_digit(rest_[1])) return false;
    std::size_t n = 1;
    while (n < rest_.size() && is_digit(rest_[n])) ++n;
    if (n < rest_.size() && rest_[n] == ',') ++n;
    while (n < rest_.size() && is_digit(rest_[n])) ++n;
    return n < rest_.size() && rest_[n] == '}';
  }

  bool may_be_empty(std::size_t index) const {
    const Tree& tree = trees_[index];
    const auto part_may = [&](std::size_t part) { return may_be_empty(part); };
    switch (tree.kind) {
      case Kind::bytes: return false;
      case Kind::nothing:
      case Kind::edge: return true;
      case Kind::one_of: return std::any_of(tree.parts.begin(), tree.parts.end(), part_may);
      case Kind::all_of:
      case Kind::group: return std::all_of(tree.parts.begin(), tree.parts.end(), part_may);
      case Kind::repeat: return tree.least == 0 || may_be_empty(tree.parts[0]);
    }
    return true;
  }

  std::optional<Tree> repetition() {
    Tree repeat{Kind::repeat, {}};
    const char sign = rest_.front();
    rest_.remove_prefix(1);
    if (sign == '+') repeat.least = 1;
    if (sign == '?') repeat.most = 1;
    if (sign == '{') {
      const auto least = number();
      if (!least) return std::nullopt;
      repeat.least = repeat.most = *least;
      if (take(',')) {
        repeat.most = 0;
        if (!rest_.empty() && rest_.front() != '}') {
          const auto most = number();
          if (!most || *most < *least || *most == 0) return std::nullopt;
          repeat.most = *most;
        }
      } else if (*least == 0) {
        return std::nullopt;
      }
      if (!take('}')) return std::nullopt;
    }
    repeat.greedy = !take('?');
    return repeat;
  }

  std::optional<unsigned> number() {
    unsigned value = 0;
    std::size_t n = 0;
    for (; n < rest_.size() && is_digit(rest_[n]); ++n) {
      value = value * 10 + static_cast<unsigned>(rest_[n] - '0');
      if (value > kMostRepeats) return std::nullopt;
    }
    rest_.remove_prefix(n);
    return n == 0 ? std::nullopt : std::optional(value);
  }

  std::optional<std::size_t> bytes(Bytes set, bool folded) {
    if (folded) fold(set);
    Tree tree;
    tree.kind = Kind::bytes;
    tree.bytes = set;
    return add(std::move(tree));
  }

  std::optional<std::size_t> edge(SmallMatcher::Op op) {
    Tree tree;
    tree.kind = Kind::edge;
    tree.edge = op;
    return add(std::move(tree));
  }

  std::optional<std::size_t> one(unsigned depth) {
    if (counts()) return std::nullopt;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case '(': return group(depth);
      case '[': return bracket();
      case '^': return edge(SmallMatcher::Op::begin);
      case '$': return edge(SmallMatcher::Op::end);
      case '.': {
        Bytes set{};
        if (!any_byte_) put(set, '\n');
        return bytes(without(set), false);
      }
      case '\\': {
        if (rest_.empty()) return std::nullopt;
        switch (rest_.front()) {
          case 'b': rest_.remove_prefix(1); return edge(SmallMatcher::Op::word_edge);
          case 'B': rest_.remove_prefix(1); return edge(SmallMatcher::Op::no_word_edge);
          case 'z': rest_.remove_prefix(1); return edge(SmallMatcher::Op::end);
          case 'A': rest_.remove_prefix(1); return edge(SmallMatcher::Op::begin);
          default: break;
        }
        const auto set = escape();
        return set ? bytes(*set, fold_) : std::nullopt;
      }
      case '*':
      case '+':
      case '?': return std::nullopt;
      default: {
        if (static_cast<unsigned char>(c) >= 0x80) return std::nullopt;
        Bytes set{};
        put(set, static_cast<unsigned char>(c));
        return bytes(set, fold_);
      }
    }
  }

  std::optional<std::size_t> group(unsigned depth) {
    Tree tree;
    tree.kind = Kind::group;
    const bool fold_before = fold_;
    const bool any_before = any_byte_;
    const bool named = rest_.starts_with("?P<");
    if (named) {
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos || end == 3 || !std::all_of(rest_.begin() + 3, rest_.begin() + static_cast<std::ptrdiff_t>(end), is_word)) return std::nullopt;
      rest_.remove_prefix(end + 1);
    }
    if (!named && take('?')) {
      bool on = true;
      while (!rest_.empty() && rest_.front() != ':' && rest_.front() != ')') {
        const char flag = rest_.front();
        rest_.remove_prefix(1);
        if (flag == '-' && on) on = false;
        else if (flag == 'i') fold_ = on;
        else if (flag == 's') any_byte_ = on;
        else return std::nullopt;
      }
      if (take(')')) return add(Tree{});  // for the rest of the group around
      if (!take(':')) return std::nullopt;
      const auto inner = alternatives(depth + 1);
      fold_ = fold_before;
      any_byte_ = any_before;
      return inner && take(')') ? inner : std::nullopt;
    }
    tree.group = ++made_.groups_;
    const auto inner = alternatives(depth + 1);
    if (!inner || !take(')')) return std::nullopt;
    tree.parts = {*inner};
    return add(std::move(tree));
  }

  // Behind a backslash: a class, or one byte.
  std::optional<Bytes> escape() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (const auto named = class_named(c)) return named;
    Bytes set{};
    switch (c) {
      case 'n': put(set, '\n'); return set;
      case 't': put(set, '\t'); return set;
      case 'r': put(set, '\r'); return set;
      case 'f': put(set, '\f'); return set;
      case 'v': put(set, '\v'); return set;
      case 'a': put(set, '\a'); return set;
      case 'x': {
        unsigned value = 0;
        for (int n = 0; n < 2; ++n) {
          if (rest_.empty()) return std::nullopt;
          const char d = rest_.front();
          const int digit = is_digit(d) ? d - '0' : d >= 'a' && d <= 'f' ? d - 'a' + 10 : d >= 'A' && d <= 'F' ? d - 'A' + 10 : -1;
          if (digit < 0) return std::nullopt;
          value = value * 16 + static_cast<unsigned>(digit);
          rest_.remove_prefix(1);
        }
        if (value >= 0x80) return std::nullopt;
        put(set, value);
        return set;
      }
      default: break;
    }
    if (is_word(c) || static_cast<unsigned char>(c) >= 0x80) return std::nullopt;
    put(set, static_cast<unsigned char>(c));
    return set;
  }

  std::optional<std::size_t> bracket() {
    const bool opposite = take('^');
    Bytes all{};
    bool first = true;
    while (first || (!rest_.empty() && rest_.front() != ']')) {
      if (rest_.empty()) return std::nullopt;
      if (rest_.starts_with("[:")) {
        const auto set = class_with_colons();
        if (!set) return std::nullopt;
        join(all, *set);
        first = false;
        continue;
      }
      // A "-" that is neither first nor last: RE2 may refuse it.
      if (!first && rest_.front() == '-' && !rest_.starts_with("-]")) return std::nullopt;
      first = false;
      const auto low = member();
      if (!low) return std::nullopt;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        const auto high = member();
        if (!low->single || !high || !high->single || *high->single < *low->single) return std::nullopt;
        put(all, *low->single, *high->single);
      } else {
        join(all, low->bytes);
      }
    }
    if (!take(']')) return std::nullopt;
    if (fold_) fold(all);
    return bytes(opposite ? without(all) : all, false);
  }

  // [:alnum:] and the like.
  std::optional<Bytes> class_with_colons() {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNamed = {{{"[:alnum:]", "09AZaz"}, {"[:alpha:]", "AZaz"}, {"[:digit:]", "09"}, {"[:lower:]", "az"}, {"[:upper:]", "AZ"}, {"[:xdigit:]", "09AFaf"}}};
    for (const auto& [name, ranges] : kNamed) {
      if (!rest_.starts_with(name)) continue;
      rest_.remove_prefix(name.size());
      Bytes set{};
      for (std::size_t n = 0; n < ranges.size(); n += 2) put(set, static_cast<unsigned char>(ranges[n]), static_cast<unsigned char>(ranges[n + 1]));
      return set;
    }
    return std::nullopt;
  }

  struct Member {
    Bytes bytes{};
    std::optional<unsigned> single;
  };
  std::optional<Member> member() {
    Member made;
    if (rest_.empty()) return std::nullopt;
    if (take('\\')) {
      if (rest_.empty()) return std::nullopt;
      const bool named = class_named(rest_.front()).has_value();
      const auto set = escape();
      if (!set) return std::nullopt;
      made.bytes = *set;
      for (unsigned c = 0; !named && c < 128; ++c)
        if (has(*set, static_cast<std::uint8_t>(c))) made.single = c;
      return made;
    }
    const auto c = static_cast<unsigned char>(rest_.front());
    if (c >= 0x80) return std::nullopt;
    rest_.remove_prefix(1);
    put(made.bytes, c);
    made.single = c;
    return made;
  }

  std::size_t write(SmallMatcher::Step step) {
    if (step.op == SmallMatcher::Op::branch) step.number = made_.branches_++;
    made_.steps_.push_back(step);
    return made_.steps_.size() - 1;
  }
  std::uint16_t here() const { return static_cast<std::uint16_t>(made_.steps_.size()); }

  // A branch whose way into `part` is the next step; `out` of it is given later.
  std::size_t write_branch() { return write({SmallMatcher::Op::branch}); }
  void set_branch(std::size_t branch, bool greedy, std::uint16_t in, std::uint16_t out) {
    made_.steps_[branch].a = greedy ? in : out;
    made_.steps_[branch].b = greedy ? out : in;
  }

  bool write_tree(std::size_t index) {
    if (made_.steps_.size() > kMostSteps) return false;
    const Tree tree = trees_[index];
    switch (tree.kind) {
      case Kind::nothing: return true;
      case Kind::bytes: {
        const auto known = std::find(made_.sets_.begin(), made_.sets_.end(), tree.bytes);
        const auto set = static_cast<std::uint16_t>(known - made_.sets_.begin());
        if (known == made_.sets_.end()) made_.sets_.push_back(tree.bytes);
        write({SmallMatcher::Op::bytes, set});
        return true;
      }
      case Kind::edge: write({tree.edge}); return true;
      case Kind::all_of: return std::all_of(tree.parts.begin(), tree.parts.end(), [&](std::size_t part) { return write_tree(part); });
      case Kind::group:
        write({SmallMatcher::Op::save, static_cast<std::uint16_t>(2 * tree.group)});
        if (!write_tree(tree.parts[0])) return false;
        write({SmallMatcher::Op::save, static_cast<std::uint16_t>(2 * tree.group + 1)});
        return true;
      case Kind::one_of: {
        std::vector<std::size_t> jumps;
        for (std::size_t i = 0; i < tree.parts.size(); ++i) {
          const bool last = i + 1 == tree.parts.size();
          const std::size_t branch = last ? 0 : write_branch();
          const std::uint16_t in = here();
          if (!write_tree(tree.parts[i])) return false;
          if (last) break;
          jumps.push_back(write({SmallMatcher::Op::jump}));
          set_branch(branch, true, in, here());
        }
        for (const std::size_t jump : jumps) made_.steps_[jump].a = here();
        return true;
      }
      case Kind::repeat: {
        for (unsigned n = 0; n < tree.least; ++n)
          if (!write_tree(tree.parts[0])) return false;
        if (tree.most == 0) {
          const std::size_t branch = write_branch();
          const std::uint16_t in = here();
          if (!write_tree(tree.parts[0])) return false;
          write({SmallMatcher::Op::jump, static_cast<std::uint16_t>(branch)});
          set_branch(branch, tree.greedy, in, here());
          return true;
        }
        std::vector<std::size_t> branches;
        std::vector<std::uint16_t> ins;
        for (unsigned n = tree.least; n < tree.most; ++n) {
          branches.push_back(write_branch());
          ins.push_back(here());
          if (!write_tree(tree.parts[0])) return false;
        }
        for (std::size_t i = 0; i < branches.size(); ++i) set_branch(branches[i], tree.greedy, ins[i], here());
        return true;
      }
    }
    return false;
  }

  SmallMatcher& made_;
  std::string_view rest_;
  bool fold_;
  bool any_byte_;
  std::vector<Tree> trees_;
};

SmallMatcher::SmallMatcher(std::string_view expression, bool ignore_case, bool any_byte) {
  understood_ = SmallMatcherReader(*this, expression, ignore_case, any_byte).read();
  if (understood_) look_ahead();
  const auto is_ascii = [](const Bytes& set) { return (set[2] | set[3]) == 0; };
  ascii_only_ = std::all_of(sets_.begin(), sets_.end(), is_ascii) && (!lead_ || is_ascii(*lead_));
}

bool SmallMatcher::answers_utf8(std::string_view text) const {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return true;
  // Two signs are other forms of ASCII letters to RE2: the long s, and the kelvin.
  return ascii_only_ && text.find("\xC5\xBF") == std::string_view::npos && text.find("\xE2\x84\xAA") == std::string_view::npos;
}

void SmallMatcher::look_ahead() {
  std::vector<std::optional<Ahead>> known(steps_.size());
  first_ = ahead_of(0, known);
  ahead_.resize(branches_);
  for (const Step& step : steps_)
    if (step.op == Op::branch) ahead_[step.number] = {ahead_of(step.a, known), ahead_of(step.b, known)};
}

// What is repeated without end is never empty, so this comes to an end.
SmallMatcher::Ahead SmallMatcher::ahead_of(std::size_t at, std::vector<std::optional<Ahead>>& known) const {
  while (steps_[at].op != Op::bytes && steps_[at].op != Op::branch && steps_[at].op != Op::found)
    at = steps_[at].op == Op::jump ? steps_[at].a : at + 1;
  const Step& step = steps_[at];
  if (step.op == Op::bytes) return {sets_[step.a], false};
  if (step.op == Op::found) return {{}, true};
  if (known[at]) return *known[at];
  Ahead ahead = ahead_of(step.a, known);
  const Ahead other = ahead_of(step.b, known);
  join(ahead.bytes, other.bytes);
  ahead.any = ahead.any || other.any;
  known[at] = ahead;
  return ahead;
}

SmallMatcher::Answer SmallMatcher::match(std::string_view text, Span within, Extent extent, std::vector<std::size_t>* captured) const {
  const std::size_t begin = within.begin;
  const std::size_t end = within.end;
  const std::size_t places = end - begin + 1;
  const std::size_t notes = branches_ * places;
  if (notes > kMostNotes) return Answer::too_large;
  std::vector<std::uint64_t> noted(notes / 64 + 1, 0);
  std::vector<std::size_t> saved(2 * (groups_ + 1), kNone);
  // Ways not taken yet, and, marked by a step behind the last, what a number was before it was saved.
  struct Way {
    std::size_t step;
    std::size_t at;
  };
  std::vector<Way> ways;
  ways.reserve(64);
  const auto word_edge = [&](std::size_t at) {
    return (at > 0 && is_word(text[at - 1])) != (at < text.size() && is_word(text[at]));
  };
  const auto allows = [&](const Ahead& ahead, std::size_t at) {
    return ahead.any || (at < end && has(ahead.bytes, static_cast<std::uint8_t>(text[at])));
  };
  const auto runs = [&](std::size_t from) {
    ways.assign(1, {0, from});
    while (!ways.empty()) {
      auto [step_at, at] = ways.back();
      ways.pop_back();
      if (step_at >= steps_.size()) {
        saved[step_at - steps_.size()] = at;
        continue;
      }
      for (bool goes_on = true; goes_on;) {
        const Step& step = steps_[step_at];
        switch (step.op) {
          case Op::bytes:
            goes_on = at < end && has(sets_[step.a], static_cast<std::uint8_t>(text[at]));
            ++at;
            ++step_at;
            break;
          case Op::jump: step_at = step.a; break;
          case Op::branch: {
            const std::size_t note = step.number * places + (at - begin);
            if ((noted[note / 64] >> note % 64 & 1) != 0) {
              goes_on = false;
              break;
            }
            noted[note / 64] |= std::uint64_t{1} << note % 64;
            const std::array<Ahead, 2>& ahead = ahead_[step.number];
            const bool other = allows(ahead[1], at);
            if (allows(ahead[0], at)) {
              if (other) ways.push_back({step.b, at});
              step_at = step.a;
            } else if (other) {
              step_at = step.b;
            } else {
              goes_on = false;
            }
            break;
          }
          case Op::save:
            ways.push_back({steps_.size() + step.a, saved[step.a]});
            saved[step.a] = at;
            ++step_at;
            break;
          case Op::begin:
            goes_on = at == 0;
            ++step_at;
            break;
          case Op::end:
            goes_on = at == text.size();
            ++step_at;
            break;
          case Op::word_edge:
            goes_on = word_edge(at);
            ++step_at;
            break;
          case Op::no_word_edge:
            goes_on = !word_edge(at);
            ++step_at;
            break;
          case Op::found:
            if (extent == Extent::anywhere || at == end) return true;
            goes_on = false;
            break;
        }
      }
    }
    return false;
  };
  for (std::size_t from = begin; from <= end; ++from) {
    if (allows(first_, from) && runs(from)) {
      if (captured != nullptr) {
        std::size_t& first = saved[0];
        while (lead_ && first > begin && from - first < most_lead_ && has(*lead_, static_cast<std::uint8_t>(text[first - 1]))) --first;
        *captured = std::move(saved);
      }
      return Answer::yes;
    }
    if (extent == Extent::all &&
        !(lead_ && from < end && from - begin < most_lead_ && has(*lead_, static_cast<std::uint8_t>(text[from])))) break;
  }
  return Answer::no;
}

}  // namespace kimiguard::rulebook

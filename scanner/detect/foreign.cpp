#include "scanner/detect/foreign.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "scanner/core/lowered.h"
#include "scanner/detect/plausibility.h"
#include "scanner/rulebook/expression.h"
#include "scanner/text/utf8.h"

namespace kimiguard::detect {
namespace {

constexpr std::size_t kMostMatches = 20000;  // of one rule in one text
constexpr std::uint64_t kLongestLine = 1 << 20;
constexpr std::size_t kMostGroups = 32;

using rulebook::Encoding;
using rulebook::Expression;

std::unique_ptr<const Expression> read(const std::string& expression) { return std::make_unique<const Expression>(expression); }

// A rule's own, which is asked around each hit.
std::unique_ptr<const Expression> read_rule(const std::string& expression, Encoding encoding) {
  return std::make_unique<const Expression>(expression, rulebook::Case::sensitive, encoding, rulebook::Dot::no_line_end, rulebook::ShortTexts::small);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t length = text::utf8_length(text, at);
    if (length > 0) {
      at += length;
      continue;
    }
    // A cut at either end may part a sequence.
    if (at < 3 || text.size() - at < 4) {
      ++at;
      continue;
    }
    return false;
  }
  return true;
}

// Bits a character as gitleaks counts: of code points, by the number of bytes.
double bits(std::string_view text) {
  if (is_ascii(text)) return entropy(text);
  std::map<std::string_view, std::uint32_t> counts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::max<std::size_t>(1, text::utf8_length(text, at));
    ++counts[text.substr(at, length)];
    at += length;
  }
  double sum = 0;
  for (const auto& [point, count] : counts) {
    const double p = count / static_cast<double>(text.size());
    sum -= p * std::log2(p);
  }
  return sum;
}

bool holds_word(std::string_view text, const std::string& word) {
  if (word.empty()) return true;
  const auto same = [](char a, char b) {
    const char folded = a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a;
    return folded == b;
  };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

enum class Answer { no, pending, yes };

// A term with its expressions joined.
struct CompiledTerm {
  const ExcuseTerm* term = nullptr;
  std::unique_ptr<const Expression> expression;
};

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "(?:" : "|(?:") + text + ")";
  return out;
}

using CompiledExcuses = std::vector<std::vector<CompiledTerm>>;

CompiledExcuses read(const std::vector<Excuse>& excuses) {
  CompiledExcuses made;
  for (const Excuse& excuse : excuses) {
    std::vector<CompiledTerm>& terms = made.emplace_back();
    for (const ExcuseTerm& term : excuse) {
      CompiledTerm& read_term = terms.emplace_back();
      read_term.term = &term;
      if (term.kind == ExcuseTerm::Kind::path || term.kind == ExcuseTerm::Kind::expression) read_term.expression = read(joined(term.texts));
    }
  }
  return made;
}

}  // namespace

struct ForeignRules::Compiled {
  std::once_flag once;
  std::once_flag once_bytes;
  std::unique_ptr<const Expression> expression;
  std::unique_ptr<const Expression> by_bytes;  // for text that is no UTF-8
  std::unique_ptr<const Expression> path;
  CompiledExcuses own;
  const CompiledExcuses* shared = nullptr;  // come first; null for none

  struct Sight {
    std::string_view secret, match, line, path, commit;
    bool path_known = false;
    bool commit_known = false;
    bool content_known = true;
    bool line_known = true;
  };

  Answer says(const CompiledTerm& compiled, const Sight& sight) const {
    const ExcuseTerm& term = *compiled.term;
    Answer answer = Answer::no;
    const auto of = [&]() {
      return term.target == ExcuseTerm::Target::secret  ? sight.secret
             : term.target == ExcuseTerm::Target::match ? sight.match
                                                        : sight.line;
    };
    switch (term.kind) {
      case ExcuseTerm::Kind::path:
        if (!sight.path_known) return Answer::pending;
        answer = !sight.path.empty() && compiled.expression->matches_in(sight.path)
                     ? Answer::yes : Answer::no;
        break;
      case ExcuseTerm::Kind::commit:
        if (!sight.commit_known) return Answer::pending;
        answer = std::find(term.texts.begin(), term.texts.end(), sight.commit) != term.texts.end() ? Answer::yes : Answer::no;
        break;
      default:
        // What the content says was said when the match was made: only the rest is open.
        if (!sight.content_known) return Answer::yes;
        if (term.target == ExcuseTerm::Target::line && !sight.line_known) return Answer::pending;
        switch (term.kind) {
          case ExcuseTerm::Kind::expression:
            answer = !of().empty() && compiled.expression->matches_in(of())
                         ? Answer::yes : Answer::no;
            break;
          case ExcuseTerm::Kind::words: {
            const std::string folded = lowered(of());
            answer = std::any_of(term.texts.begin(), term.texts.end(), [&](const std::string& word) { return folded.find(word) != std::string::npos; })
                         ? Answer::yes : Answer::no;
            break;
          }
          case ExcuseTerm::Kind::entropy: {
            const double value = bits(of());
            answer = value >= term.least && value <= term.most ? Answer::yes : Answer::no;
            break;
          }
          default: {
            const auto value = static_cast<double>(of().size());
            answer = value >= term.least && value <= term.most ? Answer::yes : Answer::no;
          }
        }
    }
    if (term.negated) answer = answer == Answer::yes ? Answer::no : Answer::yes;
    return answer;
  }

  std::size_t excuses() const { return own.size() + (shared == nullptr ? 0 : shared->size()); }

  Answer excused(std::size_t index, const Sight& sight) const {
    Answer all = Answer::yes;
    const std::size_t first_own = shared == nullptr ? 0 : shared->size();
    for (const CompiledTerm& term : index < first_own ? (*shared)[index] : own[index - first_own]) {
      const Answer one = says(term, sight);
      if (one == Answer::no) return Answer::no;
      if (one == Answer::pending) all = Answer::pending;
    }
    return all;
  }
};

// Every rule of a file has the file's: compiled once for all of them (for each, they were 8 % of the work on a small tree
// full of keys).
struct ForeignRules::SharedExcuses {
  std::map<const std::vector<Excuse>*, CompiledExcuses> of_file;
};

ForeignRules::ForeignRules(std::shared_ptr<const Rulebook> book, std::vector<ForeignPlan> plans)
    : book_(std::move(book)),
      plans_(std::move(plans)),
      compiled_(std::make_unique<Compiled[]>(book_->rules.size())),
      shared_(std::make_unique<SharedExcuses>()) {
  by_rule_.assign(book_->rules.size(), -1);
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    const std::uint32_t rule = plans_[i].rule;
    if (rule >= by_rule_.size() || book_->rules[rule].foreign == nullptr) continue;
    by_rule_[rule] = static_cast<std::int32_t>(i);
    if (plans_[i].always) always_.push_back(rule);
  }
  for (const Rule& rule : book_->rules)
    if (rule.foreign != nullptr && rule.foreign->shared != nullptr && !shared_->of_file.contains(rule.foreign->shared.get()))
      shared_->of_file.emplace(rule.foreign->shared.get(), read(*rule.foreign->shared));
}

ForeignRules::~ForeignRules() = default;

const ForeignRules::Compiled& ForeignRules::compiled(std::uint32_t rule) const {
  Compiled& made = compiled_[rule];
  std::call_once(made.once, [&] {
    const Rule& from = book_->rules[rule];
    made.expression = read_rule(from.expression, Encoding::utf8);
    if (!from.foreign->path.empty()) made.path = read(from.foreign->path);
    made.own = read(from.foreign->excuses);
    if (const auto* shared = from.foreign->shared.get(); shared != nullptr) made.shared = &shared_->of_file.at(shared);
  });
  return made;
}

void ForeignRules::matches_in(std::uint32_t rule, std::string_view text, const std::vector<Span>& spans, std::string_view path,
                              View view, std::vector<ForeignMatch>& to) const {
  const Compiled& known = compiled(rule);
  const ForeignRule& foreign = *book_->rules[rule].foreign;
  if (known.path != nullptr && !path.empty() && !known.path->matches_in(path)) return;
  std::size_t made = 0;
  std::uint64_t at = 0;
  for (const Span& span : spans) {
    at = std::max(at, span.begin);
    const Expression* expression = known.expression.get();
    if (at < span.end && !is_utf8(text.substr(at, span.end - at))) {
      Compiled& also = compiled_[rule];
      std::call_once(also.once_bytes, [&] { also.by_bytes = read_rule(book_->rules[rule].expression, Encoding::latin1); });
      if (also.by_bytes->usable()) expression = also.by_bytes.get();
    }
    while (at < span.end && made < kMostMatches) {
      const std::vector<std::string_view> hit = expression->find(text, {at, span.end}, 1);
      if (hit.empty()) break;
      const std::string_view found = hit[0];
      const auto begin = static_cast<std::uint64_t>(found.data() - text.data());
      const std::uint64_t end = begin + found.size();
      at = found.empty() ? end + 1 : end;
      ++made;
      ForeignMatch match;
      match.rule = rule;
      match.match = {begin, end};
      while (match.match.begin < match.match.end && text[match.match.begin] == '\n') ++match.match.begin;
      while (match.match.end > match.match.begin && text[match.match.end - 1] == '\n') --match.match.end;
      const std::string_view whole = text.substr(match.match.begin, match.match.size());
      // The groups, from the match alone.
      std::string_view secret = whole;
      const std::vector<std::string_view> groups = expression->find(whole, {0, whole.size()}, kMostGroups);
      if (groups.size() > 1) {
        std::size_t group = foreign.group > 0 && static_cast<std::size_t>(foreign.group) < groups.size() ? static_cast<std::size_t>(foreign.group) : 0;
        for (std::size_t n = 1; group == 0 && n < groups.size(); ++n)
          if (!groups[n].empty()) group = n;
        if (foreign.group > 0 && groups[group].data() == nullptr) secret = {};
        else if (group > 0) secret = groups[group];
      }
      const std::uint64_t offset = secret.data() == nullptr ? 0 : static_cast<std::uint64_t>(secret.data() - whole.data());
      match.secret = {match.match.begin + offset, match.match.begin + offset + secret.size()};
      if (secret.empty()) continue;

      Compiled::Sight sight;
      sight.secret = secret;
      sight.match = whole;
      sight.path = path;
      sight.path_known = !path.empty();
      sight.commit_known = !path.empty();  // a file: no commit
      sight.line_known = view == View::whole;
      // From the line end before the match, it included, to the line end after it.
      std::uint64_t from = match.match.begin;
      const std::uint64_t least = from > kLongestLine ? from - kLongestLine : 0;
      while (from > least && text[from - 1] != '\n') --from;
      if (from > 0 && text[from - 1] == '\n') --from;
      std::size_t line_end = text.find('\n', match.match.end);
      if (line_end == std::string_view::npos) line_end = text.size();
      sight.line = text.substr(from, std::min<std::uint64_t>(line_end - from, 2 * kLongestLine));
      bool excused = false;
      for (std::size_t i = 0; i < known.excuses() && !excused; ++i) {
        const Answer answer = known.excused(i, sight);
        if (answer == Answer::yes) excused = true;
        if (answer == Answer::pending) match.pending.push_back(static_cast<std::uint32_t>(i));
      }
      if (!excused) to.push_back(std::move(match));
    }
  }
}

std::vector<ForeignMatch> ForeignRules::find(std::string_view text, std::vector<ForeignStretch> stretches, std::string_view path) const {
  std::sort(stretches.begin(), stretches.end(), [](const ForeignStretch& a, const ForeignStretch& b) {
    return a.rule != b.rule ? a.rule < b.rule : a.span.begin < b.span.begin;
  });
  std::vector<ForeignMatch> all;
  for (std::size_t i = 0; i < stretches.size();) {
    const std::uint32_t rule = stretches[i].rule;
    std::vector<Span> spans;
    for (; i < stretches.size() && stretches[i].rule == rule; ++i) {
      const Span span = stretches[i].span;
      if (!spans.empty() && span.begin <= spans.back().end) spans.back().end = std::max(spans.back().end, span.end);
      else spans.push_back(span);
    }
    if (plan(rule) == nullptr) continue;
    const ForeignRule& foreign = *book_->rules[rule].foreign;
    std::vector<ForeignMatch> matches;
    matches_in(rule, text, spans, path, View::whole, matches);
    if (matches.empty()) continue;
    // A keyword must stand somewhere; it mostly stands in the match.
    if (!foreign.keywords.empty()) {
      const auto in = [&](std::string_view where) {
        return std::any_of(foreign.keywords.begin(), foreign.keywords.end(), [&](const std::string& word) { return holds_word(where, word); });
      };
      if (!in(text.substr(matches[0].match.begin, matches[0].match.size())) && !in(text)) continue;
    }
    for (const RequiredRule& required : foreign.required) {
      const Rule* other = book_->rule(required.id);
      if (other == nullptr || other->foreign == nullptr || other->expression.empty()) {
        matches.clear();
        break;
      }
      const auto index = static_cast<std::uint32_t>(other - book_->rules.data());
      std::vector<ForeignMatch> near;
      matches_in(index, text, {{0, text.size()}}, path, View::whole, near);
      const auto place = [&](const ForeignMatch& match) {
        const std::size_t line_start = match.match.begin == 0 ? std::string_view::npos : text.rfind('\n', match.match.begin - 1);
        return std::pair<std::int64_t, std::int64_t>(
            std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(match.match.begin), '\n'),
            static_cast<std::int64_t>(match.match.begin - (line_start == std::string_view::npos ? 0 : line_start)));
      };
      std::vector<std::pair<std::int64_t, std::int64_t>> places;
      for (const ForeignMatch& match : near) places.push_back(place(match));
      std::erase_if(matches, [&](const ForeignMatch& match) {
        const auto here = place(match);
        return std::none_of(places.begin(), places.end(), [&](const auto& there) {
          return (!required.within_lines || std::llabs(here.first - there.first) <= *required.within_lines) &&
                 (!required.within_columns || std::llabs(here.second - there.second) <= *required.within_columns);
        });
      });
      if (matches.empty()) break;
    }
    std::move(matches.begin(), matches.end(), std::back_inserter(all));
  }
  return all;
}

bool ForeignRules::may_stand(std::string_view text, const ForeignStretch& stretch) const {
  if (!compiled(stretch.rule).expression->usable()) return true;
  std::vector<ForeignMatch> matches;
  matches_in(stretch.rule, text, {stretch.span}, {}, View::part, matches);
  return !matches.empty();
}

bool ForeignRules::stands_at(std::uint32_t rule, const std::vector<std::uint32_t>& pending, std::string_view path,
                             std::string_view commit) const {
  if (plan(rule) == nullptr) return true;
  const Compiled& known = compiled(rule);
  if (known.path != nullptr && !known.path->matches_in(path)) return false;
  Compiled::Sight sight;
  sight.path = path;
  sight.commit = commit;
  sight.path_known = sight.commit_known = true;
  sight.content_known = false;
  return std::none_of(pending.begin(), pending.end(), [&](std::uint32_t index) {
    return index < known.excuses() && known.excused(index, sight) == Answer::yes;
  });
}

}  // namespace kimiguard::detect

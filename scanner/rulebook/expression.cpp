#include "scanner/rulebook/expression.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "scanner/rulebook/pattern_database.h"
#include "scanner/rulebook/small_matcher.h"

namespace kimiguard::rulebook {

namespace {

// Reading and asking it takes 2 to 10 µs of the small matcher each time, and 1 of RE2 once it is compiled.
constexpr unsigned kOften = 32;
// Of short texts by expressions for which RE2 makes states for nearly each: a tree full of keys asks some 6,000 times and
// takes half as long so; a history asks far more often, and then RE2's states serve again (git/git with gitleaks' 222 rules:
// 19 to 21 s of processor time with the small matcher alone, 15 to 17 with RE2, other work beside it).
constexpr unsigned kVeryOften = 8192;
constexpr std::size_t kShort = 4096;
constexpr std::size_t kMostGroups = 32;
constexpr std::int64_t kMostMemory = 32 << 20;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters, Encoding encoding, Dot dot,
                                             std::int64_t most_memory) {
  re2::RE2::Options options;
  if (encoding == Encoding::latin1) options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_case_sensitive(letters == Case::sensitive);
  options.set_dot_nl(dot == Dot::any);
  options.set_max_mem(most_memory);
  return std::make_unique<re2::RE2>(piece(expression), options);
}

Expression::Expression(std::string text, Case letters, Encoding encoding, Dot dot, ShortTexts short_texts)
    : text_(std::move(text)), letters_(letters), encoding_(encoding), dot_(dot), short_texts_(short_texts) {}
Expression::~Expression() = default;

const re2::RE2& Expression::compiled() const {
  std::call_once(once_, [&] { compiled_ = compile_expression(text_, letters_, encoding_, dot_, kMostMemory); });
  return *compiled_;
}

const SmallMatcher& Expression::read() const {
  std::call_once(read_once_, [&] {
    small_ = std::make_unique<const SmallMatcher>(text_, letters_ == Case::insensitive, dot_ == Dot::any);
  });
  return *small_;
}

bool Expression::usable() const { return read().understood() || compiled().ok(); }

const SmallMatcher* Expression::small(std::string_view text) const {
  const unsigned most = short_texts_ == ShortTexts::small && text.size() <= kShort ? kVeryOften : kOften;
  if (asked_.load(std::memory_order_relaxed) >= most) return nullptr;
  const SmallMatcher& matcher = read();
  // Byte by byte it answers alike only where a byte is a character.
  if (!matcher.understood() || (encoding_ == Encoding::utf8 && !matcher.answers_utf8(text))) return nullptr;
  asked_.fetch_add(1, std::memory_order_relaxed);
  return &matcher;
}

bool Expression::matches_all(std::string_view text) const {
  if (const SmallMatcher* matcher = small(text))
    if (const auto answer = matcher->match(text, {0, text.size()}, SmallMatcher::Extent::all); answer != SmallMatcher::Answer::too_large)
      return answer == SmallMatcher::Answer::yes;
  const re2::RE2& expression = compiled();
  return expression.ok() && re2::RE2::FullMatch(piece(text), expression);
}

bool Expression::matches_in(std::string_view text) const {
  if (const SmallMatcher* matcher = small(text))
    if (const auto answer = matcher->match(text, {0, text.size()}, SmallMatcher::Extent::anywhere); answer != SmallMatcher::Answer::too_large)
      return answer == SmallMatcher::Answer::yes;
  const re2::RE2& expression = compiled();
  return expression.ok() && re2::RE2::PartialMatch(piece(text), expression);
}

std::vector<std::string_view> Expression::find(std::string_view text, Span within, std::size_t most) const {
  std::vector<std::string_view> groups;
  most = std::min(most, kMostGroups);
  if (const SmallMatcher* matcher = small(text.substr(within.begin, within.size()))) {
    std::vector<std::size_t> captured;
    const auto answer = matcher->match(text, within, SmallMatcher::Extent::anywhere, &captured);
    for (std::size_t i = 0; i + 1 < captured.size() && groups.size() < most; i += 2)
      groups.push_back(captured[i] == SmallMatcher::kNone || captured[i + 1] == SmallMatcher::kNone
                           ? std::string_view()
                           : text.substr(captured[i], captured[i + 1] - captured[i]));
    if (answer != SmallMatcher::Answer::too_large) return groups;
  }
  const re2::RE2& expression = compiled();
  if (!expression.ok()) return groups;
  const std::size_t count = std::min(static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1, most);
  re2::StringPiece captured[kMostGroups];
  if (!expression.Match(piece(text), within.begin, within.end, re2::RE2::UNANCHORED, captured, static_cast<int>(count))) return groups;
  for (std::size_t i = 0; i < count; ++i) groups.emplace_back(captured[i].data(), captured[i].size());
  return groups;
}

std::string why_not_re2(const std::string& expression, int group) {
  const auto compiled = compile_expression(expression, Case::sensitive);
  if (!compiled->ok()) return "RE2 says: " + compiled->error();
  if (group > compiled->NumberOfCapturingGroups())
    return "it has " + std::to_string(compiled->NumberOfCapturingGroups()) +
           " capturing groups and 'group' asks for number " + std::to_string(group);
  return {};
}

std::string why_not_hyperscan(const std::string& expression) {
  const auto database = compile_patterns({{expression, 0}});
  return database ? std::string() : database.error().message;
}

}  // namespace kimiguard::rulebook

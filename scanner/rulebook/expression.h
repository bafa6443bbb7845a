// Expressions of rule files: what RE2 and Hyperscan think of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/span.h"

namespace re2 {
class RE2;
}

namespace kimiguard::rulebook {

enum class Case { sensitive, insensitive };
enum class Encoding { utf8, latin1 };  // latin1: byte by byte
enum class Dot { no_line_end, any };   // what a dot stands for
// Whether RE2 is asked about short texts as soon as about long ones, once it was asked often, or far later: what an
// expression with counted repetitions becomes in RE2 is made anew for nearly every text at first.
enum class ShortTexts { re2_once_often, small };

// Compiles quietly; never null, ask ok().
std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters, Encoding encoding = Encoding::utf8,
                                             Dot dot = Dot::no_line_end, std::int64_t most_memory = 8 << 20);

class SmallMatcher;

// An expression that is read when it is first asked, and compiled by RE2 (0.05 to 0.3 ms) only once it was asked often:
// a scan that finds one key asks some twenty of the rulebook's 200, once or twice each. Any thread.
class Expression {
 public:
  // RE2 may take 32 MB for it.
  explicit Expression(std::string text, Case letters = Case::sensitive, Encoding encoding = Encoding::utf8,
                      Dot dot = Dot::no_line_end, ShortTexts short_texts = ShortTexts::re2_once_often);
  ~Expression();

  // Whether RE2 takes the expression. Where it does not, all below are false.
  bool usable() const;

  // Whether `text` matches as a whole.
  bool matches_all(std::string_view text) const;
  // Whether some part of it does.
  bool matches_in(std::string_view text) const;
  // The leftmost match in a part of `text`: it and its groups, `most` (32 at most) of them counting the match itself, as
  // parts of `text`; groups that have no part in it are empty, without address. Empty if there is none.
  std::vector<std::string_view> find(std::string_view text, Span within, std::size_t most = 16) const;
  std::vector<std::string_view> find(std::string_view text) const { return find(text, {0, text.size()}); }

 private:
  const re2::RE2& compiled() const;
  // Null once it was asked often, and where RE2 has to be asked about `text`, the part that is looked at.
  const SmallMatcher* small(std::string_view text) const;
  const SmallMatcher& read() const;

  std::string text_;
  Case letters_;
  Encoding encoding_;
  Dot dot_;
  ShortTexts short_texts_;
  mutable std::atomic<unsigned> asked_{0};
  mutable std::once_flag read_once_;
  mutable std::unique_ptr<const SmallMatcher> small_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<re2::RE2> compiled_;
};

// Why RE2 refuses `expression` or it has fewer than `group` captures; "" if it is fine.
std::string why_not_re2(const std::string& expression, int group = 0);

// Why Hyperscan refuses `expression` in the matcher's database; "" if it is fine. Costs a compile.
std::string why_not_hyperscan(const std::string& expression);

}  // namespace kimiguard::rulebook

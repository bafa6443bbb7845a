// Expressions of rule files: what RE2 and Hyperscan think of them.
#pragma once

#include <atomic>
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

// Compiles quietly; never null, ask ok().
std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters, Encoding encoding = Encoding::utf8,
                                             Dot dot = Dot::no_line_end);

class SmallMatcher;

// An expression that is read when it is first asked, and compiled by RE2 (0.05 to 0.3 ms) only once it was asked often:
// a scan that finds one key asks some twenty of the rulebook's 200, once or twice each. Any thread.
class Expression {
 public:
  explicit Expression(std::string text, Case letters = Case::sensitive, Encoding encoding = Encoding::utf8,
                      Dot dot = Dot::no_line_end);
  ~Expression();

  // All are false where RE2 refuses the expression.

  // Whether `text` matches as a whole.
  bool matches_all(std::string_view text) const;
  // Whether some part of it does.
  bool matches_in(std::string_view text) const;
  // The leftmost match in a part of `text`: it and its groups, as parts of `text`; groups that have no part in it, and
  // those beyond the fifteenth, are empty, without address. Empty if there is none.
  std::vector<std::string_view> find(std::string_view text, Span within) const;
  std::vector<std::string_view> find(std::string_view text) const { return find(text, {0, text.size()}); }

 private:
  const re2::RE2& compiled() const;
  // Null once it was asked often, and where RE2 has to be asked.
  const SmallMatcher* small(std::string_view text) const;

  std::string text_;
  Case letters_;
  Encoding encoding_;
  Dot dot_;
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

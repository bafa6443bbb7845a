// Expressions of rule files: what RE2 and Hyperscan think of them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace kimiguard::rulebook {

enum class Case { sensitive, insensitive };
enum class Encoding { utf8, latin1 };  // latin1: byte by byte

// Compiles quietly; never null, ask ok().
std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters, Encoding encoding = Encoding::utf8);

// An expression that is compiled when it is first asked (0.01 to 0.1 ms each: a scan that finds a key needs a few of
// the rulebook's 200). Any thread.
class Expression {
 public:
  explicit Expression(std::string text, Case letters = Case::sensitive, Encoding encoding = Encoding::utf8);
  ~Expression();

  // Whether `text` matches as a whole; false where RE2 refuses the expression.
  bool matches_all(std::string_view text) const;

 private:
  const re2::RE2& compiled() const;

  std::string text_;
  Case letters_;
  Encoding encoding_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<re2::RE2> compiled_;
};

// Why RE2 refuses `expression` or it has fewer than `group` captures; "" if it is fine.
std::string why_not_re2(const std::string& expression, int group = 0);

// Why Hyperscan refuses `expression` in the matcher's database; "" if it is fine. Costs a compile.
std::string why_not_hyperscan(const std::string& expression);

}  // namespace kimiguard::rulebook

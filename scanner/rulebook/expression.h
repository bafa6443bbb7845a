// Expressions of rule files: what RE2 and Hyperscan think of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace kimiguard::rulebook {

enum class Case { sensitive, insensitive };

// Compiles quietly; never null, ask ok(). Bytes are UTF-8.
std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters);

// Why RE2 refuses `expression` or it has fewer than `group` captures; "" if it is fine.
std::string why_not_re2(const std::string& expression, int group = 0);

// Why Hyperscan refuses `expression` in the matcher's database; "" if it is fine. Costs a compile.
std::string why_not_hyperscan(const std::string& expression);

}  // namespace kimiguard::rulebook

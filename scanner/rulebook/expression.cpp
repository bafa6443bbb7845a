#include "scanner/rulebook/expression.h"

#include <re2/re2.h>

#include "scanner/rulebook/pattern_database.h"

namespace kimiguard::rulebook {

std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(letters == Case::sensitive);
  return std::make_unique<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
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

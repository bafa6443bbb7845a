#include "scanner/rulebook/expression.h"

#include <re2/re2.h>

#include <utility>

#include "scanner/rulebook/pattern_database.h"

namespace kimiguard::rulebook {

std::unique_ptr<re2::RE2> compile_expression(std::string_view expression, Case letters, Encoding encoding) {
  re2::RE2::Options options;
  if (encoding == Encoding::latin1) options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_case_sensitive(letters == Case::sensitive);
  return std::make_unique<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
}

Expression::Expression(std::string text, Case letters, Encoding encoding)
    : text_(std::move(text)), letters_(letters), encoding_(encoding) {}
Expression::~Expression() = default;

const re2::RE2& Expression::compiled() const {
  std::call_once(once_, [&] { compiled_ = compile_expression(text_, letters_, encoding_); });
  return *compiled_;
}

bool Expression::matches_all(std::string_view text) const {
  const re2::RE2& expression = compiled();
  return expression.ok() && re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
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

#include "scanner/rulebook/pattern_database.h"

#include <hs.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace kimiguard {

std::optional<PatternWidth> width_of(const Pattern& pattern) {
  hs_expr_info_t* info = nullptr;
  hs_compile_error_t* failed = nullptr;
  if (hs_expression_info(pattern.expression.c_str(), pattern.dot_all ? HS_FLAG_DOTALL : 0, &info, &failed) != HS_SUCCESS) {
    if (failed != nullptr) hs_free_compile_error(failed);
    return {};
  }
  const std::unique_ptr<hs_expr_info_t, decltype(&std::free)> owned(info, std::free);
  PatternWidth width;
  width.least = info->min_width;
  if (info->max_width != 0xFFFFFFFFu) width.most = info->max_width;
  return width;
}

Result<std::string> compile_patterns(const std::vector<Pattern>& patterns, int* failed_at) {
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (const Pattern& pattern : patterns) {
    if (pattern.expression.find('\0') != std::string::npos)
      return Error{"expression", "the expression holds a zero byte"};
    expressions.push_back(pattern.expression.c_str());
    flags.push_back(pattern.dot_all ? HS_FLAG_DOTALL : 0);
    ids.push_back(pattern.id);
  }
  hs_platform_info_t platform{};
  platform.tune = HS_TUNE_FAMILY_GENERIC;
  platform.cpu_features = 0;
  hs_database_t* raw = nullptr;
  hs_compile_error_t* failed = nullptr;
  if (hs_compile_multi(expressions.data(), flags.data(), ids.data(),
                       static_cast<unsigned>(expressions.size()), HS_MODE_BLOCK, &platform, &raw,
                       &failed) != HS_SUCCESS) {
    std::string why = "Hyperscan says: ";
    why += failed != nullptr && failed->message != nullptr ? failed->message : "no reason given";
    if (failed != nullptr && failed->expression >= 0 && patterns.size() > 1)
      why += " (pattern " + std::to_string(failed->expression) + ")";
    if (failed_at != nullptr) *failed_at = failed != nullptr ? failed->expression : -1;
    if (failed != nullptr) hs_free_compile_error(failed);
    return Error{"expression", why};
  }
  const std::unique_ptr<hs_database_t, decltype(&hs_free_database)> database(raw, hs_free_database);
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(database.get(), &bytes, &size) != HS_SUCCESS)
    return Error{"serialize", "the pattern database could not be serialized"};
  const std::unique_ptr<char, decltype(&std::free)> owned(bytes, std::free);
  return std::string(bytes, size);
}

std::vector<Pattern> patterns_of(const std::vector<Rule>& rules) {
  std::vector<Pattern> patterns;
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (rules[i].kind == Rule::Kind::leak && !rules[i].expression.empty())
      patterns.push_back({rules[i].expression, static_cast<unsigned>(i)});
  return patterns;
}

}  // namespace kimiguard

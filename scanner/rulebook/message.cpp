#include "scanner/rulebook/message.h"

#include <algorithm>
#include <cstddef>

namespace kimiguard {

const MessageVariant* variant_of(const Rule& rule, const std::map<std::string, std::string>& arguments) {
  const auto named = arguments.find("variant");
  if (named == arguments.end()) return nullptr;
  const auto found =
      std::find_if(rule.variants.begin(), rule.variants.end(),
                   [&](const MessageVariant& variant) { return variant.id == named->second; });
  return found == rule.variants.end() ? nullptr : &*found;
}

const Localized& message_of(const Rule& rule, const std::map<std::string, std::string>& arguments) {
  const MessageVariant* variant = variant_of(rule, arguments);
  return variant != nullptr ? variant->message : rule.message;
}

const Localized& advice_of(const Rule& rule, const std::map<std::string, std::string>& arguments) {
  const MessageVariant* variant = variant_of(rule, arguments);
  return variant != nullptr && !variant->advice.empty() ? variant->advice : rule.advice;
}

std::string fill_placeholders(std::string_view text,
                              const std::map<std::string, std::string>& arguments) {
  std::string filled;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('{', at);
    filled += text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    const auto argument = close == std::string_view::npos
                              ? arguments.end()
                              : arguments.find(std::string(text.substr(open + 1, close - open - 1)));
    if (argument == arguments.end()) {
      filled += '{';
      at = open + 1;
    } else {
      filled += argument->second;
      at = close + 1;
    }
  }
  return filled;
}

}  // namespace kimiguard

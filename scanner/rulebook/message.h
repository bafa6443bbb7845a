// A rule's sentence about one finding.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scanner/rulebook/rule.h"

namespace kimiguard {

// The variant that `arguments` name under "variant", or null for the rule's own message.
const MessageVariant* variant_of(const Rule& rule, const std::map<std::string, std::string>& arguments);

// The message and advice in force for these arguments, with {placeholders} still in them.
const Localized& message_of(const Rule& rule, const std::map<std::string, std::string>& arguments);
const Localized& advice_of(const Rule& rule, const std::map<std::string, std::string>& arguments);

// `text` with each {name} replaced by its argument. A name without an argument stays as it is written;
// arguments are not looked into for further placeholders.
std::string fill_placeholders(std::string_view text,
                              const std::map<std::string, std::string>& arguments);

}  // namespace kimiguard

// What `kimiguard explain` says about a decoded error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/cli/screen.h"
#include "scanner/kimi/error_meaning.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::cli {

// The realms whose console may be meant: the one that answered, else those of its product, else all.
// Empty for an answer of another vendor.
std::vector<const Realm*> realms_of(const kimi::DecodedError& error, const Rulebook& book);

// For people. `language` is "en" or "zh". Keys are masked.
std::string explained_text(const kimi::DecodedError& error, const Rulebook& book,
                           std::string_view language, const Screen& screen);

// One object, "kimiguard-explain/1". Keys are masked.
std::string explained_json(const kimi::DecodedError& error, const Rulebook& book,
                           std::string_view language);

}  // namespace kimiguard::cli

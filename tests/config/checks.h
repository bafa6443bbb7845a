// What holds for every setting of every reader, whatever the input.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/config/reader.h"
#include "scanner/config/value_text.h"

namespace kimiguard::config::checks {

// "" if all is well, else what is wrong. Slow and obvious: positions are counted from the beginning.
std::string fault(std::string_view bytes, const Parsed& parsed);

// The only setting with that key path; fails the test by throwing if there is none or several.
const Setting& one(const Parsed& parsed, std::string_view key_path);

// "path=value" of each setting, in order.
std::vector<std::string> listed(const Parsed& parsed);

// Line and column of `offset`, counted code point by code point.
Position slow_position(std::string_view bytes, std::size_t offset);

// 48 letters and digits, different at each call: what stands for a key in these tests.
std::string random_key(std::size_t length = 48);

}  // namespace kimiguard::config::checks

// Examples in rule files are templates, because no key-shaped text may be stored: `{{…}}` is filled
// with random text when the example runs.
//
//   {{sk-kimi:64}}         sk-kimi- and 64 letters or digits
//   {{sk:48}}              sk- and 48 letters or digits
//   {{alnum:20}} {{lower:48}} {{upper:8}} {{digits:6}} {{hex:32}} {{base64url:43}}
//   {{evenhex:32}}         hex digits, letters upper case at even positions (One API's tokens)
//   {{repeat:x:64}}        "x" 64 times
//   {{jwt:hs512:PAYLOAD}}  a JWT: header of that algorithm, the JSON payload, a random signature
//   {{b64:TEXT}} {{b64url:TEXT}} {{hexof:TEXT}} {{percent:TEXT}} {{utf16le:TEXT}}   TEXT encoded
//   {{nl}} {{tab}} {{esc}}    line feed, tab, escape
//
// TEXT and PAYLOAD may hold templates themselves. "{{" that no lower-case letter follows stands for
// itself, so `{{ .Values.key }}` and `${{ secrets.KEY }}` may be written as they are.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "scanner/core/result.h"

namespace kimiguard {

using RandomText = std::mt19937_64;

// `form` with every template filled. The same generator state gives the same text on every machine.
// Fails (code "template") on an unknown word, a missing or huge length, or nesting over eight.
Result<std::string> fill_template(std::string_view form, RandomText& random);

}  // namespace kimiguard

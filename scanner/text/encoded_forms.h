// The expressions that find a key in its encoded forms.
//
// For a key of the shape "literal prefix + `count` characters of [A-Za-z0-9]" each encoding gives text
// of a shape of its own; these are the expressions for them, in the subset that Hyperscan and RE2 both
// take, without look-around. They have a minimum of false alarms, not none: what they find is decoded
// (views_at) and confirmed there with the rule's own expression.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/core/result.h"

namespace kimiguard::text {

struct EncodedForm {
  std::string id;          // "base64-0", "base64-base64-2", "base64-0-wrapped", "hex-lower", "utf-16le",
                           // "percent-hyphen" …
  std::string encoding;    // what View::chain says for it, outermost first, joined by ","
  std::string expression;  // over bytes: RE2 with Latin1 encoding, Hyperscan without UTF-8
};

// `prefix`: 1 to 64 printable ASCII characters, `count`: 8 to 512. Fails with "usage" otherwise.
Result<std::vector<EncodedForm>> encoded_forms(std::string_view prefix, unsigned count);

// The expression "broken" for keys that are broken by something in between (adjacent string literals, a
// line end, a colour sequence, a soft line break, one escaped character): it finds the first three
// characters of the prefix, what follows of the key, and the break, where no letter or digit stands
// before. `encoding` is empty: views_at tells.
Result<std::vector<EncodedForm>> broken_forms(std::string_view prefix, unsigned count);

}  // namespace kimiguard::text

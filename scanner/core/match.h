// One place of one secret, as detection saw it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "scanner/core/document.h"
#include "scanner/core/secret.h"
#include "scanner/core/severity.h"
#include "scanner/core/span.h"
#include "scanner/core/suppression.h"

namespace kimiguard {

// One reason for an attribution. `kind` is one of: prefix, issuer_mark, host, provider, name, prose,
// entropy, elsewhere. `text` is the host, word or name itself, never a secret.
struct Evidence {
  std::string kind;
  std::string text;
  std::uint64_t line = 0;  // in the outer file, 0 if it does not apply
};

// A position in the outer file: 1-based line and column in Unicode code points, an invalid byte
// counting one (design §4).
struct Position {
  std::uint64_t line = 1;
  std::uint64_t column = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

// Where a span stands in the outer file, and how it looks with every key in it masked.
struct Region {
  Span bytes;      // offsets in the outer file
  Position begin;
  Position end;    // one past the last code point
  std::string snippet;          // at most 200 code points around the span, masked, valid UTF-8
  std::string context_snippet;  // the lines around it, masked, at most 600 code points; may be empty
  Position context_begin;
  Position context_end;
  std::string line_without_secret;  // for the fingerprint kimiguard/v1
  std::string line_hash;            // primaryLocationLineHash of the codeql-action, "<hex>:<n>"
  bool binary = false;              // lines split at \n only, byteOffset reported
};

struct Match {
  std::string rule;         // kimi-code-key …
  Secret secret;
  std::string secret_kind;  // as the rule file says
  std::string realm;        // a realm id of rules/realms.toml, or "" if it cannot be known
  std::string issuer;       // another issuer's name where the mark or evidence says so, else ""
  Confidence confidence = Confidence::low;
  std::vector<Evidence> evidence;
  std::vector<std::string> decoded;  // chain of encodings, outermost first
  bool sent_elsewhere = false;       // goes to another party's host by its surroundings
  std::string variable;              // name the secret is assigned to, if any
  bool browser_variable = false;     // that name is one that a build ships to browsers
  Region region;
  std::shared_ptr<const Origin> origin;
  std::shared_ptr<const Allowed> allowed;  // by a marker in the same text; null if there is none
  // A rule of another program: what its path and commit, not known where it was found, must still be asked
  // (detect::Detection::stands_at).
  std::vector<std::uint32_t> pending;
};

}  // namespace kimiguard

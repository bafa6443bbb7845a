// One value of a configuration file, with where it stands. Readers in scanner/config yield these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/core/match.h"
#include "scanner/core/span.h"

namespace kimiguard {

// A run of a decoded value and the bytes it was decoded from. As many bytes as the run is long: each byte
// stands for its own; any other number: an escape, a fold, a whole, which is one indivisible thing.
struct ValuePiece {
  std::uint32_t value = 0;  // where the run begins in `value`; it ends where the next one begins
  std::uint32_t begin = 0;  // in the document
  std::uint32_t end = 0;
  friend bool operator==(const ValuePiece&, const ValuePiece&) = default;
};

// `path` is the chain of keys from the root: object keys as they are after decoding, array elements
// as their decimal index, INI/TOML sections and XML elements as keys, "@name" for XML attributes.
struct Setting {
  enum class Type { text, number, boolean, null };
  std::vector<std::string> path;
  Type type = Type::text;
  std::string value;      // decoded: escapes resolved, quotes gone
  Span bytes;             // of the value in the document, without quotes
  Position position;      // of the value
  Position end;           // one past it
  Span key_bytes;         // of the key nearest to the value; empty for array elements
  int document = 0;       // YAML streams, JSONL lines: which document, from 0
  // What the file says of it beside the value: a YAML tag ("!vault"), "export", "unset", "ENV", "ARG" …
  std::string tag;
  bool verbatim = false;  // quoted so that its own format expands no `$X` in it (shell, dotenv: 'x')
  // How `value` was decoded; empty where `value` is `bytes` as they stand.
  std::vector<ValuePiece> pieces;

  // "providers.kimi.api_key"; a "." or "[" in a key is quoted ("a.b").
  std::string key_path() const;
};

}  // namespace kimiguard

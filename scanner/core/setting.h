// One value of a configuration file, with where it stands. Readers in scanner/config yield these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/core/match.h"
#include "scanner/core/span.h"

namespace kimiguard {

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

  // "providers.kimi.api_key"; a "." or "[" in a key is quoted ("a.b").
  std::string key_path() const;
};

}  // namespace kimiguard

// Whose key a text is, by the text alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/rulebook/rulebook.h"

namespace kimiguard::kimi {

struct KeyKind {
  enum class Family {
    none,       // no key: empty, a reference, a placeholder, a few words
    kimi_code,  // sk-kimi-…
    sk48,       // sk- and 48: Kimi's Open Platform or one of those that share the shape
    token,      // a JWT: an OAuth or web login
    other,      // another issuer's, by its prefix or mark
    unknown     // could be a key of anybody
  };
  Family family = Family::none;
  std::string secret_kind;           // of the rule whose shape it has: "kimi-code-key" …
  std::string product;               // kimi-code; "" where the text does not say
  std::vector<std::string> issuers;  // vendor ids or names whose shape it is, when family is other
};

// Compiles the rulebook's expressions once; immutable, so one object serves all threads. The rulebook
// must outlive it.
class KeyKinds {
 public:
  explicit KeyKinds(const Rulebook& book);
  ~KeyKinds();
  KeyKinds(KeyKinds&&) noexcept;
  KeyKinds& operator=(KeyKinds&&) noexcept;

  KeyKind of(std::string_view key) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// A text that names a secret instead of being one: ${X}, {env:X}, os.environ/X, op://…, $(…), <key> …
bool is_reference(std::string_view text);

}  // namespace kimiguard::kimi

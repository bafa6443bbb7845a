// What the name of a variable, field, header or class says about the key it holds.
#pragma once

#include <bitset>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/rulebook/expression.h"
#include "scanner/rulebook/rulebook.h"

namespace kimiguard::detect {

// Lower-case words of an identifier: "moonshotApiKey", "MOONSHOT_API_KEY" and "moonshot.api-key" give
// {moonshot, api, key}. Digits stay with the word before them.
std::vector<std::string> words_of(std::string_view identifier);

// What is left of a name without the words that only say that it is a key, a URL, a model or an
// environment (api, key, base, url, token, vite, prod …): "OPENAI_API_KEY" and "openai.base_url" both
// give "openai", "api_key" gives "". Two settings with the same stem belong together.
std::string stem_of(std::string_view identifier);

enum class NameRole { none, key, base_url, model, provider, header };
// By its last telling word: apiKey, token -> key; baseURL, endpoint, host -> base_url …
NameRole role_of(std::string_view identifier);

// Who a name or word speaks for.
struct Speaks {
  enum class For { nobody, kimi, other };
  For whom = For::nobody;
  std::string id;        // realm id, product ("platform", "kimi-code") or "" for kimi; vendor id for other
  std::string word;      // the word that says it, as written
  bool protocol = false; // a protocol name: OPENAI_, ANTHROPIC_, an SDK class, a header
};

// What the rulebook knows about names, compiled once. Safe for many threads after construction.
class NameBook {
 public:
  // `rulebook` must outlive this.
  explicit NameBook(const Rulebook& rulebook);
  ~NameBook();

  // For a whole name: variables.toml first, then the names of realms and vendors as words in it.
  Speaks says(std::string_view identifier) const;
  // The words alone, without variables.toml: cheap enough for every word of a window.
  Speaks word_says(std::string_view identifier) const;
  // The names under which a command line stores a secret (rules/variables.toml, command_names): "secret/moonshot" of
  // vault kv put secret/moonshot key=…, also where the name follows the value.
  std::vector<std::string> stored_names(std::string_view command) const;

 private:
  struct Fact;
  bool is_kimi_word(std::string_view word) const;
  void may_name(std::string_view name);
  bool may_say(std::string_view identifier) const;
  const Rulebook& rulebook_;
  std::vector<std::unique_ptr<Fact>> facts_;
  std::vector<std::unique_ptr<const rulebook::Expression>> commands_;
  std::unordered_map<std::string, const Vendor*> vendor_words_;
  std::bitset<32768> beginnings_;  // first three letters of all names
  bool short_names_ = false;       // there are names of less
};

// True for names that a build ships to browsers (rules/variables.toml, browser_prefixes).
bool ships_to_browsers(const Rulebook& rulebook, std::string_view identifier);

}  // namespace kimiguard::detect

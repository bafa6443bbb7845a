#include "scanner/detect/names.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "scanner/rulebook/expression.h"

namespace kimiguard::detect {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// Words that say what kind of value it is, not whose.
constexpr std::array kFiller = {
    "api",      "apikey",   "key",     "keys",     "token",    "tokens",   "secret",  "secrets", "auth",
    "access",   "bearer",   "authorization", "base", "url",    "urls",     "uri",     "baseurl", "apibase",
    "endpoint", "endpoints", "host",   "hostname", "server",   "address",  "domain",  "value",   "credential",
    "credentials", "password", "passwd", "pwd",    "env",      "environ",  "environment", "default", "my",
    "the",      "config",   "configuration", "settings", "options", "opts", "model",  "models",  "name",
    "id",       "provider", "vite",    "next",     "public",   "react",    "app",     "expo",    "nuxt",
    "vue",      "gatsby",   "process", "os",       "getenv",   "setenv",   "x",       "private", "prod",
    "production", "staging", "test",   "dev",      "line",     "proxy",    "custom",  "header",  "headers",
    "path",     "v1",       "self",    "this",     "const",    "export",   "set",     "user",    "openapi",
    "machine",  "login",   "llm",      "ai",       "chat",    "client",   "service",  "http",     "https",   "root",    "site",
    "backup",   "old",      "new",     "tmp",      "local",    "remote",   "main",    "primary", "secondary",
    "string",   "str",      "val",     "var",      "get",      "with",     "plain",   "text",    "data"};

// "key2" is a key, "url1" a URL; base64 is no base.
std::string_view without_number(std::string_view word) {
  std::string_view bare = word;
  while (!bare.empty() && is_digit(bare.back())) bare.remove_suffix(1);
  return bare.size() < 3 || word.size() - bare.size() > 2 || bare == "base" ? word : bare;
}

bool is_filler(std::string_view word) {
  word = without_number(word);
  if (std::find(kFiller.begin(), kFiller.end(), word) != kFiller.end()) return true;
  return std::all_of(word.begin(), word.end(), is_digit);
}

std::size_t beginning(char a, char b, char c) {
  const auto number = [](char letter) { return static_cast<std::size_t>(static_cast<unsigned char>(letter) & 31); };
  return number(a) << 10 | number(b) << 5 | number(c);
}

// Calls letter(c) for each letter or digit, in small, and flush() where a word may end.
template <class Letter, class Flush>
void split_words(std::string_view identifier, const Letter& letter, const Flush& flush) {
  for (std::size_t i = 0; i < identifier.size(); ++i) {
    const char c = identifier[i];
    if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
      flush();
      continue;
    }
    const char before = i > 0 ? identifier[i - 1] : '\0';
    const char after = i + 1 < identifier.size() ? identifier[i + 1] : '\0';
    // camelCase: a capital after a small letter begins a word, as does the last capital of a run
    // that a small letter follows ("APIKey" -> api, key).
    if (is_upper(c) && (is_lower(before) || is_digit(before) || (is_upper(before) && is_lower(after)))) flush();
    letter(to_lower(c));
  }
  flush();
}

}  // namespace

std::vector<std::string> words_of(std::string_view identifier) {
  std::vector<std::string> words;
  std::string word;
  split_words(
      identifier, [&](char c) { word += c; },
      [&] {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
      });
  return words;
}

std::string stem_of(std::string_view identifier) {
  std::string stem;
  for (const std::string& word : words_of(identifier)) {
    if (is_filler(word)) continue;
    stem += word;  // without a sign between: siliconFlow is siliconflow
  }
  return stem;
}

NameRole role_of(std::string_view identifier) {
  const std::vector<std::string> words = words_of(identifier);
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    const auto is = [&](std::initializer_list<std::string_view> names) {
      return std::find(names.begin(), names.end(), without_number(*word)) != names.end();
    };
    if (is({"key", "keys", "apikey", "token", "tokens", "secret", "secrets", "password", "credential", "bearer",
            "authorization", "sk"}))
      return NameRole::key;
    if (is({"url", "uri", "urls", "baseurl", "endpoint", "endpoints", "host", "hostname", "base", "server",
            "address", "domain", "apibase", "origin", "gateway", "proxy", "machine"}))
      return NameRole::base_url;
    if (is({"model", "models"})) return NameRole::model;
    if (is({"provider", "providers", "vendor", "platform", "type", "kind", "service", "issuer", "channel"}))
      return NameRole::provider;
  }
  return NameRole::none;
}

// Names are looked at byte by byte: an old spelling of k is no k.
struct NameBook::Fact {
  explicit Fact(const VariableFact& known)
      : expression(known.expression, rulebook::Case::insensitive, rulebook::Encoding::latin1), fact(&known) {}
  rulebook::Expression expression;
  const VariableFact* fact;
};

NameBook::NameBook(const Rulebook& rulebook) : rulebook_(rulebook) {
  for (const VariableFact& fact : rulebook.variables) facts_.push_back(std::make_unique<Fact>(fact));
  for (const Vendor& vendor : rulebook.vendors)
    for (const std::string& name : vendor.names) {
      vendor_words_.emplace(name, &vendor);
      may_name(name);
    }
  for (const std::string& word : rulebook.kimi_words) may_name(word);
  for (const std::string& text : rulebook.command_names)
    commands_.push_back(std::make_unique<const rulebook::Expression>(text, rulebook::Case::insensitive, rulebook::Encoding::latin1, rulebook::Dot::any));
}

std::vector<std::string> NameBook::stored_names(std::string_view command) const {
  std::vector<std::string> names;
  for (const auto& expression : commands_) {
    const std::vector<std::string_view> groups = expression->find(command);
    if (groups.size() > 1 && !groups[1].empty()) names.emplace_back(groups[1]);
  }
  return names;
}

void NameBook::may_name(std::string_view name) {
  if (name.size() < 3)
    short_names_ = true;
  else
    beginnings_.set(beginning(name[0], name[1], name[2]));
}

// Nearly all words of a text name nobody, and this is asked of all of them: a name begins where a word does, or (Kimi's
// own) ends where one does, so its first letters stand in the identifier one after the other but for signs.
bool NameBook::may_say(std::string_view identifier) const {
  if (short_names_) return true;
  char last = '\0';
  char before = '\0';
  bool may = false;
  split_words(
      identifier,
      [&](char c) {
        may = may || beginnings_[beginning(last, before, c)];
        last = before;
        before = c;
      },
      [] {});
  return may;
}

NameBook::~NameBook() = default;

Speaks NameBook::says(std::string_view identifier) const {
  Speaks speaks;
  if (identifier.empty() || identifier.size() > 200) return speaks;
  // The last part of a dotted path may be the variable: process.env.MOONSHOT_API_KEY.
  std::string_view last = identifier;
  if (const std::size_t dot = last.find_last_of(".:"); dot != std::string_view::npos) last = last.substr(dot + 1);
  for (const auto& known : facts_) {
    if (!known->expression.matches_all(last)) continue;
    const std::string& says = known->fact->says;
    speaks.word = std::string(last);
    if (says == "kimi" || says == "platform" || says == "kimi-code" || rulebook_.realm(says) != nullptr) {
      speaks.whom = Speaks::For::kimi;
      speaks.id = says == "kimi" ? "" : says;
      return speaks;
    }
    speaks.whom = Speaks::For::other;
    speaks.id = says;
    for (const Vendor& vendor : rulebook_.vendors)
      if (vendor.id == says) speaks.protocol = vendor.protocol;
    return speaks;
  }
  return word_says(identifier);
}

bool NameBook::is_kimi_word(std::string_view word) const {
  return std::any_of(rulebook_.kimi_words.begin(), rulebook_.kimi_words.end(),
                     [&](const std::string& known) { return word.starts_with(known) || word.ends_with(known); });
}

Speaks NameBook::word_says(std::string_view identifier) const {
  Speaks speaks;
  if (!may_say(identifier)) return speaks;
  std::vector<std::string> words = words_of(identifier);
  // "openAi" and "deepSeek" are one name each, and so are "moonShot" and "Silicon Flow".
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string joined = words[i] + words[i + 1];
    if (!vendor_words_.contains(joined) && std::find(rulebook_.kimi_words.begin(), rulebook_.kimi_words.end(), joined) == rulebook_.kimi_words.end())
      continue;
    words[i] = joined;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
  if (std::any_of(words.begin(), words.end(), [&](const std::string& word) { return is_kimi_word(word); })) {
    speaks.whom = Speaks::For::kimi;
    speaks.word = std::string(identifier);
    return speaks;
  }
  for (const std::string& word : words) {
    const auto vendor = vendor_words_.find(word);
    if (vendor == vendor_words_.end()) continue;
    speaks.whom = Speaks::For::other;
    speaks.id = vendor->second->id;
    speaks.word = std::string(identifier);
    speaks.protocol = vendor->second->protocol;
    return speaks;
  }
  return speaks;
}

bool ships_to_browsers(const Rulebook& rulebook, std::string_view identifier) {
  const std::size_t start = identifier.find_last_of(".:/ \"'");
  const std::string_view last = start == std::string_view::npos ? identifier : identifier.substr(start + 1);
  return std::any_of(rulebook.browser_prefixes.begin(), rulebook.browser_prefixes.end(),
                     [&](const std::string& prefix) { return last.starts_with(prefix); });
}

}  // namespace kimiguard::detect

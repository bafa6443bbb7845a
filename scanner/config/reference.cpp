#include "scanner/config/reference.h"

#include <algorithm>
#include <array>
#include <utility>

namespace kimiguard::config {
namespace {

constexpr std::size_t kMaxReferences = 32;

bool name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool name_char(char c) { return name_start(c) || (c >= '0' && c <= '9'); }
bool space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t name_end(std::string_view text, std::size_t at) {
  if (at >= text.size() || !name_start(text[at])) return at;
  while (at < text.size() && name_char(text[at])) ++at;
  return at;
}

// The offset of the bracket that closes the one at `open`; npos if none within reach.
std::size_t closing(std::string_view text, std::size_t open, char opener, char closer) {
  std::size_t depth = 0;
  const std::size_t bound = std::min(text.size(), open + 4096);
  for (std::size_t i = open; i < bound; ++i) {
    if (text[i] == opener) ++depth;
    if (text[i] == closer && --depth == 0) return i;
  }
  return std::string_view::npos;
}

using Source = Reference::Source;

Reference make(Source source, std::string syntax, std::string_view name, std::size_t begin,
               std::size_t end) {
  Reference reference;
  reference.source = source;
  reference.syntax = std::move(syntax);
  reference.name = std::string(name);
  reference.begin = begin;
  reference.end = end;
  return reference;
}

// The inside of ${{ … }}: an expression of GitHub Actions or Continue. Only plain look-ups are named.
Reference expression(std::string_view inside, std::size_t begin, std::size_t end) {
  static constexpr std::array<std::pair<std::string_view, Source>, 6> kContexts = {
      {{"secrets.", Source::secret},
       {"inputs.", Source::input},
       {"env.", Source::environment},
       {"vars.", Source::setting},
       {"github.", Source::setting},
       {"matrix.", Source::setting}}};
  for (const auto& [prefix, source] : kContexts) {
    const std::size_t at = inside.find(prefix);
    if (at == std::string_view::npos || (at > 0 && name_char(inside[at - 1]))) continue;
    std::size_t stop = at + prefix.size();
    while (stop < inside.size() && (name_char(inside[stop]) || inside[stop] == '-')) ++stop;
    std::string syntax = "${{ " + std::string(prefix) + "X }}";
    return make(source, std::move(syntax), inside.substr(at + prefix.size(), stop - at - prefix.size()),
                begin, end);
  }
  return make(Source::setting, "${{ X }}", inside, begin, end);
}

// ${…} at `at`, its closing brace at `close`.
Reference braced(std::string_view value, std::size_t at, std::size_t close) {
  const std::size_t begin = at + 2;
  const std::string_view inside = value.substr(begin, close - begin);
  for (const auto& [prefix, source] : {std::pair<std::string_view, Source>{"env:", Source::environment},
                                       {"input:", Source::input},
                                       {"config:", Source::setting},
                                       {"command:", Source::command},
                                       {"file:", Source::file},
                                       {"secret:", Source::secret},
                                       {"secrets.", Source::secret},
                                       {"env.", Source::environment},
                                       {"process.env.", Source::environment}}) {
    if (!inside.starts_with(prefix)) continue;
    std::string_view name = inside.substr(prefix.size());
    Reference reference = make(source, "${" + std::string(prefix) + "X}", name, at, close + 1);
    const std::size_t dash = name.find(":-");
    if (source == Source::environment && dash != std::string_view::npos) {
      reference.name = std::string(name.substr(0, dash));
      reference.fallback = std::string(name.substr(dash + 2));
      reference.has_fallback = true;
      reference.fallback_begin = begin + prefix.size() + dash + 2;
    }
    return reference;
  }
  const std::size_t end = name_end(inside, 0);
  Reference reference = make(Source::environment, "${X}", inside.substr(0, end), at, close + 1);
  if (end == 0) {
    reference.source = Source::setting;
    reference.name = std::string(inside);
    return reference;
  }
  // ${X:-d} ${X-d} ${X:=d} ${X=d}; ${X:?message} has none.
  std::size_t sign = end;
  if (sign < inside.size() && inside[sign] == ':') ++sign;
  if (sign < inside.size() && (inside[sign] == '-' || inside[sign] == '=')) {
    reference.syntax = "${X:-d}";
    reference.fallback = std::string(inside.substr(sign + 1));
    reference.has_fallback = true;
    reference.fallback_begin = begin + sign + 1;
  }
  return reference;
}

// A reference that begins exactly at `at`, wherever in the value that is.
std::optional<Reference> reference_at(std::string_view value, std::size_t at) {
  const char c = value[at];
  const std::string_view rest = value.substr(at);
  if (c == '$') {
    if (rest.starts_with("${{")) {
      const std::size_t end = value.substr(0, std::min(value.size(), at + 4096)).find("}}", at + 3);
      if (end == std::string_view::npos) return std::nullopt;
      return expression(trimmed(value.substr(at + 3, end - at - 3)), at, end + 2);
    }
    if (rest.starts_with("${")) {
      const std::size_t close = closing(value, at + 1, '{', '}');
      if (close == std::string_view::npos || close == at + 2) return std::nullopt;
      return braced(value, at, close);
    }
    if (rest.starts_with("$(")) {
      const std::size_t close = closing(value, at + 1, '(', ')');
      if (close == std::string_view::npos) return std::nullopt;
      return make(Source::command, "$(cmd)", value.substr(at + 2, close - at - 2), at, close + 1);
    }
    if (rest.size() > 5 && lower(rest[1]) == 'e' && lower(rest[2]) == 'n' && lower(rest[3]) == 'v' &&
        (rest[4] == ':' || rest[4] == '.')) {
      const std::size_t end = name_end(value, at + 5);
      if (end > at + 5)
        return make(Source::environment, rest[4] == ':' ? "$env:X" : "$env.X",
                    value.substr(at + 5, end - at - 5), at, end);
    }
    const std::size_t end = name_end(value, at + 1);
    if (end == at + 1) return std::nullopt;
    const std::string_view name = value.substr(at + 1, end - at - 1);
    // "pa$$word" and "US$price": a bare name inside a text is one only in capitals, on a boundary.
    const bool whole = at == 0 && end == value.size();
    const bool capitals =
        std::none_of(name.begin(), name.end(), [](char x) { return x >= 'a' && x <= 'z'; });
    if (!whole && (!capitals || (at > 0 && (name_char(value[at - 1]) || value[at - 1] == '$'))))
      return std::nullopt;
    return make(Source::environment, "$X", name, at, end);
  }
  if (c == '{') {
    for (const auto& [prefix, source] :
         {std::pair<std::string_view, Source>{"{env:", Source::environment}, {"{file:", Source::file}}) {
      if (!rest.starts_with(prefix)) continue;
      const std::size_t close = value.substr(0, std::min(value.size(), at + 4096)).find('}', at);
      if (close == std::string_view::npos) return std::nullopt;
      return make(source, std::string(prefix) + "X}",
                  trimmed(value.substr(at + prefix.size(), close - at - prefix.size())), at, close + 1);
    }
    if (rest.starts_with("{{")) {
      const std::size_t end = value.substr(0, std::min(value.size(), at + 4096)).find("}}", at + 2);
      if (end == std::string_view::npos) return std::nullopt;
      std::string_view name = trimmed(value.substr(at + 2, end - at - 2));
      if (name.starts_with('-')) name = trimmed(name.substr(1));
      if (name.ends_with('-')) name = trimmed(name.substr(0, name.size() - 1));
      if (name.starts_with("secrets.") || name.find("vault") != std::string_view::npos)
        return make(Source::secret, "{{ X }}", name, at, end + 2);
      return make(Source::setting, "{{ X }}", name, at, end + 2);
    }
  }
  if (c == '`') {
    const std::size_t end = value.substr(0, std::min(value.size(), at + 4096)).find('`', at + 1);
    if (end == std::string_view::npos || end == at + 1) return std::nullopt;
    return make(Source::command, "`cmd`", value.substr(at + 1, end - at - 1), at, end + 1);
  }
  return std::nullopt;
}

// A reference that only a whole value can be.
std::optional<Reference> whole_reference(std::string_view value) {
  const std::size_t size = value.size();
  for (const auto& [prefix, source] :
       {std::pair<std::string_view, Source>{"os.environ/", Source::environment},
        {"process.env.", Source::environment},
        {"import.meta.env.", Source::environment},
        {"env.", Source::environment},
        {"env:", Source::environment},
        {"ENV.", Source::environment}}) {
    if (value.starts_with(prefix) && size > prefix.size() && name_end(value, prefix.size()) == size)
      return make(source, std::string(prefix) + "X", value.substr(prefix.size()), 0, size);
  }
  for (const std::string_view call :
       {"os.environ[", "os.environ.get(", "os.getenv(", "getenv(", "process.env[", "env(", "ENV["}) {
    if (!value.starts_with(call) || size < call.size() + 3) continue;
    const char quote = value[call.size()];
    if (quote != '"' && quote != '\'') continue;
    const std::size_t end = name_end(value, call.size() + 1);
    if (end > call.size() + 1 && end < size && value[end] == quote)
      return make(Source::environment, std::string(call) + "X" + (call.back() == '[' ? "]" : ")"),
                  value.substr(call.size() + 1, end - call.size() - 1), 0, size);
  }
  for (const std::string_view store :
       {"op://", "vault://", "vault:", "awssm://", "aws-sm://", "gcp-sm://", "gcpsm://", "azkv://",
        "secret://", "secrets://", "keychain:", "keyring:", "bw://", "doppler://", "ref+", "ENC[",
        "$ANSIBLE_VAULT;", "arn:aws:secretsmanager:"}) {
    if (value.starts_with(store) && size > store.size())
      return make(Source::secret, std::string(store) + (store == "op://" ? "X" : "X"),
                  value.substr(store.size()), 0, size);
  }
  if (value.starts_with("file://") && size > 7)
    return make(Source::file, "file://X", value.substr(7), 0, size);
  // pi, git and others run what follows "!". A key holds no blank.
  if (size > 2 && value[0] == '!' && name_start(value[1]) && value.find(' ') != std::string_view::npos)
    return make(Source::command, "!cmd", value.substr(1), 0, size);
  if (size > 2 && value.front() == '%' && value.back() == '%' && name_end(value, 1) == size - 1)
    return make(Source::environment, "%X%", value.substr(1, size - 2), 0, size);
  return std::nullopt;
}

}  // namespace

bool placeholder(std::string_view value) {
  const std::string_view text = trimmed(value);
  if (text.empty() || text.size() > 120) return false;
  std::string word;
  word.reserve(text.size());
  for (const char c : text) word.push_back(c == '_' || c == ' ' || c == '.' ? '-' : lower(c));
  // A text in angle brackets or of one repeated sign.
  if (text.front() == '<' && text.back() == '>') return true;
  if (text.size() >= 3 && text.front() == '[' && text.back() == ']' && name_start(text[1])) return true;
  std::string_view body = word;
  for (const std::string_view prefix : {"bearer-", "sk-kimi-", "sk-ant-", "sk-"})
    if (body.starts_with(prefix)) body.remove_prefix(prefix.size());
  if (body.empty()) return true;  // "sk-" alone
  const std::string_view signs = "x*-.#?0";
  if (body.size() >= 2 && signs.find(body[0]) != std::string_view::npos &&
      std::all_of(body.begin(), body.end(), [&](char c) { return c == body[0] || c == '-'; }))
    return true;
  if (body == "\xE2\x80\xA6" || body == "...") return true;
  for (const std::string_view whole :
       {"changeme", "change-me", "todo",      "none",      "null",        "dummy",
        "fake",     "test",      "example",   "secret",    "placeholder", "proxy-managed",
        "api-key",  "apikey",    "token",     "key",       "redacted",    "empty",
        "your-key", "xxx",       "fixme",     "replaceme", "not-needed",  "no-key",
        "not-used", "unused",    "undefined", "n/a",       "na",          "sk-fake"})
    if (body == whole) return true;
  for (const std::string_view part : {"your-", "yourkey", "your-api", "my-api-key", "replace-", "-here",
                                      "insert-", "enter-", "example-key", "placeholder", "changeme",
                                      "redacted", "put-your", "paste-", "fill-in", "xxxxxxxx", "-goes-here"})
    if (body.find(part) != std::string_view::npos) {
      // A real key may hold any four letters; words with hyphens around them it does not.
      const auto digits =
          std::count_if(body.begin(), body.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (digits < 6) return true;
    }
  // Four x of either case stand in one real key of 20,000; eight in none. Short texts are no keys.
  if (body.size() < 20 && body.find("xxxx") != std::string_view::npos) return true;
  for (const std::string_view chinese :
       {"\xE4\xBD\xA0\xE7\x9A\x84", "\xE6\x82\xA8\xE7\x9A\x84", "\xE8\xAF\xB7\xE8\xBE\x93\xE5\x85\xA5",
        "\xE5\xA1\xAB\xE5\x85\xA5"})  // your, your, please enter, fill in
    if (text.find(chinese) != std::string_view::npos) return true;
  return false;
}

Classified classify(std::string_view value, bool verbatim, std::string_view tag) {
  Classified result;
  const std::string_view text = trimmed(value);
  if (tag == "!vault" || tag == "!encrypted" || tag == "!vault-encrypted") {
    result.kind = Classified::Kind::reference;
    result.references.push_back(make(Source::secret, std::string(tag), "", 0, value.size()));
    return result;
  }
  if (tag == "!env" || tag == "!env_var" || tag == "!ENV" || tag == "!secret" || tag == "!Ref" ||
      tag == "!ref" || tag == "!reference") {
    const Source source = tag == "!secret"                                        ? Source::secret
                          : tag == "!Ref" || tag == "!ref" || tag == "!reference" ? Source::setting
                                                                                  : Source::environment;
    result.kind = Classified::Kind::reference;
    result.references.push_back(make(source, std::string(tag) + " X", text, 0, value.size()));
    return result;
  }
  if (text.empty()) {
    result.kind = Classified::Kind::empty;
    return result;
  }
  if (verbatim) {
    result.kind = placeholder(text) ? Classified::Kind::placeholder : Classified::Kind::literal;
    return result;
  }
  const std::size_t lead = static_cast<std::size_t>(text.data() - value.data());
  if (std::optional<Reference> whole = whole_reference(text)) {
    whole->begin += lead;
    whole->end += lead;
    result.kind = Classified::Kind::reference;
    result.references.push_back(std::move(*whole));
    return result;
  }
  for (std::size_t at = 0; at < text.size() && result.references.size() < kMaxReferences;) {
    const std::size_t next = text.find_first_of("${`", at);
    if (next == std::string_view::npos) break;
    if (std::optional<Reference> found = reference_at(text, next)) {
      at = std::max(found->end, next + 1);
      found->begin += lead;
      found->end += lead;
      if (found->has_fallback) found->fallback_begin += lead;
      result.references.push_back(std::move(*found));
    } else {
      at = next + 1;
    }
  }
  if (!result.references.empty()) {
    const Reference& first = result.references.front();
    const bool whole =
        result.references.size() == 1 && first.begin == lead && first.end == lead + text.size();
    result.kind = whole ? Classified::Kind::reference : Classified::Kind::mixed;
    return result;
  }
  result.kind = placeholder(text) ? Classified::Kind::placeholder : Classified::Kind::literal;
  return result;
}

std::optional<Reference> secret_ref(std::string_view source, std::string_view provider,
                                    std::string_view id) {
  Source kind;
  if (source == "env" || source == "environment")
    kind = Source::environment;
  else if (source == "file")
    kind = Source::file;
  else if (source == "exec" || source == "command" || source == "cmd")
    kind = Source::command;
  else if (source == "keychain" || source == "keyring" || source == "vault" || source == "secret")
    kind = Source::secret;
  else
    return std::nullopt;
  Reference reference = make(kind, "SecretRef", id, 0, 0);
  if (kind == Source::file && !provider.empty() && provider != "default")
    reference.name = std::string(provider) + ":" + std::string(id);
  return reference;
}

}  // namespace kimiguard::config

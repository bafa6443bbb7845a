#include "scanner/kimi/error_meaning.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "scanner/kimi/base_url.h"
#include "scanner/rulebook/expression.h"

namespace kimiguard::kimi {
namespace {

using re2::RE2;
using re2::StringPiece;
using Expression = std::unique_ptr<RE2>;

constexpr std::size_t kLongestText = std::size_t{1} << 20;

Expression expression(std::string_view text) {
  return rulebook::compile_expression(text, rulebook::Case::insensitive);
}

StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::optional<unsigned> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, code, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return code;
}

// Resolves one escape at `at` ("\…") and gives how many bytes it took; 0 if it is none.
std::size_t unescape(std::string_view text, std::size_t at, std::string& out) {
  if (at + 1 >= text.size()) return 0;
  switch (text[at + 1]) {
    case 'n':
    case 'r':
    case 't':
      out += ' ';
      return 2;
    case '"':
    case '\'':
    case '/':
      out += text[at + 1];
      return 2;
    case '\\':
      return 1;  // the second one may begin another escape
    case 'u': {
      const auto code = hex4(text.substr(at + 2));
      // Halves of surrogate pairs are no text of any error; left out.
      if (!code) return 0;
      if (*code < 0xD800 || *code > 0xDFFF) append_utf8(out, *code);
      return 6;
    }
    default:
      return 0;
  }
}

std::size_t colour_length(std::string_view text) {
  if (text.size() < 2 || text[0] != '\x1b' || text[1] != '[') return 0;
  const std::size_t end = text.find_first_not_of("0123456789;?", 2);
  return end == std::string_view::npos ? 0 : end + 1;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c == ',' || c == '_') continue;
    if (c < '0' || c > '9' || value > 100'000'000'000'000) break;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::string decimal(double value) {
  std::string text = std::to_string(value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string plain_text(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 6> kEntities = {{{"&lt;", '<'},
                                                                                  {"&gt;", '>'},
                                                                                  {"&amp;", '&'},
                                                                                  {"&quot;", '"'},
                                                                                  {"&#39;", '\''},
                                                                                  {"&#x27;", '\''}}};
  std::string seen;
  text = text.substr(0, kLongestText);
  seen.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t colour = colour_length(text.substr(at)); colour > 0) {
      at += colour;
      continue;
    }
    if (text[at] == '\\') {
      if (const std::size_t taken = unescape(text, at, seen); taken > 0) {
        at += taken;
        continue;
      }
    }
    if (text[at] == '&') {
      const auto entity = std::find_if(kEntities.begin(), kEntities.end(), [&](const auto& known) {
        return text.substr(at).starts_with(known.first);
      });
      if (entity != kEntities.end()) {
        seen += entity->second;
        at += entity->first.size();
        continue;
      }
    }
    seen += text[at++];
  }
  std::string plain;
  plain.reserve(seen.size());
  for (const char c : seen) {
    const bool blank = static_cast<unsigned char>(c) <= ' ';
    if (!blank)
      plain += c;
    else if (!plain.empty() && !plain.ends_with(' '))
      plain += ' ';
  }
  return plain;
}

struct ErrorReader::Compiled {
  const Rulebook* book = nullptr;
  KeyKinds kinds;
  std::vector<std::pair<const ErrorMeaning*, Expression>> rows;

  // How wrappers write things. Each has one capture: what is looked for.
  Expression status = expression(
      R"((?:error code|status(?:[ _-]?code)?|http(?:/[\d.]+)?|api error|response code|statuscode|code)["']?\s*[:=]?\s*\(?([1-5]\d\d)\b)");
  Expression status_words = expression(
      R"(\b([45]\d\d)\s*(?:[-–:]\s*)?(?:\{|bad request|unauthorized|payment required|forbidden|not found|too many requests|internal server error|service unavailable|gateway time-?out))");
  Expression status_first = expression(R"(^\W*([45]\d\d)\b)");
  Expression type = expression(R"(["']type["']\s*:\s*["']([A-Za-z_]+)["'])");
  Expression bare_type = expression(R"(\b([a-z]+(?:_[a-z]+)*_error)\b)");
  Expression message = expression(R"re(["']message["']\s*:\s*(?:"([^"]+)"|'([^']+)'))re");
  Expression organization = expression(R"(\b(org-[0-9a-z]{6,64})\b)");
  Expression project = expression(R"(\b(proj?-[0-9a-z]{6,64})\b)");
  Expression key_id = expression(R"(\b(ak-[0-9a-z]{6,64})\b)");
  Expression user = expression(R"(msh-uid["']?\s*[:=]\s*["']?([0-9a-z]{10,40}))");
  Expression tier = expression(R"(enterprise-tier-(\d))");
  Expression request_id = expression(
      R"((?:msh-request-id|x-msh-trace-id|x-request-id|x-trace-id|request[ _-]?id)["']?\s*[:=]\s*["']?([0-9a-z-]{8,64}))");
  Expression current = expression(R"(current\s*:\s*([\d,_]+))");
  Expression limit = expression(R"(limit\s*:\s*([\d,_]+))");
  Expression maximum = expression(R"(max (?:organization )?(?:rpm|concurrency)\s*:\s*([\d,_]+))");
  Expression seconds = expression(R"(after (\d+(?:\.\d+)?) seconds?)");
  Expression model = expression(R"(not found the model\s+([^\s"']{1,120})\s+or permission)");
  Expression model_field =
      expression(R"(["']?\bmodel["']?\s*[:=]\s*["']?([A-Za-z0-9@][\w./:\[\]@-]{1,100}))");
  Expression url = expression(R"((https?://[^\s"'`<>()|\\,]{4,1000}))");
  Expression host = expression(R"(\b((?:[a-z0-9-]+\.)+(?:ai|cn|com|co|dev|io|net|chat|xyz|new|sh))\b)");
  Expression key = expression(R"((sk-[A-Za-z0-9_-]{20,200}))");
  Expression kimi_prefix = expression(R"((sk-kimi-))");

  explicit Compiled(const Rulebook& rulebook) : book(&rulebook), kinds(rulebook) {}

  static std::string first(const Expression& what, std::string_view text) {
    std::string found;
    RE2::PartialMatch(piece(text), *what, &found);
    return found;
  }

  void names_and_numbers(std::string_view text, DecodedError& error) const;
  void asked_host(std::string_view text, DecodedError& error) const;
  void keys(std::string_view text, DecodedError& error) const;
  const ErrorMeaning* meaning_of(std::string_view text, const DecodedError& error) const;
  void conclude(std::string_view text, DecodedError& error) const;
};

void ErrorReader::Compiled::names_and_numbers(std::string_view text, DecodedError& error) const {
  for (const Expression* how : {&status, &status_words, &status_first}) {
    if (const std::string found = first(*how, text); !found.empty()) {
      error.status = static_cast<int>(number(found));
      break;
    }
  }
  // Anthropic's outer object has "type":"error"; the inner type is the one that says something.
  StringPiece rest = piece(text);
  std::string found;
  while (error.type.empty() && RE2::FindAndConsume(&rest, *type, &found))
    if (found != "error" && found != "message" && found != "text") error.type = found;
  if (error.type.empty()) error.type = first(bare_type, text);
  std::string in_double;
  std::string in_single;
  if (RE2::PartialMatch(piece(text), *message, &in_double, &in_single))
    error.message = in_double.empty() ? in_single : in_double;
  error.organization = first(organization, text);
  error.project = first(project, text);
  error.key_id = first(key_id, text);
  error.user = first(user, text);
  error.request_id = first(request_id, text);
  if (const std::string value = first(current, text); !value.empty()) error.current = number(value);
  std::string most = first(limit, text);
  if (most.empty()) most = first(maximum, text);
  if (!most.empty()) error.limit = number(most);
  if (const std::string value = first(seconds, text); !value.empty())
    error.wait_seconds = std::min(1e9, std::strtod(value.c_str(), nullptr));
  error.model = first(model, text);
  if (error.model.empty()) error.model = first(model_field, text);
}

void ErrorReader::Compiled::asked_host(std::string_view text, DecodedError& error) const {
  // A link to documentation is no host that was asked: only API hosts count, Kimi's first.
  const auto consider = [&](const std::string& candidate) {
    const auto parsed = parse_base_url(candidate);
    if (!parsed) return false;
    const Owner owner = owner_of(*book, *parsed);
    if (owner.realm != nullptr && owner.api) {
      error.realm = owner.realm;
      error.vendor = nullptr;
      error.host = parsed->host;
      error.url = parsed->shown();
      return true;
    }
    const bool api_like = parsed->host.find("api") != std::string::npos ||
                          parsed->path.find("/v1") != std::string::npos ||
                          parsed->path.find("/zen") != std::string::npos;
    if (owner.vendor != nullptr && error.vendor == nullptr && api_like) {
      error.vendor = owner.vendor;
      error.host = parsed->host;
      error.url = parsed->shown();
    } else if (!owner.known() && error.host.empty() && (parsed->loopback || api_like)) {
      error.host = parsed->host;
      error.url = parsed->shown();
    }
    return false;
  };
  for (const Expression* how : {&url, &host}) {
    StringPiece rest = piece(text);
    std::string candidate;
    while (RE2::FindAndConsume(&rest, **how, &candidate))
      if (consider(candidate)) return;
  }
}

void ErrorReader::Compiled::keys(std::string_view text, DecodedError& error) const {
  StringPiece rest = piece(text);
  std::string candidate;
  while (!error.key && RE2::FindAndConsume(&rest, *key, &candidate)) {
    const KeyKind kind = kinds.of(candidate);
    if (kind.family == KeyKind::Family::none || kind.family == KeyKind::Family::unknown) continue;
    error.key.emplace(candidate);
  }
  wipe(candidate);
  error.key_prefix = first(kimi_prefix, text);
  if (error.key)
    for (std::size_t at; (at = error.message.find(error.key->reveal())) != std::string::npos;)
      error.message.replace(at, error.key->reveal().size(), error.key->masked());
}

// Rows of the product that answered come first, because products share wordings.
const ErrorMeaning* ErrorReader::Compiled::meaning_of(std::string_view text,
                                                      const DecodedError& error) const {
  const std::string who = error.realm != nullptr    ? error.realm->product
                          : error.vendor != nullptr ? error.vendor->id
                                                    : std::string();
  const auto of_answerer = [&](const ErrorMeaning& row) {
    return who.empty() || row.product == "any" || row.product == who;
  };
  for (const bool only_answerer : {true, false})
    for (const auto& [row, words] : rows)
      if (words != nullptr && (!only_answerer || of_answerer(*row)) &&
          RE2::PartialMatch(piece(text), *words))
        return row;
  for (const auto& [row, words] : rows)
    if (!row->type.empty() && row->type == error.type && of_answerer(*row)) return row;
  for (const auto& [row, words] : rows)
    if (words == nullptr && row->type.empty() && row->status != 0 && row->status == error.status)
      return row;
  return nullptr;
}

void ErrorReader::Compiled::conclude(std::string_view text, DecodedError& error) const {
  if (error.meaning != nullptr) {
    error.bucket = error.meaning->bucket;
    error.key_state = error.meaning->key_state;
    error.retry = error.meaning->retry;
    error.product = error.meaning->product == "any" ? std::string() : error.meaning->product;
  }
  if (error.realm != nullptr) error.product = error.realm->product;
  if (error.vendor != nullptr && error.product.empty()) error.product = error.vendor->id;

  const auto limit_of = [&](const Tier& row) -> std::int64_t {
    if (error.bucket == "TPD") return row.tpd;
    if (error.bucket == "TPM") return row.tpm;
    if (error.bucket == "RPM") return row.rpm;
    if (error.bucket == "concurrency") return row.concurrency;
    return 0;
  };
  if (const std::string named = first(tier, text); !named.empty()) {
    for (const Tier& row : book->tiers)
      if (row.tier == static_cast<int>(number(named))) error.tiers.push_back(&row);
  } else if (error.product == "platform") {
    for (const Tier& row : book->tiers)
      if (limit_of(row) != 0 && error.limit && limit_of(row) == *error.limit)
        error.tiers.push_back(&row);
    // Limits change; that a daily one exists at all names the tiers that have one.
    if (error.tiers.empty() && error.bucket == "TPD")
      for (const Tier& row : book->tiers)
        if (row.tpd != 0) error.tiers.push_back(&row);
  }

  const bool has_ids = !error.organization.empty() || !error.key_id.empty();
  error.ids_may_be_resellers = has_ids && error.realm == nullptr;

  // Key and host together say more than the answer does.
  if (error.key_state == "unknown" && error.realm != nullptr) {
    const KeyKind kind = error.key ? kinds.of(error.key->reveal()) : KeyKind{};
    const bool code_key =
        kind.family == KeyKind::Family::kimi_code || (!error.key && !error.key_prefix.empty());
    const bool not_code = kind.family == KeyKind::Family::sk48 || kind.family == KeyKind::Family::other;
    const bool refused = error.status == 401 || error.type == "invalid_authentication_error" ||
                         (error.meaning != nullptr && error.meaning->status == 401);
    if (refused && ((code_key && error.realm->product == "platform") ||
                    (not_code && error.realm->product == "kimi-code")))
      error.key_state = "wrong-realm";
  }

  const auto or_unknown = [](std::string value) { return value.empty() ? std::string("?") : value; };
  error.arguments = {
      {"host", or_unknown(error.host)},
      {"org", or_unknown(error.organization)},
      {"project", or_unknown(error.project)},
      {"ak", or_unknown(error.key_id)},
      {"model", or_unknown(error.model)},
      {"current", error.current ? std::to_string(*error.current) : "?"},
      {"limit", error.limit ? std::to_string(*error.limit) : "?"},
      {"seconds", error.wait_seconds ? decimal(*error.wait_seconds) : "60"},
  };
  std::string consoles;
  if (error.realm != nullptr) {
    consoles = error.realm->console;
  } else {
    for (const Realm& realm : book->realms)
      if (error.product == realm.product || error.product.empty() || error.vendor != nullptr)
        consoles += (consoles.empty() ? "" : ", ") + realm.console;
  }
  error.arguments["console"] = or_unknown(consoles);
  if (error.host.empty() && error.product == "kimi-code")
    error.arguments["host"] = "https://api.kimi.com";
}

ErrorReader::ErrorReader(const Rulebook& book) : compiled_(std::make_unique<Compiled>(book)) {
  for (const ErrorMeaning& row : book.errors)
    compiled_->rows.emplace_back(&row, row.expression.empty() ? nullptr : expression(row.expression));
}

ErrorReader::~ErrorReader() = default;
ErrorReader::ErrorReader(ErrorReader&&) noexcept = default;
ErrorReader& ErrorReader::operator=(ErrorReader&&) noexcept = default;

DecodedError ErrorReader::read(std::string_view text) const {
  const std::string plain = plain_text(text);
  DecodedError error;
  compiled_->names_and_numbers(plain, error);
  compiled_->asked_host(plain, error);
  compiled_->keys(plain, error);
  error.meaning = compiled_->meaning_of(plain, error);
  compiled_->conclude(plain, error);
  return error;
}

}  // namespace kimiguard::kimi

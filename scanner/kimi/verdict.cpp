#include "scanner/kimi/verdict.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "scanner/core/lowered.h"
#include "scanner/kimi/base_url.h"
#include "scanner/kimi/finding_at.h"
#include "scanner/kimi/model_choice.h"
#include "scanner/rulebook/expression.h"

namespace kimiguard::kimi {
namespace {

using Family = KeyKind::Family;
using rulebook::Case;

// The name that says something: the last part of a key path.
std::string_view last_name(std::string_view key_path) {
  const std::size_t dot = key_path.find_last_of(".\"");
  return dot == std::string_view::npos ? key_path : key_path.substr(dot + 1);
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// Whether no key of the vendor looks like Kimi's.
bool has_other_shape(const Vendor& vendor) { return vendor.other_shape || !vendor.key_expression.empty(); }

// An address of a private network, or a name that only such a network gives.
bool is_private(const BaseUrl& url) {
  const std::string_view host = url.host;
  for (const std::string_view end : {".local", ".lan", ".internal", ".home.arpa", ".localdomain", ".intranet", ".corp", ".test"})
    if (host.ends_with(end)) return true;
  if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("169.254.") || host.starts_with("fd") || host.starts_with("fe80")) return host.find_first_not_of("0123456789abcdef.:") == std::string_view::npos;
  unsigned second = 0;
  return host.starts_with("172.") && std::from_chars(host.data() + 4, host.data() + host.size(), second).ec == std::errc() && second >= 16 && second < 32;
}

std::string without_scheme(std::string_view url) {
  const std::size_t colon = url.find("://");
  return std::string(colon == std::string_view::npos ? url : url.substr(colon + 3));
}

// One connection with everything that its verdicts ask about.
struct Look {
  const Connection& connection;
  const Background& known;
  std::optional<BaseUrl> url;
  Owner owner;
  KeyKind key;
  Protocol protocol = Protocol::unknown;
  std::string product;    // of the key, "" = not known
  std::string key_realm;  // realm id of the key, "" = not known
  bool kimi_key = false;  // surely Kimi's
  bool by_name = false;   // Kimi's because its name says so, though the host is another vendor's
  std::string issuer;     // vendor id of the key, "" = Kimi's or not known

  bool has_key() const { return key.family != Family::none; }
  // Whether the host takes keys of this kind.
  bool fits(const KeyKind& kind) const {
    if (owner.realm == nullptr) return false;
    return owner.realm->product == "kimi-code" ? kind.family == Family::kimi_code || kind.family == Family::token
                                               : kind.family == Family::sk48;
  }
  bool concerns_kimi() const { return owner.realm != nullptr || kimi_key; }
};

}  // namespace

struct Judge::Known {
  struct Name {
    const VariableFact* fact;
    std::unique_ptr<const rulebook::Expression> expression;
  };

  const Rulebook& book;
  KeyKinds kinds;
  std::vector<Name> key_names;
  std::vector<std::pair<const Vendor*, std::unique_ptr<const rulebook::Expression>>> vendor_models;

  explicit Known(const Rulebook& rulebook);

  const VariableFact* fact_of(std::string_view name) const;
  Look look_at(const Connection& connection, const Background& known) const;

  // Whether the key's own name (MOONSHOT_API_KEY), or the entry that it stands in (providers.moonshot.apiKey), says that
  // it is Kimi's; `realm` is then told where the name tells it.
  bool named_kimis(const Connection& connection, const Vendor& host, std::string& realm) const;
  std::string vendor_title(const std::string& id) const;
  // What to write for a key whose product or realm is known; several where the region is not, that of `host` first.
  void want_bases(Finding& finding, const Look& at, std::string_view product, std::string_view realm,
                  const Part* part) const;
  // The model that goes with it, where the one that is set does not exist there.
  void want_model(Finding& finding, const Look& at, std::string_view product) const;
  // The key that the configuration has for this host and the environment replaced; null if there is none.
  const Part* written_key_that_fits(const Look& at) const;
  // Where there is such a key: without the variable it is used, or the variable gets it.
  void offer_written_key(Finding& finding, const Look& at) const;

  void host_mismatch(const Look& at, std::vector<Finding>& findings) const;
  void sent_elsewhere(const Look& at, std::vector<Finding>& findings) const;
  void model(const Look& at, std::vector<Finding>& findings) const;
  void base_url(const Look& at, std::vector<Finding>& findings) const;
  void untrusted(const Look& at, std::vector<Finding>& findings) const;
  void auth_conflict(const Look& at, std::vector<Finding>& findings) const;
  void override_by_environment(const Look& at, std::vector<Finding>& findings) const;
};

Judge::Known::Known(const Rulebook& rulebook) : book(rulebook), kinds(rulebook) {
  for (const VariableFact& fact : book.variables)
    if (fact.role == "key")
      key_names.push_back({&fact, std::make_unique<const rulebook::Expression>(fact.expression, Case::insensitive)});
  for (const Vendor& vendor : book.vendors)
    if (!vendor.kimi_model_expression.empty())
      vendor_models.emplace_back(
          &vendor, std::make_unique<const rulebook::Expression>(vendor.kimi_model_expression));
}

const VariableFact* Judge::Known::fact_of(std::string_view name) const {
  for (const Name& known : key_names)
    if (known.expression->matches_all(name)) return known.fact;
  return nullptr;
}

Look Judge::Known::look_at(const Connection& connection, const Background& known) const {
  Look at{connection, known, {}, {}, {}, protocol_named(connection.protocol), {}, {}, false, false, {}};
  if (connection.base_url) at.url = parse_base_url(connection.base_url->value);
  if (at.url) at.owner = owner_of(book, *at.url);
  if (connection.key) at.key = kinds.of(connection.key->secret.reveal());

  if (at.key.family == Family::kimi_code) {
    at.product = at.key.product;
    at.kimi_key = true;
  }
  if (at.key.family == Family::other) at.issuer = at.key.issuers.front();
  if (const Realm* realm = book.realm(known.key_realm)) {
    if (at.product.empty() || at.product == realm->product) {
      at.product = realm->product;
      at.key_realm = realm->id;
    }
    at.kimi_key = at.key.family == Family::kimi_code || at.key.family == Family::sk48;
  } else if (at.key.family == Family::sk48 && !known.key_realm.empty()) {
    at.product = known.key_realm;
    at.kimi_key = true;
  }
  if (at.key.family == Family::sk48 && !known.key_issuer.empty() && !at.kimi_key)
    at.issuer = known.key_issuer;
  // A name speaks where no address was written: there is no stronger evidence.
  const bool no_address =
      !connection.base_url || connection.base_url->source == Part::Source::tool_default;
  if (at.key.family == Family::sk48 && no_address && connection.key && !at.kimi_key &&
      at.issuer.empty()) {
    const VariableFact* fact = fact_of(last_name(connection.key->key_path));
    if (fact != nullptr && !fact->protocol && book.vendor(fact->says) == nullptr &&
        fact->says != "web") {
      at.kimi_key = true;
      at.product = "platform";
      if (book.realm(fact->says) != nullptr) at.key_realm = fact->says;
    }
  }
  // The address is another vendor's, but the key is named Kimi's: one of the two is wrong.
  std::string realm;
  if (at.key.family == Family::sk48 && !no_address && connection.key && !at.kimi_key && at.issuer.empty() &&
      at.owner.vendor != nullptr && !at.owner.vendor->forwards_keys && named_kimis(connection, *at.owner.vendor, realm)) {
    at.kimi_key = at.by_name = true;
    at.product = "platform";
    at.key_realm = realm;
  }
  return at;
}

bool Judge::Known::named_kimis(const Connection& connection, const Vendor& host, std::string& realm) const {
  const std::string& path = connection.key->key_path;
  if (const VariableFact* fact = fact_of(last_name(path))) {
    const bool kimis = fact->says == "kimi" || fact->says == "platform" || book.realm(fact->says) != nullptr;
    if (kimis && book.realm(fact->says) != nullptr) realm = fact->says;
    return kimis;
  }
  // An entry may be called after the model that it is for: only where the key cannot be the vendor's own.
  if (!has_other_shape(host)) return false;
  const std::string labels = lowered(path.substr(0, path.size() - last_name(path).size()) + "." + connection.provider);
  const auto begins_or_ends_a_word = [&](const std::string& name) {
    for (std::size_t found = labels.find(name); found != std::string::npos; found = labels.find(name, found + 1)) {
      const std::size_t end = found + name.size();
      if (found == 0 || end == labels.size() || !is_letter(labels[found - 1]) || !is_letter(labels[end])) return true;
    }
    return false;
  };
  return std::any_of(book.kimi_words.begin(), book.kimi_words.end(), begins_or_ends_a_word);
}

std::string Judge::Known::vendor_title(const std::string& id) const {
  const Vendor* vendor = book.vendor(id);
  return vendor == nullptr ? id : vendor->title;
}

void Judge::Known::want_bases(Finding& finding, const Look& at, std::string_view product,
                              std::string_view realm, const Part* part) const {
  std::vector<const Realm*> wanted;
  for (const Realm& one : book.realms)
    if (one.product == product) wanted.push_back(&one);
  if (wanted.empty()) return;
  // The region of the address that stands there is the likelier one, where nothing tells the key's.
  const Realm* known = book.realm(realm);
  const std::string region = known != nullptr ? known->region : at.owner.realm != nullptr ? at.owner.realm->region : std::string();
  std::stable_partition(wanted.begin(), wanted.end(), [&](const Realm* one) { return one->region == region; });
  finding.arguments["wanted"] = base_of(*wanted.front(), at.protocol);
  finding.arguments["listed"] = without_scheme(wanted.front()->console);
  finding.arguments["wanted_else"] = base_of(*wanted.back(), at.protocol);
  finding.arguments["listed_else"] = without_scheme(wanted.back()->console);
  // Which region is right cannot be told from the key; both are changes to choose from.
  if (known != nullptr) wanted.erase(wanted.begin() + 1, wanted.end());
  if (part == nullptr) return;
  const std::size_t before = finding.changes.size();
  for (const Realm* one : wanted) add_change(finding, *part, base_of(*one, at.protocol));
  if (before > 0 && finding.changes.size() > before) finding.changes[before].instead = true;
  if (!finding.changes.empty() || has_place(*part) || at.owner.realm != nullptr) want_model(finding, at, product);
}

void Judge::Known::want_model(Finding& finding, const Look& at, std::string_view product) const {
  const std::optional<Part>& model = at.connection.model;
  if (!model || model->value.empty() || !has_place(*model) || is_reference(model->value)) return;
  const std::string wanted = model_to_write(book, model->value, product, at.known.as_of);
  if (wanted != bare_model(book, model->value)) add_change(finding, *model, wanted);
}

const Part* Judge::Known::written_key_that_fits(const Look& at) const {
  for (const Part& weaker : at.connection.overridden)
    if (weaker.source == Part::Source::config && !weaker.secret.empty() && at.fits(kinds.of(weaker.secret.reveal())))
      return &weaker;
  return nullptr;
}

void Judge::Known::offer_written_key(Finding& finding, const Look& at) const {
  const Part* written = written_key_that_fits(at);
  if (written == nullptr) return;
  add_other_way(finding, *at.connection.key, "");
  add_other_way(finding, *at.connection.key, shown_value(*written));
}

void Judge::Known::host_mismatch(const Look& at, std::vector<Finding>& findings) const {
  if (at.owner.realm == nullptr || !at.owner.api || !at.has_key()) return;
  const Realm& host = *at.owner.realm;
  const Connection& connection = at.connection;
  const bool host_is_written = has_place(*connection.base_url);
  const Part& primary = host_is_written ? *connection.base_url : *connection.key;
  const auto start = [&](std::string_view variant, Confidence confidence, std::string_view rule) {
    Finding finding = finding_at(book, rule, connection, primary, confidence);
    finding.arguments["variant"] = variant;
    finding.arguments["consoles"] = without_scheme(host.console);
    finding.secret_kind = at.key.secret_kind;
    finding.realm = at.key_realm;
    finding.evidence.push_back({"host", at.url->host, primary.position.line});
    offer_written_key(finding, at);
    return finding;
  };

  if (at.key.family == Family::kimi_code && host.product != at.product) {
    Finding finding = start("code-key-at-platform", Confidence::high, "kimi-host-mismatch");
    finding.evidence.push_back({"prefix", "sk-kimi-", connection.key->position.line});
    want_bases(finding, at, at.product, at.key_realm, &*connection.base_url);
    findings.push_back(std::move(finding));
    return;
  }
  if (at.key.family == Family::sk48 && host.product == "kimi-code" && at.issuer.empty()) {
    Finding finding = start("platform-key-at-code", Confidence::high, "kimi-host-mismatch");
    finding.evidence.push_back({"prefix", "sk-", connection.key->position.line});
    want_bases(finding, at, at.product.empty() ? "platform" : at.product, at.key_realm, &*connection.base_url);
    findings.push_back(std::move(finding));
    return;
  }
  if (at.key.family == Family::token && host.product == "platform") {
    Finding finding = finding_at(book, "kimi-host-mismatch", connection, primary, Confidence::medium);
    finding.arguments["variant"] = "token-at-platform";
    finding.arguments["consoles"] = without_scheme(host.console);
    findings.push_back(std::move(finding));
    return;
  }
  const Realm* issued = book.realm(at.key_realm);
  if (issued != nullptr && issued->product == host.product && issued->region != host.region) {
    Finding finding = start("possible", Confidence::medium, "kimi-region-conflict");
    finding.arguments["evidence"] =
        at.known.key_evidence.empty() ? without_scheme(issued->console) : at.known.key_evidence;
    finding.arguments["console"] = without_scheme(host.console);
    finding.arguments["other_console"] = without_scheme(issued->console);
    want_bases(finding, at, issued->product, issued->id, &*connection.base_url);
    findings.push_back(std::move(finding));
  }
}

void Judge::Known::sent_elsewhere(const Look& at, std::vector<Finding>& findings) const {
  if (!at.has_key() || !at.url) return;
  const Connection& connection = at.connection;
  const bool by_default = !has_place(*connection.base_url);
  const Part& primary = by_default ? *connection.key : *connection.base_url;
  if (at.kimi_key && at.owner.vendor != nullptr && !at.owner.vendor->forwards_keys) {
    // A seller of Kimi's models whose keys may look like Kimi's: the name may only say which model the key is for.
    const bool possible = at.by_name && at.owner.vendor->hosts_kimi_models && !has_other_shape(*at.owner.vendor);
    const bool certain = !at.by_name || (has_other_shape(*at.owner.vendor) && fact_of(last_name(connection.key->key_path)) != nullptr);
    Finding finding = finding_at(book, "kimi-key-sent-elsewhere", connection, primary,
                                 certain ? Confidence::high : possible ? Confidence::low : Confidence::medium,
                                 possible ? Proof::possible : Proof::none);
    finding.arguments["variant"] = by_default ? "kimi-key-by-default" : at.by_name ? "named-kimis-at-vendor" : "kimi-key-at-vendor";
    if (at.by_name) finding.evidence.push_back({"name", connection.key->key_path, connection.key->position.line});
    finding.arguments["vendor"] = at.owner.vendor->title;
    finding.arguments["key_name"] = connection.key->key_path;
    finding.secret_kind = at.key.secret_kind;
    finding.realm = at.key_realm;
    finding.evidence.push_back({"host", at.url->host, primary.position.line});
    const bool to_add = by_default && connection.address_setting;
    if (to_add) {
      finding.arguments["variant"] = "kimi-key-without-address";
      finding.arguments["setting"] = connection.address_setting->key_path;
      finding.arguments["setting_file"] = connection.address_setting->file;
    }
    want_bases(finding, at, at.product.empty() ? "platform" : at.product, at.key_realm,
               to_add ? &*connection.address_setting : &*connection.base_url);
    findings.push_back(std::move(finding));
  }
  // Nobody's known host: a relay, or a proxy of the reader's own, which may be what it should be.
  const bool of_a_project = connection.scope == "project" && !connection.tool.empty();
  if (at.kimi_key && !at.by_name && !by_default && !at.owner.known() && !at.url->one_label && !is_private(*at.url) && !of_a_project) {
    Finding finding = finding_at(book, "kimi-key-sent-elsewhere", connection, primary,
                                 at.key.family == Family::kimi_code ? Confidence::medium : Confidence::low, Proof::possible);
    finding.arguments["variant"] = "kimi-key-at-unknown";
    finding.secret_kind = at.key.secret_kind;
    finding.realm = at.key_realm;
    finding.evidence.push_back({"host", at.url->host, primary.position.line});
    want_bases(finding, at, at.product.empty() ? "platform" : at.product, at.key_realm, &*connection.base_url);
    findings.push_back(std::move(finding));
  }
  if (!at.issuer.empty() && at.owner.realm != nullptr && at.owner.api) {
    Finding finding = finding_at(book, "kimi-key-sent-elsewhere", connection, primary,
                                 at.key.family == Family::other ? Confidence::high : Confidence::medium);
    std::string issuers;
    const std::vector<std::string> ids =
        at.key.issuers.empty() ? std::vector<std::string>{at.issuer} : at.key.issuers;
    for (const std::string& id : ids) issuers += (issuers.empty() ? "" : " / ") + vendor_title(id);
    finding.arguments["variant"] = "other-key-at-kimi";
    finding.arguments["issuer"] = issuers;
    finding.arguments["vendor"] = "Kimi";
    finding.arguments["consoles"] = without_scheme(at.owner.realm->console);
    offer_written_key(finding, at);
    finding.issuer = issuers;
    finding.evidence.push_back({"issuer_mark", issuers, connection.key->position.line});
    findings.push_back(std::move(finding));
  }
}

void Judge::Known::model(const Look& at, std::vector<Finding>& findings) const {
  const Connection& connection = at.connection;
  // Where the address is to change, its change says what becomes of the model.
  if (std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.rule == "kimi-host-mismatch" || finding.rule == "kimi-key-sent-elsewhere";
      }))
    return;
  if (!connection.model || connection.model->value.empty() || !at.url ||
      is_reference(connection.model->value))
    return;
  std::string_view id = connection.model->value;
  const Part& primary = has_place(*connection.model)      ? *connection.model
                        : has_place(*connection.base_url) ? *connection.base_url
                        : connection.key                  ? *connection.key
                                                          : *connection.model;
  const auto mismatch = [&](std::string_view variant, const std::string& wanted, Confidence confidence) {
    Finding finding = finding_at(book, "kimi-model-mismatch", connection, primary, confidence);
    finding.arguments["variant"] = variant;
    finding.arguments["wanted"] = wanted;
    if (&primary == &*connection.model) add_change(finding, *connection.model, wanted);
    return finding;
  };

  if (at.owner.vendor != nullptr) {
    const auto form = std::find_if(vendor_models.begin(), vendor_models.end(),
                                   [&](const auto& pair) { return pair.first == at.owner.vendor; });
    const bool kimis_own =
        book.model(id, "platform") != nullptr || book.model(id, "kimi-code") != nullptr;
    if (form == vendor_models.end() || !kimis_own || form->second->matches_all(id))
      return;
    const bool platform = book.model(id, "platform") != nullptr;
    Finding finding = finding_at(book, "kimi-model-mismatch", connection, primary, Confidence::medium);
    finding.arguments["variant"] = "kimi-model-at-vendor";
    finding.arguments["vendor"] = at.owner.vendor->title;
    want_bases(finding, at, platform ? "platform" : "kimi-code", {}, nullptr);
    findings.push_back(std::move(finding));
    return;
  }
  if (at.owner.realm == nullptr || !at.owner.api) return;
  const Realm& host = *at.owner.realm;
  const std::string models_url = host.openai_base + "/models";

  const Model* third_party = book.model(id, "third-party");
  if (third_party == nullptr) id = bare_model(book, id);
  const Model* own = book.model(id, host.product);
  const std::string other_product = host.product == "platform" ? "kimi-code" : "platform";
  const Model* others = book.model(id, other_product);
  const std::string wanted_model = model_to_write(book, id, host.product, at.known.as_of);
  if (own != nullptr) {
    if (in_use(*own, at.known.as_of)) return;
    Finding finding = finding_at(book, "kimi-model-retired", connection, primary, Confidence::high);
    finding.arguments["model"] = own->id;
    finding.arguments["retired"] = own->retired;
    finding.arguments["successor"] = wanted_model;
    finding.arguments["as_of"] = book.models_as_of;
    if (&primary == &*connection.model)
      add_change(finding, *connection.model, finding.arguments["successor"]);
    findings.push_back(std::move(finding));
    return;
  }
  if (others != nullptr) {
    Finding finding =
        mismatch(other_product == "kimi-code" ? "code-model-at-platform" : "platform-model-at-code",
                 wanted_model, Confidence::medium);
    finding.arguments["models_url"] = models_url;
    findings.push_back(std::move(finding));
    return;
  }
  if (third_party != nullptr || id.starts_with("moonshotai/")) {
    Finding finding = mismatch("gateway-model-at-kimi", wanted_model, Confidence::medium);
    finding.arguments["models_url"] = models_url;
    findings.push_back(std::move(finding));
  }
}

void Judge::Known::base_url(const Look& at, std::vector<Finding>& findings) const {
  if (!at.url || !at.concerns_kimi()) return;
  const Connection& connection = at.connection;
  const Part& part = *connection.base_url;
  const Part& primary = has_place(part) || !connection.key ? part : *connection.key;
  const auto add = [&](std::string_view rule, std::string_view variant, const std::string& wanted) {
    Finding finding = finding_at(book, rule, connection, primary, Confidence::high);
    if (!variant.empty()) finding.arguments["variant"] = variant;
    finding.arguments["wanted"] = wanted;
    add_change(finding, part, wanted);
    findings.push_back(std::move(finding));
  };
  const bool mismatched = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.rule == "kimi-host-mismatch" || finding.rule == "kimi-key-sent-elsewhere";
  });
  if (at.owner.realm != nullptr) {
    if (const DeadEndpoint* dead = dead_endpoint_of(book, *at.url)) {
      const Realm* there = book.realm_of_api_host(parse_base_url(dead->instead)->host);
      add("kimi-endpoint-dead", "", there != nullptr ? base_of(*there, at.protocol) : dead->instead);
    } else if (!at.owner.api) {
      add("kimi-endpoint-dead", "console", base_of(*at.owner.realm, at.protocol));
    } else if (!mismatched) {
      // Where the host is wrong, the end of its address does not matter.
      if (const auto fault = shape_fault(*at.owner.realm, *at.url, at.protocol))
        add("kimi-base-url-shape", fault->variant, fault->wanted);
    }
  }
  if (at.url->scheme == "http" && !at.url->loopback && !at.url->one_label) {
    BaseUrl safe = *at.url;
    safe.scheme = "https";
    if (safe.port == "80") safe.port.clear();
    add("kimi-endpoint-insecure", "", safe.shown());
  }
}

void Judge::Known::untrusted(const Look& at, std::vector<Finding>& findings) const {
  const Connection& connection = at.connection;
  if (connection.scope != "project" || !at.url || at.owner.known() || at.url->loopback ||
      at.url->one_label)
    return;
  const Part& part = *connection.base_url;
  if (part.source != Part::Source::config && part.source != Part::Source::environment) return;
  if (!has_place(part)) return;
  // A program's own settings may name any host; a tool's project file that everyone opens may not.
  if (connection.tool.empty() && !at.kimi_key) return;
  Finding finding = finding_at(book, "kimi-endpoint-untrusted", connection, part, Confidence::medium);
  finding.evidence.push_back({"host", at.url->host, part.position.line});
  add_change(finding, part, "");
  findings.push_back(std::move(finding));
}

void Judge::Known::auth_conflict(const Look& at, std::vector<Finding>& findings) const {
  const Connection& connection = at.connection;
  if (!connection.key || connection.key->secret.empty()) return;
  for (const Part& other : connection.other_keys) {
    const KeyKind kind = kinds.of(other.secret.reveal());
    if (other.secret.empty() || other.secret == connection.key->secret || kind.family == Family::none)
      continue;
    if (!at.concerns_kimi() && kind.family != Family::kimi_code) continue;
    // The one to remove is the one that the host does not take; where both or none do, the second.
    const bool remove_first = at.fits(kind) && !at.fits(at.key);
    const Part& removed = remove_first ? *connection.key : other;
    const Part& kept = remove_first ? other : *connection.key;
    Finding finding = finding_at(book, "kimi-auth-conflict", connection, removed, Confidence::high);
    finding.arguments["key"] = connection.key->secret.masked();
    finding.arguments["key_path"] = connection.key->key_path;
    finding.arguments["other_key"] = other.secret.masked();
    finding.arguments["other_path"] = other.key_path;
    finding.arguments["kept"] = kept.key_path;
    add_change(finding, removed, "");
    findings.push_back(std::move(finding));
  }

  // Key and address in places that can come apart, where the client's own host is another vendor's.
  if (!connection.base_url || at.owner.realm == nullptr || !at.has_key()) return;
  const auto kind_of_place = [](const Part& part) { return part.source == Part::Source::config; };
  const bool places_known = (connection.key->source == Part::Source::config ||
                             connection.key->source == Part::Source::environment) &&
                            (connection.base_url->source == Part::Source::config ||
                             connection.base_url->source == Part::Source::environment);
  const VariableFact* fact = fact_of(last_name(connection.key->key_path));
  // A key of its own stands beside the address: without the variable that one is sent.
  if (written_key_that_fits(at) != nullptr) return;
  // So it is with an address: without the variable the key still goes to Kimi.
  const bool written_address = std::any_of(connection.overridden.begin(), connection.overridden.end(), [&](const Part& part) {
    const auto url = part.secret.empty() && part.source == Part::Source::config ? parse_base_url(part.value) : std::nullopt;
    return url && owner_of(book, *url).realm != nullptr;
  });
  if (written_address) return;
  if (places_known && kind_of_place(*connection.key) != kind_of_place(*connection.base_url) &&
      fact != nullptr && fact->protocol) {
    Finding finding =
        finding_at(book, "kimi-auth-conflict", connection, *connection.key, Confidence::low);
    finding.arguments["variant"] = "apart";
    finding.arguments["other_path"] = connection.base_url->key_path;
    if (connection.address_setting) {
      const auto fault = shape_fault(*at.owner.realm, *at.url, at.protocol);
      add_change(finding, *connection.address_setting, fault ? fault->wanted : at.url->shown());
    }
    findings.push_back(std::move(finding));
  }
}

void Judge::Known::override_by_environment(const Look& at, std::vector<Finding>& findings) const {
  const Connection& connection = at.connection;
  for (const Part& weaker : connection.overridden) {
    const std::optional<Part>* stronger = nullptr;
    bool differs = false;
    if (!weaker.secret.empty()) {
      stronger = &connection.key;
      differs = connection.key && connection.key->secret != weaker.secret;
    } else if (const auto url = parse_base_url(weaker.value);
               url && weaker.value.find('.') != std::string::npos && connection.base_url &&
               weaker.value != connection.base_url->value) {
      const auto effective = parse_base_url(connection.base_url->value);
      const bool is_url = url->scheme.starts_with("http") || owner_of(book, *url).known();
      if (!is_url || !effective) continue;
      const Owner owner = owner_of(book, *url);
      if (!at.concerns_kimi() && owner.realm == nullptr) continue;
      stronger = &connection.base_url;
      differs = url->host != effective->host || url->path != effective->path;
    }
    if (stronger == nullptr || !*stronger || !differs) continue;
    if ((*stronger)->source != Part::Source::environment || weaker.source != Part::Source::config)
      continue;
    if (!at.concerns_kimi() && !weaker.secret.empty() &&
        kinds.of(weaker.secret.reveal()).family != Family::kimi_code)
      continue;
    const Part& primary = has_place(**stronger) && !(*stronger)->file.empty() ? **stronger : weaker;
    Finding finding = finding_at(book, "kimi-env-override", connection, primary, Confidence::high);
    if (&primary != &weaker) finding.settings.push_back(place_of(weaker, "overridden"));
    finding.arguments["variable"] = (*stronger)->key_path;
    finding.arguments["key_path"] = weaker.key_path;
    finding.arguments["effective"] = shown_value(**stronger);
    finding.arguments["configured"] = shown_value(weaker);
    const Part& variable = **stronger;
    if (variable.file.empty()) {
      finding.arguments["place"] = "this shell's environment";
      finding.arguments["place@zh"] = "当前 shell 的环境";
    } else {
      finding.arguments["place"] = variable.file + (variable.position.line > 0 ? ":" + std::to_string(variable.position.line) : "");
    }
    finding.key_path = weaker.key_path;
    const bool breaks = !weaker.secret.empty() && at.fits(kinds.of(weaker.secret.reveal())) && !at.fits(at.key);
    if (breaks) {
      finding.arguments["variant"] = "breaks";
      offer_written_key(finding, at);
    } else {
      add_change(finding, **stronger, "");
      add_other_way(finding, **stronger, shown_value(weaker));
      add_other_way(finding, weaker, shown_value(**stronger));
    }
    findings.push_back(std::move(finding));
  }
}

Judge::Judge(const Rulebook& book) : known_(std::make_unique<Known>(book)) {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;

const KeyKinds& Judge::kinds() const { return known_->kinds; }

std::vector<Finding> Judge::verdict(const Connection& connection, const Background& known) const {
  const Look at = known_->look_at(connection, known);
  std::vector<Finding> findings;
  if (!at.url || !at.url->loopback) {
    known_->host_mismatch(at, findings);
    known_->sent_elsewhere(at, findings);
    known_->model(at, findings);
    known_->base_url(at, findings);
    known_->untrusted(at, findings);
  }
  known_->auth_conflict(at, findings);
  known_->override_by_environment(at, findings);
  return findings;
}

std::vector<Finding> Judge::verdict_across(const std::vector<Connection>& connections) const {
  const Rulebook& book = known_->book;
  struct Use {
    const Connection* connection;
    const Realm* realm;
    const Part* at;  // the host where it is written, else the key
  };
  std::map<std::pair<std::string, std::string>, std::vector<Use>> by_key;  // key id, product
  for (const Connection& connection : connections) {
    if (!connection.key || connection.key->secret.empty() || !connection.base_url) continue;
    if (known_->kinds.of(connection.key->secret.reveal()).family == Family::none) continue;
    const auto url = parse_base_url(connection.base_url->value);
    const Realm* realm = url ? book.realm_of_api_host(url->host) : nullptr;
    if (realm == nullptr) continue;
    // A key of the other product is wrong in both regions; neither change would help.
    const KeyKind kind = known_->kinds.of(connection.key->secret.reveal());
    const bool of_code = kind.family == Family::kimi_code;
    if ((of_code || kind.family == Family::sk48) && of_code != (realm->product == "kimi-code")) continue;
    const Part* at = has_place(*connection.base_url) ? &*connection.base_url : &*connection.key;
    by_key[{connection.key->secret.id(), realm->product}].push_back({&connection, realm, at});
  }

  std::vector<Finding> findings;
  for (auto& entry : by_key) {
    std::vector<Use>& uses = entry.second;  // a structured binding could not go into a lambda
    const bool both = std::any_of(uses.begin(), uses.end(), [&](const Use& use) {
      return use.realm->region != uses.front().realm->region;
    });
    if (!both) continue;
    std::stable_sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) {
      const auto order = [](const Use& use) {
        return std::tuple(use.at->file, use.at->position.line, use.at->position.column, use.at->key_path,
                          use.connection->tool, use.connection->slot, use.realm->id);
      };
      return order(a) < order(b);
    });
    const Use& first = uses.front();
    const Use& second = *std::find_if(uses.begin(), uses.end(), [&](const Use& use) {
      return use.realm->region != first.realm->region;
    });
    Finding finding = finding_at(book, "kimi-region-conflict", *first.connection, *first.at,
                                 Confidence::high, Proof::proven);
    finding.settings.clear();
    std::set<std::tuple<std::string, std::uint64_t, std::uint64_t, std::string>> said;  // two slots may share a setting
    for (const Use& use : uses)
      if (said.emplace(use.at->file, use.at->position.line, use.at->position.column, use.at->key_path + use.realm->id).second && &use != &first)
        finding.settings.push_back(place_of(*use.at, use.realm->hosts.front()));
    finding.secret_kind = known_->kinds.of(first.connection->key->secret.reveal()).secret_kind;
    finding.arguments["host"] = parse_base_url(first.connection->base_url->value)->host;
    finding.arguments["other_host"] = parse_base_url(second.connection->base_url->value)->host;
    finding.arguments["other_where"] = where_of(*second.connection);
    finding.arguments["console"] = without_scheme(first.realm->console);
    finding.arguments["other_console"] = without_scheme(second.realm->console);
    const Part& one = *first.connection->key;
    const Part& two = *second.connection->key;
    const bool shared = one.source == Part::Source::environment && two.source == one.source &&
                        one.key_path == two.key_path && !has_place(*first.connection->base_url) &&
                        !has_place(*second.connection->base_url);
    if (shared) {
      finding.arguments["variant"] = "shared-variable";
      finding.arguments["variable"] = one.key_path;
    }
    finding.evidence.push_back({"host", finding.arguments["host"], first.at->position.line});
    finding.evidence.push_back({"host", finding.arguments["other_host"], second.at->position.line});
    // Whichever region is right, the other's settings change to it.
    for (const Use* wrong : {&first, &second}) {
      const Realm& right = wrong == &first ? *second.realm : *first.realm;
      const std::size_t before = finding.changes.size();
      for (const Use& use : uses) {
        if (use.realm->region != wrong->realm->region) continue;
        const Connection& connection = *use.connection;
        const Part& part = has_place(*connection.base_url) || !connection.address_setting ? *connection.base_url : *connection.address_setting;
        const auto there = [&](const Change& change) { return change.file == part.file && change.key_path == part.key_path; };
        if (std::none_of(finding.changes.begin() + static_cast<std::ptrdiff_t>(before), finding.changes.end(), there))
          add_change(finding, part, base_of(right, protocol_named(connection.protocol)));
      }
      if (before > 0 && finding.changes.size() > before) finding.changes[before].instead = true;
    }
    findings.push_back(std::move(finding));
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    const auto order = [](const Finding& finding) {
      return std::tuple(finding.places.front().path, finding.places.front().region.begin.line,
                        finding.key_path);
    };
    return order(a) < order(b);
  });
  return findings;
}

}  // namespace kimiguard::kimi

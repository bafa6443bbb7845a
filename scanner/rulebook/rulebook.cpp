#include "scanner/rulebook/rulebook.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "scanner/rulebook/expression.h"
#include "scanner/rulebook/foreign_file.h"
#include "scanner/rulebook/table_reader.h"

namespace kimiguard {
namespace {

using rulebook::Complaints;
using rulebook::Need;
using rulebook::TableReader;

// Larger files are no rule files; toml++ holds a whole file as a tree.
constexpr std::size_t kLargestFile = std::size_t{4} << 20;
constexpr std::size_t kMostComplaints = 20;

const std::vector<std::string_view> kSeverityNames = {"inventory", "note", "low",
                                                      "medium",    "high", "critical"};
const std::vector<std::string_view> kConfidenceNames = {"low", "medium", "high"};

// Reads the tables of all files into a rulebook. One object reads one list of files.
class Reader {
 public:
  explicit Reader(Rulebook& book) : book_(book) {}

  void file(const RuleFile& file);
  void references();
  Complaints complaints;

 private:
  void foreign(rulebook::ForeignFile read, const RuleFile& file);
  void rule(TableReader& in);
  void realm(TableReader& in);
  void vendor(TableReader& in);
  void variable(TableReader& in);
  void model(TableReader& in);
  void error(TableReader& in);
  void remedy(TableReader& in);
  void severity(TableReader& in);
  void tier(TableReader& in);
  void dead_endpoint(TableReader& in);

  // Checks an expression where it was written by somebody else than us.
  void expression(TableReader& in, std::string_view key, const std::string& text, int group = 0);
  // Puts `entry` in the place of one with the same name, or at the end. Twice in one file is wrong.
  template <class T, class Same>
  void put(std::vector<T>& list, T entry, TableReader& in, std::string_view kind,
           const std::string& name, Same same);

  Rulebook& book_;
  bool checked_by_build_ = false;
  std::vector<Excuse> base_excuses_;  // of the foreign file read last: the next one may extend it
  std::set<std::pair<std::string, std::string>> in_this_file_;  // kind, name
  std::set<std::string> once_named_;  // by the without_evidence of a rule that a foreign one replaced
};

void Reader::file(const RuleFile& file) {
  in_this_file_.clear();
  checked_by_build_ = file.name.starts_with("built-in:");
  if (file.text.size() > kLargestFile) {
    complaints.push_back(file.name + ":1:1: the file has more than 4 MiB; split it");
    return;
  }
  const toml::parse_result parsed =
      toml::parse(std::string_view(file.text), std::string_view(file.name));
  if (!parsed) {
    complaints.push_back(rulebook::place_of(file.name, parsed.error().source()) + ": " +
                         std::string(parsed.error().description()) + "; mend the TOML here");
    return;
  }
  if (!checked_by_build_ && rulebook::is_foreign(parsed.table())) {
    foreign(rulebook::read_foreign(parsed.table(), file.name, !file.checked), file);
    return;
  }
  checked_by_build_ = checked_by_build_ || file.checked;
  TableReader top(parsed.table(), file.name, "a rule file", complaints);
  top.tables("rule", "a rule", [this](TableReader& in) { rule(in); });
  top.tables("realm", "a realm", [this](TableReader& in) { realm(in); });
  top.tables("vendor", "a vendor", [this](TableReader& in) { vendor(in); });
  top.tables("variable", "a variable", [this](TableReader& in) { variable(in); });
  top.tables("model", "a model", [this](TableReader& in) { model(in); });
  top.date("models_as_of", book_.models_as_of);
  top.tables("error", "an error", [this](TableReader& in) { error(in); });
  top.tables("remedy", "a remedy", [this](TableReader& in) { remedy(in); });
  top.tables("severity", "a severity row", [this](TableReader& in) { severity(in); });
  top.tables("tier", "a tier", [this](TableReader& in) { tier(in); });
  top.tables("dead_endpoint", "a dead endpoint", [this](TableReader& in) { dead_endpoint(in); });
  // A later file's list takes the place of an earlier one's.
  top.texts("kimi_domains", book_.kimi_domains);
  top.texts("kimi_words", book_.kimi_words);
  top.texts("kimi_phrases", book_.kimi_phrases);
  top.texts("kimi_model_owners", book_.kimi_model_owners);
  top.texts("browser_prefixes", book_.browser_prefixes);
  top.texts("model_prefixes", book_.model_prefixes);
  top.texts("sample_words", book_.sample_words);
  top.texts("sample_parts", book_.sample_parts);
  top.texts("command_names", book_.command_names);
  for (const std::string& text : book_.command_names) expression(top, "command_names", text, 1);
  SettingNames& names = book_.names;
  top.texts("key_fields", names.key_fields);
  top.texts("url_fields", names.url_fields);
  top.texts("key_arguments", names.key_arguments);
  top.texts("url_arguments", names.url_arguments);
  top.texts("model_arguments", names.model_arguments);
  top.texts("credential_headers", names.credential_headers);
  top.texts("credential_schemes", names.credential_schemes);
  top.texts("connection_signs", names.connection_signs);
  top.texts("redirect_signs", names.redirect_signs);
  top.finish();
}

void Reader::expression(TableReader& in, std::string_view key, const std::string& text, int group) {
  if (checked_by_build_ || text.empty()) return;
  const std::string why = rulebook::why_not_re2(text, group);
  if (!why.empty())
    in.complain(key, "'" + std::string(key) + "' does not compile (" + why +
                         "); mend it, or see https://github.com/google/re2/wiki/Syntax");
}

template <class T, class Same>
void Reader::put(std::vector<T>& list, T entry, TableReader& in, std::string_view kind,
                 const std::string& name, Same same) {
  if (!in_this_file_.emplace(kind, name).second)
    in.complain("", "the " + std::string(kind) + " '" + name +
                        "' stands twice in this file; keep one, or give the other its own name");
  const auto found = std::find_if(list.begin(), list.end(), same);
  if (found != list.end())
    *found = std::move(entry);
  else
    list.push_back(std::move(entry));
}

// Foreign rules are put among the others; what a file says for all of its rules is put to each.
void Reader::foreign(rulebook::ForeignFile read, const RuleFile& file) {
  complaints.insert(complaints.end(), read.complaints.begin(), read.complaints.end());
  book_.notes.insert(book_.notes.end(), read.notes.begin(), read.notes.end());
  const auto is_base = [&](const Rule& rule) { return rule.foreign != nullptr; };
  if (read.use_default && std::none_of(book_.rules.begin(), book_.rules.end(), is_base))
    book_.notes.push_back(file.name + ": extends its program's own rules (useDefault), which are not here; give that file with --rules before this one");
  auto shared = std::make_shared<std::vector<Excuse>>(read.shared);
  if (read.extends_rules) {
    // The base's own allowlists hold for what is new here, too.
    shared->insert(shared->end(), base_excuses_.begin(), base_excuses_.end());
    std::erase_if(book_.rules, [&](const Rule& rule) {
      return is_base(rule) && std::find(read.disabled.begin(), read.disabled.end(), rule.id) != read.disabled.end();
    });
    for (Rule& rule : book_.rules) {
      if (!is_base(rule)) continue;
      auto made = std::make_shared<ForeignRule>(*rule.foreign);
      auto all = std::make_shared<std::vector<Excuse>>(made->shared != nullptr ? *made->shared : std::vector<Excuse>{});
      all->insert(all->end(), read.shared.begin(), read.shared.end());
      made->shared = std::move(all);
      rule.foreign = std::move(made);
    }
  }
  for (Rule& rule : read.rules) {
    auto made = std::make_shared<ForeignRule>(*rule.foreign);
    made->shared = shared;
    rule.foreign = std::move(made);
    const auto found = std::find_if(book_.rules.begin(), book_.rules.end(), [&](const Rule& other) { return other.id == rule.id; });
    if (found == book_.rules.end()) book_.rules.push_back(std::move(rule));
    else if (read.extends_rules && is_base(*found)) *found = rulebook::extended(*found, rule);
    else {
      // A rule that stood behind the replaced one's evidence has nobody to name it now, by no fault of its own.
      if (!found->without_evidence.empty()) once_named_.insert(found->without_evidence);
      *found = std::move(rule);
    }
  }
  for (auto& [target, excuses] : read.targeted) {
    const std::string& id = target;  // clang 14 captures no structured binding
    const auto found = std::find_if(book_.rules.begin(), book_.rules.end(), [&](const Rule& rule) { return rule.id == id && is_base(rule); });
    if (found == book_.rules.end()) {
      complaints.push_back(file.name + ":1:1: an allowlist is for the rule '" + id + "', which is not there");
      continue;
    }
    auto made = std::make_shared<ForeignRule>(*found->foreign);
    made->excuses.insert(made->excuses.end(), excuses.begin(), excuses.end());
    found->foreign = std::move(made);
  }
  base_excuses_ = std::move(read.shared);
}

void Reader::rule(TableReader& in) {
  Rule rule;
  rule.file = std::string(in.file());
  rule.line = in.line();
  in.text("id", rule.id, Need::required);
  const int kind = in.choice("kind", {"leak", "configuration"});
  rule.kind = kind == 1 ? Rule::Kind::configuration : Rule::Kind::leak;
  in.localized("title", rule.title);
  in.localized("description", rule.description);
  in.localized("message", rule.message);
  in.localized("advice", rule.advice);
  in.text("remedy", rule.remedy);
  static const std::vector<std::string_view> kPrecisions = {"very-high", "high", "medium", "low"};
  const int precision = in.choice("precision", kPrecisions);
  if (precision >= 0) rule.precision = kPrecisions[static_cast<std::size_t>(precision)];
  const int worst = in.choice("worst", kSeverityNames);
  if (worst >= 0) rule.worst = static_cast<Severity>(worst);
  in.texts("tags", rule.tags);
  in.texts("references", rule.references);

  in.text("expression", rule.expression);
  std::int64_t group = 0;
  in.whole("group", group, 0, 99);
  rule.group = static_cast<int>(group);
  in.text("prefix", rule.prefix);
  std::int64_t body = 0;
  in.whole("body", body, 0, 512);
  rule.body = static_cast<std::uint32_t>(body);
  in.text("secret_kind", rule.secret_kind);
  in.text("realm", rule.realm);
  in.text("source", rule.source);
  const int attribution = in.choice("attribution", {"shape", "evidence", "token"});
  if (attribution >= 0) rule.attribution = static_cast<Rule::Attribution>(attribution);
  in.text("without_evidence", rule.without_evidence);
  in.real("min_entropy", rule.min_entropy);
  std::int64_t distinct = 0;
  in.whole("min_distinct", distinct, 0, 256);
  rule.min_distinct = static_cast<std::uint32_t>(distinct);
  const int confidence = in.choice("confidence", kConfidenceNames);
  if (confidence >= 0) rule.confidence = static_cast<Confidence>(confidence);
  in.tables("mark", "a mark", [&](TableReader& mark) {
    IssuerMark made;
    mark.text("issuer", made.issuer, Need::required);
    mark.text("expression", made.expression, Need::required);
    expression(mark, "expression", made.expression);
    rule.marks.push_back(std::move(made));
  });
  in.tables("variants", "a variant", [&](TableReader& variant) {
    MessageVariant made;
    variant.text("id", made.id, Need::required);
    variant.localized("message", made.message, Need::required);
    variant.localized("advice", made.advice);
    rule.variants.push_back(std::move(made));
  });
  in.texts("proofs", rule.proofs);
  in.texts("hints", rule.hints);
  in.texts("placeholders", rule.placeholders);
  in.texts("keywords", rule.keywords);
  in.texts("examples", rule.examples);
  in.texts("counter_examples", rule.counter_examples);

  if (rule.title.empty()) rule.title.en = rule.id;
  if (rule.description.empty()) rule.description = rule.title;
  if (rule.message.empty()) rule.message = rule.title;
  if (rule.secret_kind.empty()) rule.secret_kind = rule.id;
  for (const std::string& proof : rule.proofs) expression(in, "proofs", proof);
  for (const std::string& hint : rule.hints) expression(in, "hints", hint);
  for (const std::string& placeholder : rule.placeholders) expression(in, "placeholders", placeholder);
  if (rule.kind == Rule::Kind::configuration) {
    if (!rule.expression.empty())
      in.complain("expression",
                  "a rule of kind \"configuration\" has no expression; remove it, or write kind = "
                  "\"leak\"");
  } else if (!rule.expression.empty()) {
    expression(in, "expression", rule.expression, rule.group);
    if (!checked_by_build_ && rulebook::why_not_re2(rule.expression).empty()) {
      const std::string why = rulebook::why_not_hyperscan(rule.expression);
      if (!why.empty())
        in.complain("expression", "'expression' cannot go into the matcher (" + why +
                                      "); write it without what is named there");
    }
  }
  const std::string id = rule.id;
  put(book_.rules, std::move(rule), in, "rule", id, [&](const Rule& other) { return other.id == id; });
}

void Reader::realm(TableReader& in) {
  Realm realm;
  in.text("id", realm.id, Need::required);
  in.text("product", realm.product, Need::required);
  in.text("region", realm.region, Need::required);
  in.localized("title", realm.title, Need::required);
  in.text("console", realm.console, Need::required);
  in.texts("old_consoles", realm.old_consoles);
  in.texts("hosts", realm.hosts, Need::required);
  in.texts("console_hosts", realm.console_hosts);
  in.text("openai_base", realm.openai_base, Need::required);
  in.text("anthropic_base", realm.anthropic_base);
  in.text("default_model", realm.default_model);
  in.text("usage_page", realm.usage_page);
  in.text("limits_page", realm.limits_page);
  in.text("source", realm.source);
  const std::string id = realm.id;
  put(book_.realms, std::move(realm), in, "realm", id,
      [&](const Realm& other) { return other.id == id; });
}

void Reader::vendor(TableReader& in) {
  Vendor vendor;
  in.text("id", vendor.id, Need::required);
  in.text("title", vendor.title, Need::required);
  in.texts("hosts", vendor.hosts);
  in.texts("names", vendor.names);
  in.text("key_expression", vendor.key_expression);
  in.flag("hosts_kimi_models", vendor.hosts_kimi_models);
  in.flag("forwards_keys", vendor.forwards_keys);
  in.flag("other_shape", vendor.other_shape);
  in.text("kimi_model_expression", vendor.kimi_model_expression);
  expression(in, "kimi_model_expression", vendor.kimi_model_expression);
  in.flag("protocol", vendor.protocol);
  in.text("source", vendor.source);
  expression(in, "key_expression", vendor.key_expression);
  const std::string id = vendor.id;
  put(book_.vendors, std::move(vendor), in, "vendor", id,
      [&](const Vendor& other) { return other.id == id; });
}

void Reader::variable(TableReader& in) {
  VariableFact fact;
  in.text("expression", fact.expression, Need::required);
  in.text("says", fact.says, Need::required);
  static const std::vector<std::string_view> kRoles = {"key", "base_url", "model", "token"};
  const int role = in.choice("role", kRoles, Need::required);
  if (role >= 0) fact.role = kRoles[static_cast<std::size_t>(role)];
  in.flag("protocol", fact.protocol);
  in.text("source", fact.source);
  expression(in, "expression", fact.expression);
  const std::string name = fact.expression;
  put(book_.variables, std::move(fact), in, "variable", name,
      [&](const VariableFact& other) { return other.expression == name; });
}

void Reader::model(TableReader& in) {
  Model model;
  in.text("id", model.id, Need::required);
  static const std::vector<std::string_view> kProducts = {"platform", "kimi-code", "third-party"};
  const int product = in.choice("product", kProducts, Need::required);
  if (product >= 0) model.product = kProducts[static_cast<std::size_t>(product)];
  in.date("retired", model.retired);
  in.text("successor", model.successor);
  in.text("source", model.source);
  const std::string id = model.id;
  const std::string where = model.product;
  put(book_.models, std::move(model), in, "model", where + " " + id,
      [&](const Model& other) { return other.id == id && other.product == where; });
}

void Reader::error(TableReader& in) {
  ErrorMeaning error;
  in.text("id", error.id, Need::required);
  in.text("product", error.product, Need::required);
  std::int64_t status = 0;
  in.whole("status", status, 0, 599);
  error.status = static_cast<int>(status);
  in.text("type", error.type);
  in.text("expression", error.expression);
  static const std::vector<std::string_view> kStates = {"live", "dead", "wrong-realm", "unknown",
                                                        "missing"};
  const int state = in.choice("key_state", kStates, Need::required);
  if (state >= 0) error.key_state = kStates[static_cast<std::size_t>(state)];
  in.flag("retry", error.retry);
  static const std::vector<std::string_view> kBuckets = {"TPD",     "TPM",  "RPM",     "concurrency",
                                                         "balance", "plan", "capacity"};
  const int bucket = in.choice("bucket", kBuckets);
  if (bucket >= 0) error.bucket = kBuckets[static_cast<std::size_t>(bucket)];
  in.text("answered_by", error.answered_by);
  in.text("source", error.source);
  in.localized("title", error.title, Need::required);
  in.localized("meaning", error.meaning, Need::required);
  in.tables("steps", "a step", [&](TableReader& step) {
    Localized words;
    step.text("en", words.en, Need::required);
    step.text("zh", words.zh);
    error.steps.push_back(std::move(words));
  });
  expression(in, "expression", error.expression);
  const std::string id = error.id;
  put(book_.errors, std::move(error), in, "error", id,
      [&](const ErrorMeaning& other) { return other.id == id; });
}

void Reader::remedy(TableReader& in) {
  Remedy remedy;
  in.text("id", remedy.id, Need::required);
  in.text("realm", remedy.realm);
  in.localized("title", remedy.title, Need::required);
  in.tables("steps", "a step", [&](TableReader& step) {
    RemedyStep made;
    step.text("when", made.when);
    step.localized("text", made.text, Need::required);
    remedy.steps.push_back(std::move(made));
  });
  in.text("source", remedy.source);
  const std::string id = remedy.id;
  put(book_.remedies, std::move(remedy), in, "remedy", id,
      [&](const Remedy& other) { return other.id == id; });
}

void Reader::severity(TableReader& in) {
  SeverityRow row;
  in.text("id", row.id, Need::required);
  in.texts("rules", row.rules);
  in.texts("conditions", row.conditions);
  const int severity = in.choice("severity", kSeverityNames, Need::required);
  if (severity >= 0) row.severity = static_cast<Severity>(severity);
  in.localized("reason", row.reason, Need::required);
  static const std::vector<std::string_view> kConditions = {
      "staged",           "tracked",        "pushed",     "unreachable",
      "browser_variable", "sent_elsewhere", "transcript", "readable_by_others",
      "object",           "untracked",      "ignored",    "mode_0600",
      "standard_input",   "environment",    "process",    "git_internal",
      "audit_inventory",  "proven",         "possible"};
  for (const std::string& condition : row.conditions) {
    if (std::find(kConditions.begin(), kConditions.end(), condition) != kConditions.end()) continue;
    std::string list;
    for (const std::string_view word : kConditions)
      list += (list.empty() ? "" : ", ") + std::string(word);
    in.complain("conditions", "'" + condition + "' is no condition; write some of " + list);
  }
  const std::string id = row.id;
  put(book_.severities, std::move(row), in, "severity row", id,
      [&](const SeverityRow& other) { return other.id == id; });
}

void Reader::tier(TableReader& in) {
  Tier tier;
  in.text("product", tier.product, Need::required);
  static constexpr std::int64_t kMost = 1'000'000'000'000;
  std::int64_t number = 0;
  in.whole("tier", number, 0, 99);
  tier.tier = static_cast<int>(number);
  in.real("usd", tier.usd);
  in.real("cny", tier.cny);
  in.whole("concurrency", tier.concurrency, 0, kMost);
  in.whole("rpm", tier.rpm, 0, kMost);
  in.whole("tpm", tier.tpm, 0, kMost);
  in.whole("tpd", tier.tpd, 0, kMost);
  in.text("source", tier.source);
  const std::string product = tier.product;
  put(book_.tiers, std::move(tier), in, "tier", product + " " + std::to_string(number),
      [&](const Tier& other) {
        return other.product == product && other.tier == static_cast<int>(number);
      });
}

void Reader::dead_endpoint(TableReader& in) {
  DeadEndpoint endpoint;
  in.text("host", endpoint.host, Need::required);
  in.text("path", endpoint.path, Need::required);
  in.text("instead", endpoint.instead, Need::required);
  in.localized("reason", endpoint.reason, Need::required);
  in.text("source", endpoint.source);
  const std::string host = endpoint.host;
  const std::string path = endpoint.path;
  put(book_.dead_endpoints, std::move(endpoint), in, "dead endpoint", host + path,
      [&](const DeadEndpoint& other) { return other.host == host && other.path == path; });
}

// What rules say of each other and of remedies can be checked only when all files are read.
void Reader::references() {
  const auto complain = [&](const Rule& rule, const std::string& words) {
    complaints.push_back(rule.file + ":" + std::to_string(rule.line) + ":1: rule '" + rule.id + "' " +
                         words);
  };
  for (const Rule& rule : book_.rules) {
    if (!rule.without_evidence.empty() && book_.rule(rule.without_evidence) == nullptr)
      complain(rule, "names without_evidence = '" + rule.without_evidence +
                         "', which is no rule; write a rule's id, or leave it out");
    if (!rule.remedy.empty() && !book_.remedies.empty() && book_.remedy(rule.remedy) == nullptr)
      complain(rule, "names the remedy '" + rule.remedy +
                         "', which is not there; write the id of a [[remedy]], or leave it out");
    if (rule.foreign != nullptr) {
      for (const RequiredRule& required : rule.foreign->required)
        if (book_.rule(required.id) == nullptr)
          complain(rule, "requires the rule '" + required.id + "', which is not there");
      continue;
    }
    // A token rule without one takes what another token rule found, by what the token says.
    if (rule.kind == Rule::Kind::leak && rule.expression.empty() &&
        rule.attribution != Rule::Attribution::token && once_named_.count(rule.id) == 0 &&
        std::none_of(book_.rules.begin(), book_.rules.end(),
                     [&](const Rule& other) { return other.without_evidence == rule.id; }))
      complain(rule, "has no expression; add one, or name it in another rule's without_evidence");
  }
}

template <class T>
const T* with_id(const std::vector<T>& list, std::string_view id) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const T& item) { return item.id == id; });
  return found == list.end() ? nullptr : &*found;
}

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool owns(const std::string& pattern, std::string_view host) {
  if (!pattern.starts_with('.')) return pattern == host;
  return host.size() > pattern.size() && host.ends_with(pattern);
}

}  // namespace

const Rule* Rulebook::rule(std::string_view id) const { return with_id(rules, id); }
const Realm* Rulebook::realm(std::string_view id) const { return with_id(realms, id); }
const Remedy* Rulebook::remedy(std::string_view id) const { return with_id(remedies, id); }
const Vendor* Rulebook::vendor(std::string_view id) const { return with_id(vendors, id); }

const Realm* Rulebook::realm_of_api_host(std::string_view host) const {
  const auto found = std::find_if(realms.begin(), realms.end(),
                                  [&](const Realm& realm) { return holds(realm.hosts, host); });
  return found == realms.end() ? nullptr : &*found;
}

const Realm* Rulebook::realm_of_host(std::string_view host) const {
  if (const Realm* realm = realm_of_api_host(host)) return realm;
  const auto found = std::find_if(realms.begin(), realms.end(),
                                  [&](const Realm& realm) { return holds(realm.console_hosts, host); });
  return found == realms.end() ? nullptr : &*found;
}

const Vendor* Rulebook::vendor_of_host(std::string_view host) const {
  // An exact name beats a whole domain: ai.azure.com may be another's than .azure.com.
  const Vendor* by_domain = nullptr;
  for (const Vendor& vendor : vendors) {
    for (const std::string& pattern : vendor.hosts) {
      if (!owns(pattern, host)) continue;
      if (!pattern.starts_with('.')) return &vendor;
      if (by_domain == nullptr) by_domain = &vendor;
    }
  }
  return by_domain;
}

const Model* Rulebook::model(std::string_view id, std::string_view product) const {
  static constexpr std::string_view kLongContext = "[1m]";
  if (id.ends_with(kLongContext)) id.remove_suffix(kLongContext.size());
  const auto found = std::find_if(models.begin(), models.end(), [&](const Model& model) {
    return model.id == id && model.product == product;
  });
  return found == models.end() ? nullptr : &*found;
}

Result<Rulebook> read_rulebook(const std::vector<RuleFile>& files) {
  Rulebook book;
  Reader reader(book);
  for (const RuleFile& file : files) reader.file(file);
  if (reader.complaints.empty()) reader.references();
  if (reader.complaints.empty()) return book;
  std::string message;
  for (std::size_t i = 0; i < reader.complaints.size() && i < kMostComplaints; ++i)
    message += (i == 0 ? "" : "\n") + reader.complaints[i];
  if (reader.complaints.size() > kMostComplaints)
    message += "\nand " + std::to_string(reader.complaints.size() - kMostComplaints) + " more";
  return Error{"rules", message};
}

}  // namespace kimiguard

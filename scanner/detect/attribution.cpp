#include "scanner/detect/attribution.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <tuple>

#include "scanner/detect/other_keys.h"
#include "scanner/detect/surroundings.h"
#include "scanner/rulebook/expression.h"
#include "scanner/text/char_class.h"

namespace kimiguard::detect {
namespace {

enum class Tier { host, provider, name, prose };

// One thing in the surroundings that speaks for somebody.
struct Clue {
  Tier tier = Tier::prose;
  Scope scope = Scope::none;
  std::uint64_t level = 0;     // of the bracket that it shares with the candidate
  bool chosen = false;         // a setting says so: "provider": "deepseek"
  std::uint64_t distance = 0;  // bytes, or depth for labels
  bool comment = false;
  bool kimi = false;
  bool protocol = false;
  bool weak = false;           // a model id, against an explicit provider
  std::string id;              // realm id or product for kimi, vendor id for other
  std::string text;
  std::string setting;         // of a host: the last word of the name it is assigned to, "url"
  std::uint64_t at = 0;
};

bool is_name_byte(char c) {
  return text::is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '$';
}

bool in_scope(Scope scope) { return scope <= Scope::reference; }

// Nearest first within a tier.
auto rank(const Clue& clue) { return std::tuple(clue.comment, clue.weak, clue.level, !clue.chosen, clue.scope, clue.distance); }

std::uint64_t distance_between(Span candidate, std::uint64_t at) {
  if (at < candidate.begin) return candidate.begin - at;
  return at >= candidate.end ? at - candidate.end : 0;
}

bool ends_with_host(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.';
}

bool is_kimi_domain(const Rulebook& rulebook, std::string_view host) {
  return std::any_of(rulebook.kimi_domains.begin(), rulebook.kimi_domains.end(),
                     [&](const std::string& domain) { return ends_with_host(host, domain); });
}

// A host of this machine, of the same network or of the same compose file: whoever answers there is no other party.
bool is_near(std::string_view host) {
  if (host.find('.') == std::string_view::npos || host.starts_with("127.") || host == "0.0.0.0" || host == "host.docker.internal") return true;
  if (host.starts_with("10.") || host.starts_with("192.168.")) return host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host.ends_with(".local") || host.ends_with(".internal") || host.ends_with(".lan");
}

// Whether an API is called at the address that ends here, so far as its path says: curl https://gateway/v1/chat/…
bool calls_an_api(std::string_view after) {
  const std::size_t slash = after.find('/');
  return slash < 7 && after.substr(slash).starts_with("/v1");
}

// The run of bytes around `at` up to white space, quotes, brackets and separators.
std::string_view chunk_around(std::string_view text, Span span) {
  // In binary data a zero ends a string.
  const auto stops = [](char c) {
    return (c >= '\0' && c <= ' ') || std::string_view("\"'`<>()[]{},;=|").find(c) != std::string_view::npos;
  };
  std::uint64_t begin = span.begin;
  while (begin > 0 && span.begin - begin < 200 && !stops(text[begin - 1])) --begin;
  std::uint64_t end = span.end;
  while (end < text.size() && end - span.end < 200 && !stops(text[end])) ++end;
  return text.substr(begin, end - begin);
}

// Words in URLs, paths and file names are no evidence: a folder may be called anything.
bool is_path_like(const Rulebook& rulebook, std::string_view chunk) {
  const auto is_kimi = [&](std::string_view word) {
    return std::any_of(rulebook.kimi_words.begin(), rulebook.kimi_words.end(), [&](const std::string& known) { return word.starts_with(known); });
  };
  // \moonshotkey is a macro of TeX, C:\kimi a path.
  if (chunk.find("://") != std::string_view::npos || chunk.find('\\', 1) != std::string_view::npos) return true;
  if (chunk.starts_with("/") || chunk.starts_with("./") || chunk.starts_with("~") || chunk.starts_with("../")) return true;
  static const rulebook::Expression file(
      R"((?i)\.(?:py|js|mjs|cjs|ts|tsx|jsx|go|java|kt|cs|rs|php|rb|swift|c|cc|cpp|h|hpp|sh|sql|md|txt|json|jsonl|toml|ya?ml|env|ini|conf|cfg|xml|html|lock|log|ipynb|zip|gz|png|svg|git)(?:[:#].*)?$)");
  if (file.matches_in(chunk)) return true;
  const std::size_t slashes = static_cast<std::size_t>(std::count(chunk.begin(), chunk.end(), '/'));
  if (slashes >= 2) {
    // openrouter/moonshotai/kimi-k2 is a model id; src/kimi/client is a path.
    return std::none_of(rulebook.kimi_model_owners.begin(), rulebook.kimi_model_owners.end(),
                        [&](const std::string& owner) { return chunk.find(owner + "/") != std::string_view::npos; });
  }
  if (slashes == 1) {
    const std::string_view head = chunk.substr(0, chunk.find('/'));
    const std::vector<std::string> words = words_of(head);
    return !std::any_of(words.begin(), words.end(), [&](const std::string& w) {
      return is_kimi(w) || w == "pro" || w == "models";
    });
  }
  return false;
}

class Gatherer {
 public:
  Gatherer(const Rulebook& rulebook, const NameBook& names, std::string_view text, Span candidate)
      : rulebook_(rulebook), names_(names), text_(text), candidate_(candidate), around_(text, candidate),
        others_(text, around_.window(), candidate) {}

  Attribution run() {
    hosts();
    labels();
    words();
    phrases();
    own_names();
    stored_names();
    return decide();
  }

 private:
  void add(Clue clue) {
    if (clue.tier != Tier::host && clue.level == 0) clue.level = around_.level_of(clue.at);
    // A commented key belongs to commented settings.
    clue.comment = clue.comment || around_.in_comment(clue.at) != around_.in_comment(candidate_.begin);
    clues_.push_back(std::move(clue));
  }

  void hosts() {
    const Span window = around_.window();
    for (HostSeen& seen : hosts_in(rulebook_, text_.substr(window.begin, window.size()))) {
      const std::uint64_t at = seen.span.begin + window.begin;
      if (candidate_.contains(at)) continue;
      // A URL's name is what stands before its scheme.
      std::uint64_t start = at;
      while (start > window.begin && at - start < 12 && std::string_view("/:\\").find(text_[start - 1]) != std::string_view::npos) --start;
      while (start > window.begin && at - start < 24 && std::isalpha(static_cast<unsigned char>(text_[start - 1])) != 0) --start;
      const std::vector<std::string> names = names_before(text_, seen.url ? start : at);
      const bool base_role = std::any_of(names.begin(), names.end(), [](const std::string& name) {
        return role_of(name) == NameRole::base_url;
      });
      const Scope scope = around_.scope_of(at, names);
      if (scope == Scope::none) continue;
      const Span host{at, seen.span.end + window.begin};
      const OtherKeys::Bond bond = others_.bond(host);
      if (bond == OtherKeys::Bond::held || (bond == OtherKeys::Bond::apart && scope == Scope::block)) continue;
      const bool named_alike = !around_.stem().empty() && std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return stem_of(name) == around_.stem();
      });
      if (!around_.enclosed() && !named_alike && others_.is_neighbours_url(host)) continue;
      Clue clue;
      for (const std::string& name : names)
        if (clue.setting.empty() && role_of(name) == NameRole::base_url) clue.setting = words_of(name).back();
      clue.scope = scope;
      clue.at = at;
      clue.distance = distance_between(candidate_, at);
      clue.text = seen.host;
      if (seen.vendor != nullptr && seen.vendor->forwards_keys) {
        // It hands the key on to whoever issued it, so it says nothing of whose it is.
        if (in_scope(scope) && !around_.in_comment(at)) base_url_in_scope_ = nameless_host_ = true;
      } else if (seen.realm != nullptr || seen.vendor != nullptr) {
        clue.tier = Tier::host;
        clue.kimi = seen.realm != nullptr;
        clue.id = seen.realm != nullptr ? seen.realm->id : seen.vendor->id;
        if (in_scope(scope) && !around_.in_comment(at)) base_url_in_scope_ = true;
        add(std::move(clue));
      } else if (seen.kimi) {
        clue.tier = Tier::provider;
        clue.kimi = true;
        for (const Realm& realm : rulebook_.realms)
          if (std::find(realm.console_hosts.begin(), realm.console_hosts.end(), seen.host) != realm.console_hosts.end())
            clue.id = realm.id;
        add(std::move(clue));
      } else if (seen.url && in_scope(scope) && around_.in_comment(at) == around_.in_comment(candidate_.begin)) {
        own_address_ = true;
        const bool called = scope <= Scope::statement && calls_an_api(text_.substr(at + seen.span.size(), 16));
        if (base_role || called) base_url_in_scope_ = nameless_host_ = true;  // a host that nobody knows: a gateway, a relay
        if (!base_role) continue;
        if (!is_near(seen.host)) unknown_host_ = seen.host;
        clue.level = around_.level_of(at);
        if (!unknown_ || rank(clue) < rank(*unknown_)) unknown_ = std::move(clue);
      }
    }
    near_hosts(window);
  }

  // http://localhost:4000, http://litellm:4000: a proxy, whose keys are its own.
  void near_hosts(Span window) {
    const std::string_view text = text_.substr(0, window.end);
    for (std::size_t at = text.find("://", window.begin); at != std::string_view::npos; at = text.find("://", at + 3)) {
      std::size_t end = at + 3;
      while (end < text.size() && (kimiguard::text::is_alnum(text[end]) || text[end] == '-' || text[end] == '_' || text[end] == '.')) ++end;
      const std::string_view host = text.substr(at + 3, end - at - 3);
      if (host.empty() || host.find('.') != std::string_view::npos || candidate_.contains(at)) continue;
      std::size_t start = at;
      while (start > window.begin && at - start < 8 && std::isalpha(static_cast<unsigned char>(text[start - 1])) != 0) --start;
      const std::vector<std::string> names = names_before(text_, start);
      const bool base_role =
          std::any_of(names.begin(), names.end(), [](const std::string& name) { return role_of(name) == NameRole::base_url; });
      if (base_role && in_scope(around_.scope_of(at + 3, names)) && !around_.in_comment(at)) base_url_in_scope_ = nameless_host_ = true;
    }
  }

  void speak(const Speaks& speaks, Clue clue) {
    if (speaks.whom == Speaks::For::nobody) return;
    clue.kimi = speaks.whom == Speaks::For::kimi;
    clue.protocol = speaks.protocol;
    clue.id = speaks.id;
    if (clue.text.empty()) clue.text = speaks.word;
    add(std::move(clue));
  }

  void labels() {
    std::uint64_t depth = 0;
    for (const Label& label : around_.labels()) {
      Clue clue;
      clue.tier = Tier::provider;
      clue.scope = around_.enclosed() ? Scope::assignment : Scope::group;
      clue.level = label.level;
      clue.distance = ++depth;
      clue.at = candidate_.begin;
      clue.text = label.name;
      speak(names_.says(label.name), std::move(clue));
    }
  }

  // Words that name Kimi or another vendor, outside of URLs and paths.
  void words() {
    const Span window = around_.window();
    const std::string_view text = text_;
    int seen = 0;
    for (std::uint64_t i = window.begin; i < window.end && seen < 400;) {
      if (!kimiguard::text::is_alpha(text[i])) {
        ++i;
        continue;
      }
      std::uint64_t end = i;
      while (end < window.end && is_name_byte(text[end])) ++end;
      const Span token{i, end};
      i = end;
      if (token.size() > 48 || token.size() < 3 || token.overlaps(candidate_)) continue;
      const std::string_view word = text.substr(token.begin, token.size());
      const Speaks speaks = names_.word_says(word);
      if (speaks.whom == Speaks::For::nobody) continue;
      ++seen;
      const std::string_view chunk = chunk_around(text, token);
      const std::vector<std::string> names = names_before(text_, token.begin);
      NameRole role = NameRole::none;
      bool titled = false;
      for (const std::string& name : names) {
        if (role == NameRole::none) role = role_of(name);
        for (const std::string& part : words_of(name))
          titled = titled || part == "name" || part == "id" || part == "title" || part == "label" || part == "slug";
      }
      // me@example.org is an address, @moonshot_key a name.
      if ((role != NameRole::model && is_path_like(rulebook_, chunk)) || chunk.find('@', 1) != std::string_view::npos) continue;
      // part of a host name, which hosts() has looked at
      if (word.find('.') != std::string_view::npos && chunk.find('/') != std::string_view::npos && word.find("com") != std::string_view::npos) continue;
      Clue clue;
      clue.at = token.begin;
      clue.distance = distance_between(candidate_, token.begin);
      clue.text = std::string(word);
      // The name of another setting says nothing of this key while both are in one scope.
      std::uint64_t after = end;
      while (after < window.end && std::string_view("\"'`\\ ]").find(text[after]) != std::string_view::npos) ++after;
      const bool is_name = after < window.end && (text[after] == '=' || text[after] == ':') && token.end != candidate_.begin &&
                           !own_name(word);
      const bool sets_something = is_name && role_of(word) != NameRole::none;
      clue.scope = sets_something ? around_.scope_of(token.begin, {std::string(word)}) : around_.scope_of(token.begin, names);
      if (clue.scope == Scope::none) continue;
      // MOONSHOT_API_KEY=$X beside FOO_KEY=sk-…
      if (sets_something && role_of(word) == NameRole::key && !around_.stem().empty() && stem_of(word) != around_.stem()) continue;
      const OtherKeys::Bond bond = own_name(word) ? OtherKeys::Bond::none : others_.bond(token);
      if (bond == OtherKeys::Bond::held) continue;
      // `{foo: "sk-…", kimi: "sk-…"}` and FOO_KEY beside KIMI_KEY: each name is of its own key. A key without a name of its
      // own may well belong to the one beside it.
      if (bond == OtherKeys::Bond::named && (around_.enclosed() || !around_.stem().empty())) continue;
      if (sets_something || bond == OtherKeys::Bond::sibling) {
        // its stem is the same: OPENAI_… beside OPENAI_…, or there is nothing but it nearby
        clue.scope = Scope::block;
        clue.tier = Tier::prose;
        speak(speaks, std::move(clue));
        continue;
      }
      if (clue.scope == Scope::block && bond == OtherKeys::Bond::apart) continue;
      // What stands beside "deepseek": {…} speaks for the whole, not for the key in it.
      if (around_.named_within(around_.level_of(token.begin))) clue.scope = Scope::block;
      const bool quoted = token.begin > 0 && (text[token.begin - 1] == '"' || text[token.begin - 1] == '\'' || text[token.begin - 1] == '`');
      if (role == NameRole::provider || role == NameRole::model || titled) {
        clue.tier = Tier::provider;
        clue.weak = role == NameRole::model;
        clue.chosen = role == NameRole::provider;
      } else if (quoted && (clue.scope == Scope::assignment || clue.scope == Scope::group)) {
        clue.tier = Tier::provider;  // an argument, a column of a row
      } else {
        clue.tier = Tier::prose;
        // Prose speaks on its own line and in its own object, not across flat assignments.
        if (clue.scope != Scope::assignment && clue.scope != Scope::statement && clue.scope != Scope::group)
          clue.scope = Scope::block;
      }
      speak(speaks, std::move(clue));
    }
  }

  // Names in scripts that put no spaces between words.
  void phrases() {
    const Span window = around_.window();
    for (const std::string& phrase : rulebook_.kimi_phrases) {
      int seen = 0;
      for (std::uint64_t at = text_.find(phrase, window.begin); at < window.end && seen < 16; at = text_.find(phrase, at + phrase.size()), ++seen) {
        Clue clue;
        clue.at = at;
        clue.distance = distance_between(candidate_, at);
        clue.scope = around_.scope_of(at, {});
        if (clue.scope == Scope::none || others_.bond({at, at + phrase.size()}) != OtherKeys::Bond::none) continue;
        if (clue.scope != Scope::assignment && clue.scope != Scope::statement && clue.scope != Scope::group) clue.scope = Scope::block;
        clue.kimi = true;
        clue.text = phrase;
        add(std::move(clue));
      }
    }
  }

  bool own_name(std::string_view word) const {
    for (const std::string& name : around_.names())
      if (name == word || name.find(word) != std::string::npos) return true;
    return false;
  }

  void own_names() {
    std::uint64_t depth = 0;
    for (const std::string& name : around_.names()) {
      Clue clue;
      clue.tier = Tier::name;
      clue.scope = Scope::assignment;
      clue.distance = ++depth;
      clue.at = candidate_.begin;
      clue.text = name;
      speak(names_.says(name), std::move(clue));
    }
  }

  // The command that the candidate stands in: its line, with those that a backslash joins to it.
  Span command() const {
    constexpr std::uint64_t kMost = 800;
    const auto joins = [&](std::uint64_t end) {
      while (end > 0 && (text_[end - 1] == '\r' || text_[end - 1] == ' ')) --end;
      return end > 0 && text_[end - 1] == '\\';
    };
    Span span = candidate_;
    while (span.begin > 0 && candidate_.begin - span.begin < kMost && (text_[span.begin - 1] != '\n' || joins(span.begin - 1))) --span.begin;
    while (span.end < text_.size() && span.end - candidate_.end < kMost && (text_[span.end] != '\n' || joins(span.end))) ++span.end;
    return span;
  }

  // vault kv put secret/moonshot key=…, aws ssm put-parameter --name /x/moonshot --value …, echo … | wrangler secret put …
  void stored_names() {
    const Span line = command();
    if (line.size() < candidate_.size() + 12) return;
    const std::string_view text = text_.substr(line.begin, line.size());
    // Most lines are no commands: a word and a blank stand before or behind the value in one that is.
    if (std::count(text.begin(), text.end(), ' ') < 3) return;
    constexpr std::uint64_t kBehindOwn = 100;  // the value's own name, the part of --from-literal, is nearer
    for (const std::string& name : names_.stored_names(text)) {
      Clue clue;
      clue.tier = Tier::name;
      clue.scope = Scope::assignment;
      clue.distance = kBehindOwn;
      clue.at = candidate_.begin;
      clue.text = name;
      speak(names_.says(name), std::move(clue));
    }
  }

  std::optional<Clue> nearest(Tier tier, bool scoped, bool with_protocol) const {
    const Clue* best = nullptr;
    for (const Clue& clue : clues_) {
      if (clue.tier != tier || in_scope(clue.scope) != scoped || (clue.protocol && !with_protocol)) continue;
      if (best == nullptr || rank(clue) < rank(*best)) best = &clue;
    }
    return best == nullptr ? std::nullopt : std::optional<Clue>(*best);
  }

  static std::string_view kind(Tier tier) {
    static constexpr std::array<std::string_view, 4> kKinds = {"host", "provider", "name", "prose"};
    return kKinds[static_cast<std::size_t>(tier)];
  }

  void settle(Attribution& result, const Clue& winner, Confidence confidence) const {
    result.whose = winner.kimi ? Attribution::Whose::kimi : Attribution::Whose::other;
    result.confidence = confidence;
    if (!winner.kimi) result.issuer = winner.id;
    // Everything that agrees is named, strongest first, each text once.
    std::vector<const Clue*> agreeing;
    for (const Clue& clue : clues_)
      if (clue.kimi == winner.kimi && (clue.kimi || clue.id == winner.id) && in_scope(clue.scope) == in_scope(winner.scope))
        agreeing.push_back(&clue);
    std::stable_sort(agreeing.begin(), agreeing.end(), [](const Clue* a, const Clue* b) {
      return std::tuple(a->tier, rank(*a)) < std::tuple(b->tier, rank(*b));
    });
    const auto mention = [&](const Clue& clue) {
      for (const Evidence& given : result.evidence)
        if (given.text == clue.text) return;
      if (result.evidence.size() >= 6) return;
      result.evidence.push_back({std::string(kind(clue.tier)), clue.text, 0});
      result.evidence_at.push_back(clue.at);
    };
    mention(winner);
    for (const Clue* clue : agreeing) mention(*clue);
    if (!winner.kimi) return;
    if (rulebook_.realm(winner.id) != nullptr) result.realm = winner.id;
    for (const Clue* clue : agreeing)
      if (result.realm.empty() && rulebook_.realm(clue->id) != nullptr) result.realm = clue->id;
  }

  Attribution decide() {
    Attribution result;
    if (!around_.names().empty()) result.variable = around_.names().front();
    for (const Tier tier : {Tier::host, Tier::provider, Tier::name, Tier::prose}) {
      // Protocol names speak for their vendor only where no base URL stands in scope.
      std::optional<Clue> clue = nearest(tier, true, false);
      if (!clue) continue;
      // BASE_URL_1 is an unknown host, BASE_URL_2 a known one: the nearer is this key's.
      if (tier == Tier::host && unknown_ && unknown_->setting == clue->setting && rank(*unknown_) < rank(*clue)) continue;
      // The key's own name against a setting beside it, which may choose one of many providers or a model: the name is
      // of this key alone. PROVIDER=deepseek says nothing of MOONSHOT_API_KEY, MODEL=kimi-k2 nothing of SILICONFLOW_API_KEY.
      if (tier == Tier::provider)
        if (const std::optional<Clue> own = nearest(Tier::name, true, false); own && own->kimi != clue->kimi) clue = own;
      // A gateway has keys of its own and Kimi's models: beside its address the model says nothing of whose the key is.
      if (nameless_host_ && clue->kimi && clue->weak) continue;
      const bool remark = nameless_host_ && clue->kimi && tier == Tier::prose;
      settle(result, *clue, remark ? Confidence::medium : Confidence::high);
      if (result.whose == Attribution::Whose::kimi && !unknown_host_.empty() && tier != Tier::host)
        result.sent_elsewhere = true;
      return result;
    }
    std::optional<Clue> protocol;
    for (const Tier tier : {Tier::provider, Tier::name})
      if (!protocol && !base_url_in_scope_) {
        protocol = nearest(tier, true, true);
      }
    // The small block: the nearest that speaks, whoever it is.
    std::optional<Clue> block;
    for (const Clue& clue : clues_) {
      if (in_scope(clue.scope) || clue.protocol) continue;
      // A key with an address of its own has nothing to do with one further out, nor, where that is no vendor's, with prose.
      if (own_address_ && (clue.tier == Tier::host || unknown_)) continue;
      if (nameless_host_ && clue.kimi && (clue.weak || clue.tier == Tier::prose)) continue;
      // A key is introduced before it stands: of two as many lines away, the one above.
      const auto order = [&](const Clue& c) {
        return std::tuple(c.comment, around_.lines_apart(c.at), c.at > candidate_.begin, c.distance);
      };
      if (!block || order(clue) < order(*block)) block = clue;
    }
    // OPENAI_API_KEY alone is OpenAI's, but not with a base URL of Kimi's a few lines away.
    if (protocol && !(block && block->kimi && block->tier == Tier::host)) {
      settle(result, *protocol, Confidence::low);
      result.protocol = true;
      return result;
    }
    if (block) settle(result, *block, Confidence::medium);
    return result;
  }

  const Rulebook& rulebook_;
  const NameBook& names_;
  std::string_view text_;
  Span candidate_;
  Surroundings around_;
  OtherKeys others_;
  std::vector<Clue> clues_;
  bool base_url_in_scope_ = false;
  bool own_address_ = false;     // a URL of a host that nobody knows stands in scope
  bool nameless_host_ = false;   // it is called, or hands keys on: a gateway, a proxy
  std::string unknown_host_;     // that of another party
  std::optional<Clue> unknown_;  // where it stands, if it is a base URL
};

}  // namespace

namespace {

// `before` ends with "scheme://user:password@". Passwords may be keys, which are long.
bool has_credentials(std::string_view before) {
  before.remove_suffix(1);
  if (before.size() > 300) before.remove_prefix(before.size() - 300);
  const std::size_t scheme = before.rfind("://");
  return scheme != std::string_view::npos && before.find_first_of(" \t\r\n\"'<>/", scheme + 3) == std::string_view::npos;
}

}  // namespace

std::vector<HostSeen> hosts_in(const Rulebook& rulebook, std::string_view text) {
  // Dots are what all host names have and little else has; so look around each.
  std::vector<HostSeen> hosts;
  const auto is_host_byte = [](char c) { return kimiguard::text::is_alnum(c) || c == '-' || c == '.'; };
  std::uint64_t done = 0;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos && hosts.size() < 256; dot = text.find('.', std::max<std::size_t>(dot + 1, done))) {
    if (dot < done) continue;
    std::uint64_t begin = dot;
    while (begin > done && is_host_byte(text[begin - 1])) --begin;
    std::uint64_t end = dot;
    while (end < text.size() && is_host_byte(text[end])) ++end;
    done = end;
    std::string host(text.substr(begin, end - begin));
    // An escape or a percent code directly before is not part of the name: \napi…, %2Fapi…
    if (begin > 0 && (text[begin - 1] == '%') && host.size() > 2) {
      host.erase(0, 2);
      begin += 2;
    } else if (begin > 0 && text[begin - 1] == '\\' && host.size() > 1) {
      host.erase(0, 1);
      begin += 1;
    }
    while (!host.empty() && (host.back() == '.' || host.back() == '-')) host.pop_back();
    while (!host.empty() && (host.front() == '.' || host.front() == '-')) {
      host.erase(0, 1);
      ++begin;
    }
    if (host.size() < 4 || host.size() > 253 || host.find('.') == std::string::npos) continue;
    std::transform(host.begin(), host.end(), host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    HostSeen seen;
    seen.span = {begin, begin + host.size()};
    const std::string_view before = text.substr(begin > 24 ? begin - 24 : 0, std::min<std::uint64_t>(begin, 24));
    seen.url = before.ends_with("://") || before.ends_with(":\\/\\/") || before.ends_with("%3A%2F%2F") || before.ends_with("%3a%2f%2f") ||
               (before.ends_with("@") && has_credentials(text.substr(0, begin)));
    if (!seen.url && before.ends_with("@")) continue;  // an address
    seen.realm = rulebook.realm_of_host(host);
    if (seen.realm == nullptr) seen.vendor = rulebook.vendor_of_host(host);
    seen.kimi = seen.realm == nullptr && is_kimi_domain(rulebook, host);
    if (seen.kimi) seen.vendor = nullptr;
    if (seen.realm == nullptr && seen.vendor == nullptr && !seen.kimi && !seen.url) continue;
    seen.host = std::move(host);
    hosts.push_back(std::move(seen));
  }
  return hosts;
}

Attribution attribute(const Rulebook& rulebook, const NameBook& names, std::string_view text, Span candidate) {
  return Gatherer(rulebook, names, text, candidate).run();
}

}  // namespace kimiguard::detect

#include "scanner/agents/connections.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "scanner/agents/glob.h"
#include "scanner/agents/loose_connections.h"
#include "scanner/config/reference.h"
#include "scanner/config/selector.h"
#include "scanner/core/lowered.h"
#include "scanner/kimi/base_url.h"

namespace kimiguard::agents {
namespace {

using Kind = config::Classified::Kind;
using Source = config::Reference::Source;

constexpr std::size_t kMostSlots = 2000;         // of one file
constexpr std::size_t kMostKeys = 32;            // of one slot
constexpr std::size_t kMostJoined = 64'000'000;  // settings looked at for joins, all together
constexpr std::size_t kLargestSecretFile = 64 << 10;

// A place to look for a slot's values: a subtree of one file.
struct Root {
  const Unit* unit = nullptr;
  config::Slot slot;
};

struct Hit {
  const Setting* setting = nullptr;
  const Unit* unit = nullptr;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

// "openai-completions", "@ai-sdk/anthropic", "anthropic-messages" to the names the judge knows; other
// words as they are.
std::string protocol_of(std::string_view written) {
  const std::string lower = lowered(written);
  if (lower.find("responses") != std::string::npos) return "openai:responses";
  // Vercel's SDK appends /messages only: its base ends in /v1, which the judge must not take for a
  // fault.
  if (lower.starts_with("@ai-sdk/anthropic")) return "anthropic-v1";
  if (lower == "anthropic-v1") return lower;
  if (lower.find("anthropic") != std::string::npos || lower.find("claude") != std::string::npos)
    return "anthropic";
  if (lower.find("openai") != std::string::npos) return "openai";
  return lower;
}

bool looks_like_keys(std::string_view piece) {
  return piece.size() >= 16 && piece.find_first_of(" /{}\"") == std::string_view::npos;
}

// "k1\nk2" (one-api) and "k1,k2" (Cherry Studio, NextChat) hold several keys.
std::vector<std::string> keys_in(std::string_view text) {
  std::vector<std::string> keys;
  for (std::size_t from = 0; from <= text.size() && keys.size() < kMostKeys;) {
    std::size_t to = text.find_first_of(",\n", from);
    if (to == std::string_view::npos) to = text.size();
    const std::string_view piece = trimmed(text.substr(from, to - from));
    if (!piece.empty()) {
      if (!looks_like_keys(piece)) return {std::string(trimmed(text))};
      keys.emplace_back(piece);
    }
    from = to + 1;
  }
  if (keys.empty()) keys.emplace_back(trimmed(text));
  return keys;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

// As variables of the environment are written: MY_KEY.
bool variable_shaped(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// The setting in which this provider has the model of this slot; "" if it has none of its own.
std::string model_setting(const ProviderSpec& provider, const SlotSpec& slot) {
  const auto found = provider.model_of.find(slot.id);
  return found == provider.model_of.end() ? std::string() : found->second;
}

class Resolver {
 public:
  Resolver(const Profile& profile, const std::vector<const Unit*>& units, const std::string& of_project,
           const Environment& environment, const ResolveOptions& options)
      : profile_(profile),
        units_(units),
        of_project_(of_project),
        environment_(environment),
        options_(options),
        reads_secrets_(std::any_of(profile.files.begin(), profile.files.end(),
                                   [](const FileSpec& file) { return file.provides == "secrets"; })) {
    for (const Unit* unit : units) {
      if (unit->spec->provides != "secrets") continue;
      Environment more;
      more.take(*unit);
      secrets_.take(more);
    }
  }

  ToolConnections run();

 private:
  struct Context {
    const Unit* unit = nullptr;
    const SlotSpec* spec = nullptr;
    std::string key;  // @key
    std::string name;
    std::string provider;
    std::optional<Part> provider_at;
    std::vector<Root> roots;
    const ProviderSpec* known = nullptr;
    const ProviderSpec* row = nullptr;  // `known` where its own selectors stand in this file
  };

  void slot(const Unit& unit, const SlotSpec& spec, const config::Slot& found);
  std::vector<Hit> look(const Context& at, const Selectors& selectors) const;
  std::optional<Hit> first(const Context& at, const Selectors& selectors) const;
  std::string text(const Context& at, const Selectors& selectors) const;
  void join(Context& at, const Join& join);
  bool holds(const Context& at, const Condition& condition) const;
  bool is_active(const Context& at) const;
  std::optional<Part> part_of(const Hit& hit, bool key, bool header = false) const;
  std::optional<Part> secret_object(const Context& at, const Selectors& selectors) const;
  std::optional<Part> variable(const std::vector<std::string>& names, bool key) const;
  std::optional<Part> followed(const config::Reference& reference, const Hit& hit, bool key) const;
  void read_parts(const Context& at, Connection& connection, std::vector<Part>& more_keys,
                  std::string& region_path);
  std::optional<Part> provider_setting(const Context& at, const config::Slot& found) const;
  std::optional<Part> address_setting(const Context& at, const Connection& connection);
  void inherit(const Context& at, Connection& connection);
  void emit(const Context& at, Connection connection, bool as_written);
  Part make(std::string value, const Hit& hit, bool key) const;

  const Profile& profile_;
  const std::vector<const Unit*>& units_;
  const std::string& of_project_;
  const Environment& environment_;
  const ResolveOptions& options_;
  Environment secrets_;
  bool reads_secrets_ = false;  // the profile names files of secrets
  std::size_t joined_ = 0;
  ToolConnections result_;
};

Part key_part(Part part, std::string value) {
  part.secret = Secret(value);
  part.value = part.secret.masked();
  wipe(value);
  return part;
}

Part Resolver::make(std::string value, const Hit& hit, bool key) const {
  Part part;
  part.source = Part::Source::config;
  part.key_path = hit.setting->key_path();
  part.file = hit.unit->path;
  part.position = hit.setting->position;
  part.end = hit.setting->end;
  part.bytes = hit.setting->bytes;
  if (key) return key_part(std::move(part), std::move(value));
  part.value = std::move(value);
  return part;
}

std::optional<Part> Resolver::variable(const std::vector<std::string>& names, bool key) const {
  for (const std::string& name : names) {
    const Variable* found = environment_.find(name);
    if (found == nullptr) continue;
    if (key && config::placeholder(found->value)) continue;
    Part part;
    part.source = Part::Source::environment;
    part.key_path = name;
    part.file = found->file;
    part.position = found->position;
    part.end = found->end;
    part.bytes = found->bytes;
    if (key) return key_part(std::move(part), found->value);
    part.value = found->value;
    return part;
  }
  return std::nullopt;
}

std::optional<Part> Resolver::followed(const config::Reference& reference, const Hit& hit,
                                       bool key) const {
  if (reference.source == Source::environment) {
    if (auto part = variable({reference.name}, key)) return part;
    if (reference.has_fallback && !trimmed(reference.fallback).empty() &&
        config::classify(reference.fallback).kind == Kind::literal)
      return make(reference.fallback, hit, key);
    return std::nullopt;
  }
  if (reference.source == Source::secret) {
    const Variable* found = secrets_.find(reference.name);
    // Where a tool keeps secrets in files, a variable of the same name is one too (Continue's LocalPlatformClient).
    if (found == nullptr && reads_secrets_)
      if (auto part = variable({reference.name}, key)) return part;
    if (found != nullptr) {
      Part part;
      part.source = Part::Source::reference;
      part.key_path = reference.name;
      part.file = found->file;
      part.position = found->position;
      part.end = found->end;
      part.bytes = found->bytes;
      if (key) return key_part(std::move(part), found->value);
      part.value = found->value;
      return part;
    }
    return std::nullopt;
  }
  if (reference.source == Source::file && options_.disk != nullptr) {
    std::string path = reference.name;
    if (path.starts_with("~/"))
      path = options_.home + path.substr(1);
    else if (!path.starts_with('/'))
      path = folder_of(hit.unit->path) + "/" + path;
    const std::string real = options_.disk->real_path(path);
    const std::string home = options_.disk->real_path(options_.home);
    if (real.empty() || home.empty() || !real.starts_with(home + "/")) return std::nullopt;
    auto bytes = options_.disk->read(path, kLargestSecretFile);
    if (!bytes) return std::nullopt;
    const std::string value(trimmed(*bytes));
    wipe(*bytes);
    if (value.empty() || value.find('\n') != std::string::npos) return std::nullopt;
    Part part;
    part.source = Part::Source::reference;
    part.key_path = hit.setting->key_path();
    part.file = path;
    if (key) return key_part(std::move(part), value);
    part.value = value;
    return part;
  }
  return std::nullopt;
}

std::optional<Part> Resolver::part_of(const Hit& hit, bool key, bool header) const {
  const Setting& setting = *hit.setting;
  if (setting.type == Setting::Type::null || setting.type == Setting::Type::boolean) return std::nullopt;
  const config::Classified kind = config::classify(setting);
  switch (kind.kind) {
    case Kind::empty:
    case Kind::placeholder:
      return std::nullopt;
    case Kind::literal: {
      const std::string_view value = header ? trimmed(without_scheme(trimmed(setting.value), *options_.names)) : trimmed(setting.value);
      if (value.empty() || (key && config::placeholder(value))) return std::nullopt;
      return make(std::string(value), hit, key);
    }
    case Kind::reference: {
      if (auto part = followed(kind.references.front(), hit, key)) return part;
      Part part = make(setting.value, hit, false);
      part.source = Part::Source::reference;
      return part;
    }
    case Kind::mixed: {
      std::string value;
      // "Bearer ${X}": the variable is the place; an address with a variable in it stays where it
      // stands.
      if ((key || header) && kind.references.size() == 1)
        if (auto part = followed(kind.references.front(), hit, key)) return part;
      if (!key && environment_.expand(setting, value)) return make(value, hit, false);
      Part part = make(setting.value, hit, false);
      part.source = Part::Source::reference;
      return part;
    }
  }
  return std::nullopt;
}

std::vector<Hit> Resolver::look(const Context& at, const Selectors& selectors) const {
  std::vector<Hit> hits;
  for (const config::Selector& selector : selectors) {
    if (selector.is_key()) continue;
    for (const Root& root : at.roots) {
      const auto found = config::select(root.slot, selector);
      for (const Setting* setting : found)
        if (hits.size() < 4 * kMostKeys) hits.push_back({setting, root.unit});
      // A joined table speaks only where the slot itself is silent.
      if (std::any_of(found.begin(), found.end(),
                      [](const Setting* setting) { return !setting->value.empty(); }))
        break;
    }
  }
  return hits;
}

std::optional<Hit> Resolver::first(const Context& at, const Selectors& selectors) const {
  for (const Hit& hit : look(at, selectors))
    if (!hit.setting->value.empty()) return hit;
  return std::nullopt;
}

std::string Resolver::text(const Context& at, const Selectors& selectors) const {
  for (const config::Selector& selector : selectors)
    if (selector.is_key()) return at.key;
  const auto hit = first(at, selectors);
  return hit ? hit->setting->value : std::string();
}

void Resolver::join(Context& at, const Join& wanted) {
  std::string entry;
  if (wanted.by == "@key") {
    entry = at.key;
  } else if (wanted.by == "@name") {
    entry = at.name;
  } else if (wanted.by == "@provider") {
    entry = at.provider;
  } else if (!wanted.by.empty()) {
    if (auto selector = config::Selector::compile(wanted.by)) entry = text(at, {*selector});
  }
  if (!wanted.by.empty() && entry.empty()) return;
  std::optional<config::Selector> table;
  if (!wanted.table.empty()) {
    auto made = config::Selector::compile(wanted.table);
    if (!made) return;
    table = std::move(*made);
  }
  const auto join_unit = [&](const Unit& unit) {
    joined_ += unit.settings.size();
    if (joined_ > kMostJoined) return;
    Root root;
    root.unit = &unit;
    for (const Setting& setting : unit.settings) {
      std::vector<std::size_t> sizes =
          table ? table->prefixes(setting.path) : std::vector<std::size_t>{0};
      for (std::size_t size : sizes) {
        if (!wanted.by.empty()) {
          if (size >= setting.path.size() || setting.path[size] != entry) continue;
          ++size;
        }
        if (root.slot.settings.empty())
          root.slot.path.assign(setting.path.begin(),
                                setting.path.begin() + static_cast<std::ptrdiff_t>(size));
        else if (root.slot.path.size() != size ||
                 !std::equal(root.slot.path.begin(), root.slot.path.end(), setting.path.begin()))
          continue;
        root.slot.settings.push_back(&setting);
      }
    }
    if (!root.slot.settings.empty()) at.roots.push_back(std::move(root));
  };
  if (wanted.file.empty()) {
    join_unit(*at.unit);
    return;
  }
  // The strongest scope first.
  std::vector<const Unit*> others;
  for (const Unit* unit : units_)
    if (unit->spec->id == wanted.file) others.push_back(unit);
  std::stable_sort(others.begin(), others.end(),
                   [&](const Unit* a, const Unit* b) { return rank(*a) > rank(*b); });
  for (const Unit* unit : others) join_unit(*unit);
}

bool Resolver::holds(const Context& at, const Condition& condition) const {
  for (const Hit& hit : look(at, condition.selector)) {
    const std::string& value = hit.setting->value;
    if (condition.equals.empty() ? !value.empty() && value != "false" && value != "0"
                                 : std::find(condition.equals.begin(), condition.equals.end(), value) !=
                                       condition.equals.end())
      return true;
  }
  return false;
}

bool Resolver::is_active(const Context& at) const {
  if (at.spec->active && !holds(at, *at.spec->active)) return false;
  if (!at.spec->active_root) return true;
  Context root;
  root.unit = at.unit;
  root.spec = at.spec;
  if (at.spec->active_file.empty()) {
    Root whole;
    whole.unit = at.unit;
    for (const Setting& setting : at.unit->settings) whole.slot.settings.push_back(&setting);
    root.roots.push_back(std::move(whole));
  } else {
    for (const Unit* unit : units_) {
      if (unit->spec->id != at.spec->active_file) continue;
      Root whole;
      whole.unit = unit;
      for (const Setting& setting : unit->settings) whole.slot.settings.push_back(&setting);
      root.roots.push_back(std::move(whole));
    }
  }
  Condition condition = *at.spec->active_root;
  for (std::string& value : condition.equals) {
    if (value == "@key") value = at.key;
    if (value == "@name") value = at.name;
    if (value == "@provider") value = at.provider;
  }
  return holds(root, condition);
}

// An object { source, provider, id } where a key belongs.
std::optional<Part> Resolver::secret_object(const Context& at, const Selectors& selectors) const {
  for (const Root& root : at.roots) {
    for (const Setting* id : root.slot.settings) {
      const std::size_t depth = root.slot.path.size();
      if (id->path.size() < depth + 2 || id->path.back() != "id") continue;
      std::vector<std::string> parent(id->path.begin(), id->path.end() - 1);
      const bool wanted =
          std::any_of(selectors.begin(), selectors.end(),
                      [&](const config::Selector& selector) { return selector.matches(parent, depth); });
      if (!wanted) continue;
      std::string source, provider;
      for (const Setting* other : root.slot.settings) {
        if (other->path.size() != id->path.size() ||
            !std::equal(parent.begin(), parent.end(), other->path.begin()))
          continue;
        if (other->path.back() == "source") source = other->value;
        if (other->path.back() == "provider") provider = other->value;
      }
      const auto reference = config::secret_ref(source, provider, id->value);
      if (!reference) continue;
      if (auto part = followed(*reference, {id, root.unit}, true)) return part;
      Part part = make(id->value, {id, root.unit}, false);
      part.source = Part::Source::reference;
      return part;
    }
  }
  return std::nullopt;
}

void Resolver::read_parts(const Context& at, Connection& connection, std::vector<Part>& more_keys,
                          std::string& region_path) {
  // Keys: what the slot names, then what the provider's row names, then headers.
  std::optional<Part> unresolved;
  std::string key_file;
  const auto take_key = [&](std::optional<Part> part) {
    if (!part) return;
    if (part->secret.empty()) {
      if (!unresolved) unresolved = std::move(part);
      return;
    }
    if (!connection.key) {
      std::vector<std::string> several = keys_in(part->secret.reveal());
      key_file = part->file;
      if (several.size() > 1) {
        for (std::size_t i = 1; i < several.size(); ++i)
          more_keys.push_back(key_part(*part, several[i]));
        connection.key = key_part(*part, several[0]);
      } else {
        connection.key = std::move(part);
      }
      return;
    }
    // Another file is another place to look, which the tool does only where the first is silent.
    const bool known = part->secret == connection.key->secret || part->file != key_file;
    if (!known) connection.other_keys.push_back(std::move(*part));
  };
  const auto keys = [&](const Selectors& selectors) {
    for (const Hit& hit : look(at, selectors)) take_key(part_of(hit, true));
    if (!connection.key && !selectors.empty()) take_key(secret_object(at, selectors));
  };
  const std::vector<Hit> names = look(at, at.spec->key_variable);
  const auto is_name = [&](const Hit& hit) {
    return std::any_of(names.begin(), names.end(), [&](const Hit& name) { return name.setting == hit.setting; });
  };
  // A setting that takes a variable's name, a command or the key itself (pi): what is no key is not taken for one.
  for (const Hit& hit : look(at, at.spec->key)) {
    const std::string& value = hit.setting->value;
    if (!is_name(hit) || !(value.starts_with('!') || variable_shaped(value) || environment_.find(value) != nullptr)) {
      take_key(part_of(hit, true));
    } else if (environment_.find(value) == nullptr) {
      Part part = make(value, hit, false);
      part.source = Part::Source::reference;
      take_key(std::move(part));
    }
  }
  if (!connection.key && !at.spec->key.empty()) take_key(secret_object(at, at.spec->key));
  for (const Hit& hit : names) take_key(variable({hit.setting->value}, true));
  if (at.row != nullptr) keys(at.row->key);
  const auto headers = [&](const Selectors& selectors) {
    for (const Hit& hit : look(at, selectors))
      if (!hit.setting->path.empty() && is_credential_header(hit.setting->path.back(), *options_.names))
        take_key(part_of(hit, true, true));
  };
  headers(at.spec->headers);
  if (at.row != nullptr) headers(at.row->headers);
  if (!connection.key && !unresolved && at.spec->also && holds(at, *at.spec->also)) keys(at.spec->also_key);
  if (!connection.key && unresolved) connection.key = std::move(unresolved);

  const auto address = [&](const Selectors& selectors) {
    if (connection.base_url) return;
    for (const Hit& hit : look(at, selectors)) {
      auto part = part_of(hit, false);
      if (!part) continue;
      // A word that stands for an address (new-api's kimi-coding-plan).
      if (at.known != nullptr)
        if (const auto region = at.known->regions.find(part->value); region != at.known->regions.end())
          part->value = region->second;
      connection.base_url = std::move(part);
      return;
    }
  };
  address(at.spec->base_url);
  if (at.row != nullptr) {
    address(at.row->base_url_at);
    if (!connection.base_url) {
      if (const auto hit = first(at, at.row->region)) {
        const auto region = at.row->regions.find(hit->setting->value);
        if (region != at.row->regions.end()) {
          connection.base_url = make(region->second, *hit, false);
          region_path = connection.base_url->key_path;
          RegionSetting made{hit->unit->path, region_path, hit->setting->value, {}};
          for (const auto& [value, url] : at.row->regions) made.value_of_url.emplace(url, value);
          result_.regions.push_back(std::move(made));
        }
      }
    }
  }
}

std::optional<Part> Resolver::provider_setting(const Context& at, const config::Slot& found) const {
  if (const auto hit = first(at, at.spec->provider)) {
    Part part = make(hit->setting->value, *hit, false);
    // "provider/model" names both; another provider has other models.
    return part.value == at.provider ? std::optional<Part>(std::move(part)) : std::nullopt;
  }
  const bool named = std::any_of(at.spec->provider.begin(), at.spec->provider.end(), [](const auto& selector) { return selector.is_key(); });
  if (!named || found.path.empty() || at.provider != found.key) return std::nullopt;
  Setting entry;
  entry.path = found.path;
  Part part;
  part.source = Part::Source::config;
  part.key_path = entry.key_path();
  part.file = at.unit->path;
  part.value = at.provider;
  return part;
}

// Where an address belongs while none is written: beside a key of the environment its variable, else the slot's own
// setting, else the provider's.
std::optional<Part> Resolver::address_setting(const Context& at, const Connection& connection) {
  Part part;
  if (connection.key && connection.key->source == Part::Source::environment) {
    std::vector<std::string> names;
    for (const OverrideSpec& rule : profile_.overrides)
      if (rule.providers.empty() || std::find(rule.providers.begin(), rule.providers.end(), at.provider) != rule.providers.end())
        names.insert(names.end(), rule.base_url.begin(), rule.base_url.end());
    names.insert(names.end(), at.spec->url_variables.begin(), at.spec->url_variables.end());
    if (at.known != nullptr) names.insert(names.end(), at.known->url_variables.begin(), at.known->url_variables.end());
    if (!names.empty()) {
      part.source = Part::Source::environment;
      part.key_path = names.front();
      part.file = connection.key->file;
      return part;
    }
  }
  const auto plain = [](const Selectors& selectors) {
    for (const config::Selector& selector : selectors) {
      const auto spelled = alternatives(selector.text());
      if (!spelled.empty() && spelled.front().find_first_of("*[]@") == std::string::npos && spelled.front() != ".") return spelled.front();
    }
    return std::string();
  };
  const Root* root = nullptr;  // the table that the key stands in, else the slot's own
  for (const Root& one : at.roots) {
    if (one.unit->spec->role != Role::config) continue;
    if (root == nullptr) root = &one;
    const auto holds_key = [&](const Setting* setting) {
      return connection.key && connection.key->file == one.unit->path && setting->key_path() == connection.key->key_path;
    };
    if (std::any_of(one.slot.settings.begin(), one.slot.settings.end(), holds_key)) {
      root = &one;
      break;
    }
  }
  if (root == nullptr) return std::nullopt;
  std::string name = plain(at.spec->base_url);
  if (name.empty() && at.row != nullptr) {
    root = &at.roots.front();
    if (root->unit->spec->role != Role::config) return std::nullopt;
    name = plain(at.row->base_url_at);
    if (const std::string region = plain(at.row->region); !region.empty()) name = region;
  }
  if (name.empty()) return std::nullopt;
  Setting table;
  table.path = root->slot.path;
  part.source = Part::Source::config;
  part.key_path = table.path.empty() ? name : table.key_path() + "." + name;
  part.file = root->unit->path;
  if (at.row != nullptr && name == plain(at.row->region)) {
    RegionSetting made{part.file, part.key_path, "", {}};
    for (const auto& [value, url] : at.row->regions) made.value_of_url.emplace(url, value);
    result_.regions.push_back(std::move(made));
  }
  return part;
}

void Resolver::inherit(const Context& at, Connection& connection) {
  if (!at.spec->inherits || (connection.key && connection.base_url && connection.model)) return;
  std::vector<const Unit*> weaker;
  for (const Unit* unit : units_)
    if (unit != at.unit && (rank(*unit) < rank(*at.unit))) weaker.push_back(unit);
  std::stable_sort(weaker.begin(), weaker.end(),
                   [](const Unit* a, const Unit* b) { return rank(*a) > rank(*b); });
  for (const Unit* unit : weaker) {
    for (const SlotSpec& spec : unit->spec->slots) {
      if (spec.id != at.spec->id || !spec.each) continue;
      for (const config::Slot& slot : config::slots(unit->settings, *spec.each)) {
        if (slot.key != at.key && !slot.path.empty()) continue;
        Context other = at;
        other.unit = unit;
        other.spec = &spec;
        other.roots = {Root{unit, slot}};
        for (const Join& one : spec.joins) join(other, one);
        Connection found;
        std::vector<Part> more;
        std::string region;
        read_parts(other, found, more, region);
        // An address is taken over together with a key, or where the key is written here.
        if (!connection.base_url && found.base_url) connection.base_url = found.base_url;
        if (!connection.key && found.key) connection.key = found.key;
        if (!connection.model)
          if (const auto hit = first(other, spec.model)) connection.model = part_of(*hit, false);
      }
    }
  }
}

void Resolver::emit(const Context& at, Connection connection, bool as_written) {
  // The scope of a connection is that of the setting which says where it goes.
  connection.scope = at.unit->spec->scope;
  if (connection.base_url && connection.base_url->source != Part::Source::tool_default) {
    for (const Unit* unit : units_)
      if (unit->path == connection.base_url->file) connection.scope = unit->spec->scope;
    if (connection.base_url->source == Part::Source::environment && connection.base_url->file.empty())
      connection.scope = "environment";
  }
  Made made;
  made.profile = &profile_;
  made.unit = at.unit;
  made.app = at.spec->app;
  made.slot_id = at.spec->id;
  if (!at.roots.empty()) made.slot_path = at.roots.front().slot.path;
  made.provider_at = at.provider_at;
  made.as_written = as_written;
  if (as_written || at.unit->spec->role == Role::backup) connection.active = false;
  made.connection = std::move(connection);
  result_.made.push_back(std::move(made));
}

void Resolver::slot(const Unit& unit, const SlotSpec& spec, const config::Slot& found) {
  Context at;
  at.unit = &unit;
  at.spec = &spec;
  at.key = found.key;
  at.roots.push_back({&unit, found});
  if (spec.when && !holds(at, *spec.when)) return;
  if (!spec.without.empty() && std::any_of(units_.begin(), units_.end(), [&](const Unit* other) {
        return other->spec->id == spec.without && other->project == unit.project;
      }))
    return;

  at.name = text(at, spec.name);
  if (at.name.empty()) at.name = found.key;
  const auto fixed = [&](const char* what) -> std::string {
    const auto entry = spec.fixed.find(what);
    return entry == spec.fixed.end() ? std::string() : entry->second;
  };

  Connection connection;
  connection.tool = profile_.id;
  connection.title = profile_.title;
  at.provider = text(at, spec.provider);
  std::optional<Part> model;
  if (const auto hit = first(at, spec.model)) model = part_of(*hit, false);
  if (model && !spec.model_separator.empty()) {
    const std::size_t cut = model->value.find(spec.model_separator);
    if (cut != std::string::npos) {
      if (at.provider.empty()) at.provider = std::string(trimmed(model->value.substr(0, cut)));
      model->before = model->value.substr(0, cut) + spec.model_separator;
      model->value =
          std::string(trimmed(std::string_view(model->value).substr(cut + spec.model_separator.size())));
    }
  }
  if (at.provider.empty()) at.provider = fixed("provider");
  for (const Join& one : spec.joins) join(at, one);
  if (at.provider.empty()) at.provider = text(at, spec.provider);
  if (!at.provider.empty()) at.provider_at = provider_setting(at, found);
  std::string protocol = text(at, spec.protocol);
  at.known = profile_.provider(at.provider);
  if (at.known == nullptr && !protocol.empty()) at.known = profile_.provider(protocol);
  if (!model)
    if (const auto hit = first(at, spec.model)) model = part_of(*hit, false);
  if (at.known != nullptr && at.known->stands_in(*unit.spec)) at.row = at.known;
  if (const std::string own = at.row == nullptr ? std::string() : model_setting(*at.row, spec); !own.empty()) {
    // What the slot's other setting holds may be left from another provider.
    model.reset();
    if (const auto selector = config::Selector::compile(own))
      if (const auto hit = first(at, {*selector})) model = part_of(*hit, false);
  }
  if (!model && at.row != nullptr)
    if (const auto hit = first(at, at.row->model)) model = part_of(*hit, false);
  connection.model = std::move(model);

  connection.provider = at.provider;
  connection.slot = fixed("title").empty() ? at.name : fixed("title");
  if (!fixed("title").empty() && !at.name.empty() && at.name != at.key) connection.slot += " " + at.name;
  if (connection.slot.empty() || connection.slot == at.key) {
    if (!at.provider.empty()) connection.slot = at.provider;
  }
  const bool named = kimi::protocol_named(protocol_of(protocol)) != kimi::Protocol::unknown ||
                     protocol_of(protocol) == "anthropic-v1";
  if (!protocol.empty() && named)
    connection.protocol = protocol_of(protocol);
  else if (at.known != nullptr && !at.known->protocol.empty())
    connection.protocol = at.known->protocol;
  else
    connection.protocol = fixed("protocol").empty() ? protocol : fixed("protocol");
  connection.active = is_active(at);

  std::vector<Part> more_keys;
  std::string region;
  if (spec.lists) {
    // Lists that are paired by index.
    const auto urls = look(at, spec.base_url);
    const auto keys = look(at, spec.key);
    for (std::size_t i = 0; i < std::min(std::max(urls.size(), keys.size()), kMostKeys); ++i) {
      Connection one = connection;
      if (i < keys.size()) one.key = part_of(keys[i], true);
      if (i < urls.size()) one.base_url = part_of(urls[i], false);
      if (one.key || one.base_url) emit(at, std::move(one), false);
    }
    return;
  }
  read_parts(at, connection, more_keys, region);
  inherit(at, connection);

  // What the file says, before the environment speaks.
  const Connection written = connection;
  bool replaced = false;
  const auto replace = [&](std::optional<Part>& part, std::optional<Part> stronger, bool beats,
                           bool told = true) {
    if (!stronger) return;
    const bool usable = part && (part->source != Part::Source::reference || !part->secret.empty());
    if (usable && !beats) {
      // The file wins here; what the environment says is kept to be told.
      const bool differs =
          part->secret.empty() ? part->value != stronger->value : part->secret != stronger->secret;
      if (told && differs && part->source == Part::Source::config)
        connection.overridden.push_back(*stronger);
      return;
    }
    if (usable) {
      const bool same =
          part->secret.empty() ? part->value == stronger->value : part->secret == stronger->secret;
      if (!same) {
        connection.overridden.push_back(*part);
        replaced = true;
      }
    }
    part = std::move(stronger);
  };
  // Of variables that are headers of their own, what the slot writes under one name replaces that one alone; what the
  // environment has under another goes out beside it.
  const auto go_out_too = [&](const std::vector<std::string>& names) {
    const std::vector<Hit> hits = look(at, spec.key);
    for (const std::string& name : names) {
      auto part = variable({name}, true);
      if (!part || part->secret.empty()) continue;
      const auto here = std::find_if(hits.begin(), hits.end(), [&](const Hit& hit) { return hit.setting->path.back() == name; });
      if (here != hits.end() && here->setting->value.empty()) continue;  // switched off here
      if (here != hits.end() || !connection.key || connection.key->secret.empty()) {
        replace(connection.key, std::move(part), false);
      } else if (connection.key->secret != part->secret && connection.key->source != Part::Source::reference) {
        connection.other_keys.push_back(std::move(*part));
      }
    }
  };
  for (const OverrideSpec& rule : profile_.overrides) {
    if (!rule.providers.empty() &&
        std::find(rule.providers.begin(), rule.providers.end(), at.provider) == rule.providers.end())
      continue;
    const bool fits = std::all_of(rule.when.begin(), rule.when.end(), [&](const auto& when) {
      return text(at, {when.first}) == when.second;
    });
    if (!fits) continue;
    if (rule.separate)
      go_out_too(rule.key);
    else
      replace(connection.key, variable(rule.key, true), rule.beats);
    replace(connection.base_url, variable(rule.base_url, false), rule.beats);
    replace(connection.model, variable(rule.model, false), rule.beats);
  }
  const auto named_after = [&](std::vector<std::string> names) {
    for (std::string& name : names) {
      const std::size_t mark = name.find("@NAME");
      if (mark == std::string::npos) continue;
      std::string capitals;
      for (const char c : at.provider)
        capitals += c >= 'a' && c <= 'z'                               ? static_cast<char>(c - 'a' + 'A')
                    : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c
                                                                       : '_';
      name.replace(mark, 5, capitals);
    }
    return names;
  };
  const auto fill = [&](std::vector<std::string> keys, const std::vector<std::string>& urls,
                        const std::vector<std::string>& models) {
    keys = named_after(std::move(keys));
    replace(connection.key, variable(keys, true), false, false);
    if (!connection.base_url) replace(connection.base_url, variable(urls, false), false);
    if (!connection.model) replace(connection.model, variable(models, false), false);
  };
  fill(spec.key_variables, spec.url_variables, spec.model_variables);
  if (at.known != nullptr)
    fill(at.known->key_variables, at.known->url_variables, at.known->model_variables);

  const auto by_default = [](const std::string& value) {
    Part part;
    part.source = Part::Source::tool_default;
    part.value = value;
    return part;
  };
  // Without key and address a slot still says something where a person chose its provider.
  const bool chosen = fixed("provider").empty() || at.provider != fixed("provider");
  const bool anything = connection.key || connection.base_url ||
                        (at.known != nullptr && chosen && connection.active && connection.model);
  if (!anything) return;
  const auto defaults = [&](Connection& one) {
    if (!one.base_url && at.known != nullptr && one.key)
      for (const auto& [beginning, url] : at.known->base_url_by_key)
        if (one.key->secret.reveal().starts_with(beginning)) one.base_url = by_default(url);
    if (!one.base_url && at.known != nullptr && !at.known->base_url.empty())
      one.base_url = by_default(at.known->base_url);
    if (!one.base_url && !fixed("base_url").empty()) one.base_url = by_default(fixed("base_url"));
    if (!one.model && at.known != nullptr && !at.known->default_model.empty())
      one.model = by_default(at.known->default_model);
    if (!one.model && !fixed("model").empty()) one.model = by_default(fixed("model"));
  };
  defaults(connection);
  const bool apart = connection.base_url && connection.base_url->source == Part::Source::environment && connection.key && connection.key->source == Part::Source::config;
  if (!connection.base_url || connection.base_url->source == Part::Source::tool_default || apart)
    connection.address_setting = address_setting(at, connection);
  // Settings that stand together in a file are judged as written too.
  if (replaced && written.key && written.base_url) {
    Connection alone = written;
    defaults(alone);
    emit(at, std::move(alone), true);
  }
  for (Part& key : more_keys) {
    Connection one = connection;
    one.key = std::move(key);
    one.other_keys.clear();
    one.overridden.clear();
    emit(at, std::move(one), false);
  }
  // Further models of the same connection.
  std::set<std::string> models;
  if (connection.model) models.insert(connection.model->value);
  for (const Hit& hit : look(at, spec.models)) {
    auto part = part_of(hit, false);
    if (!part || models.size() > 64) continue;
    std::string value = part->value;
    if (!spec.model_separator.empty()) {
      const std::size_t cut = value.find(spec.model_separator);
      // A model of another provider is another slot's affair.
      if (cut != std::string::npos) {
        if (trimmed(std::string_view(value).substr(0, cut)) != at.provider) continue;
        part->before = value.substr(0, cut) + spec.model_separator;
        value = std::string(trimmed(std::string_view(value).substr(cut + spec.model_separator.size())));
      }
    }
    if (!models.insert(value).second) continue;
    Connection one = connection;
    part->value = value;
    one.model = std::move(part);
    one.overridden.clear();
    one.other_keys.clear();
    emit(at, std::move(one), false);
  }
  emit(at, std::move(connection), false);
}

ToolConnections Resolver::run() {
  for (const Unit* unit : units_) {
    if (unit->project != of_project_) continue;
    for (const SlotSpec& spec : unit->spec->slots) {
      if (!spec.each) continue;
      std::size_t count = 0;
      for (const config::Slot& found : config::slots(unit->settings, *spec.each)) {
        if (++count > kMostSlots) break;
        slot(*unit, spec, found);
      }
    }
  }
  return std::move(result_);
}

}  // namespace

Environment tool_environment(const std::vector<const Unit*>& units, const Environment& process) {
  Environment weaker;
  Environment stronger;
  std::vector<const Unit*> ordered = units;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Unit* a, const Unit* b) { return rank(*a) < rank(*b); });
  for (const Unit* unit : ordered) {
    if (unit->spec->provides != "environment") continue;
    (unit->spec->provides_over ? stronger : weaker).take(*unit);
  }
  Environment all = std::move(weaker);
  all.take(process);
  all.take(stronger);
  return all;
}

ToolConnections connections_of(const Profile& profile, const std::vector<const Unit*>& units,
                               const std::string& of_project, const Environment& environment,
                               const ResolveOptions& options) {
  return Resolver(profile, units, of_project, environment, options).run();
}

}  // namespace kimiguard::agents

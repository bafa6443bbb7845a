#include "scanner/agents/knobs.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "scanner/agents/audit.h"
#include "scanner/agents/glob.h"
#include "scanner/config/reference.h"
#include "scanner/config/selector.h"
#include "scanner/kimi/base_url.h"
#include "scanner/kimi/finding_at.h"
#include "scanner/kimi/model_choice.h"

namespace kimiguard::agents {
namespace {

using Family = kimi::KeyKind::Family;

constexpr std::size_t kShownValue = 80;

std::string shortened(std::string_view text) {
  if (text.size() <= kShownValue) return std::string(text);
  std::size_t end = kShownValue;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "\xE2\x80\xA6";
}

// A finding at one setting of a tool that is no connection.
Finding setting_finding(const Rulebook& book, std::string_view rule, const Profile& profile,
                        const std::string& slot, Part part, Confidence confidence) {
  Connection stub;
  stub.tool = profile.id;
  stub.title = profile.title;
  stub.slot = slot;
  stub.model = std::move(part);
  Finding finding = kimi::finding_at(book, rule, stub, *stub.model, confidence);
  finding.arguments.erase("model");
  finding.arguments["tool"] = profile.title;
  finding.places.front().role = "setting";
  return finding;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_bad(const KnobSpec& knob, const std::string& value) {
  if (knob.present) return !value.empty() && value != "false" && value != "[]" && value != "null";
  const auto one_of = [&](const std::vector<std::string>& values) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  if (!knob.equals.empty() && one_of(knob.equals)) return true;
  if (!knob.not_equals.empty() && !one_of(knob.not_equals)) return true;
  const auto amount = number(value);
  if (knob.above && amount && *amount > *knob.above) return true;
  return knob.below && amount && *amount < *knob.below;
}

// Whether a file is one that the tool's user writes settings into.
bool has_settings(const Unit& unit) {
  return unit.spec->role == Role::config || unit.spec->role == Role::state ||
         unit.spec->role == Role::secrets;
}

// How people write what a selector names: the first of its alternatives.
std::string spelled(const config::Selector& selector) {
  const auto all = alternatives(selector.text());
  return all.empty() ? selector.text() : all.front();
}

std::string joined(const std::vector<config::Selector>& selectors) {
  std::string text;
  for (const config::Selector& selector : selectors) text += (text.empty() ? "" : ", ") + spelled(selector);
  return text;
}

// Whether a setting of a tool's environment block is given by a variable: "env.ANTHROPIC_MODEL" by ANTHROPIC_MODEL.
const Variable* variable_of(const config::Selector& selector, const Environment& environment) {
  for (const std::string& one : alternatives(selector.text()))
    if (one.starts_with("env."))
      if (const Variable* found = environment.find(one.substr(4)); found != nullptr && !found->value.empty()) return found;
  return nullptr;
}

// The Kimi product that the tool's connection goes to, of those in `unit` first; "" if there is none.
std::string product_of(const Rulebook& book, const View& view, const Unit* unit) {
  std::string product;
  for (const Made* made : view.made) {
    if (!made->connection.active || !made->connection.base_url) continue;
    const auto url = kimi::parse_base_url(made->connection.base_url->value);
    const Realm* realm = url ? kimi::owner_of(book, *url).realm : nullptr;
    if (realm == nullptr) continue;
    if (made->unit == unit) return realm->product;
    if (product.empty()) product = realm->product;
  }
  return product;
}

// A model that the tool's Kimi connection has, in the tool's own notation; "" if there is none.
std::string model_of(const Rulebook& book, const View& view) {
  for (const Made* made : view.made) {
    const Connection& connection = made->connection;
    if (!connection.active || !connection.base_url) continue;
    const auto url = kimi::parse_base_url(connection.base_url->value);
    const Realm* realm = url ? kimi::owner_of(book, *url).realm : nullptr;
    if (realm == nullptr) continue;
    const std::string asked = connection.model ? connection.model->value : realm->default_model;
    std::string before = connection.model ? connection.model->before : std::string();
    if (before.empty() && !connection.provider.empty()) before = connection.provider + "/";
    return before + kimi::model_to_write(book, asked, realm->product, view.as_of);
  }
  return {};
}

// What a setting of the tool holds, of the strongest scope that has it; "" if none has.
std::string setting_of(const View& view, std::string_view selector) {
  const auto made = config::Selector::compile(selector);
  if (!made) return {};
  if (const Variable* variable = view.environment->find(std::string(selector))) return variable->value;
  std::string value;
  int strongest = -1;
  for (const Unit* unit : view.units)
    for (const Setting* setting : config::select(unit->settings, *made))
      if (!setting->value.empty() && rank(*unit) > strongest) {
        strongest = rank(*unit);
        value = setting->value;
      }
  return value;
}

// The list whose element a setting is, by the selector that names the elements: of "a.b.**" a.b, of "a[*]" a.
std::optional<std::vector<std::string>> list_of(const Setting& setting, const std::vector<config::Selector>& selectors, std::size_t from) {
  for (const config::Selector& selector : selectors) {
    if (!selector.matches(setting.path, from)) continue;
    std::string text = selector.text();
    for (const std::string_view end : {".**", "[*]"})
      if (text.ends_with(end)) text.resize(text.size() - end.size());
    if (text == selector.text()) continue;
    const auto list = config::Selector::compile(text);
    if (!list) continue;
    for (std::size_t size = setting.path.size(); size >= from && size > 0; --size) {
      const std::vector<std::string> path(setting.path.begin(), setting.path.begin() + static_cast<std::ptrdiff_t>(size));
      if (list->matches(path, from)) return path;
    }
  }
  return std::nullopt;
}

// [a, b, c]: the values of a list, without those that `drop` names.
std::string list_text(const config::Slot& slot, const std::vector<std::string>& list, const std::vector<std::string>& drop) {
  std::string text;
  for (const Setting* one : slot.settings) {
    if (one->path.size() <= list.size() || !std::equal(list.begin(), list.end(), one->path.begin()) || one->value.empty()) continue;
    if (std::find(drop.begin(), drop.end(), one->value) != drop.end()) continue;
    text += (text.empty() ? "" : ", ") + one->value;
  }
  return "[" + text + "]";
}

// The bytes that a Buffer in JSON begins with: {"type":"Buffer","data":[118,49,48,…]}.
bool buffer_begins(std::string_view value, std::string_view begins) {
  std::size_t at = value.find("\"data\"");
  if (at == std::string_view::npos) return false;
  at = value.find('[', at);
  if (at == std::string_view::npos) return false;
  ++at;
  for (const char wanted : begins) {
    while (at < value.size() && (value[at] == ' ' || value[at] == ',')) ++at;
    unsigned byte = 0;
    std::size_t digits = 0;
    while (at < value.size() && value[at] >= '0' && value[at] <= '9' && digits < 3) {
      byte = byte * 10 + static_cast<unsigned>(value[at] - '0');
      ++at;
      ++digits;
    }
    if (digits == 0 || byte != static_cast<unsigned char>(wanted)) return false;
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string octal(std::uint32_t mode) {
  std::string text = "0000";
  for (int i = 3; i >= 0; --i, mode >>= 3)
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + (mode & 7));
  return text;
}

}  // namespace

bool concerns_kimi(const Rulebook& book, const kimi::KeyKinds& kinds, const Connection& connection) {
  if (connection.base_url)
    if (const auto url = kimi::parse_base_url(connection.base_url->value);
        url && kimi::owner_of(book, *url).realm != nullptr)
      return true;
  return connection.key && kinds.of(connection.key->secret.reveal()).family == Family::kimi_code;
}

std::vector<Finding> knob_findings(const Rulebook& book, const kimi::KeyKinds& kinds, const View& view) {
  std::vector<Finding> findings;
  const auto wanted_here = [&](const KnobSpec& knob) {
    if (knob.any_provider) return true;
    // A setting that breaks the tool's start does so whichever account is in use.
    const bool in_use_or_not = knob.rule == "kimi-base-url-shape";
    return std::any_of(view.made.begin(), view.made.end(), [&](const Made* made) {
      return (made->connection.active || in_use_or_not) &&
             concerns_kimi(book, kinds, made->connection) &&
             (knob.providers.empty() || std::find(knob.providers.begin(), knob.providers.end(),
                                                  made->connection.provider) != knob.providers.end());
    });
  };
  for (const KnobSpec& knob : view.profile->knobs) {
    if (!wanted_here(knob)) continue;
    // What to write instead; nothing where the setting says that already.
    const auto wanted_for = [&](const std::string& value) -> std::optional<std::string> {
      if (!knob.wanted.starts_with('@')) return knob.wanted;
      std::string found = knob.wanted == "@model" ? model_of(book, view) : setting_of(view, std::string_view(knob.wanted).substr(1));
      if (found.empty() || found == value) return std::nullopt;
      return found;
    };
    const auto add = [&](Part part, const std::string& slot, const std::string& value, bool written, const std::string& wanted) -> Finding& {
      Finding finding = setting_finding(book, knob.rule, *view.profile, slot, part,
                                        written ? knob.confidence : Confidence::low);
      finding.arguments["value"] = shortened(value);
      finding.arguments["wanted"] = knob.words.empty() ? wanted : knob.words.en;
      if (!knob.words.empty()) finding.arguments["wanted@zh"] = knob.words.in("zh");
      finding.arguments["why"] = knob.why.en;
      finding.arguments["why@zh"] = knob.why.in("zh");
      if (!knob.variant.empty())
        finding.arguments["variant"] = knob.variant;
      else if (!written)
        finding.arguments["variant"] = "default";
      else if (wanted.empty() && knob.words.empty())
        finding.arguments["variant"] = "remove";
      if (knob.words.empty() && knob.missing.empty()) kimi::add_change(finding, part, wanted);
      findings.push_back(std::move(finding));
      return findings.back();
    };
    // A model is set and those for other work are not: what the host has for the one is right for the others too.
    const auto add_lacking = [&](Part part, const std::string& slot, const std::string& value, const std::vector<config::Selector>& lacking, bool variables, const std::string& product) {
      const std::string model = product.empty() ? value : kimi::model_to_write(book, value, product, view.as_of);
      std::string names = joined(lacking);
      Finding& finding = add(part, slot, value, true, names);
      finding.arguments["model"] = model;
      for (const config::Selector& selector : lacking) {
        const std::string name = spelled(selector);
        finding.changes.push_back({part.file, variables && name.starts_with("env.") ? name.substr(4) : name, "", model});
      }
      if (!variables) return;
      names.clear();
      for (const Change& change : finding.changes) names += (names.empty() ? "" : ", ") + change.key_path;
      finding.arguments["wanted"] = names;
    };
    const auto is_lacking = [&](const config::Slot& slot, const config::Selector& selector) {
      if (!config::select(slot, selector).empty()) return false;
      if (knob.each) return true;
      // Another scope, or the environment, may say it.
      return variable_of(selector, *view.environment) == nullptr && std::none_of(view.units.begin(), view.units.end(), [&](const Unit* unit) {
        return has_settings(*unit) && !config::select(unit->settings, selector).empty();
      });
    };
    if (!knob.variable.empty() && view.of_project.empty()) {
      const Variable* variable = view.environment->find(knob.variable);
      if (variable != nullptr && is_bad(knob, variable->value)) {
        Part part;
        part.source = Part::Source::environment;
        part.value = variable->value;
        part.key_path = knob.variable;
        part.file = variable->file;
        part.position = variable->position;
        part.end = variable->end;
        part.bytes = variable->bytes;
        if (const auto wanted = wanted_for(variable->value)) add(std::move(part), "", variable->value, true, *wanted);
      }
    }
    if (knob.selector.empty()) continue;
    const Unit* first = nullptr;
    bool anywhere = false;
    for (const Unit* unit : view.units) {
      // A file that the knob names may be an export: where the tool's own store is encrypted, nothing else tells.
      if (knob.file.empty() ? !has_settings(*unit) : unit->spec->id != knob.file) continue;
      const bool own = unit->project == view.of_project;
      if (own && first == nullptr && unit->spec->role != Role::secrets) first = unit;
      std::vector<config::Slot> slots;
      if (knob.each) {
        slots = config::slots(unit->settings, *knob.each);
      } else {
        config::Slot whole;
        for (const Setting& setting : unit->settings) whole.settings.push_back(&setting);
        slots.push_back(std::move(whole));
      }
      for (const config::Slot& slot : slots) {
        std::vector<const Setting*> hits;
        for (const config::Selector& selector : knob.selector)
          for (const Setting* setting : config::select(slot, selector)) hits.push_back(setting);
        anywhere = anywhere || !hits.empty();
        if (!own) continue;
        const bool together = std::all_of(
            knob.with.begin(), knob.with.end(),
            [&](const config::Selector& selector) {
              const auto found = config::select(slot, selector);
              return std::any_of(found.begin(), found.end(), [](const Setting* setting) { return !setting->value.empty(); });
            });
        if (!together) continue;
        // Where the knob is a connection's own, that connection must be Kimi's.
        if (knob.each && !knob.any_provider) {
          bool known = false;
          bool kimi = false;
          for (const Made* made : view.made) {
            if (made->unit != unit || made->slot_path != slot.path) continue;
            known = true;
            kimi = kimi || concerns_kimi(book, kinds, made->connection);
          }
          if (known && !kimi) continue;
        }
        for (const Setting* setting : hits) {
          if (!knob.missing.empty()) {
            std::vector<config::Selector> lacking;
            for (const config::Selector& selector : knob.missing)
              if (is_lacking(slot, selector)) lacking.push_back(selector);
            if (!lacking.empty() && !setting->value.empty())
              add_lacking(part_at(*unit, *setting), slot.key, setting->value, lacking, false, product_of(book, view, unit));
            break;
          }
          if (!is_bad(knob, setting->value)) continue;
          Part part = part_at(*unit, *setting);
          std::string value = setting->value;
          const auto wanted = wanted_for(value);
          if (!wanted) continue;
          std::string instead = *wanted;
          if (instead.starts_with('[')) {
            // A list is one setting, and is written as one.
            const auto list = list_of(*setting, knob.selector, slot.path.size());
            if (list && list->size() < setting->path.size()) {
              Setting whole;
              whole.path = *list;
              part.key_path = whole.key_path();
              value = part.value = list_text(slot, *list, {});
              if (const std::string rest = list_text(slot, *list, knob.equals); !knob.equals.empty() && rest != "[]") instead = rest;
            } else if (instead == "[]") {
              instead.clear();
            }
          }
          add(std::move(part), slot.key, value, true, instead);
          if (knob.present) break;
        }
      }
    }
    if (!knob.missing.empty() && !anywhere && view.of_project.empty()) {
      // The whole connection may stand in the environment.
      const Variable* variable = variable_of(knob.selector.front(), *view.environment);
      config::Slot nothing;
      std::vector<config::Selector> lacking;
      for (const config::Selector& selector : knob.missing)
        if (is_lacking(nothing, selector)) lacking.push_back(selector);
      if (variable != nullptr && !lacking.empty()) {
        Part part;
        part.source = Part::Source::environment;
        part.value = variable->value;
        part.key_path = spelled(knob.selector.front()).substr(4);
        part.file = variable->file;
        part.position = variable->position;
        part.end = variable->end;
        part.bytes = variable->bytes;
        add_lacking(std::move(part), "", variable->value, lacking, true, product_of(book, view, nullptr));
      }
    }
    if (knob.absent_is_bad && !anywhere && first != nullptr) {
      Part part;
      part.source = Part::Source::config;
      part.key_path = knob.key_path;
      part.file = first->path;
      if (const auto wanted = wanted_for("")) add(std::move(part), "", "", false, *wanted);
    }
  }
  return findings;
}

std::vector<Finding> unread_findings(const Rulebook& book, const kimi::KeyKinds& kinds,
                                     const View& view) {
  std::vector<Finding> findings;
  for (const Unit* unit : view.units) {
    if (unit->project != view.of_project) continue;
    for (const UnreadSpec& spec : unit->spec->unread) {
      if (!spec.each) continue;
      for (const config::Slot& slot : config::slots(unit->settings, *spec.each)) {
        for (const config::Selector& selector : spec.selector) {
          for (const Setting* setting : config::select(slot, selector)) {
            if (config::classify(*setting).kind != config::Classified::Kind::literal) continue;
            const Family family = kinds.of(setting->value).family;
            if (family != Family::kimi_code && family != Family::sk48) continue;
            Connection stub;
            stub.tool = view.profile->id;
            stub.title = view.profile->title;
            stub.slot = slot.key;
            Part part = part_at(*unit, *setting);
            part.secret = Secret(setting->value);
            part.value = part.secret.masked();
            stub.key = std::move(part);
            Finding finding =
                kimi::finding_at(book, "kimi-key-unread", stub, *stub.key, Confidence::high);
            std::string belongs = spec.belongs;
            if (const std::size_t at = belongs.find("@key"); at != std::string::npos)
              belongs.replace(at, 4, slot.key);
            finding.arguments["wanted"] = belongs;
            finding.arguments["tool"] = view.profile->title;
            finding.changes.push_back({unit->path, setting->key_path(), stub.key->value, ""});
            finding.changes.push_back({unit->path, belongs, "", stub.key->value});
            findings.push_back(std::move(finding));
          }
        }
      }
    }
  }
  return findings;
}

std::vector<Finding> helper_findings(const Rulebook& book, const View& view) {
  std::vector<Finding> findings;
  for (const Unit* unit : view.units) {
    if (unit->project != view.of_project || unit->project.empty() || unit->spec->scope != "project")
      continue;
    const auto add = [&](const Setting& setting, std::string_view command) {
      Finding finding = setting_finding(book, "kimi-endpoint-untrusted", *view.profile, "",
                                        part_at(*unit, setting), Confidence::high);
      finding.arguments["where"] = unit->path;
      finding.arguments["variant"] = "helper";
      finding.arguments["command"] = shortened(command);
      kimi::add_change(finding, part_at(*unit, setting), "");
      findings.push_back(std::move(finding));
    };
    for (const config::Selector& selector : unit->spec->helpers)
      for (const Setting* setting : config::select(unit->settings, selector))
        if (!setting->value.empty()) add(*setting, setting->value);
    // A key that a command in a project file gives.
    for (const SlotSpec& spec : unit->spec->slots) {
      if (!spec.each) continue;
      for (const config::Slot& slot : config::slots(unit->settings, *spec.each))
        for (const config::Selector& selector : spec.key)
          for (const Setting* setting : config::select(slot, selector))
            for (const config::Reference& reference : config::classify(*setting).references)
              if (reference.source == config::Reference::Source::command) add(*setting, reference.name);
    }
  }
  return findings;
}

std::vector<Finding> weak_store_findings(const Rulebook& book, const View& view, System system,
                                         const Disk* disk) {
  std::vector<Finding> findings;
  for (const Unit* unit : view.units) {
    if (unit->project != view.of_project) continue;
    for (const WeakSpec& weak : unit->spec->weak) {
      if (!weak.systems.empty() &&
          std::find(weak.systems.begin(), weak.systems.end(), name(system)) == weak.systems.end())
        continue;
      if (!weak.beside.empty() &&
          (disk == nullptr || disk->mode(folder_of(unit->path) + "/" + weak.beside) == 0))
        continue;
      Part part;
      part.source = Part::Source::config;
      part.file = unit->path;
      bool found = weak.selector.empty();
      for (const config::Selector& selector : weak.selector) {
        for (const Setting* setting : config::select(unit->settings, selector)) {
          if (found || setting->value.empty()) continue;
          if (!weak.begins.empty() && !setting->value.starts_with(weak.begins) &&
              !buffer_begins(setting->value, weak.begins))
            continue;
          part = part_at(*unit, *setting);
          part.value.clear();
          found = true;
        }
      }
      if (!found) continue;
      Finding finding =
          setting_finding(book, "kimi-weak-store", *view.profile, "", part, Confidence::high);
      finding.arguments["weakness"] = weak.weakness.en;
      finding.arguments["weakness@zh"] = weak.weakness.in("zh");
      if (finding.key_path.empty()) finding.key_path = "store";
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

std::vector<Finding> overruled_findings(const Rulebook& book, const kimi::KeyKinds& kinds,
                                        const std::vector<Made>& made) {
  std::vector<Finding> findings;
  for (const Made& one : made) {
    const Connection& connection = one.connection;
    for (const Part& weaker : connection.overridden) {
      if (weaker.source != Part::Source::environment) continue;
      const std::optional<Part>& stronger = weaker.secret.empty() ? connection.base_url : connection.key;
      if (!stronger || stronger->source != Part::Source::config) continue;
      if (weaker.secret.empty()) {
        const auto mine = kimi::parse_base_url(stronger->value);
        const auto other = kimi::parse_base_url(weaker.value);
        // Models are overridden too; only addresses are told.
        if (!mine || !other || (mine->host == other->host && mine->path == other->path) ||
            weaker.value.find("://") == std::string::npos)
          continue;
        if (!concerns_kimi(book, kinds, connection) && kimi::owner_of(book, *other).realm == nullptr)
          continue;
      } else if (!concerns_kimi(book, kinds, connection) &&
                 kinds.of(weaker.secret.reveal()).family != Family::kimi_code) {
        continue;
      }
      Finding finding =
          kimi::finding_at(book, "kimi-env-override", connection, *stronger, Confidence::high);
      finding.settings.push_back(kimi::place_of(weaker, "overridden"));
      finding.arguments["variable"] = stronger->key_path;
      finding.arguments["key_path"] = weaker.key_path;
      finding.arguments["effective"] = kimi::shown_value(*stronger);
      finding.arguments["configured"] = kimi::shown_value(weaker);
      finding.arguments["place"] = stronger->file + (stronger->position.line > 0 ? ":" + std::to_string(stronger->position.line) : "");
      kimi::add_change(finding, weaker, kimi::shown_value(*stronger));
      kimi::add_other_way(finding, *stronger, kimi::shown_value(weaker));
      findings.push_back(std::move(finding));
    }
  }
  return findings;
}

std::vector<Finding> disagreement_findings(const Rulebook& book, const kimi::KeyKinds& kinds,
                                           const std::vector<Made>& made) {
  std::vector<Finding> findings;
  const auto compare = [&](const Made& live, const Made& source) {
    const Connection& one = live.connection;
    const Connection& two = source.connection;
    if (!concerns_kimi(book, kinds, one) && !concerns_kimi(book, kinds, two)) return;
    if (one.key && two.key && !one.key->secret.empty() && !two.key->secret.empty() &&
        one.key->secret != two.key->secret && one.key->source == Part::Source::config) {
      Finding finding = kimi::finding_at(book, "kimi-auth-conflict", one, *one.key, Confidence::medium);
      finding.arguments["other_key"] = two.key->secret.masked();
      finding.arguments["other_path"] = two.key->file + ": " + two.key->key_path;
      finding.settings.push_back(kimi::place_of(*two.key, "source"));
      kimi::add_change(finding, *one.key, two.key->secret.masked());
      findings.push_back(std::move(finding));
    }
    if (one.base_url && two.base_url && kimi::has_place(*one.base_url) &&
        kimi::has_place(*two.base_url)) {
      const auto here = kimi::parse_base_url(one.base_url->value);
      const auto there = kimi::parse_base_url(two.base_url->value);
      if (here && there && here->host != there->host && !here->loopback && !there->loopback) {
        Finding finding =
            kimi::finding_at(book, "kimi-env-override", one, *one.base_url, Confidence::medium);
        finding.arguments["variant"] = "disagrees";
        finding.arguments["source"] = two.base_url->file;
        finding.arguments["key_path"] = two.base_url->key_path;
        finding.arguments["effective"] = kimi::shown_value(*one.base_url);
        finding.arguments["configured"] = kimi::shown_value(*two.base_url);
        finding.arguments["place"] = one.base_url->file;
        finding.settings.push_back(kimi::place_of(*two.base_url, "source"));
        kimi::add_change(finding, *one.base_url, kimi::shown_value(*two.base_url));
        findings.push_back(std::move(finding));
      }
    }
  };
  const auto is_loopback = [](const Connection& connection) {
    if (!connection.base_url) return false;
    const auto url = kimi::parse_base_url(connection.base_url->value);
    return url && url->loopback;
  };
  for (const Made& live : made) {
    if (live.as_written || live.unit == nullptr || is_loopback(live.connection)) continue;
    for (const Made& source : made) {
      if (&source == &live || source.as_written || source.unit == nullptr ||
          is_loopback(source.connection))
        continue;
      const bool generated = !live.unit->spec->generated_from.empty() &&
                             source.profile == live.profile &&
                             source.unit->spec->id == live.unit->spec->generated_from &&
                             source.unit->spec->role != Role::backup &&
                             source.connection.provider == live.connection.provider;
      const bool switched = !source.app.empty() && source.app == live.profile->id &&
                            source.connection.active && live.connection.active &&
                            live.unit->project.empty() && live.unit->spec->scope == "user" &&
                            live.unit->spec->role == Role::config && source.profile != live.profile;
      if (generated || switched) compare(live, source);
    }
  }
  return findings;
}

std::optional<Finding> tracked_finding(const Rulebook& book, const Profile& profile,
                                       const std::string& path) {
  Part part;
  part.source = Part::Source::config;
  part.file = path;
  Finding finding = setting_finding(book, "kimi-tracked-config", profile, "", part, Confidence::high);
  finding.key_path = "file";
  return finding;
}

std::optional<Finding> file_mode_finding(const Rulebook& book, const std::string& path,
                                         const Secret& key, std::uint32_t mode,
                                         std::uint32_t folder_mode) {
  const bool readable = mode != 0 && (mode & 077) != 0;
  // A sticky folder such as /tmp lets nobody touch what is another's; a group is often only the user.
  const bool open_folder = folder_mode != 0 && (folder_mode & 002) != 0 && (folder_mode & S_ISVTX) == 0;
  if (!readable && !open_folder) return std::nullopt;
  Connection stub;
  Part part;
  part.source = Part::Source::config;
  part.file = path;
  part.secret = key;
  part.value = key.masked();
  stub.key = std::move(part);
  Finding finding = kimi::finding_at(book, "kimi-file-mode", stub, *stub.key, Confidence::high);
  finding.secret = key;
  finding.key_path = "mode";
  finding.places.front().exposure.mode = mode & 07777;
  finding.places.front().exposure.readable_by_others = readable;
  if (readable) {
    finding.arguments["mode"] = octal(mode & 07777);
    finding.changes.push_back({path, "mode", octal(mode & 07777), "0600"});
  } else {
    finding.arguments["variant"] = "folder";
    finding.arguments["folder"] = folder_of(path);
    finding.arguments["mode"] = octal(folder_mode & 07777);
    finding.changes.push_back({folder_of(path), "mode", octal(folder_mode & 07777), "0700"});
  }
  return finding;
}

}  // namespace kimiguard::agents

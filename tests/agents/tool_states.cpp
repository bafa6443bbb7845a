#include "tests/agents/tool_states.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "scanner/agents/glob.h"
#include "scanner/kimi/base_url.h"
#include "tests/support/catch.h"

namespace kimiguard::test {
namespace {

using agents::FileSpec;
using agents::Join;
using agents::Profile;
using agents::ProviderSpec;
using agents::SlotSpec;

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' || c == ':' ? '_' : c;
  return text;
}

std::string fixed(const SlotSpec& slot, const std::string& what) {
  const auto found = slot.fixed.find(what);
  return found == slot.fixed.end() ? std::string() : found->second;
}

bool names_key(const agents::Selectors& selectors) {
  return std::any_of(selectors.begin(), selectors.end(), [](const auto& one) { return one.is_key(); });
}

std::vector<std::string> spellings(const agents::Selectors& selectors) {
  std::vector<std::string> all;
  for (const config::Selector& selector : selectors)
    if (!selector.is_key())
      for (std::string& one : test::spellings(selector.text())) all.push_back(std::move(one));
  return all;
}

// A database's rows with names must be among those that the profile reads.
std::string row_named(const FileSpec& spec, const std::string& pattern) {
  std::string core = pattern;
  core.erase(std::remove(core.begin(), core.end(), '*'), core.end());
  for (const agents::TableSpec& table : spec.tables) {
    if (table.like.empty() || agents::name_matches(table.like, core)) continue;
    std::string name = table.like;
    name.erase(std::remove(name.begin(), name.end(), '*'), name.end());
    if (agents::name_matches(table.like, name + "." + core) && pattern.starts_with('*')) return name + "." + core;
  }
  return core;
}

Steps steps_in(const FileSpec& spec, const std::string& spelling, const std::string& entry) {
  // Only a pattern at the beginning may stand for a row's name.
  if (!spec.tables.empty() && spelling.size() > 1 && spelling[0] == '*' && spelling[1] != '.') {
    const std::size_t dot = spelling.find('.');
    Steps steps = {{row_named(spec, spelling.substr(0, dot)), false}};
    return dot == std::string::npos ? steps : steps + steps_of(spelling.substr(dot + 1), entry);
  }
  return steps_of(spelling, entry);
}

}  // namespace

std::string Way::title() const {
  return profile->id + " " + (file->id.empty() ? file->paths.front() : file->id) + " " +
         (slot->each ? slot->each->text() : "") + " " + provider + " key " + std::to_string(key) + " url " +
         std::to_string(url) + " place " + std::to_string(place);
}

void HomeFiles::put(const std::string& path, const FileSpec& spec, const Steps& steps, const Tree& value) {
  File& file = files_[path];
  if (file.spec == nullptr || !spec.tables.empty()) file.spec = &spec;
  INFO(path << " " << Tree(names_of(steps)).dump());
  REQUIRE_NOTHROW(test::put(file.tree, steps, value));
}

const Tree& HomeFiles::tree(const std::string& path) const {
  static const Tree kNone;
  const auto found = files_.find(path);
  return found == files_.end() ? kNone : found->second.tree;
}

void HomeFiles::write(const std::string& home) const {
  const auto write_text = [](const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), 0600);
  };
  for (const auto& [path, file] : files_) {
    const std::string format = format_of(*file.spec, path);
    if (format == "sqlite")
      write_database(path, file.tree, file.spec->tables);
    else
      write_text(path, written(file.tree, format));
  }
  if (exported_.empty()) return;
  Tree variables = Tree::object();
  for (const auto& [name, value] : exported_) variables[name] = value;
  write_text(home + "/.bashrc", written(variables, "shell"));
}

std::string format_of(const FileSpec& spec, const std::string& path) {
  if (!spec.format.empty()) return spec.format;
  const std::string end = std::filesystem::path(path).extension().string();
  if (end == ".yml" || end == ".yaml") return "yaml";
  if (end == ".toml") return "toml";
  if (end == ".env") return "dotenv";
  if (end == ".xml") return "xml";
  return "json";
}

std::vector<std::string> places_of(const Profile& profile, const FileSpec& spec, const agents::HomeLayout& layout,
                                   const std::string& project) {
  std::vector<std::string> places;
  if (!spec.systems.empty() && std::find(spec.systems.begin(), spec.systems.end(), agents::name(layout.system())) ==
                                   spec.systems.end())
    return places;
  for (const std::string& pattern : spec.paths) {
    const std::vector<std::string> globs = pattern.starts_with("{project}")
                                               ? std::vector<std::string>{project + pattern.substr(9)}
                                               : layout.resolve(profile, pattern);
    for (const std::string& glob : globs) {
      if (!glob.starts_with(layout.home() + "/")) continue;
      for (std::string path : agents::alternatives(glob)) {
        for (std::size_t i = path.find("**"); i != std::string::npos; i = path.find("**")) path.replace(i, 2, "x");
        std::replace(path.begin(), path.end(), '*', 'x');
        if (std::find(places.begin(), places.end(), path) == places.end()) places.push_back(std::move(path));
      }
    }
  }
  return places;
}

std::string StateWriter::owner(const std::string& url) const {
  const auto parsed = kimi::parse_base_url(url);
  const kimi::Owner owner = parsed ? kimi::owner_of(book_, *parsed) : kimi::Owner{};
  return owner.realm == nullptr ? std::string() : owner.realm->product;
}

std::vector<std::string> StateWriter::providers_of(const Profile& profile, const SlotSpec& slot) const {
  const bool chosen = !slot.provider.empty() || !slot.model_separator.empty();
  if (!chosen) return {fixed(slot, "provider")};
  std::vector<std::string> ids;
  for (const ProviderSpec& provider : profile.providers)
    for (const std::string& id : provider.ids) {
      const bool open = id == "openai" || id == "anthropic";
      if (!owner(provider.base_url).empty() ||
          (open && (!slot.base_url.empty() || !provider.base_url_at.empty())))
        ids.push_back(id);
    }
  const bool has_kimi = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
    return !owner(profile.provider(id)->base_url).empty();
  });
  // A variable that is named after the provider is this tool's own.
  const bool own_variable = std::any_of(slot.key_variables.begin(), slot.key_variables.end(), [](const std::string& one) {
    return one.find("@NAME") != std::string::npos;
  });
  if (!has_kimi && (!slot.base_url.empty() || !fixed(slot, "base_url").empty()))
    ids.push_back(own_variable ? "kimi-" + profile.id : "moonshot");
  return ids;
}

std::optional<StateWriter::Place> StateWriter::place_of(const Way& way) const {
  const auto places = places_of(*way.profile, *way.file, layout_, project_);
  if (places.empty()) return std::nullopt;
  Place place;
  place.slot.spec = way.file;
  place.slot.path = places[way.place % places.size()];
  const std::string each = test::spellings(way.slot->each->text()).front();
  const bool by_key = names_key(way.slot->provider) ||
                      std::any_of(way.slot->joins.begin(), way.slot->joins.end(), [](const Join& join) { return join.by == "@key"; });
  place.entry = by_key && !way.provider.empty() ? way.provider : "kimi";
  place.slot.steps = steps_in(*way.file, each, place.entry);
  // A list at the root, where the entries have no names.
  if (each == "*" && !by_key && way.file->tables.empty()) place.slot.steps = {{"0", true}};
  for (const Join& join : way.slot->joins) {
    Root root = place.slot;
    root.steps.clear();
    if (!join.file.empty()) {
      root.spec = way.profile->file_named(join.file);
      const auto others = places_of(*way.profile, *root.spec, layout_, project_);
      if (others.empty()) continue;
      root.path = others.front();
    }
    if (!join.table.empty()) root.steps = steps_of(join.table, place.entry);
    if (!join.by.empty())
      root.steps.push_back({join.by == "@key" ? place.entry : join.by == "@name" ? "kimi" : way.provider, false});
    place.joins.emplace_back(&join, std::move(root));
  }
  return place;
}

std::vector<StateWriter::Carrier> StateWriter::key_carriers(const Way& way, const Place& place) const {
  std::vector<Carrier> carriers;
  const bool backup = way.file->role == agents::Role::backup;
  Root own = place.slot;
  Root of_provider = place.slot;
  for (const auto& [join, root] : place.joins)
    if (join->file.empty()) own = root;
  for (const auto& [join, root] : place.joins)
    if (!join->file.empty() && join->table.empty() && root.spec->role == agents::Role::secrets) of_provider = root;
  // What a file's own tables do not take is the name in a file that they are joined with (opencode's auth.json).
  Root other = own;
  for (const auto& [join, root] : place.joins)
    if (!join->file.empty() && !join->by.empty() && root.spec->role == agents::Role::secrets) other = root;
  const auto elsewhere = [&](const std::string& spelling) {
    for (const agents::UnreadSpec& unread : own.spec->unread)
      for (const std::string& one : spellings(unread.selector))
        if (one == spelling) return true;
    return false;
  };
  const auto add = [&](const Root& root, const agents::Selectors& selectors, Carrier::Kind kind) {
    for (const std::string& spelling : spellings(selectors)) {
      Steps steps = steps_in(*root.spec, spelling, kind == Carrier::Kind::header ? "Authorization" : "kimi");
      if (kind == Carrier::Kind::value && elsewhere(spelling)) {
        // Outside the project a user's own key goes where the user's own files say.
        if (other.path == own.path || way.file->in_project() || backup) continue;
      }
      carriers.push_back({kind, kind == Carrier::Kind::value && elsewhere(spelling) ? other : root, std::move(steps), ""});
    }
  };
  add(own, way.slot->key, Carrier::Kind::value);
  // A key in a live store goes where the live settings say, whatever a backup says.
  if (way.row != nullptr && (of_provider.path == place.slot.path || !(way.file->in_project() || backup)))
    add(of_provider, way.row->key, Carrier::Kind::value);
  // "apiKey", the name of a variable or the key itself, is one place.
  for (const std::string& spelling : spellings(way.slot->key_variable))
    carriers.push_back({Carrier::Kind::variable, own, steps_of(spelling, "kimi"), "KG_" + upper(way.profile->id) + "_KEY"});
  add(own, way.slot->headers, Carrier::Kind::header);
  if (way.row != nullptr) add(place.slot, way.row->headers, Carrier::Kind::header);
  for (const std::string& variable : way.slot->key_variables)
    if (const std::size_t mark = variable.find("@NAME"); mark != std::string::npos)
      carriers.push_back({Carrier::Kind::variable, place.slot, {}, std::string(variable).replace(mark, 5, upper(way.provider))});
  return carriers;
}

std::vector<StateWriter::Carrier> StateWriter::url_carriers(const Way& way, const Place& place) const {
  std::vector<Carrier> carriers;
  Root own = place.slot;
  for (const auto& [join, root] : place.joins)
    if (join->file.empty()) own = root;
  // A store of secrets has no room for an address.
  if (way.file->role == agents::Role::secrets)
    for (const auto& [join, root] : place.joins)
      if (!join->file.empty() && !join->table.empty()) own = root;
  for (const std::string& spelling : spellings(way.slot->base_url))
    carriers.push_back({Carrier::Kind::value, own, steps_in(*own.spec, spelling, "kimi"), ""});
  std::string default_url = fixed(*way.slot, "base_url");
  if (way.known != nullptr) {
    if (way.row != nullptr)
      for (const std::string& spelling : spellings(way.row->base_url_at))
        carriers.push_back({Carrier::Kind::value, place.slot, steps_of(spelling, "kimi"), ""});
    if (!way.known->base_url.empty()) default_url = way.known->base_url;
    // The first is for tools whose keys stand elsewhere, the last for the slot's own.
    if (const auto regions = way.row == nullptr ? std::vector<std::string>() : spellings(way.row->region); !regions.empty())
      carriers.push_back({Carrier::Kind::region, place.slot, steps_of(way.slot->key.empty() ? regions.front() : regions.back(), "kimi"), ""});
  }
  if (!owner(default_url).empty()) carriers.push_back({Carrier::Kind::nothing, {}, {}, ""});
  return carriers;
}

bool StateWriter::url_is_written(const Way& way) const {
  const auto place = place_of(way);
  const auto carriers = url_carriers(way, *place);
  return carriers[way.url].kind == Carrier::Kind::value;
}
bool StateWriter::url_is_default(const Way& way) const {
  const auto place = place_of(way);
  return url_carriers(way, *place)[way.url].kind == Carrier::Kind::nothing;
}

std::vector<Way> StateWriter::ways(const Profile& profile, std::size_t wanted_places) const {
  std::vector<Way> all;
  for (const FileSpec& file : profile.files) {
    if (file.format == "leveldb") continue;  // no library writes it; tests/source/store reads tables made by hand
    const std::size_t places = places_of(profile, file, layout_, project_).size();
    if (places == 0) continue;
    for (const SlotSpec& slot : file.slots) {
      if (!slot.each) continue;
      for (const std::string& provider : providers_of(profile, slot)) {
        Way way;
        way.profile = &profile;
        way.file = &file;
        way.slot = &slot;
        way.provider = provider;
        way.known = profile.provider(provider);
        way.row = way.known != nullptr && way.known->stands_in(file) ? way.known : nullptr;
        way.protocol = way.known != nullptr && !way.known->protocol.empty() ? way.known->protocol : fixed(slot, "protocol");
        if (way.protocol.empty() && !slot.protocol.empty()) way.protocol = "openai";
        if (way.known != nullptr && owner(way.known->base_url) == "kimi-code") way.product = Product::kimi_code;
        const auto place = place_of(way);
        if (!place) continue;
        const auto keys = key_carriers(way, *place);
        const std::size_t urls = url_carriers(way, *place).size();
        if (keys.empty() || urls == 0) continue;
        const std::size_t count = std::max({keys.size(), urls, std::min(places, wanted_places)});
        for (std::size_t i = 0; i < count; ++i) {
          way.key = way.second = i % keys.size();
          way.url = i % urls;
          way.place = i % places;
          for (std::size_t j = 0; j < keys.size(); ++j) {
            const Carrier& other = keys[(way.key + j) % keys.size()];
            const bool variable = other.kind == Carrier::Kind::variable || keys[way.key].kind == Carrier::Kind::variable;
            if (j != 0 && !variable && other.root.path == keys[way.key].root.path && way.second == way.key) way.second = (way.key + j) % keys.size();
          }
          all.push_back(way);
        }
      }
    }
  }
  return all;
}

std::string StateWriter::base(const Way& way, const std::string& region) const {
  const std::string product = way.product == Product::platform ? "platform" : "kimi-code";
  if (way.protocol == "google") return {};
  for (const Realm& realm : book_.realms) {
    if (realm.product != product || realm.region != region) continue;
    if (way.protocol == "anthropic-v1") return product == "platform" ? base_of(realm, kimi::Protocol::anthropic) + "/v1" : realm.openai_base;
    return base_of(realm, kimi::protocol_named(way.protocol));
  }
  return {};
}

std::optional<Planted> StateWriter::plant(HomeFiles& files, const Way& way, const Values& values) const {
  const auto place = place_of(way);
  if (!place) return std::nullopt;
  const auto keys = key_carriers(way, *place);
  const auto urls = url_carriers(way, *place);
  const SlotSpec& slot = *way.slot;
  Planted planted;
  planted.way = way;
  planted.file = place->slot.path;
  planted.slot = place->slot.steps;
  const auto spot = [&](const Root& root, const Steps& steps, const std::string& text) {
    files.put(root.path, *root.spec, root.steps + steps, text);
    return Spot{root.path, text, format_of(*root.spec, root.path) == "sqlite"};
  };
  const auto own = [&](const std::string& spelling, const std::string& text) {
    return spot(place->slot, steps_in(*way.file, spelling, "kimi"), text);
  };

  if (const auto names = spellings(slot.name); !names.empty()) own(names.front(), "kimi");
  if (const auto ids = spellings(slot.provider); !ids.empty()) own(ids.front(), way.provider);
  // The tool's word for the protocol, where it has one for Kimi's own.
  if (const auto protocols = spellings(slot.protocol); !protocols.empty()) {
    Root root = place->slot;
    for (const auto& [join, other] : place->joins)
      if (join->file.empty()) root = other;
    std::string word;
    for (const agents::OverrideSpec& rule : way.profile->overrides)
      for (const auto& [selector, value] : rule.when)
        if (word.empty() && selector.text() == protocols.back()) word = value;
    const bool kimi = !word.empty() && way.known != nullptr && !owner(way.known->base_url).empty();
    if (kimi)
      spot(root, steps_of(protocols.back(), "kimi"), word);
    else if (way.known == nullptr || way.known->protocol.empty())
      spot(root, steps_of(protocols.front(), "kimi"), "openai");
  }

  const auto write_key = [&](const Carrier& carrier, const std::string& key) {
    if (carrier.kind == Carrier::Kind::variable) {
      if (!carrier.steps.empty()) spot(carrier.root, carrier.steps, carrier.variable);
      files.export_variable(carrier.variable, key);
      return Spot{layout_.home() + "/.bashrc", key, false};
    }
    Spot made = spot(carrier.root, carrier.steps, carrier.kind == Carrier::Kind::header ? "Bearer " + key : key);
    made.text = key;
    return made;
  };
  planted.key = write_key(keys[way.key], values.key);
  if (!values.second_key.empty()) {
    if (way.second == way.key) return std::nullopt;
    planted.second_key = write_key(keys[way.second], values.second_key);
  }

  const Carrier& url = urls[way.url];
  const std::string wanted = values.url.value_or(base(way));
  if (url.kind == Carrier::Kind::value) {
    if (wanted.empty()) return std::nullopt;
    planted.url = spot(url.root, url.steps, wanted);
    planted.host_url = wanted;
  } else if (url.kind == Carrier::Kind::region) {
    const std::string region = values.url.value_or("");
    for (const auto& [word, address] : way.known->regions) {
      if (owner(address).empty() || (!region.empty() && address != region)) continue;
      if (planted.url.written()) continue;
      planted.url = spot(url.root, url.steps, word);
      planted.host_url = address;
    }
    if (!planted.url.written()) return std::nullopt;
  } else {
    if (values.url) return std::nullopt;
    planted.host_url = way.known != nullptr && !way.known->base_url.empty() ? way.known->base_url : fixed(slot, "base_url");
  }

  const std::string model = values.model.value_or(way.product == Product::platform ? "kimi-k3" : "k3");
  auto models = spellings(slot.model);
  if (models.empty() && way.row != nullptr) models = spellings(way.row->model);
  if (way.row != nullptr)
    if (const auto of_slot = way.row->model_of.find(slot.id); of_slot != way.row->model_of.end()) models = {of_slot->second};
  if (!models.empty()) {
    // Where the key stands in another way, the model may too: each place has its turn.
    const std::string& spelling = models[way.place % models.size()];
    planted.model = own(slot.model_separator.empty() ? spelling : models.front(),
                        slot.model_separator.empty() ? model : way.provider + slot.model_separator + model);
  } else if (values.model) {
    return std::nullopt;
  }

  if (slot.when) {
    const auto asked = spellings(slot.when->selector);
    const bool there = std::any_of(asked.begin(), asked.end(), [&](const std::string& spelling) {
      return at(files.tree(place->slot.path), place->slot.steps + steps_in(*way.file, spelling, "kimi")) != nullptr;
    });
    if (!slot.when->equals.empty())
      own(asked.front(), slot.when->equals.front());
    else if (!there)
      own(asked.front(), "kimi");
  }
  if (slot.active && slot.active->selector.front().text() != "never")
    own(spellings(slot.active->selector).front(), slot.active->equals.empty() ? "true" : slot.active->equals.front());
  if (slot.active_root && slot.active_root->selector.front().text() != "never") {
    Root root = place->slot;
    root.steps.clear();
    if (!slot.active_file.empty()) {
      root.spec = way.profile->file_named(slot.active_file);
      root.path = places_of(*way.profile, *root.spec, layout_, project_).front();
    }
    std::string word = slot.active_root->equals.front();
    if (word == "@key") word = place->slot.steps.back().name;
    if (word == "@name") word = "kimi";
    if (word == "@provider") word = way.provider;
    spot(root, steps_of(spellings(slot.active_root->selector).front(), "kimi"), word);
  }
  return planted;
}

}  // namespace kimiguard::test

#include "scanner/agents/profile.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "scanner/rulebook/table_reader.h"

namespace kimiguard::agents {
namespace {

using rulebook::Complaints;
using rulebook::Need;
using rulebook::TableReader;

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr std::size_t kMostComplaints = 20;

const std::vector<std::string_view> kRoles = {"config",         "secrets",       "state", "transcript",
                                              "prompt_history", "shell_history", "log",   "backup",
                                              "export",         "checkpoint",    "cache"};
const std::vector<std::string_view> kScopes = {"user", "project", "local", "managed"};
const std::vector<std::string_view> kProtections = {"plain", "keychain", "safe_storage", "static_key",
                                                    "server"};
const std::vector<std::string_view> kSystems = {"linux", "macos", "windows"};

class ProfileReader {
 public:
  explicit ProfileReader(Complaints& complaints) : complaints_(complaints) {}
  void file(const RuleFile& file, std::vector<Profile>& profiles);

 private:
  void one(TableReader& in, std::string_view key, std::optional<config::Selector>& out,
           Need need = Need::optional);
  void several(TableReader& in, std::string_view key, std::vector<config::Selector>& out);
  void systems(TableReader& in, std::vector<std::string>& out);
  std::string word(TableReader& in, std::string_view key, const std::vector<std::string_view>& allowed,
                   std::string_view otherwise);
  void folder(TableReader& in, FolderSpec& out);
  void join(TableReader& in, Join& out);
  void condition(TableReader& in, Condition& out);
  void slot(TableReader& in, FileSpec& file);
  void file_spec(TableReader& in, Profile& profile);
  void provider(TableReader& in, Profile& profile);
  void override_spec(TableReader& in, Profile& profile);
  void knob(TableReader& in, Profile& profile);
  void check(const Profile& profile, TableReader& top);
  template <class T>
  void one_or_many(TableReader& in, std::string_view key, std::string_view what, std::vector<T>& out,
                   void (ProfileReader::*read)(TableReader&, T&));

  Complaints& complaints_;
};

void ProfileReader::one(TableReader& in, std::string_view key, std::optional<config::Selector>& out,
                        Need need) {
  std::string text;
  in.text(key, text, need);
  if (text.empty()) return;
  auto made = config::Selector::compile(text);
  if (made)
    out = std::move(*made);
  else
    in.complain(key, made.error().message + "; see scanner/config/selector.h");
}

void ProfileReader::several(TableReader& in, std::string_view key, std::vector<config::Selector>& out) {
  std::vector<std::string> texts;
  in.values(key, texts);
  for (const std::string& text : texts) {
    auto made = config::Selector::compile(text);
    if (made)
      out.push_back(std::move(*made));
    else
      in.complain(key, made.error().message + "; see scanner/config/selector.h");
  }
}

std::string ProfileReader::word(TableReader& in, std::string_view key,
                                const std::vector<std::string_view>& allowed,
                                std::string_view otherwise) {
  const int index = in.choice(key, allowed);
  return std::string(index < 0 ? otherwise : allowed[static_cast<std::size_t>(index)]);
}

void ProfileReader::systems(TableReader& in, std::vector<std::string>& out) {
  in.values("systems", out);
  for (const std::string& system : out)
    if (std::find(kSystems.begin(), kSystems.end(), system) == kSystems.end())
      in.complain("systems", "'" + system + "' is no system; write linux, macos or windows");
}

template <class T>
void ProfileReader::one_or_many(TableReader& in, std::string_view key, std::string_view what,
                                std::vector<T>& out, void (ProfileReader::*read)(TableReader&, T&)) {
  const auto add = [&](TableReader& inner) {
    T made;
    (this->*read)(inner, made);
    out.push_back(std::move(made));
  };
  if (in.is_array(key))
    in.tables(key, what, add);
  else
    in.table(key, what, add);
}

void ProfileReader::folder(TableReader& in, FolderSpec& out) {
  in.text("name", out.name);
  in.texts("variables", out.variables);
  in.values("all", out.all);
  in.values("linux", out.linux);
  in.values("macos", out.macos);
  in.values("windows", out.windows);
}

void ProfileReader::join(TableReader& in, Join& out) {
  in.text("file", out.file);
  in.text("table", out.table);
  in.text("by", out.by);
}

void ProfileReader::condition(TableReader& in, Condition& out) {
  several(in, "selector", out.selector);
  in.values("equals", out.equals);
}

void ProfileReader::slot(TableReader& in, FileSpec& file) {
  SlotSpec slot;
  one(in, "each", slot.each, Need::required);
  in.text("id", slot.id);
  if (slot.id.empty() && slot.each) slot.id = slot.each->text();
  several(in, "name", slot.name);
  several(in, "provider", slot.provider);
  several(in, "key", slot.key);
  several(in, "key_variable", slot.key_variable);
  several(in, "base_url", slot.base_url);
  several(in, "model", slot.model);
  several(in, "models", slot.models);
  several(in, "protocol", slot.protocol);
  several(in, "headers", slot.headers);
  several(in, "token_file", slot.token_file);
  in.map("fixed", slot.fixed);
  for (const auto& [key, value] : slot.fixed)
    if (key != "provider" && key != "protocol" && key != "base_url" && key != "model" && key != "title")
      in.complain("fixed",
                  "'" + key + "' cannot be fixed; write provider, protocol, base_url, model or title");
  in.text("model_separator", slot.model_separator);
  one_or_many(in, "join", "a join", slot.joins, &ProfileReader::join);
  in.values("key_variables", slot.key_variables);
  in.values("url_variables", slot.url_variables);
  in.values("model_variables", slot.model_variables);
  in.table("active", "an active condition", [&](TableReader& active) {
    Condition made;
    bool root = true;
    condition(active, made);
    active.flag("root", root);
    active.text("file", slot.active_file);
    (root ? slot.active_root : slot.active) = std::move(made);
  });
  in.table("when", "a condition", [&](TableReader& when) {
    Condition made;
    condition(when, made);
    slot.when = std::move(made);
  });
  in.table("also", "a further key", [&](TableReader& also) {
    Condition made;
    several(also, "when", made.selector);
    several(also, "key", slot.also_key);
    slot.also = std::move(made);
  });
  in.text("without", slot.without);
  in.flag("inherits", slot.inherits);
  in.flag("lists", slot.lists);
  in.text("app", slot.app);
  file.slots.push_back(std::move(slot));
}

void ProfileReader::file_spec(TableReader& in, Profile& profile) {
  FileSpec file;
  file.line = in.line();
  in.text("id", file.id);
  in.values("path", file.paths);
  in.text("variable", file.variable);
  if (file.paths.empty() && file.variable.empty()) in.complain("path", "a file needs a field 'path' or 'variable'; add one");
  systems(in, file.systems);
  in.text("format", file.format);
  if (!file.format.empty() && file.format != "sqlite" && file.format != "leveldb" &&
      file.format != "text" && file.format != "binary" && !config::format_named(file.format))
    in.complain("format", "'" + file.format +
                              "' is no format; write one of scanner/config/reader.h, sqlite, leveldb, "
                              "text or binary");
  const int role = in.choice("role", kRoles, Need::required);
  if (role >= 0) file.role = static_cast<Role>(role);
  file.scope = word(in, "scope", kScopes, file.in_project() ? "project" : "user");
  in.text("mode", file.mode);
  file.protection = word(in, "protection", kProtections, "plain");
  in.flag("personal", file.personal);
  in.flag("chats", file.chats);
  in.text("provides", file.provides);
  if (!file.provides.empty() && file.provides != "environment" && file.provides != "secrets")
    in.complain("provides", "a file provides \"environment\" or \"secrets\"");
  one(in, "provides_at", file.provides_at);
  in.flag("provides_over", file.provides_over);
  in.text("generated_from", file.generated_from);
  several(in, "embedded", file.embedded);
  several(in, "helpers", file.helpers);
  several(in, "programs", file.programs);
  in.tables("slot", "a slot", [&](TableReader& slot_in) { slot(slot_in, file); });
  in.tables("unread", "an unread place", [&](TableReader& unread) {
    UnreadSpec made;
    one(unread, "each", made.each, Need::required);
    several(unread, "selector", made.selector);
    unread.text("belongs", made.belongs, Need::required);
    file.unread.push_back(std::move(made));
  });
  in.tables("weak", "a weak store", [&](TableReader& weak) {
    WeakSpec made;
    several(weak, "selector", made.selector);
    weak.text("begins", made.begins);
    weak.text("beside", made.beside);
    systems(weak, made.systems);
    weak.localized("weakness", made.weakness, Need::required);
    file.weak.push_back(std::move(made));
  });
  in.tables("table", "a table", [&](TableReader& table) {
    TableSpec made;
    table.text("name", made.table, Need::required);
    table.text("row", made.row);
    table.text("like", made.like);
    file.tables.push_back(std::move(made));
  });
  std::string same;
  in.text("same_slots_as", same);
  in.localized("note", file.note);
  if (!same.empty()) {
    const FileSpec* other = profile.file_named(same);
    if (other == nullptr)
      in.complain("same_slots_as", "no file above has the id '" + same + "'; give it one");
    else
      file.slots = other->slots;
  }
  profile.files.push_back(std::move(file));
}

void ProfileReader::provider(TableReader& in, Profile& profile) {
  ProviderSpec provider;
  in.values("id", provider.ids);
  if (provider.ids.empty()) in.complain("id", "a provider needs a field 'id'; add it");
  in.text("protocol", provider.protocol);
  in.text("base_url", provider.base_url);
  in.text("default_model", provider.default_model);
  in.table("at", "a table of selectors", [&](TableReader& at) {
    several(at, "key", provider.key);
    several(at, "base_url", provider.base_url_at);
    several(at, "model", provider.model);
    several(at, "headers", provider.headers);
    several(at, "region", provider.region);
    at.map("model_of", provider.model_of);
    for (const auto& [slot, selector] : provider.model_of)
      if (auto made = config::Selector::compile(selector); !made)
        at.complain("model_of", made.error().message + "; see scanner/config/selector.h");
    at.values("files", provider.at_files);
    for (const std::string& id : provider.at_files)
      if (profile.file_named(id) == nullptr)
        at.complain("files", "no file has the id '" + id + "'; give it one");
  });
  in.map("regions", provider.regions);
  in.map("base_url_by_key", provider.base_url_by_key);
  in.values("key_variables", provider.key_variables);
  in.values("url_variables", provider.url_variables);
  in.values("model_variables", provider.model_variables);
  std::string credential;
  in.text("credential", credential);
  profile.providers.push_back(std::move(provider));
}

void ProfileReader::override_spec(TableReader& in, Profile& profile) {
  OverrideSpec made;
  made.scope = word(in, "scope", {"environment"}, "environment");
  in.flag("beats", made.beats);
  in.flag("separate", made.separate);
  std::map<std::string, std::string> when;
  in.map("when", when);
  for (const auto& [selector, value] : when) {
    auto compiled = config::Selector::compile(selector);
    if (compiled)
      made.when.emplace_back(std::move(*compiled), value);
    else
      in.complain("when", compiled.error().message);
  }
  in.values("providers", made.providers);
  in.table("replaces", "a table of variables", [&](TableReader& replaces) {
    replaces.values("key", made.key);
    replaces.values("base_url", made.base_url);
    replaces.values("model", made.model);
  });
  profile.overrides.push_back(std::move(made));
}

std::optional<double> number(const std::vector<std::string>& texts) {
  if (texts.empty()) return std::nullopt;
  double value = 0;
  const char* end = texts[0].data() + texts[0].size();
  const auto [rest, error] = std::from_chars(texts[0].data(), end, value);
  return error == std::errc() && rest == end ? std::optional<double>(value) : std::nullopt;
}

void ProfileReader::knob(TableReader& in, Profile& profile) {
  KnobSpec knob;
  in.text("file", knob.file);
  one(in, "each", knob.each);
  several(in, "selector", knob.selector);
  in.text("key_path", knob.key_path);
  in.table("bad", "a bad condition", [&](TableReader& bad) {
    bad.values("equals", knob.equals);
    bad.values("not_equals", knob.not_equals);
    std::vector<std::string> above, below;
    bad.values("above", above);
    bad.values("below", below);
    knob.above = number(above);
    knob.below = number(below);
    bad.flag("present", knob.present);
    several(bad, "missing", knob.missing);
    several(bad, "with", knob.with);
    bad.flag("absent", knob.absent_is_bad);
  });
  static const std::vector<std::string_view> kRules = {"kimi-quota-burn", "kimi-silent-fallback",
                                                       "kimi-base-url-shape", "kimi-auth-conflict"};
  const int rule = in.choice("rule", kRules, Need::required);
  if (rule >= 0) knob.rule = kRules[static_cast<std::size_t>(rule)];
  in.text("variant", knob.variant);
  in.text("write", knob.wanted);
  in.localized("words", knob.words);
  if (knob.wanted.empty() == knob.words.empty()) in.complain("write", "a knob needs either 'write' or 'words'; add one");
  if (knob.wanted.size() > 1 && knob.wanted[0] == '@' && knob.wanted != "@model")
    if (auto made = config::Selector::compile(std::string_view(knob.wanted).substr(1)); !made)
      in.complain("write", made.error().message + "; see scanner/config/selector.h");
  in.text("variable", knob.variable);
  in.values("providers", knob.providers);
  in.flag("any_provider", knob.any_provider);
  const int confidence = in.choice("confidence", {"low", "medium", "high"});
  if (confidence >= 0) knob.confidence = static_cast<Confidence>(confidence);
  in.localized("why", knob.why, Need::required);
  if (knob.selector.empty() && knob.variable.empty())
    in.complain("selector", "a knob needs a 'selector' or a 'variable'; add one");
  if (knob.key_path.empty())
    knob.key_path = knob.selector.empty() ? knob.variable : knob.selector.front().text();
  profile.knobs.push_back(std::move(knob));
}

void ProfileReader::check(const Profile& profile, TableReader& top) {
  std::set<std::string> ids;
  for (const FileSpec& file : profile.files)
    if (!file.id.empty() && !ids.insert(file.id).second && file.slots.empty())
      top.complain("file", "two files have the id '" + file.id + "'; give one another");
  const auto known = [&](const std::string& id, std::string_view field) {
    if (!id.empty() && ids.count(id) == 0)
      top.complain("file", std::string("'").append(field).append("' names the file '").append(id).append(
                               "', which no [[file]] has as its id; correct it"));
  };
  for (const FileSpec& file : profile.files) {
    known(file.generated_from, "generated_from");
    for (const SlotSpec& slot : file.slots) {
      known(slot.active_file, "active.file");
      known(slot.without, "without");
      for (const Join& join : slot.joins) known(join.file, "join.file");
    }
  }
  for (const KnobSpec& knob : profile.knobs) known(knob.file, "knob.file");
}

void ProfileReader::file(const RuleFile& file, std::vector<Profile>& profiles) {
  if (file.text.size() > kLargestFile) {
    complaints_.push_back(file.name + ":1:1: the file has more than 1 MiB; split it");
    return;
  }
  const toml::parse_result parsed =
      toml::parse(std::string_view(file.text), std::string_view(file.name));
  if (!parsed) {
    complaints_.push_back(rulebook::place_of(file.name, parsed.error().source()) + ": " +
                          std::string(parsed.error().description()) + "; mend the TOML here");
    return;
  }
  Profile profile;
  profile.file = file.name;
  TableReader top(parsed.table(), file.name, "a profile", complaints_);
  top.text("id", profile.id, Need::required);
  top.text("title", profile.title, Need::required);
  top.text("vendor", profile.vendor);
  top.date("as_of", profile.as_of);
  top.texts("sources", profile.sources, Need::required);
  top.flag("generic", profile.generic);
  top.localized("note", profile.note);
  top.table("home", "a folder", [&](TableReader& in) {
    FolderSpec made;
    folder(in, made);
    made.name = "home";
    profile.folders.push_back(std::move(made));
  });
  top.tables("folder", "a folder", [&](TableReader& in) {
    FolderSpec made;
    folder(in, made);
    if (made.name.empty()) in.complain("name", "a folder needs a name; add it");
    profile.folders.push_back(std::move(made));
  });
  top.tables("file", "a file", [&](TableReader& in) { file_spec(in, profile); });
  top.tables("provider", "a provider", [&](TableReader& in) { provider(in, profile); });
  top.tables("override", "an override", [&](TableReader& in) { override_spec(in, profile); });
  top.tables("proxy", "a proxy", [&](TableReader& in) {
    ProxySpec made;
    std::vector<std::string> ports;
    in.values("ports", ports);
    for (const std::string& port : ports)
      if (const auto value = number({port})) made.ports.push_back(static_cast<std::int64_t>(*value));
    several(in, "port", made.port);
    in.text("file", made.file);
    profile.proxies.push_back(std::move(made));
  });
  top.tables("reference", "a reference", [&](TableReader& in) {
    ReferenceSpec made;
    in.text("syntax", made.syntax, Need::required);
    in.flag("follow", made.follow);
    in.text("note", made.note);
    profile.references.push_back(std::move(made));
  });
  top.tables("knob", "a knob", [&](TableReader& in) { knob(in, profile); });
  top.tables("stop", "a way to stop", [&](TableReader& in) {
    StopSpec made;
    in.values("process", made.process);
    in.values("service", made.service);
    in.text("command", made.command);
    in.localized("how", made.how);
    profile.stops.push_back(std::move(made));
  });
  top.tables("usage", "a usage table", [&](TableReader& in) {
    UsageSpec made;
    in.text("file", made.file, Need::required);
    in.text("format", made.format);
    in.map("fields", made.fields);
    profile.usages.push_back(std::move(made));
  });
  top.tables("family", "a family of variables", [&](TableReader& in) {
    FamilySpec made;
    in.text("id", made.id, Need::required);
    in.text("protocol", made.protocol);
    in.text("base_url", made.base_url);
    in.values("key", made.key);
    in.values("url", made.url);
    in.values("model", made.model);
    in.values("calls", made.calls);
    profile.families.push_back(std::move(made));
  });
  check(profile, top);
  top.finish();
  const auto same = std::find_if(profiles.begin(), profiles.end(),
                                 [&](const Profile& other) { return other.id == profile.id; });
  if (same != profiles.end())
    *same = std::move(profile);
  else
    profiles.push_back(std::move(profile));
}

}  // namespace

std::string_view name(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

PlaceKind place_of(Role role, bool generic) {
  switch (role) {
    case Role::config:
    case Role::secrets:
    case Role::state:
      return generic ? PlaceKind::ordinary : PlaceKind::tool_store;
    case Role::transcript:
      return PlaceKind::transcript;
    case Role::prompt_history:
      return PlaceKind::prompt_history;
    case Role::shell_history:
      return PlaceKind::shell_history;
    case Role::log:
      return PlaceKind::log;
    case Role::backup:
      return PlaceKind::backup;
    case Role::export_:
      return PlaceKind::export_;
    case Role::checkpoint:
      return PlaceKind::checkpoint;
    case Role::cache:
      return PlaceKind::cache;
  }
  return PlaceKind::ordinary;
}

bool FileSpec::in_project() const {
  return !paths.empty() && std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path.starts_with("{project}");
  });
}

const ProviderSpec* Profile::provider(std::string_view wanted) const {
  for (const ProviderSpec& spec : providers)
    if (std::find(spec.ids.begin(), spec.ids.end(), wanted) != spec.ids.end()) return &spec;
  return nullptr;
}

bool ProviderSpec::stands_in(const FileSpec& file) const {
  return at_files.empty() || std::find(at_files.begin(), at_files.end(), file.id) != at_files.end();
}

const FileSpec* Profile::file_named(std::string_view wanted) const {
  for (const FileSpec& spec : files)
    if (spec.id == wanted) return &spec;
  return nullptr;
}

const Profile* Profiles::tool(std::string_view id) const {
  for (const Profile& profile : tools)
    if (profile.id == id) return &profile;
  return nullptr;
}

Result<Profiles> read_profiles(const std::vector<RuleFile>& files) {
  Complaints complaints;
  ProfileReader reader(complaints);
  Profiles profiles;
  for (const RuleFile& file : files) reader.file(file, profiles.tools);
  if (!complaints.empty()) {
    std::string message;
    for (std::size_t i = 0; i < complaints.size() && i < kMostComplaints; ++i)
      message += (i == 0 ? "" : "\n") + complaints[i];
    if (complaints.size() > kMostComplaints)
      message += "\n(and " + std::to_string(complaints.size() - kMostComplaints) + " more)";
    return Error{"profile", std::move(message)};
  }
  std::sort(profiles.tools.begin(), profiles.tools.end(),
            [](const Profile& a, const Profile& b) { return a.id < b.id; });
  return profiles;
}

}  // namespace kimiguard::agents

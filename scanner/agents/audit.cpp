#include "scanner/agents/audit.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "scanner/agents/connections.h"
#include "scanner/agents/disk.h"
#include "scanner/agents/environment.h"
#include "scanner/agents/glob.h"
#include "scanner/agents/knobs.h"
#include "scanner/agents/loose_connections.h"
#include "scanner/agents/program_connections.h"
#include "scanner/agents/project_files.h"
#include "scanner/agents/provider_choice.h"
#include "scanner/agents/unit.h"
#include "scanner/config/reference.h"
#include "scanner/kimi/base_url.h"
#include "scanner/kimi/finding_at.h"

namespace kimiguard::agents {
namespace {

using Family = kimi::KeyKind::Family;

constexpr std::size_t kLargestConfig = std::size_t{32} << 20;
constexpr std::size_t kLargestSource = std::size_t{4} << 20;
constexpr std::array<std::string_view, 3> kSigns = {"sk-", "moonshot", "kimi"};
constexpr std::size_t kMostProjectEntries = 2'000'000;
constexpr std::size_t kDeepestProject = 64;

bool is_read(const FileSpec& spec) {
  if (!spec.weak.empty()) return true;
  switch (spec.role) {
    case Role::config:
    case Role::secrets:
      return spec.format != "text" && spec.format != "binary";
    case Role::state:
    case Role::backup:
    case Role::export_:
      return !spec.slots.empty() || !spec.weak.empty() || !spec.unread.empty() || !spec.programs.empty();
    default:
      return false;
  }
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

// A pattern of files at any depth below a folder: "~/a/**", or "~/a/**/*.json", whose files are to be walked, by all
// threads, and not listed. Nothing for any other, and for databases, which are told by their path.
struct TreePattern {
  std::string folder;
  std::string name;  // "" for all
};
std::optional<TreePattern> tree_of(const std::string& pattern, const FileSpec& spec) {
  constexpr std::string_view kDeep = "/**";
  if (pattern.ends_with(kDeep)) return TreePattern{pattern.substr(0, pattern.size() - kDeep.size()), ""};
  const std::size_t slash = pattern.rfind('/');
  if (slash == std::string::npos || !std::string_view(pattern).substr(0, slash).ends_with(kDeep)) return std::nullopt;
  if (pattern.find_first_of("{}", slash) != std::string::npos || spec.format == "sqlite" || spec.format == "leveldb") return std::nullopt;
  return TreePattern{pattern.substr(0, slash - kDeep.size()), pattern.substr(slash + 1)};
}

// Puts what the rest of the run knows of a key into the words the judge wants.
class KeyKnowledge {
 public:
  KeyKnowledge(const AuditInput& input, const kimi::KeyKinds& kinds) : input_(input), kinds_(kinds) {}

  // A written or default address of Kimi's that a key goes to speaks for its product; a region only
  // where all of them agree is not proof, so it stays open.
  void learn(const Connection& connection) {
    if (!connection.key || connection.key->secret.empty()) return;
    if (kinds_.of(connection.key->secret.reveal()).family != Family::sk48) return;
    const std::string id = connection.key->secret.id();
    const auto url =
        connection.base_url ? kimi::parse_base_url(connection.base_url->value) : std::nullopt;
    const kimi::Owner owner = url ? kimi::owner_of(*input_.rulebook, *url) : kimi::Owner{};
    if (owner.realm != nullptr && owner.api) {
      products_[id].insert(owner.realm->product);
      return;
    }
    // A Kimi model asked of a vendor's own host with a key of Kimi's shape: the key is Kimi's, the
    // address was forgotten.
    const bool by_default =
        !connection.base_url || connection.base_url->source == Part::Source::tool_default;
    if (by_default && connection.model &&
        input_.rulebook->model(connection.model->value, "platform") != nullptr)
      products_[id].insert("platform");
  }

  kimi::Background of(const Secret& key) const {
    kimi::Background known = input_.background ? input_.background(key) : kimi::Background{};
    known.as_of = input_.as_of;
    if (known.key_realm.empty() && known.key_issuer.empty()) {
      const auto found = products_.find(key.id());
      if (found != products_.end() && found->second.count("platform") != 0) known.key_realm = "platform";
    }
    return known;
  }
  bool is_kimi(const Secret& key) const {
    if (key.empty()) return false;
    const Family family = kinds_.of(key.reveal()).family;
    if (family == Family::kimi_code) return true;
    return family == Family::sk48 && (products_.count(key.id()) != 0 || !of(key).key_realm.empty());
  }

 private:
  const AuditInput& input_;
  const kimi::KeyKinds& kinds_;
  std::map<std::string, std::set<std::string>> products_;
};

// A change of a setting that stands for an address writes the setting's own words.
void speak_of_regions(std::vector<Finding>& findings, const std::vector<RegionSetting>& regions) {
  const auto region_at = [&](const Change& change) {
    return std::find_if(regions.begin(), regions.end(), [&](const RegionSetting& region) { return change.file == region.file && change.key_path == region.key_path; });
  };
  for (Finding& finding : findings) {
    // An address for which the setting has no word cannot be written there.
    std::erase_if(finding.changes, [&](const Change& change) {
      const auto region = region_at(change);
      return region != regions.end() && region->value.empty() && region->value_of_url.count(change.to) == 0;
    });
    for (Change& change : finding.changes) {
      const auto region = region_at(change);
      if (region == regions.end()) continue;
      const auto wanted = region->value_of_url.find(change.to);
      change.from = region->value;
      if (wanted != region->value_of_url.end()) change.to = wanted->second;
    }
  }
}

std::string argument(const Finding& finding, const char* name) {
  const auto found = finding.arguments.find(name);
  return found == finding.arguments.end() ? std::string() : found->second;
}

// A verdict with another provider offered ("-by-default") is the same verdict.
std::string variant(const Finding& finding) {
  static constexpr std::string_view kOffered = "-by-default";
  std::string text = argument(finding, "variant");
  if (std::string_view(text).ends_with(kOffered)) text.resize(text.size() - kOffered.size());
  return text;
}

auto identity(const Finding& finding) {
  const Place& place = finding.places.front();
  return std::tuple(place.path, place.region.begin.line, place.region.begin.column, finding.rule,
                    finding.key_path, variant(finding), argument(finding, "host"),
                    argument(finding, "key_id"), argument(finding, "other_path"));
}

// Where an address is to change and the model with it, what is to be written elsewhere in that file is the new model.
void speak_of_new_models(std::vector<Finding>& findings) {
  std::map<std::pair<std::string, std::string>, std::string> renamed;  // file, model
  for (const Finding& finding : findings) {
    const auto model = finding.arguments.find("model");
    const bool moves = finding.rule == "kimi-host-mismatch" || finding.rule == "kimi-key-sent-elsewhere";
    if (!moves || model == finding.arguments.end()) continue;
    for (const Change& change : finding.changes)
      if (!change.to.empty() && (change.from == model->second || change.from.ends_with("/" + model->second)))
        renamed.emplace(std::pair(change.file, change.from), change.to);
  }
  if (renamed.empty()) return;
  for (Finding& finding : findings) {
    if (finding.rule != "kimi-silent-fallback") continue;
    for (Change& change : finding.changes) {
      const auto found = renamed.find({change.file, change.to});
      if (found == renamed.end()) continue;
      for (const char* name : {"model", "wanted"})
        if (const auto argument = finding.arguments.find(name); argument != finding.arguments.end() && argument->second == change.to) argument->second = found->second;
      change.to = found->second;
    }
  }
}

// One verdict once: of the same, the one that offers the most changes, with what the others change beside.
void settle(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    const auto left = identity(a);
    const auto right = identity(b);
    return left != right ? left < right : a.changes.size() > b.changes.size();
  });
  std::vector<Finding> once;
  for (Finding& finding : findings) {
    if (!once.empty() && identity(once.back()) == identity(finding))
      kimi::merge_into(once.back(), finding);
    else
      once.push_back(std::move(finding));
  }
  findings = std::move(once);
}

// The settings of a start-up file that hold inside a function, an alias or for one command only.
Unit of_commands(const Unit& unit) {
  Unit made;
  made.profile = unit.profile;
  made.spec = unit.spec;
  made.path = unit.path;
  made.format = unit.format;
  for (const Setting& setting : unit.settings)
    if (setting.path.size() > 1 && setting.path.front().starts_with('@')) made.settings.push_back(setting);
  return made;
}

// Files that lie beside each other and are one tool's, in one view.
class Audit {
 public:
  explicit Audit(const AuditInput& input)
      : input_(input),
        system_(input.system ? *input.system : system_of_home(disk_, input.home)),
        layout_(system_, input.home,
                input.present ? input.environment : std::map<std::string, std::string>{}, input.present),
        judge_(*input.rulebook),
        known_(input, judge_.kinds()) {}

  AuditResult run();

 private:
  bool wanted(const Profile& profile) const {
    return input_.only_tools.empty() || std::find(input_.only_tools.begin(), input_.only_tools.end(),
                                                  profile.id) != input_.only_tools.end();
  }
  void find_home_files(const Profile& profile, Glob& bounded, Glob& free);
  void find_project_files();
  void see(const Profile& profile, const FileSpec& spec, const std::string& path,
           const std::string& project, const std::string& root);
  void read_environment();
  void read_variables();
  void connect(const Profile& profile);
  void connect_view(const Profile& profile, const std::string& project, const Environment& process);
  Environment variables_beside(const Unit& unit) const;
  static void follow(std::optional<Part>& part, const Environment& environment, bool key);
  void connect_loose();
  void connect_processes();
  void follow_proxies();
  void judge();
  void judge_files();
  void note_faults(const std::vector<Finding>& findings);
  void settle_verdicts();
  void sort_files();

  const AuditInput& input_;
  PosixDisk disk_;
  System system_;
  HomeLayout layout_;
  kimi::Judge judge_;
  KeyKnowledge known_;
  AuditResult result_;
  std::deque<Unit> units_;                                           // stay where they are
  std::unordered_set<std::string> seen_;                             // path and tool
  std::vector<std::string> nobodys_;                                 // below the PATHs: of no tool, may hold a connection
  Environment login_;
  Environment process_;
  std::deque<Environment> environments_;
  std::vector<Made> made_;
  std::vector<RegionSetting> regions_;
  std::vector<Finding> findings_;
};

void Audit::see(const Profile& profile, const FileSpec& spec, const std::string& path,
                const std::string& project, const std::string& root) {
  std::string name = path + '\0' + profile.id;
  if (!seen_.insert(std::move(name)).second) return;
  SeenFile file;
  file.path = path;
  file.tool = profile.id;
  file.title = profile.title;
  file.role = spec.role;
  // A login's start-up files are where its variables belong: the shell's own store.
  const bool login_file = spec.provides == "environment" && root.empty();
  // So are the files that curl, a service or a program started in the home takes its own from.
  const bool own_store = login_file || (root.empty() && !spec.mode.empty());
  file.place = login_file && profile.generic ? PlaceKind::login_file : place_of(spec.role, profile.generic && !own_store);
  file.scope = spec.scope;
  file.protection = spec.protection;
  file.personal = spec.personal;
  if (spec.chats)
    for (const TableSpec& table : spec.tables) file.store_tables.push_back(table.table);
  file.generic = profile.generic;
  file.project = root;
  const bool environment_file = profile.generic && spec.provides == "environment";
  if (is_read(spec) && (wanted(profile) || environment_file)) {
    file.mode = disk_.mode(path);
    if (spec.format == "sqlite" || spec.format == "leveldb") {
      units_.push_back(read_database_unit(&profile, &spec, path));
      file.database = true;
      ++result_.coverage.databases;
    } else if (auto bytes = disk_.read(path, kLargestConfig)) {
      result_.coverage.files += 1;
      result_.coverage.bytes += bytes->size();
      units_.push_back(read_unit(&profile, &spec, path, *bytes));
      wipe(*bytes);
    } else {
      Gap gap;
      gap.kind = GapKind::unreadable;
      gap.code = bytes.error().code;
      gap.place = path;
      gap.reason = bytes.error().message;
      result_.coverage.gaps.push_back(std::move(gap));
      result_.files.push_back(std::move(file));
      return;
    }
    Unit& unit = units_.back();
    unit.project = project;
    file.parsed = true;
    for (Gap& gap : unit.gaps) result_.coverage.gaps.push_back(std::move(gap));
    unit.gaps.clear();
    const bool locked = spec.protection == "safe_storage" ||
                        (spec.protection == "static_key" && spec.role == Role::secrets);
    if (locked && !unit.settings.empty())
      result_.coverage.gaps.push_back({GapKind::set_aside, "encrypted", path,
                                       "it holds encrypted secrets, which are not decrypted", 1});
  }
  if (wanted(profile))
    result_.files.push_back(std::move(file));
  else
    seen_.erase(path + '\0' + profile.id);
}

void Audit::find_home_files(const Profile& profile, Glob& bounded, Glob& free) {
  const bool environment = profile.generic && std::any_of(profile.files.begin(), profile.files.end(),
                                                          [](const FileSpec& spec) {
                                                            return spec.provides == "environment";
                                                          });
  if (!wanted(profile) && !environment) return;
  for (const FileSpec& spec : profile.files) {
    if (!spec.systems.empty() &&
        std::find(spec.systems.begin(), spec.systems.end(), name(system_)) == spec.systems.end())
      continue;
    for (const std::string& path : spec.paths) {
      for (const std::string& pattern : layout_.resolve(profile, path)) {
        const bool below = pattern.starts_with(layout_.home() + "/");
        if (const auto tree = input_.trees && !is_read(spec) ? tree_of(pattern, spec) : std::nullopt) {
          for (std::string& folder : (below ? bounded : free).folders(tree->folder, result_.coverage))
            result_.trees.push_back({std::move(folder), tree->name, profile.id, spec.role, place_of(spec.role, profile.generic)});
          continue;
        }
        for (const std::string& file : (below ? bounded : free).files(pattern, result_.coverage))
          see(profile, spec, file, "", "");
      }
    }
  }
}

void Audit::find_project_files() {
  if (input_.projects.empty()) return;
  const ProjectFiles names(*input_.profiles);
  std::size_t looked = 0;
  bool full = false;
  for (const std::string& root : input_.projects) {
    std::vector<std::pair<std::string, std::size_t>> folders = {{root, 0}};
    const auto take = [&](const std::string& path) {
      const std::vector<ProjectFile> known = names.of(path);
      for (const ProjectFile& found : known)
        see(*found.profile, *found.spec, path, found.folder.empty() ? root : found.folder, root);
      const bool tools = std::any_of(known.begin(), known.end(), [](const ProjectFile& one) { return !one.profile->generic; });
      if (known.empty() ? is_source(path) || config::format_of(path, {}) : !tools && is_source(path)) nobodys_.push_back(path);
    };
    if (S_ISREG(disk_.mode(root))) {
      take(root);
      continue;
    }
    while (!folders.empty() && !full) {
      const auto [folder, depth] = std::move(folders.back());
      folders.pop_back();
      auto listed = disk_.list(folder);
      if (!listed) continue;  // the walk that looks for leaks says so
      for (const Entry& entry : *listed) {
        if (++looked > kMostProjectEntries) {
          full = true;
          break;
        }
        std::string path = folder + "/" + entry.name;
        if (entry.kind == Entry::Kind::folder && entry.name != ".git" && depth < kDeepestProject)
          folders.emplace_back(std::move(path), depth + 1);
        else if (entry.kind == Entry::Kind::file)
          take(path);
      }
    }
  }
  if (full) {
    Gap gap;
    gap.code = "limit";
    gap.place = input_.projects.front();
    gap.reason = "more files than are looked at for settings";
    result_.coverage.gaps.push_back(std::move(gap));
  }
}

void Audit::read_environment() {
  for (const Unit& unit : units_)
    if (unit.profile->generic && unit.spec->provides == "environment" && unit.project.empty())
      login_.take(unit);
  process_ = login_;
  if (!input_.present) return;
  for (const auto& [name, value] : input_.environment) {
    const Variable* known = process_.find(name);
    // The same value is the file's, which has a place to go to.
    if (known != nullptr && known->value == value) continue;
    Variable variable;
    variable.value = value;
    process_.set(name, std::move(variable));
  }
}

// A variable that holds what a file of the tool would: its settings stand where the variable does.
void Audit::read_variables() {
  for (const Profile& profile : input_.profiles->tools) {
    if (!wanted(profile)) continue;
    for (const FileSpec& spec : profile.files) {
      const Variable* variable = spec.variable.empty() ? nullptr : process_.find(spec.variable);
      if (variable == nullptr || variable->value.empty()) continue;
      Unit unit = read_unit(&profile, &spec, variable->file, variable->value);
      for (Setting& setting : unit.settings) {
        setting.position = variable->position;
        setting.end = variable->end;
        setting.bytes = variable->bytes;
      }
      unit.gaps.clear();  // their lines are those of the value
      units_.push_back(std::move(unit));
    }
  }
}

void Audit::connect_view(const Profile& profile, const std::string& project,
                         const Environment& process) {
  std::vector<const Unit*> units;
  for (const Unit& unit : units_)
    if (unit.profile == &profile && (unit.project.empty() || unit.project == project))
      units.push_back(&unit);
  if (units.empty()) return;
  environments_.push_back(tool_environment(units, process));
  const Environment& environment = environments_.back();
  ResolveOptions options;
  options.names = &input_.rulebook->names;
  options.disk = &disk_;
  options.home = layout_.home();
  ToolConnections found = connections_of(profile, units, project, environment, options);
  View view;
  view.profile = &profile;
  view.units = units;
  view.of_project = project;
  view.environment = &environment;
  view.as_of = input_.as_of;
  for (const Made& made : found.made) view.made.push_back(&made);
  const Rulebook& book = *input_.rulebook;
  const auto take = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings_));
  };
  take(knob_findings(book, judge_.kinds(), view));
  take(unread_findings(book, judge_.kinds(), view));
  take(helper_findings(book, view));
  take(weak_store_findings(book, view, system_, &disk_));
  std::move(found.made.begin(), found.made.end(), std::back_inserter(made_));
  std::move(found.regions.begin(), found.regions.end(), std::back_inserter(regions_));
}

void Audit::connect(const Profile& profile) {
  std::set<std::string> projects;
  for (const Unit& unit : units_)
    if (unit.profile == &profile) projects.insert(unit.project);
  if (projects.empty()) return;
  projects.insert("");
  for (const std::string& project : projects) connect_view(profile, project, process_);
}

// The .env that lies beside a YAML file: compose fills ${X} from it.
Environment Audit::variables_beside(const Unit& unit) const {
  Environment found;
  if (unit.format != config::Format::yaml) return found;
  const std::string wanted = folder_of(unit.path) + "/.env";
  for (const Unit& other : units_)
    if (other.path == wanted && other.profile->generic) found.take(other);
  return found;
}

// Puts what a variable holds in the place of its name.
void Audit::follow(std::optional<Part>& part, const Environment& environment, bool key) {
  if (!part || part->source != Part::Source::reference) return;
  const config::Classified kind = config::classify(part->value);
  if (kind.kind != config::Classified::Kind::reference || kind.references.front().source != config::Reference::Source::environment)
    return;
  const Variable* variable = environment.find(kind.references.front().name);
  if (variable == nullptr || config::classify(variable->value).kind != config::Classified::Kind::literal) return;
  part->key_path = kind.references.front().name;
  part->file = variable->file;
  part->position = variable->position;
  part->end = variable->end;
  part->bytes = variable->bytes;
  part->value = variable->value;
  if (!key) return;
  part->secret = Secret(variable->value);
  part->value = part->secret.masked();
}

void Audit::connect_loose() {
  const SettingNames& names = input_.rulebook->names;
  const std::vector<const FamilySpec*> families = families_of(*input_.profiles);
  const auto take = [&](Connection connection, const Unit* unit) {
    Made made;
    made.unit = unit;
    made.profile = unit == nullptr ? nullptr : unit->profile;
    made.connection = std::move(connection);
    const bool kimi = concerns_kimi(*input_.rulebook, judge_.kinds(), made.connection) ||
                      (made.connection.key &&
                       judge_.kinds().of(made.connection.key->secret.reveal()).family == Family::sk48);
    if (kimi) made_.push_back(std::move(made));
  };
  for (const Unit& unit : units_) {
    if (!wanted(*unit.profile)) continue;
    if (!unit.profile->generic) {
      for (Connection& connection : program_connections(unit, families, names)) take(std::move(connection), &unit);
      continue;
    }
    // What a login sets is one environment, however many files it takes; a function, an alias or one command has its own.
    if (unit.spec->provides == "environment" && unit.project.empty()) {
      for (Connection& connection : loose_connections(of_commands(unit), families, names)) {
        connection.scope = "user";
        take(std::move(connection), &unit);
      }
      continue;
    }
    const Environment beside = variables_beside(unit);
    for (Connection& connection : loose_connections(unit, families, names)) {
      connection.scope = unit.project.empty() ? "user" : "project";
      follow(connection.key, beside, true);
      follow(connection.base_url, beside, false);
      take(std::move(connection), &unit);
    }
  }
  if (!input_.only_tools.empty()) return;
  for (Connection& connection : loose_connections(process_, Part::Source::environment, families))
    take(std::move(connection), nullptr);
  const FileReader reader(*input_.profiles, *input_.rulebook);
  for (const std::string& path : nobodys_) {
    auto bytes = disk_.read(path, kLargestSource);
    // Most files name no host and hold no key.
    if (!bytes || std::none_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) { return bytes->find(sign) != std::string::npos; }))
      continue;
    for (Connection& connection : reader.read(path, *bytes).connections) take(std::move(connection), nullptr);
    wipe(*bytes);
  }
}

void Audit::connect_processes() {
  if (!input_.present) return;
  const std::vector<const FamilySpec*> families = families_of(*input_.profiles);
  for (const RunningProcess& process : input_.processes) {
    const Profile* tool = nullptr;
    for (const Profile& profile : input_.profiles->tools)
      for (const StopSpec& stop : profile.stops)
        if (std::find(stop.process.begin(), stop.process.end(), process.program) != stop.process.end())
          tool = &profile;
    if (tool != nullptr && !wanted(*tool)) continue;
    if (tool == nullptr && !input_.only_tools.empty()) continue;
    Environment environment;
    for (const auto& [name, value] : process.environment) {
      Variable variable;
      variable.value = value;
      variable.file = "proc/" + std::to_string(process.pid) + "/environ";
      environment.set(name, std::move(variable));
    }
    for (Connection& connection : loose_connections(environment, Part::Source::process, families)) {
      const bool kimi = concerns_kimi(*input_.rulebook, judge_.kinds(), connection) ||
                        (connection.key && known_.is_kimi(connection.key->secret));
      if (!kimi) continue;
      connection.tool = tool == nullptr ? std::string() : tool->id;
      connection.title = tool == nullptr ? std::string() : tool->title;
      connection.slot = process.program + ", pid " + std::to_string(process.pid) +
                        (process.started.empty() ? "" : ", since " + process.started);
      Made made;
      made.profile = tool;
      made.connection = std::move(connection);
      // A tool decides itself what its variables mean; here they are inventory, but for a pair that stands together.
      const Connection& own = made.connection;
      const bool pair = own.key && own.base_url && own.base_url->source == Part::Source::process;
      made.as_written = tool != nullptr && !pair;
      made_.push_back(std::move(made));
    }
  }
}

void Audit::follow_proxies() {
  std::map<std::string, std::vector<const Profile*>> by_port;
  for (const Profile& profile : input_.profiles->tools) {
    for (const ProxySpec& proxy : profile.proxies) {
      for (const std::int64_t port : proxy.ports) by_port[std::to_string(port)].push_back(&profile);
      for (const Unit& unit : units_)
        if (unit.profile == &profile && (proxy.file.empty() || unit.spec->id == proxy.file))
          for (const config::Selector& selector : proxy.port)
            for (const Setting* setting : config::select(unit.settings, selector))
              by_port[setting->value].push_back(&profile);
    }
  }
  std::vector<Made> behind;
  for (const Made& live : made_) {
    if (!live.connection.base_url || live.as_written) continue;
    const auto url = kimi::parse_base_url(live.connection.base_url->value);
    if (!url || !url->loopback) continue;
    const auto found = by_port.find(url->port);
    if (found == by_port.end()) continue;
    for (const Made& real : made_) {
      if (real.profile == nullptr || real.profile == live.profile || !real.connection.active ||
          real.as_written)
        continue;
      if (std::find(found->second.begin(), found->second.end(), real.profile) == found->second.end())
        continue;
      if (!real.app.empty() && real.app != live.connection.tool) continue;
      const auto target = real.connection.base_url
                              ? kimi::parse_base_url(real.connection.base_url->value)
                              : std::nullopt;
      if (!target || target->loopback) continue;
      Made made = real;
      made.connection.tool = live.connection.tool;
      made.connection.title = live.connection.title;
      made.connection.slot = live.connection.slot + " via " + real.profile->id +
                             (real.connection.slot.empty() ? "" : " (" + real.connection.slot + ")");
      made.connection.overridden.clear();
      made.connection.other_keys.clear();
      made.profile = live.profile;
      made.app.clear();
      made.as_written = true;  // judged where it stands
      made.connection.active = true;
      behind.push_back(std::move(made));
      if (behind.size() > 10'000) return;
    }
  }
  std::move(behind.begin(), behind.end(), std::back_inserter(made_));
}

void Audit::judge_files() {
  // Keys by the file they stand in.
  std::map<std::string, Secret> keys;
  const auto note = [&](const Part& part) {
    if (!part.file.empty() && known_.is_kimi(part.secret)) keys.emplace(part.file, part.secret);
  };
  for (const Made& made : made_) {
    if (made.connection.key) note(*made.connection.key);
    for (const Part& part : made.connection.other_keys) note(part);
    for (const Part& part : made.connection.overridden) note(part);
  }
  for (const Unit& unit : units_)
    for (const Setting& setting : unit.settings)
      // Where two places hold one key, the connection names only one of them.
      if (keys.count(unit.path) == 0 && setting.value.size() >= 40 && setting.value.size() < 200 &&
          setting.value.starts_with("sk-") && known_.is_kimi(Secret(setting.value)))
        keys.emplace(unit.path, Secret(setting.value));

  const bool modes = input_.judge_modes && system_ != System::windows;
  std::set<std::string> judged;
  for (SeenFile& file : result_.files) {
    const auto key = keys.find(file.path);
    file.holds_key = key != keys.end();
    if (!file.holds_key && !file.personal) continue;
    if (!judged.insert(file.path).second) continue;
    const Profile* profile = input_.profiles->tool(file.tool);
    if (file.holds_key && modes)
      if (auto finding = file_mode_finding(*input_.rulebook, file.path, key->second,
                                           disk_.mode(file.path), disk_.mode(folder_of(file.path))))
        findings_.push_back(std::move(*finding));
    const bool own = file.personal || (!profile->generic && file.holds_key && file.project.empty());
    if (own && input_.tracked && input_.tracked(file.path))
      if (auto finding = tracked_finding(*input_.rulebook, *profile, file.path))
        findings_.push_back(std::move(*finding));
  }
}

// Findings that are not of one connection go to each whose address or key stands at one of their
// settings, and to the one that they name.
void Audit::note_faults(const std::vector<Finding>& findings) {
  if (findings.empty()) return;
  using Spot = std::tuple<std::string_view, std::string_view, std::uint64_t, std::uint64_t>;
  std::multimap<Spot, Made*> at;  // addresses and keys
  std::multimap<std::string, Made*> named;
  for (Made& made : made_) {
    const Connection& connection = made.connection;
    for (const std::optional<Part>* part : {&connection.base_url, &connection.key})
      if (*part && kimi::has_place(**part))
        at.emplace(Spot((*part)->file, (*part)->key_path, (*part)->position.line, (*part)->position.column), &made);
    if (!connection.tool.empty() && !connection.slot.empty() && made.unit != nullptr)
      named.emplace(kimi::where_of(connection) + '\0' + made.unit->path, &made);
  }
  for (const Finding& finding : findings) {
    std::set<Made*> hit;
    const auto take = [&](const auto& range) {
      for (auto one = range.first; one != range.second; ++one) hit.insert(one->second);
    };
    for (const std::vector<Place>* places : {&finding.places, &finding.settings})
      for (const Place& place : *places)
        take(at.equal_range(
            Spot(place.path, place.variable, place.region.begin.line, place.region.begin.column)));
    take(named.equal_range(argument(finding, "where") + '\0' + finding.places.front().path));
    for (Made* made : hit)
      made->verdict.faults.push_back({finding.rule, finding.severity, finding.confidence});
  }
}

void Audit::settle_verdicts() {
  for (Made& made : made_) {
    std::vector<ConnectionVerdict::Fault>& faults = made.verdict.faults;
    std::stable_sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) {
      return std::tuple(-static_cast<int>(a.severity), a.rule, -static_cast<int>(a.confidence)) <
             std::tuple(-static_cast<int>(b.severity), b.rule, -static_cast<int>(b.confidence));
    });
    faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
    const Connection& connection = made.connection;
    made.verdict.followed = made.as_written && connection.active;
    made.verdict.kimi =
        !faults.empty() || concerns_kimi(*input_.rulebook, judge_.kinds(), connection) ||
        (connection.key && known_.is_kimi(connection.key->secret)) ||
        (connection.model && input_.rulebook->model(connection.model->value, "platform") != nullptr) ||
        (connection.model && input_.rulebook->model(connection.model->value, "kimi-code") != nullptr);
  }
}

void Audit::judge() {
  for (const Made& made : made_) known_.learn(made.connection);
  const auto take = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings_));
  };
  note_faults(findings_);  // of knobs and unread keys
  using Spot = std::tuple<std::string_view, std::string_view, std::uint64_t>;
  const auto spot_of = [](const Part& part) { return Spot(part.file, part.key_path, part.position.line); };
  std::set<Spot> taken;  // variables of the login that a tool takes its address from
  for (const Made& made : made_)
    if (made.profile != nullptr && !made.profile->generic && made.connection.base_url &&
        made.connection.base_url->source == Part::Source::environment)
      taken.insert(spot_of(*made.connection.base_url));
  std::vector<Connection> all;
  for (Made& made : made_) {
    const bool inventory = made.as_written && made.connection.active;
    if (inventory) continue;
    const Secret key = made.connection.key ? made.connection.key->secret : Secret();
    kimi::Background known = key.empty() ? kimi::Background{} : known_.of(key);
    known.as_of = input_.as_of;
    std::vector<Finding> found = judge_.verdict(made.connection, known);
    // A tool that is here reads the variable as its own protocol wants it, and is judged by that.
    const bool of_no_tool = made.profile == nullptr || made.profile->generic;
    if (of_no_tool && made.connection.base_url && taken.count(spot_of(*made.connection.base_url)) != 0)
      std::erase_if(found, [](const Finding& finding) { return finding.rule == "kimi-base-url-shape"; });
    for (Finding& finding : found) offer_providers(*input_.rulebook, made, regions_, finding);
    for (const Finding& finding : found)
      made.verdict.faults.push_back({finding.rule, finding.severity, finding.confidence});
    take(std::move(found));
    // The regions are those of what goes out; a pair that the environment replaces is kimi-env-override.
    if (!made.replaced()) all.push_back(made.connection);
  }
  for (std::vector<Finding> found :
       {judge_.verdict_across(all), overruled_findings(*input_.rulebook, judge_.kinds(), made_),
        disagreement_findings(*input_.rulebook, judge_.kinds(), made_)}) {
    note_faults(found);
    take(std::move(found));
  }
  settle_verdicts();
  judge_files();
  speak_of_regions(findings_, regions_);
  speak_of_new_models(findings_);
  settle(findings_);
}

// Files and trees by path and tool. Each file is moved once: there may be hundreds of thousands.
void Audit::sort_files() {
  std::vector<std::uint32_t> order(result_.files.size());
  std::iota(order.begin(), order.end(), 0U);
  const std::vector<SeenFile>& files = result_.files;
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const int paths = files[a].path.compare(files[b].path);
    if (paths != 0) return paths < 0;
    return std::tie(files[a].tool, a) < std::tie(files[b].tool, b);
  });
  std::vector<SeenFile> sorted;
  sorted.reserve(order.size());
  for (const std::uint32_t i : order) sorted.push_back(std::move(result_.files[i]));
  result_.files = std::move(sorted);
  const auto place = [](const SeenTree& tree) { return std::tie(tree.path, tree.tool, tree.name); };
  std::sort(result_.trees.begin(), result_.trees.end(),
            [&](const SeenTree& a, const SeenTree& b) { return place(a) < place(b); });
  result_.trees.erase(std::unique(result_.trees.begin(), result_.trees.end(),
                                  [&](const SeenTree& a, const SeenTree& b) { return place(a) == place(b); }),
                      result_.trees.end());
}

AuditResult Audit::run() {
  result_.system = system_;
  Glob bounded(disk_, layout_.home());
  Glob free(disk_, "");
  for (const Profile& profile : input_.profiles->tools) find_home_files(profile, bounded, free);
  find_project_files();
  read_environment();
  read_variables();
  for (const Profile& profile : input_.profiles->tools)
    if (!profile.generic && wanted(profile)) connect(profile);
  connect_loose();
  follow_proxies();
  connect_processes();
  sort_files();
  if (input_.before_judging) input_.before_judging(result_.files, result_.trees);
  judge();

  std::set<std::string> tools;
  for (const SeenFile& file : result_.files) {
    const Profile* profile = input_.profiles->tool(file.tool);
    if (profile != nullptr && !profile->generic) tools.insert(file.tool);
  }
  for (const SeenTree& tree : result_.trees) {
    const Profile* profile = input_.profiles->tool(tree.tool);
    if (profile != nullptr && !profile->generic) tools.insert(tree.tool);
  }
  result_.tools.assign(tools.begin(), tools.end());
  std::stable_sort(made_.begin(), made_.end(), [](const Made& a, const Made& b) {
    const auto order = [](const Made& made) {
      const Connection& c = made.connection;
      const Part* part = c.key ? &*c.key : c.base_url ? &*c.base_url : nullptr;
      return std::tuple(c.tool, c.slot, part == nullptr ? std::string() : part->file,
                        part == nullptr ? std::uint64_t{0} : part->position.line);
    };
    return order(a) < order(b);
  });
  for (Made& made : made_) {
    result_.connections.push_back(std::move(made.connection));
    result_.verdicts.push_back(std::move(made.verdict));
  }
  result_.findings = std::move(findings_);
  result_.coverage.settle();
  return std::move(result_);
}

}  // namespace

AuditResult audit(const AuditInput& input) { return Audit(input).run(); }

struct FileReader::Known {
  Known(const Profiles& p, const Rulebook& b)
      : profiles(p), book(b), kinds(b), names(p), families(families_of(p)) {}
  const Profiles& profiles;
  const Rulebook& book;
  kimi::KeyKinds kinds;
  ProjectFiles names;
  std::vector<const FamilySpec*> families;
};

FileReader::FileReader(const Profiles& profiles, const Rulebook& book)
    : known_(std::make_unique<Known>(profiles, book)) {}
FileReader::~FileReader() = default;
FileReader::FileReader(FileReader&&) noexcept = default;
FileReader& FileReader::operator=(FileReader&&) noexcept = default;

bool FileReader::may_hold(std::string_view path) const {
  return is_source(path) || config::format_of(path, {}).has_value() || !known_->names.of(path).empty();
}

bool FileReader::is_tools(std::string_view path) const {
  const std::vector<ProjectFile> files = known_->names.of(path);
  return std::any_of(files.begin(), files.end(), [](const ProjectFile& file) { return !file.profile->generic; });
}

FileConnections FileReader::read(const std::string& path, std::string_view bytes) const {
  FileConnections result;
  const Rulebook& book = known_->book;
  const kimi::KeyKinds& kinds = known_->kinds;
  const auto wanted = [&](const Connection& connection) {
    if (concerns_kimi(book, kinds, connection)) return true;
    return connection.key && kinds.of(connection.key->secret.reveal()).family == Family::sk48;
  };
  const auto take = [&](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(result.findings));
  };
  for (const ProjectFile& file : known_->names.of(path)) {
    if (file.profile->generic) continue;
    if (result.tool.empty()) result.tool = file.profile->id;
    result.personal = result.personal || file.spec->personal;
    if (!is_read(*file.spec) || file.spec->format == "sqlite" || file.spec->format == "leveldb")
      continue;
    Unit unit = read_unit(file.profile, file.spec, path, bytes);
    unit.project = "project";
    // Two specifications of one file say the same.
    for (Gap& gap : unit.gaps)
      if (std::none_of(result.gaps.begin(), result.gaps.end(), [&](const Gap& known) { return known.code == gap.code && known.reason == gap.reason; }))
        result.gaps.push_back(std::move(gap));
    unit.gaps.clear();
    const std::vector<const Unit*> units = {&unit};
    const Environment environment = tool_environment(units, {});
    ResolveOptions options;
    options.names = &book.names;
    ToolConnections found = connections_of(*file.profile, units, unit.project, environment, options);
    View view;
    view.profile = file.profile;
    view.units = units;
    view.of_project = unit.project;
    view.environment = &environment;
    for (const Made& made : found.made) view.made.push_back(&made);
    take(unread_findings(book, kinds, view));
    take(helper_findings(book, view));
    for (Made& made : found.made) result.connections.push_back(std::move(made.connection));
    for (Connection& connection : program_connections(unit, known_->families, book.names))
      if (wanted(connection)) result.connections.push_back(std::move(connection));
  }
  if (!result.tool.empty()) return result;
  if (is_source(path)) {
    for (Connection& connection : source_connections(path, bytes, known_->families, book.names))
      if (wanted(connection)) result.connections.push_back(std::move(connection));
    return result;
  }
  const Unit unit = read_unit(nullptr, nullptr, path, bytes);
  for (Connection& connection : loose_connections(unit, known_->families, book.names))
    if (wanted(connection)) result.connections.push_back(std::move(connection));
  return result;
}

}  // namespace kimiguard::agents

#include "scanner/cli/ci.h"
#include "scanner/cli/audit_run.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "scanner/agents/audit.h"
#include "scanner/agents/disk.h"
#include "scanner/cli/audit_inventory.h"
#include "scanner/cli/audit_leaks.h"
#include "scanner/cli/audit_places.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/exit_status.h"
#include "scanner/cli/known_keys.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/own_processes.h"
#include "scanner/cli/places.h"
#include "scanner/cli/progress.h"
#include "scanner/cli/setting_places.h"
#include "scanner/judge/findings.h"
#include "scanner/rulebook/nearest_word.h"
#include "scanner/suppress/baseline.h"
#include "scanner/suppress/fingerprint.h"
#include "scanner/suppress/ignore_file.h"
#include "scanner/suppress/suppression.h"

namespace kimiguard::cli {
namespace {

constexpr std::string_view kPlatform = "moonshot-platform-key";
constexpr std::string_view kUnattributed = "unattributed-sk-key";
constexpr std::size_t kMostProblems = 100;  // of markers, as notes

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), std::free);
  return real ? std::string(real.get()) : std::string();
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Windows Subsystem for Linux names its maker in the kernel's version.
bool is_wsl() {
  auto version = agents::PosixDisk().read("/proc/sys/kernel/osrelease", 4096);
  if (!version) return false;
  return version->find("icrosoft") != std::string::npos || version->find("WSL") != std::string::npos;
}

std::map<std::string, std::string> variables_of(const std::string& lines) {
  std::map<std::string, std::string> variables;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string entry = lines.substr(at, end - at);
    if (const std::size_t equals = entry.find('='); equals != std::string::npos && equals > 0)
      variables.try_emplace(entry.substr(0, equals), entry.substr(equals + 1));
    at = end + 1;
  }
  return variables;
}

class AuditRun {
 public:
  AuditRun(const AuditOptions& options, std::shared_ptr<RulebookSource> rules, const agents::Profiles& profiles,
           std::shared_ptr<detect::Detection> detection, std::string home, bool present)
      : options_(options),
        rules_(std::move(rules)),
        profiles_(profiles),
        home_(std::move(home)),
        present_(present),
        places_(home_, options.home.empty() ? "~" : options.home, absolute(options.paths), options.paths),
        progress_(!options.common.no_progress && !options.common.quiet, options.common.language()),
        leaks_(std::move(detection), leak_options(options, home_), places_, progress_) {}

  Result<Report> run() {
    if (!options_.common.baseline.empty()) {
      auto text = read_whole_file(options_.common.baseline, std::size_t{256} << 20);
      if (!text) return Error{"usage", text.error().message};
      auto baseline = suppress::read_baseline(*text, options_.common.baseline);
      if (!baseline) return Error{"usage", baseline.error().message};
      baseline_ = std::move(*baseline);
    }
    agents::AuditInput input;
    input.rulebook = rules_->rulebook().get();
    input.profiles = &profiles_;
    input.home = home_;
    input.system = agents::system_named(options_.system);
    input.projects = absolute(options_.paths);
    input.present = present_;
    input.judge_modes = !on_windows_drive(home_);
    input.only_tools = options_.only_tools;
    input.as_of = options_.common.date();
    input.tracked = [this](const std::string& path) { return leaks_.status().exposure_of(path).tracked; };
    if (present_) read_present(input);
    KnownKeys known;
    input.trees = true;
    input.before_judging = [&](const std::vector<agents::SeenFile>& files, const std::vector<agents::SeenTree>& trees) {
      leaks_.files(files, trees);
      for (std::size_t i = 0; i < options_.paths.size(); ++i)
        if (!inside_another(input.projects, i)) leaks_.below(options_.paths[i]);
      for (const Match& match : leaks_.matches()) known.learn(match, *input.rulebook);
    };
    input.background = [&](const Secret& key) { return known.of(key); };
    agents::AuditResult audited = agents::audit(input);
    return report(std::move(audited));
  }

 private:
  static std::vector<std::string> absolute(const std::vector<std::string>& paths) {
    std::vector<std::string> made;
    for (const std::string& path : paths) made.push_back(absolute_path(path));
    return made;
  }

  // A PATH below another, or given twice, is read with that one.
  static bool inside_another(const std::vector<std::string>& paths, std::size_t i) {
    for (std::size_t j = 0; j < paths.size(); ++j)
      if (j != i && is_below(paths[i], paths[j]) && (paths[i] != paths[j] || j < i)) return true;
    return false;
  }

  // What stands below the PATHs does not count where it could allow its own leak.
  static bool tree_may_suppress(const AuditOptions& options) { return !options.no_inline && !in_ci(); }

  static LeakOptions leak_options(const AuditOptions& options, const std::string& home) {
    LeakOptions made;
    made.threads = options.common.threads > 0 ? options.common.threads : std::max(1u, std::thread::hardware_concurrency());
    made.open_containers = !options.no_containers;
    made.markers = tree_may_suppress(options);
    made.judge_modes = !on_windows_drive(home) && options.system != "windows";
    return made;
  }

  // The environment of this process and of the user's others.
  void read_present(agents::AuditInput& input) {
    sources_.environments["proc/self/environ"] = own_environment();
    input.environment = variables_of(sources_.environments["proc/self/environ"]);
    const bool all = options_.only_tools.empty();
    if (all) leaks_.environment(sources_.environments["proc/self/environ"]);
    for (OwnProcess& process : own_processes()) {
      if (all) leaks_.process(process);
      agents::RunningProcess running;
      running.pid = process.pid;
      running.program = process.program;
      running.started = process.started;
      running.environment = variables_of(process.environment);
      input.processes.push_back(std::move(running));
      sources_.environments["proc/" + std::to_string(process.pid) + "/environ"] = std::move(process.environment);
    }
  }

  // A connection that sends a key to Kimi says whose it is, where the key's own surroundings do not.
  void attribute(std::vector<judge::Sighting>& sightings, const std::map<std::string, KeyUse>& uses) const {
    const Rule* rule = rules_->rulebook()->rule(kPlatform);
    for (judge::Sighting& sighting : sightings) {
      Match& match = sighting.match;
      const auto use = uses.find(match.secret.id());
      if (use == uses.end()) continue;
      // Sent to both regions: a host beside it is no proof of either.
      if (use->second.realm == use->second.product) match.realm.clear();
      if (!match.rule.empty() && match.rule != kUnattributed) continue;
      match.rule = kPlatform;
      match.secret_kind = rule != nullptr ? rule->secret_kind : std::string(kPlatform);
      match.issuer.clear();
      match.realm = rules_->rulebook()->realm(use->second.realm) != nullptr ? use->second.realm : "";
      match.confidence = Confidence::high;
      match.evidence = {{"host", use->second.host, 0}};
    }
  }

  // Where the text beside a key names no host, the one that its tool sends it to.
  void add_hosts(std::vector<judge::Sighting>& sightings, const std::map<std::string, std::string>& hosts) const {
    for (judge::Sighting& sighting : sightings) {
      Match& match = sighting.match;
      const auto host = hosts.find(match.secret.id());
      if (host == hosts.end() || match.rule.empty() || match.rule == kUnattributed || rules_->rulebook()->realm(match.realm) != nullptr) continue;
      if (std::any_of(match.evidence.begin(), match.evidence.end(), [](const Evidence& piece) { return piece.kind == "host"; })) continue;
      match.evidence.push_back({"host", host->second, 0});
    }
  }

  // Every program that a login starts inherits its environment: one key, one finding, many places.
  static void join_processes(std::vector<Finding>& findings) {
    const auto living = [](const Finding& finding) {
      const PlaceKind place = finding.places.front().exposure.place;
      return place == PlaceKind::environment || place == PlaceKind::process;
    };
    std::map<std::pair<std::string, std::string>, std::size_t> first;
    const auto remember = [&](PlaceKind wanted) {
      for (std::size_t i = 0; i < findings.size(); ++i)
        if (living(findings[i]) && findings[i].places.front().exposure.place == wanted)
          first.try_emplace({findings[i].rule, findings[i].secret->id()}, i);
    };
    remember(PlaceKind::environment);
    remember(PlaceKind::process);
    std::vector<bool> joined(findings.size(), false);
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (!living(findings[i])) continue;
      const std::size_t into = first.at({findings[i].rule, findings[i].secret->id()});
      if (into == i) continue;
      std::move(findings[i].places.begin(), findings[i].places.end(), std::back_inserter(findings[into].places));
      findings[into].confidence = std::max(findings[into].confidence, findings[i].confidence);
      joined[i] = true;
    }
    std::size_t at = 0;
    std::erase_if(findings, [&](const Finding&) { return joined[at++]; });
  }

  void suppress_known(Report& report) {
    // The home's speaks for everything that an audit reads; that of a PATH, which may be somebody else's work, for
    // what lies below it.
    std::set<std::string> files = {home_ + "/.kimiguardignore"};
    if (tree_may_suppress(options_)) {
      for (const std::string& path : absolute(options_.paths))
        if (is_folder(path)) files.insert(path + "/.kimiguardignore");
      report.suppressed += suppress::suppress_places(report.findings, [](const Finding&, const Place& place) {
        if (place.allowed == nullptr) return std::optional<Suppression>();
        return std::optional<Suppression>(
            {"inline", place.allowed->reason, place.path + ":" + std::to_string(place.allowed->marker_line)});
      });
      std::set<std::string> said;
      for (const suppress::Problem& problem : leaks_.problems())
        if (said.size() < kMostProblems) said.insert(problem.where + ": " + problem.message);
      report.notes.insert(report.notes.end(), said.begin(), said.end());
    }
    for (const std::string& file : files) {
      if (!is_there(file)) continue;
      const std::string shown = places_.shown(file);
      if (!is_plain_file(file)) {
        report.notes.push_back(shown + " is no plain file; it allows nothing.");
        continue;
      }
      auto text = read_whole_file(file, 1 << 20);
      if (!text) {
        coverage_.gaps.push_back({GapKind::unreadable, text.error().code, shown, text.error().message, 1});
        continue;
      }
      const suppress::IgnoreOutcome outcome = suppress::apply_ignore_file(
          report.findings, suppress::read_ignore_file(*text, shown), options_.common.date(),
          [&, folder = file.substr(0, file.rfind('/'))](const Place& place) -> std::optional<std::string> {
            const std::string path = suppress::path_below_base(place);
            return folder == home_ ? path : path_below(places_.on_disk(place.uri_base, path), folder);
          });
      report.suppressed += outcome.suppressed;
      for (const suppress::Problem& problem : outcome.problems)
        report.notes.push_back(problem.where + ": " + problem.message);
    }
    if (baseline_) report.suppressed += suppress::apply_baseline(report.findings, *baseline_).suppressed;
  }

  // What the settings could not give, unless the leak scan says the same of that file.
  void add_gaps(const agents::AuditResult& audited) {
    std::set<std::pair<GapKind, std::string>> said;
    coverage_ = leaks_.coverage();
    for (Gap& gap : coverage_.gaps) {
      said.insert({gap.kind, gap.place});
      gap.place = places_.shown(gap.place);
    }
    for (const Gap& gap : audited.coverage.gaps) {
      if (said.count({gap.kind, gap.place}) != 0) continue;
      coverage_.gaps.push_back(gap);
      coverage_.gaps.back().place = places_.shown(gap.place);
    }
    for (Gap& gap : leaks_.repository_gaps()) {
      gap.place = places_.shown(gap.place);
      coverage_.gaps.push_back(std::move(gap));
    }
  }

  void tell_of_windows(Report& report) const {
    if (!present_ || !is_wsl()) return;
    for (const std::string& home : windows_homes("/mnt")) {
      if (home == home_) continue;
      report.notes.push_back(options_.common.language() == "zh"
                                 ? "这里还能看到一个 Windows 主目录：kimiguard audit --home " + home
                                 : "A Windows home is here too: kimiguard audit --home " + home);
    }
  }

  Report report(agents::AuditResult audited) {
    const std::shared_ptr<const Rulebook> book = rules_->rulebook();
    Report report;
    report.version = KIMIGUARD_VERSION;
    report.command = "audit";
    report.language = options_.common.language();
    report.fail_on = options_.common.fail_level();

    std::vector<judge::Sighting> sightings = leaks_.sightings();
    attribute(sightings, key_uses(audited, *book));
    add_hosts(sightings, regional_hosts(audited, *book));
    judge::JudgeOptions judging;
    judging.audit = true;
    report.findings = judge::leak_findings(std::move(sightings), *book, judging);
    join_processes(report.findings);
    report.inventory = inventory_of(audited, report.findings, places_, *book, profiles_);
    report.inventory->home = places_.shown(home_);

    for (const agents::SeenFile& file : audited.files)
      if (file.database) sources_.databases.insert(file.path);
    sources_.exposure = [this](const std::string& path) { return leaks_.status().exposure_of(path); };
    place_settings(audited.findings, places_, sources_);
    std::move(audited.findings.begin(), audited.findings.end(), std::back_inserter(report.findings));
    judge::sort_findings(report.findings);
    suppress::assign_fingerprints(report.findings);
    add_gaps(audited);
    suppress_known(report);
    std::erase_if(report.findings, [&](const Finding& finding) { return finding.confidence < options_.common.least_confidence(); });

    report.automation_id = "kimiguard/audit/";
    for (const std::string& tool : options_.only_tools) report.automation_id += tool + "/";
    report.uri_bases = places_.uri_bases();
    tell_of_windows(report);
    coverage_.settle();
    report.coverage = coverage_;
    report.exit_status = exit_status(report.findings, report.coverage, exit_rules(options_.common));
    return report;
  }

  const AuditOptions& options_;
  std::shared_ptr<RulebookSource> rules_;
  const agents::Profiles& profiles_;
  std::string home_;
  bool present_;
  AuditPlaces places_;
  Progress progress_;
  AuditLeaks leaks_;
  SettingSources sources_;
  Coverage coverage_;
  std::optional<suppress::Baseline> baseline_;
};

}  // namespace

std::vector<std::string> windows_homes(const std::string& mounts) {
  std::vector<std::string> homes;
  const agents::PosixDisk disk;
  auto drives = disk.list(mounts);
  if (!drives) return homes;
  for (const agents::Entry& drive : *drives) {
    if (drive.name.size() != 1 || drive.name[0] < 'a' || drive.name[0] > 'z') continue;
    const std::string users = mounts + "/" + drive.name + "/Users";
    auto names = disk.list(users);
    if (!names) continue;
    for (const agents::Entry& user : *names) {
      static constexpr std::array<std::string_view, 5> kNobody = {"Public", "Default", "Default User", "All Users",
                                                                  "defaultuser0"};
      if (user.kind != agents::Entry::Kind::folder ||
          std::find(kNobody.begin(), kNobody.end(), user.name) != kNobody.end())
        continue;
      homes.push_back(users + "/" + user.name);
    }
  }
  return homes;
}

bool on_windows_drive(std::string_view path) {
  return path.size() >= 7 && path.starts_with("/mnt/") && path[5] >= 'a' && path[5] <= 'z' && path[6] == '/' && is_wsl();
}

Result<Report> audit(const AuditOptions& options, const std::shared_ptr<RulebookSource>& rules,
                     const agents::Profiles& profiles) {
  for (const std::string& tool : options.only_tools) {
    if (profiles.tool(tool) != nullptr) continue;
    std::vector<std::string_view> names;
    for (const agents::Profile& profile : profiles.tools) names.push_back(profile.id);
    std::string message = "there is no tool '" + tool + "'";
    const std::string_view near = rulebook::nearest_word(tool, names);
    if (!near.empty()) message += "; did you mean '" + std::string(near) + "'?";
    return Error{"usage", message + "\n'kimiguard audit --list-tools' lists them."};
  }
  const std::string given = options.home.empty() ? variable("HOME") : options.home;
  if (given.empty()) return Error{"usage", "HOME is not set; name the home folder with --home DIR"};
  const std::string home = absolute_path(given);
  if (!is_folder(home)) return Error{"usage", "there is no home folder '" + given + "'"};
  for (const std::string& path : options.paths) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return Error{"usage", "there is no file or folder '" + path + "'"};
  }
  const std::string own = variable("HOME");
  const bool present = !own.empty() && real_path(own) == real_path(home);
  auto detection = rules->detection();
  if (!detection) return detection.error();
  return AuditRun(options, rules, profiles, *detection, home, present).run();
}

}  // namespace kimiguard::cli

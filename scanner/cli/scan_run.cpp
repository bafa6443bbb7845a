#include "scanner/cli/scan_run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "scanner/cli/base_allowance.h"
#include "scanner/cli/ci.h"
#include "scanner/cli/config_check.h"
#include "scanner/cli/disk_file.h"
#include "scanner/cli/exit_status.h"
#include "scanner/cli/git_scan.h"
#include "scanner/cli/ignore_place.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/places.h"
#include "scanner/cli/progress.h"
#include "scanner/judge/findings.h"
#include "scanner/source/files/file_walk.h"
#include "scanner/source/git/repository/file_status.h"
#include "scanner/suppress/baseline.h"
#include "scanner/suppress/fingerprint.h"
#include "scanner/suppress/ignore_file.h"
#include "scanner/suppress/suppression.h"

namespace kimiguard::cli {
namespace {

unsigned threads_of(const CommonOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
}

constexpr std::size_t kMostProblems = 20;

class ScanRun {
 public:
  ScanRun(const ScanOptions& options, std::shared_ptr<RulebookSource> rules, std::shared_ptr<detect::Detection> detection)
      : options_(options),
        rules_(std::move(rules)),
        detection_(std::move(detection)),
        paths_(options.paths.empty() ? std::vector<std::string>{"."} : options.paths),
        namer_(without_stdin(paths_)),
        progress_(!options.common.no_progress && !options.common.quiet, options.common.language()) {}

  Result<Report> run() {
    if (!options_.common.baseline.empty()) {
      const std::string& file = options_.common.baseline;
      auto text = read_whole_file(file, std::size_t{256} << 20);
      if (!text) return Error{"usage", text.error().message};
      auto baseline = suppress::read_baseline(*text, file);
      if (!baseline) return Error{"usage", baseline.error().message};
      baseline_ = std::move(*baseline);
    }
    if (narrowed()) {
      if (const Status done = narrowed_run(); !done) return done.error();
      return report();
    }
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (paths_[i] == "-")
        standard_input();
      else if (options_.only != "history")
        files(paths_[i], static_cast<int>(i));
      if (paths_[i] != "-" && options_.only != "files" && is_folder(paths_[i])) history(paths_[i]);
    }
    if (options_.only != "files") nested_histories();
    return report();
  }

 private:
  static std::vector<std::string> without_stdin(std::vector<std::string> paths) {
    std::erase(paths, "-");
    return paths;
  }

  CollectOptions collect_options(int root) const { return {!options_.no_containers, root, markers(), !options_.no_configs}; }

  MarkerOptions markers() const { return {tree_may_suppress(), options_.foreign_allow}; }

  bool narrowed() const {
    return options_.staged || !options_.range.empty() || !options_.since.empty() || options_.branch ||
           options_.push != ScanOptions::Push::none;
  }

  GitScanOptions git_options() const {
    GitScanOptions made;
    made.threads = threads_of(options_.common);
    made.open_containers = !options_.no_containers;
    made.changes_only = options_.changes_only;
    made.markers = markers();
    made.keep_configs = !options_.no_configs;
    if (const char* index = std::getenv("GIT_INDEX_FILE"); index != nullptr && *index != '\0')
      made.index_file = absolute_path(index);
    return made;
  }

  void take(GitScanned scanned) {
    coverage_.add(scanned.coverage);
    std::move(scanned.sightings.begin(), scanned.sightings.end(), std::back_inserter(sightings_));
    std::move(scanned.notes.begin(), scanned.notes.end(), std::back_inserter(notes_));
    std::move(scanned.configs.begin(), scanned.configs.end(), std::back_inserter(configs_));
    std::move(scanned.problems.begin(), scanned.problems.end(), std::back_inserter(problems_));
    if (!scanned.base.empty()) base_ = scanned.base;
    held_before_ += scanned.held_before;
  }

  // --staged, --range, --since, --branch: of the repository that holds the first PATH.
  Status narrowed_run() {
    auto repository = git::discover_repository(absolute_path(paths_.front()));
    if (!repository) return Error{"usage", "no git repository holds '" + paths_.front() + "': " + repository.error().message};
    for (const std::string& path : paths_) {
      const auto other = git::discover_repository(absolute_path(path));
      if (!other || other->git_dir != repository->git_dir)
        return Error{"usage", "'" + paths_.front() + "' and '" + path + "' are not of one git repository; scan what is staged, or a range, one at a time"};
    }
    repositories_seen_.insert(repository->objects_dir);
    narrowed_to_ = *repository;
    described_.push_back(describe(*repository, namer_));
    GitScan scan(detection_, git_options(), namer_, progress_);
    if (options_.staged) {
      std::vector<std::string> named;
      for (const std::string& path : options_.paths) {
        const std::string absolute = absolute_path(path);
        if (absolute.size() > repository->work_tree.size() && absolute.starts_with(repository->work_tree + "/"))
          named.push_back(absolute.substr(repository->work_tree.size() + 1));
      }
      auto scanned = scan.staged(*repository, named);
      if (!scanned) return scanned.error();
      take(std::move(*scanned));
      return Nothing{};
    }
    if (options_.push != ScanOptions::Push::none) {
      auto scanned = scan.push(*repository, options_.push == ScanOptions::Push::receiving, options_.push_lines, options_.push_remote);
      if (!scanned) return scanned.error();
      take(std::move(*scanned));
      return Nothing{};
    }
    auto scanned = !options_.range.empty()   ? scan.range(*repository, GitScan::RangeKind::range, options_.range)
                   : !options_.since.empty() ? scan.range(*repository, GitScan::RangeKind::since, options_.since)
                                             : scan.range(*repository, GitScan::RangeKind::branch, "");
    if (!scanned) return scanned.error();
    take(std::move(*scanned));
    return Nothing{};
  }

  // The object database of the repository that holds `path`, and the stores it keeps for submodules.
  void history(const std::string& path) {
    auto repository = git::discover_repository(absolute_path(path));
    if (!repository) {
      if (options_.only == "history") {
        history_missing_ = true;
        coverage_.gaps.push_back({GapKind::unreadable, "no-repository", path, "no git repository holds it, so there is no history to read", 1});
      }
      if (repository.error().code != "no-repository")
        coverage_.gaps.push_back({GapKind::unreadable, repository.error().code, path, repository.error().message, 1});
      return;
    }
    one_history(*repository);
  }

  void one_history(const git::Repository& repository) {
    if (!repositories_seen_.insert(repository.objects_dir).second) return;
    described_.push_back(describe(repository, namer_));
    GitScan scan(detection_, git_options(), namer_, progress_);
    take(scan.everything(repository));
    for (const std::string& store : git::submodule_stores(repository)) {
      auto opened = git::open_repository(store);
      if (opened)
        one_history(*opened);
      else
        coverage_.gaps.push_back({GapKind::unreadable, opened.error().code, namer_.shown(store), opened.error().message, 1});
    }
  }

  // Repositories that the walk met on its way.
  void nested_histories() {
    std::sort(repositories_.begin(), repositories_.end(),
              [](const MatchCollector::Nested& a, const MatchCollector::Nested& b) { return a.path < b.path; });
    for (const MatchCollector::Nested& nested : repositories_) {
      auto opened = git::open_repository(absolute_path(nested.path));
      if (opened)
        one_history(*opened);
      else if (opened.error().code != "no-repository")
        coverage_.gaps.push_back({GapKind::unreadable, opened.error().code, nested.path, opened.error().message, 1});
    }
  }

  void standard_input() {
    const std::string name = options_.stdin_name.empty() ? "stdin" : options_.stdin_name;
    MatchCollector collector(detection_, collect_options(-1));
    coverage_.add(files::read_stream(STDIN_FILENO, name, collector));
    const std::string uri = name.front() == '/' ? name.substr(1) : name;
    for (Match& match : collector.matches()) {
      Sighting sighting = plain(std::move(match));
      sighting.exposure.place = PlaceKind::standard_input;
      sighting.path = name;
      sighting.uri_base = "SYSTEM";
      sighting.uri = uri;
      sightings_.push_back(std::move(sighting));
    }
    for (KeptConfig& kept : collector.configs()) {
      Exposure exposure;
      exposure.place = PlaceKind::standard_input;
      configs_.push_back({name, kept.settings, "SYSTEM", uri, exposure, {}, std::move(kept.bytes)});
    }
    std::move(collector.problems().begin(), collector.problems().end(), std::back_inserter(problems_));
  }

  void files(const std::string& path, int root) {
    MatchCollector::Collected collected;
    if (is_folder(path)) {
      files::WalkOptions walk;
      walk.threads = threads_of(options_.common);
      progress_.stage("files");
      walk.progress = [this](std::uint64_t count, std::uint64_t bytes) {
        progress_.done = count;
        progress_.bytes = bytes;
      };
      if (options_.respect_gitignore)
        // Tracked files are never ignored, whatever lies around them, so folders are entered all the same.
        walk.leave_out = [this](std::string_view entry, bool folder) {
          if (folder) return false;
          const std::lock_guard lock(ignore_mutex_);
          const bool ignored = status_.status(absolute_path(entry)).ignored;
          ignored_files_ += ignored;
          return ignored;
        };
      struct Keep final : files::Visitor {
        // Hands everything over before the walk lets go of it.
        Keep(std::unique_ptr<MatchCollector> given, MatchCollector::Collected& all) : inner(std::move(given)), to(all) {}
        ~Keep() override { inner->hand_over(to); }
        bool piece(const files::OpenFile& file, const files::Piece& p) override { return inner->piece(file, p); }
        void long_name(std::string_view p, std::string_view text, bool link) override { inner->long_name(p, text, link); }
        void repository(std::string_view p, bool bare) override { inner->repository(p, bare); }
        Coverage coverage() override { return inner->coverage(); }
        std::unique_ptr<MatchCollector> inner;
        MatchCollector::Collected& to;
      };
      coverage_.add(files::walk_folder(path, walk, [&](unsigned) {
        return std::make_unique<Keep>(std::make_unique<MatchCollector>(detection_, collect_options(root)), collected);
      }));
    } else {
      MatchCollector collector(detection_, collect_options(root));
      coverage_.add(files::read_file(path, collector));
      collector.hand_over(collected);
      collected.repositories.clear();
    }
    std::move(collected.repositories.begin(), collected.repositories.end(), std::back_inserter(repositories_));
    std::move(collected.problems.begin(), collected.problems.end(), std::back_inserter(problems_));
    const auto exposure_of = [this](const Origin& origin) {
      Exposure exposure = status_.exposure_of(origin.absolute_path);
      exposure.mode = origin.mode & 07777;
      exposure.readable_by_others = (origin.mode & 0044) != 0;
      return exposure;
    };
    for (KeptConfig& kept : collected.configs) {
      const PlaceNamer::Named named = namer_.name(kept.origin->absolute_path, root);
      Provenance provenance;
      provenance.provenance = ProvenanceClass::worktree;
      configs_.push_back(
          {kept.origin->path, kept.settings, named.base, named.below, exposure_of(*kept.origin), std::move(provenance), std::move(kept.bytes)});
    }
    for (Match& match : collected.matches) {
      Sighting sighting = plain(std::move(match));
      const Origin& origin = *sighting.match.origin;
      sighting.exposure = exposure_of(origin);
      sighting.exposure.browser_variable = sighting.match.browser_variable;
      sighting.exposure.sent_elsewhere = sighting.match.sent_elsewhere;
      const PlaceNamer::Named named = namer_.name(origin.absolute_path, root);
      sighting.path = origin.path;
      sighting.uri_base = named.base;
      sighting.uri = named.below;
      sightings_.push_back(std::move(sighting));
    }
  }

  using Sighting = judge::Sighting;

  static Sighting plain(Match match) {
    Sighting sighting;
    sighting.match = std::move(match);
    sighting.provenance.provenance = ProvenanceClass::worktree;
    return sighting;
  }

  // What stands in the scanned tree does not count where it could allow its own leak: in CI, for a range, whose
  // commits may have written it, nor while a push is received (design §7).
  bool tree_may_suppress() const {
    return !options_.no_inline && options_.push != ScanOptions::Push::receiving && !of_commits() && !in_ci();
  }
  // For a range, what its base revision says does.
  bool base_may_suppress() const { return !options_.no_inline && of_commits(); }
  bool of_commits() const { return !options_.range.empty() || !options_.since.empty() || options_.branch; }

  void suppress_by_ignore_file(Report& report, std::string_view text, const std::string& name, const suppress::PathBelow& below) {
    const suppress::IgnoreFile file = suppress::read_ignore_file(text, name);
    const suppress::IgnoreOutcome outcome = suppress::apply_ignore_file(report.findings, file, options_.common.date(), below);
    report.suppressed += outcome.suppressed;
    for (const suppress::Problem& problem : outcome.problems) report.notes.push_back(problem.where + ": " + problem.message);
    for (const suppress::IgnoreEntry& entry : file.entries)
      if (!entry.rule.empty() && rules_->rulebook()->rule(entry.rule) == nullptr)
        report.notes.push_back(name + ":" + std::to_string(entry.line) + ": there is no rule '" + entry.rule +
                               "'; 'kimiguard rules list' names them all");
  }

  // An ignore file speaks for what lies below its folder. What has no root, a pipe or a single file outside every
  // repository, is spoken for by the one that `kimiguard ignore` writes where the caller stands.
  struct IgnoreSource {
    std::string folder;
    bool rootless = false;
  };

  // The roots of the repositories around each PATH, the outermost and the nearest, and of those met on the way; a
  // folder outside every repository is a root itself.
  std::vector<IgnoreSource> ignore_sources() const {
    std::map<std::string, bool> sources;
    std::size_t index = 0;
    for (const std::string& path : paths_) {
      if (path == "-") {
        sources[ignore_folder()] = true;
        continue;
      }
      const std::string absolute = absolute_path(path);
      const std::string root = namer_.roots()[index++];
      if (!root.empty()) {
        sources.try_emplace(root, false);
        if (narrowed_to_)
          sources.try_emplace(work_folder(*narrowed_to_), false);
        else if (auto nearest = git::discover_repository(absolute))
          sources.try_emplace(work_folder(*nearest), false);
      } else if (is_folder(absolute)) {
        sources.try_emplace(absolute, false);
      } else {
        sources[ignore_folder()] = true;
      }
    }
    for (const MatchCollector::Nested& nested : repositories_) sources.try_emplace(absolute_path(nested.path), false);
    std::vector<IgnoreSource> list;
    for (const auto& [folder, rootless] : sources) list.push_back({folder, rootless});
    return list;
  }

  suppress::PathBelow below(const std::string& folder) const {
    return [this, folder](const Place& place) -> std::optional<std::string> {
      if (place.exposure.place == PlaceKind::standard_input) return std::nullopt;
      return path_below(namer_.absolute(place.uri_base, suppress::path_below_base(place)), folder);
    };
  }

  suppress::PathBelow below(const IgnoreSource& source, const std::vector<IgnoreSource>& all) const {
    if (!source.rootless) return below(source.folder);
    return [this, source, &all](const Place& place) -> std::optional<std::string> {
      if (auto path = below(source.folder)(place)) return path;
      for (const IgnoreSource& other : all)
        if (!other.rootless && below(other.folder)(place)) return std::nullopt;
      return suppress::path_below_base(place);
    };
  }

  void suppress_by_tree(Report& report) {
    report.suppressed += suppress::suppress_places(report.findings, [](const Finding&, const Place& place) {
      if (place.allowed == nullptr) return std::optional<Suppression>();
      return std::optional<Suppression>({"inline", place.allowed->reason, place.path + ":" + std::to_string(place.allowed->marker_line)});
    });
    std::set<std::string> said;
    for (const suppress::Problem& problem : problems_)
      if (said.insert(problem.where + ": " + problem.message).second && said.size() > kMostProblems) break;
    report.notes.insert(report.notes.end(), said.begin(), said.end());

    const std::vector<IgnoreSource> sources = ignore_sources();
    for (const IgnoreSource& source : sources) {
      const std::string file = source.folder + "/" + std::string(kIgnoreFile);
      if (!is_there(file)) continue;
      if (!is_plain_file(file)) {
        report.notes.push_back(namer_.shown(file) + " is no plain file; it allows nothing.");
        continue;
      }
      auto text = read_whole_file(file, 1 << 20);
      if (!text) {
        coverage_.gaps.push_back({GapKind::unreadable, text.error().code, namer_.shown(file), text.error().message, 1});
        continue;
      }
      suppress_by_ignore_file(report, *text, namer_.shown(file), below(source, sources));
    }
  }

  void suppress_by_base(Report& report) {
    if (base_.empty() || !narrowed_to_ || report.findings.empty()) return;
    BaseAllowance base(*narrowed_to_, base_, options_.foreign_allow);
    const std::string at = " at " + base_.substr(0, 12);
    report.suppressed += suppress::suppress_places(report.findings, [&](const Finding& finding, const Place& place) {
      if (!finding.secret || place.provenance.paths.empty()) return std::optional<Suppression>();
      for (const std::string& path : place.provenance.paths)
        if (const auto allowed = base.allowed(path, finding.secret->reveal()))
          return std::optional<Suppression>({"inline", allowed->reason, path + ":" + std::to_string(allowed->marker_line) + at});
      return std::optional<Suppression>();
    });
    if (const auto text = base.file(std::string(kIgnoreFile))) suppress_by_ignore_file(report, *text, std::string(kIgnoreFile) + at, below(work_folder(*narrowed_to_)));
  }

  void suppress_known(Report& report) {
    if (tree_may_suppress()) suppress_by_tree(report);
    if (base_may_suppress()) suppress_by_base(report);
    if (baseline_) report.suppressed += suppress::apply_baseline(report.findings, *baseline_).suppressed;
  }

  Report report() {
    Report report;
    report.version = KIMIGUARD_VERSION;
    report.command = "scan";
    report.language = options_.common.language();
    report.fail_on = options_.common.fail_level();
    std::vector<Finding> of_settings;
    if (!configs_.empty()) {
      // Threads hand over in any order.
      std::sort(configs_.begin(), configs_.end(), [](const ConfigText& a, const ConfigText& b) { return a.path < b.path; });
      of_settings = check_configs(configs_, sightings_, *rules_->rulebook(), options_.common.date(), markers(), coverage_.gaps);
    }
    if (!sightings_.empty()) report.findings = judge::leak_findings(std::move(sightings_), *rules_->rulebook(), {});
    if (!of_settings.empty()) {
      std::move(of_settings.begin(), of_settings.end(), std::back_inserter(report.findings));
      judge::sort_findings(report.findings);
    }
    suppress::assign_fingerprints(report.findings);
    suppress_known(report);
    std::erase_if(report.findings, [&](const Finding& finding) { return finding.confidence < options_.common.least_confidence(); });
    const bool only_stdin = std::all_of(paths_.begin(), paths_.end(), [](const std::string& path) { return path == "-"; });
    const char* mode = only_stdin                   ? "stdin"
                       : options_.staged            ? "staged"
                       : narrowed()                 ? "range"
                       : options_.only == "files"   ? "files"
                       : options_.only == "history" ? "history"
                                                    : "full";
    report.automation_id = std::string("kimiguard/") + mode + "/" + (narrowed() ? "" : namer_.path_below_root());
    if (ignored_files_ > 0)
      report.notes.push_back(std::to_string(ignored_files_) + " files that git ignores were skipped (--respect-gitignore).");
    report.notes.insert(report.notes.begin(), notes_.begin(), notes_.end());
    if (held_before_ > 0)
      report.notes.push_back(options_.common.language() == "zh" ? std::to_string(held_before_) + " 处密钥在此之前就已存在：未计入。"
                                                                : std::to_string(held_before_) + (held_before_ == 1 ? " key that was there before: not counted." : " keys that were there before: not counted."));
    if (!options_.common.rules.empty()) {
      const std::vector<std::string>& of_rules = rules_->rulebook()->notes;
      report.notes.insert(report.notes.end(), of_rules.begin(), of_rules.end());
    }
    if (!narrowed() && !only_stdin && described_.empty())
      if (auto around = git::discover_repository(absolute_path(paths_.front())); around) described_.push_back(describe(*around, namer_));
    report.repositories = described_;
    report.uri_bases = namer_.uri_bases();
    for (const Gap& gap : status_.gaps()) coverage_.gaps.push_back(gap);
    coverage_.settle();
    report.coverage = coverage_;
    ExitRules rules = exit_rules(options_.common);
    rules.history_by_name = options_.only == "history";
    rules.read_nothing = history_missing_;
    report.exit_status = exit_status(report.findings, report.coverage, rules);
    return report;
  }

  const ScanOptions& options_;
  std::shared_ptr<RulebookSource> rules_;
  std::shared_ptr<detect::Detection> detection_;
  std::vector<std::string> paths_;
  PlaceNamer namer_;
  Progress progress_;
  git::FileStatusFinder status_;
  Coverage coverage_;
  std::vector<Sighting> sightings_;
  std::vector<MatchCollector::Nested> repositories_;
  std::set<std::string> repositories_seen_;  // by object folder
  std::vector<Repository> described_;
  std::vector<ConfigText> configs_;
  std::vector<suppress::Problem> problems_;  // of markers
  std::optional<git::Repository> narrowed_to_;
  std::vector<std::string> notes_;
  std::uint64_t held_before_ = 0;
  std::string base_;
  bool history_missing_ = false;
  std::mutex ignore_mutex_;  // status_ is for one thread at a time
  std::uint64_t ignored_files_ = 0;
  std::optional<suppress::Baseline> baseline_;
};

}  // namespace

Result<Report> scan(const ScanOptions& options, const std::shared_ptr<RulebookSource>& rules) {
  for (const std::string& path : options.paths) {
    struct stat status {};
    if (path != "-" && ::lstat(path.c_str(), &status) != 0)
      return Error{"usage", "there is no file or folder '" + path + "'"};
  }
  auto detection = rules->detection();
  if (!detection) return detection.error();
  return ScanRun(options, rules, *detection).run();
}

}  // namespace kimiguard::cli

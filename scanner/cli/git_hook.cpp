#include "scanner/cli/git_hook.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "scanner/cli/disk_file.h"
#include "scanner/cli/match_collector.h"
#include "scanner/cli/output.h"
#include "scanner/cli/rulebook_source.h"
#include "scanner/cli/scan_options.h"
#include "scanner/cli/scan_run.h"
#include "scanner/cli/text_scan.h"
#include "scanner/source/git/repository/repository.h"

namespace kimiguard::cli {
namespace {

constexpr int kLet = 0;
constexpr int kStop = 1;
constexpr int kUnread = 3;
constexpr std::size_t kLongestInput = std::size_t{256} << 20;  // ref lines of a push

void say(const std::string& text) { static_cast<void>(write_all(STDERR_FILENO, text)); }

int unread(GitHook hook, const std::string& reason, const std::string& language) {
  say(unread_text(hook, reason, language, screen_of(STDERR_FILENO, "auto")));
  return kUnread;
}

// Where the repository is: git runs hooks at the top of the work tree, or in a bare repository, and
// names the git directory where that is elsewhere.
std::string repository_path() {
  const char* named = std::getenv("GIT_DIR");
  if (named == nullptr || *named == '\0') return ".";
  const std::string git_dir = absolute_path(named);
  if (auto here = git::discover_repository(absolute_path(".")); here && here->git_dir == git_dir)
    return ".";
  return git_dir;
}

int conclude(GitHook hook, const Report& report, RulebookSource& rules, const std::string& language) {
  const Screen screen = screen_of(STDERR_FILENO, "auto");
  const bool found =
      std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
        return !finding.suppression && finding.severity != Severity::inventory &&
               finding.severity >= report.fail_on;
      });
  if (found) {
    say(stopped_text(hook, report, *rules.rulebook(), language, screen));
    return kStop;
  }
  if (const std::string reason = unread_reason(report, language); !reason.empty())
    return unread(hook, reason, language);
  if (!report.findings.empty()) say(aside_text(report, language));
  return kLet;
}

int scanned(GitHook hook, ScanOptions options, const std::string& language) {
  options.paths = {repository_path()};
  options.common.no_progress = true;
  options.common.lang = language;
  auto rules = RulebookSource::open({});
  if (!rules) return unread(hook, rules.error().message, language);
  auto report = scan(options, *rules);
  if (!report) return unread(hook, report.error().message, language);
  // Nothing read although something was there to read: that is no clean commit. Submodules hold no bytes
  // here.
  if (hook == GitHook::pre_commit && report->findings.empty() && report->coverage.objects == 0)
    for (const Gap& gap : report->coverage.gaps)
      if (gap.kind != GapKind::set_aside && gap.code != "submodule")
        return unread(hook, gap.place + ": " + gap.reason, language);
  return conclude(hook, *report, **rules, language);
}

int message_checked(const std::vector<std::string>& arguments, const std::string& language) {
  constexpr GitHook hook = GitHook::commit_msg;
  if (arguments.empty()) return unread(hook, "git named no file with the message", language);
  auto text = read_whole_file(arguments.front(), std::size_t{64} << 20);
  if (!text) return unread(hook, text.error().message, language);
  const std::string message = above_scissors(std::move(*text));
  auto rules = RulebookSource::open({});
  if (!rules) return unread(hook, rules.error().message, language);
  auto detection = (*rules)->detection();
  if (!detection) return unread(hook, detection.error().message, language);
  detect::Detector detector(*detection);
  std::vector<detect::Window> windows;
  detector.find(message, windows);
  if (windows.empty()) return kLet;
  TextPlace place;
  place.path = arguments.front();
  // What is in the message will be in the commit.
  place.exposure.in_repository = true;
  place.exposure.staged = true;
  place.provenance.provenance = ProvenanceClass::staged;
  Report report;
  report.fail_on = Severity::medium;
  report.findings = TextScan(*detection, (*rules)->rulebook()).findings(message, place);
  return conclude(hook, report, **rules, language);
}

}  // namespace

std::string above_scissors(std::string message) {
  // "# ------------------------ >8 ------------------------" (git-commit(1), --cleanup=scissors), with
  // any comment string in front.
  static constexpr std::string_view kScissors = "------------------------ >8 ------------------------";
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = std::min(message.find('\n', at), message.size());
    const std::string_view line = std::string_view(message).substr(at, end - at);
    if (line.ends_with(kScissors) && line.size() <= kScissors.size() + 16) {
      message.resize(at);
      break;
    }
    at = end + 1;
  }
  return message;
}

int run_git_hook(GitHook hook, const std::vector<std::string>& arguments, const std::string& language) {
  ScanOptions options;
  switch (hook) {
    case GitHook::pre_commit:
      options.staged = true;
      options.changes_only = true;
      return scanned(hook, options, language);
    case GitHook::pre_push:
    case GitHook::pre_receive: {
      auto lines = read_whole_file("-", kLongestInput);
      if (!lines) return unread(hook, lines.error().message, language);
      // Nothing to send: git says so itself.
      if (lines->find_first_not_of(" \t\r\n") == std::string::npos) return kLet;
      options.push =
          hook == GitHook::pre_push ? ScanOptions::Push::sending : ScanOptions::Push::receiving;
      options.push_lines = std::move(*lines);
      if (!arguments.empty()) options.push_remote = arguments.front();
      return scanned(hook, options, language);
    }
    case GitHook::commit_msg:
      return message_checked(arguments, language);
  }
  return kUnread;
}

}  // namespace kimiguard::cli

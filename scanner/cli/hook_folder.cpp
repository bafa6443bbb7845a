#include "scanner/cli/hook_folder.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "scanner/cli/disk_file.h"
#include "scanner/cli/match_collector.h"

extern char** environ;

namespace kimiguard::cli {
namespace {

struct Answer {
  int status = 0;
  std::string out;  // without the last line end
};

// Asks the git program: which file sets what is git's own knowledge (includes, conditions, the
// environment).
Result<Answer> ask_git(std::vector<std::string> words) {
  words.insert(words.begin(), "git");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{"no-git", "no pipe to run git"};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "git", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed != 0) {
    ::close(ends[0]);
    return Error{"no-git", "the program git is not there; install it, or put it on PATH"};
  }
  Answer answer;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t n = ::read(ends[0], buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    if (answer.out.size() < (std::size_t{1} << 20))
      answer.out.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  if (answer.status == 127)
    return Error{"no-git", "the program git is not there; install it, or put it on PATH"};
  while (answer.out.ends_with('\n')) answer.out.pop_back();
  return answer;
}

std::string home() {
  const char* set = std::getenv("HOME");
  return set == nullptr ? "" : set;
}

bool below(std::string_view path, std::string_view folder) {
  return !folder.empty() && path.size() > folder.size() && path.starts_with(folder) &&
         path[folder.size()] == '/';
}

}  // namespace

Result<HookFolder> hook_folder() {
  auto path = ask_git({"rev-parse", "--git-path", "hooks"});
  if (!path) return path.error();
  if (path->status != 0 || path->out.empty())
    return Error{
        "no-repository",
        "the current folder is in no git repository; go into one, or install for all with --global"};
  HookFolder folder;
  folder.path = absolute_path(path->out);
  if (auto top = ask_git({"rev-parse", "--show-toplevel"}); top && top->status == 0)
    folder.work_tree = top->out;
  if (auto set = ask_git({"config", "--show-scope", "--get", "core.hooksPath"}); set && set->status == 0) {
    folder.set_by = set->out.substr(0, set->out.find('\t'));
    if (set->out.size() <= folder.set_by.size() + 1)
      return Error{"no-hooks", "git runs no hooks here, because core.hooksPath is set to nothing; turn them on again with: git config --" +
                                   folder.set_by + " --unset core.hooksPath"};
  }
  std::string git_dir;
  if (auto dir = ask_git({"rev-parse", "--git-common-dir"}); dir && dir->status == 0)
    git_dir = absolute_path(dir->out);
  folder.in_work_tree = below(folder.path, folder.work_tree) && !below(folder.path, git_dir);
  return folder;
}

Result<std::string> global_hook_folder() {
  auto set = ask_git({"config", "--global", "--path", "--get", "core.hooksPath"});
  if (!set) return set.error();
  if (set->status != 0 || set->out.empty()) return std::string();
  return absolute_path(set->out);
}

Status set_global_hook_folder(const std::string& path) {
  auto done = path.empty() ? ask_git({"config", "--global", "--unset", "core.hooksPath"})
                           : ask_git({"config", "--global", "core.hooksPath", path});
  if (!done) return done.error();
  if (done->status != 0)
    return Error{"unwritable",
                 "git could not write your git configuration (git config --global core.hooksPath)"};
  return Nothing{};
}

std::string own_global_folder() {
  const char* set = std::getenv("XDG_CONFIG_HOME");
  const std::string config = set != nullptr && *set == '/' ? set : home() + "/.config";
  return config + "/kimiguard/git-hooks";
}

std::optional<Framework> framework_of_folder(const HookFolder& folder) {
  if (folder.path.ends_with("/.husky/_") || folder.path.ends_with("/.husky"))
    return Framework{"husky", ".husky"};
  return std::nullopt;
}

std::optional<Framework> framework_of_hook(const HookFolder& folder, std::string_view text) {
  const auto has = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (has("File generated by pre-commit:") || has("pre_commit hook-impl") || has("pre-commit hook-impl"))
    return Framework{"pre-commit", ".pre-commit-config.yaml"};
  if (has("call_lefthook") || has("lefthook run")) {
    for (const char* name : {"lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml",
                             "lefthook.toml", "lefthook.json"})
      if (is_there(folder.work_tree + "/" + name)) return Framework{"lefthook", name};
    return Framework{"lefthook", "lefthook.yml"};
  }
  if (has("husky.sh") || has("# husky")) return Framework{"husky", ".husky"};
  return std::nullopt;
}

std::string framework_lines(const Framework& framework, std::string_view hook) {
  const std::string name(hook);
  if (framework.name == "husky")
    return ".husky/" + name + ":\n    kimiguard hook run " + name + " \"$@\"\n";
  if (framework.name == "lefthook")
    return framework.where + ":\n    " + name +
           ":\n      commands:\n        kimiguard:\n          run: kimiguard hook run " + name +
           (name == "commit-msg" ? " {1}"
            : name == "pre-push" ? " {1} {2}\n          use_stdin: true"
                                 : "") +
           "\n";
  // pre-commit gives its hooks no standard input and names of files instead.
  if (name == "pre-commit")
    return ".pre-commit-config.yaml, below repos:\n    - repo: local\n      hooks:\n        - id: "
           "kimiguard\n          name: kimiguard\n"
           "          entry: kimiguard scan --staged\n          language: system\n          "
           "require_serial: true\n";
  if (name == "commit-msg")
    return ".pre-commit-config.yaml, below repos:\n    - repo: local\n      hooks:\n        - id: "
           "kimiguard-message\n          name: kimiguard\n"
           "          entry: kimiguard hook run commit-msg\n          language: system\n          "
           "stages: [commit-msg]\n";
  return {};
}

std::string own_program() {
  std::array<char, 4096> buffer{};
  const ssize_t n = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  if (n <= 0 || static_cast<std::size_t>(n) >= buffer.size()) return {};
  return std::string(buffer.data(), static_cast<std::size_t>(n));
}

}  // namespace kimiguard::cli

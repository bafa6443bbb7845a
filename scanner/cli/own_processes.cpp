#include "scanner/cli/own_processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string_view>

extern char** environ;

namespace kimiguard::cli {
namespace {

constexpr std::size_t kMost = std::size_t{4} << 20;
constexpr std::size_t kMostProcesses = 20'000;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// A whole file of /proc, whose size is not known before; "" if it cannot be read.
std::string slurp(const std::string& path) {
  std::string bytes;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return bytes;
  std::array<char, 16384> buffer{};
  while (bytes.size() < kMost) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  return bytes;
}

void nul_to_line(std::string& text) { std::replace(text.begin(), text.end(), '\0', '\n'); }

// Seconds since 1970 at which the machine started.
long long boot_time() {
  const std::string stat = slurp("/proc/stat");
  const std::size_t at = stat.find("\nbtime ");
  return at == std::string::npos ? 0 : std::atoll(stat.c_str() + at + 7);
}

// Field 22 of /proc/<pid>/stat, in clock ticks since the machine started. The second field is in
// parentheses and may hold anything, so fields are counted from the last parenthesis.
std::string started_at(const std::string& stat, long long boot) {
  const std::size_t close = stat.rfind(')');
  if (close == std::string::npos || boot == 0) return {};
  std::size_t at = close + 1;
  for (int field = 3; field < 22; ++field) {
    at = stat.find(' ', at + 1);
    if (at == std::string::npos) return {};
  }
  const long long ticks = std::atoll(stat.c_str() + at + 1);
  const long per_second = ::sysconf(_SC_CLK_TCK);
  if (per_second <= 0) return {};
  const auto time = static_cast<std::time_t>(boot + ticks / per_second);
  std::tm parts{};
  if (::localtime_r(&time, &parts) == nullptr) return {};
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%a %Y-%m-%d %H:%M", &parts);
  return text.data();
}

std::string last_part(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

bool is_interpreter(std::string_view name) {
  while (!name.empty() && (name.back() == '.' || (name.back() >= '0' && name.back() <= '9')))
    name.remove_suffix(1);
  static constexpr std::array<std::string_view, 12> kNames = {
      "node", "nodejs", "python", "bun", "deno", "ruby", "perl", "sh", "bash", "zsh", "dash", "uv"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

std::string program_of(const std::string& command, const std::string& name) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < command.size() && words.size() < 8;) {
    const std::size_t end = std::min(command.find('\n', at), command.size());
    words.push_back(command.substr(at, end - at));
    at = end + 1;
  }
  if (words.empty() || words.front().empty()) return name;
  std::string program = last_part(words.front());
  if (!program.empty() && program.front() == '-') program.erase(0, 1);  // a login shell
  if (!is_interpreter(program)) return program;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].empty() || words[i].front() == '-') continue;
    std::string script = last_part(words[i]);
    // "…/openclaw/dist/index.js" is openclaw, as far as a path can tell.
    if (script.starts_with("index.") || script.starts_with("main.") || script.starts_with("cli.") ||
        script == "__main__.py") {
      std::string_view folder = std::string_view(words[i]).substr(0, words[i].size() - script.size());
      while (!folder.empty()) {
        folder.remove_suffix(1);
        const std::string above = last_part(folder);
        if (above != "dist" && above != "build" && above != "bin" && above != "src" && above != "lib" &&
            above != "out")
          return above.empty() ? program : above;
        folder = folder.substr(0, folder.size() - above.size());
      }
    }
    for (const std::string_view end : {".js", ".mjs", ".cjs", ".ts", ".py", ".rb", ".sh"})
      if (script.size() > end.size() && script.ends_with(end)) script.resize(script.size() - end.size());
    return script.empty() ? program : script;
  }
  return program;
}

std::string own_environment() {
  std::string text;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    text += *entry;
    text += '\n';
  }
  return text;
}

std::vector<OwnProcess> own_processes() {
  std::vector<OwnProcess> found;
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc"));
  if (!folder) return found;
  const uid_t me = ::geteuid();
  const int self = ::getpid();
  const long long boot = boot_time();
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    const std::string at = "/proc/" + std::string(name);
    struct stat status {};
    if (::stat(at.c_str(), &status) != 0 || status.st_uid != me) continue;
    OwnProcess process;
    process.pid = std::atoi(entry->d_name);
    if (process.pid == self) continue;
    process.environment = slurp(at + "/environ");
    process.command = slurp(at + "/cmdline");
    if (process.environment.empty() && process.command.empty()) continue;  // a kernel thread, or not ours to read
    nul_to_line(process.environment);
    nul_to_line(process.command);
    const std::string stat = slurp(at + "/stat");
    const std::size_t open = stat.find('(');
    const std::size_t close = stat.rfind(')');
    const std::string comm =
        open != std::string::npos && close != std::string::npos && close > open ? stat.substr(open + 1, close - open - 1) : "";
    process.program = program_of(process.command, comm);
    process.started = started_at(stat, boot);
    found.push_back(std::move(process));
    if (found.size() >= kMostProcesses) break;
  }
  std::sort(found.begin(), found.end(), [](const OwnProcess& a, const OwnProcess& b) { return a.pid < b.pid; });
  return found;
}

}  // namespace kimiguard::cli

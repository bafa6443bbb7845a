// A temporary folder and a real git in it, for tests.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kimiguard::git::test {

inline std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

class Sandbox {
 public:
  Sandbox() {
    std::string name = std::filesystem::temp_directory_path().string() + "/kimiguard-git-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = std::filesystem::canonical(name).string();
  }
  ~Sandbox() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  const std::string& root() const { return root_; }
  std::string path(const std::string& name) const { return root_ + "/" + name; }

  void write(const std::string& name, std::string_view bytes) const {
    const std::filesystem::path file = path(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  // Runs a shell command in `folder` (below the root) and gives its standard output, last newline cut.
  // A command that fails throws unless `may_fail`.
  std::string run(const std::string& folder, const std::string& command, bool may_fail = false) {
    const std::string whole =
        "cd " + shell_quoted(path(folder)) + " && export HOME=" + shell_quoted(root_) +
        " GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C TZ=UTC GIT_TERMINAL_PROMPT=0"
        " GIT_AUTHOR_NAME='A U Thor' GIT_AUTHOR_EMAIL=author@example.com"
        " GIT_COMMITTER_NAME='C O Mitter' GIT_COMMITTER_EMAIL=committer@example.com"
        " GIT_AUTHOR_DATE=\"${GIT_AUTHOR_DATE-" +
        std::to_string(clock_) + " +0200}\"" + " GIT_COMMITTER_DATE=\"${GIT_COMMITTER_DATE-" +
        std::to_string(clock_) + " +0000}\"" +
        " GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=init.defaultBranch GIT_CONFIG_VALUE_0=main"
        " GIT_CONFIG_KEY_1=protocol.file.allow GIT_CONFIG_VALUE_1=always && ( " +
        command + " ) 2>" + shell_quoted(path(".stderr"));
    ++clock_;
    FILE* pipe = ::popen(whole.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot start a shell");
    std::string output;
    std::array<char, 65536> buffer;
    std::size_t got = 0;
    while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0)
      output.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    if (status != 0 && !may_fail)
      throw std::runtime_error("failed: " + command + "\n" + output + read(".stderr"));
    if (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
  }
  std::string git(const std::string& folder, const std::string& arguments, bool may_fail = false) {
    return run(folder, "git " + arguments, may_fail);
  }
  // `git init` in a new folder.
  void init(const std::string& folder, const std::string& options = "") {
    std::filesystem::create_directories(path(folder));
    git(folder, "init -q " + options + " .");
  }
  // Writes a file, adds and commits it; gives the commit's id.
  std::string commit(const std::string& folder, const std::string& file, std::string_view bytes,
                     const std::string& message = "change") {
    write(folder + "/" + file, bytes);
    git(folder, "add -- " + shell_quoted(file));
    git(folder, "commit -q --allow-empty -m " + shell_quoted(message));
    return git(folder, "rev-parse HEAD");
  }

 private:
  std::string root_;
  long clock_ = 1'700'000'000;  // each command is a second later
};

// Deterministic: a failing seed can be tried again.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  // 0 … sides-1.
  std::uint32_t roll(std::uint32_t sides) {
    return std::uniform_int_distribution<std::uint32_t>(0, sides - 1)(engine_);
  }

 private:
  std::mt19937 engine_;
};

}  // namespace kimiguard::git::test

// Runs the program itself, and git, in a folder of a test's own.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kimiguard::test {

namespace fs = std::filesystem;

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A folder that goes with this object.
class Folder {
 public:
  Folder() {
    std::string form = (fs::temp_directory_path() / "kimiguard-cli-XXXXXX").string();
    if (::mkdtemp(form.data()) == nullptr) throw std::runtime_error("no temporary folder");
    // /tmp may be a link: paths that the program prints are resolved.
    path_ = fs::canonical(form);
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  fs::path path_;
};

struct Ran {
  int status = -1;  // exit status; 128 + n for a signal
  std::string out;
  std::string err;
};

struct RunOptions {
  fs::path folder;
  std::string input;
  std::map<std::string, std::string> environment;  // beside a clean one
};

// The first word is a program on PATH or a path.
inline Ran run(const std::vector<std::string>& words, const RunOptions& options = {}) {
  const Folder files;
  files.write("in", options.input);
  std::map<std::string, std::string> environment = {
      {"PATH", std::string(KIMIGUARD_FOLDER) + ":/usr/local/bin:/usr/bin:/bin"},
      {"HOME", (files / "home").string()},
      {"LANG", "C"},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"GIT_AUTHOR_NAME", "A"},
      {"GIT_AUTHOR_EMAIL", "a@example.org"},
      {"GIT_COMMITTER_NAME", "A"},
      {"GIT_COMMITTER_EMAIL", "a@example.org"},
      {"GIT_TERMINAL_PROMPT", "0"}};
  fs::create_directory(files / "home");
  for (const auto& [name, value] : options.environment) environment[name] = value;
  std::vector<std::string> settings;
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (std::string& setting : settings) envp.push_back(setting.data());
  envp.push_back(nullptr);
  std::vector<std::string> kept = words;
  std::vector<char*> argv;
  for (std::string& word : kept) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    const auto open_as = [&](const char* name, int flags, int as) {
      const int fd = ::open((files / name).c_str(), flags, 0600);
      if (fd < 0 || ::dup2(fd, as) < 0) ::_exit(127);
    };
    open_as("in", O_RDONLY, 0);
    open_as("out", O_WRONLY | O_CREAT, 1);
    open_as("err", O_WRONLY | O_CREAT, 2);
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(127);
    ::environ = envp.data();
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Ran ran;
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = read_file(files / "out");
  ran.err = read_file(files / "err");
  return ran;
}

inline Ran kimiguard(std::vector<std::string> words, const RunOptions& options = {}) {
  words.insert(words.begin(), KIMIGUARD_PROGRAM);
  return run(words, options);
}

// A repository with a work tree of its own. `home` serves as HOME for every call, so that nothing of the
// machine's own git configuration counts.
class Repo {
 public:
  Repo() {
    fs::create_directory(folder / "home");
    fs::create_directory(folder / "work");
    git({"init", "-q", "-b", "main", "."});
  }

  Ran git(std::vector<std::string> words, const std::string& input = {}) const {
    words.insert(words.begin(), "git");
    return run(words, options(input));
  }
  Ran kimiguard(const std::vector<std::string>& words, const std::string& input = {}) const {
    return test::kimiguard(words, options(input));
  }
  RunOptions options(const std::string& input = {}) const {
    RunOptions made;
    made.folder = work();
    made.input = input;
    made.environment["HOME"] = home().string();
    for (const auto& [name, value] : environment) made.environment[name] = value;
    return made;
  }
  fs::path work() const { return folder / "work"; }
  fs::path home() const { return folder / "home"; }
  void write(const std::string& name, const std::string& text) const {
    folder.write("work/" + name, text);
  }
  Ran commit(const std::string& message) const { return git({"commit", "-q", "-m", message}); }
  void commit_file(const std::string& name, const std::string& text) const {
    write(name, text);
    git({"add", "-A"});
    commit("add " + name);
  }

  Folder folder;
  std::map<std::string, std::string> environment;
};

}  // namespace kimiguard::test

// scan and what was accepted before: the ignore file and a baseline, run as users run them.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "kg-suppress-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
  }
  // Exit status; standard output in `out`.
  int scan(const std::string& words, std::string* out = nullptr,
           const std::string& before = "env -u CI ") const {
    const std::string command =
        "cd '" + path.string() + "' && " + before + KIMIGUARD_PROGRAM + " " + words + " 2>/dev/null";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::string text;
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
    if (out != nullptr) *out = text;
    return WEXITSTATUS(::pclose(pipe));
  }
  fs::path path;
};

}  // namespace

TEST_CASE("what kimiguard ignore accepted is counted, not reported; another key still is") {
  Folder folder;
  kimiguard::test::Keys keys(11);
  folder.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  std::string json;
  REQUIRE(folder.scan("scan . -f json", &json) == 1);
  const std::size_t at = json.find("\"secretSha256\"");
  REQUIRE(at != std::string::npos);
  const std::string id = json.substr(json.find('"', json.find(':', at)) + 1, 16);
  REQUIRE(folder.scan("ignore " + id + " --reason reviewed") == 0);
  std::string text;
  CHECK(folder.scan("scan .", &text) == 0);
  CHECK(text.find("suppressed") != std::string::npos);
  // A pull request's own tree allows nothing in CI.
  CHECK(folder.scan("scan .", nullptr, "env CI=true ") == 1);
  folder.write("b.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  CHECK(folder.scan("scan .") == 1);
}

TEST_CASE("a baseline hides what it lists, and the same key in a new file is reported") {
  Folder folder;
  kimiguard::test::Keys keys(12);
  const std::string line = "KIMI_API_KEY=" + keys.kimi_code() + "\n";
  folder.write("a.env", line);
  REQUIRE(folder.scan("scan . -f json -o ../" + folder.path.filename().string() + ".json") == 1);
  const std::string baseline = " --baseline ../" + folder.path.filename().string() + ".json";
  CHECK(folder.scan("scan ." + baseline) == 0);
  folder.write("b.env", line);
  CHECK(folder.scan("scan ." + baseline) == 1);
  CHECK(folder.scan("scan . --baseline no-such-file.json") == 2);
  fs::remove(folder.path.string() + ".json");
}

TEST_CASE("ignored files are read, and skipped only when asked, which is said") {
  Folder folder;
  kimiguard::test::Keys keys(13);
  REQUIRE(std::system(("git init -q '" + folder.path.string() + "'").c_str()) == 0);
  folder.write(".gitignore", "*.env\n");
  folder.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  CHECK(folder.scan("scan . --only files --fail-on note") == 1);
  std::string text;
  CHECK(folder.scan("scan . --only files --fail-on note --respect-gitignore", &text) == 0);
  CHECK(text.find("git ignores were skipped") != std::string::npos);
  // Tracked although ignored: git does not ignore it.
  REQUIRE(std::system(("git -C '" + folder.path.string() + "' add -f a.env").c_str()) == 0);
  CHECK(folder.scan("scan . --only files --fail-on note --respect-gitignore") == 1);
}

TEST_CASE("what is scanned is said in one way; of two, one would go unread without a word") {
  Folder folder;
  kimiguard::test::Keys keys(15);
  const std::string repository = folder.path.string();
  REQUIRE(std::system(("cd '" + repository + "' && git init -q a && git init -q b && cd a && git -c user.name=A -c user.email=a@b commit -q --allow-empty -m 1 && "
                       "git -c user.name=A -c user.email=a@b commit -q --allow-empty -m 2").c_str()) == 0);
  for (const std::string words : {"--staged --range HEAD~1..HEAD", "--branch --since HEAD~1", "--range HEAD~1..HEAD --since HEAD~1", "--staged --branch",
                                  "--staged -", "--range HEAD~1..HEAD -", "--range HEAD~1..HEAD . ../b", "--staged . ../b"}) {
    INFO(words);
    CHECK(folder.scan("scan " + words + " < ../../" + folder.path.filename().string() + "/a/.git/HEAD", nullptr, "cd a && env -u CI ") == 2);
  }
  CHECK(folder.scan("scan --range HEAD~1..HEAD . .git", nullptr, "cd a && env -u CI ") == 0);
}

TEST_CASE("history asked for by name where there is none is no complete scan") {
  Folder folder;
  folder.write("a", "x\n");
  std::string text;
  CHECK(folder.scan("scan . --only history", &text) == 3);
  CHECK(text.find("INCOMPLETE") != std::string::npos);
  CHECK(text.find("no git repository") != std::string::npos);
}

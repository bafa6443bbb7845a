// What `kimiguard audit` promises beyond single checks: exit codes, inventory, places, formats.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/cli/audit_run.h"
#include "scanner/cli/own_processes.h"
#include "tests/cli/audit_home.h"
#include "tests/report/schema_check.h"

namespace kimiguard::test {
namespace {

std::string kimi_cli(const std::string& key, const std::string& url = "https://api.moonshot.ai/v1") {
  return "default_model = \"k\"\n[models.k]\nprovider = \"kimi\"\nmodel = \"kimi-k3\"\nmax_context_size = 100\n"
         "[providers.kimi]\ntype = \"kimi\"\nbase_url = \"" +
         url + "\"\napi_key = \"" + key + "\"\n";
}

std::string claude(const std::string& key, const std::string& url) {
  return "{\n  \"env\": {\n    \"ANTHROPIC_BASE_URL\": \"" + url + "\",\n    \"ANTHROPIC_AUTH_TOKEN\": \"" + key + "\"\n  }\n}\n";
}

}  // namespace

TEST_CASE("audit: an empty home is clean, a home that is not there is wrong usage") {
  AuditHome home;
  CHECK(home.run().status == 0);
  CHECK(kimiguard({"audit", "--home", (home.folder / "nowhere").string()}).status == 2);
  CHECK(home.run({"--only-tool", "clien"}).status == 2);
  CHECK(home.run({"--only-tool", "clien"}).err.find("did you mean 'cline'") != std::string::npos);
  CHECK(home.run({"--os", "beos"}).status == 2);
  CHECK(home.run({(home.folder / "nowhere").string()}).status == 2);
}

TEST_CASE("audit: a key in its tool's own store with the right mode is inventory and never counts") {
  AuditHome home;
  home.write(".kimi/config.toml", kimi_cli(home.keys.platform()));
  const Audited audited = home.audit({"--fail-on", "note"});
  INFO(audited.out);
  CHECK(audited.status == 0);
  REQUIRE(audited.count("moonshot-platform-key") == 1);
  CHECK(audited.finding("moonshot-platform-key").at("severity") == "inventory");
  const Audited sarif = [&] {
    Ran ran = home.run({"-f", "sarif"});
    return Audited{ran.status, ran.out, ran.err, Json::parse(ran.out)};
  }();
  const Json& result = sarif.report.at("runs").at(0).at("results").at(0);
  CHECK(result.at("kind") == "informational");
  CHECK(result.at("level") == "none");
  CHECK(sarif.report.at("runs").at(0).at("automationDetails").at("id") == "kimiguard/audit/");
  const Json& location = result.at("locations").at(0).at("physicalLocation").at("artifactLocation");
  CHECK(location.at("uriBaseId") == "HOME");
  CHECK(location.at("uri") == ".kimi/config.toml");
}

TEST_CASE("audit: the same key in the same store, readable by others, is medium twice over") {
  AuditHome home;
  home.write(".kimi/config.toml", kimi_cli(home.keys.platform()), 0644);
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  CHECK(audited.finding("moonshot-platform-key").at("severity") == "medium");
  REQUIRE(audited.count("kimi-file-mode") == 1);
  // It stands at the key.
  CHECK(audited.finding("kimi-file-mode").at("places").at(0).at("region").at("startLine") == 9);
}

TEST_CASE("audit: a configuration finding has its snippet, its place below HOME and no absolute path") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  home.write(".claude/settings.json", claude(key, "https://api.moonshot.ai/anthropic"));
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  const Json finding = audited.finding("kimi-host-mismatch");
  REQUIRE(finding.is_object());
  const Json place = finding.at("places").at(0);
  CHECK(place.at("uriBaseId") == "HOME");
  CHECK(place.at("uri") == ".claude/settings.json");
  CHECK(place.at("region").at("startLine") == 3);
  CHECK(place.at("region").at("snippet").get<std::string>().find("api.moonshot.ai/anthropic") != std::string::npos);
  CHECK(place.at("region").at("byteLength") == std::string("https://api.moonshot.ai/anthropic").size());
  CHECK(finding.at("settings").at(0).at("region").at("snippet").get<std::string>().find("sk-kimi-…") != std::string::npos);
  CHECK(audited.out.find(key) == std::string::npos);
}

TEST_CASE("audit: inventory by key says what it is, where it lies and who uses it; by tool where it goes") {
  AuditHome home;
  const std::string key = home.keys.platform();
  home.write(".kimi/config.toml", kimi_cli(key));
  home.write(".bash_history", "curl -H 'Authorization: Bearer " + key + "' https://api.moonshot.ai/v1/models\n");
  const Audited audited = home.audit();
  const Json entry = audited.key(key.substr(key.size() - 4));
  REQUIRE(entry.is_object());
  CHECK(entry.at("usedBy") == Json::array({"kimi-cli (kimi)"}));
  REQUIRE(entry.at("places").size() == 2);
  CHECK(entry.at("places").at(0).at("kind") == "shell_history");
  CHECK(entry.at("places").at(0).at("mode") == "0600");
  CHECK(entry.contains("sinceAtLeast"));
  const Json connection = audited.connection("kimi-cli");
  REQUIRE(connection.is_object());
  CHECK(connection.at("host") == "api.moonshot.ai");
  CHECK(connection.at("hostPath") == "/v1");
  CHECK(connection.at("url").at("line") == 8);
  CHECK(connection.at("key").at("line") == 9);
  CHECK(connection.at("model").at("value") == "kimi-k3");
  CHECK(connection.at("verdict") == "right");
}

TEST_CASE("audit: a key's owner is told by the connection that uses it, where its own file says nothing") {
  AuditHome home;
  const std::string key = home.keys.platform();
  home.write(".kimi/config.toml", kimi_cli(key));
  home.write(".claude/projects/p/session.jsonl", "{\"text\":\"token " + key + " is what I have\"}\n");
  const Audited audited = home.audit();
  CHECK(audited.count("unattributed-sk-key") == 0);
  const Json finding = audited.finding("moonshot-platform-key", "session.jsonl");
  REQUIRE(finding.is_object());
  CHECK(finding.at("confidence") == "high");
  CHECK(finding.at("severity") == "medium");
}

TEST_CASE("audit: the present environment counts in one's own home only, at proc/self/environ") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  const std::map<std::string, std::string> environment = {{"MOONSHOT_API_KEY", key},
                                                          {"MOONSHOT_BASE_URL", "https://api.moonshot.ai/v1"}};
  const Audited mine = home.audit_present(environment);
  CHECK(mine.status == 1);
  const Json leak = mine.finding_of("kimi-code-key", key);
  REQUIRE(leak.is_object());
  CHECK(leak.at("severity") == "medium");
  CHECK(leak.at("places").at(0).at("uriBaseId") == "SYSTEM");
  CHECK(leak.at("places").at(0).at("uri") == "proc/self/environ");
  const Json fault = mine.finding("kimi-host-mismatch", "proc/self/environ");
  REQUIRE(fault.is_object());
  CHECK(fault.at("places").at(0).at("uri") == "proc/self/environ");
  CHECK(fault.at("places").at(0).at("region").at("snippet").get<std::string>().find("MOONSHOT_BASE_URL") != std::string::npos);
  RunOptions options;
  options.environment = environment;
  CHECK(kimiguard({"audit", "--home", home.home().string()}, options).status == 0);
}

// A program of a test's own that sleeps with an environment of its own, under a name of its own.
class Sleeper {
 public:
  Sleeper(const fs::path& as, std::vector<std::string> settings) {
    fs::create_directories(as.parent_path());
    fs::copy_file("/bin/sleep", as, fs::copy_options::overwrite_existing);
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<char*> envp;
      for (std::string& setting : settings) envp.push_back(setting.data());
      envp.push_back(nullptr);
      std::string name = as.string();
      std::string time = "60";
      char* argv[] = {name.data(), time.data(), nullptr};
      ::execve(name.c_str(), argv, envp.data());
      ::_exit(127);
    }
    // Until it is what it will be.
    for (int i = 0; i < 200; ++i) {
      if (read_file("/proc/" + std::to_string(pid_) + "/cmdline").starts_with(as.string())) break;
      ::usleep(10'000);
    }
  }
  ~Sleeper() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  int pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

TEST_CASE("audit: an agent that runs is told with its process, since when, its key and its address") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  const Sleeper agent(home.folder / "bin/openclaw",
                      {"KIMI_API_KEY=" + key, "KIMI_BASE_URL=https://api.moonshot.cn/v1", "HOME=/nowhere"});
  const std::string at = "proc/" + std::to_string(agent.pid()) + "/environ";
  const Audited mine = home.audit_present({});
  const Json leak = mine.finding_of("kimi-code-key", key);
  REQUIRE(leak.is_object());
  CHECK(leak.at("severity") == "medium");
  CHECK(leak.at("places").at(0).at("uri") == at);
  CHECK(leak.at("places").at(0).at("uriBaseId") == "SYSTEM");
  Json row;
  for (const Json& connection : mine.report.at("inventory").at("connections"))
    if (connection.at("slot").get<std::string>().find("pid " + std::to_string(agent.pid())) != std::string::npos) row = connection;
  REQUIRE(row.is_object());
  CHECK(row.at("tool") == "openclaw");
  CHECK(row.at("host") == "api.moonshot.cn");
  CHECK(row.at("slot").get<std::string>().find(", since ") != std::string::npos);
  CHECK(row.at("key").at("path") == at);
  // The pair that it was given does not fit.
  CHECK(row.at("verdict") == "wrong");
  const Json mismatch = mine.finding("kimi-host-mismatch", at);
  REQUIRE(mismatch.is_object());
  CHECK(mismatch.at("places").at(0).at("variable") == "KIMI_BASE_URL");
  CHECK(mine.out.find(key) == std::string::npos);
  // Somebody else's home says nothing of what runs here.
  CHECK(home.audit().finding_of("kimi-code-key", key).is_null());
}

TEST_CASE("audit: a key that many processes inherit is one finding with many places") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  const std::vector<std::string> settings = {"KIMI_API_KEY=" + key, "KIMI_BASE_URL=https://api.kimi.com/coding/v1"};
  const Sleeper one(home.folder / "bin/one", settings);
  const Sleeper two(home.folder / "bin/two", settings);
  const Audited mine = home.audit_present({{"KIMI_API_KEY", key}});
  std::size_t findings = 0;
  for (const Json& finding : mine.report.at("findings"))
    findings += finding.at("ruleId") == "kimi-code-key" && finding.at("secret").get<std::string>().ends_with(key.substr(68));
  CHECK(findings == 1);
  const Json leak = mine.finding_of("kimi-code-key", key);
  CHECK(leak.at("places").size() == 3);
  CHECK(leak.at("places").at(0).at("uri") == "proc/self/environ");
}

TEST_CASE("audit: names of programs, interpreters looked through") {
  CHECK(cli::program_of("/usr/bin/node\n/usr/lib/node_modules/openclaw/dist/index.js\ngateway\n", "node") == "openclaw");
  CHECK(cli::program_of("node\n--max-old-space-size=4096\n/home/u/.npm/bin/claude\n", "node") == "claude");
  CHECK(cli::program_of("/usr/bin/python3.11\n-m\nlitellm\n", "python3.11") == "litellm");
  CHECK(cli::program_of("-zsh\n", "zsh") == "zsh");
  CHECK(cli::program_of("/opt/kimi\n", "kimi") == "kimi");
  CHECK(cli::program_of("", "kworker") == "kworker");
}

TEST_CASE("audit: Windows homes are found below the mounts of WSL, nobody's are not") {
  Folder folder;
  for (const char* name : {"c/Users/ann", "c/Users/Public", "c/Users/Default", "d/Users/bob", "wsl/Users/x"})
    fs::create_directories(folder / name);
  const std::string mounts = folder.path().string();
  CHECK(cli::windows_homes(mounts) == std::vector<std::string>{mounts + "/c/Users/ann", mounts + "/d/Users/bob"});
  CHECK(cli::windows_homes(mounts + "/nowhere").empty());
  CHECK_FALSE(cli::on_windows_drive("/home/ann"));
}

TEST_CASE("audit: every file below a PATH is read, with a base of its own outside the home") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  home.outside("work/notes/deep/any.txt", "remember " + key + "\n");
  home.outside("work/.claude/settings.json", claude(key, "https://api.moonshot.cn/anthropic"));
  const Audited audited = home.audit({(home.folder / "work").string()});
  CHECK(audited.status == 1);
  const Json leak = audited.finding("kimi-code-key", "any.txt");
  REQUIRE(leak.is_object());
  CHECK(leak.at("severity") == "high");
  CHECK(leak.at("places").at(0).at("uriBaseId") == "PATH1");
  CHECK(leak.at("places").at(0).at("uri") == "notes/deep/any.txt");
  CHECK(audited.count("kimi-host-mismatch") == 1);
  // A project's settings are no store of the user's.
  CHECK(audited.finding("kimi-code-key", "settings.json").at("severity") == "high");
}

TEST_CASE("audit: what is named and cannot be read makes a 3 where nothing is found") {
  if (::geteuid() == 0) return;  // root reads everything
  AuditHome home;
  home.write(".kimi/config.toml", "default_model = \"x\"\n", 0000);
  const Audited audited = home.audit();
  CHECK(audited.status == 3);
  CHECK(audited.report.at("summary").at("coverage").at("complete") == false);
}

TEST_CASE("audit: text names wrong rows and folds right ones; Chinese too; lines fit the terminal") {
  AuditHome home;
  home.write(".claude/settings.json", claude(home.keys.kimi_code(), "https://api.moonshot.ai/anthropic"));
  home.write(".kimi/config.toml", kimi_cli(home.keys.platform()));
  const Ran english = home.run();
  CHECK(english.out.find("WRONG  Claude Code (settings)") != std::string::npos);
  CHECK(english.out.find("right: kimi-cli") != std::string::npos);
  const Ran chinese = home.run({"--lang", "zh"});
  CHECK(chinese.out.find("有误  Claude Code (settings)") != std::string::npos);
  CHECK(chinese.out.find("无误：kimi-cli") != std::string::npos);
  CHECK(english.out.find('\x1b') == std::string::npos);
}

TEST_CASE("audit: --graph is a Mermaid diagram of keys, tools and hosts, wrong ways marked") {
  AuditHome home;
  home.write(".claude/settings.json", claude(home.keys.kimi_code(), "https://api.moonshot.ai/anthropic"));
  const Ran ran = home.run({"--graph"});
  CHECK(ran.status == 1);
  CHECK(ran.out.starts_with("flowchart LR\n"));
  CHECK(ran.out.find("Claude Code (settings)") != std::string::npos);
  CHECK(ran.out.find("api.moonshot.ai") != std::string::npos);
  CHECK(ran.out.find("linkStyle 0,1 stroke") != std::string::npos);
}

TEST_CASE("audit: --only-tool reads and judges that tool alone") {
  AuditHome home;
  home.write(".claude/settings.json", claude(home.keys.kimi_code(), "https://api.moonshot.ai/anthropic"));
  home.write(".kimi/config.toml", kimi_cli(home.keys.platform()));
  const Audited audited = home.audit({"--only-tool", "kimi-cli"});
  CHECK(audited.status == 0);
  CHECK(audited.connection("claude-code").is_null());
  CHECK(audited.connection("kimi-cli").is_object());
  const Ran list = kimiguard({"audit", "--list-tools"});
  CHECK(list.status == 0);
  CHECK(list.out.find("claude-code-router") != std::string::npos);
}

TEST_CASE("audit: no output format holds a planted key, plain or encoded") {
  AuditHome home;
  const std::string code = home.keys.kimi_code();
  const std::string platform = home.keys.platform();
  home.write(".claude/settings.json", claude(code, "https://api.moonshot.ai/anthropic"));
  home.write(".kimi/config.toml", kimi_cli(platform), 0644);
  home.write(".claude/projects/p/" + platform + ".jsonl", "{\"t\":\"MOONSHOT_API_KEY=" + platform + "\"}\n");
  home.write(".continue/config.yaml", "models:\n  - name: " + platform + "\n    provider: moonshot\n    model: kimi-k3\n    apiKey: " + platform + "\n");
  for (const char* format : {"text", "json", "jsonl", "sarif", "html", "markdown", "csv", "junit", "gitlab", "github"}) {
    const Ran ran = home.run({"-f", format, "-v"});
    INFO(format);
    for (const std::string& key : {code, platform}) {
      CHECK((ran.out + ran.err).find(key.substr(8, 24)) == std::string::npos);
      CHECK((ran.out + ran.err).find(key.substr(key.size() - 24)) == std::string::npos);
    }
  }
  const Ran graph = home.run({"--graph"});
  CHECK(graph.out.find(platform.substr(8, 24)) == std::string::npos);
}

TEST_CASE("audit: JSON reports fit their schema") {
  AuditHome home;
  home.write(".claude/settings.json", claude(home.keys.kimi_code(), "https://api.moonshot.ai/anthropic"));
  home.write(".kimi/config.toml", kimi_cli(home.keys.platform()), 0644);
  const Json schema = Json::parse(read_file(std::string(KIMIGUARD_SOURCE_DIR) + "/schema/kimiguard-report.schema.json"));
  CHECK(report::schema_complaints(schema, home.audit().report) == std::vector<std::string>{});
}

TEST_CASE("audit: a file that several profiles and a PATH name is read once, with its own kind of place") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  // Names that sort between a folder and what lies in it.
  home.write(".claude/projects-old/a.jsonl", "{\"t\":\"" + home.keys.kimi_code() + "\"}\n");
  home.write(".claude/projects/p/s.jsonl", "{\"t\":\"" + key + "\"}\n");
  home.write(".claude/projects/p/subagents/deep/er/t.jsonl", "{\"t\":\"" + key + "\"}\n");
  const std::string inner = home.path(".claude/projects/p/subagents");
  for (const std::vector<std::string>& paths : {std::vector<std::string>{}, {inner}, {home.path()}, {inner, home.path(".claude")}}) {
    const Audited audited = home.audit(paths);
    for (const char* file : {"p/s.jsonl", "er/t.jsonl"}) {
      const Json finding = audited.finding("kimi-code-key", file);
      REQUIRE(finding.is_object());
      CHECK(finding.at("places").size() == 1);
      CHECK(finding.at("places").at(0).at("uriBaseId") == "HOME");
      CHECK(finding.at("exposure").at("place") == "transcript");
      CHECK(finding.at("severity") == "medium");
    }
    CHECK(audited.key(key.substr(68)).at("places").size() == 2);
  }
}

TEST_CASE("audit: of a folder whose files of one name a profile names, those are read at any depth, once, and no others") {
  AuditHome home;
  const std::string shallow = home.keys.kimi_code(), deep = home.keys.kimi_code(), other = home.keys.kimi_code();
  // Names that sort between a folder and what lies in it.
  home.write(".cline/data/tasks-old/a.json", "{\"t\":\"" + other + "\"}\n");
  home.write(".cline/data/tasks/t.json", "{\"t\":\"" + shallow + "\"}\n");
  home.write(".cline/data/tasks/1/x/history.json", "{\"t\":\"" + deep + "\"}\n");
  home.write(".cline/data/tasks/1/x/image.bin", other + "\n");
  const std::string inner = home.path(".cline/data/tasks/1");
  for (const std::vector<std::string>& paths : {std::vector<std::string>{}, {inner}}) {
    const Audited audited = home.audit(paths);
    CHECK(audited.report.at("inventory").at("tools").dump().find("cline") != std::string::npos);
    for (const std::string& key : {shallow, deep}) {
      const Json finding = audited.finding_of("kimi-code-key", key);
      REQUIRE(finding.is_object());
      CHECK(finding.at("places").size() == 1);
      CHECK(finding.at("exposure").at("place") == "transcript");
    }
    // A PATH is read whole.
    CHECK(audited.finding_of("kimi-code-key", other).is_object() == !paths.empty());
  }
}

TEST_CASE("audit: below a PATH markers and ignore files count as in scan, in CI or with --no-inline they do not") {
  AuditHome home;
  const std::string key = home.keys.kimi_code();
  home.outside("work/a.py", "key = '" + key + "'  # kimiguard:allow a test\n");
  const std::string work = (home.folder / "work").string();
  const Audited allowed = home.audit({work});
  CHECK(allowed.status == 0);
  CHECK(allowed.report.at("summary").at("suppressed") == 1);
  CHECK(home.audit({work, "--no-inline"}).status == 1);
  // The ignore file of somebody's project speaks for that project, not for the home.
  const std::string own = home.keys.kimi_code();
  home.write(".claude/projects/p/s.jsonl", "{\"t\":\"" + own + "\"}\n");
  home.outside("work/.kimiguardignore", "path=** reason=all of it\nid=" + Secret(own).id() + " reason=yours too\n");
  home.outside("work/b.py", "key = '" + home.keys.kimi_code() + "'\n");
  CHECK(home.audit({work}).status == 1);
  CHECK(home.audit({work}).report.at("summary").at("suppressed") == 2);
  fs::remove_all(home.path() + "/.claude");
  CHECK(home.audit({work}).status == 0);
  fs::remove(work + "/.kimiguardignore");
  fs::remove(work + "/b.py");
  RunOptions ci;
  ci.environment["CI"] = "true";
  CHECK(kimiguard({"audit", "--home", home.path(), work}, ci).status == 1);
  // In the home itself only its own ignore file speaks.
  home.write(".claude/history.jsonl", "{\"t\":\"" + key + " kimiguard:allow a test\"}\n");
  CHECK(home.audit().status == 1);
  home.write(".kimiguardignore", "id=" + Secret(key).id() + " reason=revoked\n");
  const Audited ignored = home.audit();
  CHECK(ignored.status == 0);
}

TEST_CASE("audit: the ready command under a finding holds for the next audit, wherever both are run") {
  AuditHome home;
  home.write(".bashrc", "export KIMI_API_KEY=" + home.keys.kimi_code() + "\n");
  fs::permissions(home.path() + "/.bashrc", fs::perms(0644));
  const Audited audited = home.audit();
  REQUIRE(audited.status == 1);
  RunOptions elsewhere;
  elsewhere.folder = home.folder.path();
  elsewhere.environment["HOME"] = home.path();
  for (const Json& finding : audited.report.at("findings")) {
    std::string command = finding.at("ignoreCommand");
    CHECK_THAT(command, ContainsSubstring(" --in-home "));
    command.replace(command.find("…"), std::string("…").size(), "looked at");
    CHECK(run({"sh", "-c", std::string(KIMIGUARD_PROGRAM) + command.substr(9)}, elsewhere).status == 0);
  }
  CHECK(fs::exists(home.path() + "/.kimiguardignore"));
  CHECK(home.audit().status == 0);
}

TEST_CASE("audit: a profile of one's own is a file in the folder agents of --rules") {
  AuditHome home;
  home.outside("rules/agents/mytool.toml",
               "id = \"mytool\"\ntitle = \"My tool\"\nas_of = \"2026-11-24\"\nsources = [\"mine\"]\nhome = { all = \"~/.mytool\" }\n"
               "[[file]]\npath = [\"{home}/config.json\"]\nformat = \"json\"\nrole = \"config\"\n  [[file.slot]]\n"
               "  each = \"providers.*\"\n  name = \"@key\"\n  key = \"token\"\n  base_url = \"url\"\n"
               "  fixed = { protocol = \"openai\" }\n");
  home.write(".mytool/config.json",
             R"({"providers":{"kimi":{"token":")" + home.keys.kimi_code() + R"(","url":"https://api.moonshot.ai/v1"}}})");
  const Audited audited = home.audit({"--rules", (home.folder / "rules").string()});
  CHECK(audited.count("kimi-host-mismatch") == 1);
  CHECK(audited.connection("mytool", "kimi").is_object());
  CHECK(home.audit().count("kimi-host-mismatch") == 0);
}

TEST_CASE("audit: keys in the history of a shadow repository are found as a checkpoint's, not as published") {
  AuditHome home;
  const std::string gone = home.keys.kimi_code();
  const std::string live = home.keys.kimi_code();
  // Its work tree is the user's project, as Cline's checkpoints have it.
  const std::string store = ".config/Code/User/globalStorage/saoudrizwan.claude-dev/checkpoints/ab12";
  home.outside("project/.env", "KIMI_API_KEY=" + gone + "\n");
  fs::create_directories(home.home() / store);
  RunOptions options;
  options.folder = home.folder / "project";
  options.environment["GIT_DIR"] = (home.home() / store / ".git").string();
  run({"git", "init", "-q"}, options);
  run({"git", "config", "core.worktree", options.folder.string()}, options);
  const auto checkpoint = [&] {
    run({"git", "add", "-A"}, options);
    run({"git", "commit", "-q", "-m", "checkpoint"}, options);
  };
  checkpoint();
  home.outside("project/.env", "KIMI_API_KEY=" + live + "\n");
  checkpoint();
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  for (const std::string& key : {gone, live}) {
    const Json finding = audited.finding_of("kimi-code-key", key);
    REQUIRE(finding.is_object());
    CHECK(finding.at("severity") == "medium");
    CHECK(finding.at("exposure").at("place") == "checkpoint");
    CHECK(finding.at("places").at(0).at("uriBaseId") == "HOME");
    CHECK(finding.at("places").at(0).at("uri") == store + "/.env");
  }
  CHECK(audited.report.at("summary").at("coverage").at("repositories") == 1);
}

TEST_CASE("audit: retired models are judged as of a day") {
  AuditHome home;
  home.write(".continue/config.yaml",
             "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k2.5\n    apiKey: " + home.keys.platform() +
                 "\n    apiBase: https://api.moonshot.ai/v1\n    roles: [chat]\n");
  CHECK(home.audit().count("kimi-model-retired") == 1);
  Ran earlier = kimiguard({"audit", "--home", home.home().string(), "--as-of", "2026-03-01", "-f", "json"});
  CHECK(earlier.out.find("kimi-model-retired") == std::string::npos);
}

TEST_CASE("audit: the same bytes of output for any number of threads") {
  AuditHome home;
  for (int i = 0; i < 40; ++i)
    home.write(".claude/projects/p" + std::to_string(i % 7) + "/s" + std::to_string(i) + ".jsonl",
               "{\"t\":\"MOONSHOT_API_KEY=" + home.keys.platform() + "\"}\n");
  const Ran one = home.run({"-f", "json", "-j1"});
  CHECK(one.out == home.run({"-f", "json", "-j2"}).out);
  CHECK(one.out == home.run({"-f", "json", "-j8"}).out);
}

}  // namespace kimiguard::test

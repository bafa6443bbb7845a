// Cases of facts/kimi.md §7 that are about settings, weak stores, unread keys, switchers, hostile input,
// and the files that `scan` meets.
#include "scanner/agents/glob.h"
#include "tests/agents/home.h"

namespace kimiguard {
using namespace test;

namespace {

std::vector<Finding> verdicts(const agents::FileConnections& file) {
  const kimi::Judge judge(book());
  std::vector<Finding> all = file.findings;
  for (const Connection& connection : file.connections)
    for (Finding& finding : judge.verdict(connection)) all.push_back(std::move(finding));
  return all;
}
std::vector<std::string> scan_rules(const std::string& path, const std::string& text) {
  const agents::FileReader reader(profiles(), book());
  REQUIRE(reader.may_hold(path));
  std::vector<std::string> rules;
  for (const Finding& finding : verdicts(reader.read(path, text))) rules.push_back(finding.rule);
  std::sort(rules.begin(), rules.end());
  return rules;
}
using Rules = std::vector<std::string>;

}  // namespace

TEST_CASE("case 3: LiteLLM's moonshot/ goes to .ai, a key used in .cn elsewhere conflicts") {
  Home home;
  Keys keys(31);
  const std::string key = keys.platform();
  home.write(".litellm/config.yaml",
             "model_list:\n  - model_name: kimi\n    litellm_params:\n      model: "
             "moonshot/kimi-k2.7-code\n      api_key: " +
                 key + "\n");
  home.write(".continue/config.yaml",
             "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k3\n    apiKey: " + key +
                 "\n    roles: [chat]\n");
  CHECK(count_of(home.audit(), "kimi-region-conflict") == 1);
}

TEST_CASE("case 6: a platform key in opencode's Kimi Code provider") {
  Home home;
  Keys keys(32);
  home.write(".local/share/opencode/auth.json",
             R"({"kimi-for-coding":{"type":"api","key":")" + keys.platform() + R"("}})");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-host-mismatch") == 1);
  CHECK(find_rule(result, "kimi-host-mismatch")->arguments.at("variant") == "platform-key-at-code-by-default");
  CHECK(find_rule(result, "kimi-host-mismatch")->arguments.at("providers") == "moonshotai-cn (api.moonshot.cn), moonshotai (api.moonshot.ai)");
}

TEST_CASE("case 12: a retired model in an effective connection is a note with its successor") {
  Home home;
  Keys keys(33);
  home.write(".continue/config.yaml",
             "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k2.5\n    apiKey: " +
                 keys.platform() + "\n    apiBase: https://api.moonshot.ai/v1\n    roles: [chat]\n");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-model-retired") == 1);
  CHECK(find_rule(result, "kimi-model-retired")->severity == Severity::note);
}

TEST_CASE("case 15: a key under api_key instead of options.apiKey is not read by opencode") {
  Home home;
  Keys keys(34);
  home.write(".config/opencode/opencode.json",
             "{ \"model\": \"moonshotai/kimi-k3\", \"small_model\": \"moonshotai/kimi-k3\",\n"
             "  \"provider\": { \"moonshotai\": {\n    \"api_key\": \"" +
                 keys.platform() + "\" } } }");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-key-unread") == 1);
  const Finding* finding = find_rule(result, "kimi-key-unread");
  CHECK(finding->arguments.at("wanted") == "provider.moonshotai.options.apiKey");
  CHECK(finding->places.front().region.begin.line == 3);
  CHECK(finding->severity == Severity::medium);
}

TEST_CASE("case 16: Continue with provider openai sends a Kimi key to OpenAI") {
  Home home;
  Keys keys(35);
  home.write(".continue/config.yaml",
             "models:\n  - name: Kimi\n    provider: openai\n    model: kimi-k2.7-code\n    apiKey: " +
                 keys.platform() + "\n    roles: [chat]\n");
  const auto result = home.audit();
  CHECK(count_of(result, "kimi-key-sent-elsewhere") == 1);
}

TEST_CASE("case 18: a dead address") {
  Home home;
  Keys keys(36);
  home.write(".kimi/config.toml",
             "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
             "\"https://api.moonshot.cn/coder/v1\"\napi_key = \"" +
                 keys.platform() + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  CHECK(count_of(home.audit(), "kimi-endpoint-dead") == 1);
}

TEST_CASE("a key that nobody read in env_key of Codex") {
  Home home;
  Keys keys(37);
  home.write(".codex/config.toml",
             "model_provider = \"m\"\nmodel = \"kimi-k3\"\n[model_providers.m]\nbase_url = "
             "\"https://api.moonshot.ai/v1\"\nenv_key = \"" +
                 keys.platform() + "\"\n");
  CHECK(count_of(home.audit(), "kimi-key-unread") == 1);
}

TEST_CASE(
    "weak stores: n8n's key beside its database, JetBrains' password beside its safe, Gemini's "
    "constant") {
  Home home;
  home.write(".n8n/config", R"({"encryptionKey":"x1y2z3"})");
  home.write(".n8n/database.sqlite", "");
  home.write(".config/JetBrains/IdeaIC2026.1/c.kdbx", "x");
  home.write(".config/JetBrains/IdeaIC2026.1/c.pwd", "x");
  home.write(".gemini/gemini-credentials.json", R"({"a":"b"})");
  const auto result = home.audit();
  CHECK(count_of(result, "kimi-weak-store") == 3);
  for (const Finding& finding : result.findings) CHECK(finding.severity == Severity::medium);
  Home alone;
  alone.write(".n8n/config", R"({"encryptionKey":"x1y2z3"})");
  CHECK(alone.audit().findings.empty());
}

TEST_CASE("L4: an old Cline secret with the fixed password, on Linux only") {
  for (const char* prefix : {"118,49,48", "118,49,49"}) {
    Home home;
    const std::string path = home.path(".config/Code/User/globalStorage/state.vscdb");
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    const std::string sql =
        "sqlite3 '" + path +
        "' \"CREATE TABLE ItemTable(key TEXT, value BLOB); INSERT INTO ItemTable VALUES("
        "'secret://"
        "{\\\"extensionId\\\":\\\"saoudrizwan.claude-dev\\\",\\\"key\\\":\\\"moonshotApiKey\\\"}',"
        "'{\\\"type\\\":\\\"Buffer\\\",\\\"data\\\":[" +
        prefix + ",1,2,3]}');\"";
    if (std::system(sql.c_str()) != 0) return;  // no sqlite3 program here
    const auto result = home.audit();
    const bool weak = std::string_view(prefix) == "118,49,48";
    CHECK(count_of(result, "kimi-weak-store") == (weak ? 1U : 0U));
  }
}

TEST_CASE("a personal settings file that git tracks") {
  Home home;
  Keys keys(38);
  const std::string project = home.outside("work");
  home.write_at(project + "/.claude/settings.local.json", R"({"permissions":{}})");
  auto input = home.input();
  input.projects = {project};
  input.tracked = [&](const std::string& path) { return path.ends_with("settings.local.json"); };
  const auto result = agents::audit(input);
  REQUIRE(count_of(result, "kimi-tracked-config") == 1);
  CHECK(find_rule(result, "kimi-tracked-config")->severity == Severity::medium);
  input.tracked = [](const std::string&) { return false; };
  CHECK(count_of(agents::audit(input), "kimi-tracked-config") == 0);
}

TEST_CASE("a generated file that disagrees with its source") {
  Home home;
  Keys keys(39);
  const auto config = [&](const std::string& key) {
    return "{ agents: { defaults: { model: { primary: 'moonshot/kimi-k3' }, heartbeat: { every: '0m' } "
           "} }, models: { "
           "providers: { moonshot: { baseUrl: 'https://api.moonshot.ai/v1', apiKey: '" +
           key + "' } } } }";
  };
  const std::string key = keys.platform();
  home.write(".openclaw/openclaw.json", config(key));
  home.write(".openclaw/agents/main/agent/models.json",
             R"({"providers":{"moonshot":{"baseUrl":"https://api.moonshot.ai/v1","apiKey":")" +
                 keys.platform() + R"("}}})");
  CHECK(count_of(home.audit(), "kimi-auth-conflict") >= 1);
  home.write(".openclaw/agents/main/agent/models.json",
             R"({"providers":{"moonshot":{"baseUrl":"https://api.moonshot.ai/v1","apiKey":")" + key +
                 R"("}}})");
  CHECK(above_note(home.audit()).empty());
}

TEST_CASE("the environment of the present process counts only in the present home") {
  Home home;
  Keys keys(40);
  auto input = home.input();
  input.environment = {{"OPENAI_API_KEY", keys.kimi_code()}};
  CHECK(agents::audit(input).findings.empty());
  input.present = true;
  CHECK(count_of(agents::audit(input), "kimi-key-sent-elsewhere") == 1);
}

TEST_CASE("a variable that moves a tool's folder is followed in the present home") {
  Home home;
  Keys keys(41);
  home.write("elsewhere/config.toml",
             "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
             "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
                 keys.kimi_code() + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  auto input = home.input();
  input.environment = {{"KIMI_SHARE_DIR", home.path("elsewhere")}};
  CHECK(agents::audit(input).findings.empty());
  input.present = true;
  CHECK(count_of(agents::audit(input), "kimi-host-mismatch") == 1);
}

TEST_CASE("links out of the home are set aside, links inside are read") {
  Home home;
  Keys keys(42);
  const std::string config =
      "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
      "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
      keys.kimi_code() + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n";
  home.write_at(home.outside("other/config.toml"), config);
  std::filesystem::create_directories(home.path(".kimi"));
  std::filesystem::create_symlink(home.outside("other/config.toml"), home.path(".kimi/config.toml"));
  auto result = home.audit();
  CHECK(result.findings.empty());
  CHECK(result.coverage.has(GapKind::set_aside));
  std::filesystem::remove(home.path(".kimi/config.toml"));
  home.write("dotfiles/kimi.toml", config);
  std::filesystem::create_symlink(home.path("dotfiles/kimi.toml"), home.path(".kimi/config.toml"));
  result = home.audit();
  CHECK(count_of(result, "kimi-host-mismatch") == 1);
}

TEST_CASE("broken and hostile files give what can be read, and a gap") {
  Home home;
  Keys keys(43);
  home.write(".kimi/config.toml",
             "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
             "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
                 keys.kimi_code() + "\"\n[[[broken\n");
  home.write(".claude/settings.json", std::string(200'000, '['));
  home.write(".cc-switch/cc-switch.db",
             std::string("SQLite format 3\0", 16) + std::string(5000, '\xff'));
  home.write(".config/goose/config.yaml", "a: &a [*a, *a]\n\tb: {{{\n");
  home.write(".qwen/settings.json", std::string("\0\xff\xfe{\"a\"", 7));
  std::filesystem::create_directories(home.path(".codex/config.toml"));
  const auto result = home.audit();
  CHECK(!result.coverage.gaps.empty());
  CHECK(count_of(result, "kimi-host-mismatch") == 1);
}

TEST_CASE("nothing in the result but the secrets themselves holds a key") {
  Home home;
  Keys keys(44);
  const std::string key = keys.kimi_code();
  home.write(".kimi/config.toml",
             "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
             "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
                 key + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n",
             0644);
  home.write(".config/opencode/opencode.json",
             "{ \"provider\": { \"m\": { \"api_key\": \"" + key + "\" } } }");
  const auto result = home.audit();
  REQUIRE(!result.findings.empty());
  for (const Finding& finding : result.findings) {
    for (const auto& [name, value] : finding.arguments) CHECK(value.find(key) == std::string::npos);
    for (const Change& change : finding.changes) {
      CHECK(change.from.find(key) == std::string::npos);
      CHECK(change.to.find(key) == std::string::npos);
    }
  }
  for (const Connection& connection : result.connections)
    if (connection.key) CHECK(connection.key->value.find(key) == std::string::npos);
}

TEST_CASE("files are seen with their role, once a tool") {
  Home home;
  home.write(".claude/projects/-x/a.jsonl", "{}\n");
  home.write(".claude/history.jsonl", "{}\n");
  home.write(".bash_history", "ls\n");
  home.write(".openclaw/openclaw.json.bak.2", "{}");
  home.write(".cline/data/secrets.json", "{}");
  const auto result = home.audit();
  std::map<std::string, PlaceKind> places;
  for (const auto& file : result.files) places[file.path.substr(home.path().size() + 1)] = file.place;
  CHECK(places[".claude/projects/-x/a.jsonl"] == PlaceKind::transcript);
  CHECK(places[".claude/history.jsonl"] == PlaceKind::prompt_history);
  CHECK(places[".bash_history"] == PlaceKind::shell_history);
  CHECK(places[".openclaw/openclaw.json.bak.2"] == PlaceKind::backup);
  CHECK(places[".cline/data/secrets.json"] == PlaceKind::tool_store);
}

TEST_CASE("only the wanted tools are judged") {
  Home home;
  Keys keys(45);
  const std::string text =
      "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
      "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
      keys.kimi_code() + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n";
  home.write(".kimi/config.toml", text);
  home.write(".kimi-code/config.toml", text);
  auto input = home.input();
  input.only_tools = {"kimi-cli"};
  const auto result = agents::audit(input);
  CHECK(count_of(result, "kimi-host-mismatch") == 1);
  CHECK(result.tools == std::vector<std::string>{"kimi-cli"});
}

TEST_CASE("scan: variables of one file speak for each other") {
  Keys keys(46);
  CHECK(scan_rules("app/.env", "OPENAI_API_KEY=" + keys.kimi_code() +
                                   "\nOPENAI_BASE_URL=https://api.kimi.com/coding/v1\n") == Rules{});
  CHECK(scan_rules("app/.env", "OPENAI_API_KEY=" + keys.kimi_code() + "\n") ==
        Rules{"kimi-key-sent-elsewhere"});
  CHECK(scan_rules("app/.env", "ANTHROPIC_AUTH_TOKEN=" + keys.kimi_code() +
                                   "\nANTHROPIC_BASE_URL=https://api.moonshot.ai/anthropic\n") ==
        Rules{"kimi-host-mismatch"});
  CHECK(scan_rules("app/.env", "MOONSHOT_API_KEY=" + keys.platform() + "\n") == Rules{});
}

TEST_CASE("scan: services of a compose file do not lend each other addresses") {
  Keys keys(47);
  CHECK(
      scan_rules(
          "docker-compose.yml",
          "services:\n  a:\n    environment:\n      - OPENAI_API_KEY=" + keys.kimi_code() +
              "\n      - OPENAI_BASE_URL=https://api.kimi.com/coding/v1\n  b:\n    environment:\n      "
              "OPENAI_API_KEY: " +
              keys.alnum(30) + "\n      OPENAI_BASE_URL: https://api.moonshot.ai\n") ==
      Rules{"kimi-base-url-shape"});
}

TEST_CASE("scan: a workflow's step takes its address from the job") {
  CHECK(scan_rules(".github/workflows/a.yml",
                   "jobs:\n  a:\n    env:\n      ANTHROPIC_BASE_URL: https://api.moonshot.ai/v1\n    "
                   "steps:\n      - uses: "
                   "anthropics/claude-code-action@v1\n        with:\n          anthropic_api_key: ${{ "
                   "secrets.KIMI }}\n") == Rules{"kimi-base-url-shape"});
}

TEST_CASE("scan: calls in sources") {
  Keys keys(48);
  CHECK(scan_rules("a.py", "client = OpenAI(\n  api_key=\"" + keys.kimi_code() +
                               "\",\n  base_url=\"https://api.moonshot.cn/v1\",\n)\n") ==
        Rules{"kimi-host-mismatch"});
  CHECK(scan_rules("a.ts", "const c = new OpenAI({ apiKey: '" + keys.kimi_code() + "' })") ==
        Rules{"kimi-key-sent-elsewhere"});
  CHECK(scan_rules("a.py", "OpenAI(api_key=\"" + keys.platform() + "\", base_url=URL)") == Rules{});
  CHECK(scan_rules("a.ipynb",
                   "{\"cells\":[{\"cell_type\":\"code\",\"source\":[\"c = OpenAI(api_key=\\\"" +
                       keys.kimi_code() + "\\\", base_url=\\\"https://api.moonshot.cn/v1\\\")\"]}]}") ==
        Rules{"kimi-host-mismatch"});
}

TEST_CASE(
    "scan: a repository's own opencode.json and Claude settings are judged as the tool reads them") {
  Keys keys(49);
  CHECK(scan_rules("opencode.json", R"({"provider":{"kimi-for-coding":{"options":{"apiKey":")" +
                                        keys.platform() + R"("}}}})") == Rules{"kimi-host-mismatch"});
  CHECK(scan_rules("x/.claude/settings.json", R"({"apiKeyHelper":"./get-key.sh"})") ==
        Rules{"kimi-endpoint-untrusted"});
  CHECK(scan_rules("opencode.json", R"({"provider":{"x":{"api_key":")" + keys.kimi_code() + R"("}}})") ==
        Rules{"kimi-key-unread"});
}

TEST_CASE("profiles say what is wrong with them, with a mend") {
  const auto read =
      agents::read_profiles({{"mine.toml",
                              "id = \"x\"\ntitle = \"X\"\nsources = [\"s\"]\n[[file]]\npath = "
                              "[\"~/.x\"]\nrole = \"confg\"\nfromat = \"toml\"\n"}});
  REQUIRE(!read.ok());
  CHECK(read.error().message.find("mine.toml:6:") != std::string::npos);
  CHECK(read.error().message.find("did you mean 'config'?") != std::string::npos);
  CHECK(read.error().message.find("did you mean 'format'?") != std::string::npos);
  const auto selector =
      agents::read_profiles({{"mine.toml",
                              "id = \"x\"\ntitle = \"X\"\nsources = [\"s\"]\n[[file]]\npath = "
                              "[\"~/.x\"]\nrole = \"config\"\n[[file.slot]]\neach = \"a..b\"\n"}});
  REQUIRE(!selector.ok());
  CHECK(selector.error().message.find("mine.toml:8:") != std::string::npos);
}

TEST_CASE("built-in profiles: every text has both languages, a date and sources") {
  for (const agents::Profile& profile : profiles().tools) {
    INFO(profile.id);
    CHECK(!profile.as_of.empty());
    CHECK(!profile.sources.empty());
    CHECK(!profile.files.empty());
    for (const auto& knob : profile.knobs) {
      CHECK(!knob.why.zh.empty());
      CHECK(book().rule(knob.rule) != nullptr);
    }
    for (const auto& file : profile.files)
      for (const auto& weak : file.weak) CHECK(!weak.weakness.zh.empty());
  }
  CHECK(profiles().tools.size() >= 40);
}

TEST_CASE("globs: alternatives, depth and names") {
  CHECK(agents::alternatives("a{b,c{d,e}}f") == std::vector<std::string>{"abf", "acdf", "acef"});
  CHECK(agents::ends_with_pattern("x/y/.claude/settings.json", "/.claude/settings.json"));
  CHECK(!agents::ends_with_pattern("x/y/claude/settings.json", "/.claude/settings.json"));
  CHECK(agents::ends_with_pattern(".continue/a/b.yaml", "/.continue/**/*.yaml"));
  CHECK(agents::ends_with_pattern(".continue/b.yaml", "/.continue/**/*.yaml"));
}

}  // namespace kimiguard

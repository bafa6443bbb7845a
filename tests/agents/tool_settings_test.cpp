// Single settings of single tools that are easily taken for something else.
#include <sqlite3.h>

#include <filesystem>

#include "tests/agents/home.h"

namespace kimiguard {
using namespace test;

TEST_CASE("opencode and Kilo Code: a provider's api field holds for a key from the store too") {
  for (const char* tool : {"opencode", "kilo-code"}) {
    INFO(tool);
    const std::string folder = std::string(tool) == "opencode" ? "opencode" : "kilo";
    Home home;
    Keys keys(31);
    const std::string key = keys.platform();
    home.write(".local/share/" + folder + "/auth.json", R"({"moonshotai":{"type":"api","key":")" + key + R"("}})");
    home.write(".config/" + folder + "/opencode.json",
               "{ \"provider\": {\n \"moonshotai\": { \"api\": \"https://api.moonshot.cn/v1\" } } }");
    const auto result = home.audit();
    bool of_store = false;
    for (const Connection& connection : result.connections) {
      if (connection.tool != tool || !connection.key) continue;
      of_store = of_store || connection.slot == "moonshotai";
      CHECK(key_of(&connection) == key);
      CHECK(url_of(&connection) == "https://api.moonshot.cn/v1");
    }
    CHECK(of_store);
  }
}

TEST_CASE("opencode: what OPENCODE_AUTH_CONTENT and OPENCODE_CONFIG_CONTENT hold is read, at the variable") {
  Home home;
  Keys keys(61);
  home.write(".bashrc", "# one\nexport OPENCODE_AUTH_CONTENT='{\"moonshotai\": {\"type\": \"api\", \"key\": \"" + keys.kimi_code() + "\"}}'\n");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-host-mismatch") == 1);
  const Finding* finding = find_rule(result, "kimi-host-mismatch");
  CHECK(finding->places.front().path.ends_with(".bashrc"));
  CHECK(finding->places.front().region.begin.line == 2);
  home.write(".bashrc", "export OPENCODE_CONFIG_CONTENT='{\"provider\": {\"k\": {\"npm\": \"@ai-sdk/openai-compatible\", \"options\": {\"baseURL\": \"https://api.moonshot.cn/v1\", \"apiKey\": \"" +
                            keys.kimi_code() + "\"}}}}'\n");
  CHECK(count_of(home.audit(), "kimi-host-mismatch") == 1);
}

TEST_CASE(".kilo/opencode.json is Kilo Code's alone, opencode.json beside it is opencode's") {
  Home home;
  Keys keys(32);
  const std::string text =
      R"({"provider":{"moonshotai":{"options":{"baseURL":"https://llm.example.net/v1","apiKey":")" +
      keys.platform() + R"("}}}})";
  home.write("project/.kilo/opencode.json", text);
  auto input = home.input();
  input.projects = {home.path("project")};
  auto result = agents::audit(input);
  CHECK(connection_of(result, "kilo-code") != nullptr);
  CHECK(connection_of(result, "opencode") == nullptr);
  CHECK(count_of(result, "kimi-endpoint-untrusted") == 1);

  home.write("project/opencode.json", text);
  result = agents::audit(input);
  CHECK(connection_of(result, "opencode") != nullptr);

  const agents::FileReader reader(profiles(), book());
  CHECK(reader.read("project/.kilo/opencode.json", text).tool == "kilo-code");
  CHECK(reader.read("project/opencode.json", text).tool == "opencode");
}

TEST_CASE("Kilo Code: a project's key beside options is not read") {
  Home home;
  Keys keys(33);
  home.write("project/kilo.json", R"({"provider":{"moonshotai":{"apiKey":")" + keys.platform() + R"("}}})");
  auto input = home.input();
  input.projects = {home.path("project")};
  const auto result = agents::audit(input);
  REQUIRE(count_of(result, "kimi-key-unread") == 1);
  CHECK(find_rule(result, "kimi-key-unread")->key_path == "provider.moonshotai.apiKey");
}

TEST_CASE("pi: apiKey holds a key, a variable's name or a command") {
  Keys keys(34);
  const std::string key = keys.platform();
  const auto models = [](const std::string& value) {
    return R"({"providers":{"moonshotai":{"baseUrl":"https://api.moonshot.ai/v1","api":"openai-completions","apiKey":")" +
           value + R"(","models":[{"id":"kimi-k3"}]}}})";
  };
  SECTION("the key itself") {
    Home home;
    home.write(".pi/agent/models.json", models(key));
    CHECK(key_of(connection_of(home.audit(), "pi")) == key);
  }
  SECTION("a variable that the login shell sets") {
    Home home;
    home.write(".pi/agent/models.json", models("MY_KIMI"));
    home.write(".bashrc", "export MY_KIMI=" + key + "\n");
    const auto result = home.audit();
    const Connection* pi = connection_of(result, "pi");
    CHECK(key_of(pi) == key);
    REQUIRE(pi->key);
    CHECK(pi->key->source == Part::Source::environment);
    CHECK(pi->key->file == home.path(".bashrc"));
    CHECK(above_note(result).find("models.json") == std::string::npos);
  }
  SECTION("a variable that nothing sets, and a command, are no keys") {
    for (const char* value : {"MY_KIMI", "!pass show kimi"}) {
      INFO(value);
      Home home;
      home.write(".pi/agent/models.json", models(value));
      const auto result = home.audit();
      const Connection* pi = connection_of(result, "pi");
      REQUIRE(pi != nullptr);
      REQUIRE(pi->key);
      CHECK(pi->key->source == Part::Source::reference);
      CHECK(pi->key->secret.empty());
      CHECK(result.findings.empty());
    }
  }
  SECTION("in the store") {
    Home home;
    home.write(".pi/agent/auth.json", R"({"moonshotai":{"type":"api_key","key":"MY_KIMI"}})");
    home.write(".zshrc", "export MY_KIMI=" + key + "\n");
    CHECK(key_of(connection_of(home.audit(), "pi")) == key);
  }
}

TEST_CASE("JetBrains: run configurations that are kept in workspace.xml are judged as those in files of their own") {
  Home home;
  Keys keys(35);
  home.write("project/.idea/workspace.xml",
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project version=\"4\">\n <component name=\"RunManager\">\n"
             "  <configuration name=\"app\" type=\"PythonConfigurationType\">\n   <envs>\n"
             "    <env name=\"PYTHONUNBUFFERED\" value=\"1\" />\n"
             "    <env name=\"MOONSHOT_API_KEY\" value=\"" + keys.kimi_code() + "\" />\n"
             "    <env name=\"MOONSHOT_BASE_URL\" value=\"https://api.moonshot.ai/v1\" />\n"
             "   </envs>\n  </configuration>\n </component>\n</project>\n");
  auto input = home.input();
  input.projects = {home.path("project")};
  const auto result = agents::audit(input);
  REQUIRE(count_of(result, "kimi-host-mismatch") == 1);
  CHECK(find_rule(result, "kimi-host-mismatch")->places.front().region.begin.line == 8);
}

TEST_CASE("Kilo Code: the old extension's names are read in its exports, not in the new program's files") {
  Home home;
  Keys keys(36);
  const std::string key = keys.platform();
  home.write(".local/share/kilo/auth.json", R"({"openai":{"type":"api","openAiApiKey":")" + key + R"("}})");
  home.write(".config/kilo/kilo.json", R"({"openAiBaseUrl":"https://api.moonshot.ai/v1","model":"openai/kimi-k3"})");
  CHECK(above_note(home.audit()).empty());

  Home old;
  old.write("Downloads/kilo-code-settings.json",
            R"({"providerProfiles":{"currentApiConfigName":"k","apiConfigs":{"k":{"apiProvider":"openai",
 "openAiBaseUrl":"https://api.moonshot.ai/v1","openAiApiKey":")" + keys.kimi_code() + R"("}}}})");
  const auto result = old.audit();
  CHECK(count_of(result, "kimi-host-mismatch") == 1);
}

TEST_CASE("Goose: a variable that replaces a written address is one finding, its end is that of Goose's own") {
  Keys keys(37);
  SECTION("MOONSHOT_BASE_URL, the whole endpoint") {
    Home home;
    home.write(".config/goose/config.yaml",
               "GOOSE_PROVIDER: moonshot\nGOOSE_MODEL: kimi-k3\nGOOSE_MAX_TURNS: 50\n"
               "MOONSHOT_BASE_URL: https://api.moonshot.ai/v1/chat/completions\n");
    home.write(".config/goose/secrets.yaml", "MOONSHOT_API_KEY: " + keys.platform() + "\n");
    home.write(".bashrc", "export MOONSHOT_BASE_URL=https://api.moonshot.cn/v1/chat/completions\n");
    CHECK(rules_of(home.audit()) == std::vector<std::string>{"kimi-env-override"});
    // Without a Goose that reads it, the end is a base URL's.
    std::filesystem::remove_all(home.path(".config"));
    CHECK(count_of(home.audit(), "kimi-base-url-shape") == 1);
  }
  SECTION("OPENAI_HOST: without the variable the key goes to the written host, Kimi's too") {
    Home home;
    home.write(".config/goose/config.yaml",
               "GOOSE_PROVIDER: openai\nGOOSE_MODEL: kimi-k3\nGOOSE_MAX_TURNS: 50\nOPENAI_HOST: https://api.moonshot.ai\n");
    home.write(".config/goose/secrets.yaml", "OPENAI_API_KEY: " + keys.platform() + "\n");
    home.write(".bashrc", "export OPENAI_HOST=https://api.moonshot.cn\n");
    CHECK(rules_of(home.audit()) == std::vector<std::string>{"kimi-env-override"});
  }
}

TEST_CASE("A variable that turns a written region is kimi-env-override; another tool's other region is a conflict too") {
  Keys keys(38);
  const std::string key = keys.platform();
  Home home;
  const auto kimi_cli = [&](const std::string& url) {
    return "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"" + url + "\"\napi_key = \"" + key +
           "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n";
  };
  home.write(".kimi/config.toml", kimi_cli("https://api.moonshot.ai/v1"));
  home.write(".bashrc", "export KIMI_BASE_URL=https://api.moonshot.cn/v1\n");
  CHECK(rules_of(home.audit()) == std::vector<std::string>{"kimi-env-override"});
  home.write(".pi/agent/models.json", R"({"providers":{"moonshotai":{"baseUrl":"https://api.moonshot.ai/v1","apiKey":")" + key + R"("}}})");
  CHECK(rules_of(home.audit()) == std::vector<std::string>{"kimi-env-override", "kimi-region-conflict"});
}

TEST_CASE("VS Code: a chat secret under a fixed password is a weak store, another extension's is not VS Code's") {
  for (const bool chat : {true, false}) {
    Home home;
    home.write(".config/Code/User/x", "");
    sqlite3* database = nullptr;
    std::filesystem::create_directories(home.path(".config/Code/User/globalStorage"));
    REQUIRE(sqlite3_open(home.path(".config/Code/User/globalStorage/state.vscdb").c_str(), &database) == SQLITE_OK);
    const std::string row = chat ? "secret://chat.lm.secret.-1f2e" : R"(secret://{"extensionId":"a.b","key":"c"})";
    const std::string sql = "CREATE TABLE ItemTable(key TEXT, value BLOB); INSERT INTO ItemTable VALUES('" + row +
                            R"(', '{"type":"Buffer","data":[118,49,48,1,2,3]}'))";
    CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    CHECK(count_of(home.audit(), "kimi-weak-store") == (chat ? 1 : 0));
  }
}

TEST_CASE("Roo Code: settings that burn quota are told from its export, the only place that can be read") {
  Home home;
  Keys keys(39);
  home.write("Downloads/roo-code-settings.json",
             R"({"providerProfiles":{"currentApiConfigName":"k","apiConfigs":{"k":{"apiProvider":"moonshot",
 "apiModelId":"kimi-k3","moonshotApiKey":")" + keys.platform() + R"("}}},
 "globalSettings":{"autoApprovalEnabled":true,"allowedMaxRequests":20}})");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-quota-burn") == 1);
  CHECK(find_rule(result, "kimi-quota-burn")->key_path == "globalSettings.autoApprovalEnabled");
  CHECK(find_rule(result, "kimi-quota-burn")->severity == Severity::note);
}

TEST_CASE("Grok Build: [model.<name>] is a connection, [models] chooses it, api_backend is its protocol") {
  Home home;
  Keys keys(40);
  const std::string key = keys.platform();
  home.write(".grok/config.toml",
             "[models]\ndefault = \"kimi\"\n\n[model.kimi]\nmodel = \"kimi-k3\"\nbase_url = \"https://api.moonshot.ai/v1\"\n"
             "name = \"Kimi\"\napi_key = \"" + key + "\"\napi_backend = \"chat_completions\"\ncontext_window = 262144\n\n"
             "[model.other]\nmodel = \"kimi-k3\"\nbase_url = \"https://api.moonshot.ai/v1/chat/completions\"\nname = \"Other\"\n"
             "env_key = \"MY_KIMI\"\napi_backend = \"chat_completions\"\ncontext_window = 262144\n");
  home.write(".zshrc", "export MY_KIMI=" + key + "\n");
  const auto result = home.audit();
  const Connection* kimi = connection_of(result, "grok-build", "kimi");
  REQUIRE(kimi != nullptr);
  CHECK(kimi->active);
  CHECK(kimi->protocol == "openai");
  const Connection* other = connection_of(result, "grok-build", "other");
  REQUIRE(other != nullptr);
  CHECK_FALSE(other->active);
  CHECK(key_of(other) == key);
  REQUIRE(count_of(result, "kimi-base-url-shape") == 1);
  CHECK(find_rule(result, "kimi-base-url-shape")->key_path == "model.other.base_url");
}

TEST_CASE("trae-agent: the variables of a provider's kind beat its file") {
  Home home;
  Keys keys(41);
  home.write("trae_config.yaml",
             "agents: { trae_agent: { model: m, max_steps: 50 } }\n"
             "model_providers: { moonshot: { provider: openai, api_key: " + keys.platform() +
                 ", base_url: \"https://api.moonshot.ai/v1\" } }\n"
                 "models: { m: { model_provider: moonshot, model: kimi-k2.7-code } }\n");
  CHECK(above_note(home.audit()).empty());
  home.write(".bashrc", "export OPENAI_BASE_URL=https://api.moonshot.cn/v1\n");
  const auto result = home.audit();
  REQUIRE(rules_of(result) == std::vector<std::string>{"kimi-env-override"});
  CHECK(find_rule(result, "kimi-env-override")->arguments.at("effective") == "https://api.moonshot.cn/v1");
}

}  // namespace kimiguard

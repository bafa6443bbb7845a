// Every tool that can hold a Kimi connection, as files: for a key and one of two addresses, on three layouts.
#pragma once

#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "scanner/agents/home_layout.h"
#include "tests/support/catch.h"

namespace kimiguard::test {

using agents::System;

// Where a tool's folders lie in each layout.
struct Layout {
  System system;
  std::string config = ".config";
  std::string data = ".local/share";
  std::string application;  // Electron's
};
inline const std::vector<Layout> kLayouts = {
    {System::linux, ".config", ".local/share", ".config"},
    {System::macos, ".config", ".local/share", "Library/Application Support"},
    {System::windows, ".config", ".local/share", "AppData/Roaming"},
};

inline void run_sql(const std::string& path, const std::vector<std::string>& statements,
             bool keep_wal = false) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  for (const std::string& statement : statements) {
    char* message = nullptr;
    if (sqlite3_exec(database, statement.c_str(), nullptr, nullptr, &message) != SQLITE_OK)
      FAIL(statement << ": " << (message == nullptr ? "" : message));
  }
  if (keep_wal) {
    // A live log: copy database and log while the connection is open.
    for (const char* suffix : {"", "-wal"})
      std::filesystem::copy_file(path + suffix, path + ".copy" + suffix);
    sqlite3_close(database);
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::remove(path + suffix);
      std::filesystem::rename(path + ".copy" + suffix, path + suffix);
    }
  } else {
    sqlite3_close(database);
  }
  ::chmod(path.c_str(), 0600);
}

// `HomeT` has write(path below, text) and path(path below).
template <class HomeT>
struct ToolCase {
  std::string tool;
  // Writes the tool's files for a key and one of two addresses: `host` is "ai" or "cn" of the platform.
  std::function<void(HomeT&, const Layout&, const std::string& key, const std::string& host)> write;
  std::string expected_ai = "https://api.moonshot.ai/v1";
  bool only_linux = false;
};

inline std::string moonshot_url(const std::string& host, const std::string& path = "/v1") {
  return "https://api.moonshot." + host + path;
}

template <class HomeT>
std::vector<ToolCase<HomeT>> tool_cases() {
  std::vector<ToolCase<HomeT>> all;
  all.push_back(
      {"cline", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(
             ".cline/data/settings/providers.json",
             R"({"version":1,"lastUsedProvider":"moonshot","providers":{"moonshot":{"settings":{"provider":"moonshot","apiKey":")" +
                 key + R"(","model":"kimi-k3","apiLine":")" +
                 (host == "cn" ? "china" : "international") + R"("}}}})");
       }});
  all.push_back(
      {"roo-code", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(
             "Downloads/roo-code-settings.json",
             R"({"providerProfiles":{"currentApiConfigName":"k","apiConfigs":{"k":{"apiProvider":"moonshot","apiModelId":"kimi-k3","moonshotBaseUrl":")" +
                 moonshot_url(host) + R"(","moonshotApiKey":")" + key +
                 R"("}}},"globalSettings":{"allowedMaxRequests":20}})");
       }});
  all.push_back({"claude-code",
                 [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
                   home.write(".claude/settings.json", R"({"env":{"ANTHROPIC_BASE_URL":")" +
                                                           moonshot_url(host, "/anthropic") +
                                                           R"(","ANTHROPIC_AUTH_TOKEN":")" + key +
                                                           R"(","ANTHROPIC_MODEL":"kimi-k2.7-code"}})");
                 },
                 "https://api.moonshot.ai/anthropic"});
  all.push_back(
      {"kimi-cli", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(".kimi/config.toml",
                    "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"" + moonshot_url(host) +
                        "\"\napi_key = \"" + key +
                        "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
       }});
  all.push_back(
      {"kimi-code", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(".kimi-code/config.toml",
                    "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"" + moonshot_url(host) +
                        "\"\napi_key = \"" + key +
                        "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
       }});
  all.push_back(
      {"kilo-code", [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         home.write(at.data + "/kilo/auth.json",
                    R"({"moonshotai":{"type":"api","key":")" + key + R"("}})");
         home.write(at.config + "/kilo/kilo.jsonc",
                    R"({ // mine
 "model":"moonshotai/kimi-k3","small_model":"moonshotai/kimi-k3",
 "provider":{"moonshotai":{"options":{"baseURL":")" +
                        moonshot_url(host) + R"("}}},})");
       }});
  all.push_back(
      {"openclaw", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(
             ".openclaw/openclaw.json",
             "{ env: { vars: { MOONSHOT_API_KEY: '" + key +
                 "' } }, agents: { defaults: { model: { primary: 'moonshot/kimi-k3' }, heartbeat: { "
                 "every: '0m' } } }, models: { providers: { moonshot: { baseUrl: '" +
                 moonshot_url(host) + "', apiKey: '${MOONSHOT_API_KEY}', api: 'openai-completions' } } } }");
       }});
  all.push_back(
      {"opencode", [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         home.write(at.data + "/opencode/auth.json",
                    R"({"moonshotai":{"type":"api","key":")" + key + R"("}})");
         home.write(
             at.config + "/opencode/opencode.json",
             R"({"model":"moonshotai/kimi-k3","small_model":"moonshotai/kimi-k3","provider":{"moonshotai":{"options":{"baseURL":")" +
                 moonshot_url(host) + R"("}}}})");
       }});
  all.push_back(
      {"codex", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(
             ".codex/config.toml",
             "model = \"kimi-k2.7-code\"\nmodel_provider = \"moonshot\"\n[model_providers.moonshot]\n"
             "base_url = \"" +
                 moonshot_url(host) + "\"\nexperimental_bearer_token = \"" + key +
                 "\"\nwire_api = \"responses\"\n");
       }});
  all.push_back(
      {"continue", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(".continue/config.yaml",
                    "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k3\n"
                    "    apiKey: " +
                        key + "\n    apiBase: " + moonshot_url(host) + "\n    roles: [chat]\n");
       }});
  all.push_back(
      {"aider", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(".aider.conf.yml", "model: moonshot/kimi-k2.7-code\napi-key: [ \"moonshot=" + key +
                                           "\" ]\nset-env: [ \"MOONSHOT_API_BASE=" + moonshot_url(host) +
                                           "\" ]\n");
       }});
  all.push_back({"goose",
                 [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
                   const std::string folder = at.system == System::windows
                                                  ? "AppData/Roaming/Block/goose/config"
                                                  : ".config/goose";
                   home.write(folder + "/config.yaml",
                              "GOOSE_PROVIDER: moonshot\nGOOSE_MODEL: kimi-k3\nGOOSE_MAX_TURNS: 50\n"
                              "MOONSHOT_BASE_URL: " +
                                  moonshot_url(host, "/v1/chat/completions") + "\n");
                   home.write(folder + "/secrets.yaml", "MOONSHOT_API_KEY: " + key + "\n");
                 },
                 "https://api.moonshot.ai/v1/chat/completions"});
  all.push_back(
      {"crush", [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         const std::string store =
             at.system == System::windows ? "AppData/Local/crush" : ".local/share/crush";
         home.write(store + "/crush.json",
                    R"({"providers":{"moonshot":{"api_key":")" + key + R"(","base_url":")" + moonshot_url(host) +
                        R"("}},"models":{"large":{"model":"kimi-k3","provider":"moonshot"}}})");
       }});
  all.push_back(
      {"claude-code-router",
       [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         const std::string folder =
             at.system == System::windows ? "AppData/Roaming/claude-code-router" : ".claude-code-router";
         run_sql(
             home.path(folder + "/config.sqlite"),
             {"CREATE TABLE app_config(id INTEGER PRIMARY KEY, value_json TEXT)",
              R"(INSERT INTO app_config VALUES(1,'{"Providers":[{"name":"moonshot","api_base_url":")" +
                  moonshot_url(host, "/v1/chat/completions") + R"(","api_key":")" + key +
                  R"(","models":["kimi-k2.7-code"]}]}'))"});
       },
       "https://api.moonshot.ai/v1/chat/completions"});
  all.push_back(
      {"cc-switch",
       [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         run_sql(
             home.path(".cc-switch/cc-switch.db"),
             {"PRAGMA journal_mode=WAL",
              "CREATE TABLE providers(id TEXT, app_type TEXT, name TEXT, settings_config TEXT, "
              "is_current "
              "BOOLEAN, PRIMARY KEY(id, app_type))",
              R"(INSERT INTO providers VALUES('p1','claude','Kimi','{"env":{"ANTHROPIC_BASE_URL":")" +
                  moonshot_url(host, "/anthropic") + R"(","ANTHROPIC_AUTH_TOKEN":")" + key +
                  R"(","ANTHROPIC_MODEL":"kimi-k2.7-code"}}',1))"},
             true);
       },
       "https://api.moonshot.ai/anthropic"});
  all.push_back(
      {"litellm", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(".litellm/config.yaml",
                    "model_list:\n  - model_name: kimi\n    litellm_params: { model: "
                    "moonshot/kimi-k2.7-code, api_key: " +
                        key + ", api_base: " + moonshot_url(host) + " }\n");
       }});
  all.push_back(
      {"hermes", [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         const std::string folder = at.system == System::windows ? "AppData/Local/hermes" : ".hermes";
         home.write(folder + "/.env", "KIMI_API_KEY=" + key + "\nKIMI_BASE_URL=" + moonshot_url(host) + "\n");
       }});
  all.push_back({"pi", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
                   home.write(".pi/agent/models.json",
                              R"({"providers":{"moonshot":{"baseUrl":")" + moonshot_url(host) +
                                  R"(","apiKey":")" + key +
                                  R"(","api":"openai-completions","models":[{"id":"kimi-k3"}]}}})");
                   home.write(".pi/agent/settings.json", R"({"defaultProvider":"moonshot"})");
                 }});
  all.push_back(
      {"qwen-code", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write(
             ".qwen/settings.json",
             R"({"security":{"auth":{"selectedType":"openai"}},"model":{"name":"kimi-k2.7-code"},"modelProviders":{"openai":[{"id":"kimi-k2.7-code","envKey":"MOONSHOT_API_KEY","baseUrl":")" +
                 moonshot_url(host) + R"("}]},"env":{"MOONSHOT_API_KEY":")" + key + R"("}})");
       }});
  all.push_back(
      {"cursor", [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         run_sql(
             home.path(at.application + "/Cursor/User/globalStorage/state.vscdb"),
             {"CREATE TABLE ItemTable(key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)",
              "INSERT INTO ItemTable VALUES('cursorAuth/openAIKey','" + key + "')",
              R"(INSERT INTO ItemTable VALUES('src.vs.platform.reactivestorage.browser.reactiveStorageServiceImpl.persistentStorage.applicationUser','{"useOpenAIKey":true,"openAIBaseUrl":")" +
                  moonshot_url(host) +
                  R"(","aiSettings":{"modelConfig":{"composer":{"modelName":"kimi-k2.7-code"}}}}'))"});
       }});
  all.push_back(
      {"zed", [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         const std::string folder = at.system == System::windows ? "AppData/Roaming/Zed" : ".config/zed";
         home.write(folder + "/settings.json",
                    R"({ "language_models": { "openai_compatible": { "Moonshot": { "api_url": ")" +
                        moonshot_url(host) +
                        R"(", "available_models": [ { "name": "kimi-k2.7-code" } ] } } } })");
         home.write(".bashrc", "export MOONSHOT_API_KEY=" + key + "\n");
       }});
  all.push_back(
      {"vscode",
       [](HomeT& home, const Layout& at, const std::string& key, const std::string& host) {
         home.write(
             at.application + "/Code/User/settings.json",
             R"({ "claudeCode.environmentVariables": [ { "name": "ANTHROPIC_BASE_URL", "value": ")" +
                 moonshot_url(host, "/anthropic") + R"(" }, { "name": "ANTHROPIC_AUTH_TOKEN", "value": ")" + key +
                 R"(" } ] })");
       },
       "https://api.moonshot.ai/anthropic"});
  all.push_back(
      {"open-webui", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         run_sql(
             home.path(".open-webui/webui.db"),
             {"CREATE TABLE config(id INTEGER PRIMARY KEY, data JSON, version INTEGER)",
              R"(INSERT INTO config VALUES(1,'{"task":{"model":{"external":"kimi-k2.6"}},"openai":{"api_base_urls":["https://api.openai.com/v1",")" +
                  moonshot_url(host) + R"("],"api_keys":["", ")" + key + R"("]}}',0))"});
       }});
  all.push_back({"one-api",
                 [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
                   run_sql(home.path("one-api/one-api.db"),
                           {"CREATE TABLE channels(id INTEGER PRIMARY KEY, type INTEGER, key TEXT, name "
                            "TEXT, base_url TEXT, "
                            "models TEXT, status INTEGER)",
                            "INSERT INTO channels VALUES(1,25,'" + key + "','kimi','" + moonshot_url(host, "") +
                                "','kimi-k2.7-code',1)"});
                 },
                 "https://api.moonshot.ai"});
  all.push_back({"nextchat",
                 [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
                   home.write("Downloads/Backup-2026.json", R"({"access-control":{"moonshotApiKey":")" +
                                                                key + R"(","moonshotUrl":")" +
                                                                moonshot_url(host, "") + R"("}})");
                 },
                 "https://api.moonshot.ai"});
  all.push_back(
      {"lobechat", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write("Downloads/LobeChat-config.json",
                    R"({"state":{"settings":{"keyVaults":{"moonshot":{"apiKey":")" + key +
                        R"(","baseURL":")" + moonshot_url(host) + R"("}}}}})");
       }});
  all.push_back({"n8n", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
                   home.write("Downloads/n8n-credentials.json",
                              R"([{"name":"kimi","type":"moonshotApi","data":{"apiKey":")" + key +
                                  R"(","region":")" + (host == "cn" ? "china" : "international") +
                                  R"("}}])");
                 }});
  all.push_back(
      {"trae", [](HomeT& home, const Layout&, const std::string& key, const std::string& host) {
         home.write("trae_config.yaml",
                    "agents: { trae_agent: { model: m, max_steps: 50 } }\nmodel_providers: { moonshot: "
                    "{ provider: "
                    "openai, api_key: " +
                        key + ", base_url: \"" + moonshot_url(host) +
                        "\" } }\nmodels: { m: { model_provider: moonshot, model: kimi-k2.7-code } }\n");
       }});
  return all;
}

}  // namespace kimiguard::test

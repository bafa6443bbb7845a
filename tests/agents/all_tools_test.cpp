// Every tool that can hold a Kimi connection, in a right and a wrong state, on three layouts: the right
// state has no finding above note, the wrong one its finding, both read alike.
#include <functional>
#include <map>
#include <set>

#include "scanner/agents/home_layout.h"
#include "tests/agents/home.h"
#include "tests/agents/tool_cases.h"

namespace kimiguard {
using namespace test;

using agents::System;
using Case = ToolCase<Home>;

TEST_CASE("every tool in a right state has no finding above note, on three layouts") {
  for (const Layout& layout : kLayouts) {
    for (const Case& one : tool_cases<Home>()) {
      INFO(one.tool << " on " << agents::name(layout.system));
      Home home;
      Keys keys(7);
      const std::string key = keys.platform();
      one.write(home, layout, key, "ai");
      auto input = home.input();
      input.system = layout.system;
      const auto result = agents::audit(input);
      const std::string wrong = above_note(result);
      INFO(wrong);
      CHECK(wrong.empty());
      bool found = false;
      for (const Connection& connection : result.connections)
        found = found || (connection.tool == one.tool && key_of(&connection) == key &&
                          url_of(&connection) == one.expected_ai);
      CHECK(found);
    }
  }
}

TEST_CASE("a Kimi Code key in any tool's platform connection is a host mismatch, on three layouts") {
  for (const Layout& layout : kLayouts) {
    for (const Case& one : tool_cases<Home>()) {
      INFO(one.tool << " on " << agents::name(layout.system));
      Home home;
      Keys keys(8);
      one.write(home, layout, keys.kimi_code(), "ai");
      auto input = home.input();
      input.system = layout.system;
      const auto result = agents::audit(input);
      INFO(above_note(result));
      CHECK(count_of(result, "kimi-host-mismatch") == 1);
    }
  }
}

TEST_CASE("one key with .ai in kimi-cli and .cn in any other tool is one region conflict") {
  for (const Case& one : tool_cases<Home>()) {
    if (one.tool == "kimi-cli") continue;
    INFO(one.tool);
    Home home;
    Keys keys(9);
    const std::string key = keys.platform();
    one.write(home, kLayouts[0], key, "cn");
    home.write(".kimi/config.toml",
               "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
               "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
                   key + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
    const auto result = home.audit();
    CHECK(count_of(result, "kimi-region-conflict") == 1);
  }
}

TEST_CASE("the layout of a copied home is told by what lies in it") {
  Home home;
  agents::PosixDisk disk;
  CHECK(agents::system_of_home(disk, home.path()) == System::linux);
  home.write("Library/Application Support/x", "");
  CHECK(agents::system_of_home(disk, home.path()) == System::macos);
  home.write("AppData/Roaming/x", "");
  CHECK(agents::system_of_home(disk, home.path()) == System::windows);
}

TEST_CASE("defaults per tool for the provider moonshot without an address") {
  const std::map<std::string, std::string> expected = {
      {"cline", "https://api.moonshot.ai/v1"},
      {"continue", "https://api.moonshot.cn/v1/"},
      {"goose", "https://api.moonshot.cn/v1/chat/completions"},
      {"opencode", "https://api.moonshot.ai/v1"},
      {"crush", "https://api.moonshot.ai/v1"},
      {"openclaw", "https://api.moonshot.ai/v1"},
      {"litellm", "https://api.moonshot.ai/v1"},
      {"one-api", "https://api.moonshot.cn"},
      {"cherry-studio", "https://api.moonshot.cn"},
      {"lobechat", "https://api.moonshot.cn/v1"},
      {"roo-code", "https://api.moonshot.ai/v1"},
      {"kilo-code", "https://api.moonshot.ai/v1"},
      {"hermes", "https://api.moonshot.ai/v1"}};
  for (const auto& [tool, base] : expected) {
    INFO(tool);
    const agents::Profile* profile = profiles().tool(tool);
    REQUIRE(profile != nullptr);
    const char* id = tool == "one-api" ? "25" : tool == "opencode" ? "moonshotai" : "moonshot";
    REQUIRE(profile->provider(id) != nullptr);
    CHECK(profile->provider(id)->base_url == base);
  }
}

TEST_CASE("Hermes sends a key that begins with sk-kimi- to Kimi Code when no address is written") {
  Home home;
  Keys keys(21);
  home.write(".hermes/.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  const auto result = home.audit();
  CHECK(url_of(connection_of(result, "hermes")) == "https://api.kimi.com/coding/v1");
  CHECK(above_note(result).empty());
}

TEST_CASE("opencode: the Kimi Code provider takes its key and its address as it should") {
  Home home;
  Keys keys(22);
  home.write(".local/share/opencode/auth.json",
             R"({"kimi-for-coding":{"type":"api","key":")" + keys.kimi_code() + R"("}})");
  home.write(".config/opencode/opencode.json",
             R"({"model":"kimi-for-coding/k3","small_model":"kimi-for-coding/k3"})");
  const auto result = home.audit();
  INFO(above_note(result));
  CHECK(above_note(result).empty());
  CHECK(url_of(connection_of(result, "opencode")) == "https://api.kimi.com/coding/v1");
}

}  // namespace kimiguard

TEST_CASE("Open WebUI's database is found in every folder that people mount it from") {
  for (const char* folder : {".open-webui", "open-webui", "open-webui/backend/data", "open-webui/data", ".local/share/open-webui",
                             ".local/share/containers/storage/volumes/ai_open-webui/_data", ".local/share/docker/volumes/open-webui/_data",
                             ".local/lib/python3.12/site-packages/open_webui/data"}) {
    kimiguard::test::Home home;
    kimiguard::test::Keys keys(77);
    kimiguard::test::run_sql(home.path(std::string(folder) + "/webui.db"),
                             {"CREATE TABLE config(id INTEGER PRIMARY KEY, data JSON, version INTEGER)",
                              R"(INSERT INTO config VALUES(1,'{"openai":{"api_base_urls":["https://api.moonshot.ai/v1"],"api_keys":[")" + keys.kimi_code() +
                                  R"("]}}',0))"});
    INFO(folder);
    CHECK(kimiguard::test::count_of(home.audit(), "kimi-host-mismatch") == 1);
  }
}

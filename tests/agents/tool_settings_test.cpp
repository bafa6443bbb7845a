// Single settings of single tools that are easily taken for something else.
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

}  // namespace kimiguard

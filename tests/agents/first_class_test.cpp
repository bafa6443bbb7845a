// Tools of the first class: what each really talks to, in right and wrong states.
#include "tests/agents/home.h"

namespace kimiguard {
using namespace test;

TEST_CASE("Cline's plan and act modes take key and region from their own files") {
  Home home;
  Keys keys(11);
  const std::string key = keys.platform();
  home.write(".cline/data/secrets.json", R"({ "moonshotApiKey": ")" + key + R"(" })");
  home.write(".cline/data/globalState.json",
             "{\n \"planModeApiProvider\": \"moonshot\", \"actModeApiProvider\": \"moonshot\",\n"
             " \"actModeApiModelId\": \"kimi-k3\",\n \"moonshotApiLine\": \"china\" }");
  const auto result = home.audit();
  const Connection* act = connection_of(result, "cline", "act");
  REQUIRE(act != nullptr);
  CHECK(url_of(act) == "https://api.moonshot.cn/v1");
  CHECK(key_of(act) == key);
  CHECK(act->base_url->position.line == 4);
  CHECK(act->model->value == "kimi-k3");
  INFO(above_note(result));
  CHECK(above_note(result).empty());
}

TEST_CASE("Cline without a region goes to the international address") {
  Home home;
  Keys keys(12);
  home.write(".cline/data/secrets.json", R"({ "moonshotApiKey": ")" + keys.platform() + R"(" })");
  home.write(".cline/data/globalState.json",
             R"({ "actModeApiProvider": "moonshot", "actModeApiModelId": "kimi-k3" })");
  const auto result = home.audit();
  const Connection* act = connection_of(result, "cline", "act");
  CHECK(url_of(act) == "https://api.moonshot.ai/v1");
  CHECK(act->base_url->source == Part::Source::tool_default);
}

TEST_CASE("A region conflict through Cline's moonshotApiLine is mended in its own words") {
  Home home;
  Keys keys(13);
  const std::string key = keys.platform();
  home.write(".cline/data/secrets.json", R"({ "moonshotApiKey": ")" + key + R"(" })");
  home.write(
      ".cline/data/globalState.json",
      R"({ "actModeApiProvider": "moonshot", "actModeApiModelId": "kimi-k3", "moonshotApiLine": "china" })");
  home.write(".kimi/config.toml",
             "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
             "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
                 key + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  const auto result = home.audit();
  const Finding* finding = find_rule(result, "kimi-region-conflict");
  REQUIRE(finding != nullptr);
  bool china = false;
  for (const Change& change : finding->changes)
    china = china || (change.key_path == "moonshotApiLine" && change.from == "china" &&
                      change.to == "international");
  CHECK(china);
}

TEST_CASE("kimi-cli: environment of the login shell overrides the configured address") {
  Home home;
  Keys keys(14);
  const std::string key = keys.platform();
  home.write(".kimi/config.toml",
             "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = "
             "\"https://api.moonshot.ai/v1\"\napi_key = \"" +
                 key + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  home.write(".bashrc", "# mine\nexport KIMI_BASE_URL=https://api.moonshot.cn/v1\n");
  const auto result = home.audit();
  const Connection* a = connection_of(result, "kimi-cli");
  REQUIRE(a != nullptr);
  const Finding* finding = find_rule(result, "kimi-env-override");
  REQUIRE(finding != nullptr);
  CHECK(finding->severity == Severity::low);
  CHECK(finding->confidence == Confidence::high);
  CHECK(finding->arguments.at("variable") == "KIMI_BASE_URL");
  CHECK(finding->places.front().path == home.path(".bashrc"));
  CHECK(finding->places.front().region.begin.line == 2);
}

TEST_CASE("Claude Code: settings win over the shell, and both are named") {
  Home home;
  Keys keys(15);
  const std::string key = keys.platform();
  home.write(
      ".claude/settings.json",
      R"({ "env": { "ANTHROPIC_BASE_URL": "https://api.moonshot.ai/anthropic", "ANTHROPIC_AUTH_TOKEN": ")" +
          key +
          R"(", "ANTHROPIC_MODEL": "kimi-k2.7-code", "ANTHROPIC_DEFAULT_HAIKU_MODEL": "kimi-k2.7-code",
 "ANTHROPIC_DEFAULT_SONNET_MODEL": "kimi-k2.7-code", "ANTHROPIC_DEFAULT_OPUS_MODEL": "kimi-k2.7-code" } })");
  const auto right = home.audit();
  CHECK(above_note(right).empty());
  CHECK(right.findings.empty());
  home.write(".zshrc", "export ANTHROPIC_BASE_URL=https://api.moonshot.cn/anthropic\n");
  const auto result = home.audit();
  const Connection* settings = connection_of(result, "claude-code");
  CHECK(url_of(settings) == "https://api.moonshot.ai/anthropic");
  CHECK(count_of(result, "kimi-env-override") == 1);
}

}  // namespace kimiguard

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

TEST_CASE("Cline with the provider openai: each mode is judged by its own model, and told its own setting") {
  Home home;
  Keys keys(14);
  home.write(".cline/data/secrets.json", R"({ "openAiApiKey": ")" + keys.platform() + R"(" })");
  home.write(".cline/data/globalState.json",
             "{\n \"planModeApiProvider\": \"openai\", \"actModeApiProvider\": \"openai\",\n"
             " \"openAiBaseUrl\": \"https://api.moonshot.ai/v1\",\n"
             " \"planModeApiModelId\": \"claude-sonnet-4\", \"actModeApiModelId\": \"kimi-k2.5\",\n"
             " \"planModeOpenAiModelId\": \"kimi-for-coding\",\n \"actModeOpenAiModelId\": \"kimi-k2-0905-preview\" }");
  const auto result = home.audit();
  CHECK(connection_of(result, "cline", "plan")->model->value == "kimi-for-coding");
  CHECK(connection_of(result, "cline", "act")->model->value == "kimi-k2-0905-preview");
  REQUIRE(count_of(result, "kimi-model-mismatch") == 1);
  REQUIRE(count_of(result, "kimi-model-retired") == 1);
  const Finding* plan = find_rule(result, "kimi-model-mismatch");
  CHECK(plan->arguments.at("where") == "Cline (plan)");
  REQUIRE(plan->changes.size() == 1);
  CHECK(plan->changes[0].key_path == "planModeOpenAiModelId");
  const Finding* act = find_rule(result, "kimi-model-retired");
  CHECK(act->arguments.at("where") == "Cline (act)");
  REQUIRE(act->changes.size() == 1);
  CHECK(act->changes[0].key_path == "actModeOpenAiModelId");
  CHECK(act->places.front().region.begin.line == 6);
}

TEST_CASE("Cline with the provider openai: one address for both modes is one finding, with both models in their own settings") {
  Home home;
  Keys keys(15);
  home.write(".cline/data/secrets.json", R"({ "openAiApiKey": ")" + keys.kimi_code() + R"(" })");
  home.write(".cline/data/globalState.json",
             R"({ "planModeApiProvider": "openai", "actModeApiProvider": "openai", "openAiBaseUrl": "https://api.moonshot.cn/v1",
                  "planModeOpenAiModelId": "kimi-k3", "actModeOpenAiModelId": "kimi-k2.6" })");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-host-mismatch") == 1);
  const Finding* finding = find_rule(result, "kimi-host-mismatch");
  CHECK(finding->key_path == "openAiBaseUrl");
  CHECK(finding->arguments.at("where") == "Cline (plan, act)");
  std::vector<std::string> changes;
  for (const Change& change : finding->changes) changes.push_back(change.key_path + " " + change.to);
  std::sort(changes.begin(), changes.end());
  CHECK(changes == std::vector<std::string>{"actModeOpenAiModelId kimi-for-coding", "openAiBaseUrl https://api.kimi.ai/coding/v1",
                                            "openAiBaseUrl https://api.kimi.com/coding/v1", "planModeOpenAiModelId kimi-for-coding"});
}

TEST_CASE("Cline: a mode whose provider has its key in providers.json takes key, region and address from there") {
  Home home;
  Keys keys(16);
  const std::string key = keys.kimi_code();
  home.write(".cline/data/globalState.json", R"({ "actModeApiProvider": "kimi-for-coding", "actModeApiModelId": "k3" })");
  home.write(".cline/data/settings/providers.json",
             R"({ "version": 1, "lastUsedProvider": "moonshot", "providers": { "kimi-for-coding": { "settings": { "provider": "kimi-for-coding", "apiKey": ")" +
                 key + R"(", "model": "k3" } } } })");
  const auto result = home.audit();
  const Connection* act = connection_of(result, "cline", "act");
  REQUIRE(act != nullptr);
  CHECK(key_of(act) == key);
  CHECK(url_of(act) == "https://api.kimi.com/coding/v1");
  CHECK(above_note(result).empty());
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

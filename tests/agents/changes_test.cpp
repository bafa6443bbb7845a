// What the audit says to write: never a model that is gone, every way out, each list as one setting.
#include <map>

#include "tests/agents/home.h"

namespace kimiguard {
using namespace test;

namespace {

// "file.toml:3 key from -> to", "or " before another way.
std::vector<std::string> changes_of(const Finding* finding) {
  std::vector<std::string> all;
  if (finding == nullptr) return all;
  for (const Change& change : finding->changes)
    all.push_back((change.instead ? "or " : "") + change.file.substr(change.file.rfind('/') + 1) + (change.line > 0 ? ":" + std::to_string(change.line) : "") + " " +
                  change.key_path + " " + change.from + " -> " + change.to);
  return all;
}

std::string claude(const std::string& url, const std::string& key, const std::string& more) {
  return "{ \"env\": { \"ANTHROPIC_BASE_URL\": \"" + url + "\", \"ANTHROPIC_AUTH_TOKEN\": \"" + key + "\"" + more + " } }";
}

}  // namespace

TEST_CASE("M7: a variable that replaces a written address: take it away, set it right at its line, or write it into the file") {
  Home home;
  Keys keys(301);
  home.write(".bashrc", "# mine\n\nexport KIMI_BASE_URL=https://api.moonshot.cn/v1\n");
  home.write(".kimi/config.toml", "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"https://api.moonshot.ai/v1\"\napi_key = \"" + keys.platform() +
                                      "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  const auto result = home.audit();
  CHECK(changes_of(find_rule(result, "kimi-env-override")) ==
        std::vector<std::string>{".bashrc:3 KIMI_BASE_URL https://api.moonshot.cn/v1 -> ", "or .bashrc:3 KIMI_BASE_URL https://api.moonshot.cn/v1 -> https://api.moonshot.ai/v1",
                                 "or config.toml:4 providers.m.base_url https://api.moonshot.ai/v1 -> https://api.moonshot.cn/v1"});
  CHECK(find_rule(result, "kimi-env-override")->arguments.at("place").ends_with(".bashrc:3"));
}

TEST_CASE("M7: a variable whose key the host does not take is taken away or gets the key of the file") {
  Home home;
  Keys keys(302);
  const std::string right = keys.platform();
  home.write(".zshrc", "export KIMI_API_KEY=" + keys.kimi_code() + "\n");
  home.write(".kimi/config.toml", "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"https://api.moonshot.ai/v1\"\napi_key = \"" + right +
                                      "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  const auto result = home.audit();
  const Finding* finding = find_rule(result, "kimi-env-override");
  REQUIRE(finding != nullptr);
  REQUIRE(finding->changes.size() == 2);
  CHECK(finding->changes[0].to.empty());
  CHECK(finding->changes[1].instead);
  CHECK(finding->changes[1].to == Secret(right).masked());
  CHECK(finding->changes[1].line == 1);
}

TEST_CASE("M8: what is written for background work is a model that the host has") {
  Home home;
  Keys keys(303);
  const auto written = [&](const std::string& url, const std::string& key, const std::string& model) {
    home.write(".claude/settings.json", claude(url, key, ", \"ANTHROPIC_MODEL\": \"" + model + "\""));
    const auto result = home.audit();
    const Finding* finding = find_rule(result, "kimi-silent-fallback");
    REQUIRE(finding != nullptr);
    REQUIRE(finding->changes.size() == 3);
    CHECK(finding->changes[0].key_path == "env.ANTHROPIC_DEFAULT_HAIKU_MODEL");
    CHECK(finding->arguments.at("model") == finding->changes[2].to);
    return finding->changes[0].to;
  };
  CHECK(written("https://api.moonshot.ai/anthropic", keys.platform(), "kimi-k2.7-code") == "kimi-k2.7-code");
  CHECK(written("https://api.moonshot.ai/anthropic", keys.platform(), "kimi-k2-thinking") == "kimi-k2.6");
  CHECK(written("https://api.moonshot.cn/anthropic", keys.platform(), "kimi-for-coding") == "kimi-k3");
  CHECK(written("https://api.kimi.com/coding/", keys.kimi_code(), "kimi-k2.5") == "kimi-for-coding");
  CHECK(written("https://api.moonshot.ai/anthropic", keys.platform(), "moonshotai/kimi-k3") == "kimi-k3");
  CHECK(written("https://api.moonshot.ai/anthropic", keys.platform(), "kimi-k9") == "kimi-k9");  // may be new
}

TEST_CASE("M8: the old name of the small model, another scope and the environment count") {
  Home home;
  Keys keys(304);
  const std::string key = keys.platform();
  const std::string rest = ", \"ANTHROPIC_MODEL\": \"kimi-k3\", \"ANTHROPIC_DEFAULT_SONNET_MODEL\": \"kimi-k3\", \"ANTHROPIC_DEFAULT_OPUS_MODEL\": \"kimi-k3\"";
  const auto said = [&](const std::string& more) {
    home.write(".claude/settings.json", claude("https://api.moonshot.ai/anthropic", key, rest + more));
    return count_of(home.audit(), "kimi-silent-fallback");
  };
  CHECK(said("") == 1);
  CHECK(said(", \"ANTHROPIC_SMALL_FAST_MODEL\": \"kimi-k3\"") == 0);
  CHECK(said(", \"ANTHROPIC_DEFAULT_HAIKU_MODEL\": \"kimi-k3\"") == 0);
  home.write(".bashrc", "export ANTHROPIC_SMALL_FAST_MODEL=kimi-k3\n");
  CHECK(said("") == 0);
}

TEST_CASE("M8: a connection that stands in the login's files alone is asked for its background models there") {
  Home home;
  Keys keys(305);
  home.write(".claude/settings.json", "{ \"theme\": \"dark\" }");
  home.write(".bashrc", "export ANTHROPIC_BASE_URL=https://api.moonshot.ai/anthropic\nexport ANTHROPIC_AUTH_TOKEN=" + keys.platform() + "\nexport ANTHROPIC_MODEL=kimi-k2.5\n");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-silent-fallback") == 1);
  const Finding* finding = find_rule(result, "kimi-silent-fallback");
  CHECK(changes_of(finding) == std::vector<std::string>{".bashrc ANTHROPIC_DEFAULT_HAIKU_MODEL  -> kimi-k2.6", ".bashrc ANTHROPIC_DEFAULT_SONNET_MODEL  -> kimi-k2.6",
                                                        ".bashrc ANTHROPIC_DEFAULT_OPUS_MODEL  -> kimi-k2.6"});
  CHECK(finding->places.front().region.begin.line == 3);
}

TEST_CASE("no change of any finding names a model that is gone") {
  Home home;
  Keys keys(306);
  for (const Model& model : book().models) {
    for (const std::string url : {"https://api.moonshot.ai/anthropic", "https://api.kimi.com/coding/", "https://api.openai.com/v1"}) {
      for (const bool code : {true, false}) {
        home.write(".claude/settings.json", claude(url, code ? keys.kimi_code() : keys.platform(), ", \"ANTHROPIC_MODEL\": \"" + model.id + "\""));
        const auto result = home.audit();
        for (const Finding& finding : result.findings)
          for (const Change& change : finding.changes) {
            INFO(finding.rule << " " << url << " " << change.key_path << " " << change.from << " " << change.to);
            for (const Model& other : book().models)
              CHECK((other.id != change.to || other.retired.empty()));
          }
      }
    }
  }
}

TEST_CASE("opencode: the small model that is offered is the connection's own, in its words") {
  Home home;
  Keys keys(307);
  home.write(".config/opencode/opencode.json", "{ \"model\": \"kimi-for-coding/k3\", \"provider\": { \"kimi-for-coding\": { \"options\": { \"apiKey\": \"" + keys.kimi_code() + "\" } } } }");
  const auto result = home.audit();
  const Finding* finding = find_rule(result, "kimi-silent-fallback");
  REQUIRE(finding != nullptr);
  CHECK(finding->arguments.at("wanted") == "kimi-for-coding/k3");
}

TEST_CASE("LiteLLM: a list of fallbacks is one setting, and is written as one") {
  Home home;
  Keys keys(308);
  home.write("litellm_config.yaml", "model_list:\n  - model_name: kimi\n    litellm_params:\n      model: moonshot/kimi-k2.6\n      api_key: " + keys.platform() +
                                        "\nlitellm_settings:\n  fallbacks:\n    - kimi: [gpt-4o, other]\n    - b: [c]\n");
  const auto result = home.audit();
  REQUIRE(count_of(result, "kimi-silent-fallback") == 1);
  const Finding* finding = find_rule(result, "kimi-silent-fallback");
  CHECK(finding->key_path == "litellm_settings.fallbacks");
  CHECK(changes_of(finding) == std::vector<std::string>{"litellm_config.yaml:8 litellm_settings.fallbacks [gpt-4o, other, c] -> []"});
}

TEST_CASE("Claude Code: one fallback model is taken out, a list of them emptied") {
  Home home;
  Keys keys(309);
  const std::string env = claude("https://api.moonshot.ai/anthropic", keys.platform(), ", \"ANTHROPIC_DEFAULT_HAIKU_MODEL\": \"kimi-k3\"");
  const auto said = [&](const std::string& value) {
    home.write(".claude/settings.json", env.substr(0, env.size() - 1) + ", \"fallbackModel\": " + value + " }");
    return changes_of(find_rule(home.audit(), "kimi-silent-fallback"));
  };
  CHECK(said("\"sonnet\"") == std::vector<std::string>{"settings.json:1 fallbackModel sonnet -> "});
  CHECK(said("[\"sonnet\", \"opus\"]") == std::vector<std::string>{"settings.json:1 fallbackModel [sonnet, opus] -> []"});
}

TEST_CASE("Goose: a lead provider that is the provider itself is no other provider") {
  Home home;
  Keys keys(310);
  home.write(".config/goose/secrets.yaml", "MOONSHOT_API_KEY: " + keys.platform() + "\n");
  const auto said = [&](const std::string& lead) {
    home.write(".config/goose/config.yaml", "GOOSE_PROVIDER: moonshot\nGOOSE_MODEL: kimi-k3\nGOOSE_MAX_TURNS: 50\nGOOSE_LEAD_PROVIDER: " + lead + "\n");
    return changes_of(find_rule(home.audit(), "kimi-silent-fallback"));
  };
  CHECK(said("moonshot").empty());
  CHECK(said("anthropic") == std::vector<std::string>{"config.yaml:4 GOOSE_LEAD_PROVIDER anthropic -> moonshot"});
}

TEST_CASE("M5: where no address is written, the setting that it belongs in is named with its file") {
  Home home;
  Keys keys(311);
  SECTION("in Claude Code's settings") {
    home.write(".claude/settings.json", "{ \"env\": { \"ANTHROPIC_AUTH_TOKEN\": \"" + keys.kimi_code() + "\" } }");
    const auto result = home.audit();
    CHECK(changes_of(find_rule(result, "kimi-key-sent-elsewhere")) ==
          std::vector<std::string>{"settings.json env.ANTHROPIC_BASE_URL  -> https://api.kimi.com/coding/", "settings.json env.ANTHROPIC_BASE_URL  -> https://api.kimi.ai/coding/"});
  }
  SECTION("in the login's files") {
    home.write(".zshrc", "export OPENAI_API_KEY=" + keys.kimi_code() + "\n");
    const auto result = home.audit();
    CHECK(changes_of(find_rule(result, "kimi-key-sent-elsewhere")) ==
          std::vector<std::string>{".zshrc OPENAI_BASE_URL  -> https://api.kimi.com/coding/v1", ".zshrc OPENAI_BASE_URL  -> https://api.kimi.ai/coding/v1"});
  }
  SECTION("in Continue") {
    home.write(".continue/config.yaml", "models:\n  - name: Kimi\n    provider: openai\n    model: kimi-k3\n    apiKey: " + keys.platform() + "\n");
    const auto result = home.audit();
    CHECK(changes_of(find_rule(result, "kimi-key-sent-elsewhere")) ==
          std::vector<std::string>{"config.yaml models.0.apiBase  -> https://api.moonshot.ai/v1", "config.yaml models.0.apiBase  -> https://api.moonshot.cn/v1"});
  }
}

TEST_CASE("M2: where a default sends the key to the other region, the setting that overrides the default is named") {
  Home home;
  Keys keys(312);
  const std::string key = keys.platform();
  home.write(".continue/config.yaml", "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k3\n    apiKey: " + key + "\n    roles: [chat]\n");
  home.write(".cline/data/secrets.json", R"({ "moonshotApiKey": ")" + key + R"(" })");
  home.write(".cline/data/globalState.json", R"({ "planModeApiProvider": "moonshot", "actModeApiProvider": "moonshot" })");
  const auto result = home.audit();
  CHECK(changes_of(find_rule(result, "kimi-region-conflict")) ==
        std::vector<std::string>{"globalState.json moonshotApiLine  -> china", "or config.yaml models.0.apiBase  -> https://api.moonshot.ai/v1"});
}

TEST_CASE("M11b: the address that stands elsewhere is named beside the key, with its right end") {
  Home home;
  Keys keys(314);
  home.write(".bashrc", "export ANTHROPIC_BASE_URL=https://api.moonshot.ai/v1\n");
  home.write(".claude/settings.json", "{ \"env\": { \"ANTHROPIC_API_KEY\": \"" + keys.platform() + "\" } }");
  const auto result = home.audit();
  CHECK(changes_of(find_rule(result, "kimi-auth-conflict")) == std::vector<std::string>{"settings.json env.ANTHROPIC_BASE_URL  -> https://api.moonshot.ai/anthropic"});
}

TEST_CASE("M8: where the provider is to change, the model for small tasks changes with it") {
  Home home;
  Keys keys(315);
  home.write(".config/opencode/opencode.json", "{ \"model\": \"moonshotai/kimi-k2.6\", \"provider\": { \"moonshotai\": { \"options\": { \"apiKey\": \"" + keys.kimi_code() + "\" } } } }");
  const auto result = home.audit();
  const Finding* small = find_rule(result, "kimi-silent-fallback");
  REQUIRE(small != nullptr);
  CHECK(small->arguments.at("wanted").ends_with("/kimi-for-coding"));
  CHECK(small->changes.at(0).to == small->arguments.at("wanted"));
}

TEST_CASE("M5: a Kimi key at a host that nobody knows is possible, on a private network nothing is said") {
  Home home;
  Keys keys(316);
  const auto said = [&](const std::string& url, const std::string& key) {
    home.write(".bashrc", "export MOONSHOT_API_KEY=" + key + "\nexport MOONSHOT_BASE_URL=" + url + "\n");
    const auto result = home.audit();
    const Finding* finding = find_rule(result, "kimi-key-sent-elsewhere");
    return finding == nullptr ? std::string("nothing") : std::string(name(finding->severity)) + " " + std::string(name(finding->confidence));
  };
  CHECK(said("https://relay.example.net/v1", keys.kimi_code()) == "low medium");
  CHECK(said("https://relay.example.net/v1", keys.platform()) == "nothing");  // a relay's own keys look so
  for (const char* url : {"https://10.1.2.3/v1", "https://192.168.1.9:4000/v1", "https://172.20.0.2/v1", "https://llm.internal/v1", "http://litellm:4000/v1", "http://127.0.0.1:4000/v1"})
    CHECK(said(url, keys.kimi_code()) == "nothing");
  // The same key at Kimi's own host is Kimi's.
  const std::string key = keys.platform();
  home.write(".kimi/config.toml", "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"https://api.moonshot.ai/v1\"\napi_key = \"" + key + "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  CHECK(said("https://relay.example.net/v1", key) == "low low");
}

TEST_CASE("a file of the login is called that, a tool's own store is its tool's") {
  Home home;
  Keys keys(317);
  home.write(".bashrc", "export MOONSHOT_API_KEY=" + keys.platform() + "\n");
  home.write(".cline/data/secrets.json", R"({ "moonshotApiKey": ")" + keys.platform() + R"(" })");
  std::map<std::string, PlaceKind> places;
  const auto result = home.audit();
  for (const auto& file : result.files) places[file.path.substr(file.path.rfind('/') + 1)] = file.place;
  CHECK(places.at(".bashrc") == PlaceKind::login_file);
  CHECK(places.at("secrets.json") == PlaceKind::tool_store);
}

TEST_CASE("Crush: every model of a provider's list is judged") {
  Home home;
  Keys keys(313);
  home.write(".config/crush/crush.json", R"({ "providers": { "moonshot": { "type": "openai", "base_url": "https://api.moonshot.ai/v1", "api_key": ")" + keys.platform() +
                                             R"(", "models": [ { "id": "kimi-k3" }, { "id": "kimi-for-coding" }, { "id": "kimi-k2.5" } ] } } })");
  const auto result = home.audit();
  CHECK(changes_of(find_rule(result, "kimi-model-mismatch")) == std::vector<std::string>{"crush.json:1 providers.moonshot.models.1.id kimi-for-coding -> kimi-k3"});
  CHECK(changes_of(find_rule(result, "kimi-model-retired")) == std::vector<std::string>{"crush.json:1 providers.moonshot.models.2.id kimi-k2.5 -> kimi-k2.6"});
}

}  // namespace kimiguard

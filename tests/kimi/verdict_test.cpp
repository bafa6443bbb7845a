#include "scanner/kimi/verdict.h"

#include <algorithm>

#include "scanner/rulebook/message.h"
#include "tests/kimi/kimi_fixture.h"

using namespace kimiguard;
using namespace kimiguard::kimi;
using namespace kimiguard::test;

namespace {

const Judge& judge() {
  static const Judge kJudge(book());
  return kJudge;
}

std::vector<Finding> verdict(const Connection& connection, Background known = {}) {
  known.as_of = known.as_of.empty() ? "2026-11-24" : known.as_of;
  std::vector<Finding> findings = judge().verdict(connection, known);
  // Whatever is judged, its texts are whole in both languages and hold no key.
  for (const Finding& finding : findings) {
    const Rule* rule = book().rule(finding.rule);
    REQUIRE(rule != nullptr);
    for (const char* language : {"en", "zh"}) {
      for (const Localized* text :
           {&message_of(*rule, finding.arguments), &advice_of(*rule, finding.arguments)}) {
        const std::string words = fill_placeholders(text->in(language), finding.arguments);
        INFO(finding.rule << ": " << words);
        CHECK(words.find('{') == std::string::npos);
        if (connection.key && !connection.key->secret.empty())
          CHECK(words.find(connection.key->secret.reveal()) == std::string::npos);
      }
    }
    CHECK_FALSE(finding.places.empty());
    for (const Change& change : finding.changes)
      if (connection.key && !connection.key->secret.empty())
        CHECK((change.from + change.to).find(connection.key->secret.reveal()) == std::string::npos);
  }
  return findings;
}

std::vector<std::string> rules(const Connection& connection, const Background& known = {}) {
  return rules_of(verdict(connection, known));
}

const std::vector<std::string> kNothing;

}  // namespace

TEST_CASE("right pairs get no finding") {
  for (const char* url : {"https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1"})
    for (const char* model :
         {"", "kimi-k3", "kimi-k2.6", "kimi-k2.7-code", "moonshot/kimi-k3", "some-new-model"})
      CHECK(rules(connection(platform_key(), url, model)) == kNothing);
  for (const char* url : {"https://api.kimi.com/coding/v1", "https://api.kimi.ai/coding/v1"})
    for (const char* model : {"kimi-for-coding", "k3", "k3[1m]", "kimi-for-coding-highspeed"})
      CHECK(rules(connection(code_key(), url, model)) == kNothing);
  for (const char* url : {"https://api.moonshot.ai/anthropic", "https://api.moonshot.cn/anthropic/"})
    CHECK(rules(connection(platform_key(), url, "kimi-k3[1m]", "anthropic")) == kNothing);
  for (const char* url : {"https://api.kimi.com/coding/", "https://api.kimi.com/coding"})
    CHECK(rules(connection(code_key(), url, "kimi-for-coding", "anthropic")) == kNothing);
  CHECK(rules(connection(made("sk-or-v1-{{hex:64}}"), "https://openrouter.ai/api/v1",
                         "moonshotai/kimi-k2.6")) == kNothing);
  CHECK(rules(connection(made("sk-{{lower:48}}"), "https://api.siliconflow.cn/v1",
                         "Pro/moonshotai/Kimi-K2.6")) == kNothing);
  CHECK(rules(connection(platform_key(), "https://api.openai.com/v1", "gpt-5")) == kNothing);
  CHECK(rules(connection(platform_key(), "https://api.stepfun.com/v1")) == kNothing);
  CHECK(rules(connection(code_key(), "https://oai.helicone.ai/v1")) == kNothing);
  CHECK(rules(connection(code_key(), "http://127.0.0.1:3456")) == kNothing);
  CHECK(rules(connection(code_key(), "http://litellm:4000/v1")) == kNothing);
  CHECK(rules(connection("", "https://api.moonshot.cn/v1", "kimi-k3")) == kNothing);
  CHECK(rules(connection("${MOONSHOT_API_KEY}", "https://api.kimi.com/coding/v1")) == kNothing);
  CHECK(rules(connection(made("{{jwt:rs256:{\"sub\":\"x\"}}}"), "https://api.kimi.com/coding/v1")) ==
        kNothing);
  CHECK(rules(Connection{}) == kNothing);
}

TEST_CASE("a key named Kimi's at another vendor's host is sent elsewhere, as surely as the vendor's keys look otherwise") {
  const auto named = [](const char* name, const char* url, const char* model = "") {
    Connection made = connection(platform_key(), url, model);
    made.key->key_path = name;
    return verdict(made);
  };
  for (const char* url : {"https://openrouter.ai/api/v1", "https://api.deepseek.com/v1", "https://api.siliconflow.cn/v1",
                          "https://ark.cn-beijing.volces.com/api/v3", "https://api.openai.com/v1", "https://integrate.api.nvidia.com/v1"}) {
    for (const char* name : {"MOONSHOT_API_KEY", "KIMI_API_KEY", "env.MOONSHOT_CN_API_KEY", "providers.x.moonshotApiKey"}) {
      const auto findings = named(name, url, "kimi-k2");
      INFO(name << " " << url);
      REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
      CHECK(findings[0].confidence == Confidence::high);
      CHECK(findings[0].severity == Severity::high);
      CHECK(findings[0].key_path == "base_url");
      CHECK_FALSE(findings[0].changes.empty());
    }
  }
  // A relay sells Kimi's models under keys of the same shape, which people put under Kimi's name.
  const auto relay = named("MOONSHOT_API_KEY", "https://aihubmix.com/v1");
  REQUIRE(rules_of(relay) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
  CHECK(relay[0].confidence == Confidence::low);
  CHECK(relay[0].severity == Severity::low);
  // The region that a name tells is the one to set.
  CHECK(named("MOONSHOT_CN_API_KEY", "https://api.deepseek.com/v1")[0].changes.size() == 1);
  CHECK(named("MOONSHOT_CN_API_KEY", "https://api.deepseek.com/v1")[0].changes[0].to == "https://api.moonshot.cn/v1");

  // The entry speaks where the setting's own name does not, and only where the key cannot be the vendor's.
  CHECK(rules_of(named("providers.moonshot.apiKey", "https://openrouter.ai/api/v1")) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
  CHECK(named("providers.moonshot.apiKey", "https://openrouter.ai/api/v1")[0].confidence == Confidence::medium);
  CHECK(named("providers.kimi.apiKey", "https://aihubmix.com/v1").empty());
  CHECK(named("providers.openrouter.apiKey", "https://openrouter.ai/api/v1").empty());
  CHECK(named("OPENAI_API_KEY", "https://openrouter.ai/api/v1").empty());
  CHECK(named("MOONSHOT_API_KEY", "https://oai.helicone.ai/v1").empty());
  CHECK(named("MOONSHOT_API_KEY", "https://gw.example.net/v1").empty());
  CHECK(named("MOONSHOT_API_KEY", "http://localhost:4000/v1").empty());
}

TEST_CASE("the region of the address that stands there is offered first, the only one where it is known") {
  const auto first = [](const std::string& key, const char* url) {
    const auto findings = verdict(connection(key, url));
    REQUIRE(findings.size() == 1);
    REQUIRE(findings[0].changes.size() == 2);
    CHECK(findings[0].arguments.at("wanted") == findings[0].changes[0].to);
    CHECK(findings[0].arguments.at("wanted_else") == findings[0].changes[1].to);
    return findings[0].changes[0].to + " " + findings[0].arguments.at("listed");
  };
  CHECK(first(code_key(), "https://api.moonshot.ai/v1") == "https://api.kimi.ai/coding/v1 www.kimi.ai/code/console");
  CHECK(first(code_key(), "https://api.moonshot.cn/v1") == "https://api.kimi.com/coding/v1 www.kimi.com/code/console");
  CHECK(first(platform_key(), "https://api.kimi.ai/coding/v1") == "https://api.moonshot.ai/v1 platform.kimi.ai/console/api-keys");
  CHECK(first(platform_key(), "https://api.kimi.com/coding/v1") == "https://api.moonshot.cn/v1 platform.kimi.com/console/api-keys");
  const auto known = verdict(connection(platform_key(), "https://api.kimi.com/coding/v1"), {"moonshot-global", "platform.kimi.ai", "", ""});
  REQUIRE(known.size() == 1);
  REQUIRE(known[0].changes.size() == 1);
  CHECK(known[0].changes[0].to == "https://api.moonshot.ai/v1");
}

TEST_CASE("with the address the model changes, where the new host does not have it") {
  const auto model = [](const std::string& key, const char* url, const char* id) {
    const auto findings = verdict(connection(key, url, id));
    REQUIRE(findings.size() == 1);  // no second verdict on the model contradicts it
    for (const Change& change : findings[0].changes)
      if (change.key_path == "model") return change.from + " -> " + change.to;
    return std::string("as it is");
  };
  const char* platform = "https://api.moonshot.ai/v1";
  const char* code = "https://api.kimi.com/coding/v1";
  CHECK(model(code_key(), platform, "kimi-k2.6") == "kimi-k2.6 -> kimi-for-coding");
  CHECK(model(code_key(), platform, "moonshot-v1-8k") == "moonshot-v1-8k -> kimi-for-coding");
  CHECK(model(code_key(), platform, "moonshotai/kimi-k2.6") == "moonshotai/kimi-k2.6 -> kimi-for-coding");
  CHECK(model(code_key(), platform, "kimi-for-coding") == "as it is");
  CHECK(model(code_key(), platform, "a-model-of-tomorrow") == "as it is");
  CHECK(model(platform_key(), code, "kimi-for-coding") == "kimi-for-coding -> kimi-k3");
  CHECK(model(platform_key(), code, "kimi-k3") == "as it is");
  CHECK(model(code_key(), "https://api.openai.com/v1", "kimi-k2.6") == "kimi-k2.6 -> kimi-for-coding");
}

// Facts §2b: which key works where.

TEST_CASE("a Kimi Code key at either platform host is a mismatch, medium, certain") {
  for (const char* url : {"https://api.moonshot.ai/v1", "https://api.moonshot.cn/v1"}) {
    const auto findings = verdict(connection(code_key(), url));
    REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-host-mismatch"});
    const Finding& finding = findings[0];
    CHECK(finding.severity == Severity::medium);
    CHECK(finding.confidence == Confidence::high);
    CHECK(finding.key_path == "base_url");
    CHECK(finding.places[0].region.begin.line == 3);
    REQUIRE(finding.settings.size() == 1);
    CHECK(finding.settings[0].role == "key");
    REQUIRE(finding.changes.size() == 2);
    CHECK(finding.changes[0].from == url);
    // The region of the address first.
    const bool global = std::string_view(url).find(".ai") != std::string_view::npos;
    CHECK(finding.changes[global ? 1 : 0].to == "https://api.kimi.com/coding/v1");
    CHECK(finding.changes[global ? 0 : 1].to == "https://api.kimi.ai/coding/v1");
  }
}

TEST_CASE("a Kimi Code key whose console is known gets the one right address") {
  const auto findings =
      verdict(connection(code_key(), "https://api.moonshot.ai/v1"), {"kimi-code-global", "", "", ""});
  REQUIRE(findings.size() == 1);
  REQUIRE(findings[0].changes.size() == 1);
  CHECK(findings[0].changes[0].to == "https://api.kimi.ai/coding/v1");
  CHECK(findings[0].arguments.at("wanted") == "https://api.kimi.ai/coding/v1");
}

TEST_CASE("the change keeps the protocol of the connection") {
  const auto findings =
      verdict(connection(code_key(), "https://api.moonshot.cn/anthropic", "", "anthropic"));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].changes[0].to == "https://api.kimi.com/coding/");
}

TEST_CASE("a platform key at either Kimi Code host is a mismatch") {
  for (const char* url : {"https://api.kimi.com/coding/v1", "https://api.kimi.ai/coding/v1"}) {
    const auto findings = verdict(connection(platform_key(), url));
    REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-host-mismatch"});
    CHECK(findings[0].arguments.at("variant") == "platform-key-at-code");
    CHECK(findings[0].changes.size() == 2);
  }
}

TEST_CASE("where the host is only a default, the key is the place of the verdict") {
  Connection made = connection(code_key(), "");
  made.base_url = default_part("https://api.moonshot.ai/v1");
  const auto findings = verdict(made);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].key_path == "api_key");
  CHECK(findings[0].settings.empty());
}

TEST_CASE("a login token at the platform is a mismatch, less certain") {
  const auto findings =
      verdict(connection(made("{{jwt:hs512:{\"sub\":\"x\"}}}"), "https://api.moonshot.cn/v1"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-host-mismatch"});
  CHECK(findings[0].confidence == Confidence::medium);
}

TEST_CASE("a platform key is judged by region only on evidence, and then as possible") {
  CHECK(rules(connection(platform_key(), "https://api.moonshot.cn/v1")) == kNothing);
  const auto findings =
      verdict(connection(platform_key(), "https://api.moonshot.cn/v1"), {"moonshot-global", "", "", ""});
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-region-conflict"});
  CHECK(findings[0].severity == Severity::low);
  CHECK(findings[0].changes[0].to == "https://api.moonshot.ai/v1");
}

TEST_CASE("a Kimi Code model at the platform, and a platform model at Kimi Code, are mismatches") {
  const auto at_platform =
      verdict(connection(platform_key(), "https://api.moonshot.ai/v1", "kimi-for-coding"));
  REQUIRE(rules_of(at_platform) == std::vector<std::string>{"kimi-model-mismatch"});
  CHECK(at_platform[0].severity == Severity::low);
  CHECK(at_platform[0].confidence == Confidence::medium);
  CHECK(at_platform[0].key_path == "model");
  CHECK(at_platform[0].changes[0].to == "kimi-k3");
  const auto at_code =
      verdict(connection(code_key(), "https://api.kimi.com/coding/v1", "moonshot-v1-8k"));
  REQUIRE(rules_of(at_code) == std::vector<std::string>{"kimi-model-mismatch"});
  CHECK(at_code[0].changes[0].to == "kimi-for-coding");
}

TEST_CASE("names of gateways at Kimi and Kimi's own names at gateways are mismatches") {
  const auto at_kimi =
      verdict(connection(platform_key(), "https://api.moonshot.ai/v1", "moonshotai/Kimi-K2.6"));
  REQUIRE(rules_of(at_kimi) == std::vector<std::string>{"kimi-model-mismatch"});
  CHECK(at_kimi[0].changes[0].to == "kimi-k2.6");
  CHECK(rules(connection(made("sk-or-v1-{{hex:64}}"), "https://openrouter.ai/api/v1", "kimi-k2.6")) ==
        std::vector<std::string>{"kimi-model-mismatch"});
  CHECK(rules(connection(made("sk-{{hex:32}}"), "https://dashscope.aliyuncs.com/compatible-mode/v1",
                         "kimi-k2.6")) == kNothing);
}

TEST_CASE("a retired model is a note from its day on, with its successor") {
  const auto findings = verdict(connection(platform_key(), "https://api.moonshot.ai/v1", "kimi-k2.5"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-model-retired"});
  CHECK(findings[0].severity == Severity::note);
  CHECK(findings[0].changes[0].to == "kimi-k2.6");
  CHECK(findings[0].arguments.at("as_of") == "2026-10-08");
  const auto on = [](const char* day) {
    return rules(connection(platform_key(), "https://api.moonshot.ai/v1", "kimi-k2.5"),
                 {"", "", "", day})
        .size();
  };
  CHECK(on("2026-08-30") == 0);
  CHECK(on("2026-08-31") == 1);
}

TEST_CASE("the base URL's end is judged where key and host fit") {
  const auto findings =
      verdict(connection(code_key(), "https://api.kimi.com/coding/v1", "", "anthropic"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-base-url-shape"});
  CHECK(findings[0].severity == Severity::medium);
  CHECK(findings[0].changes[0].to == "https://api.kimi.com/coding/");
  CHECK(rules(connection(platform_key(), "https://api.moonshot.cn")) ==
        std::vector<std::string>{"kimi-base-url-shape"});
  CHECK(rules(connection(code_key(), "https://api.moonshot.cn")) ==
        std::vector<std::string>{"kimi-host-mismatch"});
}

TEST_CASE("plain http is unsafe unless it stays on this machine") {
  const auto findings = verdict(connection(platform_key(), "http://api.moonshot.cn:80/v1"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-endpoint-insecure"});
  CHECK(findings[0].changes[0].to == "https://api.moonshot.cn/v1");
  CHECK(rules(connection(code_key(), "http://10.0.0.5:4000/v1")) ==
        std::vector<std::string>{"kimi-endpoint-insecure"});
  CHECK(rules(connection(code_key(), "http://localhost:4000/v1")) == kNothing);
}

TEST_CASE("a console's page and a withdrawn path are dead ends") {
  CHECK(rules(connection(platform_key(), "https://platform.moonshot.cn/v1")) ==
        std::vector<std::string>{"kimi-endpoint-dead"});
  CHECK(rules(connection(platform_key(), "https://api.moonshot.cn/coder/v1")) ==
        std::vector<std::string>{"kimi-endpoint-dead"});
}

TEST_CASE("a Kimi key at another vendor's host is high") {
  const auto findings = verdict(connection(code_key(), "https://api.openai.com/v1"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
  CHECK(findings[0].severity == Severity::high);
  CHECK(findings[0].arguments.at("variant") == "kimi-key-at-vendor");
  CHECK(findings[0].arguments.at("vendor") == "OpenAI");
  CHECK(rules(connection(platform_key(), "https://api.deepseek.com"), {"moonshot-cn", "", "", ""}) ==
        std::vector<std::string>{"kimi-key-sent-elsewhere"});
}

TEST_CASE("another vendor's key at a Kimi host is high") {
  for (const char* form : {"sk-or-v1-{{hex:64}}", "sk-ant-api03-{{alnum:93}}", "sk-{{hex:32}}",
                           "sk-{{alnum:20}}T3BlbkFJ{{alnum:20}}"}) {
    INFO(form);
    const auto findings = verdict(connection(made(form), "https://api.moonshot.ai/v1"));
    REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
    CHECK(findings[0].arguments.at("variant") == "other-key-at-kimi");
    CHECK_FALSE(findings[0].issuer.empty());
  }
}

TEST_CASE("a project file that sends requests to an unknown host is high") {
  Connection made = connection("", "https://proxy.example.net/anthropic", "", "anthropic");
  made.scope = "project";
  const auto findings = verdict(made);
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-endpoint-untrusted"});
  CHECK(findings[0].severity == Severity::high);
  made.scope = "user";
  CHECK(rules(made) == kNothing);
  made.scope = "project";
  made.base_url->value = "http://localhost:4000";
  CHECK(rules(made) == kNothing);
  made.base_url->value = "https://api.anthropic.com";
  CHECK(rules(made) == kNothing);
}

TEST_CASE("a look-alike host of Kimi's in a project file is untrusted") {
  Connection made = connection(platform_key(), "https://api.moonshot.cn.evil.example/v1");
  made.scope = "project";
  CHECK(rules(made) == std::vector<std::string>{"kimi-endpoint-untrusted"});
}

TEST_CASE("two different credentials for one connection are a conflict, the same twice is none") {
  Connection made = connection(platform_key(), "https://api.moonshot.ai/anthropic", "", "anthropic");
  made.other_keys.push_back(
      key_part(test::made("sk-ant-api03-{{alnum:93}}"), "env.ANTHROPIC_API_KEY", 6));
  const auto findings = verdict(made);
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-auth-conflict"});
  CHECK(findings[0].severity == Severity::medium);
  CHECK(findings[0].key_path == "env.ANTHROPIC_API_KEY");
  CHECK(findings[0].changes[0].to.empty());
  made.other_keys[0] = key_part(platform_key(), "env.ANTHROPIC_API_KEY", 6);
  CHECK(rules(made) == kNothing);
  made.other_keys[0] = key_part("${OTHER}", "env.ANTHROPIC_API_KEY", 6);
  CHECK(rules(made) == kNothing);
}

TEST_CASE("the credential that the host does not take is the one to remove") {
  Connection made = connection(test::made("sk-ant-api03-{{alnum:93}}"),
                               "https://api.moonshot.ai/anthropic", "", "anthropic");
  made.other_keys.push_back(key_part(platform_key(), "env.ANTHROPIC_AUTH_TOKEN", 6));
  const auto findings = verdict(made);
  const auto conflict = std::find_if(findings.begin(), findings.end(),
                                     [](const Finding& f) { return f.rule == "kimi-auth-conflict"; });
  REQUIRE(conflict != findings.end());
  CHECK(conflict->key_path == "api_key");
}

TEST_CASE("key and address in places that can come apart are a conflict of low confidence") {
  Connection made = connection(code_key(), "https://api.kimi.com/coding/", "", "anthropic");
  made.key->key_path = "env.ANTHROPIC_API_KEY";
  made.base_url->source = Part::Source::environment;
  made.base_url->key_path = "ANTHROPIC_BASE_URL";
  made.base_url->file = ".zshrc";
  const auto findings = verdict(made);
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-auth-conflict"});
  CHECK(findings[0].confidence == Confidence::low);
  CHECK(findings[0].arguments.at("variant") == "apart");
  made.key->key_path = "KIMI_API_KEY";
  CHECK(rules(made) == kNothing);
}

TEST_CASE("an environment that overrides the configuration is told, low but certain") {
  Connection made = connection(platform_key(), "https://api.moonshot.cn/v1");
  made.overridden.push_back(part("https://api.moonshot.ai/v1", "providers.kimi.base_url", 9));
  made.base_url->source = Part::Source::environment;
  made.base_url->key_path = "KIMI_BASE_URL";
  made.base_url->file = ".bashrc";
  const auto findings = verdict(made);
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-env-override"});
  CHECK(findings[0].severity == Severity::low);
  CHECK(findings[0].confidence == Confidence::high);
  CHECK(findings[0].arguments.at("effective") == "https://api.moonshot.cn/v1");
  CHECK(findings[0].arguments.at("configured") == "https://api.moonshot.ai/v1");
  made.overridden[0].value = "https://api.moonshot.cn/v1/";
  CHECK(rules(made) == kNothing);
}

TEST_CASE("an address that holds a password is shown without it") {
  const auto findings =
      verdict(connection(code_key(), "https://me:secretword@api.moonshot.cn/v1?key=abc"));
  REQUIRE_FALSE(findings.empty());
  for (const auto& [name, value] : findings[0].arguments)
    CHECK(value.find("secretword") == std::string::npos);
  for (const Change& change : findings[0].changes)
    CHECK(change.from.find("secretword") == std::string::npos);
}

TEST_CASE("one key in both regions is one proven conflict, in whatever order the tools come") {
  Connection cline = connection(platform_key(), "");
  cline.tool = "cline";
  cline.base_url = default_part("https://api.moonshot.ai/v1");
  cline.key->file = "a/secrets.json";
  Connection other = connection(platform_key(), "https://api.moonshot.cn/v1");
  other.tool = "goose";
  other.base_url->file = "b/config.yaml";
  const auto one = judge().verdict_across({cline, other});
  const auto two = judge().verdict_across({other, cline});
  REQUIRE(rules_of(one) == std::vector<std::string>{"kimi-region-conflict"});
  CHECK(one[0].severity == Severity::medium);
  CHECK(one[0].confidence == Confidence::high);
  CHECK(one[0].arguments == two[0].arguments);
  CHECK(one[0].places[0].path == "a/secrets.json");
  REQUIRE(one[0].settings.size() == 1);
  CHECK(one[0].settings[0].path == "b/config.yaml");
  CHECK(one[0].changes.size() == 1);
}

TEST_CASE("two keys, one in each region, are no conflict; nor is one key in two products") {
  const Connection ai = connection(platform_key(1), "https://api.moonshot.ai/v1");
  CHECK(judge().verdict_across({ai, connection(platform_key(2), "https://api.moonshot.cn/v1")}).empty());
  CHECK(judge()
            .verdict_across({ai, connection(platform_key(1), "https://api.kimi.com/coding/v1")})
            .empty());
  CHECK(judge().verdict_across({ai, ai}).empty());
}

TEST_CASE("a Kimi Code key in both regions is a conflict too") {
  CHECK(judge()
            .verdict_across({connection(code_key(), "https://api.kimi.com/coding/v1"),
                             connection(code_key(), "https://api.kimi.ai/coding/")})
            .size() == 1);
}

TEST_CASE("a variable shared by tools with different defaults is told as such") {
  Connection cline = connection("", "");
  cline.tool = "cline";
  cline.key = key_part(platform_key(), "MOONSHOT_API_KEY", 1, ".zshrc");
  cline.key->source = Part::Source::environment;
  cline.base_url = default_part("https://api.moonshot.ai/v1");
  Connection goose = cline;
  goose.tool = "goose";
  goose.base_url = default_part("https://api.moonshot.cn/v1");
  const auto findings = judge().verdict_across({cline, goose});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].arguments.at("variant") == "shared-variable");
  CHECK(findings[0].arguments.at("variable") == "MOONSHOT_API_KEY");
  CHECK(findings[0].severity == Severity::medium);
}

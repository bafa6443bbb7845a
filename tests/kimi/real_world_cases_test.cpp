// The cases of facts/kimi.md §7 that are a verdict or an error, each by the issue it was seen in.
#include "scanner/kimi/error_meaning.h"
#include "scanner/kimi/verdict.h"
#include "tests/kimi/kimi_fixture.h"

using namespace kimiguard;
using namespace kimiguard::kimi;
using namespace kimiguard::test;

namespace {

const Judge& judge() {
  static const Judge kJudge(book());
  return kJudge;
}

std::vector<Finding> verdict(const Connection& made,
                             const Background& known = {"", "", "", "2026-11-24"}) {
  return judge().verdict(made, known);
}

DecodedError decoded(const std::string& text) {
  static const ErrorReader kReader(book());
  return kReader.read(text);
}

const std::string kRefused =
    R"({"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}})";

bool any_step_has(const DecodedError& error, const std::string& words) {
  for (const Localized& step : error.meaning->steps)
    if (step.en.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE(
    "can1357/oh-my-pi#5981: a 401 from one host does not make a key dead, and the other region's host "
    "is fine") {
  const DecodedError error = decoded("GET https://api.moonshot.ai/v1/models 401 " + kRefused);
  CHECK(error.key_state == "unknown");
  CHECK(error.realm->id == "moonshot-global");
  CHECK(any_step_has(error, "platform.kimi.com with api.moonshot.cn"));
  CHECK(verdict(connection(platform_key(), "https://api.moonshot.cn/v1")).empty());
}

TEST_CASE(
    "lidge-jun/opencodex#728: a registry's .ai beside the user's .cn is a conflict of the effective "
    "hosts") {
  Connection registry = connection(platform_key(), "https://api.moonshot.ai/v1");
  registry.tool = "opencodex";
  Connection user = connection(platform_key(), "https://api.moonshot.cn/v1");
  user.base_url->file = "user.toml";
  CHECK(rules_of(judge().verdict_across({registry, user})) ==
        std::vector<std::string>{"kimi-region-conflict"});
}

TEST_CASE(
    "VectifyAI/OpenKB#196: a key of platform.kimi.com under LiteLLM's default is a possible region "
    "conflict") {
  Connection litellm = connection(platform_key(), "", "moonshot/kimi-k2.6");
  litellm.base_url = default_part("https://api.moonshot.ai/v1");
  const auto findings = verdict(litellm, {"moonshot-cn", "platform.kimi.com", "", "2026-11-24"});
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-region-conflict"});
  CHECK(findings[0].arguments.at("wanted") == "https://api.moonshot.cn/v1");
  CHECK(decoded("litellm.AuthenticationError: " + kRefused).key_state == "unknown");
}

TEST_CASE("can1357/oh-my-pi#6855: a variable that turns a written .ai into .cn is told") {
  Connection made = connection(platform_key(), "https://api.moonshot.cn/v1");
  made.base_url->source = Part::Source::environment;
  made.base_url->key_path = "MOONSHOT_BASE_URL";
  made.overridden.push_back(
      part("https://api.moonshot.ai/v1", "providers.moonshot.baseUrl", 7, "models.json"));
  CHECK(rules_of(verdict(made)) == std::vector<std::string>{"kimi-env-override"});
}

TEST_CASE(
    "MoonshotAI/kimi-cli#1667: an sk-kimi- key at api.moonshot.ai is told to change the host, not the "
    "key") {
  const auto findings = verdict(connection(code_key(), "https://api.moonshot.ai/v1"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-host-mismatch"});
  CHECK(findings[0].changes[0].to == "https://api.kimi.ai/coding/v1");
  CHECK(findings[0].changes[1].to == "https://api.kimi.com/coding/v1");
  const DecodedError error =
      decoded("curl https://api.moonshot.ai/v1/models -H \"Authorization: Bearer " + code_key() +
              "\"\nHTTP/2 401\n" + kRefused);
  CHECK(error.key_state == "wrong-realm");
  CHECK(any_step_has(error, "sk-kimi- works only at api.kimi.com/coding or api.kimi.ai/coding"));
}

TEST_CASE(
    "anomalyco/opencode#14892: a platform key in the Kimi for coding provider is good, and only "
    "misplaced") {
  Connection made = connection(platform_key(), "");
  made.base_url = default_part("https://api.kimi.com/coding/v1");
  CHECK(rules_of(verdict(made)) == std::vector<std::string>{"kimi-host-mismatch"});
  const DecodedError error = decoded(
      "https://api.kimi.com/coding/v1/chat/completions 401 The API Key appears to be invalid or may "
      "have expired. Please verify your credentials and try again. " +
      platform_key());
  CHECK(error.key_state == "wrong-realm");
  CHECK(any_step_has(error, "do not make a new key"));
}

TEST_CASE("NousResearch/hermes-agent#43617: an address left from the key before is told") {
  CHECK(rules_of(verdict(connection(code_key(), "https://api.moonshot.cn/v1", "kimi-k2.6"))) ==
        std::vector<std::string>{"kimi-host-mismatch"});
}

TEST_CASE("NousResearch/hermes-agent#21297: an Anthropic client with /coding/v1 ends in /v1/v1") {
  const auto findings =
      verdict(connection(code_key(), "https://api.kimi.com/coding/v1", "", "anthropic"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-base-url-shape"});
  CHECK(findings[0].arguments.at("variant") == "anthropic-with-v1");
  CHECK(decoded("404 POST https://api.kimi.com/coding/v1/v1/messages").meaning->id ==
        "resource-not-found");
}

TEST_CASE(
    "NousResearch/hermes-agent#102247: an OpenAI client without /v1 gets a 404 that says nothing about "
    "the key") {
  const auto findings = verdict(connection(code_key(), "https://api.kimi.com/coding"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-base-url-shape"});
  CHECK(findings[0].changes[0].to == "https://api.kimi.com/coding/v1");
  const DecodedError error = decoded(
      R"(404 {"error":{"type":"resource_not_found_error","message":"The requested resource was not found"}})");
  CHECK(error.meaning->id == "resource-not-found");
  CHECK(error.key_state == "unknown");
}

TEST_CASE("kodustech/kodus-ai#1257: a client that is not listed has a good key") {
  const DecodedError error = decoded(
      R"({"error":{"message":"Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, Roo Code, Kilo Code, etc.","type":"access_terminated_error"}})");
  CHECK(error.meaning->id == "code-client-not-allowed");
  CHECK(error.key_state == "live");
  CHECK_FALSE(error.retry);
  CHECK(any_step_has(error, "User-Agent"));
}

TEST_CASE("MoonshotAI/kimi-code#636: an overload that lasts may be another refusal in disguise") {
  const DecodedError error = decoded("429 The engine is currently overloaded, please try again later");
  CHECK(error.meaning->id == "engine-overloaded");
  CHECK(any_step_has(error, "it may be a 403 or a used-up plan"));
}

TEST_CASE("langgenius/dify#39778: a 404 for a retired model is no bad key") {
  const DecodedError error = decoded(
      R"(Error code: 404 - {'error': {'message': 'Not found the model kimi-k2-0711-preview or Permission denied', 'type': 'resource_not_found_error'}})");
  CHECK(error.meaning->id == "model-not-found");
  CHECK(error.model == "kimi-k2-0711-preview");
  CHECK(error.key_state == "live");
  CHECK(rules_of(
            verdict(connection(platform_key(), "https://api.moonshot.cn/v1", "kimi-k2-0711-preview"))) ==
        std::vector<std::string>{"kimi-model-retired"});
}

TEST_CASE("geirfreysson/raynard v0.12.0: kimi-k2.5 is retired since 2026-08-31") {
  const auto findings = verdict(connection(platform_key(), "https://api.moonshot.ai/v1", "kimi-k2.5"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-model-retired"});
  CHECK(findings[0].arguments.at("retired") == "2026-08-31");
}

TEST_CASE("MoonshotAI/kimi-cli#2318: a TPD error means tier 0, and waiting is not the first advice") {
  const DecodedError error =
      decoded("request reached organization TPD rate limit, current:1500230, limit:1500000");
  CHECK(error.bucket == "TPD");
  REQUIRE(error.tiers.size() == 1);
  CHECK(error.tiers[0]->tier == 0);
  CHECK_FALSE(error.retry);
  CHECK(any_step_has(error, "last 24 hours"));
  CHECK(any_step_has(error, "A new key does not bring new quota"));
}

TEST_CASE("three letters in unrelated text are no rate limit") {
  CHECK(decoded("built foo-1.2.rpm, fan at 900 RPM, TPM chip present, TPD of the day").meaning == nullptr);
  CHECK(decoded("organization max RPM: 20").meaning != nullptr);
  CHECK(decoded("TPD rate limit").meaning != nullptr);
}

TEST_CASE("anomalyco/opencode#24462: ids in a gateway's answer may be the gateway's own") {
  const std::string text = "POST https://opencode.ai/zen/v1/chat/completions 429 Your account org-" +
                           made("{{hex:32}}") + " <ak-" + made("{{lower:20}}") +
                           "> is suspended due to insufficient balance, please recharge your account";
  const DecodedError error = decoded(text);
  CHECK(error.meaning->id == "platform-suspended");
  REQUIRE(error.vendor != nullptr);
  CHECK(error.vendor->id == "opencode-zen");
  CHECK(error.ids_may_be_resellers);
}

TEST_CASE("anomalyco/opencode#911: Incorrect API key provided means that no usable key was sent") {
  const DecodedError error =
      decoded(R"({"error":{"message":"Incorrect API key provided","type":"incorrect_api_key_error"}})");
  CHECK(error.key_state == "missing");
  CHECK(any_step_has(error, "the very setting that the tool reads"));
}

TEST_CASE("continuedev/continue#10343: a Kimi key under provider openai goes to OpenAI") {
  Connection made = connection(code_key(), "");
  made.tool = "continue";
  made.provider = "openai";
  made.base_url = default_part("https://api.openai.com/v1");
  const auto findings = verdict(made);
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
  CHECK(findings[0].severity == Severity::high);
  CHECK(findings[0].arguments.at("variant") == "kimi-key-by-default");
  CHECK(findings[0].key_path == "api_key");
}

TEST_CASE("continuedev/continue#10343: a platform key named as Moonshot's goes to OpenAI too") {
  Connection made = connection(platform_key(), "");
  made.key->key_path = "env.MOONSHOT_API_KEY";
  made.base_url = default_part("https://api.openai.com/v1");
  CHECK(rules_of(verdict(made)) == std::vector<std::string>{"kimi-key-sent-elsewhere"});
}

TEST_CASE("zeroclaw-labs/zeroclaw#8154: api.moonshot.cn/coder/v1 is dead") {
  const auto findings = verdict(connection(platform_key(), "https://api.moonshot.cn/coder/v1"));
  REQUIRE(rules_of(findings) == std::vector<std::string>{"kimi-endpoint-dead"});
  CHECK(findings[0].changes[0].to == "https://api.kimi.com/coding/v1");
  CHECK(
      decoded(
          R"({"code":5,"error":"url.not_found","message":"没找到对象","url":"/coder/v1/chat/completions"})")
          .meaning->id == "path-not-found");
}

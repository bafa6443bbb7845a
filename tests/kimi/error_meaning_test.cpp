// Every row of the vendors' error tables (facts §4), in the forms in which people paste them.
#include "scanner/kimi/error_meaning.h"

#include <string>

#include "scanner/rulebook/message.h"
#include "tests/kimi/kimi_fixture.h"

using namespace kimiguard;
using namespace kimiguard::kimi;
using test::made;

namespace {

DecodedError decoded(const std::string& text) {
  static const ErrorReader kReader(test::book());
  return kReader.read(text);
}

std::string id_of(const std::string& text) {
  const DecodedError error = decoded(text);
  return error.meaning == nullptr ? "nothing" : error.meaning->id;
}

std::string body(const std::string& type, const std::string& message) {
  return R"({"error":{"message":")" + message + R"(","type":")" + type + R"("}})";
}

std::string account() { return made("org-{{hex:32}}<ak-{{lower:20}}>"); }

}  // namespace

TEST_CASE("each row of the platform's table is known") {
  struct Row {
    const char* type;
    std::string message;
    const char* id;
    const char* state;
    bool retry;
  };
  const std::string who = "Your account " + account() + " ";
  const std::vector<Row> rows = {
      {"content_filter", "The request was rejected because it was considered high risk",
       "content-filter", "live", false},
      {"invalid_request_error", "Invalid request: messages is empty", "invalid-request", "live", false},
      {"invalid_request_error", "Input token length too long", "context-too-long", "live", false},
      {"invalid_request_error", "Your request exceeded model token limit : 262144", "context-too-long",
       "live", false},
      {"invalid_request_error", "Invalid purpose: only 'file-extract' accepted", "file-refused", "live",
       false},
      {"invalid_request_error", "File size is too large, max file size is 100MB", "file-refused", "live",
       false},
      {"invalid_request_error", "File size is zero, please confirm", "file-refused", "live", false},
      {"invalid_request_error", "The number of files you have uploaded exceeded the max file count 1000",
       "file-refused", "live", false},
      {"invalid_authentication_error", "Invalid Authentication", "invalid-authentication", "unknown",
       false},
      {"incorrect_api_key_error", "Incorrect API key provided", "key-missing", "missing", false},
      {"permission_denied_error", "The API you are accessing is not open", "platform-permission", "live",
       false},
      {"permission_denied_error", "You are not allowed to get other user info", "platform-permission",
       "live", false},
      {"resource_not_found_error", "Not found the model kimi-k2.5 or Permission denied",
       "model-not-found", "live", false},
      {"engine_overloaded_error", "The engine is currently overloaded, please try again later",
       "engine-overloaded", "live", true},
      {"exceeded_current_quota_error", who + "is suspended, please check your plan and billing details",
       "platform-suspended", "live", false},
      {"exceeded_current_quota_error",
       "You exceeded your current token quota: <org-x> 0, please check your account balance",
       "platform-token-quota", "live", false},
      {"rate_limit_reached_error",
       who + "request reached organization max concurrency: 1, please try again after 1 seconds",
       "platform-concurrency", "live", true},
      {"rate_limit_reached_error",
       who + "request reached organization max RPM: 3, please try again after 20 seconds",
       "platform-rpm", "live", true},
      {"rate_limit_reached_error",
       who + "request reached organization TPM rate limit, current:500100, limit:500000", "platform-tpm",
       "live", true},
      {"rate_limit_reached_error",
       who + "request reached organization TPD rate limit, current:1501880, limit:1500000",
       "platform-tpd", "live", false},
      {"server_error", "Failed to extract file: boom", "server-error", "unknown", true},
      {"unexpected_output", "invalid state transition", "server-error", "unknown", true},
  };
  for (const Row& row : rows) {
    INFO(row.message);
    const DecodedError error = decoded(body(row.type, row.message));
    REQUIRE(error.meaning != nullptr);
    CHECK(error.meaning->id == row.id);
    CHECK(error.type == row.type);
    CHECK(error.key_state == row.state);
    CHECK(error.retry == row.retry);
  }
}

TEST_CASE("wordings seen in the wild are known") {
  const std::string org = made("org-{{hex:32}}");
  CHECK(id_of("request reached max organization concurrency: 1, please try again after 1 seconds") ==
        "platform-concurrency");
  CHECK(id_of("Organization Rate limit exceeded, please try again after 1 seconds") ==
        "platform-organization-rate");
  CHECK(id_of("429 Your account " + org +
              " is suspended due to insufficient balance, please recharge your account or check your "
              "plan and billing details") == "platform-suspended");
  CHECK(id_of("403 Your account is not active, organization <" + org +
              "> exceeded current quota, please check your plan and billing details") ==
        "platform-not-active");
  CHECK(
      id_of(
          R"({"code":5,"error":"url.not_found","message":"没找到对象","method":"POST","scode":"0x5","status":false})") ==
      "path-not-found");
  CHECK(id_of(R"({"code":5,"message":"\u6ca1\u627e\u5230\u5bf9\u8c61"})") == "path-not-found");
  CHECK(id_of("400 invalid thinking: only type=enabled is allowed for this model") ==
        "thinking-parameter");
  CHECK(id_of("thinking is enabled but reasoning_content is missing in assistant tool call message") ==
        "thinking-parameter");
  CHECK(id_of("The requested resource was not found") == "resource-not-found");
  CHECK(id_of("HTTP 504 Gateway Time-out") == "timeout");
}

TEST_CASE("each row of Kimi Code's table is known, and 401 or 403 does not make a key dead") {
  struct Row {
    const char* message;
    const char* id;
    const char* state;
  };
  for (
      const Row& row : {
          Row{"401 The API Key appears to be invalid or may have expired. Please verify your "
              "credentials and try again.",
              "code-key-refused", "unknown"},
          Row{"401 Invalid Authentication", "invalid-authentication", "unknown"},
          Row{"401 Your current subscription does not have access to k3. Upgrade to higher-tier Kimi "
              "Code plans.",
              "code-plan-too-low", "live"},
          Row{"401 Your current plan supports only kimi-k3 up to 256K context", "code-plan-too-low",
              "live"},
          Row{"401 Your model id does not exist, recognized as other:kimi-k2.7", "code-model-id",
              "live"},
          Row{"402 We're unable to verify your membership benefits at this time. Please ensure your "
              "membership is active.",
              "code-membership", "live"},
          Row{"403 Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, "
              "Claude Code",
              "code-client-not-allowed", "live"},
          Row{"403 You've reached your usage limit for this billing cycle. Your quota will be refreshed "
              "in the next cycle.",
              "code-weekly", "live"},
          Row{"403 You've reached your 5-hour usage limit.", "code-five-hours", "live"},
          Row{"403 You've reached your weekly (7-day) usage limit.", "code-weekly", "live"},
          Row{"403 Access terminated.", "code-access-terminated", "dead"},
          Row{"429 The engine is currently overloaded, please try again later", "engine-overloaded",
              "live"},
          Row{"429 We're receiving too many requests at the moment. Please wait a moment and try again.",
              "code-too-many", "live"},
          Row{"429 You've reached your usage limit for this period.", "code-five-hours", "live"},
          Row{"429 You've reached kimi monthly usage limit for this billing cycle.", "code-monthly",
              "live"},
          Row{"404 Not found the model kimi-for-coding or Permission denied", "model-not-found", "live"},
          Row{"404 method not found", "resource-not-found", "unknown"},
          Row{"400 total message size 3000000 exceeds limit 2097152", "code-message-size", "live"},
          Row{"400 Your request exceeded model token limit: 262144", "context-too-long", "live"},
          Row{"500 unauthenticated: not_found: 未找到该账号", "code-account-gone", "dead"},
          Row{"500 该账号已被禁用", "code-account-gone", "dead"},
      }) {
    INFO(row.message);
    CHECK(id_of(row.message) == row.id);
    CHECK(decoded(row.message).key_state == row.state);
  }
}

TEST_CASE("the names and numbers of a TPD error are read from an SDK's exception") {
  const std::string org = made("org-{{hex:32}}");
  const std::string project = made("proj-{{hex:32}}", 2);
  const std::string ak = made("ak-{{lower:20}}", 3);
  const DecodedError error =
      decoded("openai.RateLimitError: Error code: 429 - {'error': {'message': 'Your account " + org +
              " / " + project + " <" + ak +
              "> request reached organization TPD rate limit, current: 1501880, limit: 1500000', "
              "'type': 'rate_limit_reached_error'}}");
  CHECK(error.status == 429);
  CHECK(error.type == "rate_limit_reached_error");
  CHECK(error.organization == org);
  CHECK(error.project == project);
  CHECK(error.key_id == ak);
  CHECK(error.bucket == "TPD");
  CHECK(error.current == 1501880);
  CHECK(error.limit == 1500000);
  CHECK(error.product == "platform");
  REQUIRE(error.tiers.size() == 1);
  CHECK(error.tiers[0]->tier == 0);
  CHECK_THAT(fill_placeholders(error.meaning->meaning.en, error.arguments),
             ContainsSubstring("1501880 of 1500000"));
  CHECK(error.ids_may_be_resellers);  // no host stands in the text
}

TEST_CASE("the three ways of joining ids are read") {
  const std::string org = made("org-{{hex:32}}");
  const std::string ak = made("ak-{{lower:20}}", 3);
  for (const std::string& who :
       {org + "<" + ak + ">", org + " <" + ak + ">", org + " / proj-0123456789abcdef <" + ak + ">",
        org + "&lt;" + ak + "&gt;", org + "\\u003c" + ak + "\\u003e"}) {
    INFO(who);
    const DecodedError error =
        decoded("Your account " + who +
                " request reached organization max RPM: 20, please try again after 3 seconds");
    CHECK(error.organization == org);
    CHECK(error.key_id == ak);
    CHECK(error.limit == 20);
    CHECK(error.wait_seconds == 3.0);
    CHECK(error.tiers.empty());  // 20 is in no table
  }
}

TEST_CASE("limits tell the tiers that have them") {
  const auto tiers = [](const char* text) {
    std::string found;
    for (const Tier* tier : decoded(text).tiers) found += std::to_string(tier->tier);
    return found;
  };
  CHECK(tiers("request reached organization TPM rate limit, current:1, limit:3000000") == "23");
  CHECK(tiers("request reached organization max RPM: 200, please try again") == "1");
  CHECK(tiers("request reached organization max concurrency: 1, please") == "0");
  CHECK(tiers("request reached organization TPD rate limit, current:3000001, limit:3000000") == "0");
  CHECK(tiers("HTTP/2 429\nmsh-gid: enterprise-tier-3\n{\"error\":{\"message\":\"max RPM: 20\"}}") ==
        "3");
}

TEST_CASE("an error in curl's output tells the host, the realm and the ids in its headers") {
  const std::string org = made("org-{{hex:32}}");
  const DecodedError error = decoded(
      "* Connected to api.moonshot.ai (1.2.3.4) port 443\n> POST /v1/chat/completions HTTP/2\n< HTTP/2 "
      "429\n< msh-org-id: " +
      org +
      "\n< msh-request-id: 0a1b2c3d-0000-1111-2222-333344445555\n< msh-uid: abcdefghij0123456789\n< "
      "msh-gid: enterprise-tier-3\n" +
      body("rate_limit_reached_error",
           "request reached organization max RPM: 5000, please try again after 1 seconds"));
  CHECK(error.status == 429);
  CHECK(error.host == "api.moonshot.ai");
  REQUIRE(error.realm != nullptr);
  CHECK(error.realm->id == "moonshot-global");
  CHECK(error.organization == org);
  CHECK(error.request_id == "0a1b2c3d-0000-1111-2222-333344445555");
  CHECK(error.user == "abcdefghij0123456789");
  CHECK_FALSE(error.ids_may_be_resellers);
  CHECK(error.tiers.size() == 1);
}

TEST_CASE("a screenful of a terminal is read: colours, broken lines, JSON in JSON") {
  CHECK(id_of("\x1b[31mAPI Error: 429\x1b[0m Your account request reached organization\n    TPD rate\n "
              "limit, current:1501880,\n limit:1500000") == "platform-tpd");
  CHECK(
      id_of(
          R"(API Error (429 {"type":"error","error":{"type":"rate_limit_error","message":"{\"error\":{\"message\":\"The engine is currently overloaded, please try again later\"}}"}}))") ==
      "engine-overloaded");
}

TEST_CASE("Anthropic's outer type is passed over") {
  const DecodedError error = decoded(
      R"({"type":"error","error":{"type":"permission_error","message":"You've reached your usage limit for this billing cycle."}})");
  CHECK(error.type == "permission_error");
  CHECK(error.meaning->id == "code-weekly");
  CHECK(error.meaning->key_state == "live");
}

TEST_CASE("a key in the text is seen, masked and never shown") {
  const std::string key = test::code_key();
  const DecodedError error =
      decoded("curl https://api.moonshot.cn/v1/models -H 'Authorization: Bearer " + key + "'\n" +
              body("invalid_authentication_error", "Invalid Authentication for " + key));
  REQUIRE(error.key.has_value());
  CHECK(error.key->reveal() == key);
  CHECK(error.key_state == "wrong-realm");
  CHECK(error.message.find(key) == std::string::npos);
  for (const auto& [name, value] : error.arguments) CHECK(value.find(key) == std::string::npos);
  CHECK(error.url.find(key) == std::string::npos);
}

TEST_CASE("another vendor's answer is not taken for Kimi's") {
  const DecodedError openai = decoded(
      "401 Incorrect API key provided: sk-kimi-************abcd. You can find your API key at "
      "https://platform.openai.com/account/api-keys.");
  CHECK(openai.meaning->id == "openai-key-refused");
  CHECK(openai.key_state == "wrong-realm");
  CHECK(openai.key_prefix == "sk-kimi-");
  CHECK(
      id_of(
          R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}})") ==
      "anthropic-key-refused");
  CHECK(id_of(R"({"error":{"message":"No auth credentials found","code":401}})") ==
        "openrouter-key-refused");
}

TEST_CASE("a bare number is told as such, and text without an error as nothing") {
  CHECK(id_of("HTTP/1.1 429 Too Many Requests") == "rate-limit-other");
  CHECK(id_of("status code: 403") == "status-403");
  CHECK(id_of("Error code: 529") == "status-529");
  CHECK(id_of("hello world") == "nothing");
  CHECK(id_of("") == "nothing");
}

TEST_CASE("hostile text is read in bounds") {
  CHECK(id_of(std::string(3 << 20, '\\')) == "nothing");
  CHECK(id_of(std::string(3 << 20, '&')) == "nothing");
  CHECK(decoded("current: 99999999999999999999999999, limit: 1").current.has_value());
  CHECK(decoded(std::string("\xff\xfe\x00 429 TPD rate limit", 22)).meaning != nullptr);
  CHECK(plain_text("a\\ud83d\\ude00b\\u00e9\\u4f60") == "abé你");
  CHECK(plain_text("\\") == "\\");
  CHECK(plain_text("\\u12") == "\\u12");
}

TEST_CASE("every error says what to do, and the texts have no placeholder left") {
  for (const ErrorMeaning& row : test::book().errors) {
    INFO(row.id);
    const DecodedError error = decoded("x");
    for (const Localized& step : row.steps) {
      CHECK(fill_placeholders(step.en, error.arguments).find('{') == std::string::npos);
      CHECK(fill_placeholders(step.zh, error.arguments).find('{') == std::string::npos);
    }
    CHECK(fill_placeholders(row.meaning.en, error.arguments).find('{') == std::string::npos);
  }
}

namespace {

std::string first_words(const std::string& text) {
  const std::size_t one = text.find(' ');
  return text.substr(0, one == std::string::npos ? one : text.find(' ', one + 1));
}

}  // namespace

TEST_CASE("no two steps of one error are alike") {
  for (const ErrorMeaning& row : test::book().errors)
    for (std::size_t i = 0; i < row.steps.size(); ++i)
      for (std::size_t k = i + 1; k < row.steps.size(); ++k) {
        INFO(row.id << ":\n" << row.steps[i].en << "\n" << row.steps[k].en);
        CHECK(first_words(row.steps[i].en) != first_words(row.steps[k].en));
        CHECK(row.steps[i].zh != row.steps[k].zh);
      }
}

TEST_CASE("the steps for a used up day are in the order of a recovery: stop, look, change the key, wait, ask") {
  const DecodedError error = decoded("request reached organization TPD rate limit, current: 1501880, limit: 1500000");
  REQUIRE(error.meaning != nullptr);
  std::size_t step = 0;
  for (const char* said : {"Stop everything", "right console", "kimiguard audit", "last 24 hours", "create a new one", "kimiguard scan", "try once more later",
                           "recharge", "status.moonshot.cn", "usage field", "max_tokens", "write to support"}) {
    INFO(said);
    REQUIRE(step < error.meaning->steps.size());
    CHECK(error.meaning->steps[step].en.find(said) != std::string::npos);
    ++step;
  }
  CHECK(step == error.meaning->steps.size());
}

#include "scanner/kimi/key_kind.h"

#include "tests/kimi/kimi_fixture.h"

using namespace kimiguard;
using namespace kimiguard::kimi;
using test::made;
using Family = KeyKind::Family;

namespace {

KeyKind kind(const std::string& key) {
  static const KeyKinds kKinds(test::book());
  return kKinds.of(key);
}

}  // namespace

TEST_CASE("a key's prefix says whose it is") {
  CHECK(kind(test::code_key()).family == Family::kimi_code);
  CHECK(kind(test::code_key()).product == "kimi-code");
  CHECK(kind(test::code_key()).secret_kind == "kimi-code-key");
  CHECK(kind("Bearer " + test::code_key()).family == Family::kimi_code);
  CHECK(kind(made("sk-kimi-{{alnum:40}}")).family == Family::kimi_code);
  CHECK(kind(test::platform_key()).family == Family::sk48);
  CHECK(kind(made("{{jwt:hs512:{\"a\":1}}}")).family == Family::token);
}

TEST_CASE("another issuer's mark inside the shape is seen") {
  const auto issuers = [](const std::string& form) { return kind(made(form)).issuers; };
  CHECK(issuers("sk-{{alnum:20}}T3BlbkFJ{{alnum:20}}").front() == "openai");
  CHECK(issuers("sk-{{lower:48}}").front() == "siliconflow");
  CHECK(issuers("sk-{{alnum:16}}{{evenhex:32}}").front() == "one-api");
  CHECK(issuers("sk-or-v1-{{hex:64}}") == std::vector<std::string>{"openrouter"});
  CHECK(issuers("sk-ant-api03-{{alnum:93}}") == std::vector<std::string>{"anthropic"});
  CHECK(issuers("gsk_{{alnum:52}}") == std::vector<std::string>{"groq"});
  CHECK(issuers("nvapi-{{alnum:64}}") == std::vector<std::string>{"nvidia"});
  CHECK(issuers("AIza{{alnum:35}}") == std::vector<std::string>{"google"});
}

TEST_CASE("a shape of two issuers names both") {
  CHECK(kind(made("sk-{{hex:32}}")).issuers == std::vector<std::string>{"deepseek", "dashscope"});
}

TEST_CASE("references, placeholders and words are no keys") {
  for (const char* text :
       {"", "sk-", "your-api-key", "${MOONSHOT_API_KEY}", "{env:KIMI_API_KEY}",
        "os.environ/MOONSHOT_API_KEY", "op://vault/kimi/key", "$(cat ~/.key_file_of_mine)",
        "${{ secrets.MOONSHOT }}", "<your key goes here>"}) {
    INFO(text);
    CHECK(kind(text).family == Family::none);
  }
  CHECK(kind(made("sk-kimi-{{repeat:x:64}}")).family == Family::none);
  CHECK(kind(made("sk-{{repeat:x:48}}")).family == Family::none);
  CHECK(kind(std::string(100000, 'a')).family == Family::none);
}

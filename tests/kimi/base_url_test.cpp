#include "scanner/kimi/base_url.h"

#include "tests/kimi/kimi_fixture.h"

using namespace kimiguard;
using namespace kimiguard::kimi;
using test::book;

namespace {

std::string fault(const char* realm, const char* url, Protocol protocol) {
  const auto parsed = parse_base_url(url);
  REQUIRE(parsed);
  const auto found = shape_fault(*book().realm(realm), *parsed, protocol);
  return found ? found->variant + " -> " + found->wanted : "fits";
}

}  // namespace

TEST_CASE("the parts of a URL are read and what could hold a secret is dropped") {
  const auto url = parse_base_url(" \"HTTPS://user:pass@API.Moonshot.CN.:8443//v1///chat/?key=x#y\" ");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "api.moonshot.cn");
  CHECK(url->port == "8443");
  CHECK(url->path == "/v1/chat");
  CHECK(url->userinfo);
  CHECK(url->query);
  CHECK(url->slash_at_end);
  CHECK(url->shown() == "https://api.moonshot.cn:8443/v1/chat/");
}

TEST_CASE("an address without a scheme is read, a word and a reference are not") {
  CHECK(parse_base_url("api.moonshot.cn/v1")->path == "/v1");
  CHECK(parse_base_url("api.moonshot.cn/v1")->shown() == "https://api.moonshot.cn/v1");
  for (const char* none : {"", "moonshot", "${MOONSHOT_BASE_URL}", "{env:URL}", "https://${HOST}/v1",
                           "a b.c", "https://", "://x", "https://[::1", "https://host:port/"})
    CHECK_FALSE(parse_base_url(none).has_value());
  CHECK_FALSE(parse_base_url("https://" + std::string(5000, 'a') + ".com").has_value());
}

TEST_CASE("this machine is told from others") {
  for (const char* here :
       {"http://localhost:4000", "http://127.0.0.1:3456/v1", "http://127.9.9.9", "http://[::1]:8080/",
        "http://0.0.0.0:11434", "http://host.docker.internal:4000", "http://api.localhost"}) {
    INFO(here);
    CHECK(parse_base_url(here)->loopback);
  }
  for (const char* there :
       {"http://127.0.0.1.example.com", "http://192.168.1.5", "http://1270.0.0.1", "http://10.0.0.1"}) {
    INFO(there);
    CHECK_FALSE(parse_base_url(there)->loopback);
  }
  CHECK(parse_base_url("http://litellm:4000/v1")->one_label);
}

TEST_CASE("an address has its owner") {
  const auto owner = [](const char* url) { return owner_of(book(), *parse_base_url(url)); };
  CHECK(owner("https://api.moonshot.ai/v1").realm->id == "moonshot-global");
  CHECK(owner("https://api.moonshot.cn/anthropic").realm->id == "moonshot-cn");
  CHECK(owner("https://api.kimi.com/coding/").realm->id == "kimi-code-cn");
  CHECK(owner("https://api.kimi.ai/coding/v1").realm->id == "kimi-code-global");
  CHECK(owner("https://platform.moonshot.cn/v1").realm->id == "moonshot-cn");
  CHECK_FALSE(owner("https://platform.moonshot.cn/v1").api);
  CHECK(owner("https://openrouter.ai/api/v1").vendor->id == "openrouter");
  CHECK(owner("https://my-org.openai.azure.com/").vendor->id == "azure");
  CHECK(owner("https://gateway.ai.cloudflare.com/v1/a/b").vendor->forwards_keys);
  CHECK_FALSE(owner("https://api.moonshot.cn.evil.example/v1").known());
  CHECK_FALSE(owner("https://llm.example.org/v1").known());
}

TEST_CASE("OpenAI clients need /v1, Anthropic clients must not have it") {
  const auto openai = Protocol::openai;
  const auto anthropic = Protocol::anthropic;
  for (const char* right : {"https://api.moonshot.ai/v1", "https://api.moonshot.ai/v1/"})
    CHECK(fault("moonshot-global", right, openai) == "fits");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/v1", openai) == "fits");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding/v1", openai) == "fits");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/anthropic", anthropic) == "fits");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/anthropic/", anthropic) == "fits");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding/", anthropic) == "fits");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding", anthropic) == "fits");

  CHECK(fault("moonshot-cn", "https://api.moonshot.cn", openai) ==
        "openai-without-v1 -> https://api.moonshot.cn/v1");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding", openai) ==
        "openai-without-v1 -> https://api.kimi.com/coding/v1");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding/v1", anthropic) ==
        "anthropic-with-v1 -> https://api.kimi.com/coding/");
  CHECK(fault("moonshot-global", "https://api.moonshot.ai/anthropic/v1", anthropic) ==
        "anthropic-with-v1 -> https://api.moonshot.ai/anthropic");
  CHECK(fault("moonshot-global", "https://api.moonshot.ai/v1", anthropic) ==
        "anthropic-at-openai -> https://api.moonshot.ai/anthropic");
  CHECK(fault("moonshot-global", "https://api.moonshot.ai/anthropic", openai) ==
        "openai-at-anthropic -> https://api.moonshot.ai/v1");
}

TEST_CASE("doubled parts and whole endpoints are told") {
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/v1/v1", Protocol::openai) ==
        "doubled -> https://api.moonshot.cn/v1");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding/v1/v1", Protocol::anthropic) ==
        "doubled -> https://api.kimi.com/coding/");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding/coding/v1", Protocol::unknown) ==
        "doubled -> https://api.kimi.com/coding/v1");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/v1/chat/completions", Protocol::openai) ==
        "whole-endpoint -> https://api.moonshot.cn/v1");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/anthropic/v1/messages", Protocol::anthropic) ==
        "whole-endpoint -> https://api.moonshot.cn/anthropic");
}

TEST_CASE("tools that add /v1 themselves or want the whole endpoint have their own rule") {
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn", Protocol::openai_root) == "fits");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/v1", Protocol::openai_root) ==
        "root-with-v1 -> https://api.moonshot.cn");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/v1/chat/completions", Protocol::openai_endpoint) ==
        "fits");
  CHECK(fault("moonshot-cn", "https://api.moonshot.cn/v1", Protocol::openai_endpoint) ==
        "endpoint-missing -> https://api.moonshot.cn/v1/chat/completions");
  CHECK(fault("kimi-code-cn", "https://api.kimi.com/coding", Protocol::unknown) == "fits");
}

TEST_CASE("withdrawn addresses are known") {
  CHECK(dead_endpoint_of(book(), *parse_base_url("https://api.moonshot.cn/coder/v1"))->instead ==
        "https://api.kimi.com/coding/v1");
  CHECK(dead_endpoint_of(book(), *parse_base_url("https://api.kimi.ai/v1")) != nullptr);
  CHECK(dead_endpoint_of(book(), *parse_base_url("https://api.kimi.com/coding/v1")) == nullptr);
  CHECK(dead_endpoint_of(book(), *parse_base_url("https://api.moonshot.cn/coderx")) == nullptr);
}

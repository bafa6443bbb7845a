#include "scanner/text/mask.h"

#include <string>
#include <vector>

#include "scanner/text/utf8.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_time.h"
#include "tests/text/samples.h"

using namespace kimiguard::text;
namespace samples = kimiguard::text::samples;

namespace {

// No five characters of the secret in a row are left, beyond its public prefix.
bool leaks(const std::string& shown, const std::string& secret, std::size_t prefix) {
  for (std::size_t i = prefix; i + 5 <= secret.size(); ++i) {
    if (shown.find(secret.substr(i, 5)) != std::string::npos) return true;
  }
  return false;
}

struct Example {
  std::string secret;
  std::size_t prefix;
};

std::vector<Example> vendors(samples::Random& random) {
  const auto with = [&](const std::string& prefix, std::size_t size) {
    return Example{prefix + random.alnum(size), prefix.size()};
  };
  return {with("sk-", 48),
          with(std::string("sk-") + "kimi-", 64),
          with("sk-ant-api03-", 80),
          with("sk-proj-", 120),
          with("sk-or-v1-", 64),
          with("ghp_", 36),
          with("gho_", 36),
          with("github_pat_", 82),
          with("glpat-", 20),
          with("AIza", 35),
          with("xoxb-", 48),
          with("hf_", 34),
          with("gsk_", 52),
          with("nvapi-", 64),
          with("tgp_v1_", 43),
          with("fw_", 24),
          with("npm_", 36),
          with("pypi-", 150),
          {"AKIA" + random.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), 4},
          {"eyJ" + random.alnum(33) + "." + random.alnum(90) + "." + random.alnum(43), 3}};
}

}  // namespace

TEST_CASE("keys of every vendor are masked, ours with prefix and last four") {
  samples::Random random(1);
  for (const Example& example : vendors(random)) {
    for (const std::string before : {"", "KEY=", "x \"", "a: '", "\\n", "https://h/?k=", "%3D"}) {
      const std::string masked = mask_keys(before + example.secret + " rest");
      INFO(masked);
      CHECK_FALSE(leaks(masked, example.secret, example.prefix));
      CHECK(masked.ends_with(" rest"));
      CHECK(mask_keys(masked) == masked);
    }
  }
  const std::string key = random.code_key();
  CHECK(mask_keys("export KIMI_API_KEY=" + key + "\n") ==
        "export KIMI_API_KEY=sk-kimi-\xE2\x80\xA6" + key.substr(key.size() - 4) + "\n");
  const std::string platform = random.platform_key();
  CHECK(mask_keys(platform) == "sk-\xE2\x80\xA6" + platform.substr(platform.size() - 4));
}

TEST_CASE("keys are masked in every encoding") {
  samples::Random random(2);
  for (int round = 0; round < 20; ++round) {
    for (const Example& example : vendors(random)) {
      const std::string& key = example.secret;
      const std::string inner = random.alnum(random.below(4)) + " KEY=" + key + "\n";
      std::string line = inner;
      line.pop_back();
      std::string escaped;
      for (const char c : key)
        escaped += c == '-' || c == '_' ? "\\u00" + samples::hex(std::string(1, c)) : std::string(1, c);
      const std::string broken =
          key.substr(0, 6) + "\\u00" + samples::hex(key.substr(6, 1)) + key.substr(7);
      const std::vector<std::string> forms = {
          samples::base64(inner),
          samples::base64(inner, true, false),
          samples::base64(samples::base64(inner)),
          samples::hex(inner),
          samples::hex(inner, true),
          samples::hex(inner, false, "\\x"),
          samples::hex(inner, true, "%"),
          samples::hex(samples::hex(inner, true, "%"), true, "%"),
          escaped,
          broken,
          samples::json_string(samples::json_string(samples::json_string(line))),
          samples::wide(inner, 2, true),
          samples::wide(inner, 2, false),
          samples::wide(inner, 4, true),
          samples::base64(samples::wide(inner, 2, true)),
          samples::wrap(samples::base64(inner + "some more text so that it goes over lines, some more"),
                        76, "\n    "),
          samples::wrap(samples::base64(inner + "some more text so that it goes over lines, some more"),
                        64, "\\n"),
          "\"" + key.substr(0, 7) + "\" + \"" + key.substr(7) + "\"",
      };
      for (std::size_t i = 0; i < forms.size(); ++i) {
        const std::string masked = mask_keys("some text " + forms[i] + " more text");
        // What is left is decoded again by looking for any key in it.
        INFO("form " << i << ": " << printable(forms[i]) << " -> " << printable(masked));
        CHECK(find_keys(masked).size() <= 1);
        const std::string narrow = [&] {
          std::string out;
          for (const char c : masked) {
            if (c != '\0') out += c;
          }
          return out;
        }();
        CHECK_FALSE(leaks(narrow, key, example.prefix));
        CHECK(narrow.find("\xE2\x80\xA6") != std::string::npos);
        CHECK(mask_keys(masked) == masked);
      }
    }
  }
}

TEST_CASE("headers, URLs, private keys and assigned secrets are masked") {
  samples::Random random(3);
  const std::string token = random.alnum(30) + "1a";
  CHECK(mask_keys("Authorization: Bearer " + token) == "Authorization: Bearer \xE2\x80\xA6");
  CHECK(mask_keys("https://user:" + token.substr(0, 9) + "@host/x") ==
        "https://user:\xE2\x80\xA6@host/x");
  const std::string pem = "-----BEGIN RSA PRIVATE KEY-----\n" +
                          samples::wrap(random.alnum(800), 64, "\n") +
                          "\n-----END RSA PRIVATE KEY-----\n";
  CHECK(mask_keys(pem) == "-----BEGIN RSA PRIVATE KEY-----\xE2\x80\xA6-----END RSA PRIVATE KEY-----\n");
  for (const std::string name :
       {"api_key = \"", "\"clientSecret\": \"", "password: ", "--token ", "DB_PASSWORD=", "<apiKey>"}) {
    const std::string masked = mask_keys(name + token + "\"");
    INFO(masked);
    CHECK_FALSE(leaks(masked, token, 0));
    CHECK(mask_keys(masked) == masked);
  }
}

TEST_CASE("a whole key takes nothing of the next line, however long its own line is") {
  samples::Random random(12);
  for (std::size_t name = 1; name < 40; ++name) {
    for (const std::string& key : {"sk-" "kimi-" + random.alnum(64), "sk-" + random.alnum(48)}) {
      const std::string text = std::string(name, 'N') + "=" + key + "\nexport MORE=1\n";
      const std::string masked = mask_keys(text);
      INFO(masked);
      CHECK(masked.ends_with(key.substr(key.size() - 4) + "\nexport MORE=1\n"));
    }
  }
}

TEST_CASE("ordinary text stays as it is") {
  for (const std::string& text : {std::string("api_key = os.environ[\"MOONSHOT_API_KEY\"]"),
                                  std::string("base_url=\"https://api.moonshot.cn/v1\""),
                                  std::string("the task-management-of-disk-utilities is fine"),
                                  std::string("key: value, token: other"),
                                  std::string("const apiKey = process.env.NEXT_PUBLIC_API_KEY;"),
                                  std::string("https://github.com/org/repo"),
                                  std::string("tokens: 123456, model: kimi-k2-0905-preview"),
                                  std::string("\xE4\xB8\xAD\xE6\x96\x87 100% \\n done")}) {
    CHECK(mask_keys(text) == text);
  }
}

TEST_CASE("one exact secret is masked in its encodings, nothing else is") {
  samples::Random random(4);
  const std::string secret = random.alnum(24);
  const std::string other = random.platform_key();
  const std::string text = "a " + secret + " b " + samples::base64("p=" + secret + ";") + " c " + other;
  const std::string masked = mask_exact(text, secret);
  CHECK_FALSE(leaks(masked, secret, 0));
  CHECK(masked.find(other) != std::string::npos);
  CHECK(masked.find(samples::base64(secret).substr(4, 20)) == std::string::npos);
  CHECK(mask_exact(text, "") == text);
}

TEST_CASE("whatever comes in, valid UTF-8 goes out and masking again changes nothing") {
  samples::Random random(5);
  for (int round = 0; round < 400; ++round) {
    std::string text = random.bytes(random.below(200));
    if (round % 3 == 0) text = random.of("sk-kimi\\u002dxX2d%=\"'+ \n&#;AZaz09", random.below(300));
    if (round % 3 == 1) text += random.platform_key() + random.bytes(20);
    const std::string masked = mask_keys(text);
    CHECK(valid_utf8(masked) == masked);
    CHECK(mask_keys(masked) == masked);
  }
}

TEST_CASE("control and hiding characters are made visible for terminals") {
  CHECK(printable("a\x1b[31mb\x07\x7f\n\t") == "a\\x1b[31mb\\x07\\x7f\n\t");
  CHECK(printable("x\xE2\x80\xAEy\xE2\x80\x8Bz") == "x\\u202ey\\u200bz");
  CHECK(printable("\xC2\x85\xFF") == "\\x85\\xff");
  CHECK(printable("\xE4\xB8\xAD\xE2\x80\xA6") == "\xE4\xB8\xAD\xE2\x80\xA6");
}

TEST_CASE("text made to be slow is masked in bounded work") {
  samples::Random random(6);
  const auto repeat = [](const std::string& part) {
    std::string text;
    while (text.size() < 200000) text += part;
    return text;
  };
  for (const std::string& text : {repeat("sk-"),
                                  repeat("eyJ"),
                                  repeat("key="),
                                  repeat("basic+"),
                                  repeat("-----BEGIN PRIVATE KEY-----"),
                                  repeat("\"+\""),
                                  repeat("\\\\u005c"),
                                  repeat("%25"),
                                  repeat("&amp;"),
                                  repeat("\x1b["),
                                  repeat("=3D"),
                                  repeat("://"),
                                  samples::base64(random.bytes(150000)),
                                  repeat("QUJDRA"),
                                  repeat("4142"),
                                  repeat("\\\\"),
                                  repeat(random.alnum(24) + "\n"),
                                  repeat(std::string("a\0", 2)),
                                  repeat("://a:b@"),
                                  repeat("%u0025")}) {
    const double begin = kimiguard::test::cpu_seconds();
    const CountedMask masked = mask_keys_counted(text);
    INFO(printable(text.substr(0, 40)) << ": " << masked.examined << " bytes of " << text.size() << ", "
                                       << kimiguard::test::cpu_seconds() - begin << " s");
    CHECK(masked.examined < 100 * text.size());
    // What a byte costs: views are made of it, and it is searched. 30 to 300 ns here.
    CHECK(kimiguard::test::cpu_seconds() - begin < 1e-5 * static_cast<double>(masked.examined));
    CHECK(valid_utf8(masked.text) == masked.text);
  }
}

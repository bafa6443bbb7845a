
#include "scanner/config/reader.h"
#include "scanner/config/reference.h"
#include "scanner/config/selector.h"
#include "tests/config/checks.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_time.h"

using namespace kimiguard;
using namespace kimiguard::config;
using Kind = Classified::Kind;
using Source = Reference::Source;
using Lines = std::vector<std::string>;

namespace {

std::string kind_of(const std::string& text) {
  static const char* const kKinds[] = {"literal", "empty", "placeholder", "reference", "mixed"};
  return text + " " + kKinds[static_cast<std::size_t>(classify(text).kind)];
}

}  // namespace

TEST_CASE("every reference syntax is told from a key, with its name") {
  struct Row {
    std::string value;
    Source source;
    std::string name;
    bool follow;
  };
  const std::vector<Row> rows = {
      {"{env:MOONSHOT_API_KEY}", Source::environment, "MOONSHOT_API_KEY", true},
      {"{file:~/.keys/kimi}", Source::file, "~/.keys/kimi", true},
      {"$MOONSHOT_API_KEY", Source::environment, "MOONSHOT_API_KEY", true},
      {"$lower", Source::environment, "lower", true},
      {"${MOONSHOT_API_KEY}", Source::environment, "MOONSHOT_API_KEY", true},
      {"${X:?must be set}", Source::environment, "X", true},
      {"$env:X", Source::environment, "X", true},
      {"%KIMI_KEY%", Source::environment, "KIMI_KEY", true},
      {"os.environ/MOONSHOT_API_KEY", Source::environment, "MOONSHOT_API_KEY", true},
      {"${env:X}", Source::environment, "X", true},
      {"${input:kimi-key}", Source::input, "kimi-key", false},
      {"${config:a.b}", Source::setting, "a.b", true},
      {"${command:ext.key}", Source::command, "ext.key", false},
      {"${{ secrets.KIMI_KEY }}", Source::secret, "KIMI_KEY", false},
      {"${{secrets.KIMI_KEY}}", Source::secret, "KIMI_KEY", false},
      {"${{ inputs.kimi-key }}", Source::input, "kimi-key", false},
      {"${{ env.X }}", Source::environment, "X", true},
      {"{{ .Values.kimi.key }}", Source::setting, ".Values.kimi.key", true},
      {"{{- .Values.k -}}", Source::setting, ".Values.k", true},
      {"op://Private/Kimi/credential", Source::secret, "Private/Kimi/credential", false},
      {"$(op read op://a/b)", Source::command, "op read op://a/b", false},
      {"`pass kimi`", Source::command, "pass kimi", false},
      {"!security find-generic-password -w", Source::command, "security find-generic-password -w",
       false},
      {"env.X", Source::environment, "X", true},
      {"process.env.X", Source::environment, "X", true},
      {"os.environ[\"X\"]", Source::environment, "X", true},
      {"os.getenv('X')", Source::environment, "X", true},
      {" ${X} ", Source::environment, "X", true},
  };
  for (const Row& row : rows) {
    INFO(row.value);
    const Classified classified = classify(row.value);
    REQUIRE(classified.kind == Kind::reference);
    REQUIRE(classified.references.size() == 1);
    CHECK(classified.references[0].source == row.source);
    CHECK(classified.references[0].name == row.name);
    CHECK(classified.references[0].may_follow() == row.follow);
  }
}

TEST_CASE("a default in a reference is given with its place, for it may be a key") {
  const std::string key = checks::random_key();
  const std::string value = "${KIMI:-" + key + "}";
  const Classified classified = classify(value);
  REQUIRE(classified.kind == Kind::reference);
  const Reference& reference = classified.references[0];
  CHECK(reference.has_fallback);
  CHECK(reference.fallback == key);
  CHECK(reference.fallback_begin == value.find(key));
  CHECK(classify("${A:-${B:-c}}").references[0].fallback == "${B:-c}");
  CHECK(classify("${env:A:-d}").references[0].fallback == "d");
}

TEST_CASE("a key that happens to hold four x and few digits is still a key") {
  std::string key;  // 48 letters of both cases, no digits
  for (int i = 0; i < 48; ++i) key += static_cast<char>((i % 2 == 0 ? 'a' : 'A') + (i * 7) % 26);
  key.replace(20, 4, "xXxX");
  CHECK(classify("sk-" + key).kind == Kind::literal);
  CHECK(classify("sk-kimi-" + key + "abcdefghijKLMNOP").kind == Kind::literal);
  CHECK(classify("sk-xxxx-paste").kind == Kind::placeholder);
  CHECK(classify("sk-" + std::string(48, 'x')).kind == Kind::placeholder);
  CHECK(classify("sk-abcd" + std::string(10, 'x') + "abcdefghijabcdefghij").kind == Kind::placeholder);
}

TEST_CASE("text with references in it is mixed, keys and odd texts are literal") {
  const Classified bearer = classify("Bearer ${TOKEN}");
  CHECK(bearer.kind == Kind::mixed);
  CHECK(bearer.references.at(0).begin == 7);
  CHECK(classify("${A}${B}").references.size() == 2);
  CHECK(classify("http://$HOST:1/v1").kind == Kind::mixed);
  for (int i = 0; i < 2000; ++i) {
    CHECK(classify(checks::random_key()).kind == Kind::literal);
    CHECK(classify("sk-" + checks::random_key()).kind == Kind::literal);
    CHECK(classify("sk-kimi-" + checks::random_key(64)).kind == Kind::literal);
  }
  for (const std::string text :
       {"pa$$word", "US$price", "a{b}c", "https://api.moonshot.cn/v1", "kimi-k3", "50%", "100%x%", "${",
        "$(open", "{{ open", "`", "$", "key`with", "env.", "!bang"})
    CHECK(kind_of(text) == text + " literal");
  CHECK(classify("").kind == Kind::empty);
  CHECK(classify("  ").kind == Kind::empty);
  CHECK(classify("$X", true).kind == Kind::literal);
  CHECK(classify("anything", false, "!vault").references.at(0).source == Source::secret);
  CHECK(classify("X", false, "!env").references.at(0).name == "X");
  CHECK(classify(std::string(1'000'000, '$')).references.empty());
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "${A}${";
  CHECK(classify(many).references.size() <= 32);
}

TEST_CASE("holes to fill in are no keys") {
  for (const std::string text :
       {"your-api-key", "YOUR_API_KEY", "<your key>", "sk-xxxxxxxx", "sk-...", "sk-", "changeme",
        "PROXY_MANAGED", "xxx", "***", "REPLACE_ME_PLEASE", "sk-your-key-here", "[YOUR KEY]", "todo",
        "sk-kimi-xxxxxxxx", "你的密钥", "insert-key", "none"})
    CHECK(kind_of(text) == text + " placeholder");
}

TEST_CASE("SecretRef objects name what they stand for") {
  CHECK(secret_ref("env", "default", "KIMI")->name == "KIMI");
  CHECK(secret_ref("env", "default", "KIMI")->may_follow());
  CHECK(secret_ref("file", "keys", "/kimi")->name == "keys:/kimi");
  CHECK_FALSE(secret_ref("exec", "op", "x")->may_follow());
  CHECK_FALSE(secret_ref("manual", "", "x"));
}

namespace {

Lines chosen(const Parsed& parsed, std::string_view selector) {
  const auto compiled = Selector::compile(selector);
  REQUIRE(compiled.ok());
  Lines out;
  for (const Setting* setting : select(parsed.settings, *compiled)) out.push_back(setting->key_path());
  return out;
}

}  // namespace

TEST_CASE("selectors name settings") {
  const Parsed parsed = read(
      R"({"models": [{"name": "a", "apiKey": "1"}, {"name": "b"}], "env": {"ANTHROPIC_AUTH_TOKEN": "2", "X": "3"}, "amp.url": "4",
          "plugins": {"entries": {"p": {"config": {"deep": {"apiKey": "5"}}}}}, "moonshotApiKey": "6", "openAiApiKey": "7", "ApiKey": "8",
          "planModeX": 1, "actModeX": 2, "large": {"model": "l"}, "small": {"model": "s"}, "@key": "9", "nested": [[1, 2], [3]], "apiKey": "10"})",
      Format::json);
  REQUIRE(parsed.complete);
  CHECK(chosen(parsed, "models[*].apiKey") == Lines{"models.0.apiKey"});
  CHECK(chosen(parsed, ".models[].name") == Lines{"models.0.name", "models.1.name"});
  CHECK(chosen(parsed, "models[1].name") == Lines{"models.1.name"});
  CHECK(chosen(parsed, "env.ANTHROPIC_AUTH_TOKEN") == Lines{"env.ANTHROPIC_AUTH_TOKEN"});
  CHECK(chosen(parsed, "env.*") == Lines{"env.ANTHROPIC_AUTH_TOKEN", "env.X"});
  CHECK(chosen(parsed, "**.apiKey") ==
        Lines{"models.0.apiKey", "plugins.entries.p.config.deep.apiKey", "apiKey"});
  CHECK(chosen(parsed, "plugins.entries.*.config.**.apiKey") ==
        Lines{"plugins.entries.p.config.deep.apiKey"});
  CHECK(chosen(parsed, ".\"amp.url\"") == Lines{"\"amp.url\""});
  CHECK(chosen(parsed, "*ApiKey") == Lines{"moonshotApiKey", "openAiApiKey", "ApiKey"});
  CHECK(chosen(parsed, "{plan,act}ModeX") == Lines{"planModeX", "actModeX"});
  CHECK(chosen(parsed, "{large,small}.model") == Lines{"large.model", "small.model"});
  CHECK(chosen(parsed, "nested[*][0]") == Lines{"nested.0.0", "nested.1.0"});
  CHECK(chosen(parsed, "env.**") == Lines{"env.ANTHROPIC_AUTH_TOKEN", "env.X"});
  CHECK(chosen(parsed, "models.apiKey").empty());
  CHECK(chosen(parsed, "@key").empty());
  CHECK(chosen(parsed, "**").size() == parsed.settings.size());
}

TEST_CASE("wrong selectors are refused with a reason") {
  for (const std::string text :
       {"", "a.", "a..b", "a[", "a[x]", "a\"b\"", "\"open", "{a", "a}", "{a{b}}", "a[0]b"}) {
    const auto compiled = Selector::compile(text);
    INFO(text);
    REQUIRE_FALSE(compiled.ok());
    CHECK(compiled.error().code == "selector");
  }
  CHECK_FALSE(Selector::compile("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}").ok());
}

TEST_CASE("each match of a slot's selector is one slot with its names") {
  const Parsed parsed = read(
      "[models.k2]\nmodel = \"kimi\"\nprovider = \"p\"\n[models.\"x.y\"]\nmodel = "
      "\"m\"\n[providers.p]\nkey = \"1\"\ncustom_headers = { A = \"h\" }\n",
      Format::toml);
  const auto each = Selector::compile("models.*");
  const auto model = Selector::compile("model");
  const std::vector<Slot> found = slots(parsed.settings, *each);
  REQUIRE(found.size() == 2);
  CHECK(found[0].key == "k2");
  CHECK(found[1].key == "x.y");
  REQUIRE(select(found[1], *model).size() == 1);
  CHECK(select(found[1], *model)[0]->value == "m");
  const auto providers = slots(parsed.settings, *Selector::compile("providers.*"));
  REQUIRE(providers.size() == 1);
  CHECK(select(providers[0], *Selector::compile("custom_headers.*"))[0]->value == "h");
  CHECK(slots(parsed.settings, *Selector::compile(".")).size() == 1);
  const auto deep = slots(parsed.settings, *Selector::compile("**.custom_headers"));
  REQUIRE(deep.size() == 1);
  CHECK(deep[0].names == Lines{"providers", "p"});

  const Parsed lines = read("{\"a\": {\"x\": 1}}\n{\"a\": {\"x\": 2}}\n", Format::jsonl);
  CHECK(slots(lines.settings, *Selector::compile("a")).size() == 2);
  // A list of plain values: the slot is the value itself.
  const Parsed list = read(R"({"api-key": ["a=1", "b=2"]})", Format::json);
  const auto values = slots(list.settings, *Selector::compile("api-key[*]"));
  REQUIRE(values.size() == 2);
  REQUIRE(select(values[1], *Selector::compile(".")).size() == 1);
  CHECK(select(values[1], *Selector::compile("."))[0]->value == "b=2");
}

TEST_CASE("a hundred selectors over ten thousand settings take no time worth naming") {
  std::string text = "{";
  for (int i = 0; i < 10'000; ++i)
    text += "\"p" + std::to_string(i) + "\": {\"settings\": {\"apiKey\": \"k\"}},";
  text += "}";
  const Parsed parsed = read(text, Format::json);
  const auto selector = Selector::compile("**.settings.{apiKey,api_key}");
  const double begin = kimiguard::test::cpu_seconds();
  std::size_t count = 0;
  for (int i = 0; i < 100; ++i) count += select(parsed.settings, *selector).size();
  CHECK(count == 1'000'000);
  CHECK(kimiguard::test::cpu_seconds() - begin < 5);
  CHECK(slots(parsed.settings, *Selector::compile("*")).size() == 10'000);
}

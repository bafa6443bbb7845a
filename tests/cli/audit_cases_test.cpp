// The eighteen cases of facts/kimi.md §7, each by its number, as far as settings and files tell them: through the
// whole command. What an error message tells of the same cases is in tests/kimi/real_world_cases_test.cpp.
#include "tests/cli/audit_home.h"

namespace kimiguard::test {
namespace {

std::string kimi_cli(const std::string& type, const std::string& url, const std::string& key,
                     const std::string& model = "kimi-k3") {
  return "default_model = \"a\"\n[providers.m]\ntype = \"" + type + "\"\nbase_url = \"" + url + "\"\napi_key = \"" + key +
         "\"\n[models.a]\nprovider = \"m\"\nmodel = \"" + model + "\"\n";
}

std::string opencode(const std::string& url, const std::string& key) {
  return R"({"model":"moonshotai/kimi-k3","small_model":"moonshotai/kimi-k3","provider":{"moonshotai":{"options":{"baseURL":")" +
         url + R"(","apiKey":")" + key + R"("}}}})";
}

std::string claude(const std::string& url, const std::string& key) {
  return R"({"env":{"ANTHROPIC_BASE_URL":")" + url + R"(","ANTHROPIC_AUTH_TOKEN":")" + key + R"("}})";
}

bool wrong_rule(const std::string& rule) {
  return rule == "kimi-host-mismatch" || rule == "kimi-region-conflict" || rule == "kimi-key-sent-elsewhere";
}

}  // namespace

TEST_CASE("audit case 1: a .cn key with its .cn address is right, whatever another tool's default is") {
  AuditHome home(201);
  home.write(".hermes/.env", "MOONSHOT_API_KEY=" + home.keys.platform() + "\nMOONSHOT_BASE_URL=https://api.moonshot.cn/v1\n");
  const Audited audited = home.audit();
  INFO(audited.above_note());
  CHECK(audited.status == 0);
  CHECK(audited.count("kimi-region-conflict") == 0);
}

TEST_CASE("audit case 2: the address that is really used is shown with where it is written") {
  AuditHome home(202);
  home.write(".config/opencode/opencode.json", opencode("https://api.moonshot.cn/v1", home.keys.platform()));
  const Audited audited = home.audit();
  CHECK(audited.status == 0);
  const Json connection = audited.connection("opencode");
  REQUIRE(connection.is_object());
  CHECK(connection.at("host") == "api.moonshot.cn");
  CHECK(connection.at("url").at("source") == "config");
  CHECK(connection.at("url").at("keyPath") == "provider.moonshotai.options.baseURL");
}

TEST_CASE("audit case 3: LiteLLM's moonshot/ goes to .ai by default; a key used at .cn elsewhere conflicts") {
  AuditHome home(203);
  const std::string key = home.keys.platform();
  home.write(".litellm/config.yaml", "model_list:\n  - model_name: kimi\n    litellm_params:\n      model: moonshot/kimi-k2.7-code\n"
                                     "      api_key: " + key + "\n");
  home.write(".kimi/config.toml", kimi_cli("kimi", "https://api.moonshot.cn/v1", key));
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  REQUIRE(audited.count("kimi-region-conflict") == 1);
  CHECK(audited.connection("litellm").at("url").at("source") == "tool_default");
}

TEST_CASE("audit case 4: a variable that turns a written .ai into .cn is told") {
  AuditHome home(204);
  home.write(".kimi/config.toml", kimi_cli("kimi", "https://api.moonshot.ai/v1", home.keys.platform()));
  home.write(".zshrc", "export KIMI_BASE_URL=https://api.moonshot.cn/v1\n");
  const Audited audited = home.audit();
  REQUIRE(audited.count("kimi-env-override") == 1);
  CHECK(audited.connection("kimi-cli").at("host") == "api.moonshot.cn");
  CHECK(audited.connection("kimi-cli").at("url").at("path").get<std::string>().ends_with("/.zshrc"));
}

TEST_CASE("audit case 5: an sk-kimi- key at api.moonshot.ai is told to change the host, not the key") {
  AuditHome home(205);
  home.write(".kimi/config.toml", kimi_cli("kimi", "https://api.moonshot.ai/v1", home.keys.kimi_code()));
  const Audited audited = home.audit();
  REQUIRE(audited.count("kimi-host-mismatch") == 1);
  const Json changes = audited.finding("kimi-host-mismatch").at("changes");
  // The region of the address first: whoever is at api.moonshot.ai is likelier at kimi.ai.
  CHECK(changes.at(0).at("keyPath") == "providers.m.base_url");
  CHECK(changes.at(0).at("to") == "https://api.kimi.ai/coding/v1");
  CHECK(changes.at(1).at("to") == "https://api.kimi.com/coding/v1");
  CHECK(changes.at(2).at("keyPath") == "models.a.model");
  CHECK(changes.at(2).at("to") == "kimi-for-coding");
}

TEST_CASE("audit case 6: a platform key in the Kimi for coding provider is misplaced, not bad") {
  AuditHome home(206);
  home.write(".local/share/opencode/auth.json", R"({"kimi-for-coding":{"type":"api","key":")" + home.keys.platform() + R"("}})");
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  REQUIRE(audited.count("kimi-host-mismatch") == 1);
  CHECK(audited.finding("kimi-host-mismatch").at("validity") == "unchecked");
}

TEST_CASE("audit case 7: an address left from the key before does not fit the new key") {
  AuditHome home(207);
  home.write(".hermes/.env", "KIMI_API_KEY=" + home.keys.kimi_code() + "\n");
  CHECK(home.audit().status == 0);  // chosen by the key's beginning
  home.write(".hermes/.env", "KIMI_API_KEY=" + home.keys.kimi_code() + "\nKIMI_BASE_URL=https://api.moonshot.cn/v1\n");
  CHECK(home.audit().count("kimi-host-mismatch") == 1);
}

TEST_CASE("audit case 8: a /v1 too many and one too few, by protocol") {
  AuditHome many(208);
  many.write(".claude/settings.json", claude("https://api.kimi.com/coding/v1", many.keys.kimi_code()));
  CHECK(many.audit().count("kimi-base-url-shape") == 1);
  AuditHome few(209);
  few.write(".kimi/config.toml", kimi_cli("openai_legacy", "https://api.kimi.com/coding", few.keys.kimi_code(), "kimi-for-coding"));
  const Audited audited = few.audit();
  REQUIRE(audited.count("kimi-base-url-shape") == 1);
  CHECK(audited.finding("kimi-base-url-shape").at("changes").dump().find("https://api.kimi.com/coding/v1") != std::string::npos);
}

TEST_CASE("audit case 9: nothing is said of what only the server knows: a right pair stays right and unchecked") {
  AuditHome home(210);
  home.write(".claude/settings.json", claude("https://api.kimi.com/coding/", home.keys.kimi_code()));
  home.write(".claude/debug/a.txt", "403 access_terminated_error: Kimi For Coding is currently only available for Coding Agents\n");
  const Audited audited = home.audit();
  INFO(audited.above_note());
  CHECK(audited.status == 0);
  CHECK(audited.finding("kimi-code-key").at("validity") == "unchecked");
}

TEST_CASE("audit case 10: an error in a log is no setting and no key") {
  AuditHome home(211);
  home.write(".kimi-code/logs/kimi.log", "429 engine_overloaded_error: The engine is currently overloaded\n403 -> 429\n");
  CHECK(home.audit({"--fail-on", "note"}).status == 0);
}

TEST_CASE("audit case 11: a retired model is told as that and never as a wrong key or host") {
  AuditHome home(212);
  home.write(".kimi/config.toml", kimi_cli("kimi", "https://api.moonshot.ai/v1", home.keys.platform(), "kimi-k2-0711-preview"));
  const Audited audited = home.audit();
  CHECK(audited.count("kimi-model-retired") == 1);
  for (const std::string& rule : audited.rules()) CHECK_FALSE(wrong_rule(rule));
}

TEST_CASE("audit case 12: kimi-k2.5 is retired since 2026-08-31, with its successor; not the day before") {
  AuditHome home(213);
  home.write(".kimi/config.toml", kimi_cli("kimi", "https://api.moonshot.ai/v1", home.keys.platform(), "kimi-k2.5"));
  const Audited audited = home.audit();
  REQUIRE(audited.count("kimi-model-retired") == 1);
  CHECK(audited.finding("kimi-model-retired").at("message").get<std::string>().find("2026-08-31") != std::string::npos);
  CHECK(audited.finding("kimi-model-retired").at("message").get<std::string>().find("kimi-k2.6") != std::string::npos);
  const Ran before = kimiguard({"audit", "--home", home.home().string(), "--as-of", "2026-08-30", "-f", "json"});
  CHECK(before.out.find("kimi-model-retired") == std::string::npos);
}

TEST_CASE("audit case 13: what resends the whole context without end is named, as a note") {
  AuditHome home(214);
  home.write(".kimi-code/config.toml", kimi_cli("kimi", "https://api.moonshot.ai/v1", home.keys.platform()));
  const Audited audited = home.audit();
  CHECK(audited.count("kimi-quota-burn") >= 1);
  CHECK(audited.status == 0);
}

TEST_CASE("audit case 14: ids of organizations and keys in error messages are no secrets") {
  AuditHome home(215);
  home.write(".claude/projects/p/s.jsonl", "{\"text\":\"429 Your account org-" + home.keys.from("0123456789abcdef", 32) + " <ak-" +
                                               home.keys.from("abcdefghijklmnopqrstuvwxyz", 20) + "> is suspended, check your balance\"}\n");
  const Audited audited = home.audit({"--fail-on", "note"});
  CHECK(audited.status == 0);
  CHECK(audited.report.at("inventory").at("keys").empty());
}

TEST_CASE("audit case 15: a key under api_key instead of options.apiKey is never sent") {
  AuditHome home(216);
  home.write(".config/opencode/opencode.json", "{ \"model\": \"moonshotai/kimi-k3\", \"small_model\": \"moonshotai/kimi-k3\",\n"
                                               "  \"provider\": { \"moonshotai\": {\n    \"api_key\": \"" + home.keys.platform() + "\" } } }");
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  REQUIRE(audited.count("kimi-key-unread") == 1);
  const Json finding = audited.finding("kimi-key-unread");
  CHECK(finding.at("severity") == "medium");
  CHECK(finding.at("places").at(0).at("region").at("startLine") == 3);
  CHECK(finding.at("message").get<std::string>().find("provider.moonshotai.options.apiKey") != std::string::npos);
}

TEST_CASE("audit case 16: Continue with provider openai sends a Kimi key to OpenAI") {
  AuditHome home(217);
  home.write(".continue/config.yaml", "models:\n  - name: Kimi\n    provider: openai\n    model: kimi-k2.7-code\n    apiKey: " +
                                          home.keys.platform() + "\n    roles: [chat]\n");
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  REQUIRE(audited.count("kimi-key-sent-elsewhere") == 1);
  CHECK(audited.finding("kimi-key-sent-elsewhere").at("severity") == "high");
  CHECK(audited.connection("continue").at("host") == "api.openai.com");
}

TEST_CASE("audit case 17: credentials packed into an archive are found in it, the live ones are inventory") {
  AuditHome home(218);
  const std::string key = home.keys.kimi_code();
  home.write(".kimi-code/config.toml", kimi_cli("kimi", "https://api.kimi.com/coding/v1", key, "kimi-for-coding"));
  RunOptions options;
  options.folder = home.home();
  fs::create_directories(home.home() / "Downloads");
  REQUIRE(run({"tar", "-czf", "Downloads/session_kimi.zip", ".kimi-code"}, options).status == 0);
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  CHECK(audited.finding("kimi-code-key", ".kimi-code/config.toml").is_object());
  bool live = false;
  bool packed = false;
  for (const Json& finding : audited.report.at("findings")) {
    if (finding.at("ruleId") != "kimi-code-key") continue;
    const std::string path = finding.at("places").at(0).at("path");
    live = live || (finding.at("severity") == "inventory" && path.ends_with("home/.kimi-code/config.toml"));
    packed = packed || (finding.at("severity") == "medium" && path.find("Downloads/session_kimi.zip!/") != std::string::npos);
  }
  CHECK(live);
  CHECK(packed);
}

TEST_CASE("audit case 18: api.moonshot.cn/coder/v1 is dead") {
  AuditHome home(219);
  home.write(".kimi/config.toml", kimi_cli("kimi", "https://api.moonshot.cn/coder/v1", home.keys.platform()));
  const Audited audited = home.audit();
  CHECK(audited.status == 1);
  CHECK(audited.count("kimi-endpoint-dead") == 1);
}

}  // namespace kimiguard::test

// Homes and projects as people write them: each case names files, and the findings above a note that must come of
// them, at which file and line, and no other one.
#include <set>

#include "tests/cli/audit_home.h"
#include "tests/text/samples.h"

namespace kimiguard::test {
namespace {

struct Written {
  const char* path;
  std::string text;
};
struct Wanted {
  const char* rule;
  const char* path;
  int line;
};
struct Case {
  const char* name;
  std::vector<Written> files;
  std::vector<Wanted> wanted;
  bool project = false;  // the folder "project" is given as PATH
};

std::string listed(const std::set<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += "\n  " + line;
  return text;
}

void check(const Case& one) {
  const AuditHome home(7);
  for (const Written& file : one.files) home.write(file.path, file.text);
  std::vector<std::string> words;
  if (one.project) words.push_back(home.path("project"));
  const Audited audited = home.audit(words);
  std::set<std::string> found, wanted;
  for (const Json& finding : audited.report.at("findings")) {
    const std::string severity = finding.at("severity");
    if (severity == "note" || severity == "inventory") continue;
    const Json place = finding.at("places").at(0);
    const std::string path = place.at("path");
    found.insert(finding.at("ruleId").get<std::string>() + " " + path.substr(home.path().size()) + ":" +
                 std::to_string(place.at("region").at("startLine").get<int>()));
  }
  for (const Wanted& each : one.wanted)
    wanted.insert(std::string(each.rule) + " " + each.path + ":" + std::to_string(each.line));
  INFO(one.name << "\nfound:" << listed(found) << "\nwanted:" << listed(wanted));
  CHECK(found == wanted);
}

const std::string kCode = Keys(71).kimi_code();
const std::string kPlatform = Keys(72).platform();

// The consoles as the text output names them for a key, first to last.
std::string consoles(const AuditHome& home) {
  const std::string text = home.run({"--color", "never", "-v"}).out;
  const std::size_t begin = text.find("Issued by");
  const std::string part = text.substr(begin, text.find("Evidence", begin) - begin);
  std::string found;
  for (std::size_t at = part.find("https://"); at != std::string::npos; at = part.find("https://", at + 8))
    found += part.substr(at + 8, part.find('/', at + 8) - at - 8) + " ";
  return found;
}

std::string server(const std::string& url) {
  return "{ \"mcpServers\": { \"k\": { \"command\": \"npx\",\n \"env\": {\n  \"MOONSHOT_API_KEY\": \"" + kCode +
         "\",\n  \"MOONSHOT_BASE_URL\": \"" + url + "\" } } } }\n";
}

}  // namespace

TEST_CASE("of two consoles the one is named first whose region the tool talks to, also by default") {
  const auto readable = [](const char* path, const std::string& text) {
    const AuditHome home(9);
    home.write(path, text, 0644);
    return consoles(home);
  };
  const char* opencode = ".local/share/opencode/auth.json";
  CHECK(readable(opencode, "{\"moonshotai\":{\"type\":\"api\",\"key\":\"" + kPlatform + "\"}}") == "platform.kimi.ai platform.kimi.com ");
  CHECK(readable(opencode, "{\"moonshotai-cn\":{\"type\":\"api\",\"key\":\"" + kPlatform + "\"}}") == "platform.kimi.com platform.kimi.ai ");
  CHECK(readable(opencode, "{\"kimi-for-coding\":{\"type\":\"api\",\"key\":\"" + kCode + "\"}}") == "www.kimi.com www.kimi.ai ");
  CHECK(readable(opencode, "{\"kimi-code-plan-global\":{\"type\":\"api\",\"key\":\"" + kCode + "\"}}") == "www.kimi.ai www.kimi.com ");
  CHECK(readable(".env", "MOONSHOT_API_KEY=" + kPlatform + "\nMOONSHOT_BASE_URL=https://api.moonshot.ai/v1\n") == "platform.kimi.ai ");
  // A Kimi Code key beside the platform's .ai address: the account is likelier at kimi.ai.
  CHECK(readable(".env", "OPENAI_API_KEY=" + kCode + "\nOPENAI_BASE_URL=https://api.moonshot.ai/v1\n") == "www.kimi.ai www.kimi.com ");
}

TEST_CASE("a host that is the tool's default is told once, with the other provider to choose") {
  const AuditHome home(7);
  home.write(".config/opencode/opencode.json", "{\"model\": \"moonshotai/kimi-k2.6\",\n \"provider\": {\"moonshotai\": {\"options\": {\"apiKey\": \"" + kCode + "\"}}}}\n");
  const Audited audited = home.audit({});
  int told = 0;
  for (const Json& finding : audited.report.at("findings")) {
    if (finding.at("ruleId") != "kimi-host-mismatch") continue;
    ++told;
    CHECK_FALSE(finding.at("changes").empty());
  }
  CHECK(told == 1);
}

TEST_CASE("audit judges what MCP servers and run configurations are given") {
  check({"windsurf", {{".codeium/windsurf/mcp_config.json", server("https://api.moonshot.cn/v1")}},
         {{"kimi-host-mismatch", ".codeium/windsurf/mcp_config.json", 4}}});
  check({"claude code's own state", {{".claude.json", server("https://api.moonshot.cn/v1")}}, {{"kimi-host-mismatch", ".claude.json", 4}}});
  check({"a right pair", {{".cursor/mcp.json", server("https://api.kimi.com/coding/v1")}}, {}});
  check({"codex",
         {{".codex/config.toml", "[mcp_servers.k]\ncommand = \"npx\"\n[mcp_servers.k.env]\nKIMI_API_KEY = \"" + kCode +
                                     "\"\nKIMI_BASE_URL = \"https://api.moonshot.ai/v1\"\n"}},
         {{"kimi-host-mismatch", ".codex/config.toml", 5}}});
  check({"a project's", {{"project/.mcp.json", server("https://api.moonshot.cn/v1")}},
         {{"kimi-code-key", "project/.mcp.json", 3}, {"kimi-host-mismatch", "project/.mcp.json", 4}}, true});
  check({"a remote server", {{"project/.mcp.json", "{ \"mcpServers\": { \"k\": { \"type\": \"http\",\n \"url\": \"https://api.moonshot.ai/mcp\",\n"
                                                   " \"headers\": { \"Authorization\": \"Bearer " + kCode + "\" } } } }\n"}},
         {{"kimi-code-key", "project/.mcp.json", 3}, {"kimi-host-mismatch", "project/.mcp.json", 2}}, true});
  check({"a run configuration",
         {{"project/.idea/workspace.xml", "<project><component name=\"RunManager\"><configuration name=\"a\">\n<envs>\n<env name=\"OPENAI_API_KEY\" value=\"" +
                                              kCode + "\" />\n<env name=\"OPENAI_BASE_URL\" value=\"https://api.moonshot.cn/v1\" />\n</envs>\n"
                                              "</configuration></component></project>\n"}},
         {{"kimi-code-key", "project/.idea/workspace.xml", 3}, {"kimi-host-mismatch", "project/.idea/workspace.xml", 4}}, true});
}

TEST_CASE("audit judges what a login file sets for one function, alias or command") {
  check({"function", {{".zshrc", "kimi() {\n  export ANTHROPIC_BASE_URL=https://api.moonshot.ai/anthropic\n  export ANTHROPIC_AUTH_TOKEN=" +
                                     kCode + "\n  claude \"$@\"\n}\n"}},
         {{"kimi-host-mismatch", ".zshrc", 2}}});
  check({"alias", {{".zshrc", "alias k=\"ANTHROPIC_BASE_URL=https://api.moonshot.ai/anthropic ANTHROPIC_AUTH_TOKEN=" + kCode + " claude\"\n"}},
         {{"kimi-host-mismatch", ".zshrc", 1}}});
  check({"a right function", {{".zshrc", "kimi() {\n  ANTHROPIC_BASE_URL=https://api.kimi.com/coding/ ANTHROPIC_API_KEY=" + kCode + " claude\n}\n"}}, {}});
  check({"fish's universal variables", {{".config/fish/fish_variables", "# VERSION: 3.0\nSETUVAR --export OPENAI_BASE_URL:https\\x3a//api\\x2emoonshot\\x2ecn/v1\n"
                                                                         "SETUVAR --export OPENAI_API_KEY:" + kCode + "\n"}},
         {{"kimi-host-mismatch", ".config/fish/fish_variables", 2}}});
}

TEST_CASE("audit judges netrc, and a home's own services and variables are their own store") {
  check({"wrong", {{".netrc", "machine api.moonshot.ai\n login x\n password " + kCode + "\n"}}, {{"kimi-host-mismatch", ".netrc", 3}}});
  check({"right", {{".netrc", "machine api.moonshot.ai\n login x\n password " + kPlatform + "\n"}}, {}});
  check({"unit", {{".config/systemd/user/a.service", "[Service]\nEnvironment=MOONSHOT_API_KEY=" + kPlatform + "\nExecStart=/bin/a\n"}}, {}});
  check({"dotenv", {{".env", "OPENAI_API_KEY=" + kPlatform + "\nOPENAI_BASE_URL=https://api.moonshot.ai/v1\n"}}, {}});
}

TEST_CASE("audit reads every file below a PATH as scan does: sources, notebooks, Secrets, compose with its .env") {
  check({"source", {{"project/a.py", "client = OpenAI(\n  api_key=\"" + kCode + "\",\n  base_url=\"https://api.moonshot.cn/v1\",\n)\n"}},
         {{"kimi-code-key", "project/a.py", 2}, {"kimi-host-mismatch", "project/a.py", 3}}, true});
  check({"notebook",
         {{"project/a.ipynb", "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"client = OpenAI(api_key='" + kCode +
                                  "',\\n\",\n\"  base_url='https://api.moonshot.cn/v1')\"], \"outputs\": []}]}\n"}},
         {{"kimi-code-key", "project/a.ipynb", 1}, {"kimi-host-mismatch", "project/a.ipynb", 2}}, true});
  check({"secret",
         {{"project/secret.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  OPENAI_API_KEY: " + text::samples::base64(kCode) +
                                      "\n  OPENAI_BASE_URL: " + text::samples::base64("https://api.moonshot.cn/v1") + "\n"}},
         {{"kimi-code-key", "project/secret.yaml", 4}, {"kimi-host-mismatch", "project/secret.yaml", 5}}, true});
  check({"compose",
         {{"project/compose.yaml", "services:\n  a:\n    environment:\n      OPENAI_BASE_URL: https://api.moonshot.cn/v1\n      OPENAI_API_KEY: ${KIMI}\n"},
          {"project/.env", "KIMI=" + kCode + "\n"}},
         {{"kimi-code-key", "project/.env", 1}, {"kimi-host-mismatch", "project/compose.yaml", 4}}, true});
  check({"lobechat's proxy", {{"project/.env", "MOONSHOT_API_KEY=" + kCode + "\nMOONSHOT_PROXY_URL=https://api.moonshot.cn/v1\n"}},
         {{"kimi-code-key", "project/.env", 1}, {"kimi-host-mismatch", "project/.env", 2}}, true});
}

TEST_CASE("audit knows where a tool's key goes without its settings file, and which credentials go out together") {
  check({"codex' login alone", {{".codex/auth.json", "{\n \"OPENAI_API_KEY\": \"" + kCode + "\" }\n"}}, {{"kimi-key-sent-elsewhere", ".codex/auth.json", 2}}});
  const std::string codex = "model_provider = \"custom\"\n[model_providers.custom]\nbase_url = \"https://api.moonshot.cn/v1\"\nwire_api = \"responses\"\n";
  check({"codex' login for a provider",
         {{".codex/config.toml", codex + "requires_openai_auth = true\n"}, {".codex/auth.json", "{ \"OPENAI_API_KEY\": \"" + kCode + "\" }\n"}},
         {{"kimi-host-mismatch", ".codex/config.toml", 3}}});
  check({"codex' login is not every provider's",
         {{".codex/config.toml", codex}, {".codex/auth.json", "{ \"OPENAI_API_KEY\": \"" + kPlatform + "\" }\n"}}, {}});
  check({"hermes' own provider without /v1",
         {{".hermes/config.yaml", "model:\n  provider: custom\n  base_url: https://api.kimi.com/coding\n  api_key: " + kCode + "\n"}},
         {{"kimi-base-url-shape", ".hermes/config.yaml", 3}}});
  const std::string claude = "{ \"env\": { \"ANTHROPIC_BASE_URL\": \"https://api.moonshot.cn/anthropic\",\n \"ANTHROPIC_AUTH_TOKEN\": \"" + kPlatform + "\"";
  check({"a second header from the shell", {{".claude/settings.json", claude + " } }\n"}, {".zshrc", "export ANTHROPIC_API_KEY=" + kCode + "\n"}},
         {{"kimi-auth-conflict", ".zshrc", 1}, {"kimi-key-sent-elsewhere", ".zshrc", 1}}});
  check({"switched off", {{".claude/settings.json", claude + ", \"ANTHROPIC_API_KEY\": \"\" } }\n"},
                          {".zshrc", "export ANTHROPIC_BASE_URL=https://api.kimi.com/coding/\nexport ANTHROPIC_API_KEY=" + kCode + "\n"}},
         {{"kimi-env-override", ".claude/settings.json", 1}}});
  check({"a key beside a login",
         {{".kimi-code/config.toml", "[loop_control]\nmax_steps_per_turn = 100\n[providers.\"managed:kimi-code\"]\ntype = \"kimi\"\nbase_url = \"https://api.kimi.com/coding/v1\"\napi_key = \"" + kCode +
                                         "\"\noauth = { storage = \"file\", key = \"oauth/kimi-code\" }\n"}},
         {{"kimi-auth-conflict", ".kimi-code/config.toml", 6}}});
}

TEST_CASE("audit says to take a variable away that breaks what the configuration has right") {
  const AuditHome home(9);
  home.write(".kimi/config.toml", "default_model = \"a\"\n[providers.m]\ntype = \"kimi\"\nbase_url = \"https://api.moonshot.cn/v1\"\napi_key = \"" + kPlatform +
                                      "\"\n[models.a]\nprovider = \"m\"\nmodel = \"kimi-k3\"\n");
  home.write(".zshrc", "export KIMI_API_KEY=" + kCode + "\n");
  const Audited audited = home.audit();
  for (const char* rule : {"kimi-env-override", "kimi-host-mismatch"}) {
    INFO(rule);
    const Json change = audited.finding(rule).at("changes").at(0);
    CHECK(change.at("file").get<std::string>().ends_with(".zshrc"));
    CHECK(change.at("keyPath") == "KIMI_API_KEY");
    CHECK(change.at("to") == "");
  }
  // Nor is the configuration's own pair said to come apart, and no row of the table stands there twice.
  CHECK(audited.count("kimi-auth-conflict") == 0);
  std::set<std::string> rows;
  for (const Json& row : audited.report.at("inventory").at("connections"))
    CHECK(rows.insert(row.at("slot").get<std::string>() + row.at("key").at("value").get<std::string>() + row.at("verdict").get<std::string>()).second);
}

TEST_CASE("audit names each model that background work lacks, with what to write") {
  const AuditHome home(10);
  home.write(".claude/settings.json", "{ \"env\": { \"ANTHROPIC_BASE_URL\": \"https://api.moonshot.ai/anthropic\",\n \"ANTHROPIC_AUTH_TOKEN\": \"" + kPlatform +
                                          "\", \"ANTHROPIC_MODEL\": \"kimi-k2.7-code\" } }\n");
  const Json finding = home.audit().finding("kimi-silent-fallback");
  CHECK(finding.at("message").get<std::string>().find("unknown") == std::string::npos);
  REQUIRE(finding.at("changes").size() == 3);
  CHECK(finding.at("changes").at(0).at("keyPath") == "env.ANTHROPIC_DEFAULT_HAIKU_MODEL");
  CHECK(finding.at("changes").at(0).at("from") == "");
  CHECK(finding.at("changes").at(0).at("to") == "kimi-k2.7-code");
}

TEST_CASE("audit lists a backup's accounts as not in use") {
  const AuditHome home(11);
  home.write(".claude/settings.json.ccr-original", "{ \"env\": { \"ANTHROPIC_BASE_URL\": \"https://api.moonshot.ai/anthropic\", \"ANTHROPIC_AUTH_TOKEN\": \"" + kPlatform + "\" } }\n");
  const Json row = home.audit().connection("claude-code");
  REQUIRE(row.is_object());
  CHECK(row.at("active") == false);
}

TEST_CASE("audit offers the tool's own provider for a key that goes to another's default") {
  const AuditHome home(12);
  home.write(".local/share/opencode/auth.json", "{ \"kimi-for-coding\": { \"type\": \"api\", \"key\": \"" + kPlatform + "\" } }\n");
  home.write(".cline/data/secrets.json", "{ \"moonshotApiKey\": \"" + kCode + "\" }\n");
  home.write(".cline/data/globalState.json", "{ \"planModeApiProvider\": \"moonshot\", \"actModeApiProvider\": \"moonshot\" }\n");
  const Audited audited = home.audit();
  const Json opencode = audited.finding("kimi-host-mismatch", "auth.json");
  REQUIRE(opencode.at("changes").size() == 2);
  CHECK(opencode.at("changes").at(0).at("keyPath") == "kimi-for-coding");
  CHECK(opencode.at("changes").at(0).at("from") == "kimi-for-coding");
  CHECK(opencode.at("changes").at(0).at("to") == "moonshotai-cn");
  CHECK(opencode.at("changes").at(1).at("to") == "moonshotai");
  const Json cline = audited.finding("kimi-host-mismatch", "secrets.json");
  CHECK(cline.at("message").get<std::string>().find("the address of its provider 'moonshot'") != std::string::npos);
  const Json change = cline.at("changes").at(0);
  CHECK(change.at("file").get<std::string>().ends_with("globalState.json"));
  CHECK(change.at("to") == "kimi-for-coding");
}

TEST_CASE("audit takes a key of the other product for no conflict of regions") {
  const AuditHome home(13);
  home.write(".codeium/windsurf/mcp_config.json", server("https://api.moonshot.cn/v1"));
  home.write(".cursor/mcp.json", server("https://api.moonshot.ai/v1"));
  const Audited audited = home.audit();
  CHECK(audited.count("kimi-host-mismatch") == 2);
  CHECK(audited.count("kimi-region-conflict") == 0);
}

TEST_CASE("audit follows Continue's secrets into the environment, and says each place of a conflict once") {
  const AuditHome home(14);
  home.write(".zshrc", "export MOONSHOT_API_KEY=" + kPlatform + "\n");
  home.write(".continue/config.yaml", "models:\n  - name: Kimi\n    provider: moonshot\n    model: kimi-k3\n    apiKey: ${{ secrets.MOONSHOT_API_KEY }}\n");
  home.write(".cline/data/secrets.json", "{ \"moonshotApiKey\": \"" + kPlatform + "\" }\n");
  home.write(".cline/data/globalState.json", "{ \"planModeApiProvider\": \"moonshot\", \"actModeApiProvider\": \"moonshot\" }\n");
  const Audited audited = home.audit();
  REQUIRE(audited.count("kimi-region-conflict") == 1);
  std::set<std::string> places;
  const Json conflict = audited.finding("kimi-region-conflict");
  for (const Json& place : conflict.at("settings"))
    CHECK(places.insert(place.at("path").get<std::string>() + place.at("variable").get<std::string>() + place.value("role", "")).second);
}

TEST_CASE("audit names the console of the host where it says to put in a key of another kind") {
  const AuditHome home(15);
  home.write(".claude/settings.json", "{ \"env\": { \"ANTHROPIC_BASE_URL\": \"https://api.moonshot.ai/anthropic\", \"ANTHROPIC_AUTH_TOKEN\": \"" + kCode + "\" } }\n");
  const std::string text = home.run({"--lang", "en"}).out;
  std::string line;
  for (const char c : text)
    if (c != '\n' && (c != ' ' || line.empty() || line.back() != ' ')) line += c;
    else if (!line.empty() && line.back() != ' ') line += ' ';
  CHECK(line.find("or put in a key of platform.kimi.ai/console/api-keys") != std::string::npos);
}

}  // namespace kimiguard::test

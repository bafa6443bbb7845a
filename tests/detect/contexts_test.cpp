// Every context in which people write keys, with the attribution that its surroundings give.
#include <regex>
#include <string>
#include <vector>

#include "scanner/text/mask.h"
#include "tests/detect/scan_text.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;

namespace {

// @K is a platform key, @C a Kimi Code key; @O another platform key, of which nothing is asked.
struct Case {
  const char* name;
  const char* text;
  const char* rule;        // expected for @K (or @C): "" for a key that is another issuer's
  const char* confidence;  // "" for any
  const char* realm;
};

const std::vector<Case> kCases = {
    {"shell export", "export MOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"shell export of a Kimi Code key", "export KIMI_API_KEY='@C'\n", "kimi-code-key", "high", "kimi-code"},
    {"shell default", "KEY=\"${KIMI_KEY:-@C}\"\n", "kimi-code-key", "high", "kimi-code"},
    {"shell default of a platform key", ": \"${MOONSHOT_API_KEY:=@K}\"\n", "moonshot-platform-key", "high", ""},
    {"openai protocol names with a Moonshot base",
     "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://api.moonshot.cn/v1\n", "moonshot-platform-key", "high", "moonshot-cn"},
    {"the other way round", "export OPENAI_BASE_URL=\"https://api.moonshot.ai/v1\"\nexport OPENAI_API_KEY=\"@K\"\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"anthropic protocol names with a Moonshot base",
     "ANTHROPIC_BASE_URL=https://api.moonshot.ai/anthropic\nANTHROPIC_AUTH_TOKEN=@K\n", "moonshot-platform-key", "high",
     "moonshot-global"},
    {"openai alone", "OPENAI_API_KEY=@K\n", "", "", ""},
    {"openai with its own base", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://api.openai.com/v1\n", "", "", ""},
    {"deepseek by name", "DEEPSEEK_API_KEY=@K\n", "", "", ""},
    {"another stem's host does not pair",
     "OPENAI_BASE_URL=https://api.openai.com/v1\nOPENAI_API_KEY=abc\nMOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"what grep writes before a line", ".env:MOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"what grep -n writes before a line", "a/app.toml:12:  kimi_api_key = \"@K\"\n", "moonshot-platform-key", "high", ""},
    {"grep in a transcript", "{\"out\": \"a/.env:export MOONSHOT_API_KEY=@K\\n\"}\n", "moonshot-platform-key", "high", ""},
    {"what grep --color writes around a key", "MOONSHOT_API_KEY=\x1b[01;31m\x1b[K@K\x1b[m\x1b[K\n", "moonshot-platform-key", "high", ""},
    {"grep names another's variable", ".env:DEEPSEEK_API_KEY=@K\n", "", "", ""},
    {"nothing around", "notes: @K\n", "unattributed-sk-key", "low", ""},
    {"curl in one line", "curl https://api.moonshot.cn/v1/models -H \"Authorization: Bearer @K\"\n", "moonshot-platform-key",
     "high", "moonshot-cn"},
    {"curl over lines",
     "curl https://api.moonshot.ai/v1/chat/completions \\\n  -H \"Content-Type: application/json\" \\\n  -H \"Authorization: Bearer "
     "@K\" \\\n  -d '{}'\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"command line", "kimi-tool --api-key @K --base-url https://api.moonshot.ai/v1\n", "moonshot-platform-key", "high",
     "moonshot-global"},
    {"dotenv prefix", "VITE_MOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"next public", "NEXT_PUBLIC_KIMI_API_KEY=\"@K\"\n", "moonshot-platform-key", "high", ""},
    {"hermes cn", "KIMI_CN_API_KEY=@K\n", "moonshot-platform-key", "high", "moonshot-cn"},
    {"json object", "{\n  \"api_key\": \"@K\",\n  \"base_url\": \"https://api.moonshot.cn/v1\"\n}\n", "moonshot-platform-key",
     "high", "moonshot-cn"},
    {"json on one line", "{\"a\":{\"apiKey\":\"x\",\"baseURL\":\"https://api.openai.com/v1\"},\"b\":{\"apiKey\":\"@K\",\"baseURL\":"
     "\"https://api.moonshot.ai/v1\"}}",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"json sibling object is another scope",
     "{\"a\":{\"apiKey\":\"@K\",\"baseURL\":\"https://api.openai.com/v1\"},\"b\":{\"apiKey\":\"x\",\"baseURL\":"
     "\"https://api.moonshot.ai/v1\"}}",
     "", "", ""},
    {"json provider key", "{ \"provider\": { \"moonshotai\": { \"options\": { \"apiKey\": \"@K\" } } } }", "moonshot-platform-key",
     "high", ""},
    {"one line of JSON, another provider after it", R"({"providers":{"kimi":{"apiKey":"@K"},"deepseek":{"apiKey":"x"}}})",
     "moonshot-platform-key", "high", ""},
    {"one line of JSON, another provider's key", R"({"providers":{"deepseek":{"apiKey":"@K"},"kimi":{"apiKey":"@O"}}})", "", "", ""},
    {"an unknown provider's key beside Kimi's", "{\n \"providers\": {\n  \"foo\": {\n   \"apiKey\": \"@K\"\n  },\n  \"kimi\": {\n   \"apiKey\": \"@O\"\n  }\n }\n}\n",
     "unattributed-sk-key", "low", ""},
    {"OpenAI's key beside Kimi's", "{\n \"openai\": {\n  \"apiKey\": \"@K\"\n },\n \"kimi\": {\n  \"apiKey\": \"@O\"\n }\n}\n", "", "", ""},
    {"the item before is Kimi's", R"([{ name: "kimi", key: "@O" }, { name: "foo", key: "@K" }])", "unattributed-sk-key", "low", ""},
    {"the row before is Kimi's", "INSERT INTO c VALUES (1,'kimi','@O','https://api.moonshot.cn'),(2,'foo','@K','https://foo.example');\n",
     "unattributed-sk-key", "low", ""},
    {"names of two keys in one object", R"(const keys = { foo: "@K", kimi: "@O" };)", "unattributed-sk-key", "low", ""},
    {"another is the default", R"({"defaultProvider":"deepseek","providers":{"moonshot":{"apiKey":"@K"}}})", "moonshot-platform-key", "high", ""},
    {"Kimi is the default, this is OpenAI's", R"({"defaultProvider":"moonshot","providers":{"openai":{"apiKey":"@K"}}})", "", "", ""},
    {"the provider in an object named for the model", R"({"kimi-k2":{"provider":"siliconflow","apiKey":"@K"}})", "", "", ""},
    {"YAML, the entry below is Kimi's", "providers:\n  foo:\n    api_key: @K\n  kimi:\n    api_key: @O\n", "unattributed-sk-key", "low", ""},
    {"YAML, the model is another's", "model_list:\n  - model_name: ds\n    litellm_params:\n      model: deepseek/deepseek-chat\n      api_key: @K\n",
     "", "", ""},
    {"TOML, the section below is Kimi's", "[providers.foo]\napi_key = \"@K\"\n[providers.kimi]\napi_key = \"@O\"\n", "unattributed-sk-key",
     "low", ""},
    {"XML, the parent's name", "<p>\n <moonshot>\n  <url>x</url>\n  <key>@K</key>\n </moonshot>\n</p>\n", "moonshot-platform-key", "high", ""},
    {"XML, the URL in the parent", "<p>\n <provider>\n  <url>https://api.moonshot.cn/v1</url>\n  <model>x</model>\n  <apiKey>@K</apiKey>\n </provider>\n</p>\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"XML, the element before is Kimi's", "<c><moonshot><key>@O</key></moonshot><foo><key>@K</key></foo></c>\n", "unattributed-sk-key", "low", ""},
    {"headings over keys", "## Moonshot\n\n@K\n\n## DeepSeek\n\n@O\n", "moonshot-platform-key", "medium", ""},
    {"a name over a key", "Kimi\n@K\n\nDeepSeek\n@O\n", "moonshot-platform-key", "medium", ""},
    {"a heading over two keys", "## Moonshot\n\nkeys:\n- @O\n- @K\n\n## DeepSeek\n\n- x\n", "moonshot-platform-key", "medium", ""},
    {"a comment over the next key", "# deepseek\n@K\n# kimi\n@O\n", "", "", ""},
    {"a comment over the key before", "# kimi\n@O\n# foo\n@K\n", "unattributed-sk-key", "low", ""},
    {"a line of a usual width before", "deepseek @O\nkimi @K\n", "moonshot-platform-key", "high", ""},
    {"sed", "sed -i 's/MOONSHOT_API_KEY=.*/MOONSHOT_API_KEY=@K/' .env\n", "moonshot-platform-key", "high", ""},
    {"numbered pairs, an unknown host first", "API_KEY_1=@K\nBASE_URL_1=https://llm.foo.example/v1\nAPI_KEY_2=@O\nBASE_URL_2=https://api.moonshot.cn/v1\n",
     "unattributed-sk-key", "low", ""},
    {"numbered pairs, the second", "URL1=https://llm.foo.example/v1\nKEY1=@O\nURL2=https://api.moonshot.cn/v1\nKEY2=@K\n", "moonshot-platform-key",
     "high", "moonshot-cn"},
    {"lettered pairs", "A_API_KEY=@K\nA_BASE_URL=https://llm.foo.example/v1\nB_API_KEY=@O\nB_BASE_URL=https://api.moonshot.cn/v1\n",
     "unattributed-sk-key", "low", ""},
    {"the same names twice", "BASE_URL=https://llm.foo.example/v1\nAPI_KEY=@K\n\nBASE_URL=https://api.moonshot.cn/v1\nAPI_KEY=@O\n",
     "unattributed-sk-key", "low", ""},
    {"URL and key in turn", "https://api.moonshot.cn/v1\n@K\n\nhttps://api.deepseek.com\n@O\n", "moonshot-platform-key", "medium", "moonshot-cn"},
    {"key and URL in turn", "@K\nhttps://llm.foo.example\n\n@O\nhttps://api.moonshot.cn/v1\n", "unattributed-sk-key", "low", ""},
    {"a pair commented out", "# BASE_URL=https://api.moonshot.cn/v1\n# API_KEY=@K\nBASE_URL=https://api.deepseek.com\nAPI_KEY=@O\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"requests of an .http file", "GET https://llm.foo.example/models\nAuthorization: Bearer @K\n\n###\nGET https://api.moonshot.cn/v1/models\nAuthorization: Bearer @O\n",
     "unattributed-sk-key", "low", ""},
    {"a proxy beside the base URL", R"({"baseUrl":"https://api.moonshot.cn/v1","apiKey":"@K","proxy":"https://proxy.foo.example:8080"})",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"a chat, another named in the answer", "[10:02] bob: here is the moonshot key\n[10:03] bob: @K\n[10:04] al: thx, deepseek?\n",
     "moonshot-platform-key", "medium", ""},
    {"a chat about another's key", "[10:02] al: do you have a deepseek key?\n[10:03] bob: @K\n[10:04] al: thx, kimi next\n", "", "", ""},
    {"the last of a list of keys", "MOONSHOT_API_KEYS=@O,@K\n", "moonshot-platform-key", "high", ""},
    {"the last of another's list of keys", "DEEPSEEK_API_KEYS=@O, @K # not moonshot\n", "", "", ""},
    {"the row before is named in Chinese", "INSERT INTO c VALUES\n(1,25,'@O','','月之暗面'),\n(2,1,'@K','','foo');\n", "unattributed-sk-key", "low", ""},
    {"another's name with a reference", "MOONSHOT_API_KEY=$X\nFOO_API_KEY=@K\n", "unattributed-sk-key", "low", ""},
    {"objects in entities", "&quot;foo&quot;:{&quot;key&quot;:&quot;@K&quot;},&quot;kimi&quot;:{&quot;key&quot;:&quot;@O&quot;}\n", "unattributed-sk-key", "low", ""},
    {"objects in percent codes", "%7B%22foo%22%3A%7B%22key%22%3A%22@K%22%7D%2C%22kimi%22%3A%7B%22key%22%3A%22@O%22%7D%7D\n", "unattributed-sk-key", "low", ""},
    {"cline secrets", "{ \"moonshotApiKey\": \"@K\", \"openAiApiKey\": \"\" }", "moonshot-platform-key", "high", ""},
    {"cline secrets of another", "{ \"moonshotApiKey\": \"\", \"deepSeekApiKey\": \"@K\" }", "", "", ""},
    {"roo export",
     "{\"kimi\":{\"apiProvider\":\"moonshot\",\"moonshotBaseUrl\":\"https://api.moonshot.cn/v1\",\"moonshotApiKey\":\"@K\"}}",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"claude settings",
     "{\n  \"env\": {\n    \"ANTHROPIC_BASE_URL\": \"https://api.moonshot.ai/anthropic\",\n    \"ANTHROPIC_AUTH_TOKEN\": \"@K\"\n  "
     "}\n}\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"vs code pairs",
     "\"claudeCode.environmentVariables\": [\n  {\"name\": \"ANTHROPIC_BASE_URL\", \"value\": \"https://api.moonshot.cn/anthropic\"},\n"
     "  {\"name\": \"ANTHROPIC_AUTH_TOKEN\", \"value\": \"@K\"}\n]\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"kimi-cli toml", "[providers.kimi]\ntype = \"kimi\"\nbase_url = \"https://api.moonshot.cn/v1\"\napi_key = \"@K\"\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"toml section name", "[deepseek]\nkey = \"abc\"\n\n[moonshot]\nkey = \"@K\"\n", "moonshot-platform-key", "high", ""},
    {"toml other section", "[moonshot]\nkey = \"abc\"\n\n[deepseek]\nkey = \"@K\"\n", "", "", ""},
    {"yaml map", "llm:\n  provider: moonshot\n  api_key: @K\n", "moonshot-platform-key", "high", ""},
    {"yaml list item",
     "models:\n  - name: GPT\n    provider: openai\n    apiKey: abc\n  - name: Kimi\n    provider: moonshot\n    apiKey: @K\n",
     "moonshot-platform-key", "high", ""},
    {"yaml list item of another",
     "models:\n  - name: Kimi\n    provider: moonshot\n    apiKey: abc\n  - name: DS\n    provider: deepseek\n    apiKey: @K\n", "", "",
     ""},
    {"litellm",
     "model_list:\n  - model_name: kimi\n    litellm_params:\n      model: moonshot/kimi-k2.6\n      api_key: @K\n",
     "moonshot-platform-key", "high", ""},
    {"yaml block", "data:\n  key: >-\n    @K\n  url: https://api.moonshot.ai/v1\n", "moonshot-platform-key", "", "moonshot-global"},
    {"compose environment list",
     "services:\n  app:\n    environment:\n      - OPENAI_BASE_URL=https://api.moonshot.cn/v1\n      - OPENAI_API_KEY=@K\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"kubernetes env", "env:\n  - name: MOONSHOT_API_KEY\n    value: \"@K\"\n  - name: OTHER\n    value: x\n", "moonshot-platform-key",
     "high", ""},
    {"ini", "[kimi]\nurl = https://api.moonshot.ai/v1\nkey = @K\n", "moonshot-platform-key", "high", "moonshot-global"},
    {"properties", "moonshot.api-key=@K\nspring.name=x\n", "moonshot-platform-key", "high", ""},
    {"spring ai", "spring.ai.openai.base-url=https://api.moonshot.cn\nspring.ai.openai.api-key=@K\n", "moonshot-platform-key", "high",
     "moonshot-cn"},
    {"xml element", "<config><moonshotApiKey>@K</moonshotApiKey></config>", "moonshot-platform-key", "high", ""},
    {"xml attributes", "<add key=\"MoonshotKey\" value=\"@K\" />", "moonshot-platform-key", "high", ""},
    {"plist", "<dict>\n<key>MOONSHOT_API_KEY</key>\n<string>@K</string>\n</dict>", "moonshot-platform-key", "high", ""},
    {"python call", "client = OpenAI(\n    api_key=\"@K\",\n    base_url=\"https://api.moonshot.cn/v1\",\n)\n", "moonshot-platform-key",
     "high", "moonshot-cn"},
    {"python call, old base in a comment",
     "client = OpenAI(\n    api_key=\"@K\",\n    # base_url=\"https://api.openai.com/v1\",\n    base_url=\"https://api.moonshot.ai/v1\",\n)\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"python variables", "API_KEY = \"@K\"\nBASE_URL = \"https://api.moonshot.cn/v1\"\n", "moonshot-platform-key", "high", "moonshot-cn"},
    {"python variable used in a call",
     "key = '@K'\n\ndef ask(q):\n    client = OpenAI(api_key=key, base_url='https://api.moonshot.ai/v1')\n    return client\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"python environ", "os.environ[\"MOONSHOT_API_KEY\"] = \"@K\"\n", "moonshot-platform-key", "high", ""},
    {"python getenv default", "key = os.getenv(\"MOONSHOT_API_KEY\", \"@K\")\n", "moonshot-platform-key", "high", ""},
    {"python attributes", "openai.api_key = \"@K\"\nopenai.api_base = \"https://api.moonshot.cn/v1\"\n", "moonshot-platform-key", "high",
     "moonshot-cn"},
    {"python headers",
     "r = requests.post(\"https://api.moonshot.cn/v1/chat/completions\",\n    headers={\"Authorization\": \"Bearer @K\"},\n    json={})\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"langchain class", "llm = MoonshotChat(api_key=\"@K\")\n", "moonshot-platform-key", "high", ""},
    {"typescript object", "const client = new OpenAI({\n  apiKey: '@K',\n  baseURL: 'https://api.moonshot.ai/v1',\n});\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"javascript fetch",
     "fetch('https://api.moonshot.cn/v1/models', { headers: { Authorization: `Bearer @K` } })\n", "moonshot-platform-key", "high",
     "moonshot-cn"},
    {"typescript annotation", "const moonshotKey: string = \"@K\";\n", "moonshot-platform-key", "high", ""},
    {"process env default", "const key = process.env.KIMI_KEY ?? '@K';\n", "moonshot-platform-key", "high", ""},
    {"go", "config := openai.DefaultConfig(\"@K\")\nconfig.BaseURL = \"https://api.moonshot.cn/v1\"\n", "moonshot-platform-key", "",
     "moonshot-cn"},
    {"go struct", "c := Config{\n\tAPIKey:  \"@K\",\n\tBaseURL: \"https://api.moonshot.ai/v1\",\n}\n", "moonshot-platform-key", "high",
     "moonshot-global"},
    {"java builder",
     "OpenAIClient client = OpenAIOkHttpClient.builder()\n    .apiKey(\"@K\")\n    .baseUrl(\"https://api.moonshot.cn/v1\")\n    .build();\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"java constant", "private static final String MOONSHOT_API_KEY = \"@K\";\n", "moonshot-platform-key", "high", ""},
    {"kotlin", "val client = OpenAI(token = \"@K\", host = OpenAIHost(baseUrl = \"https://api.moonshot.ai/v1/\"))\n",
     "moonshot-platform-key", "high", "moonshot-global"},
    {"c sharp", "var options = new OpenAIClientOptions { Endpoint = new Uri(\"https://api.moonshot.cn/v1\") };\nvar kimiKey = \"@K\";\n",
     "moonshot-platform-key", "high", ""},
    {"rust", "let client = moonshot::Client::new(\"@K\");\n", "moonshot-platform-key", "high", ""},
    {"php", "$client = OpenAI::factory()->withApiKey('@K')->withBaseUri('api.moonshot.cn/v1')->make();\n", "moonshot-platform-key", "high",
     "moonshot-cn"},
    {"ruby", "client = OpenAI::Client.new(access_token: \"@K\", uri_base: \"https://api.moonshot.ai/v1\")\n", "moonshot-platform-key",
     "high", "moonshot-global"},
    {"swift", "let kimiAPIKey = \"@K\"\n", "moonshot-platform-key", "high", ""},
    {"c++", "const std::string kMoonshotKey{\"@K\"};\n", "moonshot-platform-key", "high", ""},
    {"sql", "INSERT INTO channels (name, base_url, `key`) VALUES ('kimi', 'https://api.moonshot.cn', '@K');\n", "moonshot-platform-key",
     "high", "moonshot-cn"},
    {"sql other row", "VALUES ('kimi', 'https://api.moonshot.cn', 'abc'), ('x', 'https://api.deepseek.com', '@K');\n", "", "", ""},
    {"comment", "# kimi key: @K\n", "moonshot-platform-key", "high", ""},
    {"comment above", "# moonshot\nkey = \"@K\"\n", "moonshot-platform-key", "medium", ""},
    {"markdown prose", "Use my Moonshot key `@K` for the demo.\n", "moonshot-platform-key", "high", ""},
    {"markdown table", "| provider | key |\n|---|---|\n| DeepSeek | abc |\n| Moonshot | @K |\n", "moonshot-platform-key", "high", ""},
    {"diff", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n+MOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"log with colours", "\x1b[32mMOONSHOT_API_KEY\x1b[0m=\x1b[1m@K\x1b[0m\n", "moonshot-platform-key", "high", ""},
    {"grep of the variable", "\x1b[35m\x1b[K.env\x1b[m\x1b[K:\x1b[01;31m\x1b[KMOONSHOT_API_KEY\x1b[m\x1b[K=@K\n", "moonshot-platform-key", "high", ""},
    {"log line", "2026-11-24 POST https://api.moonshot.ai/v1/chat/completions auth=Bearer @K 401\n", "moonshot-platform-key", "high",
     "moonshot-global"},
    {"http request", "POST /v1/chat/completions HTTP/1.1\nHost: api.moonshot.cn\nAuthorization: Bearer @K\n\n{}\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"json in jsonl",
     "{\"type\":\"user\",\"content\":\"export OPENAI_API_KEY=@K\\nexport OPENAI_BASE_URL=https://api.moonshot.cn/v1\\n\"}\n",
     "moonshot-platform-key", "high", "moonshot-cn"},
    {"json in json",
     "{\"a\":\"{\\\"api_key\\\": \\\"@K\\\", \\\"base_url\\\": \\\"https://api.moonshot.ai/v1\\\"}\"}\n", "moonshot-platform-key", "high",
     "moonshot-global"},
    {"escape directly before", "{\"text\":\"moonshot:\\n@K\\n\"}\n", "moonshot-platform-key", "", ""},
    {"percent", "https://x.example/?u=https%3A%2F%2Fapi.moonshot.cn%2Fv1&key%3D@K&z=1\n", "moonshot-platform-key", "high", "moonshot-cn"},
    {"repository name is no evidence", "git clone https://github.com/someone/moonshot-app && KEY=@K make\n", "unattributed-sk-key", "", ""},
    {"folder name is no evidence", "cat /home/me/kimi/config.txt: @K\n", "unattributed-sk-key", "", ""},
    {"host in the small block",
     "def ask():\n    token = \"@K\"\n    x = 1\n    y = 2\n    return post(\"https://api.moonshot.cn/v1/chat\", token)\n",
     "moonshot-platform-key", "", "moonshot-cn"},
    {"far away is nothing", "moonshot\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nx = \"@K\"\n", "unattributed-sk-key", "", ""},
    {"setx", "setx MOONSHOT_API_KEY \"@K\"\r\n", "moonshot-platform-key", "high", ""},
    {"powershell", "$env:MOONSHOT_API_KEY = \"@K\"\r\n", "moonshot-platform-key", "high", ""},
    {"fish", "set -gx MOONSHOT_API_KEY @K\n", "moonshot-platform-key", "high", ""},
    {"dockerfile", "ENV MOONSHOT_API_KEY @K\n", "moonshot-platform-key", "high", ""},
    {"netrc", "machine api.moonshot.cn\n  login x\n  password @K\n", "moonshot-platform-key", "high", "moonshot-cn"},
    {"systemd", "[Service]\nEnvironment=\"OPENAI_BASE_URL=https://api.moonshot.cn/v1\" \"OPENAI_API_KEY=@K\"\n", "moonshot-platform-key",
     "high", "moonshot-cn"},
    {"helm values", "moonshot:\n  apiKey: \"@K\"\n", "moonshot-platform-key", "high", ""},
    {"terraform", "variable \"moonshot_api_key\" {\n  default = \"@K\"\n}\n", "moonshot-platform-key", "high", ""},
    {"openrouter speaks for itself", "{\"provider\":\"openrouter\",\"model\":\"moonshotai/kimi-k2.6\",\"key\":\"@K\"}", "", "", ""},
    {"model id names Kimi", "{\"model\":\"kimi-k2.6\",\"key\":\"@K\"}", "moonshot-platform-key", "high", ""},
    {"a provider chosen among many says nothing of a key's own name",
     "LLM_PROVIDER=deepseek\nDEEPSEEK_API_KEY=abc\nMOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"nor does a model of another's", "MOONSHOT_API_KEY=@K\nMODEL=deepseek-chat\n", "moonshot-platform-key", "high", ""},
    {"another's name beside a Kimi model", "SILICONFLOW_API_KEY=@K\nMODEL=moonshotai/Kimi-K2-Instruct\n", "", "", ""},
    {"another's name in YAML beside a Kimi model", "llm:\n  model: kimi-k2\n  siliconflow_api_key: @K\n", "", "", ""},
    {"a call with a key of its own is no scope of this one",
     "KIMI_KEY='@K'\nclient=OpenAI(api_key=DEEPSEEK_KEY, base_url='https://api.deepseek.com')\n", "moonshot-platform-key", "high", ""},
    {"an object with a key of its own neither",
     "kimi = '@K'\nother = { apiKey: ds, baseURL: 'https://api.deepseek.com' }\n", "moonshot-platform-key", "high", ""},
    {"Chinese name", "我的月之暗面 API Key：@K，麻烦看看\n", "moonshot-platform-key", "high", ""},
    {"Chinese name on the line above", "# 月之暗面\nkey = @K\n", "moonshot-platform-key", "medium", ""},
    {"module attribute", "@moonshot_key \"@K\"\n", "moonshot-platform-key", "high", ""},
    {"macro", "\\newcommand{\\moonshotkey}{@K}\n", "moonshot-platform-key", "high", ""},
    {"address of a mail is no evidence", "mail me@moonshot.example the key @K\n", "unattributed-sk-key", "", ""},
    {"command with a colon", "heroku config:set MOONSHOT_API_KEY=@K -a app\n", "moonshot-platform-key", "high", ""},
    {"a cloud's command line is no issuer", "aws ssm put-parameter --name llm --value @K\n", "unattributed-sk-key", "", ""},
    {"vault", "vault kv put secret/moonshot key=@K\n", "moonshot-platform-key", "high", ""},
    {"vault with a mount", "vault kv put -mount=secret llm/kimi api_key=@K region=cn\n", "moonshot-platform-key", "high", ""},
    {"vault, another line is another's", "vault kv put secret/deepseek key=abc\nvault kv put secret/moonshot key=@K\n", "moonshot-platform-key", "high", ""},
    {"vault of another", "vault kv put secret/moonshot key=abc\nvault kv put secret/deepseek key=@K\n", "", "", ""},
    {"parameter store", "aws ssm put-parameter --name /x/moonshot/api_key --type SecureString --value @K\n", "moonshot-platform-key", "high", ""},
    {"parameter store over lines", "aws ssm put-parameter \\\n  --value \"@K\" \\\n  --name \"/prod/moonshot/api_key\" \\\n  --type SecureString\n", "moonshot-platform-key", "high", ""},
    {"parameter store of another", "aws ssm put-parameter --name /x/openrouter/key --value @K\n", "", "", ""},
    {"secrets manager", "aws secretsmanager create-secret --name prod/kimi-api-key --secret-string @K\n", "moonshot-platform-key", "high", ""},
    {"GitHub's secrets", "gh secret set MOONSHOT_API_KEY -b @K\n", "moonshot-platform-key", "high", ""},
    {"Fly's secrets", "fly secrets set MOONSHOT_API_KEY=@K\n", "moonshot-platform-key", "high", ""},
    {"Doppler's secrets", "doppler secrets set MOONSHOT_API_KEY @K\n", "moonshot-platform-key", "high", ""},
    {"a Kubernetes secret by its name", "kubectl create secret generic moonshot --from-literal=api-key=@K\n", "moonshot-platform-key", "high", ""},
    {"a Kubernetes secret by its field", "kubectl create secret generic moonshot --from-literal=DEEPSEEK_API_KEY=@K\n", "", "", ""},
    {"docker's environment", "docker run -d -e MOONSHOT_API_KEY=@K -p 3000:3000 img\n", "moonshot-platform-key", "high", ""},
    {"a key vault", "az keyvault secret set --vault-name v --name moonshot-api-key --value @K\n", "moonshot-platform-key", "high", ""},
    {"a worker's secret, from a pipe", "echo \"@K\" | npx wrangler secret put MOONSHOT_API_KEY\n", "moonshot-platform-key", "high", ""},
    {"a host's variable, from a pipe", "echo @K | vercel env add MOONSHOT_API_KEY production\n", "moonshot-platform-key", "high", ""},
    {"a password store, from a pipe", "echo @K | pass insert -e moonshot/api\n", "moonshot-platform-key", "high", ""},
    {"a tree of keys", "etcdctl put /llm/kimi/api-key @K\n", "moonshot-platform-key", "high", ""},
    {"the keychain", "security add-generic-password -a me -s moonshot-api-key -w @K\n", "moonshot-platform-key", "high", ""},
    {"a gateway's Kimi model is no proof", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://llm.corp.example/v1\nMODEL=kimi-k2\n", "unattributed-sk-key", "low", ""},
    {"nor in an object", "{\"p\":{\"apiKey\":\"@K\",\"baseUrl\":\"https://one-api.example.net/v1\",\"model\":\"kimi-k2\"}}\n", "unattributed-sk-key", "low", ""},
    {"nor in LiteLLM's list", "model_list:\n  - model_name: kimi-k2\n    litellm_params:\n      model: openai/kimi-k2\n      api_key: @K\n      api_base: https://gw.example.net/v1\n", "unattributed-sk-key", "low", ""},
    {"nor in the call after", "client = OpenAI(api_key=\"@K\", base_url=\"https://gw.example.net/v1\")\nr = client.chat.completions.create(model=\"kimi-k2\")\n", "unattributed-sk-key", "low", ""},
    {"nor in a request", "curl https://gw.example.net/v1/chat/completions -H \"Authorization: Bearer @K\" -d '{\"model\":\"kimi-k2\"}'\n", "unattributed-sk-key", "low", ""},
    {"nor behind this machine's proxy", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=http://localhost:4000/v1\nMODEL=kimi-k2\n", "unattributed-sk-key", "low", ""},
    {"nor behind a service of the compose file", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=http://litellm:4000/v1\nOPENAI_MODEL=kimi-k2\n", "unattributed-sk-key", "low", ""},
    {"nor behind an address of the network", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=http://192.168.1.9:3000/v1\nOPENAI_MODEL=moonshotai/kimi-k2\n", "unattributed-sk-key", "low", ""},
    {"nor a Kimi model a few lines on", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://gw.example.net/v1\nKIMI_MODEL=kimi-k2\n", "unattributed-sk-key", "low", ""},
    {"a remark beside a gateway is half a proof", "OPENAI_BASE_URL=https://gw.example.net/v1\nOPENAI_API_KEY=@K # our moonshot key\n", "moonshot-platform-key", "medium", ""},
    {"a Kimi model without an address", "OPENAI_API_KEY=@K\nMODEL=kimi-k2\n", "moonshot-platform-key", "high", ""},
    {"the key's own name beside a gateway", "MOONSHOT_API_KEY=@K\nMOONSHOT_BASE_URL=https://gw.example.net/v1\nMOONSHOT_MODEL=kimi-k2\n", "moonshot-platform-key", "high", ""},
    {"the entry's name beside a gateway", "{\"moonshot\":{\"apiKey\":\"@K\",\"baseUrl\":\"https://gw.example.net/v1\"}}\n", "moonshot-platform-key", "high", ""},
    {"a gateway that hands keys on", "MOONSHOT_API_KEY=@K\nMOONSHOT_BASE_URL=https://oai.helicone.ai/v1\n", "moonshot-platform-key", "high", ""},
    {"a Kimi model at OpenRouter", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://openrouter.ai/api/v1\nMODEL=moonshotai/kimi-k2\n", "", "", ""},
    {"a Kimi model at SiliconFlow", "client = OpenAI(api_key=\"@K\", base_url=\"https://api.siliconflow.cn/v1\")\nMODEL = \"moonshotai/Kimi-K2-Instruct\"\n", "", "", ""},
    {"a Kimi model at Volcengine Ark", "{\"apiKey\":\"@K\",\"baseURL\":\"https://ark.cn-beijing.volces.com/api/v3\",\"model\":\"kimi-k2-250711\"}\n", "", "", ""},
    {"a Kimi model at Groq", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://api.groq.com/openai/v1\nMODEL=moonshotai/kimi-k2-instruct\n", "", "", ""},
    {"a Kimi model at Together", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://api.together.xyz/v1\nMODEL=moonshotai/Kimi-K2-Instruct\n", "", "", ""},
    {"a Kimi model at NVIDIA", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://integrate.api.nvidia.com/v1\nMODEL=moonshotai/kimi-k2-instruct\n", "", "", ""},
    {"a Kimi model at Azure", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://x.services.ai.azure.com/openai/v1\nMODEL=Kimi-K2\n", "", "", ""},
    {"unknown gateway", "OPENAI_API_KEY=@K\nOPENAI_BASE_URL=https://llm.corp.example/v1\n", "unattributed-sk-key", "", ""},
};

std::string filled(const Case& c, const std::string& key, const std::string& code) {
  std::string text = c.text;
  const auto replace = [&](const std::string& mark, const std::string& with) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size()))
      text.replace(at, mark.size(), with);
  };
  replace("@K", key);
  replace("@C", code);
  return text;
}

}  // namespace

TEST_CASE("strings of binary data end at a zero") {
  const std::string key = test::Keys(8).platform();
  const std::string text = std::string("\x7f\0\0MOONSHOT_API_KEY\0", 20) + key + std::string("\0https://example.org\0", 21);
  const std::vector<Match> matches = test::scan_text(text);
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].rule == "moonshot-platform-key");
}

// MessagePack, protocol buffers, CBOR, pickles, compiled Python, class files, BSON: 51 is the digit 3, 72 the letter H.
TEST_CASE("a key behind its length is found, whatever follows") {
  test::Keys keys(9);
  const std::vector<std::pair<std::string, std::string>> around = {
      {"\xd9#", "\xa4name"}, {"\x12#", "\x1a"}, {"x#", "a"},          {std::string("X#\0\0\0", 5), "q\x02"},
      {"\x8c#", "\x94"},     {"z#", "N"},       {std::string("\0#", 2), "A"}, {std::string("#\0", 2), "B"},
      {"##", std::string("\0", 1)}, {std::string("#\0\0\0\0\0\0\0", 8), "Z"}};
  for (const auto& [before, after] : around) {
    for (const bool code : {false, true}) {
      const std::string key = code ? keys.kimi_code() : keys.platform();
      std::string head = "MOONSHOT_API_KEY\x01" + before;
      for (char& c : head)
        if (c == '#') c = static_cast<char>(key.size());
      const std::string text = head + key + after;
      INFO(text::printable(before));
      const std::vector<Match> matches = test::scan_text(text);
      REQUIRE(matches.size() == 1);
      CHECK(matches[0].rule == (code ? "kimi-code-key" : "moonshot-platform-key"));
      CHECK(matches[0].region.bytes.begin == head.size());
      CHECK(matches[0].region.bytes.size() == key.size());
    }
  }
  // In text a digit or letter is part of the word.
  CHECK(test::scan_text("moonshot 3" + keys.platform() + "\n").empty());
  CHECK(test::scan_text("moonshot a3" + keys.platform() + "\n").empty());
  CHECK(test::scan_text("H" + keys.kimi_code() + "x\n").empty());
}

TEST_CASE("a key in UTF-16 stands at one place, in the text's own byte order") {
  test::Keys keys(10);
  for (const bool code : {false, true})
    for (const bool little : {true, false})
      for (const std::string& before : {std::string("\xFF\xFE"), std::string(), std::string(2001, '\x01'), std::string("abc=")}) {
        const std::string key = code ? keys.kimi_code() : keys.platform();
        std::string text = before == "\xFF\xFE" ? (little ? before : "\xFE\xFF") : before;
        const std::string head = "first line\nMOONSHOT_API_KEY=";
        for (const char c : head + key + "\nlast\n") {
          if (!little) text += '\0';
          text += c;
          if (little) text += '\0';
        }
        const std::uint64_t skipped = before == "\xFF\xFE" ? 2 : before.size();
        INFO(code << little << before.size());
        const std::vector<Match> matches = test::scan_text(text);
        REQUIRE(matches.size() == 1);
        CHECK(matches[0].region.bytes.begin == skipped + 2 * head.size());
        CHECK(matches[0].region.bytes.size() == 2 * key.size());
        CHECK(matches[0].decoded == std::vector<std::string>{little ? "utf-16le" : "utf-16be"});
      }
}

TEST_CASE("a key behind a sign that is percent-encoded more than once is found") {
  test::Keys keys(11);
  for (const char* before : {"%22", "%2522", "%252522", "%u0022", "%3D", "%253D"}) {
    const std::string key = keys.platform();
    const std::vector<Match> matches = test::scan_text("GET /?q=MOONSHOT_API_KEY" + std::string(before) + key + "%22 HTTP\n");
    INFO(before);
    REQUIRE(matches.size() == 1);
    CHECK(matches[0].secret.reveal() == key);
  }
}

TEST_CASE("a key is found and attributed in every context") {
  test::Keys keys(7);
  for (const Case& c : kCases) {
    DYNAMIC_SECTION(c.name) {
      const std::string key = keys.platform();
      const std::string code = keys.kimi_code();
      const std::string other = keys.platform();
      const std::string text = std::regex_replace(filled(c, key, code), std::regex("@O"), other);
      const std::string& planted = text.find(key) != std::string::npos ? key : code;
      std::vector<Match> matches = test::scan_text(text);
      std::erase_if(matches, [&](const Match& match) { return match.secret.reveal() == other; });
      REQUIRE(matches.size() == 1);
      const Match& match = matches[0];
      CHECK(match.rule == c.rule);
      if (*c.confidence != '\0') CHECK(name(match.confidence) == c.confidence);
      if (match.rule != "" && match.rule != "unattributed-sk-key") CHECK(match.realm == c.realm);
      CHECK(match.secret.reveal() == planted);
      const std::size_t at = text.find(planted);
      CHECK(match.region.bytes.begin == at);
      CHECK(match.region.bytes.end == at + planted.size());
      CHECK(match.region.snippet.find(planted) == std::string::npos);
    }
  }
}

#include "tests/report/sample.h"

#include <algorithm>

namespace kimiguard::report::sample {

std::string random_key(Random& random, std::string_view prefix, std::size_t length) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string key(prefix);
  for (std::size_t i = 0; i < length; ++i) key += kAlphabet[random() % kAlphabet.size()];
  return key;
}

Rulebook rulebook() {
  Rulebook book;
  const auto realm = [&](const char* id, const char* product, const char* region, const char* en,
                         const char* zh, const char* console, const char* host) {
    Realm one;
    one.id = id;
    one.product = product;
    one.region = region;
    one.title = {en, zh};
    one.console = console;
    one.hosts = {host};
    one.openai_base = std::string("https://") + host + "/v1";
    book.realms.push_back(one);
  };
  realm("moonshot-global", "platform", "global", "Kimi Open Platform, international",
        "Kimi 开放平台国际站", "https://platform.kimi.ai/console/api-keys", "api.moonshot.ai");
  realm("moonshot-cn", "platform", "cn", "Kimi Open Platform, mainland China", "Kimi 开放平台中国站",
        "https://platform.kimi.com/console/api-keys", "api.moonshot.cn");
  realm("kimi-code-cn", "kimi-code", "cn", "Kimi Code, mainland China", "Kimi Code 中国站",
        "https://www.kimi.com/code/console", "api.kimi.com");
  realm("kimi-code-global", "kimi-code", "global", "Kimi Code, international", "Kimi Code 国际站",
        "https://www.kimi.ai/code/console", "api.kimi.ai");

  const auto remedy = [&](const char* id, const char* of) {
    Remedy one;
    one.id = id;
    one.realm = of;
    one.title = {"Rotate a key of {realm}", "轮换 {realm} 的密钥"};
    one.steps = {
        {"public",
         {"Delete the key at {console} now; what uses it stops until step 3.",
          "立即在 {console} 删除该密钥；使用它的程序会暂停，直到第 3 步。"}},
        {"", {"Create a new key at {console}.", "在 {console} 新建密钥。"}},
        {"", {"Put it into every place listed above.", "把它写入上面列出的每一处。"}},
        {"private",
         {"Check that it works, then delete the old key at {console}.",
          "确认可用后，在 {console} 删除旧密钥。"}},
        {"history",
         {"A deleted key in history does no harm: rewriting history is not needed.",
          "历史中已删除的密钥无害：不必改写历史。"}},
    };
    book.remedies.push_back(one);
  };
  for (const char* id : {"moonshot-global", "moonshot-cn", "kimi-code-cn", "kimi-code-global"})
    remedy(id, id);
  remedy("rotate-unknown", "");

  const auto rule = [&](const char* id, Rule::Kind kind, const char* en, const char* zh,
                        const char* message_en, const char* message_zh, Severity worst) {
    Rule one;
    one.id = id;
    one.kind = kind;
    one.title = {en, zh};
    one.description = {std::string(en) + ": whoever reads it can spend on your account.",
                       std::string(zh) + "：读到它的人可以花你的额度。"};
    one.message = {message_en, message_zh};
    one.worst = worst;
    one.tags = {"secret", "external/cwe/cwe-798"};
    one.references = {"https://platform.kimi.ai/docs"};
    book.rules.push_back(one);
  };
  rule("kimi-code-key", Rule::Kind::leak, "Kimi Code key", "Kimi Code 密钥",
       "Kimi Code key {secret} is in {path}", "{path} 中有 Kimi Code 密钥 {secret}", Severity::critical);
  book.rules.back().secret_kind = "kimi-code-key";
  book.rules.back().remedy = "rotate-unknown";
  rule("moonshot-platform-key", Rule::Kind::leak, "Kimi Open Platform key", "Kimi 开放平台密钥",
       "Kimi Open Platform key {secret} is in {path}.", "{path} 中有开放平台密钥 {secret}。",
       Severity::critical);
  book.rules.back().secret_kind = "moonshot-platform-key";
  book.rules.back().remedy = "rotate-unknown";
  rule("kimi-host-mismatch", Rule::Kind::configuration, "Key and host do not belong together",
       "密钥与主机不匹配", "The key {key} of {key_realm} is sent to '{host}', which refuses it {x",
       "{key_realm} 的密钥 {key} 被发往 '{host}'，会被拒绝", Severity::medium);
  book.rules.back().advice = {"Write {to} as the base URL.", "把 base URL 写成 {to}。"};
  return book;
}

namespace {

Region region_at(std::uint64_t line, std::uint64_t column, const std::string& before,
                 const std::string& shown) {
  Region region;
  region.bytes = {100 * line, 100 * line + 72};
  region.begin = {line, column};
  region.end = {line, column + 72};
  region.snippet = before + shown;
  region.context_snippet = "# settings\n" + before + shown + "\nDEBUG=1";
  region.context_begin = {line > 1 ? line - 1 : 1, 1};
  region.context_end = {line + 1, 8};
  region.line_without_secret = before;
  region.line_hash = "39fa2ee980eb94b0:1";
  return region;
}

Place place_at(const std::string& path, std::uint64_t line, const std::string& shown) {
  Place place;
  place.path = path;
  place.uri = path;
  place.uri_base = "SRCROOT";
  place.region = region_at(line, 14, "KIMI_API_KEY=", shown);
  place.variable = "KIMI_API_KEY";
  place.exposure.in_repository = true;
  return place;
}

}  // namespace

Finding leak(Random& random, const std::string& path, std::size_t places) {
  Finding finding;
  finding.rule = "kimi-code-key";
  finding.secret = Secret(random_key(random, "sk-kimi-", 64));
  finding.secret_kind = "kimi-code-key";
  finding.realm = "kimi-code-cn";
  finding.confidence = Confidence::high;
  finding.severity = Severity::critical;
  finding.evidence = {{"prefix", "sk-kimi-", 0}, {"host", "api.kimi.com", 2}};
  for (std::size_t i = 0; i < places; ++i) {
    Place place = place_at(path, 3 + i, finding.secret->masked());
    place.severity = finding.severity;
    place.exposure.tracked = true;
    place.provenance.provenance = ProvenanceClass::head;
    place.provenance.in_head = true;
    place.provenance.pushed = Pushed::yes;
    place.provenance.commit = "0123456789abcdef0123456789abcdef01234567";
    place.provenance.date = "2026-01-02T03:04:05+08:00";
    place.provenance.author = "A <a@example.org>";
    place.provenance.refs = {"refs/heads/main"};
    place.provenance.remotes = {"refs/remotes/origin/main"};
    place.provenance.paths = {path};
    finding.places.push_back(place);
  }
  return finding;
}

Finding platform_leak(Random& random, const std::string& path) {
  Finding finding;
  finding.rule = "moonshot-platform-key";
  finding.secret = Secret(random_key(random, "sk-", 48));
  finding.secret_kind = "moonshot-platform-key";
  finding.confidence = Confidence::medium;
  finding.severity = Severity::high;
  finding.evidence = {{"name", "MOONSHOT_API_KEY", 7}};
  Place place = place_at(path, 7, finding.secret->masked());
  place.severity = finding.severity;
  place.variable = "MOONSHOT_API_KEY";
  place.provenance.provenance = ProvenanceClass::branch;
  place.provenance.pushed = Pushed::no;
  place.provenance.commit = "89abcdef0123456789abcdef0123456789abcdef";
  place.provenance.date = "2025-11-05T00:00:00Z";
  place.provenance.paths = {path};
  finding.places.push_back(place);
  return finding;
}

Finding mismatch(Random& random, const std::string& path) {
  Finding finding;
  finding.rule = "kimi-host-mismatch";
  finding.secret = Secret(random_key(random, "sk-kimi-", 64));
  finding.secret_kind = "kimi-code-key";
  finding.confidence = Confidence::high;
  finding.severity = Severity::medium;
  finding.key_path = "providers.kimi.base_url";
  finding.arguments = {{"key", finding.secret->masked()},
                       {"key_realm", "Kimi Code"},
                       {"host", "api.moonshot.ai"},
                       {"to", "https://api.kimi.com/coding/v1"}};
  finding.changes = {
      {path, "providers.kimi.base_url", "https://api.moonshot.ai/v1", "https://api.kimi.com/coding/v1"}};
  Place place = place_at(path, 5, "https://api.moonshot.ai/v1");
  place.variable.clear();
  place.severity = finding.severity;
  finding.places.push_back(place);
  Place key = place_at(path, 6, finding.secret->masked());
  key.role = "key";
  finding.settings.push_back(key);
  return finding;
}

Report scan(std::vector<Finding> findings) {
  Report report;
  report.version = "0.1.0";
  report.command = "scan";
  report.automation_id = "kimiguard/full/";
  report.uri_bases = {{"SRCROOT", "file:///home/me/project/"}};
  report.repositories = {
      {"SRCROOT", "git@github.com:me/project.git", "0123456789abcdef0123456789abcdef01234567", "main"}};
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return static_cast<int>(a.severity) > static_cast<int>(b.severity);
  });
  report.findings = std::move(findings);
  std::uint64_t number = 0;
  for (Finding& finding : report.findings) {
    for (Place& place : finding.places)
      place.fingerprint = sha256_hex(finding.rule + place.uri + std::to_string(number++)).substr(0, 32);
    if (!finding.places.empty()) finding.fingerprint = finding.places.front().fingerprint;
  }
  report.coverage.files = 1204;
  report.coverage.objects = 35204;
  report.coverage.bytes = 12345678;
  report.coverage.repositories = 1;
  report.exit_status = report.findings.empty() ? 0 : 1;
  return report;
}

Report rich(Random& random) {
  std::vector<Finding> findings;
  findings.push_back(leak(random, "config/prod.env", 9));
  findings.push_back(platform_leak(random, "src/client.py"));
  Finding stash = platform_leak(random, "notes.md");
  stash.places[0].provenance.provenance = ProvenanceClass::stash;
  stash.places[0].provenance.refs = {"refs/stash"};
  stash.realm = "moonshot-cn";
  findings.push_back(stash);
  Finding transcript =
      leak(random, "/home/me/.claude/projects/x/0a1b2c3d-very-long-name-of-a-session-file.jsonl");
  transcript.severity = Severity::medium;
  Place& place = transcript.places[0];
  place.severity = Severity::medium;
  place.provenance = {};
  place.exposure = {};
  place.exposure.place = PlaceKind::transcript;
  place.exposure.readable_by_others = true;
  place.exposure.mode = 0644;
  place.decoded = {"json-escape"};
  findings.push_back(transcript);
  findings.push_back(mismatch(random, ".config/opencode/opencode.json"));
  Finding stored = leak(random, "/home/me/.kimi/config.toml");
  stored.severity = Severity::inventory;
  stored.places[0].severity = Severity::inventory;
  findings.push_back(stored);
  Finding accepted = leak(random, "tests/fixture.env");
  accepted.suppression = Suppression{"ignore_file", "revoked in March", ".kimiguardignore:4"};
  findings.push_back(accepted);
  Report report = scan(std::move(findings));
  report.suppressed = 1;
  report.coverage.gaps = {
      {GapKind::unreadable, "permission", "secrets/locked.env", "permission denied", 1},
      {GapKind::not_here, "shallow", ".git/shallow", "history before 12 commits is not in this clone",
       12},
      {GapKind::set_aside, "link", "vendor/link", "a link out of the root", 1},
      {GapKind::not_parsed, "yaml", "broken.yaml", "no valid YAML", 1}};
  report.notes = {"Models are judged as of 2026-11-24."};
  return report;
}

}  // namespace kimiguard::report::sample

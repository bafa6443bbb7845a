// Rule files of gitleaks and betterleaks through the whole program: what they let pass and what they find.
#include <compare>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {
namespace {

using Json = nlohmann::json;

struct Seen {
  std::string rule;
  std::string path;
  int line = 0;
  friend auto operator<=>(const Seen&, const Seen&) = default;
};

// What `scan` with these rules finds by them (our own rules left out).
std::set<Seen> found(const Repo& repo, const std::string& rules, std::vector<std::string> more = {"--only", "files"}) {
  const fs::path file = repo.folder.write("rules.toml", rules);
  const fs::path report = repo.folder / "report.json";
  std::vector<std::string> words = {"scan", "--no-progress", "--rules", file.string(), "-f", "json", "-o", report.string()};
  words.insert(words.end(), more.begin(), more.end());
  const Ran ran = repo.kimiguard(words);
  INFO(ran.err);
  REQUIRE((ran.status == 0 || ran.status == 1));
  std::set<Seen> seen;
  const Json json = Json::parse(read_file(report));
  for (const Json& finding : json["findings"]) {
    const std::string rule = finding["ruleId"];
    if (rule.find("kimi") != std::string::npos || rule.find("sk-key") != std::string::npos || rule == "moonshot-platform-key") continue;
    for (const Json& place : finding["places"]) seen.insert({rule, place["path"], place["region"]["startLine"]});
  }
  return seen;
}

TEST_CASE("a foreign rule's keyword, entropy and secret group decide as in gitleaks") {
  const Repo repo;
  Keys keys;
  const std::string random = keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 32);
  repo.write("a.txt", "nothing\nacme_token = \"" + random + "\"\n");
  repo.write("b.txt", "acme_token = \"" + std::string(32, 'a') + "\"\n");     // entropy
  repo.write("c.txt", "other_token = \"" + random + "\"\n");                  // keyword missing
  const std::string rules = R"x([[rules]]
id = "acme"
description = "An Acme token"
regex = '''(?i)(acme|other)_token\s*=\s*"([a-z0-9]{32})"'''
secretGroup = 2
entropy = 3.0
keywords = ["ACME"]
)x";
  CHECK(found(repo, rules) == std::set<Seen>{{"acme", "a.txt", 2}});
  // Without a group, the first that is not empty is the secret: "acme" has too little entropy.
  std::string first = rules;
  first.replace(first.find("secretGroup = 2\n"), 16, "");
  CHECK(found(repo, first).empty());
}

TEST_CASE("allowlists let pass by OR and by AND, by secret, match, line, path and stopword") {
  const Repo repo;
  Keys keys;
  const auto token = [&] { return keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20); };
  const std::string rule = "[[rules]]\nid = \"acme\"\nregex = '''acme_[a-z0-9]{20,}'''\nkeywords = [\"acme\"]\n";
  repo.write("a.txt", "x = acme_" + token() + "\n");
  repo.write("docs/b.txt", "x = acme_" + token() + " # sample\n");
  repo.write("c.txt", "x = acme_" + token() + "dummy\n");
  const Seen a{"acme", "a.txt", 1}, b{"acme", "docs/b.txt", 1}, c{"acme", "c.txt", 1};
  using Set = std::set<Seen>;
  CHECK(found(repo, rule) == Set{a, b, c});
  CHECK(found(repo, rule + "[[rules.allowlists]]\npaths = ['''^docs/''']\nstopwords = [\"DUMMY\"]\n") == Set{a});
  CHECK(found(repo, rule + "[[rules.allowlists]]\ncondition = \"AND\"\npaths = ['''^docs/''']\nstopwords = [\"dummy\"]\n") == Set{a, b, c});
  CHECK(found(repo, rule + "[[rules.allowlists]]\ncondition = \"AND\"\npaths = ['''^docs/''']\nregexTarget = \"line\"\nregexes = ['''# sample''']\n") == Set{a, c});
  CHECK(found(repo, rule + "[[rules.allowlists]]\nregexTarget = \"match\"\nregexes = ['''dummy$''']\n") == Set{a, b});
  CHECK(found(repo, rule + "[allowlist]\nregexes = ['''dummy$''']\n") == Set{a, b});
  CHECK(found(repo, rule + "[[allowlists]]\ntargetRules = [\"acme\"]\npaths = ['''a\\.txt$''']\n") == Set{b, c});
}

TEST_CASE("in history a foreign rule's paths are asked once they are known") {
  const Repo repo;
  Keys keys;
  repo.commit_file("src/a.env", "x = acme_" + keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20) + "\n");
  repo.commit_file("docs/b.env", "x = acme_" + keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20) + "\n");
  repo.commit_file("src/c.txt", "x = acme_" + keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20) + "\n");
  const std::string rules =
      "[[rules]]\nid = \"acme\"\nregex = '''acme_[a-z0-9]{20}'''\npath = '''\\.env$'''\nkeywords = [\"acme\"]\n"
      "[[allowlists]]\npaths = ['''(?:^|/)docs/''']\n";
  const std::set<Seen> wanted = {{"acme", "src/a.env", 1}};
  CHECK(found(repo, rules) == wanted);
  CHECK(found(repo, rules, {"--only", "history"}) == wanted);
  CHECK(found(repo, rules, {"--staged", "src/a.env", "docs/b.env", "src/c.txt"}) == wanted);
}

TEST_CASE("a generic rule gives way, a required rule must match near by") {
  const Repo repo;
  Keys keys;
  const std::string secret = keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20);
  repo.write("a.txt", "api_key = acme_" + secret + "\n");
  repo.write("near.txt", "id = ident_42\n\nkey = pair_" + secret + "\n");
  repo.write("far.txt", "id = ident_42\n\n\n\n\nkey = pair_" + secret + "\n");
  const std::string rules = R"x([[rules]]
id = "acme"
regex = '''acme_[a-z0-9]{20}'''
[[rules]]
id = "generic-api-key"
regex = '''api_key = (\w+)'''
[[rules]]
id = "pair"
regex = '''pair_[a-z0-9]{20}'''
[[rules.required]]
id = "ident"
withinLines = 2
[[rules]]
id = "ident"
regex = '''ident_\d+'''
skipReport = true
)x";
  CHECK(found(repo, rules) == std::set<Seen>{{"acme", "a.txt", 1}, {"pair", "near.txt", 3}});
}

TEST_CASE("expressions without a bound, without a literal and over several lines are found") {
  const Repo repo;
  Keys keys;
  std::string body;
  for (int i = 0; i < 60; ++i) body += keys.alnum(64) + "\n";
  repo.write("key.txt", "x\n-----BEGIN ACME KEY-----\n" + body + "-----END ACME KEY-----\n");
  repo.write("long.txt", "acme acme_" + keys.alnum(2000) + ";\n");
  repo.write("digits.txt", "acme\nid: " + keys.from("0123456789", 15) + "|" + keys.from("abcdef0123456789", 27) + " \n");
  repo.write("wide.txt", "acme=\"äöüäöüäöüäöüäöüä\"\n");
  const std::string rules = R"x([[rules]]
id = "pem"
regex = '''-----BEGIN ACME KEY-----[\s\S-]{64,}?KEY-----'''
keywords = ["-----begin"]
[[rules]]
id = "long"
regex = '''\bacme_[a-zA-Z0-9]{300,}(?:;|$)'''
[[rules]]
id = "digits"
regex = '''(?i)\b(\d{15,16}\|[0-9a-z]{27})\b'''
keywords = ["acme"]
[[rules]]
id = "wide"
regex = '''acme="([^"]{16})"'''
)x";
  const std::set<Seen> wanted = {{"pem", "key.txt", 2}, {"long", "long.txt", 1}, {"digits", "digits.txt", 2}, {"wide", "wide.txt", 1}};
  CHECK(found(repo, rules) == wanted);
  repo.git({"add", "-A"});
  repo.commit("all");
  CHECK(found(repo, rules, {"--only", "history"}) == wanted);
}

TEST_CASE("what gitleaks decodes is decoded for foreign rules too") {
  const Repo repo;
  // "acme_" and forty letters and digits, as base64 in base64, as hex and percent-encoded.
  const std::string plain = "token acme_k3j9x8w7q6p5o4n3m2l1 end";
  const auto base64 = [](const std::string& text) {
    static const std::string kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0;
    int have = 0;
    for (const unsigned char c : text) {
      bits = bits << 8 | c;
      for (have += 8; have >= 6; have -= 6) out += kLetters[bits >> (have - 6) & 63];
    }
    if (have > 0) out += kLetters[bits << (6 - have) & 63];
    while (out.size() % 4 != 0) out += '=';
    return out;
  };
  std::string hex, percent;
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const unsigned char c : plain) {
    hex += kDigits[c >> 4];
    hex += kDigits[c & 15];
    percent += std::string("%") + kDigits[c >> 4] + kDigits[c & 15];
  }
  repo.write("b.txt", "\nx: " + base64(base64(plain)) + "\n");
  repo.write("h.txt", "\n\nx: " + hex + "\n");
  repo.write("p.txt", "x: " + percent + "\n");
  // Far into a file, and where the reach of one encoded word ends in the middle of the next.
  repo.write("far.txt", std::string(9999, '\n') + "x: " + hex + "\n");
  const std::string other = base64("nothing to see here but 0123 text");
  repo.write("next.txt", std::string(6000, '\n') + other + std::string(4080, '\n') + "x: acme_k3j9x8w7%71%36%70%35o4n3m2l1\n");
  const std::set<Seen> wanted = {{"acme", "b.txt", 2}, {"acme", "far.txt", 10000}, {"acme", "h.txt", 3}, {"acme", "next.txt", 10081}, {"acme", "p.txt", 1}};
  const std::string rules = "[[rules]]\nid = \"acme\"\nregex = '''acme_[a-z0-9]{20}'''\nkeywords = [\"acme\"]\n";
  CHECK(found(repo, rules) == wanted);
  repo.git({"add", "-A"});
  repo.commit("all");
  CHECK(found(repo, rules, {"--only", "history"}) == wanted);
}

TEST_CASE("a file that extends another takes its rules and says what is not there") {
  const Repo repo;
  Keys keys;
  repo.folder.write("base.toml", "[[rules]]\nid = \"one\"\nregex = '''one_[a-z]{8}'''\n[[rules]]\nid = \"two\"\nregex = '''two_[a-z]{8}'''\n");
  repo.write("a.txt", "one_" + keys.from("abcdefgh", 8) + "\ntwo_" + keys.from("abcdefgh", 8) + "\n");
  const std::string rules = "[extend]\npath = \"" + (repo.folder / "base.toml").string() + "\"\ndisabledRules = [\"two\"]\n";
  CHECK(found(repo, rules) == std::set<Seen>{{"one", "a.txt", 1}});
  const fs::path file = repo.folder.write("default.toml", "[extend]\nuseDefault = true\n");
  const Ran ran = repo.kimiguard({"scan", "--only", "files", "--no-progress", "--rules", file.string()});
  CHECK(ran.status == 0);
  CHECK((ran.out + ran.err).find("useDefault") != std::string::npos);
}

TEST_CASE("betterleaks' filters are applied where they are understood and named where not") {
  const Repo repo;
  Keys keys;
  const std::string good = keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20);
  repo.write("a.txt", "acme_" + good + "\n");
  repo.write("b.txt", "acme_" + std::string(20, 'a') + "\n");
  repo.write("docs/c.txt", "acme_" + good + "\n");
  const std::string rules = R"x(prefilter = '''
matchesAny(get(attributes, "path", ""), [`^docs/`])
'''
[[rules]]
id = "acme"
regex = '''acme_([a-z0-9]{20})'''
keywords = ["acme"]
filter = '''
entropy(finding["secret"]) <= 2.0 || failsTokenEfficiency(finding["secret"])
'''
)x";
  CHECK(found(repo, rules) == std::set<Seen>{{"acme", "a.txt", 1}});
  const Ran ran = repo.kimiguard({"scan", "--only", "files", "--no-progress", "--rules", (repo.folder / "rules.toml").string()});
  CHECK((ran.out + ran.err).find("acme") != std::string::npos);
  CHECK((ran.out + ran.err).find("Expr") != std::string::npos);
}

TEST_CASE("betterleaks' validate is named as not run, and its rule finds all the same") {
  const Repo repo;
  Keys keys;
  repo.write("a.txt", "acme_" + keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20) + "\n");
  const std::string rules = R"x([[rules]]
id = "acme"
regex = '''acme_([a-z0-9]{20})'''
validate = '''
let r = http.get("https://api.example.org/me", {"Authorization": "Bearer " + secret}); r.status == 200 ? "active" : "inactive"
'''
)x";
  CHECK(found(repo, rules) == std::set<Seen>{{"acme", "a.txt", 1}});
  const Ran ran = repo.kimiguard({"scan", "--only", "files", "--no-progress", "--rules", (repo.folder / "rules.toml").string()});
  CHECK((ran.out + ran.err).find("'validate'") != std::string::npos);
  CHECK((ran.out + ran.err).find("is not run") != std::string::npos);
}

TEST_CASE("a foreign rule's secrets are in no output") {
  const Repo repo;
  Keys keys;
  const std::string one = keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20);
  const std::string two = keys.from("abcdefghijklmnopqrstuvwxyz0123456789", 20);
  repo.write("a.txt", "x: acme_" + one + "\ny: acme_" + two + "\n");
  const fs::path file = repo.folder.write("rules.toml", "[[rules]]\nid = \"acme\"\nregex = '''acme_([a-z0-9]{20})'''\n");
  for (const char* format : {"text", "json", "sarif", "csv", "html", "markdown", "gitlab", "junit", "github"}) {
    const Ran ran = repo.kimiguard({"scan", "--only", "files", "--no-progress", "-v", "--rules", file.string(), "-f", format});
    INFO(format);
    CHECK(ran.status == 1);
    CHECK((ran.out + ran.err).find(one.substr(0, 12)) == std::string::npos);
    CHECK((ran.out + ran.err).find(two.substr(0, 12)) == std::string::npos);
  }
}

TEST_CASE("a foreign file that is wrong is an error that says where") {
  const Repo repo;
  repo.write("a.txt", "x\n");
  for (const char* rules : {"[[rules]]\nid = \"a\"\nregex = '''(a'''\n", "[[rules]]\nregex = '''a'''\n",
                            "[[rules]]\nid = \"a\"\nregex = '''a'''\n[[rules.allowlists]]\ncondition = \"xor\"\nstopwords = [\"b\"]\n",
                            "[[rules]]\nid = \"a\"\nregex = '''a'''\nsecretGroup = 3\n"}) {
    const fs::path file = repo.folder.write("rules.toml", rules);
    const Ran ran = repo.kimiguard({"scan", "--only", "files", "--no-progress", "--rules", file.string()});
    INFO(rules);
    CHECK(ran.status == 2);
    CHECK(ran.err.find("rules.toml:") != std::string::npos);
  }
}

TEST_CASE("rules exported for gitleaks and betterleaks find our keys when they are read back") {
  const Repo repo;
  Keys keys;
  repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "\n");
  repo.write("b.env", "MOONSHOT_API_KEY=" + keys.platform() + "\n");
  repo.write("c.env", "SOME_KEY=" + keys.platform() + "\n");
  repo.write("d.env", "KIMI_API_KEY=sk-" "kimi-" + std::string(64, 'x') + "\n");
  for (const char* format : {"gitleaks", "betterleaks"}) {
    INFO(format);
    const Ran exported = repo.kimiguard({"rules", "export", "--format", format});
    REQUIRE(exported.status == 0);
    std::string rules = exported.out;
    // Under our own names they stand in place of our own rules, and the rule that stood behind one of them is no fault.
    const Ran replaced = repo.kimiguard({"scan", "--no-progress", "--only", "files", "--rules", repo.folder.write("own.toml", rules).string()});
    CHECK(replaced.status == 1);
    CHECK(replaced.err.find("has no expression") == std::string::npos);
    // Under other names, so that they do not replace our own rules.
    for (std::size_t at = rules.find("id = \"kimi-"); at != std::string::npos; at = rules.find("id = \"kimi-", at + 1)) rules.replace(at, 11, "id = \"their-");
    for (std::size_t at = rules.find("id = \"moonshot-"); at != std::string::npos; at = rules.find("id = \"moonshot-", at + 1))
      rules.replace(at, 15, "id = \"other-");
    CHECK(found(repo, rules) == std::set<Seen>{{"their-code-key", "a.env", 1}, {"other-platform-key", "b.env", 1}});
  }
  for (const char* format : {"kingfisher", "github-custom-pattern"}) {
    const Ran exported = repo.kimiguard({"rules", "export", "--format", format});
    INFO(format);
    CHECK(exported.status == 0);
    CHECK(exported.out.find("sk-kimi-[A-Za-z0-9]{64}") != std::string::npos);
    // kingfisher's matcher takes no anchor inside a group, and a line end after the pattern would be part of it.
    if (std::string(format) == "kingfisher") CHECK(exported.out.find("pattern: |\n") == std::string::npos);
    if (std::string(format) == "kingfisher") CHECK(exported.out.find("|\\z)") == std::string::npos);
    if (std::string(format) == "kingfisher") CHECK(exported.out.find("\\A|") == std::string::npos);
    if (std::string(format) == "github-custom-pattern") CHECK(Json::parse(exported.out)["patterns"].size() >= 3);
  }
  CHECK(repo.kimiguard({"rules", "export"}).status == 2);
}

}  // namespace
}  // namespace kimiguard::test

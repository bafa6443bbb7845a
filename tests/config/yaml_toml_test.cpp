#include <unistd.h>


#include "scanner/config/reader.h"
#include "tests/config/checks.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_time.h"

using namespace kimiguard;
using namespace kimiguard::config;
using checks::listed;
using checks::one;
using Lines = std::vector<std::string>;

namespace {

std::string slice(std::string_view text, Span span) {
  return std::string(text.substr(span.begin, span.size()));
}

Parsed checked(std::string_view text, Format format) {
  Parsed parsed = read(text, format);
  CHECK(checks::fault(text, parsed) == "");
  return parsed;
}

double seconds(std::string_view text, Format format) {
  const double begin = kimiguard::test::cpu_seconds();
  const Parsed parsed = read(text, format);
  CHECK(checks::fault(text.substr(0, 8u << 20), parsed) == "");
  return kimiguard::test::cpu_seconds() - begin;
}

}  // namespace

TEST_CASE("YAML of every scalar style has exact spans") {
  const std::string text =
      "# c\nplain: some text # c\ndq: \"a\\n\\u00e9 \\\"x\\\"\"\nsq: 'it''s'\nmulti: one\n  two\n\n  "
      "three\nempty:\nnone: \"\"\n"
      "flow: {x: 1, \"y\": [a, 'b']}\n\"q.k\": v\nint: 5\ntrue: yes\nnull: ~\n? [c]\n: complex\n";
  const Parsed parsed = checked(text, Format::yaml);
  CHECK(parsed.complete);
  CHECK(listed(parsed) == Lines{"plain=some text", "dq=a\né \"x\"", "sq=it's", "multi=one two\nthree",
                                "empty=", "none=", "flow.x=1", "flow.y.0=a", "flow.y.1=b", "\"q.k\"=v",
                                "int=5", "true=yes", "null=~", "?=complex"});
  CHECK(slice(text, one(parsed, "dq").bytes) == "a\\n\\u00e9 \\\"x\\\"");
  CHECK(one(parsed, "dq").position == Position{3, 6});
  const Setting& dq = one(parsed, "dq");
  CHECK(slice(text, bytes_of(dq, 2, 4)) == "\\u00e9");
  const Setting& multi = one(parsed, "multi");
  CHECK(slice(text, bytes_of(multi, 8, 13)) == "three");
  CHECK(one(parsed, "flow.y.1").position == Position{11, 24});
  CHECK(one(parsed, "int").type == Setting::Type::number);
  CHECK(one(parsed, "true").type == Setting::Type::boolean);
  CHECK(one(parsed, "empty").type == Setting::Type::null);
  CHECK(one(parsed, "none").type == Setting::Type::text);
  CHECK(slice(text, one(parsed, "flow.y.0").key_bytes).empty());
  CHECK(slice(text, one(parsed, "flow.x").key_bytes) == "x");
}

TEST_CASE("each line of a YAML block scalar leads to its true position") {
  const std::string key = checks::random_key();
  for (const std::string style : {"|", "|-", ">", ">-", "|2"}) {
    const std::string text =
        "env: " + style + "\n    A=1\n    KEY=" + key + "\n\n    B=2\n      deeper\nnext: x\n";
    const Parsed parsed = checked(text, Format::yaml);
    INFO(style);
    REQUIRE(parsed.complete);
    const Setting& env = one(parsed, "env");
    const std::size_t at = env.value.find(key);
    REQUIRE(at != std::string::npos);
    CHECK(bytes_of(env, at, at + key.size()).begin == text.find(key));
    const std::size_t deeper = env.value.find("deeper");
    CHECK(bytes_of(env, deeper, deeper + 6).begin == text.find("deeper"));
    CHECK(env.position == Position{2, style == "|2" ? 3u : 5u});
    CHECK(one(parsed, "next").value == "x");
  }
}

TEST_CASE("YAML anchors are followed and stand where their text stands") {
  const std::string text =
      "base: &b\n  key: k1\n  url: u1\nmore: &m {url: u2, model: m2}\nuse:\n  <<: *b\n  url: "
      "own\nlist:\n  <<: [*b, *m]\nscalar: &s text\nagain: *s\nself: &r [*r]\n";
  const Parsed parsed = checked(text, Format::yaml);
  CHECK(one(parsed, "use.key").value == "k1");
  CHECK(one(parsed, "use.key").position == Position{2, 8});
  CHECK(one(parsed, "use.url").value == "own");
  CHECK(one(parsed, "list.url").value == "u1");
  CHECK(one(parsed, "list.model").value == "m2");
  CHECK(one(parsed, "again").value == "text");
  CHECK(one(parsed, "again").position == Position{10, 12});
  REQUIRE(parsed.gaps.size() == 1);
  CHECK(parsed.gaps[0].reason.find("alias") != std::string::npos);
}

TEST_CASE("a YAML bomb costs no time and leaves a gap") {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) text += "," + before;
    text += "]\n";
  }
  const double begin = kimiguard::test::cpu_seconds();
  const Parsed parsed = checked(text, Format::yaml);
  CHECK(kimiguard::test::cpu_seconds() - begin < 2);
  CHECK_FALSE(parsed.complete);
  CHECK(parsed.gaps[0].code == "limit");
  CHECK(parsed.settings.size() < 25'000);
  // Merge keys, and lists that hold nothing, are bombs too.
  std::string merge = "a0: &a0 {}\n";
  std::string empty = "a0: &a0 []\n";
  for (int i = 1; i < 30; ++i) {
    const std::string n = std::to_string(i), p = std::to_string(i - 1);
    merge += "a" + n + ": &a" + n + "\n  <<: [*a" + p + ", *a" + p + ", *a" + p + "]\n";
    empty += "a" + n + ": &a" + n + " [*a" + p + ", *a" + p + ", *a" + p + "]\n";
  }
  CHECK(seconds(merge, Format::yaml) < 2);
  CHECK(seconds(empty, Format::yaml) < 2);
}

TEST_CASE("YAML streams number their documents, tags stay as marks") {
  const std::string text =
      "a: 1\n---\na: 2\n...\n---\nsecret: !vault |\n  $ANSIBLE_VAULT;1.1\n  33\nn: !!str 5\n";
  const Parsed parsed = checked(text, Format::yaml);
  CHECK(parsed.settings[0].document == 0);
  CHECK(parsed.settings[1].document == 1);
  CHECK(one(parsed, "secret").document == 2);
  CHECK(one(parsed, "secret").tag == "!vault");
  CHECK(one(parsed, "n").type == Setting::Type::text);
}

TEST_CASE("after an error in YAML a line reader gives the rest, once") {
  const std::string key = checks::random_key();
  const std::string text =
      "a: 1\nlist:\n  - name: x\n    v: {{ .Values.x }}\n\tbad: tab\nenv:\n  KEY: \"" + key +
      "\" # c\n  block: |\n    l1\n    l2\nlast: !secret 'it''s'\n";
  const Parsed parsed = checked(text, Format::yaml);
  CHECK_FALSE(parsed.complete);
  CHECK(one(parsed, "a").value == "1");
  CHECK(one(parsed, "list.0.name").value == "x");
  CHECK(one(parsed, "list.0.v").value == "{{ .Values.x }}");
  CHECK(one(parsed, "env.KEY").value == key);
  CHECK(one(parsed, "env.KEY").position == Position{7, 9});
  CHECK(one(parsed, "env.block").value == "l1\nl2\n");
  CHECK(one(parsed, "last").value == "it's");
  CHECK(one(parsed, "last").tag == "!secret");
}

TEST_CASE("hostile YAML takes no long time") {
  const std::size_t n = 200'000;
  std::string text;
  CHECK(seconds(std::string(n, '['), Format::yaml) < 2);
  CHECK(seconds(std::string(n, '{'), Format::yaml) < 2);
  for (const std::string part : {"- ",    "? ",
                                 "a: ",   "&a ",
                                 "! ",    "- - ",
                                 "[a,",   "{a: ",
                                 "\"",    "'",
                                 "|\n",   "a:\n ",
                                 "*a\n",  "%x\n",
                                 "---\n", "\t",
                                 ": ",    "#",
                                 "a\n",   "? - ",
                                 "!!a ",  "a: &b {<<: *b}\n"}) {
    text.clear();
    while (text.size() < n) text += part;
    INFO(part);
    CHECK(seconds(text, Format::yaml) < 4);
  }
  text.clear();
  for (std::size_t i = 0; text.size() < n; ++i) text += std::string(i, ' ') + "a:\n";
  CHECK(seconds(text, Format::yaml) < 4);
}

TEST_CASE("libfyaml says nothing on standard error") {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const int saved = dup(2);
  dup2(pipe_ends[1], 2);
  read("a: [\nb: }\n\t- x: \"", Format::yaml);
  read("a: *none\n%YAML 9\n---\n@", Format::yaml);
  dup2(saved, 2);
  close(saved);
  close(pipe_ends[1]);
  char buffer[16];
  CHECK(::read(pipe_ends[0], buffer, sizeof buffer) == 0);
  close(pipe_ends[0]);
}

TEST_CASE("TOML values have exact spans in every form") {
  const std::string text =
      "top = \"é\\t\" # c\n\"q.k\" = 'lit\\n'\na.b.c = 1\n[providers.kimi]\napi_key = \"x\\\"y\"\n"
      "\"é.x\" = { y = \"in\", z = [1, \"two\", { w = true }] }\nml = \"\"\"\nline1 \\\n   "
      "line2\n\"\"\"\nd = 2026-01-02T03:04:05Z\n"
      "[[models]]\nname = \"k\"\n  [models.sub]\n  v = '''z'z'''\n[[models]]\nname = \"\"\n";
  const Parsed parsed = checked(text, Format::toml);
  for (const Gap& gap : parsed.gaps) WARN(gap.reason);
  REQUIRE(parsed.complete);
  CHECK(listed(parsed) == Lines{"top=é\t", "\"q.k\"=lit\\n", "a.b.c=1", "providers.kimi.api_key=x\"y",
                                "providers.kimi.\"é.x\".y=in", "providers.kimi.\"é.x\".z.0=1",
                                "providers.kimi.\"é.x\".z.1=two", "providers.kimi.\"é.x\".z.2.w=true",
                                "providers.kimi.ml=line1 line2\n",
                                "providers.kimi.d=2026-01-02T03:04:05Z", "models.0.name=k",
                                "models.0.sub.v=z'z", "models.1.name="});
  CHECK(slice(text, one(parsed, "providers.kimi.api_key").bytes) == "x\\\"y");
  CHECK(one(parsed, "providers.kimi.api_key").position == Position{5, 12});
  CHECK(slice(text, one(parsed, "providers.kimi.\"é.x\".z.1").bytes) == "two");
  CHECK(slice(text, one(parsed, "providers.kimi.\"é.x\".y").key_bytes) == "y");
  CHECK(slice(text, one(parsed, "a.b.c").key_bytes) == "c");
  CHECK(slice(text, one(parsed, "\"q.k\"").key_bytes) == "q.k");
  CHECK(one(parsed, "a.b.c").type == Setting::Type::number);
  CHECK(one(parsed, "models.1.name").position == Position{17, 9});
}

TEST_CASE("TOML with a byte order mark and with CRLF keeps its positions") {
  const std::string text =
      "\xEF\xBB\xBF"
      "k = \"v\"\r\n[t]\r\nx = 'y'\r\nm = \"\"\"a\r\nb\"\"\"\r\n";
  const Parsed parsed = checked(text, Format::toml);
  CHECK(slice(text, one(parsed, "k").bytes) == "v");
  CHECK(slice(text, one(parsed, "t.x").bytes) == "y");
  CHECK(slice(text, one(parsed, "t.m").bytes) == "a\r\nb");
}

TEST_CASE("broken TOML is read line by line") {
  const std::string text =
      "model = \"k\"\nmodel = \"twice\"\n[providers.kimi]\napi_key = \"abc\noops = = 3\nbase_url = "
      "'u'\n[[m]]\nn = \"1\"\n[[m]]\n"
      "n = { a = \"b\", c = [ \"d\",\n \"e\" ] }\nlast = \"\"\"x\ny\"\"\"\nno value\n";
  const Parsed parsed = checked(text, Format::toml);
  CHECK_FALSE(parsed.complete);
  CHECK(listed(parsed) == Lines{"model=k", "model=twice", "providers.kimi.api_key=abc",
                                "providers.kimi.oops== 3", "providers.kimi.base_url=u", "m.0.n=1",
                                "m.1.n.a=b", "m.1.n.c.0=d", "m.1.n.c.1=e", "m.1.last=x\ny"});
  CHECK(one(parsed, "m.1.n.c.1").position == Position{11, 3});
}

TEST_CASE("hostile TOML takes no long time and no deep stack") {
  std::string dots = "a";
  for (int i = 0; i < 500'000; ++i) dots += ".a";
  CHECK(seconds(dots + " = 1\n", Format::toml) < 3);
  CHECK(seconds("[" + dots + "]\nx = 1\n", Format::toml) < 3);
  std::string nested = "a = ";
  for (int i = 0; i < 60; ++i) nested += "{ b.c.d.e.f.g.h.i.j =\n";
  CHECK(seconds(nested, Format::toml) < 3);
  CHECK(seconds("a = " + std::string(300'000, '['), Format::toml) < 3);
  std::string tables;
  for (int i = 0; i < 20'000; ++i) tables += "[[t]]\nx = 1\n";
  CHECK(seconds(tables, Format::toml) < 4);
  for (const std::string part :
       {"\"\"\"", "'", "a = \"", "[[", "= ", "a.", "{", "a = [\n", "#\n", "\\"}) {
    std::string text;
    while (text.size() < 200'000) text += part;
    INFO(part);
    CHECK(seconds(text, Format::toml) < 3);
  }
}

TEST_CASE("what libfyaml takes quadratic time over is not given to it") {
  std::string text = "a: 1\n" + std::string(300'000, '\n') + "b: 2\n";
  CHECK(seconds(text, Format::yaml) < 2);
  const Parsed parsed = checked(text, Format::yaml);
  CHECK(listed(parsed) == Lines{"a=1", "b=2"});
  CHECK(parsed.gaps.at(0).code == "limit");
  CHECK(seconds("%" + std::string(300'000, 'x') + "\n---\na: 1\n", Format::yaml) < 2);
  CHECK(checked("a: 1\n" + std::string(300'000, '\n'), Format::yaml).complete);
}

TEST_CASE("TOML with letters that toml++ cannot look at is read whole") {
  const Parsed bare = checked("é = 1\n[模型]\nkey = \"v\"\n", Format::toml);
  CHECK(listed(bare) == Lines{"é=1", "模型.key=v"});
  CHECK_FALSE(bare.complete);
  const std::string text =
      "\"模型一\" = \"é\"\n\"模型二\" = \"\"\"a \\\n   é漢\nb\"\"\"\nlast = 'ü' # ö\n";
  const Parsed parsed = checked(text, Format::toml);
  CHECK(parsed.complete);
  CHECK(listed(parsed) == Lines{"模型一=é", "模型二=a é漢\nb", "last=ü"});
  CHECK(one(parsed, "last").position == Position{5, 9});
}

TEST_CASE("TOML that trips toml++'s own assertions is only broken TOML") {
  for (const std::string text :
       {"[:x]\na = 1\n", "[ ! ]\na = 1\n", "[[ , ]]\na = 1\n", "a. = 2\na = 1\n", "a = 1\nb = {:}\n"}) {
    INFO(text);
    const Parsed parsed = checked(text, Format::toml);
    CHECK_FALSE(parsed.complete);
    CHECK(parsed.settings.back().value == "1");
  }
}

TEST_CASE("YAML that libfyaml never returns from is read line by line") {
  for (const std::string text :
       {"%\xA8\b\na: 1\n", "%x\na: 1\n", "a: 1\nb\xFF: 2\n", "a: 1\nb: \x01\n"}) {
    const Parsed parsed = checked(text, Format::yaml);
    CHECK_FALSE(parsed.complete);
    CHECK(one(parsed, "a").value == "1");
  }
  CHECK(checked("%YAML 1.2\n%TAG !e! tag:example.com,2000:\n---\na: 1\n", Format::yaml).complete);
}

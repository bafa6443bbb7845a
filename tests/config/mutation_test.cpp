// Real-looking files of every format, damaged at random: no reader may crash, hang or break what holds
// for every setting. KIMIGUARD_MUTATIONS sets the number of rounds (the default is for every build).

#include <cstdlib>
#include <random>

#include "scanner/config/embedded.h"
#include "scanner/config/reference.h"
#include "tests/config/checks.h"
#include "tests/support/catch.h"

using namespace kimiguard;
using namespace kimiguard::config;

namespace {

const std::vector<std::pair<Format, std::string>>& seeds() {
  static const std::vector<std::pair<Format, std::string>> kSeeds = {
      {Format::json,
       "{\"version\":1,\"providers\":{\"moonshot\":{\"settings\":{\"apiKey\":\"x\\u00e9\\\"y\","
       "\"headers\":[1,true,null,-2.5e3]}}}}\n"},
      {Format::json5,
       "// c\n{ a: 'x\\'y', \"b\": [1, +2, 0xFF, {c: true,},], /* z */ \"d\": \"\\ud83d\\ude00 "
       "\\\nnext\", e: null }"},
      {Format::jsonl, "{\"a\":1}\n{\"b\":{\"c\":\"d\"}}\n"},
      {Format::yaml,
       "# c\nmodels:\n  - name: Kimi\n    apiKey: \"x\\ny\"\n    roles: [chat, edit]\nbase: &b {x: "
       "1}\nuse:\n  <<: *b\n  t: |\n    l1\n\n    l2\n  f: >-\n    a\n    b\n---\nk: !vault 'it''s'\nm: "
       "one\n  two\n"},
      {Format::toml,
       "top = \"é\"\n[providers.kimi]\nkey = \"x\\\"y\"\nt = { a = 1, b = [1, \"2\"] }\nm = \"\"\"\na "
       "\\\n  b\"\"\"\n[[models]]\nn = '''z'''\na.b.c = true\n"},
      {Format::dotenv, "# c\nexport A=b # c\nB=\"x\\n y\"\nC='${X}'\nD=${Y:-z}\n"},
      {Format::shell,
       "export A=1 B=\"two $(cat \"x\") words\" C=$'x\\ty'\nalias k='X=1 Y=\"2\" claude --m k'\nfn() "
       "{\n export G=${H:-i}\n}\na=(1 \"2\")\ncat <<EOF\nK=v\nEOF\nenv M=1 prog -e O=3 `x`\n"},
      {Format::fish,
       "set -gx A 'b \\' c'\nfunction f\n  set -x B \"$C\" (d)\nend\nSETUVAR --export A:b\\x20c\n"},
      {Format::nushell, "$env.A = \"x\\ny\"\nload-env { C: \"d\", E: f }\nK=v prog\n"},
      {Format::powershell,
       "$env:A = \"x`n\"\"y\"\"\"\n[Environment]::SetEnvironmentVariable(\"D\", 'v')\nSet-Item -Path "
       "Env:F -Value \"z\"\n$x = @\"\nh\n\"@\nsetx A b\n"},
      {Format::cmd, "@echo off\r\nset \"B=q & x\"\r\nsetx C \"p\" /M\r\n(set F=1) & set G=2^&3\r\n"},
      {Format::crontab, "A=b\n\"C\" = \"d e\"\n0 1 * * * X=1 kimi --key v\n"},
      {Format::dockerfile,
       "FROM x\nENV A=b C=\"d e\" \\\n  # c\n  F=g\nENV H rest\nARG I=j\nRUN export L=m\n"},
      {Format::ini, "[a \"b.c\"]\n\tkey = \"v\\\"l\" ; c\n cont = a \\\n b\n\"N\"=\"r\"\nalone\n"},
      {Format::systemd,
       "[Service]\nEnvironment=\"A=b c\" D=e 'F=g' \\\n # c\n H=\\x41\nEnvironmentFile=-/x\n"},
      {Format::properties, "a=b\nc\\:d : e\\u00e9 \\\n  f\n! x\ng h\n"},
      {Format::xml,
       "<?xml version=\"1.0\"?>\n<c n=\"a\"><env name=\"A\" value=\"x&amp;y\"/><env name='B' "
       "value='&#x7A;'/>t<![CDATA[d]]><!-- c --></c>"},
      {Format::plist,
       "<plist "
       "version=\"1.0\"><dict><key>E</key><dict><key>A</key><string>b&amp;c</string></dict><key>L</"
       "key><array><integer>5</integer><true/></array></dict></plist>"},
      {Format::netrc, "machine h login x password \"p\\\"q\"\ndefault login d\nmacdef m\nx\n\n"},
      {Format::notebook,
       "{\"cells\":[{\"source\":[\"%env A=b\\n\",\"x = "
       "\\\"y\\\"\"],\"outputs\":[{\"text\":[\"o\\n\"]}]}],\"nbformat\":4}"}};
  return kSeeds;
}

std::string mutated(std::string text, std::mt19937& random) {
  static const std::vector<std::string> kBits = {"\"",
                                                 "'",
                                                 "\\",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ":",
                                                 ",",
                                                 "\n",
                                                 "\r\n",
                                                 "\t",
                                                 "  ",
                                                 "#",
                                                 "=",
                                                 "$(",
                                                 "${",
                                                 "`",
                                                 "<",
                                                 ">",
                                                 "&",
                                                 "*",
                                                 "|",
                                                 "-",
                                                 "!",
                                                 "%",
                                                 "<<",
                                                 "\"\"\"",
                                                 "\xFF",
                                                 "\xC3",
                                                 "é",
                                                 "\xEF\xBB\xBF",
                                                 std::string("\0", 1),
                                                 "\\u",
                                                 "\\ud800",
                                                 "---\n",
                                                 "<!--",
                                                 "]]>",
                                                 "/*",
                                                 "//",
                                                 "&#x",
                                                 "x",
                                                 "9"};
  for (std::size_t i = 1 + random() % 8; i > 0; --i) {
    const std::size_t at = text.empty() ? 0 : random() % (text.size() + 1);
    switch (random() % 6) {
      case 0:
        text.erase(at, 1 + random() % 4);
        break;
      case 1:
        text.insert(at, kBits[random() % kBits.size()]);
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text.insert(at, text.substr(random() % (text.size() + 1), random() % 30));
        break;
      case 4:
        text.resize(at);
        break;
      default:
        text.insert(at, kBits[random() % kBits.size()] + kBits[random() % kBits.size()]);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("damaged files of every format break nothing") {
  std::mt19937 random(11);
  const char* wanted = std::getenv("KIMIGUARD_MUTATIONS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 20'000;
  for (int round = 0; round < rounds; ++round) {
    const auto& [own, seed] = seeds()[random() % seeds().size()];
    const std::string text = mutated(seed, random);
    // Mostly its own reader, now and then any other.
    const Format format =
        random() % 8 == 0 ? static_cast<Format>(random() % (static_cast<unsigned>(Format::notebook) + 1))
                          : own;
    const Parsed parsed = read(text, format);
    const std::string fault = checks::fault(text, parsed);
    if (!fault.empty()) {
      CAPTURE(name(format), text);
      FAIL(fault);
    }
    const LineMap lines(text);
    for (const Setting& setting : parsed.settings) {
      classify(setting);
      split_assignment(setting, lines);
      if (looks_like_json(setting.value)) read_value(setting, Format::json, lines);
    }
    named_values(parsed.settings);
  }
}

TEST_CASE("every seed is read without a gap") {
  for (const auto& [format, text] : seeds()) {
    const Parsed parsed = read(text, format);
    INFO(name(format));
    CHECK(parsed.complete);
    CHECK_FALSE(parsed.settings.empty());
    CHECK(checks::fault(text, parsed) == "");
  }
}

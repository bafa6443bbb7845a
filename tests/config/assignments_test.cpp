
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

// "tag path=value" of each.
Lines tagged(const Parsed& parsed) {
  Lines out;
  for (const Setting& setting : parsed.settings)
    out.push_back((setting.tag.empty() ? "" : setting.tag + " ") + setting.key_path() + "=" +
                  setting.value);
  return out;
}

}  // namespace

TEST_CASE("dotenv: quotes, lines, comments, defaults") {
  const std::string text =
      "\xEF\xBB\xBF# c\nexport A=plain # comment\nB=\"dq \\n \\\"x\\\" $Y\" # c\nC='sq "
      "${X}'\nD=\"multi\nline\"\nE=\n"
      "F = spaced \nG: colon\nH=${X:-def}\nI=a#b\r\nJ=`x y`\nlower.name-x=1\n=none\nK=\"open\nL=last";
  const Parsed parsed = checked(text, Format::dotenv);
  CHECK(tagged(parsed) == Lines{"export A=plain", "B=dq \n \"x\" $Y", "C=sq ${X}", "D=multi\nline",
                                "E=", "F=spaced", "G=colon", "H=${X:-def}", "I=a#b", "J=x y",
                                "\"lower.name-x\"=1", "K=\"open", "L=last"});
  CHECK(one(parsed, "C").verbatim);
  CHECK_FALSE(one(parsed, "B").verbatim);
  CHECK(one(parsed, "D").position == Position{5, 4});
  CHECK(one(parsed, "D").end == Position{6, 5});
  CHECK(slice(text, one(parsed, "A").key_bytes) == "A");
  CHECK(parsed.gaps.size() == 2);
}

TEST_CASE("shell: what is exported, what holds for one command, what is in aliases and functions") {
  const std::string key = checks::random_key();
  const std::string text =
      "export A=1 B=\"two words\" C=$'x\\ty'\nD=plain; E='lit $X' cmd --api-key abc -H \"Authorization: "
      "Bearer ${T}\" --url=https://x\n"
      "if [ -n \"$X\" ]; then export F=\"${Y:-\"def ault\"}\"; fi\nalias kimi='ANTHROPIC_AUTH_TOKEN=\"" +
      key +
      "\" claude --model k'\n"
      "fn() {\n  export G=in\n}\nG2=out\narr=(one \"two\" # c\n three)\ntypeset -gx Z=9\nexport "
      "H\nunset I J\ncat > .env <<EOF\nK=heredoc\nEOF\n"
      ": \"${L:=dflt}\"\nenv -u Q M=1 N=2 prog -e O=3\nP=a\\\nb\nexport Q=$(cat /x; echo \"$(y)\") "
      "R=`date`\nsetenv S val\n"
      "export \"T=quoted\" # U=no\nV+=more\nfunction kk { W=1; }\ndocker run -e X=1 --env=Y=2 img\ncurl "
      "-d @- <<'J'\n{\"api_key\": \"zz\"}\nJ\n"
      "[[ $a == b ]] && export AA=1 || BB=2\n#export CC=1\necho DD=1\nEE=\nexport FF=${GG-none}${HH}\n";
  const Parsed parsed = checked(text, Format::shell);
  CHECK(tagged(parsed) == Lines{"export A=1",
                                "export B=two words",
                                "export C=x\ty",
                                "D=plain",
                                "@command.cmd.E=lit $X",
                                "@command.cmd.--api-key=abc",
                                "@command.cmd.-H=Authorization: Bearer ${T}",
                                "@command.cmd.--url=https://x",
                                "export F=${Y:-\"def ault\"}",
                                "@alias.kimi=ANTHROPIC_AUTH_TOKEN=\"" + key + "\" claude --model k",
                                "@alias.kimi.ANTHROPIC_AUTH_TOKEN=" + key,
                                "@alias.kimi.--model=k",
                                "export @function.fn.G=in",
                                "G2=out",
                                "arr.0=one",
                                "arr.1=two",
                                "arr.2=three",
                                "export Z=9",
                                "export H=",
                                "unset I=",
                                "unset J=",
                                "@heredoc.0.K=heredoc",
                                "default L=dflt",
                                "@command.prog.M=1",
                                "@command.prog.N=2",
                                "@command.prog.O=3",
                                "P=ab",
                                "export Q=$(cat /x; echo \"$(y)\")",
                                "export R=`date`",
                                "export S=val",
                                "export T=quoted",
                                "V=more",
                                "@function.kk.W=1",
                                "@command.docker.X=1",
                                "@command.docker.Y=2",
                                "@heredoc.1.api_key=zz",
                                "export AA=1",
                                "BB=2",
                                "EE=",
                                "export FF=${GG-none}${HH}"});
  CHECK(one(parsed, "@alias.kimi.ANTHROPIC_AUTH_TOKEN").bytes.begin == text.find(key));
  CHECK(slice(text, one(parsed, "B").bytes) == "two words");
  CHECK(one(parsed, "@command.cmd.E").verbatim);
  CHECK(one(parsed, "H").type == Setting::Type::null);
  CHECK(parsed.complete);
}

TEST_CASE("shell: a quote that does not end takes its line and no more") {
  const Parsed parsed =
      checked("export A=\"open\nexport B=2\nexport C='open\nexport D=4\nexport E=$(open\nexport F=6\n",
              Format::shell);
  CHECK(one(parsed, "B").value == "2");
  CHECK(one(parsed, "D").value == "4");
  CHECK(one(parsed, "F").value == "6");
  CHECK_FALSE(parsed.complete);
}

TEST_CASE("fish, and its universal variables") {
  const Parsed parsed = checked(
      "set -gx A value\nset -x B 'v $1 \\' x' \nset --export --global C \"d $X\"\nset -l D e f\nset -e "
      "G\nif test 1; set -gx H 1; end\n"
      "function f\n  set -gx I (cat x)\nend\nalias k='X=1 claude'\nK=1 prog --foo bar\nset -q Z\nset "
      "-gx J\n",
      Format::fish);
  CHECK(tagged(parsed) == Lines{"export A=value", "export B=v $1 ' x", "export C=d $X", "D.0=e", "D.1=f",
                                "unset G=", "export H=1", "export @function.f.I=(cat x)",
                                "@alias.k=X=1 claude", "@alias.k.X=1", "@command.prog.K=1",
                                "@command.prog.--foo=bar", "export J="});
  CHECK(tagged(checked("# v\nSETUVAR --export A:b\\x20c\nSETUVAR fish_x:1\nSETUVAR", Format::fish)) ==
        Lines{"export A=b c", "fish_x=1"});
}

TEST_CASE("nushell, PowerShell and cmd") {
  CHECK(tagged(checked("$env.A = \"x\\ny\"\n$env.B = 'raw'\nload-env { C: \"d\", \"E\": f }\n$env.PATH "
                       "= ($env.PATH | prepend x)\nlet-env G = h\n"
                       "K=v prog\n  $env.\"L\" = `m`\n# $env.N = 1\n",
                       Format::nushell)) == Lines{"export A=x\ny", "export B=raw", "export C=d",
                                                  "export E=f", "export PATH=($env.PATH | prepend x)",
                                                  "export G=h", "@command.prog.K=v", "export L=m"});
  CHECK(tagged(checked("# c\n$env:A = \"x`n\"\"y\"\"\"\n$Env:B='raw $x'; ${env:C} = "
                       "5\n[Environment]::SetEnvironmentVariable(\"D\", \"v\", \"User\")\n"
                       "[System.Environment]::SetEnvironmentVariable('E', 'w')\nSet-Item -Path Env:F "
                       "-Value \"z\"\nSet-Item Env:\\G 'y'\n"
                       "setx H \"val\" /M\n$x = @\"\nhere $y\n\"@\nif ($true) { $env:I = \"in\" }\n<# "
                       "$env:J = 1 #>\nWrite-Host \"$env:K = 1\"\n"
                       "if ($env:L -eq 1) {}\n",
                       Format::powershell)) ==
        Lines{"export A=x\n\"y\"", "export B=raw $x", "export C=5", "export D=v", "export E=w",
              "export F=z", "export G=y", "export H=val", "x=here $y", "export I=in"});
  CHECK(tagged(checked("@echo off\r\nset A=plain value\r\nset \"B=quoted & x\"\r\nsetx C \"perm\" "
                       "/M\r\nrem set D=no\r\nif exist x set E=yes\r\n"
                       "(set F=1) & set G=2\r\nset /a H=1+1\r\n:: set I=1\r\nset J=a^&b\r\nfor %%i in "
                       "(x) do set K=%L%\r\n",
                       Format::cmd)) == Lines{"export A=plain value", "export B=quoted & x",
                                              "export C=perm", "export E=yes", "export F=1",
                                              "export G=2", "export J=a&b", "export K=%L%"});
}

TEST_CASE("crontab and Dockerfile") {
  CHECK(tagged(checked("A=b\n\"C\" = \"d e\"\n0 1 * * * X=1 kimi --key v\n@daily run\n# c\n",
                       Format::crontab)) ==
        Lines{"export A=b", "export C=d e", "@command.kimi.X=1", "@command.kimi.--key=v"});
  const std::string text =
      "FROM x\nENV A=b C=\"d e\" \\\n  # comment\n  F=g\nenv H the rest\nARG I=j\nARG K\nRUN export L=m "
      "&& N=o p\nENV M=${X:-y}\n";
  const Parsed parsed = checked(text, Format::dockerfile);
  CHECK(tagged(parsed) == Lines{"ENV A=b", "ENV C=d e", "ENV F=g", "ENV H=the rest", "ARG I=j",
                                "ARG K=", "export L=m", "@command.p.N=o", "ENV M=${X:-y}"});
  CHECK(one(parsed, "F").position == Position{4, 5});
}

TEST_CASE("INI, git config, npmrc, reg") {
  const std::string text =
      "; c\n[a \"sub.x\"]\n\tkey = \"va\\\"l\" ; c\n\turl = https://x:y@h/p ; "
      "comment\n\talone\n[b]\n//registry.npmjs.org/:_authToken=tok\n"
      "k: v\nm = 'sq'\ncont = a \\\n  b\n\"NAME\"=\"reg\"\nhttps://a.b/c=d\ne =\n";
  const Parsed parsed = checked(text, Format::ini);
  CHECK(listed(parsed) == Lines{"a.\"sub.x\".key=va\"l", "a.\"sub.x\".url=https://x:y@h/p",
                                "a.\"sub.x\".alone=", "b.\"//registry.npmjs.org/:_authToken\"=tok",
                                "b.k=v", "b.m=sq", "b.cont=a b", "b.NAME=reg", "b.\"https://a.b/c\"=d",
                                "b.e="});
  CHECK(one(parsed, "b.m").position == Position{9, 6});
}

TEST_CASE("systemd units: each assignment of Environment= is a setting") {
  const std::string text =
      "[Service]\nEnvironment=\"A=b c\" D=e 'F=g' \"H=\\x41\\n\"\nEnvironment=I=j \\\n# c\n  "
      "K=l\nEnvironment=\nEnvironmentFile=-/etc/x.env\nExecStart=/bin/x --y\n";
  const Parsed parsed = checked(text, Format::systemd);
  CHECK(tagged(parsed) ==
        Lines{"export Service.Environment.A=b c", "export Service.Environment.D=e",
              "export Service.Environment.F=g", "export Service.Environment.H=A\n",
              "export Service.Environment.I=j", "export Service.Environment.K=l",
              "unset Service.Environment=", "EnvironmentFile Service.EnvironmentFile=-/etc/x.env",
              "Service.ExecStart=/bin/x --y"});
  CHECK(slice(text, one(parsed, "Service.Environment.A").bytes) == "b c");
  CHECK(one(parsed, "Service.Environment.K").position == Position{5, 5});
}

TEST_CASE("properties and netrc") {
  CHECK(listed(checked("a=b\nc\\:d : e\\u00e9 \\\n  f\n! x\n g   h\nempty\n", Format::properties)) ==
        Lines{"a=b", "c:d=eé f", "g=h", "empty="});
  const std::string text =
      "machine api.moonshot.ai login x password \"p\\\"q\" account z\n# c\ndefault login d password "
      "e\nmacdef m\n password no\n\nmachine h\n  password p2\n";
  const Parsed parsed = checked(text, Format::netrc);
  CHECK(listed(parsed) == Lines{"\"api.moonshot.ai\".login=x", "\"api.moonshot.ai\".password=p\"q",
                                "\"api.moonshot.ai\".account=z", "default.login=d", "default.password=e",
                                "h.password=p2"});
}

TEST_CASE("XML attributes and texts, entities decoded, and property lists") {
  const std::string text =
      "<?xml version=\"1.0\"?>\n<configuration name=\"app\"><envs><env name=\"A\" "
      "value=\"x&amp;y\"/><env name='B' value='&#x7A;'/></envs>"
      "<t> te&lt;xt </t><m a='1'>a<b/>c</m><![CDATA[no]]><d><![CDATA[c<d]]></d></configuration>";
  const Parsed parsed = checked(text, Format::xml);
  CHECK(parsed.complete);
  CHECK(listed(parsed) == Lines{"configuration.@name=app", "configuration.envs.env.0.@name=A",
                                "configuration.envs.env.0.@value=x&y",
                                "configuration.envs.env.1.@name=B", "configuration.envs.env.1.@value=z",
                                "configuration.t=te<xt", "configuration.m.@a=1",
                                "configuration.m.#text=a", "configuration.m.#text=c",
                                "configuration.#text=no", "configuration.d=c<d"});
  CHECK(slice(text, one(parsed, "configuration.envs.env.0.@value").bytes) == "x&amp;y");
  CHECK(slice(text, one(parsed, "configuration.envs.env.1.@value").bytes) == "&#x7A;");
  const Parsed broken = checked("<a><b k='v'>text</b><c", Format::xml);
  CHECK_FALSE(broken.complete);
  CHECK(one(broken, "a.b.@k").value == "v");

  const std::string plist =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST "
      "1.0//EN\" \"http://x\">\n<plist version=\"1.0\"><dict>\n"
      "<key>EnvironmentVariables</key><dict><key>A</key><string>b&amp;c</string></dict>\n<key>L</"
      "key><array><string>x</string><integer>5</integer><true/></array>"
      "<key>E</key><string></string></dict></plist>";
  const Parsed list = checked(plist, Format::plist);
  CHECK(list.complete);
  CHECK(listed(list) == Lines{"EnvironmentVariables.A=b&c", "L.0=x", "L.1=5", "L.2=true", "E="});
  CHECK(slice(plist, one(list, "EnvironmentVariables.A").key_bytes) == "A");
  CHECK_FALSE(read("bplist00\x01", Format::plist).complete);
}

TEST_CASE("a file's format is known by its name, its backups' too, and else by its first bytes") {
  const std::vector<std::pair<std::string, Format>> kNames = {
      {"/home/u/.kimi/config.toml", Format::toml},
      {"config.json.bak", Format::json},
      {"openclaw.json.bak.4", Format::json},
      {"settings.json.ccr-original", Format::json},
      {"config.toml.ccr-backup-2026-01", Format::toml},
      {".claude.json.backup.1712345678", Format::json},
      {"C:\\Users\\u\\.env.local", Format::dotenv},
      {".envrc", Format::shell},
      {"prod.env", Format::dotenv},
      {".zshrc", Format::shell},
      {"config.fish", Format::fish},
      {"env.nu", Format::nushell},
      {"Microsoft.PowerShell_profile.ps1", Format::powershell},
      {"a.BAT", Format::cmd},
      {"docker-compose.yml", Format::yaml},
      {"Dockerfile.dev", Format::dockerfile},
      {"x/.git/config", Format::ini},
      {".npmrc", Format::ini},
      {"/etc/systemd/system/x.service.d/o.conf", Format::systemd},
      {"kimi.service", Format::systemd},
      {"/home/u/.config/environment.d/10.conf", Format::dotenv},
      {"/etc/environment", Format::dotenv},
      {"Library/LaunchAgents/x.plist", Format::plist},
      {".idea/workspace.xml", Format::xml},
      {"_netrc", Format::netrc},
      {"a.ipynb", Format::notebook},
      {"wire.jsonl", Format::jsonl},
      {"x.json5", Format::json5},
      {"a.properties", Format::properties},
      {".env.example", Format::dotenv},
      {"config.yaml~", Format::yaml},
      {"/etc/cron.d/backup", Format::crontab},
      {"/etc/cron.d/job.sh", Format::shell},
      {"/etc/cron.d/x.ini", Format::crontab},
      {"Dockerfile.service", Format::dockerfile},
      {"pip.conf", Format::ini},
      {"etc/systemd/pip.conf", Format::systemd},
      {"environment.d/10-kimi.conf", Format::dotenv},
      {".aws/credentials", Format::ini},
      {".cargo/credentials", Format::toml},
      {"settings.json.bak-2024", Format::json},
      {"settings.json.20241102", Format::json},
      {"#x.toml#", Format::toml},
      {"profile.local", Format::shell},
      {"x.yaml.gotmpl", Format::yaml},
      {"App.CONFIG", Format::xml},
      {"C:\\x\\.Env", Format::dotenv},
      {"a.zsh-theme", Format::shell}};
  for (const auto& [path, format] : kNames) {
    INFO(path);
    const auto found = format_of(path, "");
    REQUIRE(found);
    CHECK(name(*found) == name(format));
  }
  CHECK(format_of("run", "#!/usr/bin/env bash\nx") == Format::shell);
  CHECK(format_of("run", "#!/usr/bin/fish\n") == Format::fish);
  CHECK(format_of("config", " {\n \"encryptionKey\": 1}") == Format::json);
  CHECK(format_of("x", "<?xml version='1.0'?><plist>") == Format::plist);
  CHECK_FALSE(format_of("main.cpp", "int main() {}"));
  CHECK_FALSE(format_of("README.md", "# x"));
  for (const char* other : {"notes.txt", "diff.log_--root", "Makefile", "env", "x.conf", "config", "credentials", "a.bakery", "lib.so.6x", "x."})
    CHECK_FALSE(format_of(other, ""));
  for (int i = 0; i <= static_cast<int>(Format::notebook); ++i) {
    const auto format = static_cast<Format>(i);
    CHECK(format_named(name(format)) == format);
  }
}

TEST_CASE("hostile text of any kind takes no long time in any reader") {
  const std::vector<std::string> kParts = {"\"",
                                           "'",
                                           "`",
                                           "$(",
                                           "${",
                                           "\"$(",
                                           "(",
                                           "[",
                                           "{",
                                           "<a>",
                                           "<a b='",
                                           "&amp;",
                                           "\\\n",
                                           "\\",
                                           "<<A\n",
                                           "A=(",
                                           "A=\"",
                                           "A='",
                                           "a=\"b\"\"c\"",
                                           "export A=",
                                           "@\"\n",
                                           "set A=\"",
                                           "$env:A=\"",
                                           "[x]\n",
                                           "ENV A=\\\n",
                                           "=",
                                           ":",
                                           "\n",
                                           "\"\"",
                                           "<![CDATA[",
                                           "<!--",
                                           "{ \"a\":",
                                           "if x set a=b ",
                                           "f() {\n",
                                           "alias a='b' ",
                                           "%env A=b\\n",
                                           "load-env {",
                                           "machine ",
                                           "Environment=\"",
                                           "0 0 0 0 0 a ",
                                           "/*",
                                           "//",
                                           "\\u",
                                           "\xFF",
                                           "\xE2\x82",
                                           std::string("\0", 1)};
  for (int f = 0; f <= static_cast<int>(Format::notebook); ++f) {
    const auto format = static_cast<Format>(f);
    for (const std::string& part : kParts) {
      std::string text;
      while (text.size() < 60'000) text += part;
      const double begin = kimiguard::test::cpu_seconds();
      const Parsed parsed = read(text, format);
      const double seconds =
          kimiguard::test::cpu_seconds() - begin;
      INFO(name(format) << " " << part);
      CHECK(seconds < 3);
      CHECK(checks::fault(text, parsed) == "");
    }
  }
}

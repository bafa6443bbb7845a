#include "scanner/source/git/repository/git_config.h"

#include <algorithm>
#include <string>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"

using namespace kimiguard::git;

TEST_CASE("git config values are read as git reads them") {
  const std::string text =
      "[core]\n\tbare = false ; comment\n  LongName = \"a \\\"q\\\" #x\" tail  # c\n"
      "[remote \"o\\\"ri/gin\"]\n url = https://u:p@h/x\n url=second\n"
      "[branch.Main] merge = refs/heads/main\n[a]\nflag\nlong = one \\\n two\n"
      "broken line here !\n[bad\n[c] k = \"open\n[d]\nlast = 1";
  const GitConfig config = GitConfig::parse(text);
  CHECK(config.get("core", "", "bare") == "false");
  CHECK(config.get("core", "", "longname") == "a \"q\" #x tail");
  CHECK(config.get_all("remote", "o\"ri/gin", "url").size() == 2);
  CHECK(config.get("branch", "main", "merge") == "refs/heads/main");
  CHECK(config.get_bool("a", "", "flag", false));
  CHECK(config.get("a", "", "long") == "one  two");
  CHECK(config.get("d", "", "last") == "1");
  CHECK(config.broken_lines() == 3);
  CHECK_FALSE(config.get("nothing", "", "here"));
}

TEST_CASE("git config agrees with git config --list on generated files") {
  test::Sandbox sandbox;
  test::Dice dice(7);
  const std::string alphabet = "ab \t\\\\\"#;=nt[].-";
  int compared = 0;
  for (int round = 0; round < 300; ++round) {
    std::string text = "[s \"x\"]\n";
    for (int line = 0; line < 3; ++line) {
      text += "\tk" + std::to_string(line) + " = ";
      for (std::uint32_t i = dice.roll(12); i > 0; --i)
        text += alphabet[dice.roll(static_cast<std::uint32_t>(alphabet.size()))];
      text += "\n";
    }
    sandbox.write("config", text);
    const std::string listed = sandbox.run("", "git config -z -f config --list && echo ok", true);
    if (!listed.ends_with("ok")) continue;  // git refuses the file as a whole
    std::string expected = listed.substr(0, listed.size() - 2);
    std::string ours;
    const GitConfig config = GitConfig::parse(text);
    for (const ConfigEntry& entry : config.entries()) {
      ours += entry.section + "." + entry.subsection + "." + entry.key;
      if (entry.has_value) ours += "\n" + entry.value;
      ours += '\0';
    }
    // git before 2.45 makes each inner blank a space; later ones keep it, as we do.
    std::replace(ours.begin(), ours.end(), '\t', ' ');
    std::replace(expected.begin(), expected.end(), '\t', ' ');
    INFO(text);
    CHECK(ours == expected);
    ++compared;
  }
  CHECK(compared > 20);
}

TEST_CASE("credentials are taken out of remote URLs") {
  CHECK(url_without_credentials("https://user:pass@host:8443/o/r.git?token=x#y") ==
        "https://host:8443/o/r.git");
  CHECK(url_without_credentials("git@github.com:o/r.git") == "ssh://github.com/o/r.git");
  CHECK(url_without_credentials("https://a@b@host/p@q") == "https://host/p@q");
  CHECK(url_without_credentials("/srv/git/r.git") == "/srv/git/r.git");
  CHECK(url_without_credentials("../a:b") == "../a:b");
}

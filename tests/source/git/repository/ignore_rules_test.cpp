#include "scanner/source/git/repository/ignore_rules.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/source/git/repository/sandbox.h"
#include "tests/support/catch.h"
#include "tests/support/cpu_time.h"

using namespace kimiguard::git;

namespace {

bool matches(std::string_view pattern, std::string_view path, bool folder = false) {
  const auto parsed = IgnorePattern::parse(pattern);
  return parsed && parsed->matches(path, folder);
}

std::string random_pattern(test::Dice& dice) {
  static const std::vector<std::string> parts = {"a",
                                                 "b",
                                                 "c",
                                                 "ab",
                                                 "*",
                                                 "**",
                                                 "?",
                                                 "/",
                                                 "/",
                                                 "[ab]",
                                                 "[!a]",
                                                 "[a-c]",
                                                 "\\a",
                                                 "\\*",
                                                 "a*",
                                                 "*b",
                                                 "**/",
                                                 "/**",
                                                 "/**/",
                                                 " ",
                                                 "\\ ",
                                                 "[[:alpha:]]",
                                                 "[^[:digit:]b]",
                                                 ".",
                                                 "[]a]",
                                                 "[a",
                                                 "\\",
                                                 "!",
                                                 "#",
                                                 "x"};
  std::string pattern;
  if (dice.roll(6) == 0) pattern += "!";
  if (dice.roll(6) == 0) pattern += "/";
  for (std::uint32_t i = 1 + dice.roll(5); i > 0; --i)
    pattern += parts[dice.roll(static_cast<std::uint32_t>(parts.size()))];
  if (dice.roll(6) == 0) pattern += "/";
  if (dice.roll(20) == 0) pattern += "  ";
  if (dice.roll(20) == 0) pattern += "\r";
  return pattern;
}

}  // namespace

TEST_CASE("ignore patterns mean what gitignore says") {
  CHECK(matches("*.log", "deep/er/x.log"));
  CHECK_FALSE(matches("/*.log", "deep/x.log"));
  CHECK(matches("build/", "src/build", true));
  CHECK_FALSE(matches("build/", "src/build", false));
  CHECK(matches("**/foo", "a/b/foo"));
  CHECK(matches("**/foo", "foo"));
  CHECK(matches("a/**/b", "a/b"));
  CHECK(matches("a/**/b", "a/x/y/b"));
  CHECK_FALSE(matches("a/**/b", "a/xb"));
  CHECK(matches("a/**", "a/x"));
  CHECK_FALSE(matches("a/**", "a", true));
  CHECK_FALSE(matches("a/*", "a/x/y"));
  CHECK(matches("\\#x", "#x"));
  CHECK(matches("x\\ ", "x "));
  CHECK(matches("[!a]b", "cb"));
  CHECK_FALSE(matches("foo\\", "foo"));
  CHECK_FALSE(IgnorePattern::parse("# comment"));
  CHECK_FALSE(IgnorePattern::parse("   "));
}

TEST_CASE("a pattern made to take exponential time does not") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  pattern += "b";
  const std::string name(4000, 'a');
  const double begin = kimiguard::test::cpu_seconds();
  CHECK_FALSE(matches(pattern, name));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "**/a*/";
  CHECK_FALSE(matches(deep + "b", name + "/" + name));
  CHECK(kimiguard::test::cpu_seconds() - begin < 5);
}

TEST_CASE("ignore rules agree with git check-ignore on generated patterns and trees") {
  test::Sandbox sandbox;
  sandbox.init("r");
  const std::vector<std::string> names = {"a",   "b",  "c",  "ab", "abc", "x.b",
                                          "a b", "a*", "#a", "!b", "]",   "x "};
  std::uint64_t decisions = 0;
  std::uint64_t ignored_ones = 0;
  for (std::uint32_t seed = 1; seed <= 250; ++seed) {
    test::Dice dice(seed);
    std::filesystem::remove_all(sandbox.path("r/t"));
    std::filesystem::create_directories(sandbox.path("r/t"));
    std::vector<std::pair<std::string, bool>> paths;  // below t, is folder
    std::vector<std::string> folders = {"t"};
    std::set<std::string> taken;
    for (int i = 0; i < 40; ++i) {
      const std::string folder = folders[dice.roll(static_cast<std::uint32_t>(folders.size()))];
      const std::string path = folder + "/" + names[dice.roll(static_cast<std::uint32_t>(names.size()))];
      if (!taken.insert(path).second) continue;
      if (dice.roll(2) == 0) {
        std::filesystem::create_directories(sandbox.path("r/" + path));
        folders.push_back(path);
        paths.emplace_back(path, true);
      } else {
        sandbox.write("r/" + path, "x");
        paths.emplace_back(path, false);
      }
    }
    const auto rules_text = [&] {
      std::string text;
      for (std::uint32_t i = 1 + dice.roll(5); i > 0; --i) text += random_pattern(dice) + "\n";
      return text;
    };
    // Everything lies in t, so a pattern such as "*" at the root would hide the rest too often.
    sandbox.write("r/t/.gitignore", rules_text());
    sandbox.write("r/.git/info/exclude", dice.roll(3) == 0 ? rules_text() : "");
    for (const std::string& folder : folders)
      if (dice.roll(3) == 0) sandbox.write("r/" + folder + "/.gitignore", rules_text());
    std::string input;
    for (const auto& [path, folder] : paths) input += path + std::string(1, '\0');
    sandbox.write("paths", input);
    const std::string output =
        sandbox.run("r", "git check-ignore -z -v -n --no-index --stdin < ../paths; test $? -lt 2");
    std::vector<std::string> fields;
    for (std::size_t at = 0; at < output.size();) {
      const std::size_t end = output.find('\0', at);
      fields.push_back(output.substr(at, end - at));
      if (end == std::string::npos) break;
      at = end + 1;
    }
    REQUIRE(fields.size() == paths.size() * 4);
    IgnoreRules rules(sandbox.path("r"), {sandbox.path("r/.git/info/exclude"), ""});
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string& line = fields[i * 4 + 1];
      const std::string& pattern = fields[i * 4 + 2];
      const auto decision = rules.decide(paths[i].first, paths[i].second);
      INFO("seed " << seed << " path " << paths[i].first << " git says " << fields[i * 4] << ":" << line
                   << " " << pattern);
      if (line.empty()) {
        CHECK_FALSE(decision);
      } else {
        REQUIRE(decision);
        CHECK(std::to_string(decision->line) == line);
        CHECK(decision->pattern == pattern);
        if (!decision->negated) ++ignored_ones;
      }
      ++decisions;
    }
  }
  CHECK(decisions > 1000);
  CHECK(ignored_ones > 100);
}

TEST_CASE("the user's own excludes count only when asked for") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.write("user", "*.secret\n");
  IgnoreRules without(sandbox.path("r"), {});
  CHECK_FALSE(without.ignored("x.secret", false));
  IgnoreRules with(sandbox.path("r"), {"", sandbox.path("user")});
  CHECK(with.ignored("x.secret", false));
}

TEST_CASE("a .gitignore that is a link or a pipe is not read") {
  test::Sandbox sandbox;
  sandbox.init("r");
  sandbox.write("outside", "*\n");
  sandbox.run("r", "ln -s ../outside .gitignore && mkdir d && mkfifo d/.gitignore");
  IgnoreRules rules(sandbox.path("r"), {});
  CHECK_FALSE(rules.ignored("x", false));
  CHECK_FALSE(rules.ignored("d/x", false));
}

#include "scanner/suppress/inline_marker.h"

#include <algorithm>
#include <string>

#include "tests/support/catch.h"

namespace kimiguard::suppress {
namespace {

bool covered(const Allowances& allowances, std::uint64_t line) {
  return allowances.covering(line, line) != nullptr;
}

}  // namespace

TEST_CASE("a marker on the line allows that line only") {
  const Allowances allowances = read_markers("A=1\nKEY=x  # kimiguard:allow test vector\nB=2\n", "f");
  CHECK_FALSE(covered(allowances, 1));
  REQUIRE(covered(allowances, 2));
  CHECK_FALSE(covered(allowances, 3));
  CHECK(allowances.covering(2, 2)->reason == "test vector");
  CHECK(allowances.problems.empty());
}

TEST_CASE("a marker alone in a comment allows the next line, in every comment style") {
  for (const std::string line :
       {"# kimiguard:allow because", "  // kimiguard:allow because", "/* kimiguard:allow because */",
        "-- kimiguard:allow because", "<!-- kimiguard:allow because -->", " * kimiguard:allow because",
        "; kimiguard:allow because", "## kimiguard:allow because", "REM kimiguard:allow because",
        "{/* kimiguard:allow because */}", "% kimiguard:allow: because", "\" kimiguard:allow because",
        ":: kimiguard:allow because", "@REM kimiguard:allow because", "Rem kimiguard:allow because", "dnl kimiguard:allow because",
        "! kimiguard:allow because", "(* kimiguard:allow because *)", "{- kimiguard:allow because -}", "<# kimiguard:allow because #>",
        "{# kimiguard:allow because #}", "<%# kimiguard:allow because %>", "<%-- kimiguard:allow because --%>",
        "{{!-- kimiguard:allow because --}}", "{{!-- kimiguard:allow because--}}", "#= kimiguard:allow because =#",
        "### kimiguard:allow because ###", "//! kimiguard:allow because", ".. kimiguard:allow because",
        "\"//\": \"kimiguard:allow because\",", "  \"_comment\": \"kimiguard:allow because\","}) {
    INFO(line);
    const Allowances allowances = read_markers("x\n" + line + "\nKEY\nKEY\n", "f");
    REQUIRE(covered(allowances, 3));
    CHECK(allowances.covering(3, 3)->reason == "because");
    CHECK_FALSE(covered(allowances, 4));
  }
}

TEST_CASE("a block allows from its start to its end") {
  const Allowances allowances =
      read_markers("# kimiguard:allow-start vectors\r\na\r\nb\r\n# kimiguard:allow-end\r\nc\r\n", "f");
  for (const std::uint64_t line : {1U, 2U, 3U, 4U}) CHECK(covered(allowances, line));
  CHECK_FALSE(covered(allowances, 5));
  CHECK(allowances.covering(2, 3)->reason == "vectors");
}

TEST_CASE("a marker without a reason allows nothing and says so") {
  const Allowances allowances =
      read_markers("KEY # kimiguard:allow\n# kimiguard:allow-start\nx\n", "dir/f");
  CHECK(allowances.allowed.empty());
  REQUIRE(allowances.problems.size() == 2);
  CHECK(allowances.problems[0].where == "dir/f:1");
  CHECK_THAT(allowances.problems[0].message, ContainsSubstring("reason"));
}

TEST_CASE("the end of a comment is no reason, in whatever language") {
  for (const std::string end : {"*)", "-}", "#>", "#}", "%>", "--}}", "}}", "###", "]#", "=#", "\",", ")", "-->", "…"}) {
    INFO(end);
    const Allowances allowances = read_markers("KEY (* kimiguard:allow " + end + "\n", "f");
    CHECK(allowances.allowed.empty());
    CHECK(allowances.problems.size() == 1);
  }
  CHECK(read_markers("KEY <!--kimiguard:allow-->\n", "f").problems.size() == 1);
  CHECK(read_markers("KEY # kimiguard:allow 演示密钥\n", "f").allowed.size() == 1);
}

TEST_CASE("code before a marker is no comment: it speaks for its own line only") {
  for (const std::string before : {"x = 1  # ", "KEY // ", "} // x ", "é # ", ""}) {
    INFO(before);
    CHECK_FALSE(covered(read_markers(before + "kimiguard:allow because\nKEY\n", "f"), 2));
  }
}

TEST_CASE("a block that is never ended allows nothing and says so") {
  const Allowances allowances = read_markers("# kimiguard:allow-start all of it\nKEY\n", "f");
  CHECK(allowances.allowed.empty());
  REQUIRE(allowances.problems.size() == 1);
  CHECK(read_markers("# kimiguard:allow-end\n", "f").problems.size() == 1);
}

TEST_CASE("a word that only begins like the marker is none") {
  CHECK(read_markers("KEY # kimiguard:allowance x\nnotkimiguard:allow y\n", "f").allowed.empty());
}

TEST_CASE("markers of others count only where asked") {
  const std::vector<std::pair<std::string, std::uint64_t>> markers = {
      {"KEY # gitleaks:allow", 1},
      {"KEY # betterleaks:allow", 1},
      {"KEY <!--gitleaks:allow-->", 1},
      {"KEY --gitleaks:allow", 1},
      {"KEY # pragma: allowlist secret", 1},
      {"# pragma: allowlist nextline secret\nKEY", 2},
      {"KEY # trufflehog:ignore", 1},
      {"KEY # ggignore", 1},
      {"KEY # kingfisher:ignore", 1},
      {"# kingfisher:ignore\nKEY", 2},
      {"KEY\n# kingfisher:ignore", 1},
      {"KEY // secretlint-disable-line", 1},
      {"// secretlint-disable-next-line\nKEY", 2}};
  for (const auto& [text, line] : markers) {
    INFO(text);
    CHECK(read_markers(text, "f").allowed.empty());
    CHECK(covered(read_markers(text, "f", Foreign::honour), line));
  }
  CHECK_FALSE(covered(read_markers("// secretlint-disable-next-line\nKEY", "f", Foreign::honour), 1));
  CHECK(read_markers("KEY # nogitleaks:allowed", "f", Foreign::honour).allowed.empty());
  CHECK(read_markers("KEY # x-gitleaks:allow", "f", Foreign::honour).allowed.empty());
  CHECK(read_markers("KEY # gitleaks:allow-list", "f", Foreign::honour).allowed.empty());
}

TEST_CASE("lines are counted at every kind of line end") {
  const Allowances allowances = read_markers("a\rb\r\nc\nKEY # kimiguard:allow ok", "f");
  CHECK(covered(allowances, 4));
  CHECK(allowances.allowed[0].marker_line == 4);
}

TEST_CASE("a suppression names the marker and its reason") {
  const Allowances allowances = read_markers("x\nKEY # kimiguard:allow sample\n", "f");
  Region region;
  region.begin = {2, 1};
  region.end = {2, 9};
  const std::optional<Suppression> suppression = inline_suppression(allowances, region, "src/f");
  REQUIRE(suppression);
  CHECK(suppression->kind == "inline");
  CHECK(suppression->justification == "sample");
  CHECK(suppression->where == "src/f:2");
  region.end = {3, 4};
  CHECK_FALSE(inline_suppression(allowances, region, "src/f"));
}

TEST_CASE("many markers in one long file are read in linear time") {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "x # kimiguard:allow y\n";
  const Allowances allowances = read_markers(text, "f");
  CHECK(allowances.allowed.size() == 10000);
  CHECK(allowances.problems.size() == 1);
}

TEST_CASE("a marker within a block comment allows the line behind its end") {
  for (const std::string block : {"=begin\nkimiguard:allow because\n=end\n", "=begin kimiguard:allow because\n=end\n", "=pod\n\nkimiguard:allow because\n\n=cut\n",
                                  "/*\n * kimiguard:allow because\n */\n", "/*\n   kimiguard:allow because\n   of this\n*/\n", "<!--\nkimiguard:allow because\n-->\n",
                                  "<#\nkimiguard:allow because\n#>\n", "\"\"\"\nkimiguard:allow because\n\"\"\"\n"}) {
    INFO(block);
    const Allowances allowances = read_markers(block + "KEY=x\nKEY=y\n", "f");
    const auto lines = static_cast<std::uint64_t>(std::count(block.begin(), block.end(), '\n'));
    CHECK(covered(allowances, lines + 1));
    CHECK_FALSE(covered(allowances, lines + 2));
    CHECK(allowances.problems.empty());
  }
  // Text that is no comment, and one whose comment is another.
  CHECK_FALSE(covered(read_markers("kimiguard:allow because\nKEY=x\n", "f"), 2));
  CHECK_FALSE(covered(read_markers("kimiguard:allow because\n/*\n*/\nKEY=x\n", "f"), 4));
}

TEST_CASE("comments of fixed-form Fortran are comments") {
  for (const std::string line : {"C kimiguard:allow because", "c kimiguard:allow because", "! kimiguard:allow because", "      ! kimiguard:allow because"})
    CHECK(covered(read_markers(line + "\nKEY=x\n", "f"), 2));
  CHECK_FALSE(covered(read_markers("  C kimiguard:allow because\nKEY=x\n", "f"), 2));
}

TEST_CASE("secretlint's blocks are honoured when asked for") {
  const std::string text = "A\n/* secretlint-disable */\nB\nC\n/* secretlint-enable */\nD\n// secretlint-disable @secretlint/x -- why\nE\n";
  const Allowances allowances = read_markers(text, "f", Foreign::honour);
  CHECK_FALSE(covered(allowances, 1));
  CHECK(covered(allowances, 3));
  CHECK(covered(allowances, 4));
  CHECK_FALSE(covered(allowances, 6));
  CHECK(covered(allowances, 8));
  CHECK_FALSE(covered(read_markers(text, "f"), 3));
}

}  // namespace kimiguard::suppress

// Markers in what is scanned, and whose of them count (design §7), run as users run them.
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace {

using kimiguard::test::Keys;
using kimiguard::test::Ran;
using kimiguard::test::Repo;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string utf16(const std::string& text) {
  std::string wide = "\xff\xfe";
  for (const char c : text) (wide += c) += '\0';
  return wide;
}

}  // namespace

TEST_CASE("a marker with a reason allows its line, the line below a comment, and a block; each is counted") {
  Repo repo;
  Keys keys(41);
  repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "  # kimiguard:allow key of the demo\n");
  repo.write("b.py", "# kimiguard:allow key of the demo\nKIMI = '" + keys.kimi_code() + "'\n");
  repo.write("c.txt", "kimiguard:allow-start vectors\n" + keys.kimi_code() + "\n" + keys.kimi_code() + "\nkimiguard:allow-end\n");
  repo.write("d.reg", utf16("x=" + keys.kimi_code() + " ; kimiguard:allow demo\r\n"));
  const Ran clean = repo.kimiguard({"scan", "--only", "files", "."});
  CHECK(clean.status == 0);
  CHECK(has(clean.out, "5 suppressed"));
  const Ran listed = repo.kimiguard({"scan", "--only", "files", ".", "--with-suppressed", "-f", "json"});
  CHECK(has(listed.out, "key of the demo"));
  CHECK(has(listed.out, "b.py:1"));
  CHECK(has(listed.out, "\"inline\""));
}

TEST_CASE("a marker speaks for its own place only, and without a reason for none") {
  Repo repo;
  Keys keys(42);
  const std::string key = keys.kimi_code();
  repo.write("a.env", "KIMI_API_KEY=" + key + "  # kimiguard:allow demo\nOTHER=" + key + "\n");
  const Ran found = repo.kimiguard({"scan", "--only", "files", "."});
  CHECK(found.status == 1);
  CHECK(has(found.out, "a.env:2"));
  CHECK(has(found.out, "1 suppressed"));
  repo.write("a.env", "KIMI_API_KEY=" + key + "  # kimiguard:allow\n");
  const Ran bare = repo.kimiguard({"scan", "--only", "files", "."});
  CHECK(bare.status == 1);
  CHECK(has(bare.out, "needs a reason"));
}

TEST_CASE("markers of other scanners count with --foreign-allow only") {
  for (const char* marker : {"gitleaks:allow", "betterleaks:allow", "pragma: allowlist secret", "trufflehog:ignore", "ggignore",
                             "kingfisher:ignore", "secretlint-disable-line"}) {
    INFO(marker);
    Repo repo;
    Keys keys(43);
    repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "  # " + marker + "\n");
    CHECK(repo.kimiguard({"scan", "--only", "files", "."}).status == 1);
    CHECK(repo.kimiguard({"scan", "--only", "files", ".", "--foreign-allow"}).status == 0);
  }
}

TEST_CASE("with CI set, and with --no-inline, no marker counts") {
  Repo repo;
  Keys keys(44);
  repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "  # kimiguard:allow demo\n");
  repo.write(".kimiguardignore", "path=a.env reason=demo\n");
  CHECK(repo.kimiguard({"scan", "--only", "files", "."}).status == 0);
  CHECK(repo.kimiguard({"scan", "--only", "files", ".", "--no-inline"}).status == 1);
  kimiguard::test::RunOptions ci = repo.options();
  ci.environment["CI"] = "true";
  CHECK(kimiguard::test::kimiguard({"scan", "--only", "files", "."}, ci).status == 1);
}

TEST_CASE("a marker in the staged text allows the commit; one in the work tree alone does not") {
  Repo repo;
  Keys keys(45);
  const std::string key = keys.kimi_code();
  repo.write("a.env", "KIMI_API_KEY=" + key + "\n");
  repo.git({"add", "-f", "a.env"});
  repo.write("a.env", "KIMI_API_KEY=" + key + "  # kimiguard:allow demo\n");
  CHECK(repo.kimiguard({"scan", "--staged"}).status == 1);
  repo.git({"add", "-f", "a.env"});
  CHECK(repo.kimiguard({"scan", "--staged"}).status == 0);
}

TEST_CASE("a pull request cannot allow its own leak: of a range only the base's markers and ignore file count") {
  Repo repo;
  Keys keys(46);
  const std::string old_key = keys.kimi_code(), new_key = keys.kimi_code();
  repo.write("old.env", "KIMI_API_KEY=" + old_key + "  # kimiguard:allow demo\n");
  repo.write("x.txt", "x\n");
  repo.git({"add", "-Af"});
  repo.git({"commit", "-qm", "base"});
  repo.git({"tag", "base"});

  // The same allowed line stays allowed where it comes back.
  repo.write("old.env", "A=1\n");
  repo.git({"commit", "-qam", "away"});
  repo.write("old.env", "A=1\nKIMI_API_KEY=" + old_key + "  # kimiguard:allow demo\n");
  repo.git({"commit", "-qam", "change"});
  const Ran same = repo.kimiguard({"scan", "--range", "base..HEAD"});
  CHECK(same.status == 0);
  CHECK(has(same.out, "1 suppressed"));

  // A new key with a marker of its own, or an ignore file of its own, is reported.
  repo.write("new.env", "KIMI_API_KEY=" + new_key + "  # kimiguard:allow mine\n");
  repo.write(".kimiguardignore", "path=new.env reason=mine\n");
  repo.git({"add", "-Af"});
  repo.git({"commit", "-qm", "leak"});
  CHECK(repo.kimiguard({"scan", "--range", "base..HEAD"}).status == 1);
  CHECK(repo.kimiguard({"scan", "--since", "base"}).status == 1);

  // Once the base says so, it counts.
  repo.git({"tag", "later"});
  repo.write("new.env", "B=1\n");
  repo.git({"commit", "-qam", "away"});
  repo.write("new.env", "B=1\nKIMI_API_KEY=" + new_key + "\n");
  repo.git({"commit", "-qam", "touch"});
  CHECK(repo.kimiguard({"scan", "--range", "later..HEAD"}).status == 0);
  CHECK(repo.kimiguard({"scan", "--range", "later..HEAD", "--no-inline"}).status == 1);
}

TEST_CASE("markers count in old versions, each for its own text") {
  Repo repo;
  Keys keys(47);
  repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "  # kimiguard:allow demo\n");
  repo.git({"add", "-Af"});
  repo.git({"commit", "-qm", "one"});
  repo.write("a.env", "empty\n");
  repo.git({"commit", "-qam", "two"});
  CHECK(repo.kimiguard({"scan", "."}).status == 0);
  CHECK(repo.kimiguard({"scan", ".", "--no-inline"}).status == 1);
}

// Names of files that would say something else to whoever reads a report.
#include <string>

#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

namespace kimiguard::test {

TEST_CASE("names that turn text or look like commands reach no report as they are") {
  const Repo repo;
  Keys keys(71);
  const std::string turned = "safe\u202Etxt.exe\u200B\u2066";
  for (const std::string& name : {std::string("::error::x"), turned, std::string("a ::set-output name=x::y"), std::string("##[error]y"), std::string("c\x1b]0;x\x07.env")})
    repo.write(name, "KIMI_API_KEY=" + keys.kimi_code() + " \u202E\n");
  for (const std::string format : {"text", "json", "jsonl", "sarif", "gitlab", "csv", "junit", "github", "html", "markdown"}) {
    const Ran ran = repo.kimiguard({"scan", "--only", "files", "-f", format, "-v"});
    INFO(format);
    CHECK(ran.status == 1);
    const std::string all = ran.out + ran.err;
    for (const char* raw : {"\u202E", "\u200B", "\u2066", "\x1b", "\x07"}) CHECK(all.find(raw) == std::string::npos);
    if (format != "text") continue;
    CHECK(all.find("##[") == std::string::npos);
    for (std::size_t at = all.find("::"); at != std::string::npos; at = all.find("::", at + 2)) {
      const std::size_t line = all.rfind('\n', at) == std::string::npos ? 0 : all.rfind('\n', at) + 1;
      CHECK(all.find_first_not_of(" \t", line) < at);
    }
  }
}

TEST_CASE("CI=false is no CI: markers of the tree count") {
  for (const auto& [value, counts] : std::map<std::string, bool>{{"false", true}, {"0", true}, {"False", true}, {"", true}, {"true", false}, {"1", false}, {"woodpecker", false}}) {
    Repo repo;
    Keys keys(72);
    repo.environment["CI"] = value;
    repo.write("a.env", "KIMI_API_KEY=" + keys.kimi_code() + "  # kimiguard:allow made up\n");
    INFO(value);
    CHECK(repo.kimiguard({"scan", "--only", "files"}).status == (counts ? 0 : 1));
  }
}

}  // namespace kimiguard::test

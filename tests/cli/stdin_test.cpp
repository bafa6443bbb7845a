// What comes through a pipe is what is scanned, whatever its name.
#include <nlohmann/json.hpp>

#include <string>

#include "scanner/core/secret.h"
#include "tests/cli/program.h"
#include "tests/support/catch.h"
#include "tests/support/keys.h"

using namespace kimiguard;

TEST_CASE("an archive on standard input is opened, and never the file of its name") {
  test::Keys keys(21);
  const auto archive = [&](const std::string& key, const char* form) {
    const test::Repo repo;
    repo.commit_file("app/.env", "KIMI_API_KEY=" + key + "\n");
    return repo.git({"archive", std::string("--format=") + form, "HEAD"}).out;
  };
  for (const char* form : {"zip", "tar", "tar.gz"}) {
    const std::string piped = keys.kimi_code();
    const std::string on_disk = keys.kimi_code();
    test::Folder folder;
    folder.write("a.bin", archive(on_disk, form));
    folder.write("stdin", "nothing here\n");
    test::RunOptions options;
    options.folder = folder.path();
    options.input = archive(piped, form);
    for (const std::string& name : {std::string(), std::string("a.bin"), std::string("not-there")}) {
      std::vector<std::string> words = {"scan", "-", "-f", "json", "--no-progress"};
      if (!name.empty()) words.insert(words.end(), {"--stdin-name", name});
      const test::Ran ran = test::kimiguard(words, options);
      INFO(form << " " << name << " " << ran.err);
      CHECK(ran.status == 1);
      const nlohmann::json report = nlohmann::json::parse(ran.out);
      REQUIRE(report["findings"].size() == 1);
      CHECK(report["findings"][0]["secretSha256"] == Secret(piped).id());
    }
  }
}

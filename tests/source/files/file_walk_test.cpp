// Walking a folder: what is read, what is left aside and said.
#include "scanner/source/files/file_walk.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#include "tests/support/catch.h"

namespace {

namespace fs = std::filesystem;
using namespace kimiguard;

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "kg-walk-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << text;
  }
  fs::path path;
};

struct Seen {
  std::map<std::string, std::string> files;  // bytes by path, put together from their pieces
  std::vector<std::string> repositories;
};

class Recorder final : public files::Visitor {
 public:
  explicit Recorder(Seen& seen) : seen_(seen) {}
  bool piece(const files::OpenFile& file, const files::Piece& piece) override {
    std::string& bytes = seen_.files[std::string(file.path)];
    bytes += piece.bytes.substr(piece.seen);
    return true;
  }
  void long_name(std::string_view, std::string_view, bool) override {}
  void repository(std::string_view path, bool) override { seen_.repositories.emplace_back(path); }

 private:
  Seen& seen_;
};

Coverage walk(const std::string& root, Seen& seen) {
  return files::walk_folder(root, {}, [&](unsigned) { return std::make_unique<Recorder>(seen); });
}

bool has_gap(const Coverage& coverage, const std::string& code) {
  return std::any_of(coverage.gaps.begin(), coverage.gaps.end(), [&](const Gap& gap) { return gap.code == code; });
}

}  // namespace

TEST_CASE("every regular file is read whole, hidden and empty ones too") {
  Folder folder;
  folder.write("a", "one");
  folder.write(".hidden/.b", "two");
  folder.write("empty", "");
  std::string large;
  for (std::size_t i = 0; i < 3 * files::kPiece + 12345; ++i) large += static_cast<char>('a' + i * 7919 % 26);
  folder.write("large", large);
  Seen seen;
  const Coverage coverage = walk(folder.path.string(), seen);
  CHECK(coverage.files == 4);
  CHECK(coverage.gaps.empty());
  CHECK(seen.files[folder.path.string() + "/.hidden/.b"] == "two");
  CHECK(seen.files[folder.path.string() + "/large"] == large);
}

TEST_CASE("links out of the root, pipes and object folders are not read, and the first two are said") {
  Folder folder, outside;
  outside.write("secret", "x");
  folder.write("repo/.git/HEAD", "ref: refs/heads/main");
  folder.write("repo/.git/objects/ab/cd", "zzz");
  fs::create_symlink(outside.path / "secret", folder.path / "link");
  REQUIRE(::mkfifo((folder.path / "pipe").c_str(), 0600) == 0);
  Seen seen;
  const Coverage coverage = walk(folder.path.string(), seen);
  CHECK(seen.files.empty());
  CHECK(has_gap(coverage, "special-file"));
  CHECK(coverage.gaps.size() == 2);
  REQUIRE(seen.repositories.size() == 1);
  CHECK(seen.repositories[0] == folder.path.string() + "/repo");
}

TEST_CASE("the kernel's own files are never read as a folder: some have no end") {
  if (!fs::exists("/proc/self/status")) return;
  Seen seen;
  const Coverage coverage = walk("/proc/self", seen);
  CHECK(seen.files.empty());
  REQUIRE(coverage.gaps.size() == 1);
  CHECK(coverage.gaps[0].code == "kernel-files");
  CHECK(coverage.gaps[0].kind == GapKind::unreadable);
}
